"""Phone: the demo's authenticator app and its inbox for SMS and email."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyotp

from tui_auth.auth.next_step import (
    TOTP_WINDOW_SECONDS,
    ConfirmSignInWithOTP,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignInWithTOTPCode,
    ConfirmSignUp,
    ContinueSignInWithTOTPSetup,
    NextStep,
    ResetPassword,
)
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_auth.emulator import CognitoEmulator


@dataclass(frozen=True)
class AppCode:
    """The current code of an account in the authenticator app."""

    account: str
    code: str
    is_current: bool

    @property
    def source(self) -> tuple[str, str]:
        """The kind of code, and whose it is."""
        return "app", self.account


@dataclass(frozen=True)
class InboxMessage:
    """A message with a code. ``destination`` isn't masked, ``purpose`` is the emulator's name of it."""

    medium: str
    destination: str
    purpose: str
    code: str
    is_current: bool

    @property
    def source(self) -> tuple[str, str]:
        """The kind of message, and the end of the phone number or the user of the email address."""
        if self.medium == "SMS":
            return "SMS", f"…{self.destination[-4:]}"
        return "email", self.destination.partition("@")[0]


class Phone:
    """An authenticator app with a key for each account, and the messages that the emulator delivered.

    ``is_current`` marks the one code that the current step of a user asks for.
    """

    def __init__(self, server: CognitoEmulator) -> None:
        self._server = server
        self._keys: dict[str, Secret] = {}

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._server.clock.now()

    def enroll(self, account: str, key: str) -> None:
        """Set the base32 key of an account."""
        self._keys.pop(account, None)
        self._keys[account] = Secret(key)

    def scan(self, uri: Secret) -> bool:
        """Add the key of an otpauth URI, as a camera would from the QR code.

        Returns:
            Whether the key is new.
        """
        parsed = pyotp.parse_uri(uri.reveal())
        if self._keys.get(parsed.name) == Secret(parsed.secret):
            return False
        self.enroll(parsed.name, parsed.secret)
        return True

    def app_codes(self, username: str = "", step: NextStep | None = None) -> Sequence[AppCode]:
        """Return each account with its current code, newest account first."""

        def is_current(account: str, key: Secret) -> bool:
            if isinstance(step, ContinueSignInWithTOTPSetup):
                return account == username and key == step.setup_details.shared_secret
            return account == username and isinstance(step, ConfirmSignInWithTOTPCode)

        return [
            AppCode(account, self._app_code(key), is_current(account, key))
            for account, key in reversed(self._keys.items())
        ]

    def messages(self, username: str = "", step: NextStep | None = None) -> Sequence[InboxMessage]:
        """Return the delivered messages, newest first."""
        asks = isinstance(
            step, ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP | ConfirmSignUp | ResetPassword
        )
        inbox = []
        for message in reversed(self._server.messages):
            is_current = asks and message["username"] == username
            asks = asks and not is_current
            inbox.append(
                InboxMessage(
                    message["medium"],
                    message["destination"],
                    message["purpose"],
                    message["code"],
                    is_current,
                )
            )
        return inbox

    def current_code(self, username: str, step: NextStep | None) -> AppCode | InboxMessage | None:
        """Return the code that the step asks this user for, or None if there is none."""
        codes: list[AppCode | InboxMessage] = [*self.app_codes(username, step)]
        codes += self.messages(username, step)
        return next((entry for entry in codes if entry.is_current), None)

    def seconds_left(self) -> float:
        """Return how many seconds the app's current codes are still valid."""
        return TOTP_WINDOW_SECONDS - self.now() % TOTP_WINDOW_SECONDS

    def _app_code(self, key: Secret) -> str:
        return pyotp.TOTP(key.reveal()).at(int(self.now()))
