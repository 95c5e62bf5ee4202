"""The demo's list: rows with names, and every way to choose one."""

from __future__ import annotations

import pytest

from tests.pilot import press, screen_rows, screen_text, until
from tui_auth.demo.app import DemoApp
from tui_auth.demo.user_list import UserListScreen, UserRow
from tui_auth.screens.help import HelpScreen
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.widgets.field import Field

SIZE, LARGE, SMALL = (80, 23), (120, 40), (40, 15)


def chosen_username(app: DemoApp) -> str:
    """Return the user name on the sign-in screen, or an empty string while the list is shown."""
    is_sign_in = isinstance(app.screen, SignInScreen)
    return app.screen.query_one("#username", Field).value if is_sign_in else ""


@pytest.mark.parametrize("size", [SIZE, LARGE])
async def test_every_user_is_visible_with_name_and_step(app: DemoApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Choose a sample user" in screen_text(app))
        rows = screen_rows(app)
        for user in app.service.users:
            top = next(at for at, row in enumerate(rows) if f"{user.key}  {user.description}" in row)
            assert user.username in rows[top + 1]
        assert "Another user name" in screen_text(app)


@pytest.mark.parametrize(
    ("keys", "username"),
    [
        (("enter",), "ann"),
        (("down", "down", "enter"), "tom"),
        (("down", "up", "up", "enter"), "ann"),
        (("right", "enter"), "carl"),
        (("right", "left", "enter"), "ann"),
        (("end", "up", "enter"), "max"),
        (("end", "home", "down", "enter"), "sam"),
        (("tab", "enter"), "sam"),
        (("7",), "noel"),
        (("0",), "quinn"),
        (("x",), "max"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else "",
)
async def test_arrows_enter_and_keys_choose_a_user(
    app: DemoApp, keys: tuple[str, ...], username: str
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        for key in keys:
            await press(pilot, key)
        await until(pilot, lambda: chosen_username(app) == username)


async def test_click_chooses_a_user(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        row = next(row for row in app.screen.query(UserRow) if row.user and row.user.username == "rex")
        await until(pilot, lambda: "rex ·" in screen_rows(app)[row.region.y + 1])
        await pilot.click(row, offset=(8, 1))
        await until(pilot, lambda: chosen_username(app) == "rex")


async def test_another_user_name_opens_an_empty_form(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "end", "enter")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        assert app.screen.query_one("#username", Field).value == ""


async def test_list_remembers_the_row_after_going_back(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "down", "down", "enter")
        await until(pilot, lambda: chosen_username(app) == "tom")
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, UserListScreen))
        focused = app.screen.focused
        assert isinstance(focused, UserRow)
        assert focused.user is not None
        assert focused.user.username == "tom"


@pytest.mark.parametrize("key", ["question_mark", "ctrl+g", "f1"])
async def test_help_key_explains_the_list(app: DemoApp, key: str) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, key)
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert "--play NAME" in screen_text(app)


async def test_small_terminal_scrolls_to_the_focused_user(app: DemoApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        assert "Another user name" not in screen_text(app)
        await press(pilot, "end")
        await until(pilot, lambda: "Another user name" in screen_text(app))
        await press(pilot, "right", "enter")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        assert app.screen.query_one("#username", Field).value == ""
