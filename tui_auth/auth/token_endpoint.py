"""The domain's token endpoint (``POST /oauth2/token``) as a gateway, so that its calls are traced.

Its reply has the form of an ``AuthenticationResult``. HTTPS or loopback, no redirect followed, no retry.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tui_auth.auth.browser_errors import provider_error, redirect_mismatch, token_error
from tui_auth.auth.managed_login import Authorization, ManagedLogin, parse_answer
from tui_auth.errors import NOT_FROM_COGNITO, TRY_AGAIN, AuthError, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.app_client import AppClient
    from tui_auth.auth.trace import TracingGateway
    from tui_auth.secret import Secret

LARGEST_REPLY = 1024 * 1024
"""In bytes, many times what Cognito sends."""

_RESULT_NAMES = {
    "access_token": "AccessToken",
    "id_token": "IdToken",
    "refresh_token": "RefreshToken",
    "expires_in": "ExpiresIn",
    "token_type": "TokenType",
}


class TokenEndpoint:
    """The token endpoint of a domain.

    Args:
        domain: The domain's URL, from the configuration.
        client: The app client, whose secret goes into the Authorization header.
        pool: The gateway to the user pool, which shares its clock.
    """

    def __init__(self, domain: str, client: AppClient, pool: TracingGateway) -> None:
        self._domain = domain
        self._client = client
        self._pool = pool
        self.now = pool.now

    @property
    def clock_offset(self) -> float | None:
        return self._pool.clock_offset

    def connect(self) -> None:
        """Do nothing: there is one request."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send one request to ``/oauth2/<operation>``.

        Raises:
            AuthError: The domain rejected it, or no reply came.
        """
        from tui_auth.auth.gateway import DEADLINE_SECONDS, check_endpoint
        from tui_auth.threads import run_with_timeout

        check_endpoint(self._domain)
        try:
            status, date, content = run_with_timeout(
                DEADLINE_SECONDS, lambda: self._post(operation, parameters)
            )
        except Exception as error:
            failure = transport_error(error)
            if failure is None:
                raise
        else:
            if date is not None:
                self._pool.read_date(*date)
            return _result(status, content)
        raise failure.without_secrets()

    def _post(
        self, operation: str, parameters: Mapping[str, Any]
    ) -> tuple[int, tuple[str, float] | None, bytes]:
        from urllib.error import HTTPError
        from urllib.request import Request

        from tui_auth.auth.gateway import READ_TIMEOUT_SECONDS, reveal
        from tui_auth.auth.tokens import strict_opener

        url = f"{self._domain}/oauth2/{operation}"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if secret := self._client.client_secret:
            headers["Authorization"] = _basic(self._client.client_id, secret)
        body = urlencode(reveal(parameters)).encode()
        started = time.time()
        request = Request(url, body, headers, method="POST")  # noqa: S310 - checked to be safe
        try:
            with strict_opener(url).open(request, timeout=READ_TIMEOUT_SECONDS) as reply:
                content, status, date = reply.read(LARGEST_REPLY + 1), reply.status, reply.headers["Date"]
        except HTTPError as error:
            with error:
                content, status, date = error.read(LARGEST_REPLY + 1), error.code, error.headers["Date"]
        return status, (date, started) if date else None, content


def _basic(client_id: str, secret: Secret) -> str:
    return f"Basic {base64.b64encode(f'{client_id}:{secret.reveal()}'.encode()).decode()}"


def _result(status: int, content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content) if len(content) <= LARGEST_REPLY else None
    except (ValueError, RecursionError):
        body = None
    if status == 429:
        raise AuthError(ErrorKind.THROTTLED, "Too many requests.", "Wait a moment, then start again.")
    if status == 400 and isinstance(body, dict) and isinstance(body.get("error"), str):
        raise token_error(body)
    if status == 401 and isinstance(body, dict):
        raise token_error({"error": "invalid_client"})
    if status != 200 or not isinstance(body, dict):
        raise AuthError(
            ErrorKind.NETWORK,
            NOT_FROM_COGNITO,
            "Check the domain, and whether a proxy or a network's sign-in page is in the way.",
            may_have_arrived=True,
        )
    return {"AuthenticationResult": {ours: body.get(name) for name, ours in _RESULT_NAMES.items()}}


def transport_error(error: Exception) -> AuthError | None:
    """Return the AuthError for what kept a reply of the domain from coming; None for another error."""
    import ssl
    from http.client import HTTPException
    from socket import gaierror
    from urllib.error import URLError

    reason = error.reason if isinstance(error, URLError) else error
    check = "Check the network and the domain, then start again."
    if isinstance(reason, ssl.SSLError):
        unsafe = "The connection to the domain isn't secure: its certificate isn't trusted."
        return AuthError(
            ErrorKind.NETWORK,
            unsafe,
            "If your proxy replaces certificates, set AWS_CA_BUNDLE to its CA file.",
        )
    if isinstance(reason, gaierror):
        return AuthError(ErrorKind.NETWORK, "The domain can't be reached: its name can't be resolved.", check)
    if isinstance(reason, ConnectionRefusedError):
        return AuthError(ErrorKind.NETWORK, "The domain can't be reached: the connection was refused.", check)
    if isinstance(error, OSError | HTTPException | ValueError):
        return AuthError(
            ErrorKind.NETWORK,
            "The domain didn't reply. The code may already be used.",
            TRY_AGAIN,
            may_have_arrived=True,
        )
    return None


# --- Probe -----------------------------------------------------------------------------------------------


def probe_login(login: ManagedLogin, client_id: str) -> AuthError | None:
    """Send one request to ``/oauth2/authorize`` and return what is wrong; None if all is well.

    Follows nothing and signs nobody in. Shows whether the domain answers, and whether the app client is its,
    allows the code grant and the scopes, and has the callback URL.
    """
    from urllib.parse import urljoin

    from tui_auth.auth.gateway import DEADLINE_SECONDS
    from tui_auth.threads import run_with_timeout

    url = Authorization(replace(login, provider="", idp_identifier="", prompt=""), client_id).url
    try:
        status, location = run_with_timeout(DEADLINE_SECONDS, lambda: _status_and_location(url))
    except Exception as error:
        failure = transport_error(error)
        if failure is None:
            raise
        return failure.without_secrets()
    parameters = parse_answer(urljoin(url, location))
    error_code = parameters.get("error", "")
    if error_code == "redirect_mismatch":
        return redirect_mismatch(login.redirect_uri)
    if error_code and urljoin(url, location).startswith(login.redirect_uri):
        return provider_error(error_code, parameters.get("error_description", ""))
    if error_code or status in (400, 401):
        return AuthError(
            ErrorKind.CONFIGURATION,
            "The domain doesn't know this app client.",
            "Check the domain and the app client: both must belong to the same user pool.",
            code=error_code[:40] or None,
        )
    if status // 100 != 3 and status != 200:
        return AuthError(
            ErrorKind.CONFIGURATION,
            f"The server at the domain (HTTP {status}) isn't managed login.",
            "Check the domain on the pool's page in the Cognito console.",
        )
    return None


def _status_and_location(url: str) -> tuple[int, str]:
    from urllib.error import HTTPError

    from tui_auth.auth.gateway import READ_TIMEOUT_SECONDS, check_endpoint
    from tui_auth.auth.tokens import strict_opener

    check_endpoint(url)
    try:
        with strict_opener(url).open(url, timeout=READ_TIMEOUT_SECONDS) as reply:
            return reply.status, ""
    except HTTPError as error:  # a redirect is one, because none is followed
        with error:
            return error.code, error.headers.get("Location") or ""
