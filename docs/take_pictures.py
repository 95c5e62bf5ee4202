"""Take the README's pictures from the running demo.

    python docs/take_pictures.py [NAME ...]

writes SVG files beside this script: pictures of single screens, and a cast of a whole sign-in.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terminal_svg import Drawing

from tui_auth.demo.app import DemoApp
from tui_auth.demo.player import Player
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision

if TYPE_CHECKING:
    from textual.pilot import Pilot

HERE = Path(__file__).parent
SMALL, LARGE = (80, 23), (120, 30)
POLL_SECONDS = 0.02
LAYOUT_SECONDS = 0.8
KEY_SECONDS, SCREEN_SECONDS, LAST_SECONDS = 0.25, 1.6, 4.0
"""How long the cast shows a typed character, a new screen, and the last screen."""

Picture = Callable[[CognitoEmulator], Awaitable[Drawing]]


def screen_text(app: DemoApp) -> str:
    """Return the text on the screen."""
    return "\n".join("".join(s.text for s in strip) for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[Any], text: str) -> None:
    """Wait until the screen shows the text."""
    while text not in screen_text(pilot.app):  # type: ignore[arg-type]
        await pilot.pause(POLL_SECONDS)
    await pilot.pause()


def start_drawing(app: DemoApp) -> Drawing:
    """Start a drawing in the size and the colors of the app."""
    theme = app.current_theme
    from textual.color import Color

    colors = (Color.parse(theme.foreground or "white"), Color.parse(theme.background or "black"))
    return Drawing.for_screen(*app.size, *colors)


def picture(keys: str, text: str, *, size: tuple[int, int], theme: str) -> Picture:
    """Return a function that takes a picture of the demo.

    Args:
        keys: The keys to press, separated by spaces; each waits for the screen of the one before.
        text: The text on the screen to take.
        size: Columns and lines.
        theme: The name of the theme.
    """

    async def take(server: CognitoEmulator) -> Drawing:
        app = DemoApp(server, provision(server), theme=theme)
        async with app.run_test(size=size) as pilot:
            await until(pilot, "Choose a sample user")
            for key in keys.split():
                before = app.screen
                await pilot.press(key)
                while app.screen is before and key != "ctrl+o":
                    await pilot.pause(POLL_SECONDS)
                while app.is_busy:
                    await pilot.pause(POLL_SECONDS)
            await until(pilot, text)
            drawing = start_drawing(app)
            drawing.add_frame(app.screen._compositor.render_strips())
        return drawing

    return take


def cast(username: str, *, size: tuple[int, int], theme: str) -> Picture:
    """Return a function that records ``demo --play`` of a sample user."""

    async def record(server: CognitoEmulator) -> Drawing:
        pool = provision(server)
        user = next(user for user in pool.users if user.username == username)
        app = DemoApp(server, pool, theme=theme)
        async with app.run_test(size=size) as pilot:
            await until(pilot, "Choose a sample user")
            drawing = start_drawing(app)
            app.player = Player(app, user, pace=2)
            playing = asyncio.create_task(app.player.play())
            shown, strips, seconds = app.screen, app.screen._compositor.render_strips(), SCREEN_SECONDS
            while not playing.done():
                await pilot.pause(POLL_SECONDS)
                before, strips = strips, app.screen._compositor.render_strips()
                if app.screen is not shown:
                    drawing.add_frame(before, seconds)
                    await pilot.pause(LAYOUT_SECONDS)  # not a picture of a half-drawn screen
                    shown, strips = app.screen, app.screen._compositor.render_strips()
                    seconds = SCREEN_SECONDS
                elif strips != before:
                    drawing.add_frame(before, seconds)
                    seconds = KEY_SECONDS
            drawing.add_frame(strips, LAST_SECONDS)
            await playing
        return drawing

    return record


PICTURES: dict[str, Picture] = {
    "sign-in": cast("mia", size=SMALL, theme="tui-auth-dark"),
    "demo": picture("", "Choose a sample user", size=SMALL, theme="tui-auth-light"),
    "sms-code": picture("2 enter ctrl+o", "Code sent by SMS", size=LARGE, theme="tui-auth-dark"),
    "browser": picture("b", "Sign in there", size=LARGE, theme="tui-auth-dark"),
    "account": picture("d enter ctrl+o enter ctrl+a", "Your account", size=SMALL, theme="tui-auth-light"),
    "totp-setup": picture("4 enter", "Scan", size=SMALL, theme="tui-auth-dark"),
}


async def main(names: list[str]) -> None:
    """Take the pictures with these names; all if there are none."""
    for name in names or PICTURES:
        with CognitoEmulator() as server:
            drawing = await PICTURES[name](server)
        target = HERE / f"{name}.svg"
        target.write_text(drawing.to_svg("tui-auth demo"))
        print(f"{target.name}: {len(drawing.frames)} frames, {target.stat().st_size / 1024:.0f} KiB")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
