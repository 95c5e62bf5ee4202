"""The endpoint that AWS's own variables name for Cognito user pools.

Source: "Service-specific endpoints" in the AWS SDKs and Tools reference guide.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL")
_SWITCH = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"


def aws_endpoint(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The variable that names an endpoint, and the URL; None where AWS's own endpoint is meant."""
    if environ.get(_SWITCH, "").lower() == "true":
        return None
    return next(((name, environ[name]) for name in VARIABLES if environ.get(name)), None)


def endpoint_of(endpoint_url: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The endpoint a session belongs to: as given, or as AWS's variables name it; empty for AWS's own."""
    _, named = ("", endpoint_url) if endpoint_url else aws_endpoint(environ) or ("", "")
    return named.rstrip("/")
