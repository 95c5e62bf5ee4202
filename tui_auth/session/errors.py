"""What can stand in the way of a session that is kept, in words for a person."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui_auth.session.record import SessionRecord


class NotSignedInError(Exception):
    """No session stands that could give a token; the text says why.

    ``ended`` is the session that was there until now, for whoever signs in to the same pool again.
    """

    def __init__(self, message: str, ended: SessionRecord | None = None) -> None:
        super().__init__(message)
        self.ended = ended
