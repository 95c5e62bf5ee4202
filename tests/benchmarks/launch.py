"""The time from launch to the first frame that takes a key.

A key is pressed when the first frame with the field appears; the time ends when the key shows in the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

from tests.benchmarks.stage import Stage, TimedProgram
from tests.benchmarks.table import MILLISECONDS, Pair, Row

KEY = "z"
"""A character that isn't on either first screen."""


def time_to_first_key(start: Callable[[], TimedProgram]) -> float:
    """Start a program, press a key when its field appears, and wait for the echo."""
    with start() as program:
        started = perf_counter()  # after the process has started: creating the terminal is the harness's work
        program.wait_for_bytes(b"Password")
        program.echo(KEY)
        return perf_counter() - started


def launches(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield launch times, alternating between the programs, after a warm-up round."""
    for number in range(rounds + 1):
        pair = time_to_first_key(stage.start_tui_auth), time_to_first_key(stage.start_reference)
        if number:
            yield pair


LAUNCH = Row(
    "launch",
    "launch to the first frame that takes a key",
    "bare Textual app",
    MILLISECONDS,
    launches,
    rounds=20,
    ratio=1.05,
)
