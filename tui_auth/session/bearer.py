"""A token in the shapes that other libraries take. A valid token imports this, so it imports nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeVar

    class HasHeaders(Protocol):
        """A request of requests, httpx, or another HTTP client."""

        headers: Any

    R = TypeVar("R", bound=HasHeaders)


class Bearer:
    """Adds ``Authorization: Bearer`` with a valid token to a request; called by the HTTP client."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def __call__(self, request: R) -> R:
        request.headers["Authorization"] = f"Bearer {self._token()}"
        return request


class AccessToken:
    """A token with its expiry, in the shape of azure.core's AccessToken.

    Attributes:
        token: The token.
        expires_on: When it expires, in whole seconds since the epoch by this machine's clock.
    """

    __slots__ = ("expires_on", "token")

    def __init__(self, token: str, expires_on: int) -> None:
        self.token = token
        self.expires_on = expires_on

    def __repr__(self) -> str:
        return f"AccessToken(expires_on={self.expires_on})"
