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
from tui_auth.flow.checks import TOTP_DIGITS, find_code_error
from tui_auth.flow.messages import (
    CODE_REQUIRED,
    NOT_CONFIRMED,
    format_delivery,
    format_new_code_notice,
    format_new_delivery,
    format_place,
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

    from tui_auth.flow.interface import ErrorMessage
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
    code = Secret(screen.query_one(CodeInput).code)
    if problem := find_code_error(code, TOTP_DIGITS):
        screen.show_field_error(screen.query_one("#code", Field), problem)
        return None
    return code


class DeliveredCodeScreen(StepScreen[DeliveredT]):
    """Asks for a code that Cognito has sent; a new one can be sent on request."""

    KEYS = ("submit", "new_code", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "We sent you a code. Type or paste it: spaces, dashes and surrounding text are ignored.\n\n"
        "If no code comes, ^r restarts the sign-in in the background to send a new code. Earlier codes then "
        "stop working."
    )
    KEYS_IN_HINTS = frozenset({"new_code"})
    RESTART_LABEL = "Send a new code"
    sends_codes = True

    @property
    def breadcrumb(self) -> str:
        medium = (self.step.delivery_details.delivery_medium or "").upper()
        return {"SMS": "SMS code", "EMAIL": "email code"}.get(medium, "code")

    @property
    def heading(self) -> tuple[str, str]:
        task = "Type the six digits." if self.has_six_digits else "Type the code."
        if place := format_place(self.step.delivery_details):
            return place, f"{self.format_delivery()}.\n{task}"
        return self.format_delivery(), task

    @property
    def has_six_digits(self) -> bool:
        """Whether the length of the code is known: only that of a second factor is."""
        return True

    def format_delivery(self) -> str:
        """Format where the code was sent."""
        return format_delivery(self.step.delivery_details)

    def compose_form(self) -> Iterable[Widget]:
        yield build_code_field(has_six_digits=self.has_six_digits)

    def active_keys(self) -> Sequence[str]:
        keys = super().active_keys()
        return keys if self.context.can_restart else [name for name in keys if name != "new_code"]

    def on_mount(self) -> None:
        super().on_mount()
        if not self.context.was_restarted:
            self.show_new_code_hint()
            return
        self.cool_down()
        may_not_exist = not self.context.is_password_known
        self.query_one("#code", Field).hint = format_new_code_notice(account_may_not_exist=may_not_exist)

    def offer_restart(self, error: ErrorMessage) -> None:
        """Empty the cells of the expired code, too."""
        self.query_one("#code", Field).value = ""
        super().offer_restart(error)

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
        "The code changes every 30 seconds, and each code works once. If the codes keep being rejected, the "
        "clock of the app's device is probably wrong."
    )

    @property
    def breadcrumb(self) -> str:
        return "app code"

    @property
    def heading(self) -> tuple[str, str]:
        name = self.step.friendly_device_name
        registered = f"\nThe app is registered as “{safe_line(name, limit=40)}”." if name else ""
        return format_totp_request(None), f"Type the six digits that the app shows now.{registered}"

    def compose_form(self) -> Iterable[Widget]:
        yield build_code_field(has_six_digits=True)
        yield Countdown(id="window")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#window", Countdown).repeat_time_steps(
            self.context.now, low_text="{}: wait for the next one"
        )

    def build_answer(self) -> Message | None:
        code = read_totp_code(self)
        return StepAnswered(code) if code else None


class ConfirmSignUpScreen(StepScreen[ConfirmSignUp]):
    """Asks for the code that confirms a sign-up; the sign-in then continues by itself."""

    HAS_CHALLENGE_SESSION = False
    KEYS = ("submit", "new_code", "newest_code", "back", "help", "quit")
    KEYS_IN_HINTS = frozenset({"new_code"})
    EXPLANATION = (
        "Your account has to be confirmed before you can sign in. Type the code that was sent when the "
        "account was created, or press ^r to get a new one. Then the sign-in continues."
    )

    @property
    def breadcrumb(self) -> str:
        return "confirm sign-up"

    @property
    def heading(self) -> tuple[str, str]:
        details = self.step.delivery_details
        if details is None or details.destination is None:
            return "Confirm your account", f"{NOT_CONFIRMED}\n{CODE_REQUIRED}"
        return self._title_for(details), f"{NOT_CONFIRMED}\n{format_delivery(details)}."

    def _title_for(self, details: DeliveryDetails) -> str:
        return format_place(details) or "Confirm your account"

    def compose_form(self) -> Iterable[Widget]:
        yield build_code_field()

    def on_mount(self) -> None:
        super().on_mount()
        self.show_new_code_hint()

    def show_code_sent(self, details: DeliveryDetails) -> None:
        """Show where the new code was sent, and wait a little before another can be."""
        self.show_heading(self._title_for(details), format_new_delivery(details))
        field = self.query_one("#code", Field)
        field.hint = field.value = ""
        self.cool_down()

    def build_answer(self) -> Message | None:
        code = read_code(self)
        return StepAnswered(code) if code else None
