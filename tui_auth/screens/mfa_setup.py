"""The screens that set up a second factor: an authenticator app (TOTP), or an email address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.widgets import Static

from tui_auth.auth.next_step import ContinueSignInWithEmailMFASetup, ContinueSignInWithTOTPSetup
from tui_auth.flow.messages import REPLACEMENT_TOTP_KEY, format_totp_key
from tui_auth.screens.codes import build_code_field, read_totp_code
from tui_auth.screens.screen_context import CopyRequested
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.terminal.character_set import CharacterSet, find_character_set
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.field import Field
from tui_auth.widgets.frame import Card, ScreenFooter
from tui_auth.widgets.qr_code import QRCode
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.message import Message
    from textual.widget import Widget


SCAN = "1 Scan the code, or type the key:"
TYPE = "1 Type this key into the app:"


class TOTPSetupScreen(StepScreen[ContinueSignInWithTOTPSetup]):
    """Shows the new TOTP key as a QR code and as text, then asks for the first code of the app."""

    KEYS = ("submit", "copy", "invert", "layout", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "Your authenticator app (on a phone, or a password manager) generates codes from this key. Scan "
        "the QR code, or type the key into the app as time-based. Then type the code that the app "
        "shows.\n\n"
        "^n swaps black and white. ^l changes the size of the QR code or hides it. ^y copies the key; press "
        "it again for the whole URI. Anyone with this key can generate your codes: don't share it."
    )

    _has_copied_key = False
    _rows_of_qr_code = 0

    RESTART_LABEL = "Show a new key"

    def key_label(self, action: str) -> str:
        return "Copy key" if action == "copy" else super().key_label(action)

    @property
    def breadcrumb(self) -> str:
        return "set up app"

    @property
    def heading(self) -> tuple[str, str]:
        if not self.context.is_replacement_totp_key:
            return "Set up your authenticator app", ""
        return "Set up your authenticator app", REPLACEMENT_TOTP_KEY.format(
            safe_line(self._account, limit=40)
        )

    @property
    def _account(self) -> str:
        return f"{self.context.app_name}: {self.step.setup_details.username}"

    def compose(self) -> ComposeResult:
        """Lay out the card beside the QR code, which may need the whole height of a small terminal."""
        details, app_name = self.step.setup_details, self.context.app_name
        qr_code = QRCode(
            details.get_setup_uri(app_name),
            details.get_setup_uri(app_name, issuer=False),
            has_half_blocks=find_character_set() is not CharacterSet.ASCII,
        )
        self._rows_of_qr_code = qr_code.preferred_size.height
        self._place_header()
        yield self.build_header()
        with Horizontal(id="set-up"):
            yield qr_code
            with Card(self.context.breadcrumbs, self.breadcrumb):
                yield self.build_header()
                yield from self.compose_slots()
        yield from self.compose_side()
        yield ScreenFooter()

    def compose_form(self) -> Iterable[Widget]:
        yield Static(SCAN, id="scan", markup=False)
        yield Static(format_totp_key(self.step.setup_details.shared_secret.reveal()), id="key", markup=False)
        yield Static(f"Account  {safe_line(self._account, limit=60)}", classes="quiet", markup=False)
        yield Static("2 Type the code the app shows.", id="type-code", markup=False)
        yield build_code_field(has_six_digits=True)

    def _place_header(self) -> None:
        """Show the header above both or, if the QR code needs that row, in the card."""
        rows_of_frame = 3 if self.context.companion else 2  # header, footer, and the demo's line
        self.set_class(self._rows_of_qr_code > self.app.size.height - rows_of_frame, "-without-header")

    def on_resize(self) -> None:
        self._place_header()
        super().on_resize()

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
            self.post_message(CopyRequested(uri, "The setup URI"))
        else:
            self.post_message(CopyRequested(details.shared_secret, "The key"))
        self._has_copied_key = not self._has_copied_key

    def build_answer(self) -> Message | None:
        code = read_totp_code(self)
        return StepAnswered(code) if code else None


class EmailSetupScreen(StepScreen[ContinueSignInWithEmailMFASetup]):
    """Asks for the email address that codes are sent to."""

    EXPLANATION = "We'll email a code to this address each time you sign in. The first one comes now."

    @property
    def breadcrumb(self) -> str:
        return "set up email"

    @property
    def heading(self) -> tuple[str, str]:
        return "Set up codes by email", "We'll email you a code at each sign-in."

    def compose_form(self) -> Iterable[Widget]:
        yield Field("Email", TextInput(), id="email")

    def build_answer(self) -> Message | None:
        field = self.query_one("#email", Field)
        address = field.value.strip()
        if not address:
            self.show_field_error(field, "Type your email address.")
            return None
        if "@" not in address or " " in address:
            self.show_field_error(field, "That isn't an email address.")
            return None
        return StepAnswered(address)
