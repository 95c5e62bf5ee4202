"""What an app client allows, found out with a user who cannot exist: one call a flow, nobody's attempts.

Whether the pool tells that there is no such user or pretends that there is one (PreventUserExistenceErrors),
both say that the flow is allowed. Source: InitiateAuth in Cognito's API reference.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tui_auth.auth import srp
from tui_auth.auth.app_client import AppClient
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Gateway
from tui_auth.secret import Secret

FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_AUTH")
"""The flows of InitiateAuth that begin a sign-in, the usual one first."""

API_FLOWS = {"CUSTOM_WITH_SRP": "CUSTOM_AUTH", "CUSTOM_WITHOUT_SRP": "CUSTOM_AUTH"}
"""InitiateAuth's name for a flow where that is another than ours."""

OUR_FLOWS = {"CUSTOM_AUTH": ("CUSTOM_WITH_SRP", "CUSTOM_WITHOUT_SRP")}
"""What --auth-flow calls a flow of InitiateAuth where that is another than Cognito's name."""


class Verdict(Enum):
    """What the answer says of the flow, or of what stands before it."""

    ALLOWED = "allowed"
    NO_TRIGGERS = "allowed, without functions"
    NOT_ALLOWED = "not allowed"
    NO_SUCH_CLIENT = "no such client"
    SECRET_MISSING = "secret missing"  # noqa: S105 - a verdict
    SECRET_WRONG = "secret wrong"  # noqa: S105 - a verdict
    SECRET_NOT_WANTED = "secret not wanted"  # noqa: S105 - a verdict
    UNREACHABLE = "unreachable"
    UNCLEAR = "unclear"

    @property
    def is_final(self) -> bool:
        """Whether every other flow would be answered the same, so that it need not be asked."""
        return self in (
            Verdict.NO_SUCH_CLIENT,
            Verdict.SECRET_MISSING,
            Verdict.SECRET_WRONG,
            Verdict.SECRET_NOT_WANTED,
            Verdict.UNREACHABLE,
        )


@dataclass(frozen=True)
class Answer:
    """What one call said. ``error`` is the refusal where there was one."""

    flow: str
    verdict: Verdict
    error: AuthError | None = None


def probe_flow(gateway: Gateway, client: AppClient, flow: str) -> Answer:
    """Ask for one of FLOWS with a user name of which there is none, once. Never raises AuthError."""
    username = f"tui-auth-doctor-{secrets.token_hex(8)}"
    parameters: dict[str, Any] = {"USERNAME": username, "SECRET_HASH": client.secret_hash(username)}
    if flow == "USER_SRP_AUTH":
        parameters["SRP_A"] = f"{srp.public_value(srp.private_value()):x}"
    elif flow == "USER_PASSWORD_AUTH":
        parameters["PASSWORD"] = Secret(f"No-{secrets.token_hex(8)}-1!")
    request: Mapping[str, Any] = {
        "ClientId": client.client_id,
        "AuthFlow": flow,
        "AuthParameters": parameters,
    }
    try:
        gateway.call("InitiateAuth", request)
    except AuthError as error:
        return Answer(flow, _verdict(error), error)
    return Answer(flow, Verdict.ALLOWED)


def _verdict(error: AuthError) -> Verdict:
    words = error.service_message.lower()
    if error.code is None:
        return Verdict.UNCLEAR if error.kind is ErrorKind.VALIDATION else Verdict.UNREACHABLE
    if error.code == "ResourceNotFoundException":
        return Verdict.NO_SUCH_CLIENT
    if "not enabled for this client" in words:
        return Verdict.NOT_ALLOWED
    if "trigger" in words:
        return Verdict.NO_TRIGGERS
    if error.code == "NotAuthorizedException" and "secret" in words:
        told = (each for fragment, each in _ABOUT_THE_SECRET.items() if fragment in words)
        return next(told, Verdict.SECRET_WRONG)
    return Verdict.ALLOWED if error.code in _ABOUT_THE_USER else Verdict.UNCLEAR


_ABOUT_THE_SECRET = {
    "was not received": Verdict.SECRET_MISSING,
    "not have a secret": Verdict.SECRET_NOT_WANTED,
}
_ABOUT_THE_USER = frozenset(
    {
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        # The pool's own functions were asked, which comes after the flow was found to be allowed.
        "UserLambdaValidationException",
        "UnexpectedLambdaException",
        "InvalidLambdaResponseException",
    }
)
