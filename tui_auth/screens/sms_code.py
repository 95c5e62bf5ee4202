"""The screen of ConfirmSignInWithSMSMFACode."""

from __future__ import annotations

from tui_auth.auth.next_step import ConfirmSignInWithSMSMFACode
from tui_auth.screens.delivered_code import DeliveredCodeScreen


class SMSCodeScreen(DeliveredCodeScreen[ConfirmSignInWithSMSMFACode]):
    """A code by SMS, as second factor."""
