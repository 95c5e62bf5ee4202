"""Work that had better be finished once it is begun: a refresh token that was spent must be replaced.

Between Cognito's answer and the disk lies the only copy of a rotated refresh token. A Ctrl+C or a SIGTERM by
then is heeded, but a little later.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 3.0
"""How long a signal waits for the work: longer than a reply under way takes, shorter than patience."""

_LOOK_AGAIN_SECONDS = 0.02
T = TypeVar("T")


def finished_first(work: Callable[[], T]) -> T:
    """The result of ``work``, which an ending signal cuts short only after ``GRACE_SECONDS``.

    The signal then does what it would have done; if that does not end the program, the work goes on. A signal
    that is ignored (``nohup``) stays so. Off the main thread, where no signal comes, it just works.
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

    thread = threading.Thread(target=run, daemon=True, name="unfinished work")
    with _kept_for_later() as came:
        thread.start()
        deadline: float | None = None
        while thread.is_alive() and (deadline is None or time.monotonic() < deadline):
            thread.join(_LOOK_AGAIN_SECONDS)
            if deadline is None and came:
                deadline = time.monotonic() + GRACE_SECONDS
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


@contextmanager
def _kept_for_later() -> Iterator[list[int]]:
    """Inside, ending signals are only counted; at the end the first that came is sent again.

    By handlers: a signal that is blocked in this thread comes on another, and is heeded here all the same.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    former: dict[signal.Signals, Any] = {
        number: signal.getsignal(number)
        for number in ENDING_SIGNALS
        if signal.getsignal(number) not in (signal.SIG_IGN, None)
    }
    try:
        for number in former:
            signal.signal(number, note)
        yield came
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
