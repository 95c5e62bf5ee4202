"""``--trace FILE``: one line a call, as it ends, with every value left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from tui_auth.auth.trace import Call, CallTrace
from tui_auth.config.errors import ConfigurationError, shown
from tui_auth.terminal.safe_text import safe_line

LINE_LIMIT = 2000


@contextmanager
def traced(wire: CallTrace, path: str | None) -> Iterator[None]:
    """Write the wire's calls to the end of a file as long as the block runs; nothing where ``path`` is None.

    A line is the time (UTC, RFC 3339) and the call's chain of names. The file is made with mode 0600. Raises
    ConfigurationError where it cannot be opened. A disk that fills up later ends the trace, not the sign-in.
    """
    if path is None:
        yield
        return
    target = Path(path)
    try:
        file = open(target, "a", buffering=1, encoding="utf-8", opener=_private)  # noqa: SIM115
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is no name of a file"
        raise ConfigurationError(f"The trace cannot be written to {shown(target)}: {reason}.") from None

    def write(call: Call) -> None:
        if call.outcome:
            time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            try:
                file.write(f"{time} {safe_line(call.chain, limit=LINE_LIMIT)}\n")
            except (OSError, ValueError):
                end_listening()

    end_listening = wire.listen(write)
    try:
        yield
    finally:
        end_listening()
        with suppress(OSError):  # what was not written before is not now
            file.close()


def _private(path: str, flags: int) -> int:
    # A pipe that nobody reads would keep the program waiting.
    return os.open(path, flags | os.O_NONBLOCK, 0o600)
