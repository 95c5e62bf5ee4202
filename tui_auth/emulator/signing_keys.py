"""The two RSA keys in Cognito's JWKS: one signs ID tokens, the other access tokens."""

from __future__ import annotations

import base64
import secrets
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

USES = ("id", "access")


class SigningKeys:
    """Two keys, made in the background. Only the first token has to wait for them."""

    def __init__(self) -> None:
        self._ids = {use: base64.b64encode(secrets.token_bytes(32)).decode() for use in USES}
        self._keys: dict[str, RSAPrivateKey] = {}
        self._thread: threading.Thread | None = None

    def prepare(self) -> None:
        """Start making the keys, unless that has started."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._make, name="emulator-signing-keys", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Wait until the keys are made, if that has started.

        Python aborts (SIGABRT) if it exits while another thread is making a key.
        """
        if self._thread is not None:
            self._thread.join()

    def _make(self) -> None:
        for use in USES:
            self._keys[use] = new_key()

    @cached_property
    def _private(self) -> dict[str, RSAPrivateKey]:
        self.prepare()
        self.finish()
        return self._keys

    def sign(self, use: str, claims: dict[str, Any]) -> str:
        """Return an RS256 JWT, signed with the key for ``use`` (``id`` or ``access``)."""
        import jwt

        return jwt.encode(claims, self._private[use], algorithm="RS256", headers={"kid": self._ids[use]})

    def read(self, token: str, use: str) -> dict[str, Any] | None:
        """Return the claims of a token that this use's key signed, or None. Times aren't checked."""
        import jwt

        try:
            if jwt.get_unverified_header(token).get("kid") != self._ids[use]:
                return None
            return jwt.decode(
                token,
                self._private[use].public_key(),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False},
            )
        except (jwt.PyJWTError, ValueError):
            return None

    def jwks(self) -> dict[str, Any]:
        """Return the public keys as ``/.well-known/jwks.json`` lists them."""
        from jwt.algorithms import RSAAlgorithm

        keys = []
        for use in USES:
            jwk = RSAAlgorithm.to_jwk(self._private[use].public_key(), as_dict=True)
            public = {member: jwk[member] for member in ("kty", "n", "e")}
            keys.append({**public, "alg": "RS256", "kid": self._ids[use], "use": "sig"})
        return {"keys": keys}


def new_key() -> RSAPrivateKey:
    """Make a key of 2048 bits, as Cognito's are."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
