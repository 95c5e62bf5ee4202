"""Choosing an MFA method, and going back to the choice."""

from __future__ import annotations

import pyotp

from tests.journeys.conftest import StartSignIn
from tests.steps.screen_reading import number_key_for


def test_number_key_selects_the_mfa_method(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("mia")
    program.log_in()
    program.wait_for("How do you want to confirm that it's you?")
    number = number_key_for(program, "Code by SMS")
    program.send("9")
    program.send(number)
    program.wait_for("Code sent by SMS to +")
    program.enter(program.newest_code())
    program.wait_for("Signed in as mia")


def test_esc_returns_to_the_choice_and_sends_nothing(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("mia")
    program.log_in()
    program.wait_for("How do you want to confirm that it's you?")
    number = number_key_for(program, "Code from an authenticator app")
    program.send(number)
    program.wait_for("Code from your authenticator app")
    program.press("esc")
    program.wait_for("How do you want to confirm that it's you?")
    assert program.codes_sent() == 0
    program.send(number)
    program.wait_for("Code from your authenticator app")
    assert program.user.totp_secret
    program.enter(pyotp.TOTP(program.user.totp_secret).at(int(program.server.clock.now())))
    program.wait_for("Signed in as mia")


def test_new_code_replays_the_choice(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("mia")
    program.log_in()
    program.wait_for("How do you want to confirm that it's you?")
    program.send(number_key_for(program, "Code by SMS"))
    program.wait_for("Code sent by SMS to +")
    program.press("ctrl+r")
    program.wait_for(lambda _: program.codes_sent() == 2)
    program.wait_for("Code sent by SMS to +")
    program.enter(program.newest_code())
    program.wait_for("Signed in as mia")


def test_arrow_keys_and_enter_select(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("mia")
    program.log_in()
    program.wait_for("How do you want to confirm that it's you?")
    is_sms_second = number_key_for(program, "Code by SMS") == "2"
    program.press("down", "enter")
    program.wait_for("Code sent by SMS" if is_sms_second else "Code from your")
