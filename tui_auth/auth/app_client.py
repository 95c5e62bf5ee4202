"""The app client to sign in to: its IDs, its flows, whether its pool exists, and what it allows."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any

from tui_auth.endpoint import is_loopback, issuers, pool_region
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret, is_unicode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.gateway import Gateway

USER_POOL_ID = r"(?![\w-]{56})(?:[a-z]{2,}(?:-[a-z]+)+-\d+|local)_[0-9a-zA-Z]+"
"""A region and a name; a local emulator may have ``local``. Cognito's own pattern accepts YOUR_POOL_ID.

Up to 55 characters. Match it as ASCII.
"""

CLIENT_ID = r"[\w+]{1,128}"
"""The pattern of an app client ID, to match as ASCII."""


class AuthFlow(StrEnum):
    """The flow that a sign-in starts with, by Amplify's names."""

    USER_SRP_AUTH = "USER_SRP_AUTH"
    USER_PASSWORD_AUTH = "USER_PASSWORD_AUTH"  # noqa: S105 - the flow's name
    USER_AUTH = "USER_AUTH"
    CUSTOM_WITH_SRP = "CUSTOM_WITH_SRP"
    CUSTOM_WITHOUT_SRP = "CUSTOM_WITHOUT_SRP"
    BROWSER = "BROWSER"
    """Managed login in a browser. Not a flow of InitiateAuth."""

    @property
    def label(self) -> str:
        """How a user reads the flow in a list."""
        return _LABELS[self]

    @property
    def api_name(self) -> str:
        """The AuthFlow parameter of InitiateAuth."""
        return "CUSTOM_AUTH" if self.is_custom else str(self)

    @property
    def needs_password(self) -> bool:
        """Whether the flow cannot start without a password."""
        return self not in (AuthFlow.CUSTOM_WITHOUT_SRP, AuthFlow.USER_AUTH, AuthFlow.BROWSER)

    @property
    def is_custom(self) -> bool:
        """Whether the pool's Lambda functions decide the steps."""
        return self in (AuthFlow.CUSTOM_WITH_SRP, AuthFlow.CUSTOM_WITHOUT_SRP)


_LABELS = {
    AuthFlow.USER_SRP_AUTH: "Password, never sent (SRP)",
    AuthFlow.USER_PASSWORD_AUTH: "Password, sent to Cognito",
    AuthFlow.USER_AUTH: "What the pool offers",
    AuthFlow.CUSTOM_WITH_SRP: "Password, then custom challenges",
    AuthFlow.CUSTOM_WITHOUT_SRP: "Custom challenges only",
    AuthFlow.BROWSER: "In a browser",
}


@dataclass(frozen=True)
class AppClient:
    """A user pool ID, an app client ID, the client secret or None, and where requests go if not to AWS's own.

    Raises:
        AuthError: An ID doesn't have the form of one (kind CONFIGURATION).
    """

    user_pool_id: str
    client_id: str
    client_secret: Secret | None = None
    endpoint_url: str | None = None
    requested_region: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(USER_POOL_ID, self.user_pool_id, re.ASCII):
            raise AuthError(
                ErrorKind.CONFIGURATION,
                "This isn't a user pool ID.",
                "It looks like eu-west-1_Ab12Cd34E. Copy it from the pool's page in the Cognito console.",
            )
        if not re.fullmatch(CLIENT_ID, self.client_id, re.ASCII):
            raise AuthError(
                ErrorKind.CONFIGURATION,
                "This isn't an app client ID.",
                "It has only letters and digits. Copy it from App clients in the Cognito console.",
            )

    @property
    def region(self) -> str:
        """The region that requests go to: the pool's, unless another was requested."""
        return self.requested_region or pool_region(self.user_pool_id)

    @property
    def pool_name(self) -> str:
        """The part of the user pool ID after the underscore, which SRP hashes."""
        return self.user_pool_id.partition("_")[2]

    def accepted_issuers(self) -> tuple[str, ...]:
        """Return the issuers that tokens for this client may have."""
        return issuers(self.user_pool_id, self.requested_region, self.endpoint_url)

    def secret_hash(self, username: str) -> Secret | None:
        """Compute SECRET_HASH for the user name sent in the same call.

        Returns:
            Base64 of HMAC-SHA256 over user name and client ID, or None for a client without a secret.

        Raises:
            AuthError: The user name or the secret isn't Unicode text.
        """
        if not is_unicode(username):
            raise AuthError(
                ErrorKind.VALIDATION, "The user name isn't valid Unicode text.", "Enter it again."
            )
        if self.client_secret is None:
            return None
        if not is_unicode(self.client_secret.reveal()):
            raise AuthError(ErrorKind.CONFIGURATION, "The client secret isn't valid Unicode text.")
        # hmac loads OpenSSL, which the first screen doesn't need.
        import hmac

        message = (username + self.client_id).encode()
        digest = hmac.digest(self.client_secret.reveal_bytes(), message, "sha256")
        return Secret(base64.b64encode(digest).decode())


class PoolExistenceCheck:
    """Explains a rejected password if the user pool doesn't exist, which Cognito itself never says.

    Looks once, and only after a rejected SRP proof, whether the pool publishes its signing keys. Looks at
    AWS and at this machine only: another endpoint need not publish keys.

    Args:
        user_pool_id: The pool.
        endpoint_url: The endpoint in place of AWS's own, or None.
    """

    def __init__(self, user_pool_id: str, endpoint_url: str | None) -> None:
        self._user_pool_id = user_pool_id
        self._endpoint_url = endpoint_url
        self._may_be_missing = endpoint_url is None or is_loopback(endpoint_url)

    def explain(self, error: AuthError) -> AuthError:
        """Return the error, or another one if the pool is known not to exist."""
        if error.is_rejected_proof and self._may_be_missing:
            if self._is_missing():
                from tui_auth.auth.error_catalog import no_such_pool

                return no_such_pool()
            self._may_be_missing = False
        return error

    def _is_missing(self) -> bool:
        from tui_auth.auth.tokens import KeysUnreachableError, fetch_keys, keys_url

        try:
            fetch_keys(keys_url(self._user_pool_id, self._endpoint_url))
        except KeysUnreachableError as error:
            return error.is_of_missing_pool(self._endpoint_url)
        return False


# --- Probe -----------------------------------------------------------------------------------------------
# What an app client allows: one InitiateAuth call per flow, for a user name that can't exist. No user's
# attempts are used up, and the answer shows it however the client's PreventUserExistenceErrors is set.

FLOWS = tuple(dict.fromkeys(flow.api_name for flow in AuthFlow if flow is not AuthFlow.BROWSER))
"""The values of InitiateAuth's AuthFlow that start a sign-in, the default first."""

OUR_FLOWS = {"CUSTOM_AUTH": tuple(str(flow) for flow in AuthFlow if flow.is_custom)}
"""The ``--auth-flow`` values for each AuthFlow value that differs from them."""


class Verdict(Enum):
    """What an answer shows about a flow, or about what is checked before the flow."""

    ALLOWED = "allowed"
    NO_TRIGGERS = "allowed, without Lambda triggers"
    NOT_ALLOWED = "not allowed"
    NO_SUCH_CLIENT = "unknown client"
    SECRET_MISSING = "secret missing"  # noqa: S105 - a verdict
    SECRET_WRONG = "secret wrong"  # noqa: S105 - a verdict
    SECRET_NOT_WANTED = "secret not needed"  # noqa: S105 - a verdict
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
    import secrets

    from tui_auth.auth import srp

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
