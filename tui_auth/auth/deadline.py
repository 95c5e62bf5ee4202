"""An end to waiting: a server that sends a byte now and then outlives every timeout of its socket."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """The result of ``work``, or its exception; TimeoutError where that takes longer than so many seconds.

    The work is then left to itself on a daemon thread: nothing stops a thread that waits for the network,
    a name server included, and nobody waits for this one any more.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True, name="request")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError
    if failures:
        raise failures[0]
    return results[0]
