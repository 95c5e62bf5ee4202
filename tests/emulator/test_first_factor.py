"""USER_AUTH: the user chooses the first factor."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, SMS, PoolUnderTest, expect_error, other_code
from tui_auth.auth import srp

ALLOWED = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}}
PASSWORDS = ["PASSWORD_SRP", "PASSWORD"]


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(Policies=ALLOWED)
    pool.create_user_with_phone(email="ann@example.com", email_verified="true")
    return pool


def start_sign_in(pool: PoolUnderTest, **parameters: str) -> dict[str, Any]:
    return pool.initiate("USER_AUTH", USERNAME="ann", **parameters)


def test_user_name_alone_leads_to_the_choice(pool: PoolUnderTest) -> None:
    reply = start_sign_in(pool)

    assert reply["ChallengeName"] == "SELECT_CHALLENGE"
    assert reply["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP"]
    assert reply["ChallengeParameters"] == {}


def test_only_what_the_pool_allows_and_the_user_has_is_offered(make_pool: MakePool) -> None:
    plain, allowed = make_pool(), make_pool(Policies=ALLOWED)
    plain.create_user(email="ann@example.com")
    allowed.create_user(email="ann@example.com")

    assert start_sign_in(plain)["AvailableChallenges"] == PASSWORDS
    assert start_sign_in(allowed)["AvailableChallenges"] == [*PASSWORDS, "EMAIL_OTP"]


def test_email_code_has_eight_digits_and_returns_tokens(pool: PoolUnderTest) -> None:
    reply = pool.answer(start_sign_in(pool), ANSWER="EMAIL_OTP")
    assert reply["ChallengeName"] == "EMAIL_OTP"
    assert reply["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL",
        "CODE_DELIVERY_DESTINATION": "a***@e***",
    }
    code = pool.newest_code()

    assert len(code) == 8
    with expect_error("CodeMismatchException", "Invalid code or auth state for the user."):
        pool.answer(reply, EMAIL_OTP_CODE=other_code(code))
    assert "AuthenticationResult" in pool.answer(reply, EMAIL_OTP_CODE=code)


def test_preferred_factor_is_challenged_at_once(pool: PoolUnderTest) -> None:
    reply = start_sign_in(pool, PREFERRED_CHALLENGE="SMS_OTP")

    assert reply["ChallengeName"] == "SMS_OTP"
    assert "SMS_OTP" in reply["AvailableChallenges"]
    assert "AuthenticationResult" in pool.answer(reply, SMS_OTP_CODE=pool.newest_code())


def test_preferred_password_in_the_first_request_returns_tokens(pool: PoolUnderTest) -> None:
    assert "AuthenticationResult" in start_sign_in(pool, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        start_sign_in(pool, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=OTHER_PASSWORD)


def test_missing_preferred_password_is_challenged(pool: PoolUnderTest) -> None:
    reply = start_sign_in(pool, PREFERRED_CHALLENGE="PASSWORD")

    assert reply["ChallengeName"] == "PASSWORD"
    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(reply, PASSWORD=OTHER_PASSWORD)
    assert "AuthenticationResult" in pool.answer(reply, PASSWORD=PASSWORD)


def test_preferred_srp_leads_to_a_verifier_with_a_challenge_session(pool: PoolUnderTest) -> None:
    a = srp.private_value()
    reply = start_sign_in(pool, PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=f"{srp.public_value(a):x}")

    assert reply["ChallengeName"] == "PASSWORD_VERIFIER"
    assert reply["Session"]
    assert "AuthenticationResult" in pool.answer(reply, **pool.srp_claim(reply, a))


@pytest.mark.parametrize("password", [PASSWORD, OTHER_PASSWORD])
def test_srp_can_be_chosen_and_started_in_one_request(pool: PoolUnderTest, password: str) -> None:
    a = srp.private_value()
    reply = pool.answer(start_sign_in(pool), ANSWER="PASSWORD_SRP", SRP_A=f"{srp.public_value(a):x}")
    assert reply["ChallengeName"] == "PASSWORD_VERIFIER"
    claim = pool.srp_claim(reply, a, password)

    if password == PASSWORD:
        assert "AuthenticationResult" in pool.answer(reply, **claim)
    else:
        with expect_error("NotAuthorizedException", "Incorrect username or password."):
            pool.answer(reply, **claim)


def test_srp_can_be_chosen_first_and_started_later(pool: PoolUnderTest) -> None:
    a = srp.private_value()
    chosen = pool.answer(start_sign_in(pool), ANSWER="PASSWORD_SRP")
    assert chosen["ChallengeName"] == "PASSWORD_SRP"
    reply = pool.answer(chosen, SRP_A=f"{srp.public_value(a):x}")

    assert "AuthenticationResult" in pool.answer(reply, **pool.srp_claim(reply, a))


def test_password_can_be_chosen_and_sent_in_one_request(pool: PoolUnderTest) -> None:
    assert "AuthenticationResult" in pool.answer(start_sign_in(pool), ANSWER="PASSWORD", PASSWORD=PASSWORD)


@pytest.mark.parametrize("preferred", ["WEB_AUTHN", "TELEPATHY"])
def test_preferred_factor_that_the_user_lacks_leads_to_the_choice(
    pool: PoolUnderTest, preferred: str
) -> None:
    assert start_sign_in(pool, PREFERRED_CHALLENGE=preferred)["ChallengeName"] == "SELECT_CHALLENGE"


@pytest.mark.parametrize("chosen", ["WEB_AUTHN", "TELEPATHY", "SMS_MFA"])
def test_unusable_factor_is_rejected_and_keeps_the_choice(pool: PoolUnderTest, chosen: str) -> None:
    reply = start_sign_in(pool)
    with expect_error("InvalidParameterException"):
        pool.answer(reply, ANSWER=chosen)

    assert pool.answer(reply, ANSWER="EMAIL_OTP")["ChallengeName"] == "EMAIL_OTP"


def test_codes_are_not_first_factors_if_a_second_factor_is_required(make_pool: MakePool) -> None:
    pool = make_pool(Policies=ALLOWED, mfa={"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": SMS})
    pool.create_user_with_phone(email="ann@example.com")
    assert "EMAIL_OTP" in start_sign_in(pool)["AvailableChallenges"]
    pool.set_mfa_preference(SMSMfaSettings={"Enabled": True})

    assert start_sign_in(pool)["AvailableChallenges"] == PASSWORDS
    assert start_sign_in(pool, PREFERRED_CHALLENGE="EMAIL_OTP")["ChallengeName"] == "SELECT_CHALLENGE"
    reply = start_sign_in(pool, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert reply["ChallengeName"] == "SMS_MFA"


def test_factor_enabled_during_the_sign_in_is_required(make_pool: MakePool) -> None:
    pool = make_pool(Policies=ALLOWED, mfa={"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": SMS})
    pool.create_user_with_phone(email="ann@example.com")
    reply = start_sign_in(pool, PREFERRED_CHALLENGE="EMAIL_OTP")
    code = pool.newest_code()
    pool.set_mfa_preference(SMSMfaSettings={"Enabled": True})

    assert pool.answer(reply, EMAIL_OTP_CODE=code)["ChallengeName"] == "SMS_MFA"


def test_user_with_a_temporary_password_can_only_choose_the_password(pool: PoolUnderTest) -> None:
    pool.call_admin("admin_set_user_password", "ann", Password=OTHER_PASSWORD, Permanent=False)
    reply = start_sign_in(pool)

    assert reply["AvailableChallenges"] == PASSWORDS
    next_reply = pool.answer(reply, ANSWER="PASSWORD", PASSWORD=OTHER_PASSWORD)
    assert next_reply["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_user_without_a_password_signs_in_by_a_code(pool: PoolUnderTest) -> None:
    pool.aws.admin_create_user(
        UserPoolId=pool.pool_id,
        Username="new",
        UserAttributes=[{"Name": "email", "Value": "new@example.com"}],
        MessageAction="SUPPRESS",
    )
    choice = pool.initiate("USER_AUTH", USERNAME="new")
    assert choice["AvailableChallenges"] == ["EMAIL_OTP"]
    reply = pool.answer(choice, "new", ANSWER="EMAIL_OTP")

    assert "AuthenticationResult" in pool.answer(reply, "new", EMAIL_OTP_CODE=pool.newest_code("new"))
    with expect_error("NotAuthorizedException"):
        pool.password_sign_in("new")
    with expect_error("NotAuthorizedException"):
        pool.srp_sign_in("new")


def test_user_can_sign_up_without_a_password_if_codes_are_first_factors(
    pool: PoolUnderTest, make_pool: MakePool
) -> None:
    address = [{"Name": "email", "Value": "new@example.com"}]
    pool.aws.sign_up(ClientId=pool.client_id, Username="new", UserAttributes=address)
    plain = make_pool()

    with expect_error("InvalidParameterException", "Missing required parameter Password"):
        plain.aws.sign_up(ClientId=plain.client_id, Username="new", UserAttributes=address)


def test_user_auth_requires_no_other_flow(make_pool: MakePool) -> None:
    pool = make_pool(client={"ExplicitAuthFlows": ["ALLOW_USER_AUTH"]})
    pool.create_user()

    assert "AuthenticationResult" in start_sign_in(pool, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    with expect_error("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"):
        pool.password_sign_in()
