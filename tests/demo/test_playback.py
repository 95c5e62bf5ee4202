"""``tui-auth demo --play``: a sample user signs in automatically, whatever else is typed."""

from __future__ import annotations

import pytest
from textual import events

from tests.pilot import press, screen_text, until
from tui_auth.auth.next_step import ConfirmSignInWithSMSMFACode, Done
from tui_auth.demo.app import DemoApp
from tui_auth.demo.user_list import UserListScreen
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool
from tui_auth.screens.step_screen import StepScreen

SIZE = (80, 23)
USERNAMES = (
    *("ann", "sam", "tom", "tess", "mia", "nora", "noel"),
    *("rex", "carl", "quinn", "luna", "emil", "cleo", "dora", "bea", "max"),
)


def playing_app(server: CognitoEmulator, pool: DemoPool, username: str, *, pace: float = 0) -> DemoApp:
    """Return the demo with a sample user who signs in automatically."""
    user = next(user for user in pool.users if user.username == username)
    return DemoApp(server, pool, theme="tui-auth-dark", autoplay_user=user, pace=pace)


@pytest.mark.parametrize("username", USERNAMES)
async def test_every_sample_user_can_be_played(
    server: CognitoEmulator, pool: DemoPool, username: str
) -> None:
    assert [user.username for user in pool.users] == list(USERNAMES), "the list above must be complete"
    app = playing_app(server, pool, username)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: not app.is_running, f"{username} did not leave")
    assert isinstance(app.next_step, Done)
    assert app.return_code == 0


async def test_stray_keys_and_clicks_change_nothing(server: CognitoEmulator, pool: DemoPool) -> None:
    app = playing_app(server, pool, "sam", pace=0.02)
    async with app.run_test(size=SIZE) as pilot:
        while app.is_running and app.player is not None:
            await press(pilot, "escape", "4", "x", "ctrl+g", "enter", "down")
            for kind in (events.MouseDown, events.MouseUp):
                app.post_message(kind(None, 12, 12, 0, 0, 1, False, False, False))
    assert isinstance(app.next_step, Done)
    assert app.next_step.claims.username == "sam"


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_leaving_keys_end_the_playback(server: CognitoEmulator, pool: DemoPool, key: str) -> None:
    app = playing_app(server, pool, "sam", pace=20)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, UserListScreen))
        await press(pilot, key)
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0


async def test_playback_that_cannot_go_on_says_so_and_returns_the_keys(
    server: CognitoEmulator, pool: DemoPool
) -> None:
    app = playing_app(server, pool, "sam", pace=0)
    service = app.service

    def wrong_code() -> str:
        code = service.server.messages[-1]["code"]
        return "000000" if code != "000000" else "000001"

    app.newest_code = wrong_code  # type: ignore[method-assign]
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "The playback has stopped." in screen_text(app))
        assert isinstance(app.screen, StepScreen)
        assert isinstance(app.screen.step, ConfirmSignInWithSMSMFACode)
        await press(pilot, *service.server.messages[-1]["code"], "enter")
        await until(pilot, lambda: isinstance(app.next_step, Done))
