"""A Textual program that signs its user in: python examples/host_app.py PROFILE."""

import sys

from textual import work
from textual.app import App, ComposeResult
from textual.widgets import Footer, Header, Static

from tui_auth import Auth
from tui_auth.textual import SignIn


class HostApp(App[None]):
    """Shows who is signed in."""

    def __init__(self, auth: Auth) -> None:
        super().__init__()
        self.auth = auth

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static("No one is signed in.", id="user")
        yield Footer()

    def on_mount(self) -> None:
        self.sign_in()

    @work
    async def sign_in(self) -> None:
        done = await self.push_screen_wait(SignIn(self.auth))
        if done is None:
            self.exit()
        else:
            self.query_one("#user", Static).update(f"Signed in as {done.claims.username}.")


if __name__ == "__main__":
    HostApp(Auth.from_profile(sys.argv[1])).run()
