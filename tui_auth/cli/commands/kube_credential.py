"""``tui-auth kube-credential``: print an ExecCredential with the ID token, for kubectl's ``exec`` entry.

Source: Kubernetes' client authentication API, client.authentication.k8s.io/v1 and v1beta1.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_auth.cli.arguments import add_token_arguments
from tui_auth.cli.output import write_out
from tui_auth.cli.session_access import session_with_token
from tui_auth.session.sessions import Sessions

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

GROUP = "client.authentication.k8s.io"
VERSIONS = (f"{GROUP}/v1", f"{GROUP}/v1beta1")


def add_arguments(parser: ArgumentParser) -> None:
    add_token_arguments(parser)


def run(arguments: Namespace) -> int:
    """Print the ExecCredential; return 4 if a sign-in is needed and not possible here."""
    request = _read_request(os.environ)
    spec = request.get("spec")
    is_interactive = not isinstance(spec, dict) or spec.get("interactive") is not False
    record = session_with_token(
        arguments, Sessions(), kinds=("id",), may_sign_in=arguments.login == "auto" and is_interactive
    )
    version = request.get("apiVersion")
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


def _read_request(environ: Mapping[str, str]) -> Mapping[str, object]:
    """Return kubectl's KUBERNETES_EXEC_INFO: its API version, and whether the user may be prompted."""
    try:
        request = json.loads(environ.get("KUBERNETES_EXEC_INFO", "{}"))
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}
