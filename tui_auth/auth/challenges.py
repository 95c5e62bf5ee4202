"""Cognito's challenges in one table, both ways: reply to next step, answer to ChallengeResponses.

Source: RespondToAuthChallenge in the Cognito API reference, and the parameters real pools send.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from tui_auth.auth.errors import AuthError, ErrorKind
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
    DeliveryDetails,
    MFAType,
    NextStep,
    UnknownStep,
)
from tui_auth.secret import Secret

ATTRIBUTE_PREFIX = "userAttributes."
MOST_ATTRIBUTES = 70
"""More than a user pool can have (20 standard, 50 custom): no screen is built for a longer list."""

MOST_CHOICES = 30
"""Several times what Cognito has to offer, for the same reason."""

Answer = str | Secret | MFAType | AuthFactorType
"""What a person answers a step with."""


@dataclass(frozen=True)
class Challenge:
    """What InitiateAuth or RespondToAuthChallenge asked for: name, session and parameters as they came."""

    name: str
    session: Secret | None
    parameters: Mapping[str, Any]
    available: tuple[str, ...] = ()

    @classmethod
    def of(cls, reply: Mapping[str, Any]) -> Challenge | None:
        """The challenge in a reply, or None where it holds none."""
        name = reply.get("ChallengeName")
        if not isinstance(name, str) or not name:
            return None
        session, parameters = reply.get("Session"), reply.get("ChallengeParameters")
        available = reply.get("AvailableChallenges")
        offered = [item for item in available if isinstance(item, str)] if isinstance(available, list) else []
        offered = [item for item in dict.fromkeys(offered) if item.strip()]
        return cls(
            name,
            Secret(session) if isinstance(session, str) and session else None,
            MappingProxyType(parameters if isinstance(parameters, Mapping) else {}),
            tuple(offered[:MOST_CHOICES]),
        )

    def continued(self, reply: Mapping[str, Any]) -> Challenge:
        """The same challenge with the session of a later reply (Associate- and VerifySoftwareToken)."""
        session = reply.get("Session")
        return replace(self, session=Secret(session)) if isinstance(session, str) and session else self

    def text(self, key: str) -> str | None:
        """The parameter as text, or None where it is missing, empty or of another type."""
        value = self.parameters.get(key)
        return value if isinstance(value, str) and value else None

    def names(self, key: str) -> tuple[str, ...]:
        """The parameter as the list of strings that Cognito packs into a JSON string."""
        value = self.parameters.get(key)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return ()
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


@dataclass(frozen=True)
class _Entry:
    step: Callable[[Challenge], NextStep]
    answer_key: str
    starts_anew: str = ""
    """What beginning this step again does in the world, in words; empty where it does nothing."""


_SENDS = "This sends a new code."

_TABLE = {
    "SMS_MFA": _Entry(lambda c: ConfirmSignInWithSMSMFACode(_delivery(c), _info(c)), "SMS_MFA_CODE", _SENDS),
    "EMAIL_OTP": _Entry(lambda c: ConfirmSignInWithOTP(_delivery(c), _info(c)), "EMAIL_OTP_CODE", _SENDS),
    "SMS_OTP": _Entry(lambda c: ConfirmSignInWithOTP(_delivery(c), _info(c)), "SMS_OTP_CODE", _SENDS),
    "SOFTWARE_TOKEN_MFA": _Entry(
        lambda c: ConfirmSignInWithTOTPCode(c.text("FRIENDLY_DEVICE_NAME")), "SOFTWARE_TOKEN_MFA_CODE"
    ),
    "SELECT_MFA_TYPE": _Entry(
        lambda c: ContinueSignInWithMFASelection(mfa_types(c.names("MFAS_CAN_CHOOSE"))), "ANSWER"
    ),
    "SELECT_CHALLENGE": _Entry(
        lambda c: ContinueSignInWithFirstFactorSelection(tuple(_factor(name) for name in c.available)),
        "ANSWER",
    ),
    "WEB_AUTHN": _Entry(
        lambda c: ContinueSignInWithFirstFactorSelection(
            tuple(_factor(name) for name in c.available or ("WEB_AUTHN",))
        ),
        "ANSWER",
    ),
    "PASSWORD": _Entry(lambda c: ConfirmSignInWithPassword(), "PASSWORD"),
    "PASSWORD_SRP": _Entry(lambda c: ConfirmSignInWithPassword(), "PASSWORD"),
    "CUSTOM_CHALLENGE": _Entry(lambda c: ConfirmSignInWithCustomChallenge(_info(c)), "ANSWER"),
    "NEW_PASSWORD_REQUIRED": _Entry(
        lambda c: ConfirmSignInWithNewPassword(_missing_attributes(c), _info(c)), "NEW_PASSWORD"
    ),
}


def next_step(challenge: Challenge) -> NextStep:
    """The next step that the challenge asks a person for. MFA_SETUP is not here: it needs a call first."""
    entry = _TABLE.get(challenge.name)
    step = entry.step(challenge) if entry else UnknownStep(challenge.name, _info(challenge))
    match step:
        case ContinueSignInWithMFASelection(()) | ContinueSignInWithFirstFactorSelection(()):
            raise AuthError(ErrorKind.SERVICE, "The pool asks for a choice, but offers nothing to choose.")
    return step


def sent_as(answer: Answer) -> str:
    """An answer as Cognito takes it: a choice by its name there."""
    if isinstance(answer, Secret):
        return answer.reveal()
    return answer if isinstance(answer, str) else answer.challenge_response


def answer_key(challenge_name: str) -> str:
    """The name under which ChallengeResponses takes the answer; ANSWER for a challenge not known here."""
    entry = _TABLE.get(challenge_name)
    return entry.answer_key if entry else "ANSWER"


def starting_anew_does(challenge_name: str) -> str:
    """What beginning this step again does in the world, as a sentence; empty where it does nothing."""
    entry = _TABLE.get(challenge_name)
    return entry.starts_anew if entry else ""


def attribute_responses(attributes: Mapping[str, str]) -> dict[str, str]:
    """User attributes as NEW_PASSWORD_REQUIRED takes them, with or without the prefix given."""
    return {
        ATTRIBUTE_PREFIX + name.removeprefix(ATTRIBUTE_PREFIX): value for name, value in attributes.items()
    }


def delivery_details(details: object) -> DeliveryDetails:
    """``CodeDeliveryDetails`` of ForgotPassword, ResendConfirmationCode or SignUp."""
    given = details if isinstance(details, Mapping) else {}
    return DeliveryDetails(
        *(
            value if isinstance(value, str) and value else None
            for value in (given.get("Destination"), given.get("DeliveryMedium"), given.get("AttributeName"))
        )
    )


def mfa_types(names: tuple[str, ...]) -> tuple[MFAType | str, ...]:
    """Cognito's names as members where they are known, else as they came; each once, to a limit."""
    known = {member.value: member for member in MFAType}
    return tuple(known.get(name.upper(), name) for name in dict.fromkeys(names))[:MOST_CHOICES]


def _factor(name: str) -> AuthFactorType | str:
    try:
        return AuthFactorType(name)
    except ValueError:
        return name


def _delivery(challenge: Challenge) -> DeliveryDetails:
    return DeliveryDetails(
        challenge.text("CODE_DELIVERY_DESTINATION"), challenge.text("CODE_DELIVERY_DELIVERY_MEDIUM")
    )


def _info(challenge: Challenge) -> Mapping[str, str]:
    """Every parameter as a read-only string; what is not a string is shown as the JSON it came as."""
    return MappingProxyType(
        {
            str(key): value if isinstance(value, str) else json.dumps(value, default=str)
            for key, value in challenge.parameters.items()
        }
    )


def _missing_attributes(challenge: Challenge) -> tuple[str, ...]:
    names = (name.removeprefix(ATTRIBUTE_PREFIX) for name in challenge.names("requiredAttributes"))
    return tuple(dict.fromkeys(name for name in names if name))[:MOST_ATTRIBUTES]
