"""One sign-in per session key at a time: who comes second is told so, and waits for the first.

Nobody is locked out by that. The kernel ends the turn of a process that ends, however that comes about; at a
terminal Enter goes on at once, whatever the other one does; and elsewhere waiting has an end.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tui_auth.cli.exit_status import CommandFailedError
from tui_auth.cli.output import say
from tui_auth.config.environment import effective_endpoint
from tui_auth.exit_codes import ExitCode
from tui_auth.session import NotSignedInError
from tui_auth.session.record import PoolKey, SessionRecord
from tui_auth.storage import paths
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.lock import BusyError, HeldLock, locked
from tui_auth.terminal.environment import TerminalKind, find_terminal
from tui_auth.terminal.safe_text import safe_line
from tui_auth.terminal.tty_prompt import disable_echo

if TYPE_CHECKING:
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.session.sessions import Sessions

PATIENCE_WITH_A_PERSON = 900.0
"""How long a sign-in at a terminal waits in seconds: whoever is at the other one may look for a phone."""

PATIENCE_WITHOUT = 60.0
"""The same for one that takes its password from a pipe: longer than another one of its kind can take."""

_LOOK_AGAIN_SECONDS = 0.1
Waiting = Callable[[], bool]


class Turn:
    """A sign-in's turn. ``begun_by_another`` is the session that the one waited for has begun, if it has."""

    def __init__(self, held: ExitStack | None = None, begun_by_another: SessionRecord | None = None) -> None:
        self._held = held or ExitStack()
        self.begun_by_another = begun_by_another

    def end(self) -> None:
        """Let the next one begin; to be called once the session is kept, also from another thread."""
        self._held.close()


@contextmanager
def one_at_a_time(choice: ResolvedPool, sessions: Sessions, *, by_password: bool) -> Iterator[Turn]:
    """The turn of a sign-in to this pool under the name that is known for it, which may be none.

    ``by_password`` is for one that asks nobody. Raises CommandFailedError where the person gives up waiting.
    """
    pool = PoolKey(effective_endpoint(choice.endpoint_url), choice.user_pool_id, choice.client_id)
    username = choice.username or ""
    name = _name(pool, username)
    with ExitStack() as held:
        folder = PrivateFolder(paths.state_folder())
        before = _session(sessions, pool, username)
        try:
            try:
                _take(held, folder, name)
            except BusyError:
                _say_who(folder, name, choice, by_password)
                if not _wait(held, folder, name, by_password=by_password):
                    say("It is still open, and so is this one now.")
        except StorageError:
            pass  # without a place for a lock people still sign in
        now = _session(sessions, pool, username)
        is_new = now is not None and (before is None or before.signed_in_at != now.signed_in_at)
        yield Turn(held, now if is_new and now is not None and _holds(now) else None)


def _holds(session: SessionRecord) -> bool:
    # Brings with it what a refresh takes: only where another sign-in was waited for.
    from tui_auth.session.refresh import is_valid_for

    return is_valid_for(session, "access", None)


def _name(pool: PoolKey, username: str) -> str:
    parts = json.dumps([pool.endpoint, pool.user_pool_id, pool.client_id, username])
    return f"sign-in-{hashlib.sha256(parts.encode()).hexdigest()}"


def _take(held: ExitStack, folder: PrivateFolder, name: str) -> None:
    lock: HeldLock = held.enter_context(locked(folder, name, patience=0))
    lock.leave_note(str(os.getpid()))


def _say_who(folder: PrivateFolder, name: str, choice: ResolvedPool, by_password: bool) -> None:
    process = (folder.read(f"{name}.lock") or b"").decode("ascii", "replace")
    where = f" in process {process}" if process.isdecimal() else ""
    who = f" of {safe_line(choice.username, limit=80)}" if choice.username else ""
    enter = "" if by_password else "; Enter goes on here at once"
    sentence = f"Another sign-in{who} to {choice.user_pool_id} is open{where}. Waiting for it{enter}."
    say(sentence)
    if not by_password and sys.stderr is not None and not sys.stderr.isatty():
        # Whoever is to press Enter has to see it, wherever stderr leads.
        with suppress(OSError), Path("/dev/tty").open("w") as terminal:
            terminal.write(f"tui-auth: {safe_line(sentence)}\n")


def _wait(held: ExitStack, folder: PrivateFolder, name: str, *, by_password: bool) -> bool:
    """Whether the other one ended, so that the turn is ours. Raises CommandFailedError at ^D."""
    patience = PATIENCE_WITHOUT if by_password else PATIENCE_WITH_A_PERSON
    deadline = time.monotonic() + patience
    with _pauses(by_password) as enter_was_pressed:
        while time.monotonic() < deadline and not enter_was_pressed():
            try:
                _take(held, folder, name)
            except BusyError:
                continue
            return True
    return False


@contextmanager
def _pauses(by_password: bool) -> Iterator[Waiting]:
    """A short pause at each call; where a person waits, it ends early with True at Enter."""
    if by_password or find_terminal().kind is TerminalKind.NONE:

        def pause() -> bool:
            time.sleep(_LOOK_AGAIN_SECONDS)
            return False

        yield pause
        return
    terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)

    def look() -> bool:
        if not select.select([terminal], [], [], _LOOK_AGAIN_SECONDS)[0]:
            return False
        if not os.read(terminal, 4096):
            raise CommandFailedError(ExitCode.CANCELLED)
        return True

    try:
        with disable_echo(terminal):  # it may be a password, typed for the screen that is to come
            yield look
    finally:
        os.close(terminal)


def _session(sessions: Sessions, pool: PoolKey, username: str) -> SessionRecord | None:
    sessions.reload()  # another sign-in may have stored one
    try:
        return sessions.find(pool, username).record
    except (NotSignedInError, StorageError):
        return None
