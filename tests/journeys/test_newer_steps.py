"""Cognito's newer steps: email codes, first factors, and the choice of an MFA set-up."""

from __future__ import annotations

import pytest

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import StartSignIn
from tests.journeys.own_pool import APP_AND_SMS, MakePool
from tests.safe_codes import wrong_code
from tests.steps.screen_reading import number_key_for


@pytest.mark.parametrize(
    ("line", "medium"), [("Code by email", "by email"), ("Code by SMS", "by SMS")], ids=["e-mail", "SMS"]
)
def test_code_as_first_factor_of_any_length(sign_in_as: StartSignIn, line: str, medium: str) -> None:
    program = sign_in_as("cleo")
    program.log_in()
    program.wait_for("What do you want to sign in with?")
    program.send(number_key_for(program, line))
    program.wait_for(f"Code sent {medium} to ")
    program.enter(wrong_code(program.newest_code()))
    program.wait_for(WRONG_CODE)
    program.enter(program.newest_code())
    program.wait_for("Signed in as cleo")


@pytest.mark.parametrize("line", ["Password sent over TLS", "Password (SRP)"])
def test_password_as_first_factor(sign_in_as: StartSignIn, line: str) -> None:
    program = sign_in_as("cleo")
    program.log_in()
    program.wait_for("What do you want to sign in with?")
    program.send(number_key_for(program, line))
    program.wait_for("Enter your password")
    program.enter("not-this")
    program.wait_for("Incorrect username or password.")
    program.wait_for("Enter your password")
    program.press("ctrl+u")
    program.enter_and_wait_for_reply("nor-this")
    program.wait_for("Incorrect username or password.")
    program.press("ctrl+u")
    program.enter(program.user.password)
    program.wait_for("Signed in as cleo")
    requests = [str(call) for operation, call in program.server.calls if operation.endswith("Challenge")]
    assert ("PASSWORD_CLAIM_SIGNATURE" in " ".join(requests)) == ("SRP" in line)


def test_passkey_offers_the_other_factors(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("cleo")
    program.log_in()
    program.wait_for("What do you want to sign in with?")
    program.send(number_key_for(program, "Passkey"))
    program.wait_for_text("Did you create your passkey for that site?")
    program.press("esc")
    program.wait_for("What do you want to sign in with?")
    program.send(number_key_for(program, "Code by email"))
    program.wait_for("Code sent by email to ")
    program.press("esc", "esc")
    program.wait_for("What do you want to sign in with?")


def test_retyped_password_keeps_the_choice(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("cleo", "--preferred-first-factor", "PASSWORD_SRP")
    program.log_in()
    program.wait_for("Enter your password")
    program.enter("not-this")
    program.wait_for("Incorrect username or password.")
    program.press("esc")
    program.send(number_key_for(program, "Code by SMS"))
    program.wait_for("Code sent by SMS to ")
    assert program.codes_sent() == 1


@pytest.mark.parametrize("specified_by", ["flag", "profile"])
def test_preferred_first_factor_skips_the_choice(own_pool: MakePool, specified_by: str) -> None:
    pool = own_pool(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}})
    pool.create_user("ann", email="ann@example.com")
    if specified_by == "flag":
        program = pool.sign_in("--preferred-first-factor", "EMAIL_OTP", flow="USER_AUTH")
    else:
        pool_flags = pool.write_profile('preferred_first_factor = "EMAIL_OTP"')
        program = pool.sign_in(pool_flags=pool_flags, flow="USER_AUTH")
    program.log_in()
    program.wait_for("Code sent by email to ")
    program.press("ctrl+r")
    program.wait_for_text("If the account exists, a new code is on its way")
    program.wait_for("^r again in ")
    program.press("ctrl+r", "esc", "esc")
    program.send(number_key_for(program, "Code by email"))
    program.wait_for("Code sent by email to ")
    assert program.codes_sent() == 3, "no new code during the cool-down"
    code = program.newest_code()
    assert len(code) == 8
    program.enter(code)
    program.wait_for("Signed in as ann")


@pytest.mark.parametrize("factor", ["PASSWORD", "SMS_OTP"])
def test_any_factor_can_be_preferred(own_pool: MakePool, factor: str) -> None:
    pool = own_pool(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "SMS_OTP"]}})
    pool.create_user("ann", phone_number="+4915112345678", phone_number_verified="true")
    program = pool.sign_in("--preferred-first-factor", factor, flow="USER_AUTH")
    program.log_in()
    if factor == "PASSWORD":
        program.wait_for("Enter your password")
        program.enter(program.user.password)
    else:
        program.wait_for("Code sent by SMS to ")
        program.enter(program.newest_code())
    program.wait_for("Signed in as ann")


def test_password_as_first_factor_leads_to_the_second(own_pool: MakePool) -> None:
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = own_pool(mfa={"MfaConfiguration": "OPTIONAL", **APP_AND_SMS}, Policies=factors)
    pool.create_user("ann", email="ann@example.com", email_verified="true")
    phone = pool.add_authenticator_app("ann")
    program = pool.sign_in("--preferred-first-factor", "PASSWORD_SRP", flow="USER_AUTH")
    program.log_in()
    program.wait_for("Enter your password")
    program.enter(program.user.password)
    program.wait_for("Code from your authenticator app")
    program.enter(phone.at(int(pool.server.clock.now())))
    program.wait_for("Signed in as ann")
    program.wait_for("password ✓")


def test_email_setup_from_a_choice(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("max")
    program.log_in()
    program.send(number_key_for(program, "Code by email"))
    program.wait_for("Set up codes by email")
    program.enter("not an address")
    program.wait_for("That isn't an email address.")
    program.enter("max@example.org")
    program.wait_for("Code sent by email to m***@")
    program.enter(program.newest_code())
    program.wait_for("Signed in as max")


@pytest.mark.parametrize("flags", [[], ["--plain"]], ids=["full screen", "lines"])
def test_sms_cannot_be_set_up_and_that_is_stated(own_pool: MakePool, flags: list[str]) -> None:
    pool = own_pool(mfa={"MfaConfiguration": "ON", **APP_AND_SMS, "EmailMfaConfiguration": {}})
    pool.create_user()
    program = pool.sign_in(*flags)
    program.log_in_at_prompts() if flags else program.log_in()
    program.wait_for_text("This user pool requires a second factor" if flags else "Set up a second factor")
    program.wait_for_text("For SMS, ask an administrator.")
    assert "Text message" not in program.screen_text()


def test_new_email_setup_code_goes_to_the_same_address(own_pool: MakePool) -> None:
    pool = own_pool(mfa={"MfaConfiguration": "ON", "EmailMfaConfiguration": {}})
    pool.create_user()
    program = pool.sign_in()
    program.log_in()
    program.wait_for("Set up codes by email")
    program.enter("ann@example.org")
    program.wait_for("Code sent by email to a***@")
    program.press("ctrl+r")
    program.wait_for("A new code is on its way")
    assert [message["destination"] for message in pool.server.messages] == ["ann@example.org"] * 2
    program.press("esc", "esc")
    program.wait_for("Set up codes by email")
    program.enter("other@example.org")
    program.wait_for("Code sent by email to o***@")
    program.enter(program.newest_code())
    program.wait_for("Signed in as ann")
