"""``tui-auth demo --play``: a demo user signs in automatically, and the program exits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.conftest import until
from tests.terminal.pty_program import PtyProgram
from tui_auth.auth.next_step import Done
from tui_auth.demo.app import DemoApp
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision


def test_played_demo_reaches_the_end_without_a_key(tmp_path: Path) -> None:
    arguments = ["-m", "tui_auth", "demo", "--play", "max", "--pace", "0.3"]
    with PtyProgram(arguments, home=tmp_path) as program:
        program.wait_for("Signed in as max", settled=False)  # the program exits a moment later
        assert program.wait_exit() == 0


USERNAMES = (
    *("ann", "sam", "tom", "tess", "mia", "nora", "noel"),
    *("rex", "carl", "quinn", "luna", "emil", "cleo", "max"),
)


@pytest.mark.parametrize("username", USERNAMES)
async def test_every_sample_user_can_be_played(username: str) -> None:
    with CognitoEmulator() as server:
        pool = provision(server)
        assert [user.username for user in pool.users] == list(USERNAMES), "the list below must be complete"
        user = next(user for user in pool.users if user.username == username)
        app = DemoApp(server, pool, theme="tui-auth-dark", autoplay_user=user, pace=0)
        async with app.run_test(size=(80, 23)) as pilot:
            await until(pilot, lambda: not app.is_running, f"{username} did not leave")
        assert isinstance(app.next_step, Done)


def test_unknown_sample_user_lists_the_known_ones(tmp_path: Path) -> None:
    with PtyProgram(["-m", "tui_auth", "demo", "--play", "zoe"], home=tmp_path) as program:
        assert program.wait_exit() == 2
        assert "They are ann, sam, tom" in program.screen_text()
