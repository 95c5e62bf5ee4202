"""A complete SMS sign-in from launch to exit: the bytes written and the peak memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import reference_app
from tests.benchmarks.stage import Stage, TimedProgram
from tests.benchmarks.table import BYTES, MEBIBYTES, Pair, Row
from tui_auth.emulator.demo_users import DemoUser

KIBIBYTE = 1024
PROGRAMS = 100


def go_to_code_screen(program: TimedProgram, user: DemoUser) -> None:
    """Enter the user name and password, and wait for the code screen."""
    program.wait_for_bytes(b"Password")
    program.settle()
    type_slowly(program, user.username)
    program.press("enter")
    program.settle()
    type_slowly(program, user.password)
    since = program.count
    program.press("enter")
    program.wait_for_bytes(b"Code sent by SMS", since)
    program.settle()


def type_slowly(program: TimedProgram, text: str) -> None:
    """Type one key at a time, each when the previous one has been drawn."""
    for character in text:
        since = program.count
        program.send(character)
        program.wait_for_output(since)


def go_to_done_screen(program: TimedProgram, stage: Stage) -> None:
    """Sign in and wait for the Done screen."""
    user = stage.users["sam"]
    sent = len(stage.server.messages)
    go_to_code_screen(program, user)
    # The bare app makes no request, so any code of the same length will do.
    code = stage.newest_code(user.username, sent) if len(stage.server.messages) > sent else "123456"
    type_slowly(program, code)
    since = program.count
    program.press("enter")
    program.wait_for_bytes(reference_app.SIGNED_IN.encode(), since)
    program.settle()


def bytes_for_sign_in(program: TimedProgram, stage: Stage) -> int:
    """Return the bytes that a program writes from start to exit."""
    with program:
        go_to_done_screen(program, stage)
        program.press("enter")
        status = program.wait_exit()
        assert status == 0, status
        return program.count


def sign_ins(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the bytes of complete sign-ins, alternating between the programs."""
    for _ in range(rounds):
        yield (
            bytes_for_sign_in(stage.start_tui_auth(), stage),
            bytes_for_sign_in(stage.start_reference(), stage),
        )


def peak_memory(program: TimedProgram) -> int:
    """Return the peak memory of a running program in bytes (VmHWM)."""
    for line in Path(f"/proc/{program.pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) * KIBIBYTE
    raise AssertionError("this system tells no peak of memory")


def peak_memories(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the peak memory after a sign-in, and of the bare app with a boto3 client."""
    for _ in range(rounds):
        with stage.start_tui_auth() as tui_auth, stage.start_reference("with-boto3") as reference:
            go_to_done_screen(tui_auth, stage)
            reference.wait_for_bytes(reference_app.HAS_CLIENT.encode())
            reference.settle()
            yield peak_memory(tui_auth), peak_memory(reference)


def share_of_memory(program: TimedProgram) -> int:
    """Return a running program's memory in bytes, with its share of what others use too (PSS)."""
    for line in Path(f"/proc/{program.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * KIBIBYTE
    raise AssertionError("this system tells no share of memory")


def shares_of_memory(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the memory of one of 100 signed-in programs side by side, and of as many bare apps."""
    for _ in range(rounds):
        figures = []
        for is_reference in (False, True):
            with ExitStack() as running:
                programs = []
                for _ in range(PROGRAMS):
                    if is_reference:
                        program = running.enter_context(stage.start_reference("with-boto3"))
                        program.wait_for_bytes(reference_app.HAS_CLIENT.encode())
                    else:
                        program = running.enter_context(stage.start_tui_auth())
                        go_to_done_screen(program, stage)
                    programs.append(program)
                figures.append(sum(map(share_of_memory, programs)) / PROGRAMS)
        yield figures[0], figures[1]


SIGN_IN_BYTES = Row(
    "sign-in-bytes",
    "bytes for a whole SMS sign-in, launch to exit, 80×23",
    "bare Textual app, as many screens, fields and keys",
    BYTES,
    sign_ins,
    rounds=3,
    ratio=1.5,
)
MEMORY = Row(
    "memory",
    "peak memory at the Done screen",
    "bare Textual app + a boto3 client",
    MEBIBYTES,
    peak_memories,
    rounds=3,
    ratio=1.05,
)
HUNDRED = Row(
    "hundred",
    "memory of one of 100 signed-in programs side by side",
    "one of 100 bare Textual apps + a boto3 client",
    MEBIBYTES,
    shares_of_memory,
    rounds=1,
)
