"""Print to stdout and stderr, also if one is full, closed, or was never there.

The fast path of ``token`` prints with it, so nothing is imported that it could do without. It uses two of
the exit codes of ``tui_auth.exit_codes``: 0, and 1 if stdout can't be written.
"""

from __future__ import annotations

import sys


def write_out(text: str) -> int:
    """Write all of the text to stdout. Return 0, or 1 if it is full or gone."""
    if sys.stdout is None:
        tell("There is no stdout to write to.")
        return 1
    return _write(text)


def flush_stdout() -> int:
    """Write what is still buffered. Return 0, or 1 if stdout is full or gone."""
    return 0 if sys.stdout is None else _write("")


def tell(sentence: str, by: str = "tui-auth: ") -> None:
    """Print one line on stderr if possible: neither stdout nor the exit code depends on it.

    The sentence must be ours, or made safe before; ``say`` is for all others. ``by`` is what it begins with.
    """
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"{by}{sentence}\n")
            sys.stderr.flush()
    except OSError:
        _discard(2)


def say(sentence: str) -> None:
    """Print one line on stderr whose text may be anybody's."""
    from tui_auth.terminal.safe_text import safe_line

    tell(safe_line(sentence, limit=1000))


def discard_stdout() -> None:
    """Keep the interpreter from writing to stdout again, and from complaining, at its end."""
    _discard(1)


def _write(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as head, has read enough.
        discard_stdout()
        return 1
    except OSError as error:
        tell(f"stdout cannot be written: {error.strerror}.")
        discard_stdout()
        return 1
    return 0


def _discard(descriptor: int) -> None:
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
