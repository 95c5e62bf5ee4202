"""What is written while nobody does anything: nothing, or one number a second."""

from __future__ import annotations

from collections.abc import Iterator
from time import sleep

from tests.benchmarks.journey import go_to_code_screen
from tests.benchmarks.stage import Stage, TimedProgram
from tests.benchmarks.table import BYTES, BYTES_PER_SECOND, Pair, Row

IDLE_SECONDS = 10
COUNTDOWN_SECONDS = 10


def bytes_written(programs: tuple[TimedProgram, TimedProgram], seconds: float) -> Pair:
    """The bytes that two programs write at the same time while nobody does anything."""
    before = [program.count for program in programs]
    sleep(seconds)
    ours, reference = (program.count - count for program, count in zip(programs, before, strict=True))
    return ours, reference


def idle_bytes(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Both first screens, left alone."""
    with stage.side_by_side() as programs:
        for _ in range(rounds):
            yield bytes_written(programs, IDLE_SECONDS)


def bytes_during_countdown(stage: Stage, rounds: int) -> Iterator[Pair]:
    """The code's screen after a new code was asked for, which counts the seconds until the next one.

    Beside it the bare app, which counts nothing; in bytes a second.
    """
    for _ in range(rounds):
        with stage.side_by_side() as (ours, reference):
            start_countdown(stage, ours)
            pair = bytes_written((ours, reference), COUNTDOWN_SECONDS)
            yield pair[0] / COUNTDOWN_SECONDS, pair[1] / COUNTDOWN_SECONDS


def start_countdown(stage: Stage, program: TimedProgram) -> None:
    """Sign in to the code's screen and ask for a new code there."""
    go_to_code_screen(program, stage.users["sam"])
    since = program.count
    program.press("ctrl+r")
    program.wait_for_bytes(b"again in", since)
    program.settle()


IDLE = Row(
    "idle",
    f"bytes written while nothing happens, {IDLE_SECONDS} s, sign-in screen",
    "bare Textual app, whose cursor blinks",
    BYTES,
    idle_bytes,
    rounds=1,
    maximum=0,
)
COUNTDOWN = Row(
    "countdown",
    "the same while a countdown runs, each second",
    "bare Textual app without one",
    BYTES_PER_SECOND,
    bytes_during_countdown,
    rounds=1,
    maximum=100,
)
