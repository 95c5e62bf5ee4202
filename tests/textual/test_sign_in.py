"""SignIn in a Textual program: what the user sees and what the program gets."""

from __future__ import annotations

from textual.widgets import Static

from examples.host_app import HostApp
from tests.pilot import press, screen_text, type_text, until
from tests.textual.conftest import SIZE, Cognito
from tui_auth.screens.codes import SMSCodeScreen
from tui_auth.textual import SignIn


async def test_example_program_shows_who_is_signed_in(cognito: Cognito) -> None:
    app = HostApp(cognito.auth("sam"))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SignIn))
        await type_text(pilot, "sam")
        await press(pilot, "enter")
        await type_text(pilot, cognito.user("sam").password)
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen))
        await type_text(pilot, cognito.newest_code("sam"))
        await press(pilot, "enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert str(app.screen.query_one("#user", Static).content) == "Signed in as sam."
        assert "Signed in as sam." in screen_text(app)
