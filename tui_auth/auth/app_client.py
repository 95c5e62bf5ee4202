"""The app client that signs in: which user pool, which client, and its secret where it has one."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

_POOL_ID = re.compile(r"(?P<region>[\w-]+)_(?P<name>[0-9a-zA-Z]+)")
_CLIENT_ID = re.compile(r"[\w+]{1,128}")


@dataclass(frozen=True)
class AppClient:
    """A user pool id, an app client id, and the client secret or None.

    Raises AuthError (configuration) where an id cannot be one.
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
        """The part of the user pool id before the underscore."""
        return self.user_pool_id.partition("_")[0]

    @property
    def pool_name(self) -> str:
        """The part of the user pool id after the underscore: the name SRP hashes."""
        return self.user_pool_id.partition("_")[2]

    def secret_hash(self, username: str) -> Secret | None:
        """SECRET_HASH for the name that is sent in the same call; None for a client without a secret."""
        if self.client_secret is None:
            return None
        # Brings OpenSSL with it, which no first screen needs.
        import hmac

        message = (username + self.client_id).encode()
        digest = hmac.digest(self.client_secret.reveal_bytes(), message, "sha256")
        return Secret(base64.b64encode(digest).decode())
