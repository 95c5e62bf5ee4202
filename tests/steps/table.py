"""The screen of each next step: its demo user, how to reach it, and the right answer.

Journeys, canary tests and fault tests take the step's text and the user's input from this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyotp

from tests.journeys.conftest import SignIn
from tests.steps.screen_reading import ANSWERS, number_key_for, scan

Action = Callable[[SignIn], None]

NEW_PASSWORD: Final = "Brand-New-Horse-7!"
MOON_ANSWER: Final = "full"
"""The answer to luna's challenge, which tui-auth doesn't know."""


@dataclass(frozen=True)
class ScreenStep:
    """A next step as a demo user sees it.

    ``text`` is on the screen during the step. ``reach`` goes from the first answer to the step. ``answer``
    gives the right answer, and ``next_text`` is on the screen after it; "" means signed in. ``echoes_input``
    is true if the field shows what is typed, as a code field does, instead of bullets.
    """

    username: str
    text: str
    answer: Action
    reach: Action = lambda program: None
    next_text: str = ""
    echoes_input: bool = False

    def go(self, program: SignIn) -> None:
        """Sign in and continue to the step."""
        program.log_in()
        self.reach(program)
        program.wait_for(self.text)


def choose(line: str) -> Action:
    """Return an action that chooses this line by its number key."""
    return lambda program: program.send(number_key_for(program, line))


def enter(text: str) -> Action:
    """Return an action that types this text and presses Enter."""
    return lambda program: program.enter(text)


def enter_sent_code(program: SignIn) -> None:
    """Enter the newest code that was sent to the user."""
    program.enter(program.newest_code())


def app_code(program: SignIn) -> str:
    """Return the code that the user's authenticator app shows now."""
    return pyotp.TOTP(program.user.totp_secret or "").at(int(program.server.clock.now()))


def _enter_app_code(program: SignIn) -> None:
    program.enter(app_code(program))


def _scan_and_enter_code(program: SignIn) -> None:
    program.enter(scan(program).at(int(program.server.clock.now())))


def _reset_with_code(program: SignIn) -> None:
    program.send(number_key_for(program, "I have a code"))
    program.wait_for("Repeat password")
    program.enter(program.newest_code(), NEW_PASSWORD, NEW_PASSWORD)


SCREEN_STEPS: Final[dict[str, ScreenStep]] = {
    "SMS": ScreenStep("sam", "Code sent by SMS to +", enter_sent_code, echoes_input=True),
    "TOTP": ScreenStep("tom", "Code from your authenticator app", _enter_app_code, echoes_input=True),
    "TOTP set-up": ScreenStep(
        "tess", "2 Type the code the app shows", _scan_and_enter_code, echoes_input=True
    ),
    "MFA selection": ScreenStep(
        "mia",
        "How do you want to confirm that it's you?",
        choose("Code by SMS"),
        next_text="Code sent by SMS",
    ),
    "custom challenge": ScreenStep(
        "quinn", "Your first pet?", enter(ANSWERS[0]), next_text="Your favourite colour?"
    ),
    "new password": ScreenStep(
        "nora",
        "Choose a new password",
        lambda program: program.enter(NEW_PASSWORD, NEW_PASSWORD, "Nora N."),
    ),
    "reset password": ScreenStep("rex", "Reset your password", _reset_with_code),
    "confirm sign-up": ScreenStep("carl", "isn't confirmed yet", enter_sent_code, echoes_input=True),
    "OTP": ScreenStep("emil", "Code sent by email to e***@", enter_sent_code, echoes_input=True),
    "e-mail set-up": ScreenStep(
        "max",
        "Set up codes by email",
        enter("max@example.org"),
        reach=choose("Code by email"),
        next_text="Code sent by email",
    ),
    "set-up selection": ScreenStep(
        "max",
        "Set up a second factor",
        choose("Code from an authenticator app"),
        next_text="2 Type the code",
    ),
    "first factor": ScreenStep(
        "cleo",
        "What do you want to sign in with?",
        choose("Code by email"),
        next_text="Code sent by email",
    ),
    "password": ScreenStep(
        "cleo",
        "Enter your password",
        lambda program: program.enter(program.user.password),
        reach=choose("Password (SRP)"),
    ),
    "unknown step": ScreenStep("luna", "MOON_PHASE", enter(MOON_ANSWER)),
}
