"""One sign-in at a time per terminal, and one per session key: the second waits for the first.

This can't lock a user out. The kernel releases the locks of a process that ends. A sign-in on the same
terminal waits without a sign, because the other one reads and draws there, and ^C ends both. One on another
terminal says that it waits, and Enter stops that. Without a terminal, waiting times out.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui_auth.cli.output import CommandFailedError, say
from tui_auth.cli.sign_in_now import own_terminal
from tui_auth.config.aws_settings import effective_endpoint
from tui_auth.exit_codes import ExitCode
from tui_auth.session import NotSignedInError
from tui_auth.session.record import PoolKey, SessionRecord
from tui_auth.storage import paths
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.lock import BusyError, HeldLock, locked
from tui_auth.terminal.environment import TerminalKind, find_terminal
from tui_auth.terminal.safe_text import safe_line
from tui_auth.terminal.tty import readable

if TYPE_CHECKING:
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.session.sessions import Sessions

INTERACTIVE_PATIENCE_SECONDS = 900.0
"""How long a sign-in on a terminal waits. The user at the other one may be looking for a phone."""

NONINTERACTIVE_PATIENCE_SECONDS = 60.0
"""How long a non-interactive sign-in waits. Longer than another non-interactive one can take."""

_POLL_SECONDS = 0.1
Pause = Callable[[], bool]
"""Waits briefly. Returns True if the user pressed Enter."""


@dataclass(frozen=True)
class Turn:
    """The lock of one sign-in.

    Attributes:
        end: Releases the lock once the session is saved. Any thread may call it.
        other_session: The session that the other sign-in has created meanwhile; None if there is none.
    """

    end: Callable[[], None]
    other_session: SessionRecord | None


@contextmanager
def wait_for_turn(choice: ResolvedPool, sessions: Sessions, *, is_noninteractive: bool) -> Iterator[Turn]:
    """Wait for the terminal and for the lock of sign-ins to this pool with this user name, and hold both.

    Args:
        choice: The pool, app client and user name.
        sessions: The stored sessions.
        is_noninteractive: Whether the sign-in asks nothing on the terminal.

    Yields:
        The turn. After a timeout, or Enter, it holds no lock.

    Raises:
        CommandFailedError: The user pressed ^D.
    """
    pool = PoolKey(effective_endpoint(choice.endpoint_url), choice.user_pool_id, choice.client_id)
    username = choice.username or ""
    name = _lock_name(pool, username)
    with ExitStack() as terminal, ExitStack() as lock:
        folder = PrivateFolder(paths.state_folder())
        previous = _find_session(sessions, pool, username)
        terminal.enter_context(own_terminal(is_noninteractive=is_noninteractive))
        try:
            try:
                _acquire(lock, folder, name)
            except BusyError:
                _report_other(folder, name, choice, is_noninteractive)
                if not _wait(lock, folder, name, is_noninteractive=is_noninteractive):
                    say("It is still open. This sign-in continues now.")
        except StorageError:
            pass  # sign in without a lock
        current = _find_session(sessions, pool, username)
        is_new = current is not None and (previous is None or previous.signed_in_at != current.signed_in_at)
        yield Turn(lock.close, current if is_new and current is not None and _is_valid(current) else None)


def _is_valid(session: SessionRecord) -> bool:
    # Imported here because it loads the modules of a refresh, which are rarely needed.
    from tui_auth.session.refresh import is_valid_for

    return is_valid_for(session, "access", None)


def _lock_name(pool: PoolKey, username: str) -> str:
    parts = json.dumps([pool.endpoint, pool.user_pool_id, pool.client_id, username])
    return f"sign-in-{hashlib.sha256(parts.encode()).hexdigest()}"


def _acquire(stack: ExitStack, folder: PrivateFolder, name: str) -> None:
    lock: HeldLock = stack.enter_context(locked(folder, name, patience=0))
    lock.leave_message(str(os.getpid()))


def _report_other(folder: PrivateFolder, name: str, choice: ResolvedPool, is_noninteractive: bool) -> None:
    pid = (folder.read(f"{name}.lock") or b"").decode("ascii", "replace")
    process = f" in process {pid}" if pid.isdecimal() else ""
    user = f" of {safe_line(choice.username, limit=80)}" if choice.username else ""
    hint = "" if is_noninteractive else "; press Enter to continue here now"
    sentence = f"Another sign-in{user} to {choice.user_pool_id} is open{process}. Waiting for it{hint}."
    say(sentence)
    if not is_noninteractive and sys.stderr is not None and not sys.stderr.isatty():
        # The user must see that Enter stops waiting, even if stderr is redirected.
        with suppress(OSError), Path("/dev/tty").open("w") as terminal:
            terminal.write(f"tui-auth: {safe_line(sentence)}\n")


def _wait(stack: ExitStack, folder: PrivateFolder, name: str, *, is_noninteractive: bool) -> bool:
    """Return whether the other sign-in ended and the lock is held. Raises CommandFailedError at ^D."""
    patience = NONINTERACTIVE_PATIENCE_SECONDS if is_noninteractive else INTERACTIVE_PATIENCE_SECONDS
    deadline = time.monotonic() + patience
    with _open_pause(is_noninteractive) as pause:
        while time.monotonic() < deadline and not pause():
            try:
                _acquire(stack, folder, name)
            except BusyError:
                continue
            return True
    return False


@contextmanager
def _open_pause(is_noninteractive: bool) -> Iterator[Pause]:
    """Yield a function that waits briefly; on a terminal it returns True early at Enter."""
    if is_noninteractive or find_terminal().kind is TerminalKind.NONE:

        def sleep() -> bool:
            time.sleep(_POLL_SECONDS)
            return False

        yield sleep
        return
    terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)

    def wait_for_enter() -> bool:
        if not readable((terminal,), _POLL_SECONDS):
            return False
        if not os.read(terminal, 4096):
            raise CommandFailedError(ExitCode.CANCELED)
        return True

    try:
        yield wait_for_enter  # without echo: the user may already be typing the password
    finally:
        os.close(terminal)


def _find_session(sessions: Sessions, pool: PoolKey, username: str) -> SessionRecord | None:
    sessions.reload()  # another sign-in may have stored one
    try:
        return sessions.find(pool, username).record
    except (NotSignedInError, StorageError):
        return None
