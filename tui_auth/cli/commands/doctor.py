"""``tui-auth doctor``: report what works, what doesn't, and what to do. Needs no AWS credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tui_auth.cli.doctor import Finding, exit_status, report_as_json
from tui_auth.cli.doctor.machine import check_machine
from tui_auth.cli.doctor.pool import COGNITO_URL, check_network
from tui_auth.cli.output import write_out
from tui_auth.config.files import ConfigurationError, NoPoolError
from tui_auth.config.resolver import add_pool_arguments, resolve_pool
from tui_auth.config.settings import FLOWS
from tui_auth.exit_codes import ExitCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Mapping

_DESCRIPTION = """\
Looks at the pool, its app client, the network, the terminal and the folders, and says what to do. It asks
Cognito once for each sign-in flow, and again where it refuses the client's secret, with a user name that
cannot exist: nobody's attempts are used up.

Exit status: 0 all in order, 3 configuration, 5 refused, 7 network, 8 throttled, 9 storage.
"""


def add_arguments(parser: ArgumentParser) -> None:
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
    """Run every check and return the exit status of the first problem, or 0."""
    findings = []
    for finding in _check_all(arguments):
        findings.append(finding)
        if not arguments.json and write_out(finding.as_text()):
            return ExitCode.INTERNAL_ERROR
    if arguments.json and write_out(json.dumps(report_as_json(findings), indent=2) + "\n"):
        return ExitCode.INTERNAL_ERROR
    return exit_status(findings)


def _check_all(arguments: Namespace) -> Iterator[Finding]:
    try:
        choice = resolve_pool(arguments, current_session=_last_session_settings)
    except ConfigurationError as error:
        for note in error.notes if isinstance(error, NoPoolError) else ():
            yield Finding.note("note", note)
        yield Finding.problem("pool", str(error), "The pool is not looked at until then.")
        yield from check_network(COGNITO_URL.format("us-east-1"))
        yield from check_machine()
        return
    from tui_auth.auth.gateway import Address, CognitoGateway
    from tui_auth.cli.doctor.pool import check_choice, check_pool
    from tui_auth.errors import AuthError

    for note in choice.notes:
        yield Finding.note("note", note)
    yield from check_choice(choice)
    url = choice.endpoint_url or COGNITO_URL.format(choice.region)
    # Before the pool: a wrong proxy or CA file explains why the pool can't be reached.
    yield from check_network(url)
    try:
        gateway = CognitoGateway(Address(choice.region or "", choice.endpoint_url))
        yield from check_pool(choice, gateway, url)
    except AuthError as error:
        yield Finding.problem("reachable", error.message, error.recovery_suggestion)
    yield from check_machine()


def _last_session_settings() -> Mapping[str, Any] | None:
    """Return the settings of the last sign-in, or None; the folder checks report if they can't be read."""
    from tui_auth.session.sessions import Sessions
    from tui_auth.storage.files import StorageError

    try:
        return Sessions().current_settings()
    except StorageError:
        return None
