"""Steps that Cognito learned later: e-mail codes, first factors, a choice of what to set up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import SignIn
from tests.journeys.test_codes import wrong
from tests.journeys.test_totp_setup import scan

Start = Callable[..., SignIn]


def number_of(program: SignIn, line: str) -> str:
    """The number key of a line of a choice."""
    program.wait_for(line)
    return next(n for n in "123456789" if f"{n} {line}" in program.screen_text())


def test_a_code_by_e_mail_as_second_factor(sign_in_as: Start) -> None:
    program = sign_in_as("emil")
    program.log_in()
    program.wait_for("Code sent by e-mail to e***@")
    program.enter(wrong(program.newest_code()))
    program.wait_for("That code is not right.")
    program.enter(program.newest_code())
    program.wait_for("Signed in as emil")


@pytest.mark.parametrize(
    ("line", "medium"), [("Code by e-mail", "by e-mail"), ("Code by SMS", "by SMS")], ids=["e-mail", "SMS"]
)
def test_a_code_as_first_factor_however_long(sign_in_as: Start, line: str, medium: str) -> None:
    program = sign_in_as("cleo")
    program.log_in()
    program.wait_for("What do you want to sign in with?")
    program.send(number_of(program, line))
    program.wait_for(f"Code sent {medium} to ")
    program.enter(wrong(program.newest_code()))
    program.wait_for("That code is not right.")
    program.enter(program.newest_code())
    program.wait_for("Signed in as cleo")


@pytest.mark.parametrize("line", ["Password, sent to Cognito", "Password, proved without being sent (SRP)"])
def test_a_password_as_first_factor(sign_in_as: Start, line: str) -> None:
    program = sign_in_as("cleo")
    program.log_in()
    program.wait_for("What do you want to sign in with?")
    program.send(number_of(program, line))
    program.wait_for("Your password")
    program.enter("not-this")
    program.wait_for("Incorrect username or password.")
    program.press("enter")
    program.wait_for("What do you want to sign in with?")
    program.send(number_of(program, line))
    program.wait_for("Your password")
    program.enter(program.user.password)
    program.wait_for("Signed in as cleo")
    sent = [str(call) for operation, call in program.server.calls if operation.endswith("Challenge")]
    assert ("PASSWORD_CLAIM_SIGNATURE" in " ".join(sent)) == ("SRP" in line)


def test_a_passkey_offers_the_other_factors(sign_in_as: Start) -> None:
    program = sign_in_as("cleo")
    program.log_in()
    program.wait_for("What do you want to sign in with?")
    program.send(number_of(program, "Passkey (not from a terminal)"))
    program.wait_for("A passkey cannot be used from a terminal. Choose another way.")
    program.send(number_of(program, "Code by e-mail"))
    program.wait_for("Code sent by e-mail to ")
    program.press("esc", "esc")
    program.wait_for("What do you want to sign in with?")


def test_a_preferred_first_factor_skips_the_choice(sign_in_as: Start) -> None:
    program = sign_in_as("cleo", "--preferred-first-factor", "EMAIL_OTP")
    program.log_in()
    program.wait_for("Code sent by e-mail to ")
    program.press("ctrl+r")
    program.wait_for("A new code is on its way")
    program.enter(program.newest_code())
    program.wait_for("Signed in as cleo")


def test_setting_up_an_app_out_of_a_choice(sign_in_as: Start) -> None:
    program = sign_in_as("max")
    program.log_in()
    program.send(number_of(program, "Authenticator app"))
    phone = scan(program)
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as max")


def test_setting_up_e_mail_out_of_a_choice(sign_in_as: Start) -> None:
    program = sign_in_as("max")
    program.log_in()
    program.send(number_of(program, "E-mail"))
    program.wait_for("Where shall your codes go?")
    program.enter("not an address")
    program.wait_for("That is not an e-mail address.")
    program.enter("max@example.org")
    program.wait_for("Code sent by e-mail to m***@")
    program.enter(program.newest_code())
    program.wait_for("Signed in as max")
