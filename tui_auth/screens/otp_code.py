"""The screen of ConfirmSignInWithOTP."""

from __future__ import annotations

from tui_auth.auth.next_step import ConfirmSignInWithOTP
from tui_auth.screens.delivered_code import DeliveredCodeScreen


class OTPCodeScreen(DeliveredCodeScreen[ConfirmSignInWithOTP]):
    """A code by e-mail or SMS, as first or second factor."""

    @property
    def headline(self) -> str:
        """Where the code went; before anything was proved, a pool may only act as if it had sent one."""
        sent = super().headline
        proved = "password" in self.surroundings.trail
        return sent if proved else f"{sent}, if there is such an account"
