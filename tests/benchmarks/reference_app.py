"""The bare Textual reference app, without any of tui-auth.

reference_app.py             a Header, two Inputs and a Footer; Enter goes to the next field, to a
                             second screen with one Input, and to a third that shows the result
reference_app.py with-boto3  the same, which also creates a boto3 client and shows when it is ready
"""

from __future__ import annotations

import sys

from textual import on
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Header, Input, Static

USERNAME, PASSWORD, CODE = "Username", "Password", "Code"
SIGNED_IN, HAS_CLIENT = "Signed in as sam", "The client is made"


class SignInScreen(Screen[None]):
    """The equivalent of the program's first screen."""

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input(placeholder=USERNAME, id="username")
        yield Input(placeholder=PASSWORD, password=True, id="password")
        yield Footer()

    @on(Input.Submitted, "#username")
    def _to_password(self) -> None:
        self.query_one("#password").focus()

    @on(Input.Submitted, "#password")
    def _to_code(self) -> None:
        self.app.push_screen(CodeScreen())


class CodeScreen(Screen[None]):
    """The equivalent of the program's code screen."""

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static("Code sent by SMS to +*******0123")
        yield Input(placeholder=CODE)
        yield Footer()

    @on(Input.Submitted)
    def _to_done(self) -> None:
        self.app.switch_screen(DoneScreen())


class DoneScreen(Screen[None]):
    """The equivalent of the program's Done screen."""

    BINDINGS = [("enter", "app.quit", "Leave")]  # noqa: RUF012 - as Textual's documentation writes it

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static(SIGNED_IN)
        yield Static("Groups: none")
        yield Static("Token: until 12:00 (60 min)")
        yield Footer()


class ReferenceApp(App[None]):
    """Three minimal Textual screens."""

    TITLE = "reference"

    def __init__(self, *, with_boto3: bool = False) -> None:
        super().__init__()
        self.with_boto3 = with_boto3

    def get_default_screen(self) -> Screen[None]:
        return SignInScreen()

    def on_ready(self) -> None:
        """Create the boto3 client after the first frame, if requested."""
        if self.with_boto3:
            self.client = self._client()
            self.screen.mount(Static(HAS_CLIENT))

    def _client(self) -> object:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config

        # Otherwise botocore searches for credentials, on the network too.
        unsigned = Config(signature_version=UNSIGNED)
        return boto3.client("cognito-idp", region_name="eu-west-1", config=unsigned)


if __name__ == "__main__":
    ReferenceApp(with_boto3="with-boto3" in sys.argv).run()
