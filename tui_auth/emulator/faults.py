"""Faults on order: what a client must live through and a healthy pool never does by itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from tui_auth.emulator.errors import PoolError


@dataclass(frozen=True)
class Fault:
    """What happens to one request: it is refused, or its connection is dropped, before or after its work."""

    refusal: PoolError | None = None
    after_work: bool = False


class Faults:
    """Faults waiting for their operation, first come first served."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Fault]] = {}
        self._lock = threading.Lock()

    def add(self, operation: str, fault: Fault, times: int) -> None:
        """Let the next requests for an operation meet a fault."""
        with self._lock:
            self._waiting.setdefault(operation, []).extend([fault] * times)

    def take(self, operation: str) -> Fault | None:
        """The fault this request meets, if any."""
        with self._lock:
            waiting = self._waiting.get(operation)
            return waiting.pop(0) if waiting else None
