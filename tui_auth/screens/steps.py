"""All step screens: importing this completes the table from next step to screen."""

from __future__ import annotations

from typing import Any

from tui_auth.auth.next_step import NextStep
from tui_auth.screens import (  # noqa: F401 - each declares its step
    confirm_sign_up,
    custom_challenge,
    done,
    email_setup,
    first_factor,
    mfa_selection,
    mfa_setup_selection,
    new_password,
    otp_code,
    password,
    reset_password,
    sms_code,
    totp_code,
    totp_setup,
    unknown_step,
)
from tui_auth.screens.step_screen import SCREENS, StepScreen
from tui_auth.screens.surroundings import Surroundings


def screen_for(step: NextStep, surroundings: Surroundings) -> StepScreen[Any]:
    """A fresh screen for the step."""
    return SCREENS[type(step)](step, surroundings)
