"""NEW_PASSWORD_REQUIRED: a permanent password, and the missing attributes."""

from __future__ import annotations

import json

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, SMS, TOTP, PoolUnderTest, expect_error

SCHEMA = [
    {"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True},
    {"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True},
    {"Name": "team", "AttributeDataType": "String", "Mutable": True},
]


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(Schema=SCHEMA)
    pool.create_user(permanent=False, email="a@b.example", email_verified="true")
    return pool


def test_present_and_missing_attributes_are_json_strings(pool: PoolUnderTest) -> None:
    reply = pool.srp_sign_in()

    assert reply["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    parameters = reply["ChallengeParameters"]
    assert parameters["USER_ID_FOR_SRP"] == "ann"
    assert parameters["requiredAttributes"] == '["userAttributes.name"]'
    assert json.loads(parameters["userAttributes"]) == {"email": "a@b.example", "email_verified": "true"}


def test_no_missing_attribute_is_an_empty_list(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user(permanent=False)

    assert pool.password_sign_in()["ChallengeParameters"]["requiredAttributes"] == "[]"


def test_password_and_attributes_return_tokens_and_confirm_the_user(pool: PoolUnderTest) -> None:
    answer = {
        "NEW_PASSWORD": OTHER_PASSWORD,
        "userAttributes.name": "Ann",
        "userAttributes.custom:team": "red",
    }
    reply = pool.answer(pool.password_sign_in(), **answer)
    user = pool.call_admin("admin_get_user", "ann")
    attributes = {entry["Name"]: entry["Value"] for entry in user["UserAttributes"]}

    assert "AuthenticationResult" in reply
    assert user["UserStatus"] == "CONFIRMED"
    assert (attributes["name"], attributes["custom:team"]) == ("Ann", "red")
    assert "AuthenticationResult" in pool.password_sign_in(password=OTHER_PASSWORD)
    with expect_error("NotAuthorizedException"):
        pool.password_sign_in(password=PASSWORD)


def test_missing_attribute_is_rejected_and_keeps_the_challenge_session(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in()
    with expect_error("InvalidParameterException", "Invalid attributes given, name is missing"):
        pool.answer(reply, NEW_PASSWORD=OTHER_PASSWORD)

    next_reply = pool.answer(reply, NEW_PASSWORD=OTHER_PASSWORD, **{"userAttributes.name": "Ann"})

    assert "AuthenticationResult" in next_reply


def test_weak_password_is_rejected_and_keeps_the_challenge_session(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in()
    with expect_error(
        "InvalidPasswordException", "Password did not conform with policy: Password not long enough"
    ):
        pool.answer(reply, NEW_PASSWORD="abc", **{"userAttributes.name": "Ann"})
    assert pool.call_admin("admin_get_user", "ann")["UserStatus"] == "FORCE_CHANGE_PASSWORD"

    next_reply = pool.answer(reply, NEW_PASSWORD=OTHER_PASSWORD, **{"userAttributes.name": "Ann"})

    assert "AuthenticationResult" in next_reply


def test_present_attribute_cannot_be_changed(pool: PoolUnderTest) -> None:
    answer = {
        "NEW_PASSWORD": OTHER_PASSWORD,
        "userAttributes.name": "Ann",
        "userAttributes.email": "x@y.example",
    }

    with expect_error("NotAuthorizedException", "Cannot modify an already provided email"):
        pool.answer(pool.password_sign_in(), **answer)


def test_user_cannot_mark_an_address_as_verified(pool: PoolUnderTest) -> None:
    answer = {
        "NEW_PASSWORD": OTHER_PASSWORD,
        "userAttributes.name": "Ann",
        "userAttributes.phone_number_verified": "true",
    }

    with expect_error("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        pool.answer(pool.password_sign_in(), **answer)


def test_malformed_attribute_is_rejected(pool: PoolUnderTest) -> None:
    answer = {
        "NEW_PASSWORD": OTHER_PASSWORD,
        "userAttributes.name": "Ann",
        "userAttributes.phone_number": "0815",
    }

    with expect_error("InvalidParameterException", "Invalid phone number format."):
        pool.answer(pool.password_sign_in(), **answer)


def test_new_password_is_required(pool: PoolUnderTest) -> None:
    with expect_error("InvalidParameterException", "Missing required parameter NEW_PASSWORD"):
        pool.answer(pool.password_sign_in(), **{"userAttributes.name": "Ann"})


def test_setup_of_a_factor_follows_if_mfa_is_required(make_pool: MakePool) -> None:
    pool = make_pool(mfa={"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOTP})
    pool.create_user(permanent=False)
    reply = pool.answer(pool.srp_sign_in(), NEW_PASSWORD=OTHER_PASSWORD)

    assert reply["ChallengeName"] == "MFA_SETUP"
    assert "AuthenticationResult" not in reply


def test_code_follows_if_the_user_has_a_phone_number(make_pool: MakePool) -> None:
    pool = make_pool(mfa={"MfaConfiguration": "ON", "SmsMfaConfiguration": SMS})
    pool.create_user(permanent=False, phone_number="+4915550001234")
    reply = pool.answer(pool.password_sign_in(), NEW_PASSWORD=OTHER_PASSWORD)

    assert reply["ChallengeName"] == "SMS_MFA"


def test_password_from_the_history_is_rejected(make_pool: MakePool) -> None:
    pool = make_pool(Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}})
    pool.create_user()
    pool.call_admin("admin_set_user_password", "ann", Password=OTHER_PASSWORD, Permanent=False)

    with expect_error("PasswordHistoryPolicyViolationException"):
        pool.answer(pool.password_sign_in(password=OTHER_PASSWORD), NEW_PASSWORD=PASSWORD)
