"""``tui-auth status``: show who is signed in, to which pool, for how long, and where that is stored."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_auth.cli.output import say, write_out
from tui_auth.cli.parser import add_session_arguments
from tui_auth.cli.session_access import open_session
from tui_auth.config.files import display_path
from tui_auth.exit_codes import ExitCode
from tui_auth.session import NotSignedInError
from tui_auth.session.sessions import Sessions, StoredSession
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from tui_auth.session.index import SessionEntry
    from tui_auth.session.record import SessionRecord
    from tui_auth.session_api import Session


def add_arguments(parser: ArgumentParser) -> None:
    add_session_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--online", action="store_true", help="ask Cognito whether the session is still valid"
    )


def run(arguments: Namespace) -> int:
    """Show the session. Return 0, 4 if there is none, or 7 if --online got no reply."""
    sessions, stored, problem = Sessions(), None, ""
    try:
        session = open_session(arguments, sessions)
        _, stored = session.locate()
        if arguments.online:
            stored = replace(stored, record=_check_at_cognito(session))
        if stored.record.refresh_token is None and stored.record.seconds_left("access") <= 0:
            problem = "Your session has expired. Run `tui-auth sign-in`."
    except NotSignedInError as error:
        problem = str(error)
    key = stored.record.key if stored else None
    others = [entry for entry in sessions.entries() if entry.key != key]
    if stored is None or problem:
        say(problem)
        if arguments.json:
            _print_json({"signed_in": False, "sessions": list(map(_entry_facts, others))})
        for entry in others if not arguments.json else ():
            say(f"You are signed in as {_entry_text(entry)}.")
        return ExitCode.NOT_SIGNED_IN
    facts = _facts(stored, online=arguments.online)
    if arguments.json:
        return _print_json(facts | {"sessions": list(map(_entry_facts, sessions.entries()))})
    return write_out(_as_text(facts, stored, others))


def _print_json(facts: dict[str, Any]) -> int:
    return write_out(json.dumps(facts, indent=2) + "\n")


def _check_at_cognito(session: Session) -> SessionRecord:
    """Call GetUser with a valid access token. Raises NotSignedInError if Cognito has ended the session."""
    from tui_auth.errors import AuthError
    from tui_auth.session.refresh import is_definitive, open_gateway

    for force in (False, True):
        record = session.fresh(("access",), min_ttl=10, force=force)
        try:
            open_gateway(record).call("GetUser", {"AccessToken": record.access_token})
        except AuthError as error:
            # Perhaps only this token is revoked; the refresh token tells, and a session that has ended is
            # forgotten on the way.
            if not is_definitive(error):
                raise
        else:
            return record
    raise NotSignedInError("Cognito rejects the tokens of this session. Run `tui-auth sign-in`.")


def _facts(stored: StoredSession, *, online: bool) -> dict[str, Any]:
    record, origin = stored.record, stored.record.origin
    return {
        "signed_in": True,
        "username": record.display_name,
        "cognito_username": record.username,
        "sub": record.sub,
        "email": record.email,
        "groups": list(record.groups),
        "provider": record.provider,
        "scopes": list(record.scopes),
        "user_pool_id": origin.user_pool_id,
        "client_id": origin.client_id,
        "region": origin.region,
        "endpoint_url": origin.endpoint or None,
        "identity_pool_id": origin.identity_pool_id or None,
        "profile": origin.profile or None,
        "access_token_expires_at": record.access_expires_at,
        "id_token_expires_at": record.id_expires_at,
        "seconds_left": max(0, round(record.seconds_left("access"))),
        "renewable": record.refresh_token is not None,
        "signed_in_at": record.signed_in_at,
        "signature_checked": record.signature_checked,
        "checked_online": online,
        "storage": str(stored.store.kind),
        "kept_in": stored.store.location(record.key.file_name),
    }


def _entry_text(entry: SessionEntry) -> str:
    """Return the user, the pool and the profile or app client of a session."""
    profile = f", profile {entry.profile}" if entry.profile else f", client {entry.client_id}"
    return f"{entry.display_name} in {entry.user_pool_id}{profile}"


def _entry_facts(entry: SessionEntry) -> dict[str, Any]:
    return {
        "username": entry.display_name,
        "user_pool_id": entry.user_pool_id,
        "client_id": entry.client_id,
        "endpoint_url": entry.endpoint or None,
        "profile": entry.profile or None,
        "storage": str(entry.storage),
    }


def _as_text(facts: dict[str, Any], stored: StoredSession, others: Sequence[SessionEntry]) -> str:
    record = stored.record
    groups = ", ".join(safe_line(group, limit=60) for group in record.groups) or "none"
    # The folder without the file: its name of 64 digits tells nothing and does not fit a line.
    place = Path(facts["kept_in"])
    where = f" ({display_path(place.parent)})" if place.is_absolute() else ""
    lines = [
        ("Signed in as", safe_line(record.display_name, limit=80)),
        ("Profile", safe_line(facts["profile"], limit=64)),
        ("User pool", safe_line(facts["user_pool_id"], limit=60)),
        ("Endpoint", safe_line(facts["endpoint_url"], limit=200)),
        ("App client", safe_line(facts["client_id"], limit=130)),
        ("Provider", safe_line(record.provider or "", limit=60)),
        ("Groups", groups),
        ("Scopes", _scopes_text(record)),
        ("Token", _token_text(record)),
        ("Signature", "checked" if record.signature_checked else "not checked: the keys were unreachable"),
        ("Storage", f"{stored.store.kind}{where}"),
        ("At Cognito", "the session is valid" if facts["checked_online"] else ""),
        *(("Also", safe_line(_entry_text(entry), limit=200)) for entry in others),
    ]
    return "".join(f"{name:<14}{value}\n" for name, value in lines if value)


def _scopes_text(record: SessionRecord) -> str:
    """Return the scopes of a session from a browser; empty for the one scope that every other has."""
    return safe_line(" ".join(record.scopes), limit=300) if record.origin.domain else ""


def _token_text(record: SessionRecord) -> str:
    left = record.seconds_left("access")
    if left <= 0:
        return "expired; the next command refreshes it if the pool still allows that"
    until = time.strftime("%H:%M", time.localtime(time.time() + left))
    renewed = "refreshed automatically" if record.refresh_token else "not renewable"
    return f"valid until {until} ({max(1, round(left / 60))} min), {renewed}"
