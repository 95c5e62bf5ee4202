"""Work on threads: with a deadline, for an event loop, or shielded from signals until it is finished.

Daemon threads only: nothing stops a thread that waits for the network, a name server included, and the end of
the program must not wait for it.
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

_OTHER_SIGNALS: Final = {
    *("SIGKILL", "SIGSTOP"),  # nobody can handle these
    *("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL"),  # a handler returns to the instruction that failed
    *("SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT"),  # stop and continue
    *("SIGCHLD", "SIGURG", "SIGWINCH", "SIGINFO"),  # ignored by default
}
ENDING_SIGNALS: Final = tuple(
    sorted(signal.valid_signals() - {getattr(signal, name, 0) for name in _OTHER_SIGNALS})
)
"""The signals whose default action ends the process, the real-time ones included."""

EXIT_GRACE_SECONDS: float = 5.0
"""How long an orderly end may take after a signal before the process ends without it."""

SHIELD_SECONDS: float = 3.0
"""How long a signal waits for shielded work: longer than a reply takes, shorter than an orderly end may."""

_POLL_SECONDS: Final = 0.02
T = TypeVar("T")


class DeadlineError(TimeoutError):
    """Work took longer than its caller waits."""


class _Task(Generic[T]):
    """Work that starts at once on a daemon thread, and its result or exception once the thread has ended."""

    def __init__(self, work: Callable[[], T], name: str, on_end: Callable[[], object] | None = None) -> None:
        self._work: Callable[[], T] | None = work
        self._on_end = on_end
        self._results: list[T] = []
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True, name=name)
        self.thread.start()

    def result(self) -> T:
        """Return the result of the work or raise its exception. For one call: nothing keeps either longer."""
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self._results.pop()

    def _run(self) -> None:
        # Work may hold a password, so nothing refers to it once it has ended.
        work, self._work = self._work, None
        on_end, self._on_end = self._on_end, None
        try:
            if work is not None:
                self._results.append(work())
        except BaseException as error:
            self._error = error
        if on_end is not None:
            with suppress(RuntimeError):  # a closed event loop has nobody left who waits
                on_end()


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """Run blocking work on a daemon thread and return its result or raise its exception.

    Unlike with ``asyncio.to_thread``, neither a cancellation nor the end of the program waits for it: a
    socket may take 15 seconds to give up, and the program should quit at once.
    """
    import asyncio

    ended = asyncio.Event()
    wake = partial(asyncio.get_running_loop().call_soon_threadsafe, ended.set)
    task = _Task(work, "cognito", on_end=wake)
    await ended.wait()
    return task.result()


def run_with_timeout(seconds: float, work: Callable[[], T]) -> T:
    """Return the result of the work or raise its exception. Raises DeadlineError after this many seconds.

    Timeouts of a socket don't stop a server that sends a byte now and then. After the timeout the work is
    abandoned on its daemon thread.
    """
    task = _Task(work, "request")
    task.thread.join(seconds)
    if task.thread.is_alive():
        raise DeadlineError
    return task.result()


def run_together(works: Sequence[Callable[[], T]]) -> list[T]:
    """Do blocking work on as many daemon threads at once and return the results in order.

    Raises the first exception, in the same order, once all have ended.
    """
    tasks = [_Task(work, "request") for work in works]
    for task in tasks:
        task.thread.join()
    return [task.result() for task in tasks]


def shielded_from_signals(work: Callable[[], T]) -> T:
    """Return the result of work that an ending signal interrupts only after ``SHIELD_SECONDS``.

    Between Cognito's reply and the disk, this process has the only copy of a rotated refresh token. A Ctrl+C
    or a SIGTERM in that time takes effect a little later. If it doesn't end the program, the work goes on. An
    ignored signal (``nohup``) stays ignored. Off the main thread, where no signal arrives, it just runs.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    with _signals_deferred() as received:
        task = _Task(work, "shielded work")
        deadline: float | None = None
        while task.thread.is_alive() and (deadline is None or time.monotonic() < deadline):
            task.thread.join(_POLL_SECONDS)
            if deadline is None and received:
                deadline = time.monotonic() + SHIELD_SECONDS
    task.thread.join()
    return task.result()


@contextmanager
def _signals_deferred() -> Iterator[list[int]]:
    """Inside, only record ending signals; at the end send the first one again.

    With handlers: a signal that is blocked in this thread arrives on another, and takes effect all the same.
    """
    received: list[int] = []

    def record(number: int, frame: FrameType | None) -> None:
        received.append(number)

    former: dict[int, Any] = {
        number: signal.getsignal(number)
        for number in ENDING_SIGNALS
        if signal.getsignal(number) not in (signal.SIG_IGN, None)
    }
    try:
        for number in former:
            signal.signal(number, record)
        yield received
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])
