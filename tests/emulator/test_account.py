"""What an access token allows: the user, factors, attributes, password, deleting oneself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, SMS, TOTP, PoolUnderTest, other, refused

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
    pool.with_phone(email="ann@example.com", email_verified="true")
    return pool


def get_user(pool: PoolUnderTest, token: str) -> dict[str, Any]:
    reply: dict[str, Any] = pool.aws.get_user(AccessToken=token)
    return reply


def attributes(pool: PoolUnderTest, token: str) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in get_user(pool, token)["UserAttributes"]}


def test_get_user_tells_name_and_attributes_as_strings(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    found = attributes(pool, token)

    assert get_user(pool, token)["Username"] == "ann"
    assert found["email_verified"] == "true"
    assert len(found["sub"]) == 36
    assert "UserMFASettingList" not in get_user(pool, token)


# Factors


def test_an_authenticator_is_enrolled_then_switched_on_then_asked_for(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    with refused(
        "InvalidParameterException",
        "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA",
    ):
        pool.aws.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=PREFERRED)
    pool.enrol()
    pool.aws.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=PREFERRED)

    assert get_user(pool, token)["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
    assert get_user(pool, token)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool.password_sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_an_authenticator_set_up_with_a_token_has_no_session(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    reply = pool.aws.associate_software_token(AccessToken=token)

    assert "Session" not in reply
    with refused("EnableSoftwareTokenMFAException"):
        pool.aws.verify_software_token(AccessToken=token, UserCode=other(pool.totp(reply["SecretCode"], 5)))


def test_verifying_before_associating_finds_no_authenticator(pool: PoolUnderTest) -> None:
    with refused("SoftwareTokenMFANotFoundException"):
        pool.aws.verify_software_token(AccessToken=pool.access_token(), UserCode="123456")


def test_a_verified_authenticator_stays_until_the_new_one_is_verified(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    old = pool.enrol()
    pool.prefer(SoftwareTokenMfaSettings=PREFERRED)
    pool.aws.associate_software_token(AccessToken=token)
    reply = pool.password_sign_in()

    assert "AuthenticationResult" in pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=pool.totp(old))


@pytest.mark.parametrize("settings", ["SMSMfaSettings", "EmailMfaSettings"])
def test_a_factor_without_its_address_cannot_be_switched_on(pool: PoolUnderTest, settings: str) -> None:
    pool.user("bob")

    with refused("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(
            AccessToken=pool.access_token("bob"), **{settings: {"Enabled": True}}
        )


def test_a_factor_the_pool_has_off_cannot_be_switched_on(make_pool: MakePool) -> None:
    pool = make_pool(mfa={"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": SMS})
    pool.user(email="ann@example.com")
    token = pool.access_token()

    with refused("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(AccessToken=token, EmailMfaSettings={"Enabled": True})
    with refused(
        "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool"
    ):
        pool.aws.associate_software_token(AccessToken=token)


def test_only_one_factor_is_preferred_and_it_must_be_on(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    with refused("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(
            AccessToken=token, SMSMfaSettings=PREFERRED, EmailMfaSettings=PREFERRED
        )
    with refused("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(
            AccessToken=token, SMSMfaSettings={"Enabled": False, "PreferredMfa": True}
        )


def test_preferring_another_factor_keeps_the_first_enabled(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings=PREFERRED)
    pool.aws.set_user_mfa_preference(AccessToken=token, EmailMfaSettings=PREFERRED)

    assert get_user(pool, token)["PreferredMfaSetting"] == "EMAIL_OTP"
    assert get_user(pool, token)["UserMFASettingList"] == ["SMS_MFA", "EMAIL_OTP"]


def test_switching_the_preferred_factor_off_leaves_none(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings=PREFERRED)
    pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings={"Enabled": False})

    assert "PreferredMfaSetting" not in get_user(pool, token)
    assert pool.access_token()


def test_auth_factors_tell_what_the_user_could_use(make_pool: MakePool) -> None:
    allowed = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = make_pool(Policies=allowed, mfa=MFA)
    pool.user(email="ann@example.com")
    pool.enrol()
    found = pool.aws.get_user_auth_factors(AccessToken=pool.access_token())

    assert found["Username"] == "ann"
    assert found["ConfiguredUserAuthFactors"] == ["PASSWORD", "EMAIL_OTP", "SOFTWARE_TOKEN"]


# Password and account


def change(pool: PoolUnderTest, token: str, previous: str, proposed: str) -> None:
    pool.aws.change_password(AccessToken=token, PreviousPassword=previous, ProposedPassword=proposed)


def test_a_password_is_changed_with_the_previous_one(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    with refused("NotAuthorizedException", "Incorrect username or password."):
        change(pool, token, OTHER_PASSWORD, OTHER_PASSWORD)
    with refused("InvalidPasswordException"):
        change(pool, token, PASSWORD, "all-lower-case")
    change(pool, token, PASSWORD, OTHER_PASSWORD)

    assert "AuthenticationResult" in pool.srp_sign_in(password=OTHER_PASSWORD)


def test_a_password_is_changed_five_times_an_hour(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    for _ in range(5):
        change(pool, token, PASSWORD, PASSWORD)

    with refused("LimitExceededException"):
        change(pool, token, PASSWORD, PASSWORD)


def test_a_person_can_delete_the_account(pool: PoolUnderTest) -> None:
    pool.aws.delete_user(AccessToken=pool.access_token())

    with refused("UserNotFoundException"):
        pool.password_sign_in()


# Attributes


def update(pool: PoolUnderTest, token: str, **changed: str) -> list[dict[str, str]]:
    listed = [{"Name": name, "Value": value} for name, value in changed.items()]
    reply = pool.aws.update_user_attributes(AccessToken=token, UserAttributes=listed)
    details: list[dict[str, str]] = reply.get("CodeDeliveryDetailsList", [])
    return details


def test_a_new_address_is_unverified_until_its_code_comes_back(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    details = update(pool, token, email="new@example.org")

    assert details == [{"Destination": "n***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}]
    assert attributes(pool, token)["email_verified"] == "false"
    with refused("CodeMismatchException"):
        pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=other(pool.code()))
    pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.code())
    assert attributes(pool, token)["email_verified"] == "true"
    with refused("ExpiredCodeException"):
        pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.code())


def test_an_address_can_be_kept_until_the_new_one_is_verified(make_pool: MakePool) -> None:
    settings = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    pool = make_pool(UserAttributeUpdateSettings=settings, AutoVerifiedAttributes=["email"])
    pool.user(email="ann@example.com", email_verified="true")
    token = pool.access_token()
    update(pool, token, email="new@example.org")

    assert attributes(pool, token)["email"] == "ann@example.com"
    pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.code())
    assert attributes(pool, token)["email"] == "new@example.org"


def test_a_code_for_an_address_can_be_asked_for(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    update(pool, token, phone_number="+4915550009999")
    reply = pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="phone_number")

    assert reply["CodeDeliveryDetails"]["DeliveryMedium"] == "SMS"
    pool.aws.verify_user_attribute(AccessToken=token, AttributeName="phone_number", Code=pool.code())
    assert attributes(pool, token)["phone_number_verified"] == "true"


@pytest.mark.parametrize("name", ["nickname", "sub"])
def test_only_addresses_are_verified(pool: PoolUnderTest, name: str) -> None:
    with refused("InvalidParameterException"):
        pool.aws.get_user_attribute_verification_code(AccessToken=pool.access_token(), AttributeName=name)


def test_five_codes_an_hour_are_sent_for_an_address(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    for _ in range(5):
        pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")

    with refused("LimitExceededException"):
        pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")


def test_attributes_are_changed_and_deleted(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    assert update(pool, token, nickname="annie") == []
    assert attributes(pool, token)["nickname"] == "annie"
    pool.aws.delete_user_attributes(AccessToken=token, UserAttributeNames=["nickname", "phone_number"])

    assert not {"nickname", "phone_number", "phone_number_verified"} & attributes(pool, token).keys()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sub": "x"}, "InvalidParameterException"),
        ({"custom:unknown": "x"}, "InvalidParameterException"),
        ({"phone_number": "0815"}, "InvalidParameterException"),
        ({"email_verified": "true"}, "NotAuthorizedException"),
    ],
)
def test_what_may_not_be_changed_is_refused(pool: PoolUnderTest, changed: dict[str, str], code: str) -> None:
    with refused(code):
        update(pool, pool.access_token(), **changed)


def test_a_fixed_attribute_stays_and_a_required_one_is_not_deleted(make_pool: MakePool) -> None:
    schema = [
        {"Name": "team", "AttributeDataType": "String", "Mutable": False},
        {"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True},
    ]
    pool = make_pool(Schema=schema)
    pool.user(name="Ann", custom__team="red")
    token = pool.access_token()

    with refused("InvalidParameterException", "user.custom:team: Attribute cannot be updated."):
        update(pool, token, **{"custom:team": "blue"})
    with refused("InvalidParameterException"):
        pool.aws.delete_user_attributes(AccessToken=token, UserAttributeNames=["name"])
    with refused("InvalidParameterException"):
        update(pool, token, name="")


def test_an_alias_is_claimed_when_it_is_verified(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    pool.user(email="ann@example.com", email_verified="true")
    pool.user("bob")
    token = pool.access_token("bob")
    update(pool, token, email="ann@example.com")

    with refused("AliasExistsException", "An account with the email already exists."):
        pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.code("bob"))


def test_a_code_verifies_the_address_that_it_was_sent_to_and_no_other(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.user(email="ann@example.com")
    token = pool.access_token()
    pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    code = pool.code()
    pool.admin("admin_update_user_attributes", "ann", UserAttributes=[{"Name": "email", "Value": "c@d.org"}])
    with refused("ExpiredCodeException"):
        pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)
