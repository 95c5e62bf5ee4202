"""``tui-auth token``, ``header`` and ``kube-credential``: print a valid token on stdout, and nothing else.

``header`` prints ``Authorization: Bearer …`` for ``curl -H @-``; no process list shows it.
``kube-credential`` prints an ExecCredential with the ID token for kubectl's ``exec`` entry.
Source: Kubernetes' client authentication API, client.authentication.k8s.io/v1 and v1beta1.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_auth.cli.output import write_out
from tui_auth.cli.parser import add_token_arguments
from tui_auth.cli.session_access import session_with_token
from tui_auth.session.fast_path import KUBERNETES_VERSIONS, format_token
from tui_auth.session.sessions import Sessions
from tui_auth.session.state import TOKEN_KINDS, parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping


def add_arguments(parser: ArgumentParser) -> None:
    command = parser.prog.rpartition(" ")[2]
    parser.set_defaults(command=command)
    add_token_arguments(parser)
    if command == "kube-credential":
        return
    group = parser.add_argument_group("which token")
    group.add_argument("--type", choices=TOKEN_KINDS, default="access", help="default: %(default)s")
    group.add_argument(
        "--min-ttl",
        metavar="TIME",
        type=_parse_duration,
        help="refresh a token that expires sooner, such as 90s, 5m or 1h; default: 5m or 1/5 of its lifetime",
    )
    group.add_argument(
        "--force-refresh", action="store_true", help="get a new token even if the stored one is valid"
    )


def run(arguments: Namespace) -> int:
    """Print what the command prints. Return 4 if a sign-in is necessary and can't be made here."""
    may_sign_in = arguments.login == "auto"
    if arguments.command == "kube-credential":
        return _print_kubernetes_credential(arguments, may_sign_in=may_sign_in)
    record = session_with_token(
        arguments,
        Sessions(),
        kinds=(arguments.type,),
        min_ttl=arguments.min_ttl,
        force=arguments.force_refresh,
        may_sign_in=may_sign_in,
    )
    return write_out(format_token(arguments.command, record.token(arguments.type).reveal()))


def _print_kubernetes_credential(arguments: Namespace, *, may_sign_in: bool) -> int:
    request = _read_kubernetes_request(os.environ)
    spec = request.get("spec")
    is_interactive = not isinstance(spec, dict) or spec.get("interactive") is not False
    record = session_with_token(
        arguments, Sessions(), kinds=("id",), may_sign_in=may_sign_in and is_interactive
    )
    version = request.get("apiVersion")
    expires_at = datetime.fromtimestamp(record.id_expires_at, UTC)
    credential = {
        "apiVersion": version if version in KUBERNETES_VERSIONS else KUBERNETES_VERSIONS[0],
        "kind": "ExecCredential",
        "status": {
            "expirationTimestamp": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
            "token": record.id_token.reveal(),
        },
    }
    return write_out(json.dumps(credential) + "\n")


def _read_kubernetes_request(environ: Mapping[str, str]) -> Mapping[str, object]:
    """Return kubectl's KUBERNETES_EXEC_INFO: its API version, and whether the user may be prompted."""
    try:
        request = json.loads(environ.get("KUBERNETES_EXEC_INFO", "{}"))
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}


def _parse_duration(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
