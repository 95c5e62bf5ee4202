"""What a user who is already signed in can do: continue, sign in again, or sign in as another user."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from tui_auth.config.files import SourceKind
from tui_auth.session import NotSignedInError
from tui_auth.storage.files import StorageError
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.session.record import PoolKey, SessionRecord
    from tui_auth.session.sessions import Sessions, StoredSession


class SignedInAction(Enum):
    """What to do about a session that there is already."""

    CONTINUE = "continue"
    SIGN_IN_AGAIN = "sign in again"
    OTHER_USER = "another user"


ACTIONS = tuple(SignedInAction)
"""The actions in the order of both front ends."""


def find_existing_session(choice: ResolvedPool, pool: PoolKey, sessions: Sessions) -> StoredSession | None:
    """Return the session to ask about; None if there is none that can still give a token.

    A user name on the command line asks for a sign-in, so there is nothing to ask then.
    """
    origin = choice.origins.get("username")
    if origin is not None and origin.kind is SourceKind.FLAG:
        return None
    try:
        stored = sessions.find(pool, choice.username or "")
    except (NotSignedInError, StorageError):
        return None
    record = stored.record
    return stored if record.refresh_token is not None or record.seconds_left("access") > 0 else None


def question_about(record: SessionRecord) -> str:
    """Return the sentence above the actions."""
    return f"You are already signed in as {_name(record)}."


def action_labels(record: SessionRecord) -> list[str]:
    """Return what each action of ``ACTIONS`` is called."""
    return [f"Continue as {_name(record)}", "Sign in again", "Sign in as another user"]


def choice_for(action: SignedInAction, choice: ResolvedPool, record: SessionRecord) -> ResolvedPool:
    """Return the pool to sign in to with the user name to fill in: the session's, or none."""
    same = record.origin.signed_in_as or record.username
    return replace(choice, username=same if action is SignedInAction.SIGN_IN_AGAIN else None)


def _name(record: SessionRecord) -> str:
    return safe_line(record.display_name, limit=60)
