"""Codes by SMS and from an authenticator app."""

from __future__ import annotations

import pyotp
import pytest

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import StartSignIn
from tests.safe_codes import wrong_code


def test_sms_code_signs_in(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam")
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    code = program.newest_code()
    program.enter(f"{code[:3]} {code[3:]}")
    program.wait_for("Signed in as sam")
    program.wait_for("Where do you want to store this session?")
    program.send("3")
    program.wait_for("nowhere; it ends with this program")
    program.press("enter")
    assert program.wait_exit() == 0
    assert "Signed in as sam." in program.screen_text()


@pytest.mark.parametrize("shape", ["{0}-{1}", "Your code is {0}{1}. Do not share it.", "\n{0}{1}\n"])
def test_code_is_accepted_in_every_pasted_form(sign_in_as: StartSignIn, shape: str) -> None:
    program = sign_in_as("sam")
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    code = program.newest_code()
    program.paste(shape.format(code[:3], code[3:]))
    program.press("enter")
    program.wait_for("Signed in as sam")


def test_wrong_sms_code_keeps_the_step(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam")
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    program.enter("")
    program.wait_for("Type the code that was sent to you.")
    code = program.newest_code()
    program.enter(wrong_code(code))
    program.wait_for(WRONG_CODE)
    assert program.shows(" ".join(wrong_code(code))), "the input stays in the field"
    program.enter(code)
    program.wait_for("Signed in as sam")
    assert program.codes_sent() == 1


def test_new_code_voids_the_old_one(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam")
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    old = program.newest_code()
    program.press("ctrl+r")
    program.wait_for("A new code is on its way")
    assert program.codes_sent() == 2
    new = program.newest_code()
    assert old != new
    program.enter(old)
    program.wait_for(WRONG_CODE)
    program.enter(new)
    program.wait_for("Signed in as sam")


def test_esc_after_a_sent_code_asks_once_and_keeps_the_name(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam")
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    program.press("esc")
    program.wait_for("Press Esc again to go back.")
    program.press("esc")
    program.wait_for("Password")
    assert "sam" in program.screen_text()
    program.enter(program.user.password)
    program.wait_for("Code sent by SMS to +")


def test_totp_code_signs_in_and_shows_the_device_name(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("tom")
    program.log_in()
    program.wait_for("registered as “laptop”")
    program.wait_for("Next code in ")
    program.enter("12ab56")
    program.wait_for("An authenticator's code has six digits.")
    assert program.user.totp_secret
    code = pyotp.TOTP(program.user.totp_secret).at(int(program.server.clock.now()))
    program.enter(wrong_code(code))
    program.wait_for(WRONG_CODE)
    program.enter(code)
    program.wait_for("Signed in as tom")


def test_reused_totp_code_is_explained(sign_in_as: StartSignIn) -> None:
    first = sign_in_as("tom")
    assert first.user.totp_secret
    first.log_in()
    first.wait_for("Code from your authenticator app")
    code = pyotp.TOTP(first.user.totp_secret).at(int(first.server.clock.now()))
    first.enter(code)
    first.wait_for("Signed in as tom")
    second = sign_in_as("tom")
    second.log_in()
    second.wait_for("Code from your authenticator app")
    second.enter(code)
    second.wait_for("That code was already used.")
    second.server.clock.advance(30)
    second.enter(pyotp.TOTP(first.user.totp_secret).at(int(second.server.clock.now())))
    second.wait_for("Signed in as tom")
