"""Probe what an app client allows, with one InitiateAuth call per flow for a user name that can't exist.

No user's sign-in attempts are used up. Cognito's answer shows whether the flow is allowed, however the
app client's PreventUserExistenceErrors is set. Source: InitiateAuth in Cognito's API reference.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from tui_auth.auth import srp
from tui_auth.auth.app_client import AuthFlow
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.app_client import AppClient
    from tui_auth.auth.gateway import Gateway

FLOWS = tuple(dict.fromkeys(flow.api_name for flow in AuthFlow))
"""The values of InitiateAuth's AuthFlow that start a sign-in, the default first."""

OUR_FLOWS = {"CUSTOM_AUTH": tuple(str(flow) for flow in AuthFlow if flow.is_custom)}
"""The ``--auth-flow`` values for each AuthFlow value that differs from them."""


class Verdict(Enum):
    """What an answer shows about a flow, or about what is checked before the flow."""

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
        """Whether every other flow would get the same verdict, so that no other needs a call."""
        return self in (
            Verdict.NO_SUCH_CLIENT,
            Verdict.SECRET_MISSING,
            Verdict.SECRET_WRONG,
            Verdict.SECRET_NOT_WANTED,
            Verdict.UNREACHABLE,
        )


@dataclass(frozen=True)
class Answer:
    """What one probe showed; ``error`` is Cognito's error if it returned one."""

    flow: str
    verdict: Verdict
    error: AuthError | None = None


def probe_flow(gateway: Gateway, client: AppClient, flow: str) -> Answer:
    """Call InitiateAuth once with a random user name. Never raises AuthError.

    Args:
        gateway: Where the pool is.
        client: The app client to probe, with the secret to send.
        flow: One of FLOWS.
    """
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
        return Answer(flow, _verdict_from(error), error)
    return Answer(flow, Verdict.ALLOWED)


def _verdict_from(error: AuthError) -> Verdict:
    message = error.service_message.lower()
    if error.code is None:
        return Verdict.UNCLEAR if error.kind is ErrorKind.VALIDATION else Verdict.UNREACHABLE
    if error.code == "ResourceNotFoundException":
        return Verdict.NO_SUCH_CLIENT
    if "not enabled for this client" in message:
        return Verdict.NOT_ALLOWED
    if "trigger" in message:
        return Verdict.NO_TRIGGERS
    if error.code == "NotAuthorizedException" and "secret" in message:
        verdicts = (verdict for fragment, verdict in _SECRET_MESSAGES.items() if fragment in message)
        return next(verdicts, Verdict.SECRET_WRONG)
    return Verdict.ALLOWED if error.code in _ERRORS_OF_ALLOWED_FLOWS else Verdict.UNCLEAR


_SECRET_MESSAGES = {
    "was not received": Verdict.SECRET_MISSING,
    "not have a secret": Verdict.SECRET_NOT_WANTED,
}
_ERRORS_OF_ALLOWED_FLOWS = frozenset(
    {
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        # Cognito calls the pool's Lambda triggers only after it has allowed the flow.
        "UserLambdaValidationException",
        "UnexpectedLambdaException",
        "InvalidLambdaResponseException",
    }
)
