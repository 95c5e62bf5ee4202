"""One conversation in lines, from the name to Done.

One policy with the full screen: ``error_policy`` decides where a refusal leads, and nothing that sends a
message or replaces a key happens without being asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tui_auth.auth.attempt import Attempt
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.error_policy import ErrorAction, action_for_error
from tui_auth.auth.errors import AuthError
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithTOTPCode,
    ContinueSignInWithTOTPSetup,
    Done,
    NextStep,
    UnknownStep,
)
from tui_auth.plain.beginning import Beginning, Request
from tui_auth.plain.prompts import BACK, Back, Lines, Prompts
from tui_auth.plain.questions import Questions
from tui_auth.screens import wording
from tui_auth.screens.problem import OWN_FAULT, Problem
from tui_auth.settings import SignInSettings


class PlainSignIn:
    """Signs a person in, in lines. ``find_device`` gives the device remembered for a name."""

    def __init__(
        self,
        auth: Auth,
        settings: SignInSettings,
        lines: Lines,
        *,
        find_device: Callable[[str], Device | None] = lambda username: None,
    ) -> None:
        self.auth = auth
        self.lines = lines
        self._prompts = Prompts(lines)
        self._beginning = Beginning(self._prompts, settings, find_device)
        self._questions = Questions(self._prompts, settings, self._beginning)
        self._locks = 0

    @property
    def username(self) -> str:
        """The name as it was given or typed last."""
        return self._beginning.username

    def run(self) -> Done:
        """Sign in; EOFError where the person ends the conversation before that."""
        attempt = self.auth.attempt()
        while True:
            step: NextStep | None = None
            try:
                self._questions.begin()
                step = self._go_on(attempt, None, self._beginning.request())
                while step is not None and not isinstance(step, Done):
                    step = self._go_on(attempt, step, self._answered(step))
            except Back:
                step = None
                if attempt.may_have_set_password:
                    self.lines.say(wording.NEW_PASSWORD_COUNTS)
            if isinstance(step, Done):
                return step
            if not self._beginning.is_making_an_account:
                attempt.forget()
                attempt = self.auth.attempt()

    def _answered(self, step: NextStep) -> Request:
        """Ask and answer in one request, for a question may itself ask Cognito for a code."""
        return lambda attempt: self._questions.answer(attempt, step)(attempt)

    def _go_on(self, attempt: Attempt, step: NextStep | None, request: Request) -> NextStep | None:
        """The step the request leads to: the same one after a refusal that stays, None for sign-in."""
        try:
            result = request(attempt)
        except AuthError as error:
            return self._refused(attempt, step, error)
        except (EOFError, KeyboardInterrupt, Back):
            raise
        except Exception:
            self.lines.say(f"Error: {OWN_FAULT}")
            return step
        self._locks = 0
        if step is None:
            self._beginning.began()
        return result

    def _refused(self, attempt: Attempt, step: NextStep | None, error: AuthError) -> NextStep | None:
        self.lines.say(f"Error: {self._problem(step, error).text}")
        self._questions.refused(step, error)
        if step is None:
            self._beginning.refused(error)
        match action_for_error(error, step, can_start_again=attempt.can_start_again):
            case ErrorAction.SIGN_IN:
                return None
            case ErrorAction.START_AGAIN:
                self.lines.say(f"Enter starts this step again. {attempt.restart_side_effect}".strip())
                self._prompts.confirm(f"Enter, or {BACK}")
                return self._go_on(attempt, step, Attempt.restart)
            case ErrorAction.WAIT:
                seconds = wording.wait_for(error, self._locks)
                self._locks += 1
                self.lines.say(f"Try again in {seconds:.0f} seconds.")
                self.lines.wait(seconds)
        return step

    def _problem(self, step: NextStep | None, error: AuthError) -> Problem:
        asked = isinstance(step, ConfirmSignInWithCustomChallenge | UnknownStep)
        if asked and error.code == "NotAuthorizedException":
            return Problem(wording.challenge_refused(error))
        if step is None and (needed := wording.attribute_needed(error)):
            return Problem(wording.also_needed(needed))
        if isinstance(step, ContinueSignInWithTOTPSetup) and self._questions.key_code:
            gateway, key = self.auth.gateway, step.setup_details.shared_secret
            text = wording.why_the_code_does_not_fit(
                error, self._questions.key_code, key, gateway.now(), gateway.clock_offset
            )
            if text:
                return Problem(text)
        problem, is_app = Problem.of(error, again=""), isinstance(step, ConfirmSignInWithTOTPCode)
        clock = wording.clock_in_a_refusal(error, self.auth.gateway.clock_offset, code_from_app=is_app)
        return replace(problem, text=f"{problem.text} {clock}".strip())
