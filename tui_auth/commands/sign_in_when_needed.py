"""The sign-in that a command opens on the terminal because no session stands."""

from __future__ import annotations

import hashlib
import json
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tui_auth.auth.next_step import Done
from tui_auth.commands.exit_status import CANCELLED, Ended, say
from tui_auth.commands.session_access import pool_to_sign_in_to
from tui_auth.commands.sign_in import sign_in_now
from tui_auth.config.pool_choice import PoolChoice
from tui_auth.session import paths
from tui_auth.session.errors import SignInNeeded, StorageError
from tui_auth.session.keeping import Keeping
from tui_auth.session.lock import Busy, locked
from tui_auth.session.private_files import PrivateFolder
from tui_auth.session.record import SessionRecord
from tui_auth.session.refresh import holds
from tui_auth.session.sessions import PoolKey, Sessions, endpoint_of
from tui_auth.session.stores import StorageKind
from tui_auth.session.token_claims import claims_of

PATIENCE_SECONDS = 900.0
"""How long one sign-in waits for another of the same kind; a person may look for a phone meanwhile."""


def sign_in_when_needed(arguments: Namespace, sessions: Sessions, needed: SignInNeeded) -> SessionRecord:
    """Sign in on the terminal and keep the session. Raises Ended where the person left or was refused."""
    choice = pool_to_sign_in_to(arguments, sessions, needed.ended)
    username = arguments.username or choice.username or ""
    pool = PoolKey(endpoint_of(choice.endpoint_url), choice.user_pool_id, choice.client_id)
    with one_at_a_time(pool, username) as had_to_wait:
        if had_to_wait and (record := _begun_by_another(sessions, pool, username)):
            return record
        return _sign_in(arguments, sessions, choice, username)


def _sign_in(arguments: Namespace, sessions: Sessions, choice: PoolChoice, username: str) -> SessionRecord:
    arguments.username = username
    status, done = sign_in_now(choice, arguments, leaves_when_done=True)
    if done is None:
        raise Ended(status or CANCELLED)
    keeping = Keeping(choice, lambda: _issued_at(done), sessions)
    return keep_without_asking(keeping, done, username or done.claims.username)


def _issued_at(done: Done) -> float:
    """Cognito's time when the tokens were made, which is a moment ago."""
    issued_at = claims_of(done.tokens.access_token).get("iat")
    return float(issued_at) if isinstance(issued_at, int | float) else time.time()


def keep_without_asking(keeping: Keeping, done: Done, signed_in_as: str) -> SessionRecord:
    """Keep a session where there is no screen to ask on, and say on stderr what is not as it should be.

    Raises AuthError where the pool did not sign the tokens.
    """
    checked = keeping.signatures_hold(done)
    if not checked:
        say("The pool's keys could not be fetched, so the tokens' signatures were not checked.")
    storage = keeping.storage
    if storage is None:
        storage = StorageKind.FILE
        keeping.remember(storage)
        say("The session is kept in a file of yours; --storage chooses another place.")
    kept = keeping.keep(done, signed_in_as, storage, signature_checked=checked)
    if kept.problem:
        say(f"The session could not be kept, so the next command signs in again. {kept.problem}")
    return kept.record


def _begun_by_another(sessions: Sessions, pool: PoolKey, username: str) -> SessionRecord | None:
    try:
        record = sessions.find(pool, username).record
    except (SignInNeeded, StorageError):
        return None
    return record if holds(record, "access", None) else None


@contextmanager
def one_at_a_time(pool: PoolKey, username: str) -> Iterator[bool]:
    """One sign-in to a pool under one name at a time; whether there was another to wait for."""
    parts = json.dumps([pool.endpoint, pool.user_pool_id, pool.client_id, username])
    name = f"sign-in-{hashlib.sha256(parts.encode()).hexdigest()}"
    with ExitStack() as held:
        had_to_wait = False
        try:
            folder = PrivateFolder(paths.state_folder())
            try:
                held.enter_context(locked(folder, name, patience=0))
            except Busy:
                say("Another sign-in to this pool is open; waiting for it.")
                held.enter_context(locked(folder, name, patience=PATIENCE_SECONDS))
                had_to_wait = True
        except Busy:
            raise
        except StorageError:
            pass  # without a place for a lock people still sign in
        yield had_to_wait
