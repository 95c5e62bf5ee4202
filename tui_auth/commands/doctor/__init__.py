"""``tui-auth doctor``: what works, what does not, and what to do. Needs no AWS credentials."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator

from tui_auth.commands.doctor.findings import Finding, note, status_of, wrong
from tui_auth.commands.doctor.machine_checks import check_machine
from tui_auth.commands.exit_status import CONFIGURATION
from tui_auth.config.errors import ConfigurationError
from tui_auth.config.pool_choice import add_pool_arguments, choose_pool
from tui_auth.terminal.safe_text import safe_line

_EXAMPLES = """\
  tui-auth doctor
  tui-auth doctor --profile acme --json

Looks at the pool, its app client, the network, the terminal and the folders, and says what to do. It asks
Cognito once for each sign-in flow, with a user name that cannot exist: nobody's attempts are used up.

Exit status: 0 all in order, 3 configuration, 7 network, 9 storage.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.description = _EXAMPLES
    add_pool_arguments(parser)
    parser.add_argument("--auth-flow", metavar="FLOW", help="the flow that is to be used")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: Namespace) -> int:
    """Look at everything; the exit status of the first thing that is wrong, 0 where nothing is."""
    findings = []
    for finding in _checks(arguments):
        findings.append(finding)
        if not arguments.json:
            _print(finding)
    status = status_of(findings)
    if arguments.json:
        report = {"ok": status == 0, "status": status, "checks": [each.as_json() for each in findings]}
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return status


def _checks(arguments: Namespace) -> Iterator[Finding]:
    from tui_auth.session.sessions import Sessions

    try:
        choice = choose_pool(arguments, current_session=Sessions().current_settings)
    except ConfigurationError as error:
        yield wrong("pool", str(error), "The pool is not looked at until then.", CONFIGURATION)
        yield from check_machine()
        return
    from tui_auth.auth.errors import AuthError
    from tui_auth.auth.gateway import Address, CognitoGateway
    from tui_auth.commands.doctor.pool_checks import check_choice, check_pool

    for said in choice.notes:
        yield note("note", said)
    yield from check_choice(choice)
    try:
        gateway = CognitoGateway(Address(choice.region or "", choice.endpoint_url))
        yield from check_pool(choice, gateway)
    except AuthError as error:
        yield wrong("reachable", error.message, error.recovery_suggestion, CONFIGURATION)
    yield from check_machine()


def _print(finding: Finding) -> None:
    sys.stdout.write(f"{finding.mark} {finding.about:<24} {safe_line(finding.says, limit=1000)}\n")
    if finding.do:
        sys.stdout.write(f"   {'':<24} → {safe_line(finding.do, limit=1000)}\n")
    sys.stdout.flush()
