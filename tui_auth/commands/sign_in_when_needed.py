"""The sign-in that a command opens on the terminal because no session stands."""

from __future__ import annotations

from argparse import Namespace

from tui_auth.commands.exit_status import CANCELLED, Ended, say
from tui_auth.commands.session_access import pool_to_sign_in_to
from tui_auth.commands.sign_in_now import asks_nobody, sign_in_now
from tui_auth.commands.sign_in_turn import one_at_a_time
from tui_auth.session.errors import SignInNeeded
from tui_auth.session.record import SessionRecord
from tui_auth.session.sessions import Sessions


def sign_in_when_needed(arguments: Namespace, sessions: Sessions, needed: SignInNeeded) -> SessionRecord:
    """Sign in on the terminal and keep the session. Raises Ended where the person left or was refused."""
    choice = pool_to_sign_in_to(arguments, sessions, needed.ended)
    for note in choice.notes:
        say(note)
    with one_at_a_time(choice, sessions, by_password=asks_nobody(arguments)) as turn:
        if turn.begun_by_another:
            return turn.begun_by_another
        status, record = sign_in_now(choice, arguments, when_kept=turn.end, leaves_when_done=True)
    if record is None:
        raise Ended(status or CANCELLED)
    return record
