"""What becomes of what a command prints where stdout is full, closed, or was never there.

The short way of ``token`` comes through here, so nothing is imported that it could do without.
"""

from __future__ import annotations

import sys


def write_out(text: str) -> int:
    """Write to stdout all or say why not: 0, or 1 where it is full or gone."""
    if sys.stdout is None:
        tell("There is no stdout to write to.")
        return 1
    return _written(text)


def written_out() -> int:
    """Write what was printed and is held back still: 0, or 1 where stdout is full or gone."""
    return 0 if sys.stdout is None else _written("")


def _written(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read what is printed, such as head, has read enough.
        let_go_of_stdout()
        return 1
    except OSError as error:
        tell(f"stdout cannot be written: {error.strerror}.")
        let_go_of_stdout()
        return 1
    return 0


def tell(sentence: str, by: str = "tui-auth: ") -> None:
    """One line on stderr, if there is one that takes it: neither stdout nor the exit status depends on that.

    The sentence must be ours, or made safe before. ``by`` is who says it.
    """
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"{by}{sentence}\n")
            sys.stderr.flush()
    except OSError:
        _let_go_of(2)


def let_go_of_stdout() -> None:
    """Keep the interpreter from trying again, and complaining, at its end."""
    _let_go_of(1)


def _let_go_of(descriptor: int) -> None:
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
