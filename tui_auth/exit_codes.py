"""The exit codes of every command: the one list.

The fast path of ``token`` doesn't import this module, for ``enum`` takes long to load: it knows only 0 and 1.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command. A signal's is 128 plus its number: 129, 130 or 143."""

    OK = 0
    INTERNAL_ERROR = 1
    USAGE = 2
    CONFIGURATION = 3
    NOT_SIGNED_IN = 4
    REJECTED = 5
    CANCELED = 6
    NETWORK = 7
    THROTTLED = 8
    STORAGE = 9
    UNSUPPORTED_STEP = 10
    INTERRUPTED = 130
