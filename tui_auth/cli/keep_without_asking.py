"""SessionPersistence a fresh session where nobody is asked, and what is said of one that is not kept."""

from __future__ import annotations

from tui_auth.auth.next_step import Done
from tui_auth.cli.output import say
from tui_auth.session.persistence import SIGNATURES_UNCHECKED, SessionPersistence
from tui_auth.session.sessions import SaveResult
from tui_auth.storage.stores import StorageKind


def keep_without_asking(
    keeping: SessionPersistence, done: Done, signed_in_as: str, *, checked: bool | None = None
) -> SaveResult:
    """Keep a session, and say on stderr what is not as it should be; what became of it.

    ``checked`` is whether the signatures were, None where nobody has tried. Raises AuthError where the pool
    did not sign the tokens.
    """
    if checked is None:
        checked = keeping.check_signatures(done)
    if not checked:
        say(SIGNATURES_UNCHECKED)
    decided = keeping.storage
    kept = keeping.save(done, signed_in_as, decided or StorageKind.FILE, signature_checked=checked)
    if kept.problem:
        say_not_kept(kept.problem)
    elif decided is None:
        keeping.remember_storage(StorageKind.FILE)
        say("The session is kept in a file of yours; --storage chooses another place.")
    if kept.warning:
        say(kept.warning)
    return kept


def say_not_kept(why: str) -> None:
    """Say on stderr that a session is lost with the end of the program, and why."""
    say(f"This session is not kept. {why}")
