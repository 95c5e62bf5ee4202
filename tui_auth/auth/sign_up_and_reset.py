"""A sign-up and a password reset within an attempt: each ends in the sign-in that it was for."""

from __future__ import annotations

from collections.abc import Mapping

from tui_auth.auth.asking import Asking
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.beginning import Beginning
from tui_auth.auth.errors import AuthError, Concern, ErrorKind
from tui_auth.auth.exchange import Asked
from tui_auth.auth.next_step import ConfirmSignUp, DeliveryDetails, NextStep, ResetPassword
from tui_auth.auth.password_proof import PasswordProof
from tui_auth.auth.progress import Progress
from tui_auth.auth.recovery import Recovery
from tui_auth.auth.refusals import is_confirmed_already
from tui_auth.secret import Secret


class SignUpAndReset:
    """What comes before the sign-in that ``progress`` is of; ``progress`` is worked on.

    Each method raises AuthError for a refusal. A method whose answer was lost is called once more: it finds
    out whether the first call counted.
    """

    def __init__(self, progress: Progress, recovery: Recovery) -> None:
        self._progress, self._recovery = progress, recovery
        self._exchange, self._learned = progress.exchange, progress.learned
        self._beginning, self._asking = Beginning(progress), Asking(progress)

    def sign_up(
        self,
        username: str,
        password: Secret,
        *,
        user_attributes: Mapping[str, str],
        auth_flow: AuthFlow,
        client_metadata: Mapping[str, str] | None,
    ) -> NextStep:
        """SignUp; then ConfirmSignUp waits for its code, or the sign-in goes on by itself."""
        exchange = self._exchange
        exchange.prepare(username, auth_flow, client_metadata)
        exchange.know(password)
        was_sent = self._learned.sends(username, exchange.proof)
        try:
            signed_up = self._recovery.sign_up(username, password, user_attributes, exchange.metadata)
        except AuthError as error:
            if was_sent and error.code == "UsernameExistsException":
                return self._asking.step_at(self._beginning.after_lost_answer(exchange.proof, error))
            self._learned.refused(error, exchange.proof)
            raise
        if signed_up.is_confirmed:
            return self._begin()
        self._progress.sign_up_session = signed_up.session
        return ConfirmSignUp(delivery_details=signed_up.delivery_details)

    def confirm_sign_up(self, code: Secret) -> NextStep:
        """ConfirmSignUp, then the sign-in goes on by itself; a forgotten password is reset before."""
        progress = self._progress
        if not progress.half_done:
            session = self._confirmed(code)
            # Cognito's session signs in only who gave it the one of SignUp.
            progress.sign_up_session = session if progress.sign_up_session else None
            progress.half_done = True
        return self._begin_once_confirmed()

    def _confirmed(self, code: Secret) -> Secret | None:
        """ConfirmSignUp; a code lives for a day, and longer than the session that came with it."""
        username, metadata = self._exchange.username, self._exchange.metadata
        session = self._progress.sign_up_session
        try:
            return self._recovery.confirm_sign_up(username, code, metadata, session)
        except AuthError as error:
            if error.kind is not ErrorKind.SESSION_EXPIRED or session is None:
                raise
        self._progress.sign_up_session = None
        return self._recovery.confirm_sign_up(username, code, metadata)

    def resend_code(self) -> DeliveryDetails | NextStep:
        """ResendConfirmationCode; the sign-in goes on where the sign-up has been confirmed meanwhile."""
        try:
            return self._recovery.resend_sign_up_code(self._exchange.username, self._exchange.metadata)
        except AuthError as error:
            if not is_confirmed_already(error):
                raise
        self._progress.sign_up_session = None
        return self._begin_once_confirmed()

    def _begin_once_confirmed(self) -> NextStep:
        exchange, session = self._exchange, self._progress.sign_up_session
        asked = exchange.begin_after_sign_up(session) if session else None
        if asked is not None:
            return self._asking.step_at(asked)
        if exchange.auth_flow.needs_password and not exchange.proof.is_known:
            return ResetPassword()
        return self._begin()

    def _begin(self) -> NextStep:
        return self._asking.step_at(self._beginning.with_known_password())

    def confirm_reset(self, new_password: Secret, code: Secret) -> NextStep:
        """ConfirmForgotPassword, then sign in with the new password."""
        progress = self._progress
        asked: Asked | None = None
        if not progress.half_done:
            asked = self._reset(new_password, code)
            progress.set_password, progress.half_done = new_password, True
        elif progress.set_password != new_password:
            raise AuthError(
                ErrorKind.VALIDATION,
                "The new password is set already; only signing in with it failed.",
                "Type that one here, or go back and sign in with it.",
                concern=Concern.NEW_PASSWORD,
            )
        step = self._begin() if asked is None else self._asking.step_at(asked)
        self._learned.new_proof = self._exchange.proof
        return step

    def _reset(self, new_password: Secret, code: Secret) -> Asked | None:
        """ConfirmForgotPassword; where a sign-in had to tell whether it was done before, what that asks."""
        exchange = self._exchange
        proof = PasswordProof(exchange.client.pool_name, new_password)
        was_sent = self._learned.sends(exchange.username, proof)
        try:
            self._recovery.reset(exchange.username, new_password, code, exchange.metadata)
        except AuthError as error:
            if was_sent and error.code == "ExpiredCodeException":
                return self._beginning.after_lost_answer(proof, error)
            self._learned.refused(error, proof)
            raise
        exchange.proof = proof
        return None

    def send_reset_code(self) -> DeliveryDetails:
        """ForgotPassword: where the code went, as the server masks it; an earlier code stops working."""
        return self._recovery.send_reset_code(self._exchange.username, self._exchange.metadata)
