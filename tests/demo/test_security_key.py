"""The demo's security key: cleo signs in with a passkey, in full screen and at line prompts."""

from __future__ import annotations

from tests.pilot import press, screen_text, until
from tests.plain.typist import Typist
from tui_auth.demo.app import DemoApp
from tui_auth.demo.line_prompts import run_in_lines
from tui_auth.demo.service import DemoService
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool
from tui_auth.flow import passkey


async def test_key_of_the_demo_fills_in_its_pin_and_touches_itself(app: DemoApp) -> None:
    async with app.run_test(size=(80, 30)) as pilot:
        await press(pilot, "c")
        await until(pilot, lambda: "Username" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: passkey.NOTES[None] in screen_text(app))
        await press(pilot, "5")
        await until(pilot, lambda: passkey.PIN_LABEL in screen_text(app))
        await press(pilot, "ctrl+o", "enter")
        await until(pilot, lambda: passkey.TOUCH in screen_text(app))
        await press(pilot, "ctrl+o")
        await until(pilot, lambda: "Signed in as" in screen_text(app))


def test_key_of_the_demo_touches_itself_at_line_prompts(server: CognitoEmulator, pool: DemoPool) -> None:
    lines = Typist("c", "5", "")
    run_in_lines(DemoService(server, pool), lines)

    assert "The demo has touched its security key." in lines.printed
    assert any(line.startswith("Signed in as") for line in lines.printed)
