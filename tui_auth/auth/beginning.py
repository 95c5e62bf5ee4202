"""How a sign-in begins, and how it begins again: with which password, which first factor, which choices."""

from __future__ import annotations

from collections.abc import Mapping

from tui_auth.auth.asking import Asking
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.challenges import Challenge
from tui_auth.auth.choices import PASSWORD_FACTORS
from tui_auth.auth.device import Device
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.exchange import Asked
from tui_auth.auth.next_step import AuthFactorType, ConfirmSignInWithPassword, NextStep
from tui_auth.auth.password_proof import PasswordProof
from tui_auth.auth.progress import Progress
from tui_auth.auth.refusals import is_refused_password
from tui_auth.secret import Secret


class Beginning:
    """The ways to begin the sign-in that ``progress`` is of; its exchange is worked on.

    Each method raises AuthError for a refusal. Those that answer with Asked leave it to the caller to make a
    step of that.
    """

    def __init__(self, progress: Progress) -> None:
        self._exchange, self._learned = progress.exchange, progress.learned
        self._asking = Asking(progress)

    def first(
        self,
        username: str,
        password: Secret | None,
        *,
        auth_flow: AuthFlow,
        factor: str | None,
        client_metadata: Mapping[str, str] | None,
        device: Device | None,
    ) -> NextStep:
        """Begin for the first time; ``factor`` is the first factor that is preferred, by Cognito's name."""
        if not username or (not password and auth_flow.needs_password):
            raise AuthError(ErrorKind.VALIDATION, "Name and password are both needed.")
        exchange = self._exchange
        exchange.prepare(username, auth_flow, client_metadata)
        exchange.device = device
        exchange.know(password)
        if auth_flow is AuthFlow.USER_AUTH and factor in PASSWORD_FACTORS and not password:
            # Cognito wants the password's proof along with the preference: it is asked for first.
            exchange.choices = exchange.choices.of_first_factor(factor)
            return ConfirmSignInWithPassword()
        # A passkey is no use here: without it the person is asked what else there is.
        is_passkey = factor == AuthFactorType.WEB_AUTHN.value
        return self._asking.step_at(self.preferring(None if is_passkey else factor))

    def preferring(self, factor: str | None) -> Asked:
        """Begin with a first factor that counts as chosen, so that going back leads to the choice."""
        exchange = self._exchange
        asked = exchange.begin(factor)
        if factor and exchange.auth_flow is AuthFlow.USER_AUTH and not _is_choice(asked):
            exchange.choices = exchange.choices.of_first_factor(factor)
        return asked

    def with_known_password(self) -> Asked:
        """Begin with the password at hand; where people choose their first factor, it is that."""
        if self._exchange.auth_flow is AuthFlow.USER_AUTH and self._exchange.proof.is_known:
            return self.preferring(AuthFactorType.PASSWORD_SRP.value)
        return self._exchange.begin()

    def again(self, choices_kept: int | None) -> NextStep:
        """Begin again and make the choices again: all, or the first ``choices_kept``."""
        exchange = self._exchange
        exchange.choices = exchange.choices.from_the_start(choices_kept)
        asked = self._with_either_password()
        if isinstance(asked, Challenge) and asked.name == "WEB_AUTHN" and exchange.choices.made:
            # What was chosen in place of the passkey: its other factors are had by preferring one.
            exchange.choices = exchange.choices.without_first()
            asked = exchange.begin(exchange.choices.made[0][1])
        if _is_choice(asked) and exchange.choices.end_with_password:
            return ConfirmSignInWithPassword()  # the choice stands; the password was not kept
        return self._asking.step_at(asked)

    def _with_either_password(self) -> Asked:
        """Begin; with a new password of which nobody knows whether it was set, and else with the former."""
        exchange, new, former = self._exchange, self._learned.new_proof, self._exchange.proof
        if new is None or new.proves_the_same(former):
            return exchange.begin()
        exchange.proof = new
        try:
            return exchange.begin()
        except AuthError as error:
            if not is_refused_password(error):
                raise
        self._learned.new_proof, exchange.proof = None, former
        return exchange.begin()

    def after_lost_answer(self, proof: PasswordProof, refused: AuthError) -> Asked:
        """Find out by signing in whether a password was set, the answer about which was lost.

        ``proof`` is the password's. ``refused`` is what Cognito said to setting it once more, and is raised
        where the password does not sign in, or nobody can tell.
        """
        self._exchange.proof = proof
        try:
            asked = self._by_password()
        except AuthError as error:
            # A user who must still reset is told so before the password is looked at.
            if not is_refused_password(error) and error.code != "PasswordResetRequiredException":
                raise
            asked = None
        if asked is None:
            self._learned.new_proof = None
            raise refused
        return asked

    def _by_password(self) -> Asked | None:
        """Begin in the way that proves the password; None where flow or pool leave it unproved."""
        exchange = self._exchange
        match exchange.auth_flow:
            case AuthFlow.CUSTOM_WITHOUT_SRP:
                return None
            case AuthFlow.USER_AUTH:
                factor = AuthFactorType.PASSWORD_SRP.value
                asked = exchange.begin(factor)
                if exchange.proof.inner is None:  # it was not asked for
                    return None
                exchange.choices = exchange.choices.of_first_factor(factor)
                return asked
        return exchange.begin()


def _is_choice(asked: Asked) -> bool:
    return isinstance(asked, Challenge) and asked.name == "SELECT_CHALLENGE"
