"""A session for httpx: ``httpx.Client(auth=BearerAuth(session))``, and the same for ``httpx.AsyncClient``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from tui_auth.session_api import Session, TokenKind

UNAUTHORIZED = 401


class BearerAuth(httpx.Auth):
    """Adds a valid token to each request, and sends a request again once if the server answers 401.

    A request whose body is a stream isn't sent again. With an AsyncClient a refresh runs on a thread. Errors
    are those of ``Session.token``.

    Args:
        session: The session.
        kind: "access" or "id".
    """

    def __init__(self, session: Session, kind: TokenKind = "access") -> None:
        self._session = session
        self._kind: TokenKind = kind

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._session.token(self._kind)
        response = yield _authorized(request, token)
        if _is_rejected(response, token) and _can_be_repeated(request):
            yield _authorized(request, self._session.token(self._kind, rejected=token))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._session.token_async(self._kind)
        response = yield _authorized(request, token)
        if _is_rejected(response, token) and _can_be_repeated(request):
            yield _authorized(request, await self._session.token_async(self._kind, rejected=token))


def _authorized(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _is_rejected(response: httpx.Response, token: str) -> bool:
    """Return whether a server rejected the token; another host, after a redirect, never got it."""
    sent = response.request.headers.get("Authorization")
    return response.status_code == UNAUTHORIZED and sent == f"Bearer {token}"


def _can_be_repeated(request: httpx.Request) -> bool:
    try:
        return request.content is not None
    except httpx.RequestNotRead:
        return False
