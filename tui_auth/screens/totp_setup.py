"""The screen of ContinueSignInWithTOTPSetup: the picture, the key beside it, and the first code."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import ContinueSignInWithTOTPSetup
from tui_auth.flow.messages import NEW_KEY, in_groups
from tui_auth.screens.copying import CopyAsked
from tui_auth.screens.delivered_code import code_field
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.screens.totp_code import six_digits
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.frame import KeyLine, TopLine
from tui_auth.widgets.qr_code import QRCode

SCAN = "1 Scan with your authenticator app, or type the key"
TYPE = "1 Type this key into your authenticator app"


class TOTPSetupScreen(StepScreen[ContinueSignInWithTOTPSetup]):
    """Scan the picture or type the key; then the code the app shows."""

    KEYS = ("submit", "copy", "invert", "layout", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "An authenticator app (on a phone, or a password manager) makes codes from this key. Scan the "
        "picture, or type the key as a time-based one; then type the code the app shows.\n\n"
        "^n swaps black and white, ^l draws the picture in another way or hides it, ^y copies the key and, "
        "pressed again, the whole URI. Who has this key can make your codes: show it to nobody."
    )

    @property
    def breadcrumb(self) -> str:
        return "authenticator set-up"

    def compose(self) -> ComposeResult:
        around, details = self.context, self.step.setup_details
        app_name = around.app_name
        long_uri = details.get_setup_uri(app_name)
        with Horizontal(id="set-up"):
            yield QRCode(long_uri, details.get_setup_uri(app_name, issuer=False))
            with VerticalScroll(id="question", can_focus=False):
                yield TopLine(
                    safe_line(around.pool, limit=60),
                    safe_line(around.username, limit=40),
                    around.environment_badge,
                )
                yield from self.question()
                yield from self.below()
        yield from around.beside()
        yield KeyLine()

    def question(self) -> Iterable[Widget]:
        details = self.step.setup_details
        account = f"{self.context.app_name}: {details.username}"
        if self.context.is_replacement_totp_key:
            yield Static(
                NEW_KEY.format(safe_line(account, limit=40)),
                classes="headline",
                markup=False,
            )
        yield Static(SCAN, classes="headline", id="scan", markup=False)
        yield Static(in_groups(details.shared_secret.reveal()), id="key", markup=False)
        yield Static(f"Account  {safe_line(account, limit=60)}", classes="fact", markup=False)
        yield Static("2 Enter the code the app shows", classes="headline", markup=False)
        field = code_field()
        field.label = ""
        yield field

    def on_mount(self) -> None:
        super().on_mount()
        self._copied_key = False

    def action_invert(self) -> None:
        """Swap black and white in the picture."""
        self.query_one(QRCode).invert()

    @on(QRCode.Resized)
    def _ask_for_what_is_seen(self) -> None:
        self.call_after_refresh(self._say_what_to_do)

    def _say_what_to_do(self) -> None:
        self.query_one("#scan", Static).update(SCAN if self.query_one(QRCode).is_shown else TYPE)

    def action_layout(self) -> None:
        """Draw the picture in another way, or show the key alone."""
        self.query_one(QRCode).next_layout()
        self.call_after_refresh(self._say_what_to_do)

    def action_copy(self) -> None:
        """Copy the key; pressed again, the URI."""
        details = self.step.setup_details
        if self._copied_key:
            uri = details.get_setup_uri(self.context.app_name)
            self.post_message(CopyAsked(uri, "The set-up URI"))
        else:
            self.post_message(CopyAsked(details.shared_secret, "The key"))
        self._copied_key = not self._copied_key

    def decide(self) -> Message | None:
        code = six_digits(self)
        return StepAnswered(code) if code else None
