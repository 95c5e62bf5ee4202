"""What Auth's methods answer with."""

from __future__ import annotations

from dataclasses import dataclass

from tui_auth.auth.next_step import DeliveryDetails, Done, NextStep


@dataclass(frozen=True)
class SignInResult:
    """What a sign-in answers with: the next step."""

    next_step: NextStep

    @property
    def is_signed_in(self) -> bool:
        """True exactly when the next step is Done."""
        return isinstance(self.next_step, Done)


@dataclass(frozen=True)
class ConfirmResetPasswordWithCode:
    """The next step of a password reset: a code is on its way, if there is such an account."""

    delivery_details: DeliveryDetails


@dataclass(frozen=True)
class ResetPasswordResult:
    """What ``reset_password`` answers with."""

    next_step: ConfirmResetPasswordWithCode


@dataclass(frozen=True)
class SignUpResult:
    """What ``confirm_sign_up`` answers with."""

    is_sign_up_complete: bool
