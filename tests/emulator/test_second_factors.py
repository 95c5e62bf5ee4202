"""The second factors: SMS_MFA, EMAIL_OTP, SOFTWARE_TOKEN_MFA, SELECT_MFA_TYPE."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import SMS, TOTP, PoolUnderTest, expect_error, other_code, parse_json_list

ALL_FACTORS = {
    "SmsMfaConfiguration": SMS,
    "SoftwareTokenMfaConfiguration": TOTP,
    "EmailMfaConfiguration": {},
}
OPTIONAL = {"MfaConfiguration": "OPTIONAL", **ALL_FACTORS}
ON = {"MfaConfiguration": "ON", **ALL_FACTORS}
MISMATCH = ("CodeMismatchException", "Invalid code or auth state for the user.")
PREFERRED = {"Enabled": True, "PreferredMfa": True}
ENABLED = {"Enabled": True}


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool(mfa=OPTIONAL)


def set_up_sms_user(pool: PoolUnderTest) -> PoolUnderTest:
    pool.create_user_with_phone()
    pool.set_mfa_preference(SMSMfaSettings=PREFERRED)
    return pool


def set_up_totp_user(pool: PoolUnderTest) -> str:
    pool.create_user()
    secret = pool.set_up_totp()
    pool.set_mfa_preference(SoftwareTokenMfaSettings=PREFERRED)
    return secret


# Codes by SMS and email


def test_sms_challenge_has_a_masked_destination(pool: PoolUnderTest) -> None:
    reply = set_up_sms_user(pool).password_sign_in()

    assert reply["ChallengeName"] == "SMS_MFA"
    assert reply["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
        "CODE_DELIVERY_DESTINATION": "+*********1234",
        "USER_ID_FOR_SRP": "ann",
    }
    assert "AuthenticationResult" not in reply


def test_outbox_has_the_code_with_its_destination_unmasked(pool: PoolUnderTest) -> None:
    set_up_sms_user(pool).password_sign_in()
    message = pool.newest_message()

    assert message["destination"] == "+4915550001234"
    assert (message["medium"], message["purpose"], message["username"]) == ("SMS", "MFA", "ann")
    assert len(message["code"]) == 6
    assert message["sent_at"].endswith("Z")


def test_sms_code_returns_tokens(pool: PoolUnderTest) -> None:
    reply = set_up_sms_user(pool).srp_sign_in()

    assert "AuthenticationResult" in pool.answer(reply, SMS_MFA_CODE=pool.newest_code())


def test_wrong_sms_code_keeps_the_challenge_session(pool: PoolUnderTest) -> None:
    reply = set_up_sms_user(pool).password_sign_in()
    for _ in range(6):
        with expect_error(*MISMATCH):
            pool.answer(reply, SMS_MFA_CODE=other_code(pool.newest_code()))

    assert "AuthenticationResult" in pool.answer(reply, SMS_MFA_CODE=pool.newest_code())


@pytest.mark.parametrize("spoilt", ["{} ", " {}", "{}\n", "x{}"])
def test_code_is_compared_without_normalization(pool: PoolUnderTest, spoilt: str) -> None:
    reply = set_up_sms_user(pool).password_sign_in()

    with expect_error(*MISMATCH):
        pool.answer(reply, SMS_MFA_CODE=spoilt.format(pool.newest_code()))


def test_new_sign_in_has_a_new_code_and_rejects_the_old_one(pool: PoolUnderTest) -> None:
    set_up_sms_user(pool).password_sign_in()
    old = pool.newest_code()
    reply = pool.password_sign_in()

    assert old != pool.newest_code()
    with expect_error(*MISMATCH):
        pool.answer(reply, SMS_MFA_CODE=old)


def test_proved_phone_number_is_verified(pool: PoolUnderTest) -> None:
    pool.create_user(phone_number="+4915550001234")
    pool.set_mfa_preference(SMSMfaSettings=PREFERRED)
    pool.answer(pool.password_sign_in(), SMS_MFA_CODE=pool.newest_code())
    attributes = pool.call_admin("admin_get_user", "ann")["UserAttributes"]

    assert {"Name": "phone_number_verified", "Value": "true"} in attributes


def test_email_code_returns_tokens(pool: PoolUnderTest) -> None:
    pool.create_user(email="john@gmail.com", email_verified="true")
    pool.set_mfa_preference(EmailMfaSettings=PREFERRED)
    reply = pool.password_sign_in()

    assert reply["ChallengeName"] == "EMAIL_OTP"
    assert reply["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == "EMAIL"
    assert reply["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "j***@g***"
    assert len(pool.newest_code()) == 6
    with expect_error(*MISMATCH):
        pool.answer(reply, EMAIL_OTP_CODE=other_code(pool.newest_code()))
    assert "AuthenticationResult" in pool.answer(reply, EMAIL_OTP_CODE=pool.newest_code())


# Software tokens


def test_challenge_has_the_name_of_the_authenticator(pool: PoolUnderTest) -> None:
    set_up_totp_user(pool)
    reply = pool.password_sign_in()

    assert reply["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert reply["ChallengeParameters"] == {"USER_ID_FOR_SRP": "ann", "FRIENDLY_DEVICE_NAME": "laptop"}


@pytest.mark.parametrize("windows", [-1, 0, 1])
def test_totp_code_of_this_or_an_adjacent_window_returns_tokens(own_pool: MakePool, windows: int) -> None:
    pool = own_pool(mfa=OPTIONAL)
    secret = set_up_totp_user(pool)
    pool.server.clock.advance(60)
    reply = pool.password_sign_in()

    next_reply = pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=pool.totp_code(secret, windows))

    assert "AuthenticationResult" in next_reply


@pytest.mark.parametrize("windows", [-3, 3])
def test_totp_code_of_a_distant_window_is_rejected(pool: PoolUnderTest, windows: int) -> None:
    secret = set_up_totp_user(pool)
    reply = pool.password_sign_in()

    with expect_error("CodeMismatchException", "Invalid code received for user"):
        pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=pool.totp_code(secret, windows))


def test_wrong_totp_code_keeps_the_challenge_session(pool: PoolUnderTest) -> None:
    secret = set_up_totp_user(pool)
    reply = pool.password_sign_in()
    with expect_error("CodeMismatchException", "Invalid code received for user"):
        pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE="nonsense")

    assert "AuthenticationResult" in pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=pool.totp_code(secret))


def test_totp_code_works_once_for_its_user(pool: PoolUnderTest) -> None:
    secret = set_up_totp_user(pool)
    code = pool.totp_code(secret)
    pool.answer(pool.password_sign_in(), SOFTWARE_TOKEN_MFA_CODE=code)
    reply = pool.password_sign_in()

    with expect_error("ExpiredCodeException", "Your software token has already been used once."):
        pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=code)


def test_code_used_for_the_setup_is_rejected(own_pool: MakePool) -> None:
    pool = own_pool(mfa=OPTIONAL)
    pool.create_user()
    token = pool.get_access_token()
    secret = pool.aws.associate_software_token(AccessToken=token)["SecretCode"]
    code = pool.totp_code(secret)
    pool.aws.verify_software_token(AccessToken=token, UserCode=code)
    pool.set_mfa_preference(SoftwareTokenMfaSettings=PREFERRED)
    reply = pool.password_sign_in()

    with expect_error("ExpiredCodeException", "Your software token has already been used once."):
        pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=code)
    pool.server.clock.advance(30)
    assert "AuthenticationResult" in pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=pool.totp_code(secret))


def test_authenticator_that_is_not_enabled_is_not_required(pool: PoolUnderTest) -> None:
    pool.create_user()
    pool.set_up_totp()

    assert "AuthenticationResult" in pool.password_sign_in()


# Choice of the factor


def test_without_mfa_no_second_factor_is_required(make_pool: MakePool) -> None:
    pool = make_pool(mfa={**OPTIONAL, "MfaConfiguration": "OFF"})
    pool.create_user_with_phone()
    pool.set_mfa_preference(SMSMfaSettings=PREFERRED)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_optional_mfa_requires_nothing_of_a_user_without_a_factor(pool: PoolUnderTest) -> None:
    pool.create_user_with_phone()

    assert "AuthenticationResult" in pool.password_sign_in()


def test_single_enabled_factor_is_required(pool: PoolUnderTest) -> None:
    pool.create_user_with_phone()
    pool.set_mfa_preference(SMSMfaSettings=ENABLED)

    assert pool.password_sign_in()["ChallengeName"] == "SMS_MFA"


def set_up_sms_and_totp_user(pool: PoolUnderTest) -> str:
    pool.create_user_with_phone()
    secret = pool.set_up_totp()
    pool.set_mfa_preference(SMSMfaSettings=ENABLED, SoftwareTokenMfaSettings=ENABLED)
    return secret


def test_several_factors_are_offered_as_a_json_string(pool: PoolUnderTest) -> None:
    set_up_sms_and_totp_user(pool)
    message_count = len(pool.server.messages)
    reply = pool.password_sign_in()

    assert reply["ChallengeName"] == "SELECT_MFA_TYPE"
    assert reply["ChallengeParameters"]["MFAS_CAN_CHOOSE"] == '["SMS_MFA","SOFTWARE_TOKEN_MFA"]'
    assert len(pool.server.messages) == message_count


def test_chosen_factor_is_required_with_a_new_challenge_session(pool: PoolUnderTest) -> None:
    set_up_sms_and_totp_user(pool)
    choice = pool.password_sign_in()
    reply = pool.answer(choice, ANSWER="SMS_MFA")

    assert reply["ChallengeName"] == "SMS_MFA"
    assert reply["Session"] != choice["Session"]
    assert "AuthenticationResult" in pool.answer(reply, SMS_MFA_CODE=pool.newest_code())


def test_choosing_the_authenticator_leads_to_its_code(pool: PoolUnderTest) -> None:
    secret = set_up_sms_and_totp_user(pool)
    reply = pool.answer(pool.password_sign_in(), ANSWER="SOFTWARE_TOKEN_MFA")

    assert reply["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert "AuthenticationResult" in pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=pool.totp_code(secret))


def test_factor_that_was_not_offered_cannot_be_chosen(pool: PoolUnderTest) -> None:
    set_up_sms_and_totp_user(pool)
    choice = pool.password_sign_in()
    with expect_error("InvalidParameterException"):
        pool.answer(choice, ANSWER="EMAIL_OTP")

    assert pool.answer(choice, ANSWER="SMS_MFA")["ChallengeName"] == "SMS_MFA"


def test_preferred_factor_is_required_without_a_choice(pool: PoolUnderTest) -> None:
    set_up_sms_and_totp_user(pool)
    pool.set_mfa_preference(SMSMfaSettings=PREFERRED)

    assert pool.password_sign_in()["ChallengeName"] == "SMS_MFA"


def test_required_mfa_uses_an_address_of_the_user(make_pool: MakePool) -> None:
    pool = make_pool(mfa=ON)
    pool.create_user_with_phone()

    assert pool.password_sign_in()["ChallengeName"] == "SMS_MFA"


def test_required_mfa_offers_the_choice_between_two_addresses(make_pool: MakePool) -> None:
    pool = make_pool(mfa=ON)
    pool.create_user_with_phone(email="ann@example.com")
    reply = pool.password_sign_in()

    assert reply["ChallengeName"] == "SELECT_MFA_TYPE"
    assert parse_json_list(reply["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == ["SMS_MFA", "EMAIL_OTP"]


def test_required_mfa_does_not_use_the_recovery_address(make_pool: MakePool) -> None:
    recovery = {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]}
    pool = make_pool(mfa=ON, AccountRecoverySetting=recovery)
    pool.create_user_with_phone(email="ann@example.com", email_verified="true")

    assert pool.password_sign_in()["ChallengeName"] == "SMS_MFA"


def test_required_mfa_by_sms_alone_fails_without_a_phone_number(make_pool: MakePool) -> None:
    pool = make_pool(mfa={"MfaConfiguration": "ON", "SmsMfaConfiguration": SMS})
    pool.create_user()

    with expect_error("MFAMethodNotFoundException"):
        pool.password_sign_in()


def test_factor_without_its_address_never_returns_tokens(pool: PoolUnderTest) -> None:
    set_up_sms_user(pool)
    pool.call_admin("admin_delete_user_attributes", "ann", UserAttributeNames=["phone_number"])

    with expect_error("MFAMethodNotFoundException"):
        pool.password_sign_in()
