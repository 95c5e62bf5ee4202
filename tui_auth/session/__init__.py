"""Stored sessions: saving, finding, refreshing and ending them, and what comes of them."""

from __future__ import annotations

from tui_auth import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class NotSignedInError(errors.NotSignedInError):
    """There is no session that could give a token; the text says why.

    ``sign_in_settings`` are the pool and user of the session that has just ended, by the names that settings
    have in ``tui_auth.config``, for signing in to the same pool again; None if there was no session.
    """

    def __init__(self, message: str, sign_in_settings: Mapping[str, str] | None = None) -> None:
        settings = sign_in_settings or {}
        super().__init__(
            message, username=settings.get("username"), user_pool_id=settings.get("user_pool_id")
        )
        self.sign_in_settings = sign_in_settings
