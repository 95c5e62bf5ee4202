"""The screen of ConfirmSignInWithOTP."""

from __future__ import annotations

from tui_auth.auth.next_step import ConfirmSignInWithOTP
from tui_auth.flow.messages import sent_to
from tui_auth.screens.delivered_code import DeliveredCodeScreen


class OTPCodeScreen(DeliveredCodeScreen[ConfirmSignInWithOTP]):
    """A code by e-mail or SMS, as first or second factor."""

    @property
    def headline(self) -> str:
        """Where the code went, and whether that is certain."""
        return sent_to(self.step.delivery_details, perhaps=not self.context.is_password_known)
