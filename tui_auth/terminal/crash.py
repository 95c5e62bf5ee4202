"""Reports of internal errors: the types of the exceptions and where, never a value.

The message of an exception and the local variables of its frames may contain a password, a code or a token
(``KeyError: 'hunter2'``). Types, files, line numbers and names of functions can't.
"""

from __future__ import annotations

import sys
import threading
import traceback
from pathlib import PurePath

_MAX_CAUSES = 5


def crash_report(error: BaseException) -> str:
    """Return the types of an error and of its causes, each with its code frames.

    The innermost frame is last. The report has several lines without a newline at the end, and no messages,
    notes, source lines or values.
    """
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < _MAX_CAUSES:
        seen.add(id(current))
        lines.append(f"{'caused by ' if lines else ''}{_type_name(current)}")
        lines += [
            f"  {_shorten_path(frame.f_code.co_filename)}:{line} in {frame.f_code.co_name}"
            for frame, line in traceback.walk_tb(current.__traceback__)
        ]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines)


def report_crashes_without_details(prefix: str = "tui-auth: ") -> None:
    """Report uncaught exceptions of all threads on stderr, by ``crash_report``."""

    def report(error: BaseException | None) -> None:
        # A thread that ends with SystemExit has no error.
        if sys.stderr is not None and error is not None and not isinstance(error, SystemExit):
            print(f"{prefix}{crash_report(error)}", file=sys.stderr)  # noqa: T201

    sys.excepthook = lambda kind, error, trace: report(error)
    threading.excepthook = lambda arguments: report(arguments.exc_value)
    sys.unraisablehook = lambda arguments: report(arguments.exc_value)


def _type_name(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, BaseExceptionGroup):
        return f"{name} of {', '.join(_type_name(member) for member in error.exceptions)}"
    return name


def _shorten_path(filename: str) -> str:
    """Shorten a path to what is below its package, so that no home folder is shown."""
    parts = PurePath(filename).parts
    for folder in ("site-packages", "dist-packages", "tui_auth"):
        if folder in parts:
            start = len(parts) - 1 - parts[::-1].index(folder)
            return "/".join(parts[start + (folder != "tui_auth") :])
    return "/".join(parts[-2:])
