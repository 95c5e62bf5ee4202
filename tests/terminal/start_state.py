"""Write the state in which this program starts to a file: ``python -m start_state PATH …``."""

from __future__ import annotations

import gc
import json
import locale
import os
import signal
import sys
import threading
from pathlib import Path


def read_start_state() -> dict[str, object]:
    """Return the state that a program can see at its start, except its process ID."""
    streams = {
        name: (stream.fileno(), stream.encoding, stream.errors, stream.line_buffering, stream.isatty())
        for name in ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")
        if (stream := getattr(sys, name))
    }
    handlers = {str(number): str(signal.getsignal(number)) for number in signal.valid_signals()}
    return {
        "arguments": sys.argv[1:],
        "path": sys.path,
        "flags": str(sys.flags),
        "environment": dict(os.environ),
        "working directory": str(Path.cwd()),
        "umask": [line for line in Path("/proc/self/status").read_text().splitlines() if "Umask" in line],
        "descriptors": [number for number in range(256) if _is_open(number)],
        "streams": streams,
        "signal handlers": handlers,
        "blocked signals": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "libraries": sorted(sys.modules.keys() & {"boto3", "textual"}),
        "threads": threading.active_count(),
        "collector": (gc.isenabled(), gc.get_threshold()),
        "locale": locale.setlocale(locale.LC_ALL),
        "is in the foreground": _foreground_group() == os.getpgrp() == os.getpid() != os.getsid(0),
        "is a child of the session's leader": os.getppid() == os.getsid(0),
    }


def _foreground_group() -> int:
    with Path("/dev/tty").open() as terminal:
        return os.tcgetpgrp(terminal.fileno())


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(read_start_state()))
