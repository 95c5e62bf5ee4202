"""From the start of the process to the first key: how long, and how much memory at the end of a sign-in.

*The first frame that takes a key*: a key is pressed at the sight of the first frame with the field in it; the
time runs until the key shows in that field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

from tests.benchmarks.stage import Stage, TimedProgram
from tests.benchmarks.table import MILLISECONDS, Pair, Row

KEY = "z"
"""Stands nowhere on either first screen."""


def time_to_first_key(start: Callable[[], TimedProgram]) -> float:
    """Start a program, press a key as soon as its field is seen, and wait for the key to show."""
    with start() as program:
        started = perf_counter()  # once the process is there: making the terminal is the harness's
        program.wait_for_bytes(b"Password")
        program.echo(KEY)
        return perf_counter() - started


def launches(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Starts in turn, after one round that fills the caches."""
    for number in range(rounds + 1):
        pair = time_to_first_key(stage.ours), time_to_first_key(stage.reference)
        if number:
            yield pair


LAUNCH = Row(
    "launch",
    "launch to the first frame that takes a key",
    "bare Textual app",
    MILLISECONDS,
    launches,
    rounds=20,
    ratio=1.15,
)
