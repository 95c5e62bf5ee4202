"""The bytes written while the user does nothing: none, or one number a second."""

from __future__ import annotations

from collections.abc import Iterator
from time import sleep

from tests.benchmarks.journey import go_to_code_screen
from tests.benchmarks.stage import Stage, TimedProgram
from tests.benchmarks.table import BYTES, BYTES_PER_SECOND, Pair, Row

IDLE_SECONDS = 10
COUNTDOWN_SECONDS = 10


def bytes_written(programs: tuple[TimedProgram, TimedProgram], seconds: float) -> Pair:
    """Return the bytes that both programs write during some seconds."""
    before = [program.count for program in programs]
    sleep(seconds)
    tui_auth, reference = (program.count - count for program, count in zip(programs, before, strict=True))
    return tui_auth, reference


def idle_bytes(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the bytes written by both idle first screens."""
    with stage.side_by_side() as programs:
        for _ in range(rounds):
            yield bytes_written(programs, IDLE_SECONDS)


def bytes_during_countdown(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield bytes per second of the code screen's countdown until a new code may be requested.

    The bare app beside it counts nothing.
    """
    for _ in range(rounds):
        with stage.side_by_side() as (tui_auth, reference):
            start_countdown(stage, tui_auth)
            pair = bytes_written((tui_auth, reference), COUNTDOWN_SECONDS)
            yield pair[0] / COUNTDOWN_SECONDS, pair[1] / COUNTDOWN_SECONDS


def start_countdown(stage: Stage, program: TimedProgram) -> None:
    """Go to the code screen and request a new code there."""
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
