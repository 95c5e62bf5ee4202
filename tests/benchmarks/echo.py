"""One key press: how long until it shows, and how many bytes that takes on the wire."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from time import sleep

from tests.benchmarks.stage import Stage, TimedProgram
from tests.benchmarks.table import BYTES, MILLISECONDS, Pair, Row

KEYS = "zxvkjqwbgy"
"""In this order each stands in the field only once it was pressed, and in no escape sequence."""

PRESSES = 200
"""For one 99th percentile."""

PAUSE_SECONDS = 0.02
CLEAR = "\x15"


def alternate_keys(stage: Stage, presses: int) -> Iterator[tuple[TimedProgram, TimedProgram, str]]:
    """Keys for both programs, whose fields are emptied when every key has been pressed once."""
    with stage.side_by_side() as (ours, reference):
        for number in range(presses):
            if number and number % len(KEYS) == 0:
                for program in (ours, reference):
                    program.send(CLEAR)
                    program.settle()
            yield ours, reference, KEYS[number % len(KEYS)]


def echo_latencies(stage: Stage, rounds: int) -> Iterator[Pair]:
    """The 99th percentile of so many presses, in seconds, one key in turn for each program."""
    for _ in range(rounds):
        seconds: list[Pair] = []
        for ours, reference, key in alternate_keys(stage, PRESSES):
            seconds.append((ours.echo(key), reference.echo(key)))
            sleep(PAUSE_SECONDS)
        yield tuple(statistics.quantiles(figures, n=100)[-1] for figures in zip(*seconds, strict=True))


def bytes_for_key(program: TimedProgram, key: str) -> int:
    """What one key makes a program write until it is still again."""
    before = program.count
    program.echo(key)
    program.settle()
    return program.count - before


def key_sizes(stage: Stage, rounds: int) -> Iterator[Pair]:
    """The bytes of one key after another."""
    for ours, reference, key in alternate_keys(stage, rounds):
        yield bytes_for_key(ours, key), bytes_for_key(reference, key)


ECHO = Row(
    "echo",
    f"key press to its echo on the wire, p99 of {PRESSES}",
    "bare Textual app",
    MILLISECONDS,
    echo_latencies,
    rounds=5,
    ratio=1.2,
)
KEY_BYTES = Row(
    "key-bytes", "bytes for one echoed key", "bare Textual app", BYTES, key_sizes, rounds=20, ratio=0.3
)
