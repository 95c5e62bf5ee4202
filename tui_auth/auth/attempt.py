"""One sign-in attempt, from the name to Done: its steps, the choices made, and how it starts again.

An attempt is an object of its own, dropped and never reused: whoever stops waiting for an answer goes on
with a ``fork()``, so that a late thread changes nothing that is still in use.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from tui_auth.auth import challenges, software_token
from tui_auth.auth.app_client import AppClient
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.challenges import Challenge
from tui_auth.auth.device import Device
from tui_auth.auth.errors import AuthError, Concern, ErrorKind
from tui_auth.auth.exchange import CHOICES, PASSWORD_FACTORS, Asked, Choice, Exchange
from tui_auth.auth.gateway import Gateway
from tui_auth.auth.learned import Learned
from tui_auth.auth.next_step import (
    AuthFactorType,
    ConfirmSignInWithPassword,
    ConfirmSignUp,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    Done,
    MFAType,
    NextStep,
    ResetPassword,
    TOTPSetupDetails,
)
from tui_auth.auth.password_proof import PasswordProof
from tui_auth.auth.pool_presence import PoolPresence
from tui_auth.auth.recovery import Recovery
from tui_auth.auth.refusals import is_confirmed_already, is_refused_password, is_unknown_device
from tui_auth.auth.wire import RecordedGateway, Wire
from tui_auth.secret import Secret

Answer = str | Secret | MFAType | AuthFactorType
_MAKES_A_KEY = "This makes a new key; the one shown so far stops working."
P = ParamSpec("P")
R = TypeVar("R", NextStep, DeliveryDetails, DeliveryDetails | NextStep)


def _whole(
    name: str,
) -> Callable[[Callable[Concatenate[Attempt, P], R]], Callable[Concatenate[Attempt, P], R | NextStep]]:
    """All of the operation or, where it is refused, nothing but the half that Cognito has already taken.

    It works on a fork, whose state is taken over in three cases: the operation succeeded; it was refused
    because the user is unconfirmed or must reset, which are next steps at any call; or its first half (a
    verified token, a reset, a confirmed sign-up) is done and would be refused a second time. After any other
    refusal nothing is, but that a device or a password was not taken. ``name`` is what Amplify calls the
    operation, for the wire.
    """

    def decorate(
        operation: Callable[Concatenate[Attempt, P], R],
    ) -> Callable[Concatenate[Attempt, P], R | NextStep]:
        def whole(self: Attempt, /, *args: P.args, **kwargs: P.kwargs) -> R | NextStep:
            with self.wire.call(name) as recording:
                outcome = self._taken_over(operation, *args, **kwargs)
                recording.led_to(outcome)
                return outcome

        return whole

    return decorate


class Attempt:
    """One person's sign-in to one app client.

    ``step`` is the step that waits for an answer, None before ``sign_in``. Every method that goes to
    Cognito raises AuthError for a refusal and leaves ``step`` as it was; where the user is unconfirmed or
    must reset, that is no refusal but the next step. ``refused_devices`` are the keys of devices that
    Cognito did not take, shared by the attempts of one Auth.
    """

    def __init__(
        self,
        gateway: Gateway,
        client: AppClient,
        wire: Wire | None = None,
        presence: PoolPresence | None = None,
        refused_devices: set[str] | None = None,
    ) -> None:
        self.wire = wire or Wire()
        self._presence = presence
        self._refused_devices = set() if refused_devices is None else refused_devices
        recorded = RecordedGateway(gateway)
        self._exchange = Exchange(recorded, client)
        self._recovery = Recovery(recorded, client)
        self.step: NextStep | None = None
        self._choices: tuple[Choice, ...] = ()
        self._half_done = False
        self._password_was_refused = False
        self._learned = Learned()
        self._set_password: Secret | None = None
        self._sign_up_session: Secret | None = None

    def fork(self) -> Attempt:
        """A copy to go on with, after which this one no longer counts."""
        fork = copy.copy(self)
        # Of what was just copied: a thread that comes late may give this one another exchange meanwhile.
        fork._exchange = copy.copy(fork._exchange)
        return fork

    def _taken_over(
        self, operation: Callable[Concatenate[Attempt, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R | NextStep:
        trial = self.fork()
        outcome: R | NextStep
        try:
            outcome = operation(trial, *args, **kwargs)
        except AuthError as error:
            if error.code == "UserNotConfirmedException":
                outcome = ConfirmSignUp()
            elif error.code == "PasswordResetRequiredException":
                outcome = ResetPassword()
            else:
                if trial._half_done:
                    self._become(trial, self.step)
                if is_unknown_device(error):
                    self._let_go_of_device()
                if isinstance(self.step, ConfirmSignInWithPassword):
                    self._password_was_refused |= error.code == "NotAuthorizedException"
                raise (self._presence.explain(error) if self._presence else error) from None
        trial._half_done = trial._password_was_refused = False
        trial._set_password = None
        trial._learned.hashed(trial._exchange.proof)
        if isinstance(outcome, Done):
            trial.forget()
        self._become(trial, self.step if isinstance(outcome, DeliveryDetails) else outcome)
        return outcome

    def _let_go_of_device(self) -> None:
        if self._exchange.device is not None:
            self._refused_devices.add(self._exchange.device.key)
        self._exchange.device = None

    def _become(self, trial: Attempt, step: NextStep | None) -> None:
        self.__dict__ |= trial.__dict__ | {"step": step}

    @property
    def username(self) -> str:
        """The name as it was typed."""
        return self._exchange.username

    @property
    def choices(self) -> tuple[str, ...]:
        """What was chosen so far: factors by Cognito's names, and the address of an e-mail set-up."""
        return tuple(answer for _, answer in self._choices)

    @property
    def can_start_again(self) -> bool:
        """Whether ``restart`` can reach this step without asking for the password again."""
        flow = self._exchange.auth_flow
        return not flow.is_custom and (self._exchange.proof.is_known or flow is AuthFlow.USER_AUTH)

    @property
    def is_password_known(self) -> bool:
        """Whether a password was given and not refused, so that the account exists."""
        return self._exchange.proof.is_known

    @property
    def may_have_set_password(self) -> bool:
        """Whether a new password was sent and not refused, so that the former one may no longer hold."""
        return self._learned.new_proof is not None and not isinstance(self.step, ConfirmSignUp)

    @property
    def starting_anew_does(self) -> str:
        """What starting this step again does in the world, as a sentence; empty where nothing."""
        if isinstance(self.step, ContinueSignInWithTOTPSetup):
            in_use = "Keep the key in the app: it may be in use already."
            return in_use if self._learned.key_may_be_in_use else _MAKES_A_KEY
        challenge = self._exchange.challenge
        return challenges.starting_anew_does(challenge.name) if challenge else ""

    def forget(self) -> None:
        """Drop everything that was kept for a restart."""
        self._exchange.forget()
        self._choices, self._sign_up_session, self._set_password = (), None, None
        # Another one: a fork that still waits keeps what it needs.
        self._learned = Learned()

    @_whole("signIn")
    def sign_in(
        self,
        username: str,
        password: Secret | None,
        *,
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        preferred_first_factor: AuthFactorType | str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        device: Device | None = None,
    ) -> NextStep:
        """InitiateAuth, and what follows silently. ``password`` is None where the flow takes none.

        ``device`` is the one remembered for this user, or None; it is dropped where Cognito has forgotten it.
        """
        if not username or (not password and auth_flow.needs_password):
            raise AuthError(ErrorKind.VALIDATION, "Name and password are both needed.")
        self._prepare(username, auth_flow, client_metadata)
        factor = _sent_as(preferred_first_factor) if preferred_first_factor else None
        self._exchange.device = None if device and device.key in self._refused_devices else device
        self._know(password)
        if auth_flow is AuthFlow.USER_AUTH and factor in PASSWORD_FACTORS and not password:
            # Cognito wants the password's proof along with the preference: it is asked for first.
            self._choices = (("SELECT_CHALLENGE", factor),)
            return ConfirmSignInWithPassword()
        # A passkey is no use here: without it the person is asked what else there is.
        return self._begin_preferring(None if factor == AuthFactorType.WEB_AUTHN.value else factor)

    def forgot_password(
        self,
        username: str,
        *,
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """Begin with a reset, because the person asks for it. Nothing is sent yet."""
        self._prepare(username, auth_flow, client_metadata)
        self.step = ResetPassword()
        return self.step

    @_whole("signUp")
    def sign_up(
        self,
        username: str,
        password: Secret,
        *,
        user_attributes: Mapping[str, str],
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """SignUp; then ConfirmSignUp waits for its code, or the sign-in goes on by itself.

        Called once more after its answer was lost, it signs in to the account that was made after all.
        """
        self._prepare(username, auth_flow, client_metadata)
        self._know(password)
        was_sent = self._learned.sends(username, self._exchange.proof)
        try:
            signed_up = self._recovery.sign_up(username, password, user_attributes, self._exchange.metadata)
        except AuthError as error:
            if was_sent and error.code == "UsernameExistsException":
                return self._shown(self._begun_after_lost_answer(self._exchange.proof, error))
            self._learned.refused(error)
            raise
        if signed_up.is_confirmed:
            return self._begin_with_known_password()
        self._sign_up_session = signed_up.session
        return ConfirmSignUp(delivery_details=signed_up.delivery_details)

    @_whole("confirmSignIn")
    def confirm(
        self,
        answer: Answer,
        *,
        user_attributes: Mapping[str, str] | None = None,
        friendly_device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """Answer the current step (RespondToAuthChallenge; VerifySoftwareToken before it in a set-up)."""
        if client_metadata:
            self._exchange.metadata = dict(client_metadata)
        value = answer if isinstance(answer, Secret) else Secret(_sent_as(answer))
        match self.step:
            case None | Done() | ResetPassword() | ConfirmSignUp():
                raise AuthError(ErrorKind.INVALID_STATE, "No sign-in step is waiting for an answer.")
            case ContinueSignInWithTOTPSetup():
                self._verify_software_token(value, friendly_device_name)
                return self._respond({})
            case ContinueSignInWithMFASetupSelection():
                return self._choose(value.reveal(), self._set_up)
            case ContinueSignInWithEmailMFASetup():
                return self._choose(value.reveal(), self._set_up_email)
            case ConfirmSignInWithPassword():
                return self._confirm_password(value)
        return self._answer(value, challenges.attribute_responses(user_attributes or {}))

    @_whole("signIn (again)")
    def restart(self, *, choices_kept: int | None = None) -> NextStep:
        """Begin again with what is still in memory and replay the choices made: the same step, anew.

        ``choices_kept`` replays only so many, which is the way back to a choice.
        """
        if not self.can_start_again:
            raise AuthError(ErrorKind.INVALID_STATE, "This step cannot be started again.", "Sign in again.")
        self._half_done = False
        self._choices = self._exchange.replay = self._choices[:choices_kept]
        asked = self._begin_with_either_password()
        if isinstance(asked, Challenge) and asked.name == "WEB_AUTHN" and self._choices:
            # What was chosen in place of the passkey: its other factors are had by preferring one.
            (_, factor), *replay = self._choices
            self._exchange.replay = tuple(replay)
            asked = self._preferring(factor)
        if _is_choice(asked) and self._choices and self._choices[-1][1] in PASSWORD_FACTORS:
            return ConfirmSignInWithPassword()  # the choice stands; the password was not kept
        return self._shown(asked)

    def _preferring(self, factor: str | None) -> Asked:
        self._exchange.first_factor = factor
        try:
            return self._exchange.begin()
        finally:
            self._exchange.first_factor = None

    def _begin_preferring(self, factor: str | None) -> NextStep:
        """Begin with a first factor that counts as chosen, so that going back leads to the choice."""
        asked = self._preferring(factor)
        if factor and self._exchange.auth_flow is AuthFlow.USER_AUTH and not _is_choice(asked):
            self._choices = (("SELECT_CHALLENGE", factor),)
        return self._shown(asked)

    def _begin_with_either_password(self) -> Asked:
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

    def _begin_with_known_password(self) -> NextStep:
        """Begin with the password at hand; where people choose their first factor, it is that."""
        if self._exchange.auth_flow is AuthFlow.USER_AUTH and self._exchange.proof.is_known:
            return self._begin_preferring(AuthFactorType.PASSWORD_SRP.value)
        return self._shown(self._exchange.begin())

    @_whole("confirmSignUp")
    def confirm_sign_up(self, code: Secret) -> NextStep:
        """ConfirmSignUp, then the sign-in goes on by itself; a forgotten password is reset before."""
        if not self._half_done:
            session = self._confirmed_sign_up(code)
            # Cognito's session signs in only who gave it the one of SignUp.
            self._sign_up_session = session if self._sign_up_session else None
            self._half_done = True
        return self._begin_once_confirmed()

    def _begin_once_confirmed(self) -> NextStep:
        if self._sign_up_session:
            return self._shown(self._exchange.begin_after_sign_up(self._sign_up_session))
        if self._exchange.auth_flow.needs_password and not self._exchange.proof.is_known:
            return ResetPassword()
        return self._begin_with_known_password()

    def _confirmed_sign_up(self, code: Secret) -> Secret | None:
        """ConfirmSignUp; a code lives for a day, and longer than the session that came with it."""
        metadata, session = self._exchange.metadata, self._sign_up_session
        try:
            return self._recovery.confirm_sign_up(self.username, code, metadata, session)
        except AuthError as error:
            if error.kind is not ErrorKind.SESSION_EXPIRED or session is None:
                raise
        self._sign_up_session = None
        return self._recovery.confirm_sign_up(self.username, code, metadata)

    @_whole("confirmResetPassword")
    def confirm_reset_password(self, new_password: Secret, code: Secret) -> NextStep:
        """ConfirmForgotPassword, then sign in with the new password."""
        asked: Asked | None = None
        if not self._half_done:
            asked = self._reset(new_password, code)
            self._set_password, self._half_done = new_password, True
        elif self._set_password != new_password:
            raise AuthError(
                ErrorKind.VALIDATION,
                "The new password is set already; only signing in with it failed.",
                "Type that one here, or go back and sign in with it.",
                concern=Concern.NEW_PASSWORD,
            )
        step = self._begin_with_known_password() if asked is None else self._shown(asked)
        self._learned.new_proof = self._exchange.proof
        return step

    def _reset(self, new_password: Secret, code: Secret) -> Asked | None:
        """ConfirmForgotPassword; where a sign-in had to tell whether it was done before, what that asks."""
        proof = PasswordProof(self._exchange.client.pool_name, new_password)
        was_sent = self._learned.sends(self.username, proof)
        try:
            self._recovery.reset(self.username, new_password, code, self._exchange.metadata)
        except AuthError as error:
            if was_sent and error.code == "ExpiredCodeException":
                return self._begun_after_lost_answer(proof, error)
            self._learned.refused(error)
            raise
        self._exchange.proof = proof
        return None

    def _begun_after_lost_answer(self, proof: PasswordProof, refused: AuthError) -> Asked:
        """Begin with a password that may be set; the refusal stands where it is not, or nobody can tell."""
        self._exchange.proof = proof
        try:
            asked = self._begun_by_password()
        except AuthError as error:
            # A user who must still reset is told so before the password is looked at.
            if not is_refused_password(error) and error.code != "PasswordResetRequiredException":
                raise
            asked = None
        if asked is None:
            self._learned.new_proof = None
            raise refused
        return asked

    def _begun_by_password(self) -> Asked | None:
        """Begin in the way that proves the password; None where flow or pool leave it unproved."""
        match self._exchange.auth_flow:
            case AuthFlow.CUSTOM_WITHOUT_SRP:
                return None
            case AuthFlow.USER_AUTH:
                factor = AuthFactorType.PASSWORD_SRP.value
                asked = self._preferring(factor)
                if self._exchange.proof.inner is None:  # it was not asked for
                    return None
                self._choices = (("SELECT_CHALLENGE", factor),)
                return asked
        return self._exchange.begin()

    @_whole("resendSignUpCode")
    def resend_sign_up_code(self) -> DeliveryDetails | NextStep:
        """ResendConfirmationCode: where the new code went, as the server masks it.

        Where the sign-up has been confirmed meanwhile, no code is needed: the sign-in goes on by itself.
        """
        try:
            return self._recovery.resend_sign_up_code(self.username, self._exchange.metadata)
        except AuthError as error:
            if not is_confirmed_already(error):
                raise
        self._sign_up_session = None
        return self._begin_once_confirmed()

    @_whole("resetPassword")
    def reset_password(self) -> DeliveryDetails:
        """ForgotPassword: where the code went, as the server masks it; an earlier code stops working."""
        return self._recovery.send_reset_code(self.username, self._exchange.metadata)

    def _prepare(self, username: str, auth_flow: AuthFlow, client_metadata: Mapping[str, str] | None) -> None:
        self._exchange.username, self._exchange.auth_flow = username, auth_flow
        self._exchange.metadata = dict(client_metadata or {})

    def _know(self, password: Secret | None) -> None:
        self._exchange.proof = PasswordProof(self._exchange.client.pool_name, password)

    def _respond(self, responses: Mapping[str, Any]) -> NextStep:
        return self._shown(self._exchange.respond(responses))

    def _shown(self, asked: Asked) -> NextStep:
        """What a person is asked at a challenge; MFA_SETUP needs a choice or a call before it asks."""
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
            return self._set_up(_sent_as(types[0]))
        choice = self._exchange.replayed(challenge.name)
        if choice:
            return self._set_up(choice)
        left_out = tuple(kind for kind in offered if kind is MFAType.SMS)
        return ContinueSignInWithMFASetupSelection(types, left_out)

    def _choose(self, value: str, go_on: Callable[[str], NextStep]) -> NextStep:
        """Make a choice that a restart will make again, unless it was refused."""
        made = (*self._choices, (self._exchange.current_challenge().name, value))
        step = go_on(value)
        self._choices = made
        return step

    def _answer(self, answer: Secret, more: Mapping[str, Any]) -> NextStep:
        name = self._exchange.current_challenge().name
        value = answer.reveal() if name in (*CHOICES, "WEB_AUTHN") else ""
        if name == "WEB_AUTHN":  # no session of a passkey's takes another factor
            return self._begin_preferring(value)
        if name == "SELECT_CHALLENGE" and value in PASSWORD_FACTORS:
            return self._choose(value, lambda _: ConfirmSignInWithPassword())
        if name in CHOICES:
            return self._choose(value, lambda choice: self._respond({"ANSWER": choice}))
        responses = {challenges.answer_key(name): answer, **more}
        if name == "NEW_PASSWORD_REQUIRED":
            return self._shown(self._respond_with_new_password(answer, responses))
        return self._respond(responses)

    def _respond_with_new_password(self, password: Secret, responses: Mapping[str, Any]) -> Asked:
        challenge, proof = self._exchange.challenge, self._exchange.proof.changed_to(password)
        self._learned.sends(self.username, proof)
        try:
            asked = self._exchange.respond(responses)
        except AuthError as error:
            if self._exchange.challenge is challenge:  # else the password was taken, and a later call refused
                self._learned.refused(error)
            raise
        self._exchange.proof = proof
        return asked

    def _confirm_password(self, password: Secret) -> NextStep:
        self._know(password)
        if self._exchange.challenge is None:  # it was preferred, and nothing was sent yet
            return self._begin_preferring(self._choices[-1][1])
        if self._password_was_refused:
            # Nowhere is it said that the same session takes another one: the choice is made anew, with it.
            was_asked_by_pool = self._exchange.current_challenge().name == "PASSWORD"
            self._exchange.replay = self._choices
            asked = self._exchange.begin()
            if was_asked_by_pool and isinstance(asked, Challenge) and asked.name == "PASSWORD":
                return self._respond({"PASSWORD": password})
            return self._shown(asked)
        match self._exchange.current_challenge().name:
            case "PASSWORD_SRP":
                return self._respond({"SRP_A": self._exchange.new_srp_a()})
            case "SELECT_CHALLENGE":
                return self._respond(self._exchange.password_choice(self._choices[-1][1]))
        return self._respond({"PASSWORD": password})

    def _set_up(self, method: str) -> NextStep:
        if method == MFAType.TOTP.value:
            return self._associate_software_token()
        if method == MFAType.EMAIL.value:
            address = self._exchange.replayed("MFA_SETUP")
            return self._set_up_email(address) if address else ContinueSignInWithEmailMFASetup()
        return self._respond({"ANSWER": method})

    def _set_up_email(self, address: str) -> NextStep:
        return self._respond({"EMAIL": address})

    def _associate_software_token(self) -> NextStep:
        secret, self._exchange.challenge = software_token.associate(
            self._exchange.gateway, self._exchange.current_challenge()
        )
        self._learned.key_may_be_in_use = False
        return ContinueSignInWithTOTPSetup(TOTPSetupDetails(secret, self.username))

    def _verify_software_token(self, code: Secret, friendly_device_name: str | None) -> None:
        if self._half_done:
            return  # only the last call failed: the code was taken and would be refused a second time
        was_in_use, self._learned.key_may_be_in_use = self._learned.key_may_be_in_use, True
        try:
            self._exchange.challenge = software_token.verify(
                self._exchange.gateway, self._exchange.current_challenge(), code, friendly_device_name
            )
        except AuthError as error:
            if not error.may_have_arrived:
                self._learned.key_may_be_in_use = was_in_use
            raise
        self._half_done = True


def _is_choice(asked: Asked) -> bool:
    return isinstance(asked, Challenge) and asked.name == "SELECT_CHALLENGE"


def _sent_as(answer: Answer) -> str:
    if isinstance(answer, Secret):
        return answer.reveal()
    return answer if isinstance(answer, str) else answer.challenge_response
