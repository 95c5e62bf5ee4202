"""Requests and replies of the managed login pages and the OAuth endpoints.

Every parameter and every reply passes here, so this module has the rules that hold for all of them: a
parameter occurs once, a page can't be framed, and nothing is cached.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message

FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100
_SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


class OAuthError(Exception):
    """An error of the OAuth endpoints.

    Attributes:
        code: The ``error`` of RFC 6749, such as ``invalid_grant``.
        description: A text for the developer, or "" if Cognito sends none.
    """

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description


@dataclass(frozen=True)
class WebRequest:
    """A GET or POST of a browser or an OAuth client; ``headers`` ignore case."""

    method: str
    path: str
    query: str
    headers: Message[str, str]
    body: bytes = b""

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query. A parameter that occurs twice raises OAuthError (RFC 6749, 3.1)."""
        return _parse_form(self.query)

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of the body, which must be a form."""
        content_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if content_type != FORM:
            raise OAuthError("invalid_request", f"Content-Type must be {FORM}")
        return _parse_form(self.body.decode(errors="replace"))

    def cookie(self, name: str) -> str:
        """Return a cookie's value, or "" if there is none."""
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(name)
        except CookieError:
            return ""
        return cookie.value if cookie else ""

    @property
    def port(self) -> str:
        """The port of the Host header, or ""."""
        port = self.headers.get("Host", "").rpartition(":")[2]
        return port if port.isascii() and port.isdecimal() else ""

    def client_credentials(self) -> tuple[str, str | None]:
        """Return the client ID and secret, from HTTP Basic authentication or the form (RFC 6749, 2.3.1)."""
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return self.form.get("client_id", ""), self.form.get("client_secret")
        try:
            text = base64.b64decode(credentials.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise OAuthError("invalid_client") from None
        client_id, _, secret = text.partition(":")
        client_id = unquote_plus(client_id)
        if self.form.get("client_id", client_id) != client_id:
            raise OAuthError("invalid_client")
        return client_id, unquote_plus(secret)


@dataclass(frozen=True)
class WebReply:
    """A page, a redirect or a JSON document."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    def with_headers(self, **headers: str) -> WebReply:
        """Return a copy with more headers; ``Set_Cookie`` stands for ``Set-Cookie``."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return WebReply(self.status, self.body, self.content_type, {**self.headers, **added})


def _parse_form(text: str) -> dict[str, str]:
    try:
        fields = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise OAuthError("invalid_request", "Too many parameters") from None
    values = dict(fields)
    if len(values) < len(fields):
        raise OAuthError("invalid_request", "A parameter occurs more than once")
    return values


def redirect(address: str, **parameters: str | None) -> WebReply:
    """Redirect to an address with more query parameters; those that are None are left out."""
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    separator = "" if not query else "&" if urlsplit(address).query else "?"
    return WebReply(302, headers={**_SECURITY_HEADERS, "Location": f"{address}{separator}{query}"})


def json_reply(document: Any, status: int = 200, **headers: str) -> WebReply:
    """Return a JSON document that a page of any origin may read, as Cognito lets single-page apps."""
    allowed = {"Cache-Control": "no-store", "Pragma": "no-cache", "Access-Control-Allow-Origin": "*"}
    reply = WebReply(status, json.dumps(document).encode(), "application/json", allowed)
    return reply.with_headers(**headers)


def preflight(methods: Iterable[str]) -> WebReply:
    """Reply to the question of a browser whether a page of another origin may call an endpoint."""
    allowed = {"Origin": "*", "Methods": ", ".join(methods), "Headers": "Authorization, Content-Type"}
    headers = {f"Access-Control-Allow-{name}": value for name, value in allowed.items()}
    return WebReply(204, headers=headers)


def method_not_allowed(methods: Iterable[str]) -> WebReply:
    return WebReply(405, headers={"Allow": ", ".join(methods)})


def html_reply(page: str, policy: str, status: int = 200) -> WebReply:
    """Return a page with a Content-Security-Policy."""
    headers = {**_SECURITY_HEADERS, "Content-Security-Policy": policy}
    return WebReply(status, page.encode(), headers=headers)
