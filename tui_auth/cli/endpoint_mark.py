"""What stands on every screen, and before the first prompt, where requests do not go to AWS."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tui_auth.endpoint import is_loopback
from tui_auth.terminal.safe_text import safe_line

_COGNITOS_HOST = r"cognito-idp(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)"
"""Not any host of AWS's: a load balancer there may be anybody's."""


def endpoint_mark(endpoint: str) -> str:
    """``TEST ENDPOINT`` for this machine, the host's name for another server; empty for Cognito's own.

    ``endpoint`` is a URL, or empty for Cognito's own.
    """
    if not endpoint:
        return ""
    if is_loopback(endpoint):
        return "TEST ENDPOINT"
    host = urlsplit(endpoint).hostname or ""
    return "" if re.fullmatch(_COGNITOS_HOST, host) else safe_line(f"AT {host}", limit=40)
