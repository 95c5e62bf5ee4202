"""``tui-auth kube-credential``: an ExecCredential with the id token, for kubectl's ``exec`` entry.

Source: Kubernetes' client authentication API, client.authentication.k8s.io/v1 and v1beta1.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from datetime import UTC, datetime

from tui_auth.cli.exit_status import with_status
from tui_auth.cli.output import write_out
from tui_auth.cli.session_access import add_sign_in_arguments, session_with_token
from tui_auth.session.sessions import Sessions

GROUP = "client.authentication.k8s.io"
VERSIONS = (f"{GROUP}/v1", f"{GROUP}/v1beta1")


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    add_sign_in_arguments(parser)


def run(arguments: Namespace) -> int:
    """Print the ExecCredential; 4 where a sign-in is needed and cannot be made here."""
    return with_status(lambda: _run(arguments))


def _run(arguments: Namespace) -> int:
    asked = _asked_by_kubectl(os.environ)
    spec = asked.get("spec")
    interactive = not isinstance(spec, dict) or spec.get("interactive") is not False
    record = session_with_token(
        arguments, Sessions(), kinds=("id",), may_sign_in=arguments.login == "auto" and interactive
    )
    version = asked.get("apiVersion")
    expires_at = datetime.fromtimestamp(record.id_expires_at, UTC)
    credential = {
        "apiVersion": version if version in VERSIONS else VERSIONS[0],
        "kind": "ExecCredential",
        "status": {
            "expirationTimestamp": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
            "token": record.id_token.reveal(),
        },
    }
    return write_out(json.dumps(credential) + "\n")


def _asked_by_kubectl(environ: Mapping[str, str]) -> Mapping[str, object]:
    """What kubectl tells in KUBERNETES_EXEC_INFO: the version it speaks, and whether one may prompt."""
    try:
        asked = json.loads(environ.get("KUBERNETES_EXEC_INFO", "{}"))
    except (ValueError, RecursionError):
        return {}
    return asked if isinstance(asked, dict) else {}
