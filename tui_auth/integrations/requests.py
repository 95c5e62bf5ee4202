"""A session for requests: ``requests.get(url, auth=BearerAuth(session))``, or ``auth`` of a ``Session``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import requests
from requests.auth import AuthBase

if TYPE_CHECKING:
    from tui_auth.session_api import Session, TokenKind


class BearerAuth(AuthBase):
    """Adds a valid token to each request, and sends a request again once if the server answers 401.

    A request whose body can't be rewound isn't sent again. Errors are those of ``Session.token``.

    Args:
        session: The session.
        kind: "access" or "id".
    """

    def __init__(self, session: Session, kind: TokenKind = "access") -> None:
        self._session = session
        self._kind: TokenKind = kind

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        token = self._session.token(self._kind)
        r.headers["Authorization"] = f"Bearer {token}"
        r.register_hook("response", partial(self._repeat, _position(r.body)))
        return r

    def _repeat(self, position: int | None, response: requests.Response, **options: Any) -> requests.Response:
        """Return the response to the same request with another token, or this one if it wasn't a 401."""
        header: Any = response.request.headers.get("Authorization") or ""
        scheme, _, token = str(header).partition(" ")
        # After a redirect to another host requests has removed the header: that host must not get a token.
        if response.status_code != requests.codes.unauthorized or scheme != "Bearer" or position is None:
            return response
        _ = response.content  # so that the connection can be used again, also if the refresh fails
        response.close()
        new = self._session.token(self._kind, rejected=token)
        request = response.request.copy()
        body: Any = request.body
        if hasattr(body, "seek"):
            body.seek(position)
        request.headers["Authorization"] = f"Bearer {new}"
        repeated: requests.Response = response.connection.send(request, **options)
        repeated.history.append(response)
        repeated.request = request
        return repeated


def _position(body: Any) -> int | None:
    """Return where a body begins, to send it again; None if it can't be."""
    if body is None or isinstance(body, str | bytes):
        return 0
    try:
        return int(body.tell())
    except (AttributeError, OSError):
        return None
