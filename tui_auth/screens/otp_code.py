"""The screen of ConfirmSignInWithOTP."""

from __future__ import annotations

from tui_auth.auth.next_step import ConfirmSignInWithOTP
from tui_auth.screens.delivered_code import DeliveredCodeScreen


class OTPCodeScreen(DeliveredCodeScreen[ConfirmSignInWithOTP]):
    """A code by e-mail or SMS, as first or second factor."""
