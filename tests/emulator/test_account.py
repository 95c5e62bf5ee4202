"""Operations on the user's own account: factors, attributes, password, deletion."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import (
    OTHER_PASSWORD,
    PASSWORD,
    SMS,
    TOTP,
    PoolUnderTest,
    expect_error,
    other_code,
)

MFA = {
    "MfaConfiguration": "OPTIONAL",
    "SmsMfaConfiguration": SMS,
    "SoftwareTokenMfaConfiguration": TOTP,
    "EmailMfaConfiguration": {},
}
PREFERRED = {"Enabled": True, "PreferredMfa": True}


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(mfa=MFA, AutoVerifiedAttributes=["email"])
    pool.create_user_with_phone(email="ann@example.com", email_verified="true")
    return pool


def get_user(pool: PoolUnderTest, token: str) -> dict[str, Any]:
    reply: dict[str, Any] = pool.aws.get_user(AccessToken=token)
    return reply


def get_attributes(pool: PoolUnderTest, token: str) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in get_user(pool, token)["UserAttributes"]}


def test_get_user_returns_name_and_attributes_as_strings(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    result = get_attributes(pool, token)

    assert get_user(pool, token)["Username"] == "ann"
    assert result["email_verified"] == "true"
    assert len(result["sub"]) == 36
    assert "UserMFASettingList" not in get_user(pool, token)


# Factors


def test_authenticator_is_set_up_then_enabled_then_required(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    with expect_error(
        "InvalidParameterException",
        "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA",
    ):
        pool.aws.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=PREFERRED)
    pool.set_up_totp()
    pool.aws.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=PREFERRED)

    assert get_user(pool, token)["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
    assert get_user(pool, token)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool.password_sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_setup_with_an_access_token_returns_no_challenge_session(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    reply = pool.aws.associate_software_token(AccessToken=token)

    assert "Session" not in reply
    with expect_error("EnableSoftwareTokenMFAException"):
        pool.aws.verify_software_token(
            AccessToken=token, UserCode=other_code(pool.totp_code(reply["SecretCode"], 5))
        )


def test_verifying_before_associating_is_an_error(pool: PoolUnderTest) -> None:
    with expect_error("SoftwareTokenMFANotFoundException"):
        pool.aws.verify_software_token(AccessToken=pool.get_access_token(), UserCode="123456")


def test_authenticator_is_replaced_when_the_new_one_is_verified(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    old_secret = pool.set_up_totp()
    pool.set_mfa_preference(SoftwareTokenMfaSettings=PREFERRED)
    pool.aws.associate_software_token(AccessToken=token)
    reply = pool.password_sign_in()

    assert "AuthenticationResult" in pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=pool.totp_code(old_secret))


@pytest.mark.parametrize("settings", ["SMSMfaSettings", "EmailMfaSettings"])
def test_factor_cannot_be_enabled_without_its_address(pool: PoolUnderTest, settings: str) -> None:
    pool.create_user("bob")

    with expect_error("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(
            AccessToken=pool.get_access_token("bob"), **{settings: {"Enabled": True}}
        )


def test_factor_cannot_be_enabled_if_the_pool_disables_it(make_pool: MakePool) -> None:
    pool = make_pool(mfa={"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": SMS})
    pool.create_user(email="ann@example.com")
    token = pool.get_access_token()

    with expect_error("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(AccessToken=token, EmailMfaSettings={"Enabled": True})
    with expect_error(
        "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool"
    ):
        pool.aws.associate_software_token(AccessToken=token)


def test_only_one_enabled_factor_can_be_preferred(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    with expect_error("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(
            AccessToken=token, SMSMfaSettings=PREFERRED, EmailMfaSettings=PREFERRED
        )
    with expect_error("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(
            AccessToken=token, SMSMfaSettings={"Enabled": False, "PreferredMfa": True}
        )


def test_preferring_another_factor_keeps_the_first_enabled(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings=PREFERRED)
    pool.aws.set_user_mfa_preference(AccessToken=token, EmailMfaSettings=PREFERRED)

    assert get_user(pool, token)["PreferredMfaSetting"] == "EMAIL_OTP"
    assert get_user(pool, token)["UserMFASettingList"] == ["SMS_MFA", "EMAIL_OTP"]


def test_disabling_the_preferred_factor_leaves_none_preferred(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings=PREFERRED)
    pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings={"Enabled": False})

    assert "PreferredMfaSetting" not in get_user(pool, token)
    assert pool.get_access_token()


def test_get_user_auth_factors_lists_what_the_user_can_use(make_pool: MakePool) -> None:
    allowed = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = make_pool(Policies=allowed, mfa=MFA)
    pool.create_user(email="ann@example.com")
    pool.set_up_totp()
    result = pool.aws.get_user_auth_factors(AccessToken=pool.get_access_token())

    assert result["Username"] == "ann"
    assert result["ConfiguredUserAuthFactors"] == ["PASSWORD", "EMAIL_OTP", "SOFTWARE_TOKEN"]


# Password and account


def change_password(pool: PoolUnderTest, token: str, previous: str, proposed: str) -> None:
    pool.aws.change_password(AccessToken=token, PreviousPassword=previous, ProposedPassword=proposed)


def test_password_is_changed_with_the_previous_one(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        change_password(pool, token, OTHER_PASSWORD, OTHER_PASSWORD)
    with expect_error("InvalidPasswordException"):
        change_password(pool, token, PASSWORD, "all-lower-case")
    change_password(pool, token, PASSWORD, OTHER_PASSWORD)

    assert "AuthenticationResult" in pool.srp_sign_in(password=OTHER_PASSWORD)


def test_password_can_be_changed_five_times_an_hour(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    for _ in range(5):
        change_password(pool, token, PASSWORD, PASSWORD)

    with expect_error("LimitExceededException"):
        change_password(pool, token, PASSWORD, PASSWORD)


def test_user_can_delete_the_account(pool: PoolUnderTest) -> None:
    pool.aws.delete_user(AccessToken=pool.get_access_token())

    with expect_error("UserNotFoundException"):
        pool.password_sign_in()


# Attributes


def update_attributes(pool: PoolUnderTest, token: str, **attributes: str) -> list[dict[str, str]]:
    attribute_list = [{"Name": name, "Value": value} for name, value in attributes.items()]
    reply = pool.aws.update_user_attributes(AccessToken=token, UserAttributes=attribute_list)
    details: list[dict[str, str]] = reply.get("CodeDeliveryDetailsList", [])
    return details


def test_new_address_is_unverified_until_its_code_is_entered(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    details = update_attributes(pool, token, email="new@example.org")

    assert details == [{"Destination": "n***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}]
    assert get_attributes(pool, token)["email_verified"] == "false"
    with expect_error("CodeMismatchException"):
        pool.aws.verify_user_attribute(
            AccessToken=token, AttributeName="email", Code=other_code(pool.newest_code())
        )
    pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.newest_code())
    assert get_attributes(pool, token)["email_verified"] == "true"
    with expect_error("ExpiredCodeException"):
        pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.newest_code())


def test_pool_can_keep_the_old_address_until_the_new_one_is_verified(make_pool: MakePool) -> None:
    settings = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    pool = make_pool(UserAttributeUpdateSettings=settings, AutoVerifiedAttributes=["email"])
    pool.create_user(email="ann@example.com", email_verified="true")
    token = pool.get_access_token()
    update_attributes(pool, token, email="new@example.org")

    assert get_attributes(pool, token)["email"] == "ann@example.com"
    pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.newest_code())
    assert get_attributes(pool, token)["email"] == "new@example.org"


def test_code_for_an_address_can_be_requested(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    update_attributes(pool, token, phone_number="+4915550009999")
    reply = pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="phone_number")

    assert reply["CodeDeliveryDetails"]["DeliveryMedium"] == "SMS"
    pool.aws.verify_user_attribute(AccessToken=token, AttributeName="phone_number", Code=pool.newest_code())
    assert get_attributes(pool, token)["phone_number_verified"] == "true"


@pytest.mark.parametrize("name", ["nickname", "sub"])
def test_only_addresses_can_be_verified(pool: PoolUnderTest, name: str) -> None:
    with expect_error("InvalidParameterException"):
        pool.aws.get_user_attribute_verification_code(AccessToken=pool.get_access_token(), AttributeName=name)


def test_five_codes_an_hour_are_sent_for_an_address(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    for _ in range(5):
        pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")

    with expect_error("LimitExceededException"):
        pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")


def test_attributes_are_changed_and_deleted(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    assert update_attributes(pool, token, nickname="annie") == []
    assert get_attributes(pool, token)["nickname"] == "annie"
    pool.aws.delete_user_attributes(AccessToken=token, UserAttributeNames=["nickname", "phone_number"])

    assert not {"nickname", "phone_number", "phone_number_verified"} & get_attributes(pool, token).keys()


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"sub": "x"}, "InvalidParameterException"),
        ({"custom:unknown": "x"}, "InvalidParameterException"),
        ({"phone_number": "0815"}, "InvalidParameterException"),
        ({"email_verified": "true"}, "NotAuthorizedException"),
    ],
)
def test_changing_a_read_only_attribute_is_rejected(
    pool: PoolUnderTest, attributes: dict[str, str], code: str
) -> None:
    with expect_error(code):
        update_attributes(pool, pool.get_access_token(), **attributes)


def test_immutable_and_required_attributes_cannot_be_deleted(make_pool: MakePool) -> None:
    schema = [
        {"Name": "team", "AttributeDataType": "String", "Mutable": False},
        {"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True},
    ]
    pool = make_pool(Schema=schema)
    pool.create_user(name="Ann", custom__team="red")
    token = pool.get_access_token()

    with expect_error("InvalidParameterException", "user.custom:team: Attribute cannot be updated."):
        update_attributes(pool, token, **{"custom:team": "blue"})
    with expect_error("InvalidParameterException"):
        pool.aws.delete_user_attributes(AccessToken=token, UserAttributeNames=["name"])
    with expect_error("InvalidParameterException"):
        update_attributes(pool, token, name="")


def test_alias_is_claimed_when_it_is_verified(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    pool.create_user(email="ann@example.com", email_verified="true")
    pool.create_user("bob")
    token = pool.get_access_token("bob")
    update_attributes(pool, token, email="ann@example.com")

    with expect_error("AliasExistsException", "An account with the email already exists."):
        pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.newest_code("bob"))


def test_code_verifies_only_the_address_it_was_sent_to(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user(email="ann@example.com")
    token = pool.get_access_token()
    pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    code = pool.newest_code()
    pool.call_admin(
        "admin_update_user_attributes", "ann", UserAttributes=[{"Name": "email", "Value": "c@d.org"}]
    )
    with expect_error("ExpiredCodeException"):
        pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)
