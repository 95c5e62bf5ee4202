"""Keeps what libraries write to stderr off a screen that is drawn on the same terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def stderr_guard() -> Iterator[None]:
    """Inside, nothing written to file descriptor 2 is seen, if that is a terminal; it is not kept either.

    The descriptor itself is led to /dev/null and back, since C libraries and child processes know nothing of
    ``sys.stderr``. A stderr that was redirected to a file or a pipe is left alone.
    """
    if not os.isatty(2):
        yield
        return
    _flush()
    kept = os.dup(2)
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        _flush()
        os.dup2(kept, 2)
        os.close(kept)


def _flush() -> None:
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
