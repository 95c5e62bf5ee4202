"""The mouse: fields, the button, choices, and the keys of card and footer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.pilot import press, screen_rows, settle, until
from tests.screens.conftest import CLIENT, POOL, PilotedApp, app_with
from tests.scripted_gateway import challenge, tokens
from tui_auth.screens.help import HelpScreen
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.sign_up import SignUpScreen
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Field

if TYPE_CHECKING:
    from textual.pilot import Pilot

SMS = challenge("SMS_MFA", CODE_DELIVERY_DESTINATION="+*******0123", CODE_DELIVERY_DELIVERY_MEDIUM="SMS")
METHODS = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA"]')
DONE = tokens(POOL, CLIENT)
SIZES = [(80, 23), (120, 40), (40, 15)]


async def click(pilot: Pilot[Any], text: str, *, after: str = "") -> None:
    """Click on a text on the screen: the first one, or the first one in the rows that have ``after``."""
    await settle(pilot)
    for y, row in enumerate(screen_rows(pilot.app)):
        if text in row and after in row:
            assert await pilot.click(offset=(row.index(text) + 1, y))
            return
    raise AssertionError(f"{text!r} is not on the screen")


async def at_sms(pilot: Pilot[Any], app: PilotedApp) -> None:
    """Sign in until the code is asked for."""
    await press(pilot, *"pw", "enter")
    await until(pilot, lambda: "Code sent by SMS" in app.text())


@pytest.mark.parametrize("size", SIZES)
async def test_click_on_a_label_focuses_its_field(size: tuple[int, int]) -> None:
    app = app_with()
    async with app.run_test(size=size) as pilot:
        await click(pilot, "Username")
        await until(pilot, lambda: app.screen.query_one("#username", Field).input.has_focus)


@pytest.mark.parametrize("size", SIZES)
async def test_click_on_the_button_submits_whichever_field_has_the_focus(size: tuple[int, int]) -> None:
    app = app_with(DONE)
    async with app.run_test(size=size) as pilot:
        await press(pilot, *"pw", "shift+tab")
        assert app.screen.query_one("#username", Field).input.has_focus
        await click(pilot, "Sign in  ↵")
        await until(pilot, lambda: "Signed in as ann" in app.text())


async def test_click_on_the_button_shows_what_is_missing() -> None:
    app = app_with(SMS)
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot, app)
        await click(pilot, "Continue  ↵")
        await until(pilot, lambda: "Type the code that was sent to you." in app.text())
        assert app.screen.query_one(CodeInput).has_focus
        assert len(app.gateway.calls) == 1


async def test_click_on_a_key_in_the_card_does_what_the_key_does() -> None:
    app = app_with()
    async with app.run_test(size=(80, 23)) as pilot:
        await click(pilot, "Create account")
        await until(pilot, lambda: isinstance(app.screen, SignUpScreen))


async def test_second_click_on_new_code_waits() -> None:
    app = app_with(SMS, SMS)
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot, app)
        await click(pilot, "Press ^r")
        await until(pilot, lambda: "^r again in" in app.text())
        assert "Press ^r" not in app.text()
        assert app.gateway.operations == ["InitiateAuth"] * 2


@pytest.mark.parametrize("size", SIZES)
async def test_click_in_the_footer_does_what_the_key_does(size: tuple[int, int]) -> None:
    app = app_with(SMS)
    async with app.run_test(size=size) as pilot:
        await at_sms(pilot, app)
        await click(pilot, "^g Help")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await press(pilot, "escape")
        await click(pilot, "esc")
        await until(pilot, lambda: "Press Esc again to go back." in app.text())
        await click(pilot, "esc", after="^g")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", ["Code from an authenticator app", "Open the app"])
async def test_click_on_either_line_of_a_choice_chooses_it(text: str, size: tuple[int, int]) -> None:
    app = app_with(METHODS, challenge("SOFTWARE_TOKEN_MFA"))
    async with app.run_test(size=size) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "How do you want" in app.text())
        await click(pilot, text)
        await until(pilot, lambda: "Code from your authenticator app" in app.text())


async def test_click_on_the_key_in_a_field_shows_the_password() -> None:
    app = app_with()
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"pw-in-sight")
        await click(pilot, "^t show")
        await until(pilot, lambda: "pw-in-sight" in app.text())
        await click(pilot, "^t hide")
        await until(pilot, lambda: "pw-in-sight" not in app.text())
