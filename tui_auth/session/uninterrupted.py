"""Work that had better be finished once it is begun: a refresh token that was spent must be replaced.

Between Cognito's answer and the disk lies the only copy of a rotated refresh token. A Ctrl+C or a SIGTERM by
then is heeded, but a little later.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import TypeVar

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 3.0
"""How long a signal waits for the work: longer than a reply under way takes, shorter than patience."""

_LOOK_AGAIN_SECONDS = 0.02
T = TypeVar("T")


def finished_first(work: Callable[[], T]) -> T:
    """The result of ``work``, which an ending signal cuts short only after ``GRACE_SECONDS``.

    The signal then does what it would have done. Off the main thread, where no signal comes, it just works.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            failures.append(error)

    former = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        thread = threading.Thread(target=run, daemon=True, name="refresh")
        thread.start()
        deadline: float | None = None
        while thread.is_alive() and (deadline is None or time.monotonic() < deadline):
            thread.join(_LOOK_AGAIN_SECONDS)
            if deadline is None and signal.sigpending() & set(ENDING_SIGNALS):
                deadline = time.monotonic() + GRACE_SECONDS
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
    if failures:
        raise failures[0]
    return results[0]
