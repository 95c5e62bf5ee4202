"""What ``token`` and ``header`` are told, and the short way for the common case of it.

Read by hand: argparse takes as long to import as Python takes to start.
"""

from __future__ import annotations

import sys

from tui_auth.cli.output import tell, write_out
from tui_auth.session.quick import cached_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = ("access", "id")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_TAKE_A_VALUE = ("--type", "--min-ttl", "--profile", "--login")


def answer_from_cache(command: str, arguments: Sequence[str]) -> int | None:
    """Print a token that is kept and holds; None, and nothing printed, where it takes more than that."""
    given: dict[str, str] = {}
    waiting = iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if name not in _TAKE_A_VALUE or name in given:
            return None
        given[name] = value if equals else next(waiting, "")
    kind, asked = given.get("--type", "access"), given.get("--min-ttl")
    if kind not in KINDS or given.get("--login", "auto") not in ("auto", "never"):
        return None
    if "--profile" in given and not given["--profile"]:
        return None
    try:
        token = cached_token(kind, seconds(asked) if asked is not None else None, given.get("--profile", ""))
    except ValueError:
        return None
    if token is None or sys.stdout is None:
        return None
    if token.note:
        tell(token.note)
    return write_out(as_printed(command, token.value))


def as_printed(command: str, token: str) -> str:
    """The line a command prints of a token."""
    return f"Authorization: Bearer {token}\n" if command == "header" else f"{token}\n"


def seconds(text: str) -> float:
    """A time span such as ``300``, ``90s``, ``5m`` or ``1h`` in seconds. Raises ValueError."""
    number, unit = (text[:-1], _UNITS[text[-1]]) if text[-1:] in _UNITS else (text, 1)
    if not number.isdecimal() or len(number) > 9:
        raise ValueError("a time span is written as 300, 90s, 5m or 1h")
    return float(number) * unit
