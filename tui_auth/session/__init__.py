"""Stored sessions: saving, finding, refreshing and ending them, and what comes of them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class NotSignedInError(Exception):
    """There is no session that could give a token; the text says why.

    ``sign_in_settings`` are the pool and user of the session that has just ended, by the names that settings
    have in ``tui_auth.config``, for signing in to the same pool again; None if there was no session.
    """

    def __init__(self, message: str, sign_in_settings: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.sign_in_settings = sign_in_settings
