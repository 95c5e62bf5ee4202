"""One key press: the time until its echo, and the bytes it takes."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from time import sleep

from tests.benchmarks.stage import Stage, TimedProgram
from tests.benchmarks.table import BYTES, MILLISECONDS, Pair, Row

KEYS = "zxvkjqwbgy"
"""Keys that occur in no escape sequence; each is typed once before the field is cleared."""

PRESSES = 200
"""The number of presses for one 99th percentile."""

PAUSE_SECONDS = 0.02
CLEAR = "\x15"


def alternate_keys(stage: Stage, presses: int) -> Iterator[tuple[TimedProgram, TimedProgram, str]]:
    """Yield keys for both programs, clearing their fields after each pass through the keys."""
    with stage.side_by_side() as (tui_auth, reference):
        for number in range(presses):
            if number and number % len(KEYS) == 0:
                for program in (tui_auth, reference):
                    program.send(CLEAR)
                    program.settle()
            yield tui_auth, reference, KEYS[number % len(KEYS)]


def echo_latencies(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the 99th percentiles of the echo times in seconds, alternating programs."""
    for _ in range(rounds):
        seconds: list[Pair] = []
        for tui_auth, reference, key in alternate_keys(stage, PRESSES):
            seconds.append((tui_auth.echo(key), reference.echo(key)))
            sleep(PAUSE_SECONDS)
        yield tuple(statistics.quantiles(figures, n=100)[-1] for figures in zip(*seconds, strict=True))


def bytes_for_key(program: TimedProgram, key: str) -> int:
    """Return the bytes that a program writes after one key."""
    before = program.count
    program.echo(key)
    program.settle()
    return program.count - before


def key_sizes(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the bytes written after one key after another."""
    for tui_auth, reference, key in alternate_keys(stage, rounds):
        yield bytes_for_key(tui_auth, key), bytes_for_key(reference, key)


ECHO = Row(
    "echo",
    f"key press to its echo on the terminal, p99 of {PRESSES}",
    "bare Textual app",
    MILLISECONDS,
    echo_latencies,
    rounds=5,
    ratio=1.2,
)
KEY_BYTES = Row(
    "key-bytes", "bytes for one echoed key", "bare Textual app", BYTES, key_sizes, rounds=20, ratio=0.3
)
