"""Wait for blocking work without making a quit wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """Run ``work`` on a daemon thread and give its result or raise its exception.

    Unlike ``asyncio.to_thread`` neither a cancellation nor the end of the program waits for it: a socket
    may take a quarter of a minute to give up, and a person who quits is gone at once.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None only where T is

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        # A loop that has closed meanwhile has nobody left who waits.
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(deliver, result, error)
            except RuntimeError:
                return

    threading.Thread(target=run, daemon=True, name="cognito").start()
    return await future
