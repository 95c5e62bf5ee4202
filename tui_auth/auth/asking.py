"""What a person is asked where the exchange with Cognito stops, and how a second factor is set up there.

Most challenges ask at once, and challenges.py says what. MFA_SETUP needs a choice or a call before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui_auth.auth import challenges, software_token
from tui_auth.auth.challenges import Challenge, sent_as
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.exchange import Asked
from tui_auth.auth.next_step import (
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithTOTPSetup,
    Done,
    MFAType,
    NextStep,
    TOTPSetupDetails,
)
from tui_auth.auth.progress import Progress
from tui_auth.secret import Secret


class Asking:
    """The steps of the sign-in that ``progress`` is of; its exchange is worked on.

    Each method raises AuthError for a refusal.
    """

    def __init__(self, progress: Progress) -> None:
        self._exchange, self._learned = progress.exchange, progress.learned

    def respond(self, responses: Mapping[str, Any]) -> NextStep:
        """RespondToAuthChallenge for the current challenge: the step that comes after it."""
        return self.step_at(self._exchange.respond(responses))

    def step_at(self, asked: Asked) -> NextStep:
        """The step where the exchange has stopped."""
        if isinstance(asked, Done):
            return asked
        return self._mfa_setup(asked) if asked.name == "MFA_SETUP" else challenges.next_step(asked)

    def _mfa_setup(self, challenge: Challenge) -> NextStep:
        offered = challenges.mfa_types(challenge.names("MFAS_CAN_SETUP"))
        types = tuple(kind for kind in offered if kind is not MFAType.SMS)
        if not types:
            raise AuthError(
                ErrorKind.SERVICE,
                "The pool wants a second factor that cannot be set up while signing in.",
                "An administrator can add a phone number or an e-mail address to this user.",
            )
        if len(types) == 1:
            return self.set_up(sent_as(types[0]))
        choice = self._exchange.replayed(challenge.name)
        if choice:
            return self.set_up(choice)
        left_out = tuple(kind for kind in offered if kind is MFAType.SMS)
        return ContinueSignInWithMFASetupSelection(types, left_out)

    def set_up(self, method: str) -> NextStep:
        """Begin to set up the second factor of that name."""
        if method == MFAType.TOTP.value:
            return self._associate_software_token()
        if method == MFAType.EMAIL.value:
            address = self._exchange.replayed("MFA_SETUP")
            return self.set_up_email(address) if address else ContinueSignInWithEmailMFASetup()
        return self.respond({"ANSWER": method})

    def set_up_email(self, address: str) -> NextStep:
        """Have a code sent to the address that is to be the second factor."""
        return self.respond({"EMAIL": address})

    def _associate_software_token(self) -> NextStep:
        secret, self._exchange.challenge = software_token.associate(
            self._exchange.gateway, self._exchange.current_challenge()
        )
        self._learned.key_may_be_in_use = False
        return ContinueSignInWithTOTPSetup(TOTPSetupDetails(secret, self._exchange.username))

    def verify_software_token(self, code: Secret, friendly_device_name: str | None) -> None:
        """VerifySoftwareToken: the app has the key. A call to end the set-up comes after it."""
        was_in_use, self._learned.key_may_be_in_use = self._learned.key_may_be_in_use, True
        try:
            self._exchange.challenge = software_token.verify(
                self._exchange.gateway, self._exchange.current_challenge(), code, friendly_device_name
            )
        except AuthError as error:
            if not error.may_have_arrived:
                self._learned.key_may_be_in_use = was_in_use
            raise
