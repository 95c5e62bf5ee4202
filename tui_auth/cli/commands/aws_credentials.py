"""``tui-auth aws-credentials``: print AWS credentials, for ``credential_process`` or a shell."""

from __future__ import annotations

import json
import shlex
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tui_auth.cli.output import say, write_out
from tui_auth.cli.parser import add_token_arguments
from tui_auth.cli.session_access import open_session, session_with_token
from tui_auth.session import NotSignedInError
from tui_auth.session.aws import AwsCredentials, cached_credentials, get_credentials
from tui_auth.session.finder import cache_identity_pool, find_identity_pool, selection_of
from tui_auth.session.sessions import Sessions
from tui_auth.storage.files import StorageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Mapping


def add_arguments(parser: ArgumentParser) -> None:
    add_token_arguments(parser)
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="process",
        help="default: %(default)s, for credential_process in ~/.aws/config, which never prompts",
    )


def run(arguments: Namespace) -> int:
    """Print the credentials; return 4 if a sign-in is needed and not possible or not allowed here."""
    flags, sessions, found = vars(arguments), Sessions(), None
    key = selection_of(flags)
    session = open_session(arguments, sessions)
    with suppress(NotSignedInError):  # session_with_token signs in below, if it may
        _, found = session.locate()
    if found is not None:
        pool = find_identity_pool(flags, sessions, found.record)
        cache_identity_pool(key, sessions, found, pool)
        with suppress(StorageError):  # without the cached credentials, new ones are fetched below
            if cached := cached_credentials(found.store, found.record, pool):
                return write_out(FORMATS[arguments.format](cached))
    may_sign_in = arguments.login == "auto" and arguments.format != "process"
    record = session_with_token(arguments, sessions, kinds=("id",), may_sign_in=may_sign_in, session=session)
    pool = find_identity_pool(flags, sessions, record)
    credentials, warning = get_credentials(sessions.store_for(record), record, pool)
    if warning:
        say(warning)
    return write_out(FORMATS[arguments.format](credentials))


def _format_expiration(credentials: AwsCredentials) -> str:
    return f"{datetime.fromtimestamp(credentials.expires_at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _format_process(credentials: AwsCredentials) -> str:
    """Return what botocore's ProcessProvider reads: version 1, with the expiration."""
    members = {
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.reveal(),
        "SessionToken": credentials.session_token.reveal(),
        "Expiration": _format_expiration(credentials),
    }
    return json.dumps(members) + "\n"


def _format_json(credentials: AwsCredentials) -> str:
    """Return the same with the identity they belong to, for people and scripts."""
    members = json.loads(_format_process(credentials))
    members |= {"IdentityId": credentials.identity_id, "IdentityPoolId": credentials.identity_pool_id}
    return json.dumps(members, indent=2) + "\n"


def _format_variables(credentials: AwsCredentials, line: str, quote: Callable[[str], str]) -> str:
    """Return the variables of the AWS SDKs, one a line, each set as a shell does."""
    variables = {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key.reveal(),
        "AWS_SESSION_TOKEN": credentials.session_token.reveal(),
        "AWS_CREDENTIAL_EXPIRATION": _format_expiration(credentials),
    }
    return "".join(line.format(name, quote(value)) for name, value in variables.items())


def _quote_for_fish(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quote_for_powershell(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


FORMATS: Mapping[str, Callable[[AwsCredentials], str]] = {
    "process": _format_process,
    "env": partial(_format_variables, line="export {}={}\n", quote=shlex.quote),
    "fish": partial(_format_variables, line="set -gx {} {};\n", quote=_quote_for_fish),
    "powershell": partial(_format_variables, line="$Env:{}={}\n", quote=_quote_for_powershell),
    "json": _format_json,
}
