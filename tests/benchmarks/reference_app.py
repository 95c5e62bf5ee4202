"""The bare Textual app beside which the program is measured. Nothing of tui-auth is in it.

reference_app.py             a Header, two Inputs and a Footer; Enter goes to the next field, then to a
                             second screen with one Input, then to a third that tells, and leaves it
reference_app.py with-boto3  the same, which then makes a boto3 client and tells when it has it
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
    """What the program's first screen asks."""

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
    """What the program's second screen asks."""

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static("Code sent by SMS to +*******0123")
        yield Input(placeholder=CODE)
        yield Footer()

    @on(Input.Submitted)
    def _to_done(self) -> None:
        self.app.switch_screen(DoneScreen())


class DoneScreen(Screen[None]):
    """What the program's last screen tells."""

    BINDINGS = [("enter", "app.quit", "Leave")]  # noqa: RUF012 - as Textual's documentation writes it

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static(SIGNED_IN)
        yield Static("Groups: none")
        yield Static("Token: until 12:00 (60 min)")
        yield Footer()


class ReferenceApp(App[None]):
    """Three screens, as bare as Textual has them."""

    TITLE = "reference"

    def __init__(self, *, with_boto3: bool = False) -> None:
        super().__init__()
        self.with_boto3 = with_boto3

    def get_default_screen(self) -> Screen[None]:
        return SignInScreen()

    def on_ready(self) -> None:
        """After the first frame."""
        if self.with_boto3:
            self.client = self._client()
            self.screen.mount(Static(HAS_CLIENT))

    def _client(self) -> object:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config

        unsigned = Config(
            signature_version=UNSIGNED
        )  # else botocore looks for credentials, on the network too
        return boto3.client("cognito-idp", region_name="eu-west-1", config=unsigned)


if __name__ == "__main__":
    ReferenceApp(with_boto3="with-boto3" in sys.argv).run()
