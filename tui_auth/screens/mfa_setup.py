"""The screens that set up a second factor: an authenticator app (TOTP), or an email address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from tui_auth.auth.next_step import ContinueSignInWithEmailMFASetup, ContinueSignInWithTOTPSetup
from tui_auth.flow.messages import REPLACEMENT_TOTP_KEY, format_totp_key
from tui_auth.screens.codes import build_code_field, read_totp_code
from tui_auth.screens.form_screen import CopyRequested
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.field import Field
from tui_auth.widgets.frame import ScreenFooter
from tui_auth.widgets.qr_code import QRCode
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.message import Message
    from textual.widget import Widget


SCAN = "1 Scan with your authenticator app, or type the key"
TYPE = "1 Type this key into your authenticator app"


class TOTPSetupScreen(StepScreen[ContinueSignInWithTOTPSetup]):
    """Shows the new TOTP key as a QR code and as text, then asks for the first code of the app."""

    KEYS = ("submit", "copy", "invert", "layout", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "An authenticator app (on a phone, or a password manager) makes codes from this key. Scan the "
        "picture, or type the key as a time-based one; then type the code the app shows.\n\n"
        "^n swaps black and white, ^l draws the picture in another way or hides it, ^y copies the key and, "
        "pressed again, the whole URI. Who has this key can make your codes: show it to nobody."
    )

    _has_copied_key = False

    @property
    def breadcrumb(self) -> str:
        return "authenticator set-up"

    def compose(self) -> ComposeResult:
        """Lay out the QR code beside everything else, so that it gets the whole height."""
        details, app_name = self.step.setup_details, self.context.app_name
        with Horizontal(id="set-up"):
            yield QRCode(details.get_setup_uri(app_name), details.get_setup_uri(app_name, issuer=False))
            with VerticalScroll(id="question", can_focus=False):
                yield self.build_header()
                yield from self.compose_form()
                yield from self.compose_status()
        yield from self.context.side_widgets()
        yield ScreenFooter()

    def compose_form(self) -> Iterable[Widget]:
        details = self.step.setup_details
        account = f"{self.context.app_name}: {details.username}"
        if self.context.is_replacement_totp_key:
            yield Static(
                REPLACEMENT_TOTP_KEY.format(safe_line(account, limit=40)),
                classes="headline",
                markup=False,
            )
        yield Static(SCAN, classes="headline", id="scan", markup=False)
        yield Static(format_totp_key(details.shared_secret.reveal()), id="key", markup=False)
        yield Static(f"Account  {safe_line(account, limit=60)}", classes="fact", markup=False)
        yield Static("2 Enter the code the app shows", classes="headline", markup=False)
        yield build_code_field(label="")

    def action_invert(self) -> None:
        """Swap black and white in the QR code."""
        self.query_one(QRCode).invert()

    @on(QRCode.Resized)
    def _update_instruction_later(self) -> None:
        self.call_after_refresh(self._update_instruction)

    def _update_instruction(self) -> None:
        self.query_one("#scan", Static).update(SCAN if self.query_one(QRCode).is_shown else TYPE)

    def action_layout(self) -> None:
        """Draw the QR code in the next way, or hide it."""
        self.query_one(QRCode).next_layout()
        self.call_after_refresh(self._update_instruction)

    def action_copy(self) -> None:
        """Copy the key; if pressed again, the setup URI."""
        details = self.step.setup_details
        if self._has_copied_key:
            uri = details.get_setup_uri(self.context.app_name)
            self.post_message(CopyRequested(uri, "The set-up URI"))
        else:
            self.post_message(CopyRequested(details.shared_secret, "The key"))
        self._has_copied_key = not self._has_copied_key

    def build_answer(self) -> Message | None:
        code = read_totp_code(self)
        return StepAnswered(code) if code else None


class EmailSetupScreen(StepScreen[ContinueSignInWithEmailMFASetup]):
    """Asks for the email address that codes are sent to."""

    EXPLANATION = "Codes will be sent to this address when you sign in. The first one comes at once."

    @property
    def breadcrumb(self) -> str:
        return "e-mail set-up"

    def compose_form(self) -> Iterable[Widget]:
        yield Static("Where shall your codes go?", classes="headline", markup=False)
        yield Field("E-mail", TextInput(), id="email")

    def build_answer(self) -> Message | None:
        field = self.query_one("#email", Field)
        address = field.value.strip()
        if not address:
            self.show_field_error(field, "Type the address your codes shall go to.")
            return None
        if "@" not in address or " " in address:
            self.show_field_error(field, "That is not an e-mail address.")
            return None
        return StepAnswered(address)
