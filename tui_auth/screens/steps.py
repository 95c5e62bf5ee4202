"""All step screens: importing this completes the table from next step to screen."""

from __future__ import annotations

from typing import Any

from tui_auth.auth.next_step import NextStep
from tui_auth.screens import (  # noqa: F401 - each declares its step
    choices,
    codes,
    custom_challenge,
    done,
    mfa_setup,
    passwords,
)
from tui_auth.screens.step_screen import SCREENS, StepScreen
from tui_auth.screens.surroundings import Surroundings


def screen_for(step: NextStep, surroundings: Surroundings) -> StepScreen[Any]:
    """A fresh screen for the step."""
    return SCREENS[type(step)](step, surroundings)
