"""The app client to sign in to, the flows it can start with, and whether its user pool exists."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import StrEnum

from tui_auth.endpoint import is_loopback
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

_POOL_ID = re.compile(r"(?P<region>[\w-]+)_(?P<name>[0-9a-zA-Z]+)")
_CLIENT_ID = re.compile(r"[\w+]{1,128}")


class AuthFlow(StrEnum):
    """The flow that a sign-in starts with, by Amplify's names."""

    USER_SRP_AUTH = "USER_SRP_AUTH"
    USER_PASSWORD_AUTH = "USER_PASSWORD_AUTH"  # noqa: S105 - the flow's name
    USER_AUTH = "USER_AUTH"
    CUSTOM_WITH_SRP = "CUSTOM_WITH_SRP"
    CUSTOM_WITHOUT_SRP = "CUSTOM_WITHOUT_SRP"

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
        return self not in (AuthFlow.CUSTOM_WITHOUT_SRP, AuthFlow.USER_AUTH)

    @property
    def is_custom(self) -> bool:
        """Whether the pool's Lambda functions decide the steps."""
        return self in (AuthFlow.CUSTOM_WITH_SRP, AuthFlow.CUSTOM_WITHOUT_SRP)


_LABELS = {
    AuthFlow.USER_SRP_AUTH: "Password, never sent (SRP)",
    AuthFlow.USER_PASSWORD_AUTH: "Password, sent to Cognito",
    AuthFlow.USER_AUTH: "What the pool offers",
    AuthFlow.CUSTOM_WITH_SRP: "Password, then questions",
    AuthFlow.CUSTOM_WITHOUT_SRP: "Questions alone",
}


@dataclass(frozen=True)
class AppClient:
    """A user pool ID, an app client ID, and the client secret or None.

    Raises:
        AuthError: An ID doesn't have the form of one (kind CONFIGURATION).
    """

    user_pool_id: str
    client_id: str
    client_secret: Secret | None = None

    def __post_init__(self) -> None:
        if len(self.user_pool_id) > 55 or not _POOL_ID.fullmatch(self.user_pool_id):
            raise AuthError(
                ErrorKind.CONFIGURATION,
                "That is not a user pool id.",
                "It looks like eu-west-1_Ab12Cd34E and stands at the top of the pool's page in the console.",
            )
        if not _CLIENT_ID.fullmatch(self.client_id):
            raise AuthError(
                ErrorKind.CONFIGURATION,
                "That is not an app client id.",
                "It is a line of letters and digits, under App clients in the Cognito console.",
            )

    @property
    def region(self) -> str:
        """The part of the user pool ID before the underscore."""
        return self.user_pool_id.partition("_")[0]

    @property
    def pool_name(self) -> str:
        """The part of the user pool ID after the underscore, which SRP hashes."""
        return self.user_pool_id.partition("_")[2]

    def secret_hash(self, username: str) -> Secret | None:
        """Compute SECRET_HASH for the user name sent in the same call.

        Returns:
            Base64 of HMAC-SHA256 over user name and client ID, or None for a client without a secret.
        """
        if self.client_secret is None:
            return None
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
