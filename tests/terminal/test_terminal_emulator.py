"""The terminal test harness: its emulator and its waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from .pty_program import PtyProgram

INVISIBLE_SEQUENCES = (
    b"\x1b[>25u\x1b[<u\x1b[<1u\x1b[=1;1u\x1b[?u\x1b[?2026$p\x1b[?2048$p\x1b[>4;2m\x1b[?1016h\x1b]22;default\x07"
    b"\x1b]52;c;aGk=\x07\x1b]8;;https://example.com\x1b\\\x1bP+q544e\x1b\\\x1b_Gi=1\x1b\\\x1b[4:3m\x1b[c\x1b(B\x1b="
)


def test_invisible_sequences_show_nothing() -> None:
    emulator = Emulator(3, 20)
    emulator.feed(b"a" + INVISIBLE_SEQUENCES + b"b")
    assert emulator.text() == "ab\n\n"
    assert emulator.clipboard == ["aGk="]


@given(st.lists(st.integers(0, len(INVISIBLE_SEQUENCES) + 2)))
def test_sequence_may_arrive_in_pieces(cuts: list[int]) -> None:
    data = b"\xc3\xa4" + INVISIBLE_SEQUENCES + b"b"
    emulator = Emulator(3, 20)
    start = 0
    for cut in [*sorted(cuts), len(data)]:
        emulator.feed(data[start:cut])
        start = cut
    assert emulator.text() == "äb\n\n"


def test_alternate_screen_leaves_the_main_screen_unchanged() -> None:
    emulator = Emulator(2, 20)
    emulator.feed(b"main\x1b[?1049h\x1b[Halternate")
    assert emulator.text() == "alternate\n"
    emulator.feed(b"\x1b[?1049l")
    assert emulator.text() == "main\n"


def test_cells_have_their_colors() -> None:
    emulator = Emulator(1, 4)
    emulator.feed("\x1b[38;2;1;2;3;48;2;255;255;255m▄\x1b[0;1;31mx".encode())
    block, letter, empty, _ = emulator.cells()[0]
    assert (block.char, block.foreground, block.background) == ("▄", "010203", "ffffff")
    assert (letter.char, letter.foreground, letter.bold) == ("x", "red", True)
    assert (empty.char, empty.background) == (" ", "default")


def test_failed_wait_shows_the_screen(start: Callable[..., PtyProgram]) -> None:
    program = start("-c", "print('hello'); input()")
    program.wait_for("hello")
    with pytest.raises(AssertionError, match=r"'goodbye' did not come in 0\.1 s\.\n─+\nhello"):
        program.wait_for("goodbye", timeout=0.1)


def test_wait_for_an_ended_program_fails_at_once(start: Callable[..., PtyProgram]) -> None:
    program = start("-c", "import sys; print('last words'); sys.exit(3)")
    program.wait_for("last words")
    with pytest.raises(AssertionError, match="the program ended with 3"):
        program.wait_for("goodbye", timeout=60)


def test_everything_written_before_the_end_is_received(start: Callable[..., PtyProgram]) -> None:
    program = start("-c", "print('y' * 100_000 + 'END')")
    assert program.wait_exit() == 0
    assert len(program.received) == 100_005


def test_program_gets_nothing_of_the_users_environment(
    start: Callable[..., PtyProgram], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "TEXTUAL_LOG", "TUI_AUTH_CLIENT_ID", "PYTHONWARNINGS", "TMUX", "DISPLAY"):
        monkeypatch.setenv(name, "canary")
    program = start("-c", "import os; print(dict(os.environ))")
    assert program.wait_exit() == 0
    assert b"canary" not in program.received


def test_unfinished_sequence_swallows_no_text() -> None:
    emulator = Emulator(1, 20)
    emulator.feed(b"a\x1b[48;5;231\x1b[1;2Hb")
    emulator.feed(b"c")
    assert emulator.text() == "abc"


DRAWS_TWO_SCREENS = """
import sys, time
def draw(text):
    sys.stdout.write(text)
    sys.stdout.flush()
draw("\\x1b[?1049hold field, new question")
{work}
draw("\\x1b[2J\\x1b[Hnew field, new question")
input()
"""


@pytest.mark.parametrize(
    "work", ["sum(number for number in range(3_000_000))", "time.sleep(0.015)"], ids=["computes", "collects"]
)
def test_text_of_a_half_drawn_screen_does_not_count(start: Callable[..., PtyProgram], work: str) -> None:
    program = start("-c", DRAWS_TWO_SCREENS.format(work=work))
    program.wait_for("new question")
    assert "old field" not in program.screen_text()


def test_wait_sees_a_condition_that_is_briefly_true(start: Callable[..., PtyProgram]) -> None:
    busy_work = "sum(number for number in range(3_000_000))"
    program = start("-c", DRAWS_TWO_SCREENS.format(work=busy_work))
    program.wait_for(lambda p: b"old field" in p.received, settled=False)
    program.wait_for("new field")


def test_program_with_unread_keys_has_not_settled(start: Callable[..., PtyProgram]) -> None:
    program = start("-c", "input('\\x1b[?1049hready'); print('\\x1b[2Jread'); input()")
    program.wait_for("ready")
    program.press("enter")
    program.wait_for(lambda p: True)
    assert "ready" not in program.screen_text()
