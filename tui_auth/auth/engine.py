"""The state of one sign-in, and its calls to Cognito: initiate, respond, answer what needs no user.

``sign_in.py`` and ``account.py`` turn what a user decides into these calls. ``attempt.py`` runs each
operation on a copy of the engine and commits or drops it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.challenges import CHOICE_CHALLENGES, PASSWORD_FACTORS, Challenge, Choices
from tui_auth.auth.devices import Device, confirm_device, rejected_device_error
from tui_auth.auth.error_catalog import is_unknown_device, is_wrong_credentials, without_password
from tui_auth.auth.next_step import AuthFactorType, DeliveryDetails, Done, NextStep
from tui_auth.auth.srp import PasswordProof
from tui_auth.auth.tokens import parse_authentication_result
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import is_unicode

if TYPE_CHECKING:
    from tui_auth.auth.app_client import AppClient
    from tui_auth.auth.managed_login import Authorization
    from tui_auth.auth.trace import TracingGateway
    from tui_auth.secret import Secret

MAX_SILENT_RESPONSES = 12
"""How many challenges in a row are answered without the user. More means a pool that loops."""

AuthReply = Challenge | Done
"""Where silent responses end: at a challenge that needs the user, or at the tokens."""


@dataclass(eq=False, repr=False)
class UncertainWrites:
    """Writes that may have reached Cognito though nobody saw the reply.

    An attempt and its forks share one object: a new password takes effect even if the user stopped waiting.

    Attributes:
        new_proof: Proves a password that was sent as the new one and may be in effect: its reply was lost, or
            came after the user stopped waiting, or a later call failed. None if there is no such password.
        totp_key_may_be_in_use: True if a code proved a TOTP key and no reply came.
    """

    new_proof: PasswordProof | None = None
    totp_key_may_be_in_use: bool = False
    _username: str = ""
    _already_sent: bool = False

    def record_password_sent(self, username: str, proof: PasswordProof) -> bool:
        """Record that a new password is about to be sent.

        Returns:
            True if the same one was sent before, so that it may already be in effect.
        """
        is_same = self.new_proof is not None and self.new_proof.proves_same_password(proof)
        self._already_sent = is_same and username == self._username
        self.new_proof, self._username = proof, username
        return self._already_sent

    def record_hash(self, proof: PasswordProof) -> None:
        """Replace the text of the new password by its hash, once there is one."""
        if self.new_proof is not None and self.new_proof.password is not None and proof.inner is not None:
            self.new_proof = proof

    def record_failure(self, error: AuthError, proof: PasswordProof) -> None:
        """Forget the new password if the error says that Cognito never accepted it.

        Args:
            error: How the call with the new password failed.
            proof: The proof that was sent. A late error is not about a password sent after it.
        """
        if proof is not self.new_proof:
            return
        if error.code == "CodeDeliveryFailureException":
            return  # the account was created; only its code was not sent
        is_clear = error.code is not None or error.kind in (ErrorKind.NETWORK, ErrorKind.VALIDATION)
        if is_clear and not error.may_have_arrived and not self._already_sent:
            self.new_proof = None


class SignInEngine:
    """One sign-in: its state, and the calls that change it.

    ``copy.copy`` makes a copy to run an operation on. Fields are assigned, never modified, so a copy shares
    nothing that changes, except ``writes``. Every method that calls Cognito raises AuthError.

    Attributes:
        username: The user name as typed.
        auth_flow: The flow that the sign-in starts with.
        client_metadata: ClientMetadata of every call.
        proof: Proves the password; empty if there is none.
        device: The remembered device, or None.
        challenge: The challenge that waits for an answer, or None.
        choices: The choices the user made.
        writes: Writes that may have reached Cognito.
        step: The next step, None before there is one.
        first_call_committed: True after the first of two calls succeeded (VerifySoftwareToken,
            ConfirmForgotPassword, ConfirmSignUp). A retry must start with the second.
        was_password_rejected: True if a password was rejected at this step, so that the challenge session may
            be gone.
        new_password: The new password of a reset whose first call is committed.
        accepted_issuers: The issuers that the tokens may have.
        sign_up_session: Session of SignUp or ConfirmSignUp, which signs the new user in without a password.
        authorization: The try to sign in with a browser, or None.
    """

    def __init__(self, gateway: TracingGateway, client: AppClient) -> None:
        self.gateway = gateway
        self.client = client
        self.username = ""
        self.auth_flow = AuthFlow.USER_SRP_AUTH
        self.client_metadata: Mapping[str, str] = MappingProxyType({})
        self.proof = PasswordProof(client.pool_name)
        self.device: Device | None = None
        self.challenge: Challenge | None = None
        self.choices = Choices()
        self.writes = UncertainWrites()
        self.step: NextStep | None = None
        self.first_call_committed = False
        self.was_password_rejected = False
        self.new_password: Secret | None = None
        self.sign_up_session: Secret | None = None
        self.authorization: Authorization | None = None
        self.accepted_issuers: tuple[str, ...] = ()
        self._user_parameters: Mapping[str, Any] = MappingProxyType({})
        self._device_proof: PasswordProof | None = None

    # --- State -------------------------------------------------------------------------------------------

    def prepare(self, username: str, auth_flow: AuthFlow, client_metadata: Mapping[str, str] | None) -> None:
        """Set whose sign-in this is, and how it starts."""
        self.username, self.auth_flow = username, auth_flow
        self.accepted_issuers = self.client.accepted_issuers()
        self.set_client_metadata(client_metadata or {})

    def set_client_metadata(self, client_metadata: Mapping[str, str]) -> None:
        """Set ClientMetadata for all further calls."""
        self.client_metadata = MappingProxyType(dict(client_metadata))

    def set_password(self, password: Secret | None) -> None:
        """Set the password to prove, or None."""
        self.proof = PasswordProof(self.client.pool_name, password)

    def complete(self, outcome: NextStep | DeliveryDetails) -> None:
        """Record that an operation succeeded; if it only sent a code, the step stays."""
        self.first_call_committed = self.was_password_rejected = False
        self.new_password = None
        self.writes.record_hash(self.proof)
        if isinstance(outcome, Done):
            self.forget()
        if not isinstance(outcome, DeliveryDetails):
            self.step = outcome

    def forget(self) -> None:
        """Drop everything stored for a restart."""
        self.proof = PasswordProof(self.proof.pool_name)
        self.challenge = self.device = self._device_proof = None
        self.choices = Choices()
        self.sign_up_session = self.new_password = self.authorization = None
        # A new object: a fork that still waits needs the old one.
        self.writes = UncertainWrites()

    def current_challenge(self) -> Challenge:
        """Return the challenge that waits for an answer. Raises AuthError (INVALID_STATE) if none does."""
        if self.challenge is None:
            raise AuthError(ErrorKind.INVALID_STATE, "No sign-in is in progress.", "Sign in first.")
        return self.challenge

    # --- Initiate ----------------------------------------------------------------------------------------

    def initiate(self, first_factor: str | None = None) -> AuthReply:
        """Send InitiateAuth and follow; repeat it without a device that Cognito rejects.

        Args:
            first_factor: PREFERRED_CHALLENGE, which only USER_AUTH takes.
        """
        proof = self.proof
        try:
            return self._initiate_auth(first_factor)
        except AuthError as error:
            if self.device is None or not (is_unknown_device(error) or self._is_rejected_device(error)):
                raise
        self.device = None
        self.proof = proof if proof.is_known else self.proof
        return self._initiate_auth(first_factor)

    def initiate_preferring(self, first_factor: str | None) -> AuthReply:
        """Send InitiateAuth with PREFERRED_CHALLENGE; record it as a choice so that Back reaches the list."""
        reply = self.initiate(first_factor)
        if first_factor and self.auth_flow is AuthFlow.USER_AUTH and not is_first_factor_choice(reply):
            self.choices = self.choices.with_first_factor(first_factor)
        return reply

    def initiate_with_known_password(self) -> AuthReply:
        """Send InitiateAuth with the password, which USER_AUTH takes as the first factor."""
        if self.auth_flow is AuthFlow.USER_AUTH and self.proof.is_known:
            return self.initiate_preferring(AuthFactorType.PASSWORD_SRP.value)
        return self.initiate()

    def initiate_with_session(self, sign_up_session: Secret) -> AuthReply:
        """Send InitiateAuth with the session of ConfirmSignUp, which takes the place of a password."""
        self._address_user(self.username)
        parameters = {"AuthFlow": AuthFlow.USER_AUTH.api_name, "AuthParameters": self._user_parameters}
        return self._follow(self._call("InitiateAuth", {**parameters, "Session": sign_up_session}))

    def _initiate_auth(self, first_factor: str | None) -> AuthReply:
        parameters = dict[str, Any]()
        match self.auth_flow:
            case AuthFlow.USER_SRP_AUTH:
                parameters["SRP_A"] = self.new_srp_a()
            case AuthFlow.USER_PASSWORD_AUTH:
                parameters["PASSWORD"] = self.proof.password
            case AuthFlow.CUSTOM_WITH_SRP:
                parameters |= {"CHALLENGE_NAME": "SRP_A", "SRP_A": self.new_srp_a()}
            case AuthFlow.USER_AUTH if first_factor:
                parameters["PREFERRED_CHALLENGE"] = first_factor
                if first_factor in PASSWORD_FACTORS and self.proof.is_known:
                    parameters |= self._password_parameters(first_factor)
        self._address_user(self.username)
        parameters |= {**self._user_parameters, "DEVICE_KEY": self.device.key if self.device else None}
        try:
            reply = self._call(
                "InitiateAuth", {"AuthFlow": self.auth_flow.api_name, "AuthParameters": parameters}
            )
        except AuthError as error:
            raise (error if self.proof.is_known else without_password(error)) from None
        return self._follow(reply)

    def password_choice(self, factor: str) -> dict[str, Any]:
        """Choose a password factor and prove the password in one call."""
        return {"ANSWER": factor, **self._password_parameters(factor)}

    def _password_parameters(self, factor: str) -> dict[str, Any]:
        if factor == "PASSWORD" and self.proof.password:
            return {"PASSWORD": self.proof.password}
        return {"SRP_A": self.new_srp_a()}

    def new_srp_a(self) -> str:
        """Start a new proof of the password and return its SRP_A."""
        self.proof = self.proof.with_new_a()
        return self.proof.srp_a

    # --- Respond -----------------------------------------------------------------------------------------

    def respond_to_auth_challenge(self, responses: Mapping[str, Any]) -> AuthReply:
        """Send RespondToAuthChallenge and follow; repeat it without a device that Cognito has forgotten.

        Raises:
            AuthError: If Cognito rejects the device's proof after the answer, the challenge session ends; the
                error says so, because nothing the user typed is wrong.
        """
        try:
            reply = self._respond(responses)
        except AuthError as error:
            if self.device is None or not is_unknown_device(error):
                raise
            self.device = None
            reply = self._respond(responses)
        try:
            return self._follow(reply)
        except AuthError as error:
            if self.device is None or not self._is_rejected_device(error):
                raise
            raise rejected_device_error(error) from None

    # --- Follow and replay -------------------------------------------------------------------------------

    def _follow(self, reply: Mapping[str, Any]) -> AuthReply:
        """Respond to challenges until one needs the user, or the tokens come."""
        for _ in range(MAX_SILENT_RESPONSES):
            result = reply.get("AuthenticationResult")
            if isinstance(result, Mapping):
                return self.sign_in_done(result)
            challenge = Challenge.from_reply(reply)
            if challenge is None:
                raise AuthError(ErrorKind.SERVICE, "Cognito sent neither a challenge nor tokens.")
            if challenge.name == "PASSWORD" and self.auth_flow is not AuthFlow.USER_AUTH:
                raise AuthError(
                    ErrorKind.SERVICE,
                    "The user pool asks for the password itself, which this auth flow never sends.",
                    "If you trust the pool with it, use the auth flow USER_AUTH or USER_PASSWORD_AUTH.",
                )
            self.challenge = challenge
            if name := challenge.text("USERNAME") or challenge.text("USER_ID_FOR_SRP"):
                if not is_unicode(name):
                    raise AuthError(ErrorKind.SERVICE, "Cognito sent a user name that isn't Unicode text.")
                self._address_user(name)
            responses = self._silent_responses(challenge)
            if responses is None:
                return challenge
            reply = self._respond_silently(challenge, responses)
        raise AuthError(ErrorKind.SERVICE, "The user pool keeps repeating the same challenge.")

    def _silent_responses(self, challenge: Challenge) -> dict[str, Any] | None:
        """Return the responses that need no user: proofs, and choices made before a restart. Else None."""
        if challenge.name == "PASSWORD_VERIFIER":
            username = challenge.text("USER_ID_FOR_SRP") or self._user_parameters["USERNAME"]
            self.proof = self.proof.hashed_for(username)
            return self.proof.challenge_responses(challenge.parameters, self.gateway.now())
        if challenge.name == "PASSWORD_SRP" and self.proof.is_known:
            return {"SRP_A": self.new_srp_a()}
        if challenge.name.startswith("DEVICE_") and self.device:
            return self._device_responses(challenge, self.device)
        return self._replayed_choice(challenge) if challenge.name in CHOICE_CHALLENGES else None

    def _device_responses(self, challenge: Challenge, device: Device) -> dict[str, Any] | None:
        if challenge.name == "DEVICE_SRP_AUTH":
            # The group key takes the place of the pool name, and the device key that of the user name.
            self._device_proof = PasswordProof(device.group_key, device.password).with_new_a()
            return {"DEVICE_KEY": device.key, "SRP_A": self._device_proof.srp_a}
        if challenge.name == "DEVICE_PASSWORD_VERIFIER" and self._device_proof:
            proof = self._device_proof.hashed_for(device.key)
            proved = proof.challenge_responses(challenge.parameters, self.gateway.now())
            return {"DEVICE_KEY": device.key, **proved}
        return None

    def _replayed_choice(self, challenge: Challenge) -> dict[str, Any] | None:
        choice = self.pop_replay(challenge.name)
        if choice is None or choice not in PASSWORD_FACTORS:
            return {"ANSWER": choice} if choice else None
        is_provable = self.proof.password is not None or (choice == "PASSWORD_SRP" and self.proof.is_known)
        return self.password_choice(choice) if is_provable else None

    def pop_replay(self, challenge_name: str) -> str | None:
        """Return the choice made at this challenge before the restart, once; else None."""
        choice, self.choices = self.choices.pop_replay(challenge_name)
        return choice

    def sign_in_done(self, result: Mapping[str, Any]) -> Done:
        """Check the tokens of an ``AuthenticationResult`` and confirm a new device."""
        tokens, claims = parse_authentication_result(
            result,
            user_pool_id=self.client.user_pool_id,
            client_id=self.client.client_id,
            now=self.gateway.now(),
            endpoint_url=self.client.endpoint_url,
            accepted_issuers=self.accepted_issuers,
        )
        metadata = result.get("NewDeviceMetadata")
        if not metadata:
            return Done(tokens, claims, self.device)
        device, asks_to_remember = confirm_device(self.gateway, metadata, tokens.access_token)
        return Done(tokens, claims, device or self.device, asks_to_remember)

    def _is_rejected_device(self, error: AuthError) -> bool:
        name = self.challenge.name if self.challenge else ""
        return name.startswith("DEVICE_") and error.code == "NotAuthorizedException"

    # --- Calls -------------------------------------------------------------------------------------------

    def _respond_silently(self, challenge: Challenge, responses: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send responses that the user didn't type; mark the error of a rejected password proof."""
        try:
            return self._respond(responses)
        except AuthError as error:
            if challenge.name != "PASSWORD_VERIFIER" or not is_wrong_credentials(error):
                raise
            raise error.as_rejected_proof() from None

    def _respond(self, responses: Mapping[str, Any]) -> Mapping[str, Any]:
        challenge = self.current_challenge()
        return self._call(
            "RespondToAuthChallenge",
            {
                "ChallengeName": challenge.name,
                "Session": challenge.challenge_session,
                "ChallengeResponses": {
                    **self._user_parameters,
                    "DEVICE_KEY": self.device.key if self.device else None,
                    **responses,
                },
            },
        )

    def _address_user(self, username: str) -> None:
        """Set the name that the next calls send, which is Cognito's once a challenge has told it."""
        secret_hash = self.client.secret_hash(username)
        self._user_parameters = MappingProxyType({"USERNAME": username, "SECRET_HASH": secret_hash})

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        common = {"ClientId": self.client.client_id, "ClientMetadata": dict(self.client_metadata) or None}
        return self.gateway.call(operation, {**common, **parameters})


def is_first_factor_choice(reply: AuthReply) -> bool:
    """Return True if the pool asks the user to choose a first factor."""
    return isinstance(reply, Challenge) and reply.name == "SELECT_CHALLENGE"
