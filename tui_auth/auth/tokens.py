"""Tokens of a sign-in: take them from a reply, check their claims, check their signature.

Source: "Verifying JSON web tokens" in the Cognito developer guide; RFC 7515, RFC 7517, RFC 7519, and RFC 8725
§3.1 (the algorithm is ours to choose, not the token's). PyJWT and cryptography do the arithmetic.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tui_auth.endpoint import cognito_url, is_cognito_host, is_loopback, issuers, pool_region
from tui_auth.errors import AuthError, ErrorKind, TokenVerificationError
from tui_auth.secret import Secret

if TYPE_CHECKING:
    import ssl
    from urllib.request import OpenerDirector

LEEWAY_SECONDS = 60
"""How long a token counts as valid after its expiry."""

LATEST_EXPIRY = 100_000_000_000
"""Seconds since the epoch, in the year 5138. Rejects a later expiry, and NaN."""

TIMEOUT_SECONDS = 5
"""For connecting to the pool's keys, and for each read."""

DEADLINE_SECONDS = 8.0
"""For fetching the keys as a whole: a server that trickles bytes never reaches the timeout."""

LARGEST_KEY_SET = 64 * 1024
"""In bytes."""

_COMPACT_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""A signed token (RFC 7515, compact). Anything else in it would be printed with the token."""

_MISSING_POOL_STATUSES = (400, 404)
"""The HTTP statuses with which Cognito answers for the keys of a pool that doesn't exist."""

_ISSUER = re.compile(r"https?://[A-Za-z0-9:/._-]{1,200}")
"""An issuer that can be shown as it is."""

_CLAIM_CHECKS = (
    "verify_exp",
    "verify_nbf",
    "verify_iat",
    "verify_aud",
    "verify_iss",
    "verify_sub",
    "verify_jti",
)

KeySet = Mapping[str, Any]
"""A JWK set (RFC 7517) as a pool publishes it: ``{"keys": [{"kid": …, "kty": "RSA", …}, …]}``."""


class ClaimsError(ValueError):
    """A token doesn't say what a token of this sign-in must say. The text names the claim only."""


class WrongSignatureError(ValueError):
    """The pool's keys did not sign the token, or not the way Cognito does."""


class UnknownKeyError(ValueError):
    """The token names a key that the set doesn't have."""


class KeysUnreachableError(Exception):
    """The pool's keys can't be fetched, so a signature can't be checked.

    Attributes:
        status: The HTTP status, or None if no reply came.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status

    def is_of_missing_pool(self, endpoint_url: str | None) -> bool:
        """Return True if this is how an endpoint answers for a pool that doesn't exist.

        Args:
            endpoint_url: The endpoint in place of AWS's own, or None. One that is neither AWS's nor on this
                machine need not publish keys, so the answer is False.
        """
        is_known = endpoint_url is None or is_loopback(endpoint_url)
        return is_known and self.status in _MISSING_POOL_STATUSES


@dataclass(frozen=True)
class Tokens:
    """The tokens of an ``AuthenticationResult``. ``reveal()`` returns the text of each.

    Attributes:
        access_token: The access token.
        id_token: The ID token.
        refresh_token: The refresh token, or None.
        expires_in: How long access and ID token are valid, in seconds.
        token_type: "Bearer", as Cognito sent it.
    """

    access_token: Secret
    id_token: Secret
    refresh_token: Secret | None
    expires_in: int
    token_type: str


@dataclass(frozen=True)
class Claims:
    """Who is signed in, from checked claims.

    Attributes:
        username: Cognito's user name.
        sub: The user's ID.
        issuer: The ``iss`` claim.
        expires_at: When the first of the tokens expires, in seconds since the epoch.
        groups: The user's groups.
        email: The email address, or None.
    """

    username: str
    sub: str
    issuer: str
    expires_at: float
    groups: tuple[str, ...] = ()
    email: str | None = None

    def name_for(self, typed: str) -> str:
        """Return the name that the user knows; not safe to print as it is.

        Args:
            typed: The name the user signed in with. If users sign in with an email address or a phone number,
                Cognito's own name is the ``sub``, a UUID that nobody has seen.
        """
        return self.username if self.username != self.sub else typed or self.email or self.username


def parse_authentication_result(
    result: Mapping[str, Any],
    *,
    user_pool_id: str,
    client_id: str,
    now: float,
    endpoint_url: str | None = None,
    accepted_issuers: tuple[str, ...] = (),
) -> tuple[Tokens, Claims]:
    """Take the tokens from an ``AuthenticationResult`` and check their claims.

    Args:
        result: ``AuthenticationResult`` of a reply.
        user_pool_id: The pool that must have issued the tokens.
        client_id: The app client they must be for.
        now: The server's time in seconds since the epoch.
        endpoint_url: The endpoint in place of AWS's own, or None.
        accepted_issuers: The result of ``endpoint.issuers``; by default for the pool's own region.

    Raises:
        TokenVerificationError: The tokens belong to another sign-in.
        AuthError: Tokens are missing (kind SERVICE).
    """
    access_text, identity_text = _text(result.get("AccessToken")), _text(result.get("IdToken"))
    if access_text is None or identity_text is None:
        raise AuthError(ErrorKind.SERVICE, "Cognito completed the sign-in but sent no tokens.")
    access, identity = Secret(access_text), Secret(identity_text)
    try:
        claims = check_claims(
            identity,
            access,
            user_pool_id=user_pool_id,
            client_id=client_id,
            now=now,
            endpoint_url=endpoint_url,
            accepted_issuers=accepted_issuers,
        )
    except ClaimsError as error:
        raise TokenVerificationError(
            ErrorKind.SERVICE,
            f"The tokens aren't for this sign-in ({error}), so they were discarded.",
            "Check the pool ID, the client ID and the endpoint.",
        ) from None
    refresh, expires_in = _text(result.get("RefreshToken")), result.get("ExpiresIn")
    tokens = Tokens(
        access,
        identity,
        Secret(refresh) if refresh else None,
        expires_in if isinstance(expires_in, int) else 0,
        _text(result.get("TokenType")) or "Bearer",
    )
    return tokens, claims


def check_claims(
    id_token: Secret,
    access_token: Secret,
    *,
    user_pool_id: str,
    client_id: str,
    now: float,
    endpoint_url: str | None = None,
    accepted_issuers: tuple[str, ...] = (),
) -> Claims:
    """Check the claims of both tokens: ``iss``, ``aud``/``client_id``, ``token_use``, ``exp``, one ``sub``.

    Does not check the signature; see ``check_signature``.

    Args:
        id_token: The ID token.
        access_token: The access token.
        user_pool_id: The pool that must have issued them.
        client_id: The app client they must be for.
        now: The server's time in seconds since the epoch.
        endpoint_url: The endpoint in place of AWS's own, or None. One on this machine may issue tokens as the
            ``issuer`` of its openid-configuration.
        accepted_issuers: The result of ``endpoint.issuers``; by default for the pool's own region.

    Raises:
        ClaimsError: Names the first claim that is wrong.
    """
    payloads = []
    for token, use in ((access_token, "access"), (id_token, "id")):
        if not _COMPACT_JWS.fullmatch(token.reveal()):
            raise ClaimsError(f"form of the {use} token")
    for token, use in ((access_token, "access"), (id_token, "id")):
        payload = unverified_claims(token)
        if payload is None:
            raise ClaimsError(f"form of the {use} token")
        payloads.append(payload)
    access, identity = payloads
    accepted_issuers = accepted_issuers or issuers(user_pool_id, endpoint_url=endpoint_url)
    for payload, use in ((access, "access"), (identity, "id")):
        if payload.get("token_use") != use:
            raise ClaimsError(f"token_use of the {use} token")
        if payload.get("iss") not in accepted_issuers:
            _check_declared_issuer(payload.get("iss"), use, user_pool_id, endpoint_url, accepted_issuers[0])
        expiry = payload.get("exp")
        if isinstance(expiry, bool) or not isinstance(expiry, int | float):
            raise ClaimsError(f"exp of the {use} token")
        if not now - LEEWAY_SECONDS < expiry < LATEST_EXPIRY:
            raise ClaimsError(f"exp of the {use} token")
    if access.get("client_id") != client_id:
        raise ClaimsError("client_id of the access token")
    if identity.get("aud") != client_id:
        raise ClaimsError("aud of the ID token")
    sub = access.get("sub")
    if not isinstance(sub, str) or not sub or identity.get("sub") != sub:
        raise ClaimsError("sub of the two tokens")
    groups = access.get("cognito:groups")
    return Claims(
        username=_text(access.get("username")) or _text(identity.get("cognito:username")) or sub,
        sub=sub,
        issuer=str(access["iss"]),
        expires_at=float(min(access["exp"], identity["exp"])),
        groups=tuple(group for group in groups if isinstance(group, str)) if isinstance(groups, list) else (),
        email=_text(identity.get("email")),
    )


def provider_of(id_token: Secret) -> str | None:
    """Return the identity provider of a federated user (``identities`` of a checked ID token), or None."""
    identities = (unverified_claims(id_token) or {}).get("identities")
    first = identities[0] if isinstance(identities, list) and identities else None
    return _text(first.get("providerName")) if isinstance(first, dict) else None


def scopes_of(access_token: Secret) -> tuple[str, ...]:
    """Return the scopes of a checked access token."""
    return tuple((_text((unverified_claims(access_token) or {}).get("scope")) or "").split())


def unverified_claims(token: Secret) -> Mapping[str, Any] | None:
    """Return the payload of a JWT (RFC 7519) without checking anything, or None if it has none."""
    parts = token.reveal().split(".")
    if len(parts) != 3:
        return None
    body = parts[1]
    try:
        payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _check_declared_issuer(
    issuer: object, use: str, user_pool_id: str, endpoint_url: str | None, expected: str
) -> None:
    """Return if an endpoint on this machine declares that it issues the pool's tokens under this name.

    Only for its own pool, and never in AWS's name: tokens of another issuer must not pass through it.
    """
    text = issuer if isinstance(issuer, str) and _ISSUER.fullmatch(issuer) else ""
    is_own = text.endswith(f"/{user_pool_id}") and not is_cognito_host(urlsplit(text).hostname or "")
    if is_own and endpoint_url and is_loopback(endpoint_url):
        try:
            url = f"{endpoint_url.rstrip('/')}/{user_pool_id}/.well-known/openid-configuration"
            if _fetch_json(url).get("issuer") == issuer:
                return
        except KeysUnreachableError:
            pass  # it declares nothing
    raise ClaimsError(f"iss of the {use} token: {text or 'no URL'} instead of {expected}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def keys_url(user_pool_id: str, endpoint_url: str | None = None) -> str:
    """Return the URL at which a pool publishes its keys; without an endpoint, at AWS."""
    base = endpoint_url or cognito_url(pool_region(user_pool_id))
    return f"{base.rstrip('/')}/{user_pool_id}/.well-known/jwks.json"


def fetch_keys(url: str) -> KeySet:
    """Fetch a pool's key set. Follows no redirect.

    Raises:
        KeysUnreachableError: No key set came.
        AuthError: The URL is neither https nor on this machine (kind CONFIGURATION).
    """
    keys = parse_key_set(_fetch_json(url))
    if keys is None:
        raise KeysUnreachableError("no key set")
    return keys


def _fetch_json(url: str) -> Mapping[str, Any]:
    """Fetch a JSON object. Raises KeysUnreachableError, or AuthError for an unsafe URL."""
    # Loaded here: code that stores tokens needs none of it.
    from http.client import HTTPException

    from tui_auth.auth.gateway import check_endpoint
    from tui_auth.threads import run_with_timeout

    check_endpoint(url)
    try:
        content = run_with_timeout(DEADLINE_SECONDS, lambda: _read(url))
        value = json.loads(content) if len(content) <= LARGEST_KEY_SET else None
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise KeysUnreachableError(type(error).__name__, getattr(error, "code", None)) from None
    if not isinstance(value, dict):
        raise KeysUnreachableError("not a JSON object")
    return value


def parse_key_set(value: object) -> KeySet | None:
    """Return a JSON value that is a JWK set with at least one key, else None."""
    keys = value.get("keys") if isinstance(value, dict) else None
    is_valid = isinstance(keys, list) and keys and all(isinstance(key, dict) for key in keys)
    return value if is_valid and isinstance(value, dict) else None


def check_signature(token: Secret, keys: KeySet) -> None:
    """Return if one of the keys signed the token with RS256.

    Does not check the claims; see ``check_claims``.

    Raises:
        UnknownKeyError: The token names a key that the set doesn't have.
        WrongSignatureError: Anything else is wrong.
    """
    import jwt

    try:
        key = _find_key(jwt.get_unverified_header(token.reveal()).get("kid"), keys)
        if key is not None:
            options: Any = {"verify_signature": True, **dict.fromkeys(_CLAIM_CHECKS, False)}
            signer = jwt.PyJWK(dict(key), algorithm="RS256")
            jwt.decode(token.reveal(), signer, algorithms=["RS256"], options=options)
            return
    except (
        jwt.PyJWTError,
        ValueError,
        TypeError,
        KeyError,
        RecursionError,
    ):  # PyJWT 2.9 lets the last through
        raise WrongSignatureError("signature") from None
    raise UnknownKeyError("key")


def not_signed_error() -> TokenVerificationError:
    """Return the error for tokens that the pool didn't sign."""
    return TokenVerificationError(
        ErrorKind.SERVICE,
        "This user pool didn't sign the tokens, so they were discarded.",
        "Check the pool ID, the endpoint and the proxy.",
    )


def _find_key(name: object, keys: KeySet) -> Mapping[str, Any] | None:
    for key in keys["keys"]:
        if isinstance(name, str) and key.get("kid") == name and key.get("kty") == "RSA":
            # A published key has no other members, and a private one among them would take long to parse.
            return {member: key[member] for member in ("kty", "kid", "n", "e") if member in key}
    return None


def _read(url: str) -> bytes:
    with strict_opener(url).open(url, timeout=TIMEOUT_SECONDS) as reply:
        content: bytes = reply.read(LARGEST_KEY_SET + 1)
    return content


def strict_opener(url: str) -> OpenerDirector:
    """Return what opens a URL: no redirect is followed, the CA file is AWS's, loopback has no proxy."""
    from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, build_opener

    class NoRedirect(HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> None:
            return None

    proxies = ProxyHandler({}) if is_loopback(url) else ProxyHandler()
    tls = [HTTPSHandler(context=_trusted_certificates())] if url.startswith("https:") else []
    return build_opener(proxies, *tls, NoRedirect())


def _trusted_certificates() -> ssl.SSLContext:
    """Trust the CA file that AWS's settings specify, else the system's, else botocore's."""
    import ssl
    from importlib.util import find_spec
    from pathlib import Path

    from tui_auth.auth.gateway import trusted_ca_file

    if ca_file := trusted_ca_file():
        return ssl.create_default_context(cafile=ca_file)
    system = ssl.get_default_verify_paths()
    if system.cafile or system.capath:
        return ssl.create_default_context()
    botocore = find_spec("botocore")
    bundle = Path(botocore.origin).with_name("cacert.pem") if botocore and botocore.origin else None
    return ssl.create_default_context(cafile=str(bundle) if bundle and bundle.exists() else None)
