"""Where a pool can be specified outside tui-auth: AWS's endpoint variables and Amplify's files.

The fast path of ``tui-auth token`` imports this module, so it imports nothing that takes time. Source of the
variables: "Service-specific endpoints" in the AWS SDKs and Tools reference guide.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

AMPLIFY_FILE_NAMES = ("amplify_outputs.json", "amplifyconfiguration.json", "aws-exports.js")
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL")
_IGNORE_VARIABLE = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"


def aws_endpoint(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the variable that specifies Cognito's endpoint, and the URL; None for AWS's own."""
    if environ.get(_IGNORE_VARIABLE, "").lower() == "true":
        return None
    return next(((name, environ[name]) for name in ENDPOINT_VARIABLES if environ.get(name)), None)


def effective_endpoint(endpoint_url: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """Return ``endpoint_url`` or else the endpoint of AWS's variables; empty for AWS's own endpoint."""
    _, url = ("", endpoint_url) if endpoint_url else aws_endpoint(environ) or ("", "")
    return url.rstrip("/")
