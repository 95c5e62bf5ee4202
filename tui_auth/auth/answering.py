"""How a person's answer is sent: which step takes it, and which of Cognito's challenges in which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tui_auth.auth import challenges
from tui_auth.auth.asking import Asking
from tui_auth.auth.beginning import Beginning
from tui_auth.auth.challenges import Answer, Challenge, sent_as
from tui_auth.auth.choices import CHOICES, PASSWORD_FACTORS
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.exchange import Asked
from tui_auth.auth.next_step import (
    ConfirmSignInWithPassword,
    ConfirmSignUp,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithTOTPSetup,
    Done,
    NextStep,
    ResetPassword,
)
from tui_auth.auth.progress import Progress
from tui_auth.secret import Secret


class Answering:
    """The answer to the step at which ``progress`` stands; ``progress`` is worked on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._exchange = progress.exchange
        self._beginning, self._asking = Beginning(progress), Asking(progress)

    def answer(
        self, answer: Answer, user_attributes: Mapping[str, str] | None, friendly_device_name: str | None
    ) -> NextStep:
        """Send the answer: the step that comes after it. Raises AuthError for a refusal."""
        value = answer if isinstance(answer, Secret) else Secret(sent_as(answer))
        match self._progress.step:
            case None | Done() | ResetPassword() | ConfirmSignUp():
                raise AuthError(ErrorKind.INVALID_STATE, "No sign-in step is waiting for an answer.")
            case ContinueSignInWithTOTPSetup():
                return self._code_of_new_key(value, friendly_device_name)
            case ContinueSignInWithMFASetupSelection():
                return self._choose(value.reveal(), self._asking.set_up)
            case ContinueSignInWithEmailMFASetup():
                return self._choose(value.reveal(), self._asking.set_up_email)
            case ConfirmSignInWithPassword():
                return self._password(value)
        return self._at_challenge(value, challenges.attribute_responses(user_attributes or {}))

    def _choose(self, value: str, go_on: Callable[[str], NextStep]) -> NextStep:
        """Make a choice that a restart will make again, unless it was refused."""
        name = self._exchange.current_challenge().name
        step = go_on(value)
        self._exchange.choices = self._exchange.choices.and_at(name, value)
        return step

    def _code_of_new_key(self, code: Secret, friendly_device_name: str | None) -> NextStep:
        if not self._progress.half_done:  # else only the last call failed: the code was taken
            self._asking.verify_software_token(code, friendly_device_name)
            self._progress.half_done = True
        return self._asking.respond({})

    def _at_challenge(self, answer: Secret, more: Mapping[str, Any]) -> NextStep:
        name = self._exchange.current_challenge().name
        value = answer.reveal() if name in (*CHOICES, "WEB_AUTHN") else ""
        if name == "WEB_AUTHN":  # no session of a passkey's takes another factor
            return self._asking.step_at(self._beginning.preferring(value))
        if name == "SELECT_CHALLENGE" and value in PASSWORD_FACTORS:
            return self._choose(value, lambda _: ConfirmSignInWithPassword())
        if name in CHOICES:
            return self._choose(value, lambda choice: self._asking.respond({"ANSWER": choice}))
        responses = {challenges.answer_key(name): answer, **more}
        if name == "NEW_PASSWORD_REQUIRED":
            return self._asking.step_at(self._respond_with_new_password(answer, responses))
        return self._asking.respond(responses)

    def _respond_with_new_password(self, password: Secret, responses: Mapping[str, Any]) -> Asked:
        exchange, learned = self._exchange, self._progress.learned
        challenge, proof = exchange.challenge, exchange.proof.changed_to(password)
        learned.sends(exchange.username, proof)
        try:
            asked = exchange.respond(responses)
        except AuthError as error:
            if exchange.challenge is challenge:  # else the password was taken, and a later call refused
                learned.refused(error, proof)
            raise
        exchange.proof = proof
        return asked

    def _password(self, password: Secret) -> NextStep:
        exchange = self._exchange
        exchange.know(password)
        if exchange.challenge is None:  # it was preferred, and nothing was sent yet
            return self._asking.step_at(self._beginning.preferring(exchange.choices.last))
        if self._progress.password_was_refused:
            return self._another_password(password)
        match exchange.current_challenge().name:
            case "PASSWORD_SRP":
                return self._asking.respond({"SRP_A": exchange.new_srp_a()})
            case "SELECT_CHALLENGE":
                return self._asking.respond(exchange.password_choice(exchange.choices.last))
        return self._asking.respond({"PASSWORD": password})

    def _another_password(self, password: Secret) -> NextStep:
        """Make the choice anew with it: nowhere is it said that the same session takes another one."""
        exchange = self._exchange
        was_asked_by_pool = exchange.current_challenge().name == "PASSWORD"
        exchange.choices = exchange.choices.from_the_start()
        asked = exchange.begin()
        if was_asked_by_pool and isinstance(asked, Challenge) and asked.name == "PASSWORD":
            return self._asking.respond({"PASSWORD": password})
        return self._asking.step_at(asked)
