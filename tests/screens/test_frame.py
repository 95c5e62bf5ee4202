"""What all screens share: header, footer, notice, palette, revealed passwords."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.command import CommandPalette
from textual.widgets import Input

from tests.pilot import press, resize, screen_rows, settle, until
from tests.screens.conftest import PilotedApp, app_with
from tests.scripted_gateway import challenge
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.demo.app import DemoApp
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision
from tui_auth.themes import THEMES
from tui_auth.widgets.frame import ScreenFooter
from tui_auth.widgets.text_input import SecretInput

SMS = challenge("SMS_MFA", CODE_DELIVERY_DESTINATION="+*******0123", CODE_DELIVERY_DELIVERY_MEDIUM="SMS")
WRONG = error_from_response("NotAuthorizedException", "Incorrect username or password.")
SIZE = (80, 23)


async def test_effect_of_esc_is_shown_during_a_request() -> None:
    app = app_with(SMS, SMS)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "Code sent by SMS" in app.text())
        app.gateway.hold()
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "Asking Cognito …" in app.text())
        await press(pilot, "escape")
        await until(pilot, lambda: "^c stops waiting." in app.text())
        await until(pilot, lambda: "the code that was sent stops working" in app.text())
        assert "Press Esc again to go back." in app.text()
        app.gateway.release()


@pytest.mark.parametrize(
    ("size", "classes"),
    [((50, 12), {"-narrow", "-short"}), (SIZE, {"-normal", "-regular"}), ((130, 40), {"-wide", "-tall"})],
)
async def test_screen_has_the_classes_of_its_size_from_the_start(
    size: tuple[int, int], classes: set[str]
) -> None:
    app = app_with()
    async with app.run_test(size=size) as pilot:
        assert app.sign_in_screen().classes == classes, "before the first frame"
        await settle(pilot)
        assert app.screen.classes == classes
        await resize(pilot, *SIZE)
        await until(pilot, lambda: app.screen.classes == {"-normal", "-regular"})


async def test_revealed_password_is_concealed_when_submitted() -> None:
    app = app_with(WRONG)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw-in-sight", "ctrl+t")
        await until(pilot, lambda: "pw-in-sight" in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Incorrect username or password." in app.text())
        assert "pw-in-sight" not in app.text()
        assert not app.screen.query_one(SecretInput).is_revealed


async def test_cursor_of_the_palette_does_not_blink() -> None:
    app = app_with()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette) and app.focused is not None)
        await until(pilot, lambda: not app.screen.query_one(Input).cursor_blink)


@pytest.mark.parametrize(("variable", "level"), [("SSH_CONNECTION", "none"), ("UNRELATED", "full")])
async def test_nothing_is_animated_over_ssh(
    monkeypatch: pytest.MonkeyPatch, variable: str, level: str
) -> None:
    monkeypatch.setenv(variable, "192.0.2.1 50000 192.0.2.2 22")
    assert app_with().animation_level == level


@pytest.mark.parametrize(("term", "no_color", "has_colour"), [("vt100", None, False), ("xterm", "", True)])
async def test_terminal_without_colors_is_treated_like_no_color(
    monkeypatch: pytest.MonkeyPatch, term: str, no_color: str | None, has_colour: bool
) -> None:
    from tui_auth.terminal import full_screen

    monkeypatch.setattr(full_screen, "must_avoid_color", lambda: term == "vt100")
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    assert app_with().no_color is not has_colour


async def test_header_shows_the_program_the_pool_and_the_user() -> None:
    app = app_with()
    async with app.run_test(size=SIZE):
        header = screen_rows(app)[0]
        assert header.startswith(" tui-auth · acme-staff ")
        assert header.endswith(" ann ")


async def test_header_shortens_the_pool_before_the_badge_and_the_user() -> None:
    app = app_with()
    app.settings = replace(app.settings, pool="a pool with a very long name " * 2, environment_badge="TEST")
    async with app.run_test(size=(40, 15)):
        header = screen_rows(app)[0]
        assert header.startswith(" a pool with a")
        assert header.endswith("…  TEST · ann ")


def visible_keys(app: PilotedApp | DemoApp) -> set[str]:
    """Return the keys in the footer."""
    return {hint.key for _, _, hint in app.screen.query_one(ScreenFooter).places()}


async def test_open_phone_keeps_its_key_in_the_footer() -> None:
    with CognitoEmulator() as server:
        app = DemoApp(server, provision(server), theme="tui-auth-dark")
        async with app.run_test(size=SIZE) as pilot:
            await press(pilot, "ctrl+s")
            await until(pilot, app.is_phone_open)
            assert app.screen.query_one(ScreenFooter).region.width == 80
            for key in "24":
                await press(pilot, key)
                await until(pilot, lambda: len(app.screen_stack) == 2)
                await press(pilot, "enter")
                await until(pilot, lambda: len(app.screen_stack) == 3)
                await until(pilot, lambda: app.screen.query_one(ScreenFooter).keys)
                assert app.is_phone_open()
                assert {"↵", "esc", "^s", "^g"} <= visible_keys(app)
                await press(pilot, "escape", "escape", "escape", "escape")
                await until(pilot, lambda: len(app.screen_stack) == 1)


def styles_of(app: PilotedApp, text: str) -> set[tuple[bool, bool]]:
    """Return whether each piece of the screen's row with this text is bold and whether it is reversed."""
    rows = app.screen._compositor.render_strips()
    row = next(row for row in rows if text in row.text)
    styles = (segment.style for segment in row if segment.text.strip() and segment.text.strip("│┃"))
    return {(bool(style and style.bold), bool(style and style.reverse)) for style in styles}


async def test_without_colors_focus_button_error_and_choice_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    methods = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA"]')
    app = app_with(WRONG, methods, theme="ansi-dark")  # as the command line chooses it
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw")
        assert any("┏━ Password" in row for row in screen_rows(app))
        assert any("╭─ Username" in row for row in screen_rows(app))
        assert styles_of(app, "Sign in  ↵") == {(True, True)}
        assert styles_of(app, "Type your user name") == {(False, False)}
        await press(pilot, "enter")
        await until(pilot, lambda: "✗ Incorrect username or password." in app.text())
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: any("▌ ◉ " in row for row in screen_rows(app)))
        assert "○ Code from an authenticator app" in app.text()
        assert styles_of(app, "◉") == {(True, False), (False, False)}, "the label is bold, its number isn't"
        colors = {
            color
            for row in app.screen._compositor.render_strips()
            for segment in row
            if segment.style
            for color in (segment.style.color, segment.style.bgcolor)
            if color and not color.is_default
        }
        assert not colors


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_theme_shows_the_focus_without_the_help_of_colors(theme: str) -> None:
    app = app_with(SMS, theme=theme)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        rows = screen_rows(app)
        password = next(row for row in rows if "Password" in row)
        username = next(row for row in rows if "Username" in row)
        assert "┏━ Password" in password
        assert "╭─ Username" in username
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "Code sent by SMS" in app.text())
        await press(pilot, "ctrl+g")
        await until(pilot, lambda: "esc closes this" in app.text())
