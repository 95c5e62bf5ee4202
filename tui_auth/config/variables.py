"""The environment variables of this program, and those that only look like them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from tui_auth.config.nearest import nearest
from tui_auth.config.settings import SETTINGS
from tui_auth.terminal.safe_text import safe_line

PREFIX = "TUI_AUTH_"
KNOWN = (
    *(setting.variable for setting in SETTINGS.values() if setting.from_text),
    *(PREFIX + name for name in ("PROFILE", "THEME", "PLAIN")),
)


def unknown_variables(environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """A sentence for each variable that begins as ours do and is none, with the nearest; never its value."""
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in KNOWN and environ[name]:
            # Without what they all begin with, which would make each near to each.
            words = [known.removeprefix(PREFIX) for known in KNOWN]
            near = nearest(name.removeprefix(PREFIX).upper(), words)
            cure = f". Did you mean {PREFIX}{near}?" if near else ", and does nothing."
            yield f"{safe_line(name, limit=60)} is no variable of tui-auth{cure}"
