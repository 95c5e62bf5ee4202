"""``tui-auth doctor``: what works, what does not, and what to do. Needs no AWS credentials."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from tui_auth.commands.doctor.findings import Finding, note, status_of, wrong
from tui_auth.commands.doctor.machine_checks import check_machine
from tui_auth.commands.doctor.way_checks import AWS, check_way
from tui_auth.commands.output import write_out
from tui_auth.config.errors import ConfigurationError, NoPoolNamed
from tui_auth.config.pool_choice import add_pool_arguments, choose_pool
from tui_auth.config.settings import FLOWS
from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.safe_text import safe_line

_COLUMN = 24
"""How wide the first column is: what a line is about."""

_DESCRIPTION = """\
Looks at the pool, its app client, the network, the terminal and the folders, and says what to do. It asks
Cognito once for each sign-in flow, and again where it refuses the client's secret, with a user name that
cannot exist: nobody's attempts are used up.

Exit status: 0 all in order, 3 configuration, 5 refused, 7 network, 8 throttled, 9 storage.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    parser.description = _DESCRIPTION
    add_pool_arguments(parser)
    parser.add_argument(
        "--auth-flow",
        choices=FLOWS,
        metavar="FLOW",
        help=f"the flow that is to be used: {', '.join(FLOWS)}",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: Namespace) -> int:
    """Look at everything; the exit status of the first thing that is wrong, 0 where nothing is."""
    findings = []
    for finding in _checks(arguments):
        findings.append(finding)
        if not arguments.json and write_out(_as_text(finding)):
            return ExitCode.INTERNAL_ERROR
    status = status_of(findings)
    if arguments.json:
        report = {"ok": status == 0, "status": status, "checks": [each.as_json() for each in findings]}
        status = write_out(json.dumps(report, indent=2) + "\n") or status
    return status


def _checks(arguments: Namespace) -> Iterator[Finding]:
    try:
        choice = choose_pool(arguments, current_session=_last_session)
    except ConfigurationError as error:
        for said in error.notes if isinstance(error, NoPoolNamed) else ():
            yield note("note", said)
        yield wrong("pool", str(error), "The pool is not looked at until then.", ExitCode.CONFIGURATION)
        yield from check_way(AWS.format("us-east-1"))
        yield from check_machine()
        return
    from tui_auth.auth.errors import AuthError
    from tui_auth.auth.gateway import Address, CognitoGateway
    from tui_auth.commands.doctor.pool_checks import check_choice, check_pool

    for said in choice.notes:
        yield note("note", said)
    yield from check_choice(choice)
    address = choice.endpoint_url or AWS.format(choice.region)
    # Before the pool: a proxy or a CA file that is wrong is why it is not reached.
    yield from check_way(address)
    try:
        gateway = CognitoGateway(Address(choice.region or "", choice.endpoint_url))
        yield from check_pool(choice, gateway, address)
    except AuthError as error:
        yield wrong("reachable", error.message, error.recovery_suggestion, ExitCode.CONFIGURATION)
    yield from check_machine()


def _last_session() -> Mapping[str, Any] | None:
    """The settings of the last sign-in; None too where they cannot be read: the folders are told of later."""
    from tui_auth.session.sessions import Sessions
    from tui_auth.storage.files import StorageError

    try:
        return Sessions().current_settings()
    except StorageError:
        return None


def _as_text(finding: Finding) -> str:
    about = safe_line(finding.about, limit=80)
    lines = [f"{finding.mark} {about:<{_COLUMN}} {safe_line(finding.says, limit=1000)}"]
    if finding.do:
        lines.append(f"   {'':<{_COLUMN}} → {safe_line(finding.do, limit=1000)}")
    if sys.stdout is not None and sys.stdout.isatty():
        # A file gets one line each, a person no word cut in two.
        width = max(shutil.get_terminal_size().columns, 2 * _COLUMN)
        indents = (" " * (_COLUMN + 4), " " * (_COLUMN + 6))
        lines = [
            textwrap.fill(line, width, subsequent_indent=indent, break_on_hyphens=False)
            for line, indent in zip(lines, indents, strict=False)
        ]
    return "\n".join(lines) + "\n"
