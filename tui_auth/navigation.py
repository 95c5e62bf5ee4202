"""Navigation: where a sign-in stands, and which screen each answer leads to."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tui_auth.auth.attempt import Attempt
from tui_auth.auth.error_policy import ErrorAction, action_for_error
from tui_auth.auth.errors import AuthError, ErrorField, ErrorKind
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignUp,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    Done,
    NextStep,
    ResetPassword,
)
from tui_auth.done_keeper import DoneKeeper, remember_device
from tui_auth.screens.done import DoneScreen
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.problem import OWN_FAULT, Problem
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.step_screen import StepScreen
from tui_auth.screens.surroundings import Surroundings
from tui_auth.screens.wording import NEW_PASSWORD_COUNTS, wait_for
from tui_auth.storage.stores import StorageKind

if TYPE_CHECKING:
    from tui_auth.app import TuiAuthApp

REQUESTS = "auth"
"""The group of the one worker that asks Cognito."""

STOPPED = "Stopped waiting. What was sent may or may not have arrived."


@dataclass(frozen=True)
class Asked:
    """What the way of an answer depends on, beside the answer.

    ``trail`` is what will have been done once it is there, ``by`` the key that asks the same once more.
    """

    trail: tuple[str, ...] = ()
    started_again: bool = False
    by: str = "Enter"


class Navigation:
    """One sign-in after the other: how far the one under way has come, which nobody else keeps.

    It opens and closes the screens of ``app``. ``keeper`` is None where sessions are not kept.
    """

    def __init__(self, app: TuiAuthApp, keeper: DoneKeeper | None) -> None:
        self.app = app
        self.keeper = keeper
        self.attempt: Attempt | None = None
        """The one under way or just ended."""
        self.trail: tuple[str, ...] = ()
        self.asked = Asked()
        self._times_asked = 1
        self._locks = 0
        self._shown_a_key: set[str] = set()
        self._reset_was_asked = False

    @property
    def signed_in_as(self) -> str:
        """The name of the attempt under way or just ended, as it was typed."""
        return self.attempt.username if self.attempt else ""

    @property
    def reached(self) -> Done | None:
        """What a sign-in has come to, as long as that is on the screen."""
        step = self.app.next_step
        return step if isinstance(step, Done) and isinstance(self.app.asking_screen, StepScreen) else None

    def _surroundings(self) -> Surroundings:
        around, attempt = self.app.surroundings(self.signed_in_as), self.attempt
        return replace(
            around,
            trail=_collapsed(self.trail),
            was_started_again=self.asked.started_again,
            key_is_another=self.signed_in_as in self._shown_a_key,
            times_asked=self._times_asked,
            reset_was_asked=self._reset_was_asked,
            preferred_first_factor="" if self.trail else around.preferred_first_factor,
            can_start_again=attempt is not None and attempt.can_start_again,
            is_password_known=attempt is not None and attempt.is_password_known,
        )

    # -- an attempt begins and ends -----------------------------------------------------------------

    def begin(self, *, reset_was_asked: bool = False) -> Attempt:
        """A new attempt, which is the current one from now on."""
        self.attempt = self.app.auth.attempt()
        self.trail, self.asked, self._times_asked = (), Asked(), 1
        self._reset_was_asked = reset_was_asked
        return self.attempt

    def stop_waiting(self) -> None:
        """Let the request under way run to nowhere: its attempt no longer counts."""
        self.app.workers.cancel_group(self.app, REQUESTS)
        if self.attempt:
            self.attempt = self.attempt.fork()

    def drop(self) -> None:
        """Let go of the attempt, whatever is under way for it."""
        self.stop_waiting()
        self.attempt, self.trail = None, ()

    # -- an answer ----------------------------------------------------------------------------------

    def arrived(self, asker: FormScreen, outcome: NextStep | DeliveryDetails) -> None:
        """The request of ``asker`` led to a step, which the App then shows, or to a code on its way."""
        self.asked = replace(self.asked, by="Enter")
        if isinstance(outcome, DeliveryDetails) and isinstance(asker, StepScreen):
            asker.busy = False
            asker.code_was_sent(outcome)
        elif not isinstance(outcome, DeliveryDetails):
            self.app.next_step = outcome

    def refused(self, asker: FormScreen, attempt: Attempt, error: AuthError) -> None:
        """The request of ``asker`` was refused: to sign-in, a wait, or the same screen with the reason."""
        step = asker.step if isinstance(asker, StepScreen) else None
        try:
            problem = self._problem(asker, error)
        except Exception:
            problem = Problem(OWN_FAULT)
        if isinstance(attempt.step, Done):  # signed in, but by somebody who is not the pool
            self.back_to_sign_in(replace(problem, concern=ErrorField.FORM))
            return
        match action_for_error(error, step, can_start_again=attempt.can_start_again):
            case ErrorAction.SIGN_IN:
                self.back_to_sign_in(replace(problem, concern=ErrorField.FORM))
            case ErrorAction.START_AGAIN if isinstance(asker, StepScreen):
                why = "" if error.kind is ErrorKind.SESSION_EXPIRED else error.message
                asker.offer_start(attempt.restart_side_effect, why)
            case ErrorAction.WAIT:
                asker.wait(wait_for(error, self._locks), problem)
                self._locks += 1
            case _:
                asker.error = problem

    def _problem(self, asker: FormScreen, error: AuthError) -> Problem:
        if self.asked.by == "Enter":
            return asker.describe_error(error)
        if self.asked.by == "Esc":  # which does not try again
            return Problem(f"{Problem.of(error, again='').text} Esc goes to sign-in.")
        return Problem.of(error, again=self.asked.by)

    # -- screens ------------------------------------------------------------------------------------

    def show(self, step: NextStep) -> None:
        """Show the step's screen: over sign-in the first time, then each in the place of the former."""
        if isinstance(step, Done) and self.app.settings.leaves_when_done and not step.asks_to_remember_device:
            self.app.exit(step)
            return
        from tui_auth.screens.steps import screen_for

        self._close_what_is_over_the_question()
        former = self.app.screen
        same = isinstance(former, StepScreen) and former.step == step
        is_question = isinstance(step, ConfirmSignInWithCustomChallenge)
        self._times_asked = self._times_asked + 1 if same and is_question else 1
        # A pool may refuse these two before it looks at the password: nothing was proved.
        unproved = isinstance(step, ResetPassword | ConfirmSignUp) and isinstance(former, SignInScreen)
        self.trail, self._locks = () if unproved else self.asked.trail, 0
        screen = screen_for(step, self._surroundings())
        if isinstance(former, SignInScreen):
            former.forget_password()
            self.app.push_screen(screen)
        else:
            if isinstance(former, StepScreen) and type(former) is type(screen):
                screen.carried = former.typed()
            self.app.switch_screen(screen)
        if isinstance(step, ContinueSignInWithTOTPSetup):
            self._shown_a_key.add(screen.surroundings.username)
        if isinstance(step, Done):
            self.app.call_after_refresh(self._keep)

    def _close_what_is_over_the_question(self) -> None:
        while len(self.app.screen_stack) > 1 and not isinstance(self.app.screen, FormScreen):
            self.app.pop_screen()

    def choices_after_esc(self) -> int | None:
        """How many of the choices made are left one choice back; None where Esc leads to sign-in.

        The way to a choice leads over the network, and that may be closed.
        """
        attempt, screen = self.attempt, self.app.asking_screen
        is_closed = screen is None or screen.is_waiting or self.asked.by == "Esc"
        if is_closed or isinstance(self.app.screen, SignInScreen):
            return None
        return len(attempt.choices) - 1 if attempt and attempt.choices and attempt.can_start_again else None

    def leave(self, *, was_asking: bool) -> None:
        """Back to sign-in because the person wants to, with what that leaves open said there."""
        notices = [STOPPED] if was_asking else []
        if self.attempt and self.attempt.may_have_set_password:
            notices.append(NEW_PASSWORD_COUNTS)
        self.back_to_sign_in()
        if sign_in := self.app.asking_screen:
            sign_in.notice = " ".join(notices)

    def back_to_sign_in(self, problem: Problem | None = None) -> None:
        """End the attempt and stand at sign-in, with the name kept and the problem shown."""
        self.stop_waiting()
        if self.attempt:
            self.attempt.forget()
        self.attempt, self.trail, self._locks, self.asked = None, (), 0, Asked()
        while len(self.app.screen_stack) > 1 and not isinstance(self.app.screen, SignInScreen):
            self.app.pop_screen()
        if isinstance(self.app.screen, SignInScreen):
            self.app.screen.busy = False
            self.app.screen.focus_missing()
            self.app.screen.error = problem

    # -- once signed in -----------------------------------------------------------------------------

    def _keep(self) -> None:
        if self.app.settings.leaves_when_done and isinstance(self.app.asking_screen, DoneScreen):
            self.app.asking_screen.ask_about_device()
        elif self.keeper and isinstance(self.app.asking_screen, DoneScreen):
            self._after_done(self.keeper.show(self.app.asking_screen, self.signed_in_as))
        elif isinstance(self.app.asking_screen, DoneScreen):
            self.app.asking_screen.show_no_storage()

    def keep_in(self, kind: StorageKind) -> None:
        """Keep the session in the place that was chosen."""
        if self.keeper and isinstance(self.app.asking_screen, DoneScreen):
            self._after_done(self.keeper.chosen(self.app.asking_screen, self.signed_in_as, kind))

    def device_answered(self, remember: bool) -> None:
        """Have the pool remember this machine, or not."""
        if isinstance(self.app.asking_screen, DoneScreen):
            self._after_done(self._remember(self.app.asking_screen, remember))

    async def _remember(self, screen: DoneScreen, remember: bool) -> None:
        if remember:
            await remember_device(screen, self.app.auth)
        if self.app.settings.leaves_when_done:
            self.app.exit(screen.step)

    def _after_done(self, work: Coroutine[Any, Any, None]) -> None:
        self.app.run_worker(work, group="keep", exit_on_error=False, description="keep the session")


def _collapsed(trail: tuple[str, ...]) -> tuple[str, ...]:
    """The same step several times in a row as one entry with its count."""
    counts: list[tuple[str, int]] = []
    for name in trail:
        last, count = counts[-1] if counts else ("", 0)
        if last == name:
            counts[-1] = (name, count + 1)
        else:
            counts.append((name, 1))
    return tuple(name if count == 1 else f"{name} ×{count}" for name, count in counts)
