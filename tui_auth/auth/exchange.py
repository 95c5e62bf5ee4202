"""The exchange with Cognito: every call of a sign-in, and every answer that needs no person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tui_auth.auth.app_client import AppClient
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.authentication_result import done
from tui_auth.auth.challenges import Challenge
from tui_auth.auth.choices import CHOICES, PASSWORD_FACTORS, Choices
from tui_auth.auth.device import Device
from tui_auth.auth.device_srp import (
    confirm_new_device,
    device_claim,
    device_proof,
    device_refused,
)
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Gateway
from tui_auth.auth.next_step import Done
from tui_auth.auth.password_proof import PasswordProof
from tui_auth.auth.refusals import is_unknown_device, is_wrong_credentials, without_password
from tui_auth.secret import Secret

MAX_SILENT_ANSWERS = 12
"""How many challenges in a row may be answered without a person; more is a pool going round in circles."""

Asked = Challenge | Done
"""Where an exchange stops: at a challenge that needs a person, or at the tokens."""


class Exchange:
    """One sign-in's calls to Cognito, with what must be kept between them.

    Copied with ``copy.copy``: everything it keeps is given a new value, and no value is changed. Every
    method that calls raises AuthError for a refusal.
    """

    def __init__(self, gateway: Gateway, client: AppClient) -> None:
        self.gateway = gateway
        self.client = client
        self.username = ""
        self.auth_flow = AuthFlow.USER_SRP_AUTH
        self.metadata: Mapping[str, str] = MappingProxyType({})
        self.proof = PasswordProof(client.pool_name)
        self.device: Device | None = None
        self.challenge: Challenge | None = None
        self.choices = Choices()
        self._name = ""
        self._device_proof: PasswordProof | None = None

    def prepare(self, username: str, auth_flow: AuthFlow, metadata: Mapping[str, str] | None) -> None:
        """Whose sign-in it is, and how it begins."""
        self.username, self.auth_flow = username, auth_flow
        self.tell(metadata or {})

    def tell(self, metadata: Mapping[str, str]) -> None:
        """What every call from now on tells the pool's own functions (ClientMetadata)."""
        self.metadata = MappingProxyType(dict(metadata))

    def know(self, password: Secret | None) -> None:
        """The password to prove from now on, or None."""
        self.proof = PasswordProof(self.client.pool_name, password)

    def forget(self) -> None:
        """Drop everything that was kept for a restart."""
        self.know(None)
        self.challenge = self.device = self._device_proof = None
        self.choices = Choices()

    def begin(self, first_factor: str | None = None) -> Asked:
        """InitiateAuth, and what follows silently; once more without a device that Cognito does not take.

        ``first_factor`` is the one that is preferred; only USER_AUTH heeds it.
        """
        known = self.proof
        try:
            return self._initiate(first_factor)
        except AuthError as error:
            if self.device is None or not (is_unknown_device(error) or self._device_was_refused(error)):
                raise
        self.device = None
        self.proof = known if known.is_known else self.proof
        return self._initiate(first_factor)

    def begin_after_sign_up(self, session: Secret) -> Asked | None:
        """InitiateAuth USER_AUTH with ConfirmSignUp's session; None where a pool refuses that."""
        self._name = self.username
        name = {"USERNAME": self._name, "SECRET_HASH": self.client.secret_hash(self._name)}
        parameters = {"AuthFlow": "USER_AUTH", "AuthParameters": name, "Session": session}
        try:
            return self._follow(self._call("InitiateAuth", parameters))
        except AuthError as error:
            if error.kind in (ErrorKind.NETWORK, ErrorKind.THROTTLED):
                raise
        return None

    def respond(self, responses: Mapping[str, Any]) -> Asked:
        """RespondToAuthChallenge for the current challenge, and what follows silently.

        A device that Cognito has forgotten is left out, and the answer sent once more. One whose proof it
        refuses after the answer ends the session: the error says that, for nothing that was typed is wrong.
        """
        try:
            reply = self._send(responses)
        except AuthError as error:
            if self.device is None or not is_unknown_device(error):
                raise
            self.device = None
            reply = self._send(responses)
        try:
            return self._follow(reply)
        except AuthError as error:
            if self.device is None or not self._device_was_refused(error):
                raise
            raise device_refused(error) from None

    def password_choice(self, factor: str) -> dict[str, Any]:
        """The choice of a password factor with its proof, so that one call does for both."""
        return {"ANSWER": factor, **self._password_proof(factor)}

    def _device_was_refused(self, error: AuthError) -> bool:
        at = self.challenge.name if self.challenge else ""
        return at.startswith("DEVICE_") and error.code == "NotAuthorizedException"

    def _initiate(self, first_factor: str | None) -> Asked:
        self._name = self.username
        flow, parameters = str(self.auth_flow), dict[str, Any]()
        match self.auth_flow:
            case AuthFlow.USER_SRP_AUTH:
                parameters["SRP_A"] = self.new_srp_a()
            case AuthFlow.USER_PASSWORD_AUTH:
                parameters["PASSWORD"] = self.proof.password
            case AuthFlow.CUSTOM_WITH_SRP:
                flow = "CUSTOM_AUTH"
                parameters |= {"CHALLENGE_NAME": "SRP_A", "SRP_A": self.new_srp_a()}
            case AuthFlow.CUSTOM_WITHOUT_SRP:
                flow = "CUSTOM_AUTH"
            case AuthFlow.USER_AUTH if first_factor:
                parameters |= self._preferred(first_factor)
        parameters |= {"USERNAME": self._name, "SECRET_HASH": self.client.secret_hash(self._name)}
        parameters |= {"DEVICE_KEY": self.device.key if self.device else None}
        try:
            reply = self._call("InitiateAuth", {"AuthFlow": flow, "AuthParameters": parameters})
        except AuthError as error:
            raise (error if self.proof.is_known else without_password(error)) from None
        return self._follow(reply)

    def _preferred(self, factor: str) -> dict[str, Any]:
        proof = self._password_proof(factor) if factor in PASSWORD_FACTORS and self.proof.is_known else {}
        return {"PREFERRED_CHALLENGE": factor, **proof}

    def _password_proof(self, factor: str) -> dict[str, Any]:
        if factor == "PASSWORD" and self.proof.password:
            return {"PASSWORD": self.proof.password}
        return {"SRP_A": self.new_srp_a()}

    def new_srp_a(self) -> str:
        """SRP_A for one more proof of the password."""
        self.proof = self.proof.with_new_a()
        return self.proof.srp_a

    def _follow(self, reply: Mapping[str, Any]) -> Asked:
        """Take replies until one needs a person, or tokens have come."""
        for _ in range(MAX_SILENT_ANSWERS):
            result = reply.get("AuthenticationResult")
            if isinstance(result, Mapping):
                return self._done(result)
            challenge = Challenge.of(reply)
            if challenge is None:
                raise AuthError(ErrorKind.SERVICE, "Cognito answered with neither a step nor tokens.")
            if challenge.name == "PASSWORD" and self.auth_flow is not AuthFlow.USER_AUTH:
                raise AuthError(
                    ErrorKind.SERVICE,
                    "The pool asks for the password itself, which this sign-in flow never sends.",
                    "If you trust the pool with it, sign in with the flow USER_AUTH or USER_PASSWORD_AUTH.",
                )
            self.challenge = challenge
            self._name = challenge.text("USERNAME") or challenge.text("USER_ID_FOR_SRP") or self._name
            responses = self._silent_responses(challenge)
            if responses is None:
                return challenge
            reply = self._send_unseen(responses)
        raise AuthError(ErrorKind.SERVICE, "The pool asks the same thing over and over.")

    def _send_unseen(self, responses: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send what needs no person; where the proof of the password is refused, the error says so."""
        at = self.current_challenge().name
        try:
            return self._send(responses)
        except AuthError as error:
            if at != "PASSWORD_VERIFIER" or not is_wrong_credentials(error):
                raise
            raise error.as_refused_proof() from None

    def _silent_responses(self, challenge: Challenge) -> dict[str, Any] | None:
        """What needs no person: the proof of the password, and choices made before a restart."""
        if challenge.name == "PASSWORD_VERIFIER":
            self.proof = self.proof.hashed_for(challenge.text("USER_ID_FOR_SRP") or self._name)
            return self.proof.claim(challenge, self.gateway.now())
        if challenge.name == "PASSWORD_SRP" and self.proof.is_known:
            return {"SRP_A": self.new_srp_a()}
        if challenge.name.startswith("DEVICE_") and self.device:
            return self._device_responses(challenge, self.device)
        return self._replayed_choice(challenge) if challenge.name in CHOICES else None

    def _device_responses(self, challenge: Challenge, device: Device) -> dict[str, Any] | None:
        if challenge.name == "DEVICE_SRP_AUTH":
            self._device_proof = device_proof(device)
            return {"DEVICE_KEY": device.key, "SRP_A": self._device_proof.srp_a}
        if challenge.name == "DEVICE_PASSWORD_VERIFIER" and self._device_proof:
            return device_claim(device, self._device_proof, challenge, self.gateway.now())
        return None

    def _replayed_choice(self, challenge: Challenge) -> dict[str, Any] | None:
        choice = self.replayed(challenge.name)
        if choice is None or choice not in PASSWORD_FACTORS:
            return {"ANSWER": choice} if choice else None
        provable = self.proof.password is not None or (choice == "PASSWORD_SRP" and self.proof.is_known)
        return self.password_choice(choice) if provable else None

    def _done(self, result: Mapping[str, Any]) -> Done:
        step = done(result, self.client, self.gateway.now())
        if new := confirm_new_device(self.gateway, result, step.tokens.access_token):
            return replace(step, device=new.device, asks_to_remember_device=new.asks_to_remember)
        return replace(step, device=self.device)

    def replayed(self, challenge_name: str) -> str | None:
        """The choice made at this challenge before the restart; each is replayed once."""
        choice, self.choices = self.choices.replayed_at(challenge_name)
        return choice

    def _send(self, responses: Mapping[str, Any]) -> Mapping[str, Any]:
        challenge = self.current_challenge()
        always = {
            "USERNAME": self._name,
            "SECRET_HASH": self.client.secret_hash(self._name),
            "DEVICE_KEY": self.device.key if self.device else None,
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
        always = {"ClientId": self.client.client_id, "ClientMetadata": dict(self.metadata) or None}
        return self.gateway.call(operation, {**always, **parameters})

    def current_challenge(self) -> Challenge:
        """The challenge that waits for an answer. Raises AuthError (invalid state) where none does."""
        if self.challenge is None:
            raise AuthError(ErrorKind.INVALID_STATE, "No sign-in is under way.", "Sign in first.")
        return self.challenge
