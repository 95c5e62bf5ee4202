"""``tui-auth demo --play``: a sample user signs in by itself, and the program leaves at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal.pty_program import PtyProgram

USERS = (
    *("ann", "sam", "tom", "tess", "mia", "nora", "noel"),
    *("rex", "carl", "quinn", "luna", "emil", "cleo", "max"),
)


@pytest.mark.parametrize("name", USERS)
def test_each_sample_user_walks_to_the_end_without_a_key_pressed(name: str, tmp_path: Path) -> None:
    arguments = ["-m", "tui_auth", "demo", "--play", name, "--pace", "0.3"]
    with PtyProgram(arguments, home=tmp_path) as program:
        program.wait_for(f"Signed in as {name}", timeout=60)
        assert program.wait_exit() == 0


def test_a_user_that_does_not_exist_is_answered_with_those_that_do(tmp_path: Path) -> None:
    with PtyProgram(["-m", "tui_auth", "demo", "--play", "zoe"], home=tmp_path) as program:
        assert program.wait_exit() == 2
        assert "They are ann, sam, tom" in program.screen_text()
