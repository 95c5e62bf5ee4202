"""OAuth 2.0: authorization requests and codes, and the endpoints for tokens, revocation and user information.

The pages that a user sees between the request and the code are in ``managed_login``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui_auth.emulator import tokens
from tui_auth.emulator.errors import CognitoError
from tui_auth.emulator.identity_providers import find_by_identifier
from tui_auth.emulator.model import AuthorizationCode
from tui_auth.emulator.oauth_clients import CLIENT_CREDENTIALS, allows_flow, granted_scopes, providers_of
from tui_auth.emulator.web import OAuthError, WebReply, WebRequest, json_reply, redirect

if TYPE_CHECKING:
    from tui_auth.emulator.model import AppClient, User
    from tui_auth.emulator.state import State

CODE_SECONDS = 300.0
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


class PageError(Exception):
    """An authorization request whose client or redirect URI is wrong, so that a page has to say so.

    Attributes:
        code: The ``error`` of the error page.
        client_id: The ID of the request's app client, or None.
    """

    def __init__(self, code: str, client_id: str | None) -> None:
        super().__init__(code, client_id)
        self.code = code
        self.client_id = client_id


class RedirectError(Exception):
    """An error that the app gets at its redirect URI.

    Attributes:
        reply: The redirect.
    """

    def __init__(self, redirect_uri: str, state: str | None, error: OAuthError) -> None:
        super().__init__(error.code, error.description)
        self.reply = redirect(
            redirect_uri, error=error.code, error_description=error.description or None, state=state
        )


@dataclass(frozen=True)
class AuthorizationRequest:
    """A valid request of /oauth2/authorize, which /login gets too (RFC 6749, 4.1.1; OpenID Connect).

    Attributes:
        provider: The identity provider that the request selects, or None.
        query: The request as it came.
    """

    client: AppClient
    redirect_uri: str
    scopes: list[str]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    provider: str | None
    login_hint: str
    prompts: frozenset[str]
    query: str

    def error(self, code: str, description: str = "") -> WebReply:
        """Return the redirect that reports an error to the app."""
        return RedirectError(self.redirect_uri, self.state, OAuthError(code, description)).reply


def parse_authorization(state: State, request: WebRequest) -> AuthorizationRequest:
    """Check an authorization request.

    Raises:
        PageError: The client or the redirect URI is wrong; only the user can be told.
        RedirectError: Something else is wrong; the app is told.
    """
    try:
        parameters = request.parameters
    except OAuthError as error:
        raise PageError(error.code, None) from None
    client_id, redirect_uri = parameters.get("client_id"), parameters.get("redirect_uri")
    client = state.clients.get(client_id or "")
    if client_id is None or redirect_uri is None:
        raise PageError("invalid_request", client_id)
    if client is None or not client.pool.domains:
        raise PageError("invalid_client", client_id)
    if redirect_uri not in client.settings.get("CallbackURLs", ()):
        raise PageError("redirect_mismatch", client_id)
    try:
        _check_response_type(client, parameters)
        return AuthorizationRequest(
            client=client,
            redirect_uri=redirect_uri,
            scopes=granted_scopes(client, parameters.get("scope", "")),
            state=parameters.get("state"),
            nonce=parameters.get("nonce"),
            code_challenge=_code_challenge(parameters),
            provider=_selected_provider(client, parameters),
            login_hint=parameters.get("login_hint", ""),
            prompts=_prompts(parameters),
            query=request.query,
        )
    except OAuthError as error:
        raise RedirectError(redirect_uri, parameters.get("state"), error) from None


def _check_response_type(client: AppClient, parameters: dict[str, str]) -> None:
    response_type = parameters.get("response_type")
    if not response_type:
        raise OAuthError("invalid_request", "Missing response_type")
    if response_type != "code":
        # The implicit grant exists at AWS, and no new client should use it (RFC 9700, 2.1.2).
        raise OAuthError("unsupported_response_type")
    if not allows_flow(client, "code"):
        raise OAuthError("unauthorized_client")


def _code_challenge(parameters: dict[str, str]) -> str | None:
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    if method != "S256":
        raise OAuthError("invalid_request", "code_challenge_method must be S256")
    if challenge is None or not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "code_challenge is not a SHA-256 digest in base64url")
    return challenge


def _prompts(parameters: dict[str, str]) -> frozenset[str]:
    prompts = frozenset(parameters.get("prompt", "").split())
    if "none" in prompts and len(prompts) > 1:
        raise OAuthError("invalid_request", "prompt=none excludes other values")
    return prompts


def _selected_provider(client: AppClient, parameters: dict[str, str]) -> str | None:
    name = parameters.get("identity_provider")
    identifier = parameters.get("idp_identifier")
    if not name and identifier:
        name = find_by_identifier(client.pool, identifier) or identifier
    if name and name not in providers_of(client):
        raise OAuthError("invalid_request", "Login option is not available")
    return name or None


def issue_code(state: State, request: AuthorizationRequest, user: User, auth_time: float) -> WebReply:
    """Redirect to the app with a new authorization code."""
    now = state.clock.now()
    for code in [code for code, entry in state.authorization_codes.items() if entry.expires_at <= now]:
        del state.authorization_codes[code]
    code = str(uuid.uuid4())
    state.authorization_codes[code] = AuthorizationCode(
        client=request.client,
        user=user,
        redirect_uri=request.redirect_uri,
        scopes=request.scopes,
        code_challenge=request.code_challenge,
        nonce=request.nonce,
        auth_time=auth_time,
        expires_at=now + CODE_SECONDS,
    )
    return redirect(request.redirect_uri, code=code, state=request.state)


def token(state: State, request: WebRequest) -> WebReply:
    """Serve POST /oauth2/token."""
    client = _authenticated_client(state, request)
    grant_type = request.form.get("grant_type")
    if not grant_type:
        raise OAuthError("invalid_request")
    if grant_type == "authorization_code":
        return _exchange_code(state, client, request.form)
    if grant_type == "refresh_token":
        return _refresh(state, client, request.form)
    if grant_type == CLIENT_CREDENTIALS:
        return _client_token(state, client, request.form)
    raise OAuthError("unsupported_grant_type")


def _authenticated_client(state: State, request: WebRequest) -> AppClient:
    client_id, secret = request.client_credentials()
    client = state.clients.get(client_id)
    if client is None or not client.pool.domains or not client.has_secret(secret):
        raise OAuthError("invalid_client")
    return client


def _exchange_code(state: State, client: AppClient, form: dict[str, str]) -> WebReply:
    """Exchange an authorization code for tokens. An attempt by its own client uses it up."""
    if not form.get("code") or not form.get("redirect_uri"):
        raise OAuthError("invalid_request")
    if not allows_flow(client, "code") or form["redirect_uri"] not in client.settings.get("CallbackURLs", ()):
        raise OAuthError("unauthorized_client")
    code = state.authorization_codes.get(form["code"])
    if code is None or code.client is not client:
        raise OAuthError("invalid_grant")
    del state.authorization_codes[form["code"]]
    is_valid = (
        state.clock.now() < code.expires_at
        and hmac.compare_digest(code.redirect_uri.encode(), form["redirect_uri"].encode())
        and _proves(code.code_challenge, form.get("code_verifier"))
        and client.pool.contains(code.user)
        and code.user.enabled
    )
    if not is_valid:
        raise OAuthError("invalid_grant")
    grant = tokens.new_grant(state, client, code.user, code.auth_time, scopes=code.scopes)
    result = _signed(state, grant, "HostedAuth", code.nonce)
    return json_reply({**result, "refresh_token": grant.token})


def _proves(challenge: str | None, verifier: str | None) -> bool:
    """Return whether a PKCE verifier fits its challenge (RFC 7636, 4.6). Each needs the other."""
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())


def _signed(state: State, grant: Any, source: str, nonce: str | None = None) -> dict[str, Any]:
    try:
        result = tokens.signed_tokens(state, grant, source, nonce=nonce)
    except CognitoError as error:  # The trigger failed.
        raise OAuthError("invalid_grant", error.message) from None
    identity = {"id_token": result["IdToken"]} if "IdToken" in result else {}
    return {
        **identity,
        "access_token": result["AccessToken"],
        "expires_in": result["ExpiresIn"],
        "token_type": result["TokenType"],
    }


def _refresh(state: State, client: AppClient, form: dict[str, str]) -> WebReply:
    """Refresh tokens. Only with rotation the reply has a new refresh token."""
    if not form.get("refresh_token"):
        raise OAuthError("invalid_request")
    try:
        grant = tokens.redeem_refresh_token(state, client, form["refresh_token"], None)
    except CognitoError:
        raise OAuthError("invalid_grant") from None
    rotated = {"refresh_token": grant.token} if client.rotates_refresh_tokens else {}
    return json_reply({**_signed(state, grant, "RefreshTokens"), **rotated})


def _client_token(state: State, client: AppClient, form: dict[str, str]) -> WebReply:
    """Return an access token of the client itself, without a user (RFC 6749, 4.4)."""
    if client.secret is None or not allows_flow(client, CLIENT_CREDENTIALS):
        raise OAuthError("unauthorized_client")
    scopes = granted_scopes(client, form.get("scope", ""))
    seconds = tokens.token_seconds(client, "AccessToken")
    now = int(state.clock.now())
    claims = {
        "sub": client.id,
        "token_use": "access",
        "scope": " ".join(scopes),
        "auth_time": now,
        "iss": client.pool.issuer,
        "exp": now + seconds,
        "iat": now,
        "version": 2,
        "jti": str(uuid.uuid4()),
        "client_id": client.id,
    }
    access = state.keys.sign("access", claims)
    return json_reply({"access_token": access, "expires_in": seconds, "token_type": "Bearer"})


_REVOCATION_ERRORS = {
    "UnauthorizedException": "invalid_client",
    "UnsupportedTokenTypeException": "unsupported_token_type",
    "UnsupportedOperationException": "invalid_request",
}


def revoke(state: State, request: WebRequest) -> WebReply:
    """Serve POST /oauth2/revoke (RFC 7009)."""
    client = _authenticated_client(state, request)
    if not request.form.get("token"):
        raise OAuthError("invalid_request")
    call = {"ClientId": client.id, "ClientSecret": client.secret, "Token": request.form["token"]}
    try:
        tokens.revoke_token(state, call)
    except CognitoError as error:
        raise OAuthError(_REVOCATION_ERRORS[error.code]) from None
    return WebReply(200, headers={"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"})


_INVALID_TOKEN = "Access token is expired, disabled, or deleted, or the user has globally signed out."  # noqa: S105


def user_info(state: State, request: WebRequest) -> WebReply:
    """Serve GET and POST /oauth2/userInfo (OpenID Connect, 5.3)."""
    scheme, _, access_token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return _bearer_error("invalid_request", "The access token is missing", 400)
    try:
        caller = tokens.token_owner(state, access_token.strip())
    except CognitoError:
        return _bearer_error("invalid_token", _INVALID_TOKEN, 401)
    scopes = caller.claims["scope"].split()
    if "openid" not in scopes:
        return _bearer_error("invalid_token", "Access token does not contain openid scope", 401)
    claims = tokens.attribute_claims(caller.client, caller.user, scopes)
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in claims.items()}
    return json_reply({**texts, "username": caller.user.username})


def _bearer_error(code: str, description: str, status: int) -> WebReply:
    challenge = f'Bearer error="{code}", error_description="{description}"'
    document = {"error": code, "error_description": description}
    return json_reply(document, status, WWW_Authenticate=challenge)


def error_reply(request: WebRequest, error: OAuthError) -> WebReply:
    """Return an error of an endpoint as JSON (RFC 6749, 5.2)."""
    description = {"error_description": error.description} if error.description else {}
    is_unauthorized = error.code == "invalid_client" and request.path == "/oauth2/revoke"
    return json_reply({"error": error.code, **description}, 401 if is_unauthorized else 400)


def discovery(base_url: str) -> dict[str, Any]:
    """Return the members of openid-configuration for a pool that has a domain."""
    return {
        "authorization_endpoint": f"{base_url}/oauth2/authorize",
        "end_session_endpoint": f"{base_url}/logout",
        "revocation_endpoint": f"{base_url}/oauth2/revoke",
        "token_endpoint": f"{base_url}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{base_url}/oauth2/userInfo",
    }
