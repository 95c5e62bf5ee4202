"""One sign-in attempt, from the name to Done: its session, the choices made, and how it starts again.

An attempt is an object of its own, dropped and never reused: whoever stops waiting for an answer goes on
with a ``fork()``, so that a late thread changes nothing that is still in use.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, Concatenate, ParamSpec

from tui_auth.auth import challenges
from tui_auth.auth.app_client import AppClient
from tui_auth.auth.authentication_result import done
from tui_auth.auth.challenges import Challenge
from tui_auth.auth.device import Device
from tui_auth.auth.device_srp import confirm_new_device, device_claim, device_proof, is_unknown_device
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Gateway
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
from tui_auth.auth.recovery import Recovery
from tui_auth.secret import Secret

MAX_SILENT_ANSWERS = 12
"""How many challenges in a row may be answered without a person; more is a pool going round in circles."""

PASSWORD_FACTORS = (AuthFactorType.PASSWORD.value, AuthFactorType.PASSWORD_SRP.value)
CHOICES = ("SELECT_MFA_TYPE", "SELECT_CHALLENGE")

Answer = str | Secret | MFAType | AuthFactorType
P = ParamSpec("P")


class AuthFlow(StrEnum):
    """How a sign-in begins, by Amplify's names."""

    USER_SRP_AUTH = "USER_SRP_AUTH"
    USER_PASSWORD_AUTH = "USER_PASSWORD_AUTH"  # noqa: S105 - the flow's name
    USER_AUTH = "USER_AUTH"
    CUSTOM_WITH_SRP = "CUSTOM_WITH_SRP"
    CUSTOM_WITHOUT_SRP = "CUSTOM_WITHOUT_SRP"

    @property
    def needs_password(self) -> bool:
        """Whether the flow cannot begin without a password."""
        return self not in (AuthFlow.CUSTOM_WITHOUT_SRP, AuthFlow.USER_AUTH)

    @property
    def is_custom(self) -> bool:
        """Whether the pool's own functions decide the steps."""
        return self in (AuthFlow.CUSTOM_WITH_SRP, AuthFlow.CUSTOM_WITHOUT_SRP)


def _whole(
    operation: Callable[Concatenate[Attempt, P], NextStep],
) -> Callable[Concatenate[Attempt, P], NextStep]:
    """All of the operation or, where it is refused, nothing but the half that Cognito has already taken.

    Any call may be refused because the user is unconfirmed or must reset: those are next steps.
    """

    def whole(self: Attempt, /, *args: P.args, **kwargs: P.kwargs) -> NextStep:
        trial = self.fork()
        try:
            trial.step = operation(trial, *args, **kwargs)
        except AuthError as error:
            if error.code == "UserNotConfirmedException":
                trial.step = ConfirmSignUp()
            elif error.code == "PasswordResetRequiredException":
                trial.step = ResetPassword()
            else:
                if trial._half_done:
                    self.__dict__ |= trial.__dict__ | {"step": self.step}
                raise
        trial._half_done = False
        if isinstance(trial.step, Done):
            trial.forget()
        self.__dict__ |= trial.__dict__
        return trial.step

    return whole


class Attempt:
    """One person's sign-in to one app client.

    ``step`` is the step that waits for an answer, None before ``sign_in``. Every method that goes to
    Cognito raises AuthError for a refusal and leaves ``step`` and session as they were.
    """

    def __init__(self, gateway: Gateway, client: AppClient) -> None:
        self._gateway = gateway
        self._client = client
        self._recovery = Recovery(gateway, client)
        self.step: NextStep | None = None
        self.username = ""
        self.auth_flow = AuthFlow.USER_SRP_AUTH
        self._first_factor: str | None = None
        self._metadata: Mapping[str, str] = {}
        self._name = ""
        self._proof = PasswordProof(client.pool_name)
        self._challenge: Challenge | None = None
        self._choices: tuple[tuple[str, str], ...] = ()
        self._replay: tuple[tuple[str, str], ...] = ()
        self._half_done = False
        self._device: Device | None = None
        self._device_proof: PasswordProof | None = None

    def fork(self) -> Attempt:
        """A copy to go on with, after which this one no longer counts."""
        return copy.copy(self)

    @property
    def choices(self) -> tuple[str, ...]:
        """The factors chosen so far, by Cognito's names."""
        return tuple(answer for _, answer in self._choices)

    @property
    def can_start_again(self) -> bool:
        """Whether ``restart`` can reach this step without asking for the password again."""
        if self.auth_flow.is_custom:
            return False
        return self._proof.is_known or self.auth_flow is AuthFlow.USER_AUTH

    @property
    def starting_anew_does(self) -> str:
        """What starting this step again does in the world, as a sentence; empty where nothing."""
        if isinstance(self.step, ContinueSignInWithTOTPSetup):
            return "This makes a new key; the one shown so far stops working."
        return challenges.starting_anew_does(self._challenge.name) if self._challenge else ""

    def forget(self) -> None:
        """Drop everything that was kept for a restart."""
        self._proof = PasswordProof(self._client.pool_name)
        self._challenge = None
        self._choices = self._replay = ()

    @_whole
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
        self.username, self.auth_flow = username, auth_flow
        self._first_factor = _sent_as(preferred_first_factor) if preferred_first_factor else None
        self._metadata = dict(client_metadata or {})
        self._proof = PasswordProof(self._client.pool_name, password)
        self._device = device
        return self._begin()

    @_whole
    def confirm(
        self,
        answer: Answer,
        *,
        user_attributes: Mapping[str, str] | None = None,
        friendly_device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """Answer the current step (RespondToAuthChallenge; VerifySoftwareToken before it in a set-up)."""
        self._metadata = dict(client_metadata) if client_metadata else self._metadata
        value = _sent_as(answer)
        match self.step:
            case None | Done() | ResetPassword() | ConfirmSignUp():
                raise AuthError(ErrorKind.INVALID_STATE, "No sign-in step is waiting for an answer.")
            case ContinueSignInWithTOTPSetup():
                self._verify_software_token(value, friendly_device_name)
                return self._follow(self._respond({}))
            case ContinueSignInWithMFASetupSelection():
                return self._choose(value, self._set_up)
            case ContinueSignInWithEmailMFASetup():
                return self._follow(self._respond({"EMAIL": value}))
            case ConfirmSignInWithPassword():
                return self._confirm_password(Secret(value))
        return self._answer(value, challenges.attribute_responses(user_attributes or {}))

    @_whole
    def restart(self, *, choices_kept: int | None = None) -> NextStep:
        """Begin again with what is still in memory and replay the choices made: the same step, anew.

        ``choices_kept`` replays only so many, which is the way back to a choice.
        """
        if not self.can_start_again:
            raise AuthError(ErrorKind.INVALID_STATE, "This step cannot be started again.", "Sign in again.")
        self._choices = self._replay = self._choices[:choices_kept]
        return self._begin()

    @_whole
    def confirm_sign_up(self, code: Secret) -> NextStep:
        """ConfirmSignUp, then the sign-in goes on by itself."""
        if not self._half_done:
            self._recovery.confirm_sign_up(self.username, code, self._metadata)
            self._half_done = True
        return self._begin()

    @_whole
    def confirm_reset_password(self, new_password: Secret, code: Secret) -> NextStep:
        """ConfirmForgotPassword, then sign in with the new password."""
        if not self._half_done:
            self._recovery.reset(self.username, new_password, code, self._metadata)
            self._proof = PasswordProof(self._client.pool_name, new_password)
            self._half_done = True
        return self._begin()

    def resend_sign_up_code(self) -> DeliveryDetails:
        """ResendConfirmationCode: where the new code went, as the server masks it."""
        return self._recovery.resend_sign_up_code(self.username, self._metadata)

    def reset_password(self) -> DeliveryDetails:
        """ForgotPassword: where the code went, as the server masks it; an earlier code stops working."""
        return self._recovery.send_reset_code(self.username, self._metadata)

    def _begin(self) -> NextStep:
        known = self._proof
        try:
            return self._initiate()
        except AuthError as error:
            if self._device is None or not is_unknown_device(error):
                raise
        self._device = None
        self._proof = known if known.is_known else self._proof
        return self._initiate()

    def _initiate(self) -> NextStep:
        self._name = self.username
        flow, parameters = str(self.auth_flow), dict[str, Any]()
        match self.auth_flow:
            case AuthFlow.USER_SRP_AUTH:
                parameters["SRP_A"] = self._new_srp_a()
            case AuthFlow.USER_PASSWORD_AUTH:
                parameters["PASSWORD"] = self._proof.password
            case AuthFlow.CUSTOM_WITH_SRP:
                flow = "CUSTOM_AUTH"
                parameters |= {"CHALLENGE_NAME": "SRP_A", "SRP_A": self._new_srp_a()}
            case AuthFlow.CUSTOM_WITHOUT_SRP:
                flow = "CUSTOM_AUTH"
            case AuthFlow.USER_AUTH if self._first_factor:
                parameters |= self._preferred(self._first_factor)
        parameters |= {"USERNAME": self._name, "SECRET_HASH": self._client.secret_hash(self._name)}
        parameters |= {"DEVICE_KEY": self._device.key if self._device else None}
        return self._follow(
            self._call("InitiateAuth", {"AuthFlow": flow, "AuthParameters": parameters}),
        )

    def _preferred(self, factor: str) -> dict[str, Any]:
        proof = self._password_proof(factor) if factor in PASSWORD_FACTORS and self._proof.is_known else {}
        return {"PREFERRED_CHALLENGE": factor, **proof}

    def _password_proof(self, factor: str) -> dict[str, Any]:
        """What goes beside the choice of a password factor, so that one call does for both."""
        if factor == "PASSWORD" and self._proof.password:
            return {"PASSWORD": self._proof.password}
        return {"SRP_A": self._new_srp_a()}

    def _new_srp_a(self) -> str:
        self._proof = self._proof.with_new_a()
        return self._proof.srp_a

    def _follow(self, reply: Mapping[str, Any]) -> NextStep:
        """Take replies until one needs a person, or tokens have come."""
        for _ in range(MAX_SILENT_ANSWERS):
            result = reply.get("AuthenticationResult")
            if isinstance(result, Mapping):
                return self._done(result)
            challenge = Challenge.of(reply)
            if challenge is None:
                raise AuthError(ErrorKind.SERVICE, "Cognito answered with neither a step nor tokens.")
            self._challenge = challenge
            self._name = challenge.text("USERNAME") or challenge.text("USER_ID_FOR_SRP") or self._name
            responses = self._silent_responses(challenge)
            if responses is None:
                return self._show(challenge)
            reply = self._respond(responses)
        raise AuthError(ErrorKind.SERVICE, "The pool asks the same thing over and over.")

    def _silent_responses(self, challenge: Challenge) -> dict[str, Any] | None:
        """What needs no person: the proof of the password, and choices made before a restart."""
        if challenge.name == "PASSWORD_VERIFIER":
            self._proof = self._proof.hashed_for(challenge.text("USER_ID_FOR_SRP") or self._name)
            return self._proof.claim(challenge, self._gateway.now())
        if challenge.name == "PASSWORD_SRP" and self._proof.is_known:
            return {"SRP_A": self._new_srp_a()}
        if challenge.name == "DEVICE_SRP_AUTH" and self._device:
            self._device_proof = device_proof(self._device)
            return {"DEVICE_KEY": self._device.key, "SRP_A": self._device_proof.srp_a}
        if challenge.name == "DEVICE_PASSWORD_VERIFIER" and self._device and self._device_proof:
            return device_claim(self._device, self._device_proof, challenge, self._gateway.now())
        choice = self._replayed(challenge.name) if challenge.name in CHOICES else None
        if choice is None:
            return None
        proof = self._password_proof(choice) if choice in PASSWORD_FACTORS else {}
        return {"ANSWER": choice, **proof}

    def _done(self, result: Mapping[str, Any]) -> Done:
        step = done(result, self._client, self._gateway.now())
        if new := confirm_new_device(self._gateway, result, step.tokens.access_token):
            return replace(step, device=new.device, asks_to_remember_device=new.asks_to_remember)
        return replace(step, device=self._device)

    def _replayed(self, challenge_name: str) -> str | None:
        """The choice made at this challenge before the restart; each is replayed once."""
        if not self._replay or self._replay[0][0] != challenge_name:
            return None
        (_, choice), *rest = self._replay
        self._replay = tuple(rest)
        return choice

    def _show(self, challenge: Challenge) -> NextStep:
        if challenge.name != "MFA_SETUP":
            return challenges.next_step(challenge)
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
        choice = self._replayed(challenge.name)
        return self._set_up(choice) if choice else ContinueSignInWithMFASetupSelection(types)

    def _choose(self, value: str, go_on: Callable[[str], NextStep]) -> NextStep:
        """Make a choice that a restart will make again, unless it was refused."""
        made = (*self._choices, (self._current_challenge().name, value))
        step = go_on(value)
        self._choices = made
        return step

    def _answer(self, value: str, more: Mapping[str, Any]) -> NextStep:
        name = self._current_challenge().name
        if name == "SELECT_CHALLENGE" and value in PASSWORD_FACTORS:
            return self._choose(value, lambda _: ConfirmSignInWithPassword())
        if name in CHOICES:
            return self._choose(value, lambda choice: self._follow(self._respond({"ANSWER": choice})))
        reply = self._respond({challenges.answer_key(name): Secret(value), **more})
        if name == "NEW_PASSWORD_REQUIRED":
            self._proof = self._proof.changed_to(Secret(value))
        return self._follow(reply)

    def _confirm_password(self, password: Secret) -> NextStep:
        self._proof = PasswordProof(self._client.pool_name, password)
        match self._current_challenge().name:
            case "PASSWORD_SRP":
                return self._follow(self._respond({"SRP_A": self._new_srp_a()}))
            case "SELECT_CHALLENGE":
                factor = self._choices[-1][1]
                return self._follow(self._respond({"ANSWER": factor, **self._password_proof(factor)}))
        return self._follow(self._respond({"PASSWORD": password}))

    def _set_up(self, method: str) -> NextStep:
        if method == MFAType.TOTP.value:
            return self._associate_software_token()
        if method == MFAType.EMAIL.value:
            return ContinueSignInWithEmailMFASetup()
        return self._follow(self._respond({"ANSWER": method}))

    def _associate_software_token(self) -> NextStep:
        session = self._current_challenge().session
        reply = self._gateway.call("AssociateSoftwareToken", {"Session": session})
        secret = reply.get("SecretCode")
        if not isinstance(secret, str) or not secret.isalnum() or not secret.isascii():
            raise AuthError(ErrorKind.SERVICE, "Cognito sent no usable key for the authenticator app.")
        self._challenge = self._current_challenge().continued(reply)
        return ContinueSignInWithTOTPSetup(TOTPSetupDetails(Secret(secret), self.username))

    def _verify_software_token(self, code: str, friendly_device_name: str | None) -> None:
        if self._half_done:
            return  # only the last call failed: the code was taken and would be refused a second time
        reply = self._gateway.call(
            "VerifySoftwareToken",
            {
                "Session": self._current_challenge().session,
                "UserCode": Secret(code),
                "FriendlyDeviceName": friendly_device_name or None,
            },
        )
        if reply.get("Status") != "SUCCESS":
            raise AuthError(
                ErrorKind.VALIDATION,
                "That code does not fit this key.",
                "Wait for the next one and type that.",
                code="EnableSoftwareTokenMFAException",
            )
        self._challenge = self._current_challenge().continued(reply)
        self._half_done = True

    def _respond(self, responses: Mapping[str, Any]) -> Mapping[str, Any]:
        challenge = self._current_challenge()
        always = {
            "USERNAME": self._name,
            "SECRET_HASH": self._client.secret_hash(self._name),
            "DEVICE_KEY": self._device.key if self._device else None,
        }
        return self._call(
            "RespondToAuthChallenge",
            {
                "ChallengeName": challenge.name,
                "Session": challenge.session,
                "ChallengeResponses": {**always, **responses},
            },
        )

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        always = {"ClientId": self._client.client_id, "ClientMetadata": dict(self._metadata) or None}
        return self._gateway.call(operation, {**always, **parameters})

    def _current_challenge(self) -> Challenge:
        if self._challenge is None:
            raise AuthError(ErrorKind.INVALID_STATE, "No sign-in is under way.", "Sign in first.")
        return self._challenge


def _sent_as(answer: Answer) -> str:
    if isinstance(answer, Secret):
        return answer.reveal()
    return answer if isinstance(answer, str) else answer.challenge_response
