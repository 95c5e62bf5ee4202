"""``tui-auth aws-credentials``: AWS credentials, for ``credential_process`` or a shell."""

from __future__ import annotations

import json
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from tui_auth.commands.exit_status import with_status
from tui_auth.commands.output import say, write_out
from tui_auth.commands.session_access import (
    add_sign_in_arguments,
    find_session,
    session_with_token,
)
from tui_auth.config.errors import ConfigurationError
from tui_auth.config.pool_choice import named_settings
from tui_auth.session.aws import AwsCredentials, cached_credentials, get_credentials
from tui_auth.session.errors import NotSignedInError
from tui_auth.session.finder import resolve_query
from tui_auth.session.record import SessionRecord
from tui_auth.session.sessions import Sessions
from tui_auth.storage.files import StorageError

FORMATS = ("process", "env", "fish", "powershell", "json")


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    add_sign_in_arguments(parser)
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="process",
        help="%(default)s unless given: for credential_process in ~/.aws/config, which never asks anything",
    )


def run(arguments: Namespace) -> int:
    """Print the credentials; 4 where a sign-in is needed and cannot be made here, or must not."""
    return with_status(lambda: _run(arguments))


def _run(arguments: Namespace) -> int:
    sessions, found = Sessions(), None
    with suppress(NotSignedInError):  # which may be begun below
        found = find_session(arguments, sessions)
    if found is not None:
        pool = _identity_pool(arguments, sessions, found.record)
        with suppress(StorageError):  # they are only a copy, and fetched anew below
            if kept := cached_credentials(found.store, found.record, pool):
                return write_out(WRITTEN[arguments.format](kept))
    may_sign_in = arguments.login == "auto" and arguments.format != "process"
    record = session_with_token(arguments, sessions, kinds=("id",), may_sign_in=may_sign_in, stored=found)
    pool = _identity_pool(arguments, sessions, record)
    credentials, remark = get_credentials(sessions.store_for(record), record, pool)
    if remark:
        say(remark)
    return write_out(WRITTEN[arguments.format](credentials))


def _identity_pool(arguments: Namespace, sessions: Sessions, record: SessionRecord) -> str:
    """The identity pool that flags, environment or profile name for this pool, else the session's own."""
    choice = resolve_query(arguments, sessions).choice
    fits = choice is not None and choice.user_pool_id == record.origin.user_pool_id
    pool = arguments.identity_pool_id or (choice.identity_pool_id if choice and fits else None)
    if choice is None:  # no pool is named, so the variable is for whichever session is used
        pool = named_settings(arguments).get("identity_pool_id")
    pool = pool or record.origin.identity_pool_id
    if not pool:
        raise ConfigurationError(
            "No identity pool is named. Give --identity-pool-id, or keep it in a profile."
        )
    return str(pool)


def _expiration(credentials: AwsCredentials) -> str:
    return f"{datetime.fromtimestamp(credentials.expires_at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _variables(credentials: AwsCredentials) -> Mapping[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key.reveal(),
        "AWS_SESSION_TOKEN": credentials.session_token.reveal(),
        "AWS_CREDENTIAL_EXPIRATION": _expiration(credentials),
    }


def _as_process(credentials: AwsCredentials) -> str:
    """What botocore's ProcessProvider reads: version 1, and when to ask again."""
    members = {
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.reveal(),
        "SessionToken": credentials.session_token.reveal(),
        "Expiration": _expiration(credentials),
    }
    return json.dumps(members) + "\n"


def _as_json(credentials: AwsCredentials) -> str:
    """The same for people and scripts, with whose they are."""
    members = json.loads(_as_process(credentials))
    members |= {"IdentityId": credentials.identity_id, "IdentityPoolId": credentials.identity_pool_id}
    return json.dumps(members, indent=2) + "\n"


def _as_env(credentials: AwsCredentials) -> str:
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in _variables(credentials).items())
    return "".join(lines)


def _as_fish(credentials: AwsCredentials) -> str:
    def quoted(value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    lines = (f"set -gx {name} {quoted(value)};\n" for name, value in _variables(credentials).items())
    return "".join(lines)


def _as_powershell(credentials: AwsCredentials) -> str:
    def quoted(value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    return "".join(f"$Env:{name}={quoted(value)}\n" for name, value in _variables(credentials).items())


WRITTEN: Mapping[str, Callable[[AwsCredentials], str]] = {
    "process": _as_process,
    "env": _as_env,
    "fish": _as_fish,
    "powershell": _as_powershell,
    "json": _as_json,
}
