"""MFA_SETUP: setting up a second factor during a sign-in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import SMS, TOTP, PoolUnderTest, expect_error, other_code, parse_json_list

TOTP_ONLY = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOTP}
INVALID_SESSION = ("NotAuthorizedException", "Invalid session for the user.")
SPENT = ("NotAuthorizedException", "Invalid session for the user, session can only be used once.")


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(mfa=TOTP_ONLY)
    pool.create_user()
    return pool


def associate(pool: PoolUnderTest, session: str) -> dict[str, Any]:
    reply: dict[str, Any] = pool.aws.associate_software_token(Session=session)
    return reply


def verify(pool: PoolUnderTest, session: str, code: str, name: str = "laptop") -> dict[str, Any]:
    reply: dict[str, Any] = pool.aws.verify_software_token(
        Session=session, UserCode=code, FriendlyDeviceName=name
    )
    return reply


def finish_setup(pool: PoolUnderTest, session: str, **responses: str) -> dict[str, Any]:
    return pool.answer({"ChallengeName": "MFA_SETUP", "Session": session}, **responses)


def test_user_without_a_factor_must_set_one_up(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in()

    assert reply["ChallengeName"] == "MFA_SETUP"
    assert reply["ChallengeParameters"] == {
        "MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA"]',
        "USER_ID_FOR_SRP": "ann",
    }


def test_setup_in_four_calls_returns_tokens(pool: PoolUnderTest) -> None:
    first = pool.password_sign_in()
    second = associate(pool, first["Session"])
    third = verify(pool, second["Session"], pool.totp_code(second["SecretCode"]))

    assert third["Status"] == "SUCCESS"
    assert len({first["Session"], second["Session"], third["Session"]}) == 3
    assert "AuthenticationResult" in finish_setup(pool, third["Session"])


def test_next_sign_in_requires_the_factor(pool: PoolUnderTest) -> None:
    second = associate(pool, pool.password_sign_in()["Session"])
    secret = second["SecretCode"]
    finish_setup(pool, verify(pool, second["Session"], pool.totp_code(secret, -1))["Session"])
    reply = pool.password_sign_in()

    assert reply["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert reply["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "laptop"
    assert "AuthenticationResult" in pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=pool.totp_code(secret))
    assert pool.call_admin("admin_get_user", "ann")["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def test_secret_is_52_characters_of_base32_without_padding(pool: PoolUnderTest) -> None:
    secret = associate(pool, pool.password_sign_in()["Session"])["SecretCode"]

    assert len(secret) == 52
    assert set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def test_wrong_first_code_keeps_the_challenge_session_and_the_secret(pool: PoolUnderTest) -> None:
    second = associate(pool, pool.password_sign_in()["Session"])
    code = pool.totp_code(second["SecretCode"])
    for _ in range(3):
        with expect_error(
            "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"
        ):
            verify(pool, second["Session"], other_code(other_code(code)))

    third = verify(pool, second["Session"], code)

    assert "AuthenticationResult" in finish_setup(pool, third["Session"])


def test_challenge_session_of_mfa_setup_cannot_verify(pool: PoolUnderTest) -> None:
    first = pool.password_sign_in()

    with expect_error(*INVALID_SESSION):
        verify(pool, first["Session"], "123456")


def test_challenge_session_of_mfa_setup_cannot_answer_it(pool: PoolUnderTest) -> None:
    first = pool.password_sign_in()
    with expect_error(*INVALID_SESSION):
        finish_setup(pool, first["Session"])
    second = associate(pool, first["Session"])
    with expect_error(*SPENT):
        finish_setup(pool, first["Session"])

    with expect_error(*INVALID_SESSION):
        finish_setup(pool, second["Session"])


def test_verified_challenge_session_cannot_be_used_twice(pool: PoolUnderTest) -> None:
    second = associate(pool, pool.password_sign_in()["Session"])
    third = verify(pool, second["Session"], pool.totp_code(second["SecretCode"]))
    finish_setup(pool, third["Session"])

    with expect_error(*SPENT):
        finish_setup(pool, third["Session"])
    with expect_error(*SPENT):
        verify(pool, second["Session"], pool.totp_code(second["SecretCode"], 1))


def test_challenge_session_of_another_challenge_cannot_associate(make_pool: MakePool) -> None:
    pool = make_pool(mfa={"MfaConfiguration": "ON", "SmsMfaConfiguration": SMS})
    pool.create_user_with_phone()

    with expect_error(*INVALID_SESSION):
        associate(pool, pool.password_sign_in()["Session"])


def test_missing_challenge_session_is_rejected(pool: PoolUnderTest) -> None:
    pool.password_sign_in()

    with expect_error("InvalidParameterException", "Missing required parameter Session"):
        pool.answer({"ChallengeName": "MFA_SETUP"})


def test_associating_again_makes_a_new_secret(pool: PoolUnderTest) -> None:
    first_reply = associate(pool, pool.password_sign_in()["Session"])
    second_reply = associate(pool, first_reply["Session"])

    assert second_reply["SecretCode"] != first_reply["SecretCode"]
    with expect_error("EnableSoftwareTokenMFAException"):
        verify(pool, second_reply["Session"], pool.totp_code(first_reply["SecretCode"]))


def test_abandoned_sign_in_keeps_the_verified_authenticator(pool: PoolUnderTest) -> None:
    second = associate(pool, pool.password_sign_in()["Session"])
    verify(pool, second["Session"], pool.totp_code(second["SecretCode"], -1))
    reply = pool.password_sign_in()

    assert reply["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_setup_must_end_before_the_challenge_session_expires(own_pool: MakePool) -> None:
    pool = own_pool(mfa=TOTP_ONLY)
    pool.create_user()
    second = associate(pool, pool.password_sign_in()["Session"])
    pool.server.clock.advance(200)

    with expect_error("NotAuthorizedException", "Invalid session for the user, session is expired."):
        verify(pool, second["Session"], pool.totp_code(second["SecretCode"]))


@pytest.mark.parametrize("code", ["12345x", "12 456", "１２３４５６"])
def test_first_code_without_six_digits_violates_the_pattern(pool: PoolUnderTest, code: str) -> None:
    second = associate(pool, pool.password_sign_in()["Session"])

    with expect_error(
        "InvalidParameterException",
        "1 validation error detected: Value at 'userCode' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [0-9]+",
    ):
        verify(pool, second["Session"], code)


def test_access_token_and_a_challenge_session_exclude_each_other(pool: PoolUnderTest) -> None:
    with expect_error("InvalidParameterException"):
        pool.aws.associate_software_token()
    with expect_error("InvalidParameterException"):
        pool.aws.verify_software_token(UserCode="123456", Session="A" * 30, AccessToken="x")


# By email

EMAIL_TOO = {**TOTP_ONLY, "EmailMfaConfiguration": {}, "SmsMfaConfiguration": SMS}


@pytest.fixture
def email_pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(mfa=EMAIL_TOO)
    pool.create_user()
    return pool


def test_all_factors_of_the_pool_are_listed_even_sms(email_pool: PoolUnderTest) -> None:
    reply = email_pool.password_sign_in()

    assert parse_json_list(reply["ChallengeParameters"]["MFAS_CAN_SETUP"]) == [
        "SMS_MFA",
        "SOFTWARE_TOKEN_MFA",
        "EMAIL_OTP",
    ]


def test_email_address_gets_a_code_and_the_code_returns_tokens(email_pool: PoolUnderTest) -> None:
    pool = email_pool
    reply = pool.answer(pool.password_sign_in(), EMAIL="ann@example.com")

    assert reply["ChallengeName"] == "EMAIL_OTP"
    assert pool.newest_message()["destination"] == "ann@example.com"
    with expect_error("CodeMismatchException"):
        pool.answer(reply, EMAIL_OTP_CODE=other_code(pool.newest_code()))
    assert "AuthenticationResult" in pool.answer(reply, EMAIL_OTP_CODE=pool.newest_code())


def test_proved_address_is_stored_as_verified(email_pool: PoolUnderTest) -> None:
    pool = email_pool
    reply = pool.answer(pool.password_sign_in(), EMAIL="ann@example.com")
    attributes_before = pool.call_admin("admin_get_user", "ann")["UserAttributes"]
    pool.answer(reply, EMAIL_OTP_CODE=pool.newest_code())
    user_after = pool.call_admin("admin_get_user", "ann")

    assert "email" not in [entry["Name"] for entry in attributes_before]
    assert {"Name": "email", "Value": "ann@example.com"} in user_after["UserAttributes"]
    assert {"Name": "email_verified", "Value": "true"} in user_after["UserAttributes"]
    assert user_after["UserMFASettingList"] == ["EMAIL_OTP"]
    assert "PreferredMfaSetting" not in user_after
    assert pool.password_sign_in()["ChallengeName"] == "EMAIL_OTP"


def test_invalid_address_keeps_the_challenge_session_valid(email_pool: PoolUnderTest) -> None:
    pool = email_pool
    first = pool.password_sign_in()
    with expect_error("InvalidParameterException", "Invalid email address format."):
        pool.answer(first, EMAIL="nowhere")

    assert pool.answer(first, EMAIL="ann@example.com")["ChallengeName"] == "EMAIL_OTP"


def test_address_is_rejected_if_the_pool_has_no_email_factor(pool: PoolUnderTest) -> None:
    with expect_error(*INVALID_SESSION):
        pool.answer(pool.password_sign_in(), EMAIL="ann@example.com")


def test_pool_with_only_the_email_factor_requires_the_address(make_pool: MakePool) -> None:
    pool = make_pool(mfa={"MfaConfiguration": "ON", "EmailMfaConfiguration": {}})
    pool.create_user()
    reply = pool.password_sign_in()

    assert reply["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["EMAIL_OTP"]'
    with expect_error("InvalidParameterException", "Missing required parameter EMAIL"):
        pool.answer(reply)
    with expect_error("SoftwareTokenMFANotFoundException"):
        associate(pool, reply["Session"])
