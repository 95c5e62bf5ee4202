"""Asking: a challenge as the pool sends it, and the code that goes with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tui_auth.emulator.codes import digits
from tui_auth.emulator.errors import missing_parameter
from tui_auth.emulator.messages import mask
from tui_auth.emulator.sessions import Session, SignIn
from tui_auth.emulator.state import State

Reply = dict[str, Any]
MFA_DIGITS = 6
FIRST_FACTOR_DIGITS = {"EMAIL": 8, "SMS": 6}


@dataclass(frozen=True)
class Answer:
    """A person's answer to a challenge: ChallengeResponses and what they answer."""

    session: Session
    responses: dict[str, str]
    metadata: dict[str, str]

    @property
    def sign_in(self) -> SignIn:
        """The sign-in it belongs to."""
        return self.session.sign_in

    def value(self, key: str) -> str:
        """One of the responses; InvalidParameterException where it is missing."""
        return required(self.responses, key)


def required(parameters: dict[str, str], key: str) -> str:
    """A parameter that must be there and not empty; InvalidParameterException otherwise."""
    value = parameters.get(key)
    if not value:
        raise missing_parameter(key)
    return value


def compact(value: Any) -> str:
    """JSON inside a string, as Cognito packs lists and objects into ChallengeParameters."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def ask(state: State, sign_in: SignIn, challenge: str, parameters: dict[str, str], **known: Any) -> Reply:
    """A challenge with a new session; ``known`` goes into the session."""
    session = state.sessions.open(sign_in, challenge, **known)
    reply: Reply = {
        "ChallengeName": challenge,
        "Session": session.token,
        "ChallengeParameters": parameters,
    }
    if sign_in.first_factors:
        reply["AvailableChallenges"] = sign_in.first_factors
    return reply


def ask_code(
    state: State,
    sign_in: SignIn,
    challenge: str,
    medium: str,
    destination: str,
    *,
    first_factor: bool = False,
    sets_up: bool = False,
) -> Reply:
    """Send a code by SMS or EMAIL and ask for it. Nothing is sent for a user who does not exist."""
    code = digits(FIRST_FACTOR_DIGITS[medium] if first_factor else MFA_DIGITS)
    if sign_in.user.exists:
        state.outbox.send(
            username=sign_in.user.username,
            medium=medium,
            destination=destination,
            purpose="SIGN_IN" if first_factor else "MFA",
            code=code,
        )
    parameters = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": medium,
        "CODE_DELIVERY_DESTINATION": mask(medium, destination),
    }
    if not first_factor:
        parameters["USER_ID_FOR_SRP"] = sign_in.user.username
    known = {"code": code, "medium": medium, "destination": destination, "sets_up": sets_up}
    return ask(state, sign_in, challenge, parameters, **known)
