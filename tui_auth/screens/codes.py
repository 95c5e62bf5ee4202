"""The screens that ask for a one-time code: SMS, OTP, TOTP, confirmation of a sign-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tui_auth.auth.next_step import (
    ConfirmSignInWithOTP,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignInWithTOTPCode,
    ConfirmSignUp,
    DeliveryDetails,
)
from tui_auth.flow.messages import (
    CODE_REQUIRED,
    MEDIA,
    NOT_CONFIRMED,
    format_delivery,
    format_new_code_notice,
    format_new_delivery,
    format_totp_request,
)
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.code_input import CodeField, CodeInput
from tui_auth.widgets.countdown import Countdown
from tui_auth.widgets.field import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.screens.form_screen import FormScreen

DeliveredT = TypeVar("DeliveredT", bound=ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP)


def build_code_field(*, has_six_digits: bool = False) -> Field:
    """Build the field of a one-time code.

    Args:
        has_six_digits: Whether to show a cell for each of six digits. Other codes are accepted all the same.
    """
    return CodeField(CodeInput(digits=6), has_cells=has_six_digits, id="code")


def read_code(screen: FormScreen) -> Secret | None:
    """Return the code in the field; without one, show an error under it and return None."""
    code = screen.query_one(CodeInput).code
    if not code:
        screen.show_field_error(screen.query_one("#code", Field), CODE_REQUIRED)
        return None
    return Secret(code)


def read_totp_code(screen: FormScreen) -> Secret | None:
    """Return the six digits in the field; otherwise, show an error under it and return None."""
    code = screen.query_one(CodeInput).code
    if len(code) != 6 or not code.isdigit():
        screen.show_field_error(screen.query_one("#code", Field), "An authenticator's code has six digits.")
        return None
    return Secret(code)


class DeliveredCodeScreen(StepScreen[DeliveredT]):
    """Asks for a code that Cognito has sent; a new one can be sent on request."""

    KEYS = ("submit", "new_code", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "A code was sent to you. Type or paste it: blanks, dashes and words around it do no harm.\n\n"
        "Nothing after a minute? ^r signs you in anew behind this screen and has a new code sent; "
        "earlier codes stop working then."
    )
    sends_codes = True

    @property
    def breadcrumb(self) -> str:
        medium = (self.step.delivery_details.delivery_medium or "").upper()
        return f"code {MEDIA[medium]}" if medium in MEDIA else "code"

    @property
    def heading(self) -> tuple[str, str]:
        medium = (self.step.delivery_details.delivery_medium or "").upper()
        task = "Type the six digits." if self.has_six_digits else "Type the code."
        spam = " Look in your spam folder, too." if medium == "EMAIL" else ""
        return self.format_delivery(), task + spam

    @property
    def has_six_digits(self) -> bool:
        """Whether the length of the code is known: only that of a second factor is."""
        return True

    def format_delivery(self) -> str:
        """Format where the code was sent."""
        return format_delivery(self.step.delivery_details)

    def compose_form(self) -> Iterable[Widget]:
        field = build_code_field(has_six_digits=self.has_six_digits)
        if self.context.was_restarted:
            field.hint = format_new_code_notice(account_may_not_exist=not self.context.is_password_known)
        elif self.context.can_restart:
            field.hint = "Nothing after a minute? Get a new code."
        yield field

    def active_keys(self) -> Sequence[str]:
        keys = super().active_keys()
        return keys if self.context.can_restart else [name for name in keys if name != "new_code"]

    def on_mount(self) -> None:
        super().on_mount()
        if self.context.was_restarted:
            self.cool_down()

    def watch_notice(self) -> None:
        """Draw the notice in place of the hint, so that only one of them is shown."""
        super().watch_notice()
        if self.notice:
            self.query_one("#code", Field).hint = ""

    def service_rows(self) -> list[tuple[str, str]]:
        return list(self.step.additional_info.items())

    def build_answer(self) -> Message | None:
        code = read_code(self)
        return StepAnswered(code) if code else None


class SMSCodeScreen(DeliveredCodeScreen[ConfirmSignInWithSMSMFACode]):
    """Asks for the code sent by SMS as second factor."""


class OTPCodeScreen(DeliveredCodeScreen[ConfirmSignInWithOTP]):
    """Asks for the code sent by email or SMS, as first or second factor."""

    @property
    def has_six_digits(self) -> bool:
        return self.context.is_password_known

    def format_delivery(self) -> str:
        """Format where the code was sent, and whether that is certain."""
        return format_delivery(
            self.step.delivery_details, account_may_not_exist=not self.context.is_password_known
        )


class TOTPCodeScreen(StepScreen[ConfirmSignInWithTOTPCode]):
    """Asks for the six digits that the authenticator app shows."""

    KEYS = ("submit", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "Open your authenticator app and type the six digits it shows for this account.\n\n"
        "A new code comes every 30 seconds, and each works once. If the app's codes are refused again and "
        "again, the clock of the device it runs on is probably off."
    )

    @property
    def breadcrumb(self) -> str:
        return "code from app"

    @property
    def heading(self) -> tuple[str, str]:
        name = self.step.friendly_device_name
        registered = f" It is registered as “{safe_line(name, limit=40)}”." if name else ""
        return format_totp_request(None), f"Open the app and type the six digits.{registered}"

    def compose_form(self) -> Iterable[Widget]:
        yield build_code_field(has_six_digits=True)
        yield Countdown(id="window")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#window", Countdown).repeat_time_steps(self.context.now)

    def build_answer(self) -> Message | None:
        code = read_totp_code(self)
        return StepAnswered(code) if code else None


class ConfirmSignUpScreen(StepScreen[ConfirmSignUp]):
    """Asks for the code that confirms a sign-up; the sign-in then continues by itself."""

    HAS_CHALLENGE_SESSION = False
    KEYS = ("submit", "new_code", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "Your account was made, but not confirmed yet. Type the code that was sent when it was made, or have "
        "a new one sent with ^r. After that the sign-in goes on by itself."
    )

    @property
    def breadcrumb(self) -> str:
        return "confirm sign-up"

    @property
    def heading(self) -> tuple[str, str]:
        details = self.step.delivery_details
        is_known = details is not None and details.destination is not None
        sent = f"{format_delivery(details)}." if details and is_known else CODE_REQUIRED
        return NOT_CONFIRMED, sent

    def compose_form(self) -> Iterable[Widget]:
        field = build_code_field()
        field.hint = "No code, or an old one? Ask for a new one."
        yield field

    def show_code_sent(self, details: DeliveryDetails) -> None:
        """Show where the new code was sent, and wait a little before another can be."""
        self.show_heading(NOT_CONFIRMED, format_new_delivery(details))
        field = self.query_one("#code", Field)
        field.hint = field.value = ""
        self.cool_down()

    def build_answer(self) -> Message | None:
        code = read_code(self)
        return StepAnswered(code) if code else None
