"""``tui-auth demo --play`` and ``--plain`` on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal.pty_program import PtyProgram


def test_played_demo_reaches_the_end_and_ignores_stray_keys(tmp_path: Path) -> None:
    arguments = ["-m", "tui_auth", "demo", "--play", "max", "--pace", "0.3"]
    with PtyProgram(arguments, home=tmp_path) as program:
        program.wait_for("Choose a sample user", settled=False)
        program.press("4", "x", "esc", "enter")
        program.wait_for("Signed in as max", settled=False)  # the program exits a moment later
        assert program.wait_exit() == 0
        assert program.attributes() == program.attributes_before


def test_unknown_sample_user_lists_the_known_ones(tmp_path: Path) -> None:
    with PtyProgram(["-m", "tui_auth", "demo", "--play", "zoe"], home=tmp_path) as program:
        assert program.wait_exit() == 2
        assert "Choose one of ann, sam, tom" in program.screen_text()


@pytest.mark.parametrize(
    ("flags", "variables"),
    [(["--plain"], {}), ([], {"ACCESSIBLE": "1"}), ([], {"TERM": "dumb"})],
    ids=["--plain", "ACCESSIBLE", "TERM=dumb"],
)
def test_line_prompts_sign_in_with_the_printed_code(
    tmp_path: Path, flags: list[str], variables: dict[str, str]
) -> None:
    arguments = ["-m", "tui_auth", "demo", *flags]
    with PtyProgram(arguments, home=tmp_path, rows=60, environment=variables) as program:
        program.wait_for("Key or user name:")
        program.send("sam\r")
        program.wait_for("Password [")
        program.send("\r")
        program.wait_for("The code on the demo phone is")
        program.send("\r")
        program.wait_for("Signed in as sam.")
        program.send("\x04")
        assert program.wait_exit() == 0
        assert b"\x1b" not in program.received
        assert program.attributes() == program.attributes_before


def test_playing_in_line_prompts_is_a_usage_error(tmp_path: Path) -> None:
    with PtyProgram(["-m", "tui_auth", "demo", "--plain", "--play", "sam"], home=tmp_path) as program:
        assert program.wait_exit() == 2
        assert "--play needs the full screen" in program.screen_text()
