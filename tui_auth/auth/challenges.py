"""Cognito's challenges: reply to next step, answer to ChallengeResponses, and the choices a user made.

``_CHALLENGES`` is the one table of the challenges that this version knows, but for MFA_SETUP, which needs a
call first: ``next_step_for`` in ``sign_in`` handles it. Source: the Cognito API reference on answering
challenges, and the parameters that real pools send.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from tui_auth.auth.next_step import (
    AuthFactorType,
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithOTP,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignInWithTOTPCode,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithPasskey,
    DeliveryDetails,
    MFAType,
    NextStep,
    UnknownStep,
)
from tui_auth.auth.passkey_request import relying_party_of
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

Answer = str | Secret | MFAType | AuthFactorType
"""What a user answers a step with."""

PASSWORD_FACTORS = (AuthFactorType.PASSWORD.value, AuthFactorType.PASSWORD_SRP.value)

CHOICE_CHALLENGES = ("SELECT_MFA_TYPE", "SELECT_CHALLENGE")
"""The challenges that ask for nothing but a choice."""

ATTRIBUTE_PREFIX = "userAttributes."
MAX_ATTRIBUTES = 70
"""More than a user pool can have (20 standard, 50 custom). No screen is built for a longer list."""

MAX_CHOICES = 30
"""Several times what Cognito offers. No screen is built for a longer list."""

_SENDS_A_CODE = "This sends a new code."


@dataclass(frozen=True)
class Challenge:
    """A challenge as InitiateAuth or a later reply sent it.

    Attributes:
        name: ``ChallengeName``.
        challenge_session: ``Session``, the opaque string that the next call must send, or None.
        parameters: ``ChallengeParameters``.
        available_challenges: ``AvailableChallenges``, the first factors to choose from.
    """

    name: str
    challenge_session: Secret | None
    parameters: Mapping[str, Any]
    available_challenges: tuple[str, ...] = ()

    @classmethod
    def from_reply(cls, reply: Mapping[str, Any]) -> Challenge | None:
        """Return the challenge of a reply, or None if it has none."""
        name = reply.get("ChallengeName")
        if not isinstance(name, str) or not name:
            return None
        parameters, available = reply.get("ChallengeParameters"), reply.get("AvailableChallenges")
        offered = available if isinstance(available, list) else []
        names = dict.fromkeys(item for item in offered if isinstance(item, str) and item.strip())
        return cls(
            name,
            challenge_session(reply),
            MappingProxyType(parameters if isinstance(parameters, Mapping) else {}),
            tuple(names)[:MAX_CHOICES],
        )

    def with_session_of(self, reply: Mapping[str, Any]) -> Challenge:
        """Return the challenge with the session of a later reply (Associate- or VerifySoftwareToken)."""
        session = challenge_session(reply)
        return replace(self, challenge_session=session) if session else self

    def text(self, key: str) -> str | None:
        """Return a parameter that is a non-empty string, else None."""
        value = self.parameters.get(key)
        return value if isinstance(value, str) and value else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a parameter that is a list of strings, which Cognito packs into a JSON string."""
        value = self.parameters.get(key)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return ()
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def challenge_session(reply: Mapping[str, Any]) -> Secret | None:
    """Return ``Session`` of a reply, or None if it has none."""
    session = reply.get("Session")
    return Secret(session) if isinstance(session, str) and session else None


@dataclass(frozen=True)
class _Entry:
    """How one challenge becomes a next step, and how the answer to it is sent."""

    build_step: Callable[[Challenge], NextStep]
    response_key: str
    restart_side_effect: str = ""


_CHALLENGES = {
    "SMS_MFA": _Entry(
        lambda c: ConfirmSignInWithSMSMFACode(_delivery(c), _info(c)), "SMS_MFA_CODE", _SENDS_A_CODE
    ),
    "EMAIL_OTP": _Entry(
        lambda c: ConfirmSignInWithOTP(_delivery(c), _info(c)), "EMAIL_OTP_CODE", _SENDS_A_CODE
    ),
    "SMS_OTP": _Entry(lambda c: ConfirmSignInWithOTP(_delivery(c), _info(c)), "SMS_OTP_CODE", _SENDS_A_CODE),
    "SOFTWARE_TOKEN_MFA": _Entry(
        lambda c: ConfirmSignInWithTOTPCode(c.text("FRIENDLY_DEVICE_NAME")), "SOFTWARE_TOKEN_MFA_CODE"
    ),
    "SELECT_MFA_TYPE": _Entry(
        lambda c: ContinueSignInWithMFASelection(parse_mfa_types(c.texts("MFAS_CAN_CHOOSE"))), "ANSWER"
    ),
    "SELECT_CHALLENGE": _Entry(
        lambda c: ContinueSignInWithFirstFactorSelection(_factors(c.available_challenges)), "ANSWER"
    ),
    "WEB_AUTHN": _Entry(lambda c: _passkey(c) or passkey_alternatives(c), "CREDENTIAL"),
    "PASSWORD": _Entry(lambda c: ConfirmSignInWithPassword(), "PASSWORD"),
    "PASSWORD_SRP": _Entry(lambda c: ConfirmSignInWithPassword(), "PASSWORD"),
    "CUSTOM_CHALLENGE": _Entry(lambda c: ConfirmSignInWithCustomChallenge(_info(c)), "ANSWER"),
    "NEW_PASSWORD_REQUIRED": _Entry(
        lambda c: ConfirmSignInWithNewPassword(_missing_attributes(c), _info(c)), "NEW_PASSWORD"
    ),
}

RESPONSE_KEYS: Mapping[str, str] = {name: entry.response_key for name, entry in _CHALLENGES.items()}
"""The ChallengeResponses key of the answer to each of these challenges. For any other it is ANSWER."""


def next_step_for(challenge: Challenge) -> NextStep:
    """Return the next step for a challenge other than MFA_SETUP, which needs a call first.

    Raises:
        AuthError: The challenge asks for a choice and offers none (kind SERVICE).
    """
    entry = _CHALLENGES.get(challenge.name)
    step = entry.build_step(challenge) if entry else UnknownStep(challenge.name, _info(challenge))
    match step:
        case ContinueSignInWithMFASelection(()) | ContinueSignInWithFirstFactorSelection(()):
            raise AuthError(ErrorKind.SERVICE, "The user pool asks for a choice but offers no options.")
    return step


def _passkey(challenge: Challenge) -> ContinueSignInWithPasskey | None:
    """Return the step for a passkey, or None if the request is none or too large for one."""
    options = challenge.text("CREDENTIAL_REQUEST_OPTIONS") or ""
    relying_party = relying_party_of(options)
    if relying_party is None:
        return None
    others = tuple(name for name in challenge.available_challenges if name != "WEB_AUTHN")
    return ContinueSignInWithPasskey(relying_party, options, _factors(others))


def passkey_alternatives(challenge: Challenge) -> ContinueSignInWithFirstFactorSelection:
    """Return the choice of a first factor at WEB_AUTHN, which a pool may send without a choice."""
    return ContinueSignInWithFirstFactorSelection(_factors(challenge.available_challenges or ("WEB_AUTHN",)))


def restart_side_effect(challenge_name: str) -> str:
    """Return what restarting at this challenge causes, as a sentence; empty if nothing."""
    entry = _CHALLENGES.get(challenge_name)
    return entry.restart_side_effect if entry else ""


def parse_choice(answer: object, choices: tuple[MFAType | AuthFactorType | str, ...]) -> str:
    """Return Cognito's name of a choice.

    Args:
        answer: The member, Cognito's name or Amplify's: ``MFAType.SMS``, "SMS_MFA" or "SMS".
        choices: What is allowed. A choice that this version doesn't know has one name.

    Raises:
        AuthError: The answer is none of these (kind INVALID_STATE). The error lists them; the answer may be a
            password, so it doesn't repeat it.
    """
    text = answer.reveal() if isinstance(answer, Secret) else getattr(answer, "value", answer)
    names = {
        choice if isinstance(choice, str) else choice.value: getattr(choice, "name", choice)
        for choice in choices
    }
    for name, other_name in names.items():
        if text in (name, other_name):
            return name
    raise AuthError(
        ErrorKind.INVALID_STATE, "That isn't one of the choices.", f"Choose one of {', '.join(names)}."
    )


def attribute_responses(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return user attributes as NEW_PASSWORD_REQUIRED takes them; accepts names with and without prefix."""
    return {
        ATTRIBUTE_PREFIX + name.removeprefix(ATTRIBUTE_PREFIX): value for name, value in attributes.items()
    }


def parse_delivery_details(details: object) -> DeliveryDetails:
    """Parse ``CodeDeliveryDetails`` of ForgotPassword, ResendConfirmationCode or SignUp."""
    fields = details if isinstance(details, Mapping) else {}
    return DeliveryDetails(
        *(
            value if isinstance(value := fields.get(key), str) and value else None
            for key in ("Destination", "DeliveryMedium", "AttributeName")
        )
    )


def parse_mfa_types(names: tuple[str, ...]) -> tuple[MFAType | str, ...]:
    """Return known names as members and others as they are, without duplicates, up to a limit."""
    members = {member.value: member for member in MFAType}
    return tuple(members.get(name.upper(), name) for name in dict.fromkeys(names))[:MAX_CHOICES]


def _factors(names: tuple[str, ...]) -> tuple[AuthFactorType | str, ...]:
    members = {member.value: member for member in AuthFactorType}
    return tuple(members.get(name, name) for name in names)


def _delivery(challenge: Challenge) -> DeliveryDetails:
    return DeliveryDetails(
        challenge.text("CODE_DELIVERY_DESTINATION"), challenge.text("CODE_DELIVERY_DELIVERY_MEDIUM")
    )


def _info(challenge: Challenge) -> Mapping[str, str]:
    """Return every parameter as a string, read-only; another type becomes JSON."""
    return MappingProxyType(
        {
            str(key): value if isinstance(value, str) else json.dumps(value, default=str)
            for key, value in challenge.parameters.items()
        }
    )


def _missing_attributes(challenge: Challenge) -> tuple[str, ...]:
    names = (name.removeprefix(ATTRIBUTE_PREFIX) for name in challenge.texts("requiredAttributes"))
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_ATTRIBUTES]


Choice = tuple[str, str]
"""A challenge's name, and what the user chose at it."""


@dataclass(frozen=True)
class Choices:
    """The choices a user made in a sign-in.

    Attributes:
        made: Those that led to the current step.
        to_replay: Those that a restart has not reached yet.
    """

    made: tuple[Choice, ...] = ()
    to_replay: tuple[Choice, ...] = ()

    @property
    def last(self) -> str:
        """The last choice. Raises IndexError if there is none."""
        return self.made[-1][1]

    @property
    def end_with_password(self) -> bool:
        """Whether the last choice is to enter a password."""
        return bool(self.made) and self.last in PASSWORD_FACTORS

    def append(self, challenge_name: str, choice: str) -> Choices:
        """Return a copy with this choice appended."""
        return replace(self, made=(*self.made, (challenge_name, choice)))

    def with_first_factor(self, factor: str) -> Choices:
        """Return a copy in which a preferred first factor is the only choice made."""
        return replace(self, made=(("SELECT_CHALLENGE", factor),))

    def restart(self, count: int | None = None) -> Choices:
        """Return a copy that replays the first ``count`` choices, or all, and drops the others."""
        return Choices(self.made[:count], self.made[:count])

    def skip_first(self) -> Choices:
        """Return a copy that replays all but the first choice, which is sent as PREFERRED_CHALLENGE."""
        return replace(self, to_replay=self.made[1:])

    def pop_replay(self, challenge_name: str) -> tuple[str | None, Choices]:
        """Return the choice to replay at a challenge, or None, and the choices without that replay."""
        if not self.to_replay or self.to_replay[0][0] != challenge_name:
            return None, self
        return self.to_replay[0][1], replace(self, to_replay=self.to_replay[1:])
