"""Did this pool sign this token? RS256 against the pool's published keys.

Source: "Verifying JSON web tokens" in the Cognito developer guide; RFC 7515, RFC 7517, RFC 8725 §3.1 (the
algorithm is ours to choose, not the token's). The arithmetic is PyJWT's and cryptography's.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, build_opener

from tui_auth.auth.gateway import check_endpoint, trusted_ca_file
from tui_auth.endpoint import is_loopback
from tui_auth.secret import Secret
from tui_auth.threads import run_with_timeout

TIMEOUT_SECONDS = 5
DEADLINE_SECONDS = 8.0
"""For the whole of it: each byte of a slow answer has the timeout to itself."""

LARGEST_KEY_SET = 64 * 1024

KeySet = Mapping[str, Any]
"""A JWK set as its pool publishes it: ``{"keys": [{"kid": …, "kty": "RSA", …}, …]}``."""


class WrongSignature(ValueError):
    """A token that the pool's keys did not sign, or not as Cognito signs."""


class UnknownKey(ValueError):
    """A token that names a key the set does not have."""


_OF_NO_POOL = (400, 404)
"""The HTTP statuses with which Cognito answers for the keys of a pool that does not exist."""


class KeysUnreachable(Exception):
    """The pool's keys could not be fetched, so nothing can be said about a signature.

    ``status`` is the HTTP status where one came, else None.
    """

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status

    def is_of_no_pool(self, endpoint_url: str | None) -> bool:
        """Whether this is how an address answers for a pool that does not exist.

        ``endpoint_url`` is None for AWS's own. Behind another one that is not on this machine the keys need
        not be published, so nothing is said.
        """
        return self.status in _OF_NO_POOL and (endpoint_url is None or is_loopback(endpoint_url))


def keys_url(user_pool_id: str, endpoint_url: str | None = None) -> str:
    """Where a pool publishes its keys; ``endpoint_url`` is None for AWS's own."""
    region = user_pool_id.partition("_")[0]
    base = endpoint_url or f"https://cognito-idp.{region}.amazonaws.com"
    return f"{base.rstrip('/')}/{user_pool_id}/.well-known/jwks.json"


def fetch_keys(url: str) -> KeySet:
    """The key set at a URL. Raises KeysUnreachable where none comes: never a guess, never a redirect.

    Raises AuthError (configuration) for a URL that is neither https nor on this machine.
    """
    check_endpoint(url)
    try:
        content = run_with_timeout(DEADLINE_SECONDS, lambda: _read(url))
        keys = key_set_in(json.loads(content)) if len(content) <= LARGEST_KEY_SET else None
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise KeysUnreachable(type(error).__name__, getattr(error, "code", None)) from None
    if keys is None:
        raise KeysUnreachable("no key set")
    return keys


def _read(url: str) -> bytes:
    with _opener(url).open(url, timeout=TIMEOUT_SECONDS) as reply:
        content: bytes = reply.read(LARGEST_KEY_SET + 1)
    return content


def key_set_in(value: object) -> KeySet | None:
    """This JSON value if it is a JWK set with at least one key."""
    keys = value.get("keys") if isinstance(value, dict) else None
    good = isinstance(keys, list) and keys and all(isinstance(key, dict) for key in keys)
    return value if good and isinstance(value, dict) else None


def check_signature(token: Secret, keys: KeySet) -> None:
    """Return if one of the keys signed the token with RS256.

    Raises UnknownKey if the token names a key that the set does not have, WrongSignature for anything else.
    The claims are not looked at: see ``tui_auth.auth.verify``.
    """
    import jwt

    try:
        key = _key_named(jwt.get_unverified_header(token.reveal()).get("kid"), keys)
        if key is not None:
            options: Any = {"verify_signature": True, **dict.fromkeys(_CLAIM_CHECKS, False)}
            signer = jwt.PyJWK(dict(key), algorithm="RS256")
            jwt.decode(token.reveal(), signer, algorithms=["RS256"], options=options)
            return
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise WrongSignature("signature") from None
    raise UnknownKey("key")


def _key_named(name: object, keys: KeySet) -> Mapping[str, Any] | None:
    for key in keys["keys"]:
        if isinstance(name, str) and key.get("kid") == name and key.get("kty") == "RSA":
            # A published key has no more members; a private one among them would take long to be understood.
            return {member: key[member] for member in ("kty", "kid", "n", "e") if member in key}
    return None


_CLAIM_CHECKS = (
    "verify_exp",
    "verify_nbf",
    "verify_iat",
    "verify_aud",
    "verify_iss",
    "verify_sub",
    "verify_jti",
)


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def _opener(url: str) -> OpenerDirector:
    proxies = ProxyHandler({}) if is_loopback(url) else ProxyHandler()
    tls = [HTTPSHandler(context=_certificates())] if url.startswith("https:") else []
    return build_opener(proxies, *tls, _NoRedirect())


def _certificates() -> ssl.SSLContext:
    """Whom to trust: the file that AWS's settings name for every request, the system, or botocore's."""
    if own := trusted_ca_file():
        return ssl.create_default_context(cafile=own)
    system = ssl.get_default_verify_paths()
    if system.cafile or system.capath:
        return ssl.create_default_context()
    botocore = find_spec("botocore")
    bundle = Path(botocore.origin).with_name("cacert.pem") if botocore and botocore.origin else None
    return ssl.create_default_context(cafile=str(bundle) if bundle and bundle.exists() else None)
