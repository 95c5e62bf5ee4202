"""The sign-in that a command opens on the terminal because no session stands."""

from __future__ import annotations

from argparse import Namespace

from tui_auth.cli.exit_status import CommandFailedError
from tui_auth.cli.output import say
from tui_auth.cli.sign_in_now import asks_nobody, sign_in_now
from tui_auth.cli.sign_in_turn import one_at_a_time
from tui_auth.exit_codes import ExitCode
from tui_auth.session.errors import NotSignedInError
from tui_auth.session.finder import choose_pool_to_sign_in
from tui_auth.session.record import SessionRecord
from tui_auth.session.sessions import Sessions


def sign_in_when_needed(arguments: Namespace, sessions: Sessions, needed: NotSignedInError) -> SessionRecord:
    """Sign in on the terminal and store the session. Raises CommandFailedError if the sign-in failed."""
    choice = choose_pool_to_sign_in(arguments, sessions, needed.sign_in_settings)
    for note in choice.notes:
        say(note)
    with one_at_a_time(choice, sessions, by_password=asks_nobody(arguments)) as turn:
        if turn.begun_by_another:
            return turn.begun_by_another
        status, record = sign_in_now(choice, arguments, when_kept=turn.end, leaves_when_done=True)
    if record is None:
        raise CommandFailedError(status or ExitCode.CANCELLED)
    return record
