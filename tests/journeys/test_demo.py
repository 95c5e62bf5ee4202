"""The demo: demo users, a phone that scans, an inbox, and a key that types the newest code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.terminal.pty_program import PtyProgram
from tests.widgets.qr_reading import decode_cells

StartDemo = Callable[..., PtyProgram]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[StartDemo]:
    """Return a function that starts ``tui-auth demo`` at its list."""
    with ExitStack() as stack:

        def start(rows: int = 23, cols: int = 80) -> PtyProgram:
            program = PtyProgram(["-m", "tui_auth", "demo"], home=tmp_path, rows=rows, cols=cols)
            stack.enter_context(program)
            program.wait_for("Choose a sample user")
            return program

        yield start


def fill_in(program: PtyProgram, key: str, username: str) -> None:
    """Choose a sample user by key, and wait until the form is filled in."""
    program.send(key)
    program.wait_for(lambda p: f"│ {username} " in p.screen_text() and "Password" in p.screen_text())


def set_up_as_tess(demo: StartDemo) -> PtyProgram:
    """Open the demo at tess's TOTP set-up."""
    program = demo()
    fill_in(program, "4", "tess")
    program.press("enter")
    program.wait_for("2 Type the code the app shows")
    return program


def test_demo_keys_fill_in_the_form_and_type_the_newest_code(demo: StartDemo) -> None:
    program = demo()
    fill_in(program, "2", "sam")
    program.press("enter")
    program.wait_for("Code sent by SMS to +")
    assert "Demo: the code is on the phone." in program.screen_text()
    program.press("ctrl+o", "enter")
    program.wait_for("Signed in as sam")
    program.press("enter")
    program.wait_for("Choose a sample user")
    assert "password ✓" not in program.screen_text()


def test_phone_scans_the_qr_code_and_shows_its_code(demo: StartDemo) -> None:
    program = set_up_as_tess(demo)
    program.press("ctrl+o")
    program.wait_for("The phone has scanned")
    program.press("ctrl+s")
    program.wait_for("▶ app   tess")
    program.press("ctrl+o", "enter")
    program.wait_for("Signed in as tess")


def test_open_phone_does_not_hide_the_qr_code(demo: StartDemo) -> None:
    program = set_up_as_tess(demo)
    program.press("ctrl+s")
    program.wait_for("Demo: no code on the phone yet.")
    cells = [[(cell.char, cell.foreground, cell.background) for cell in row] for row in program.cells()]
    assert "otpauth://totp/" in (decode_cells(cells) or "")


def test_phone_inbox_and_trace_are_beside_at_120_columns_and_open_with_a_key_at_80(demo: StartDemo) -> None:
    wide = demo(rows=23, cols=120)
    wide.wait_for("╭─ Phone and inbox ─")
    wide.wait_for("no request yet")
    fill_in(wide, "2", "sam")
    wide.press("enter")
    wide.wait_for("Code sent by SMS")
    wide.wait_for("= ConfirmSignInWithSMSMFACode")
    narrow = demo()
    assert "╭─ Phone and inbox ─" not in narrow.screen_text()
    narrow.press("f3")
    narrow.wait_for("╭─ Phone and inbox ─")


def test_newest_trace_entry_is_visible_at_every_size(demo: StartDemo) -> None:
    wide = demo(rows=23, cols=120)
    narrow = demo()
    for program in (wide, narrow):
        fill_in(program, "2", "sam")
        program.press("enter")
        program.wait_for("Code sent by SMS to +")
        program.press("ctrl+o", "enter")
        program.wait_for("Signed in as sam")
    wide.wait_for("= Done")
    narrow.press("f3")
    narrow.wait_for("= Done")
    narrow.resize(18, 80)
    narrow.wait_for(lambda p: len(p.screen_text().splitlines()) == 18 and "= Done" in p.screen_text())


def test_one_time_step_can_be_demonstrated_again(demo: StartDemo) -> None:
    program = demo()
    for _ in range(2):
        fill_in(program, "9", "carl")
        program.press("enter")
        program.wait_for("isn't confirmed yet")
        program.press("ctrl+o", "enter")  # without a pause
        program.wait_for("Signed in as carl")
        program.press("enter")
        program.wait_for("Choose a sample user")
