"""Takes the README's pictures from the running demo.

    python docs/take_pictures.py

needs ``rsvg-convert`` (librsvg) and the font Fira Code; writes the PNG files beside this script.
"""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_auth.demo.app import DemoApp
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision
from tui_auth.screens.form_screen import FormScreen

if TYPE_CHECKING:
    from textual.pilot import Pilot

HERE = Path(__file__).parent
SIZE, WIDE = (80, 23), (120, 30)


async def shows(pilot: Pilot[Any], text: str) -> None:
    """Wait until the screen shows the text."""
    while text not in "".join(s.text for row in pilot.app.screen._compositor.render_strips() for s in row):
        await pilot.pause(0.05)


def take(app: DemoApp, name: str) -> None:
    """The screen as a PNG."""
    # rsvg-convert drops a text's leading blanks unless it is told to keep them.
    svg = app.export_screenshot(title="tui-auth demo").replace("<text ", '<text xml:space="preserve" ')
    target = HERE / f"{name}.png"
    command = ["rsvg-convert", "--width", "1200", "--output", str(target)]
    subprocess.run(command, input=svg.encode(), check=True)  # noqa: S603 - our own command


async def pictures(server: CognitoEmulator) -> None:
    """Walk the demo and take each picture on the way."""
    app = DemoApp(server, provision(server), theme="tui-auth-dark")
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "Sign in as")
        take(app, "demo")
        await pilot.press("4")
        await shows(pilot, "Username")
        await pilot.press("enter")
        await shows(pilot, "2 Type the code")
        take(app, "totp-setup")
    app = DemoApp(server, provision(server), theme="tui-auth-dark")
    async with app.run_test(size=WIDE) as pilot:
        await shows(pilot, "Sign in as")
        await pilot.press("2")
        await shows(pilot, "Username")
        await pilot.press("enter")
        await shows(pilot, "Code sent by SMS")
        await pilot.press("ctrl+o")
        await pilot.pause(0.5)
        take(app, "wire")
    app = DemoApp(server, provision(server), theme="tui-auth-light")
    async with app.run_test(size=WIDE) as pilot:
        await shows(pilot, "Sign in as")
        await pilot.press("0")
        await shows(pilot, "Username")
        await pilot.press("enter")
        await shows(pilot, "Answer")
        screen = app.screen
        assert isinstance(screen, FormScreen)
        take(app, "custom-challenge")


if __name__ == "__main__":
    with CognitoEmulator() as running:
        asyncio.run(pictures(running))
