"""ForgotPassword, ConfirmForgotPassword, AdminResetUserPassword."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, SMS, PoolUnderTest, other, rejected

NO_ADDRESS = (
    "InvalidParameterException",
    "Cannot reset password for the user as there is no registered/verified email or phone_number",
)


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.user(email="ann@example.com", email_verified="true")
    return pool


def forgot(pool: PoolUnderTest, name: str = "ann") -> dict[str, str]:
    reply = pool.aws.forgot_password(ClientId=pool.client_id, Username=name)
    details: dict[str, str] = reply["CodeDeliveryDetails"]
    return details


def confirm(pool: PoolUnderTest, code: str, password: str = OTHER_PASSWORD, name: str = "ann") -> Any:
    return pool.aws.confirm_forgot_password(
        ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=password
    )


def test_code_goes_to_the_verified_address(pool: PoolUnderTest) -> None:
    assert forgot(pool) == {
        "Destination": "a***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert pool.message()["destination"] == "ann@example.com"


def test_code_sets_a_new_password(pool: PoolUnderTest) -> None:
    forgot(pool)
    confirm(pool, pool.code())

    assert "AuthenticationResult" in pool.password_sign_in(password=OTHER_PASSWORD)
    with rejected("NotAuthorizedException"):
        pool.password_sign_in(password=PASSWORD)


def test_right_code_works_after_a_wrong_one(pool: PoolUnderTest) -> None:
    forgot(pool)
    with rejected("CodeMismatchException", "Invalid verification code provided, please try again."):
        confirm(pool, other(pool.code()))

    confirm(pool, pool.code())


def test_code_works_once(pool: PoolUnderTest) -> None:
    forgot(pool)
    confirm(pool, pool.code())

    with rejected("ExpiredCodeException", "Invalid code provided, please request a code again."):
        confirm(pool, pool.code())


def test_code_that_was_never_sent_is_expired(pool: PoolUnderTest) -> None:
    with rejected("ExpiredCodeException"):
        confirm(pool, "123456")


def test_code_is_valid_for_an_hour(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.user(email="ann@example.com", email_verified="true")
    forgot(pool)
    pool.server.clock.advance(3601)

    with rejected("ExpiredCodeException"):
        confirm(pool, pool.code())


def test_rejected_password_does_not_use_up_the_code(pool: PoolUnderTest) -> None:
    forgot(pool)
    with rejected("InvalidPasswordException"):
        confirm(pool, pool.code(), "all-lower-case")

    confirm(pool, pool.code())


def test_no_code_can_be_sent_without_a_verified_address(pool: PoolUnderTest) -> None:
    pool.user("bob", email="bob@example.com")

    with rejected(*NO_ADDRESS):
        forgot(pool, "bob")


def test_temporary_password_cannot_be_reset(pool: PoolUnderTest) -> None:
    pool.user("new", permanent=False, email="new@example.com", email_verified="true")

    with rejected("NotAuthorizedException", "User password cannot be reset in the current state."):
        forgot(pool, "new")


def test_unknown_and_disabled_users_are_reported(pool: PoolUnderTest) -> None:
    pool.admin("admin_disable_user", "ann")

    with rejected("UserNotFoundException", "Username/client id combination not found."):
        forgot(pool, "nobody")
    with rejected("UserNotFoundException", "Username/client id combination not found."):
        confirm(pool, "123456", name="nobody")
    with rejected("NotAuthorizedException", "User is disabled."):
        forgot(pool)
    with rejected("NotAuthorizedException", "User is disabled."):
        confirm(pool, "123456")


def test_recovery_setting_of_the_pool_determines_the_address(make_pool: MakePool) -> None:
    recovery = {
        "RecoveryMechanisms": [
            {"Priority": 2, "Name": "verified_phone_number"},
            {"Priority": 1, "Name": "verified_email"},
        ]
    }
    pool = make_pool(AccountRecoverySetting=recovery)
    pool.with_phone(email="ann@example.com", email_verified="true")

    assert forgot(pool)["DeliveryMedium"] == "EMAIL"


def test_code_is_not_sent_to_the_address_of_the_second_factor(make_pool: MakePool) -> None:
    recovery = {
        "RecoveryMechanisms": [
            {"Priority": 1, "Name": "verified_phone_number"},
            {"Priority": 2, "Name": "verified_email"},
        ]
    }
    pool = make_pool(
        AccountRecoverySetting=recovery,
        mfa={"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": SMS},
    )
    pool.with_phone(email="ann@example.com", email_verified="true")
    pool.prefer(SMSMfaSettings={"Enabled": True, "PreferredMfa": True})

    assert forgot(pool)["DeliveryMedium"] == "EMAIL"


def test_recovery_can_be_limited_to_administrators(make_pool: MakePool) -> None:
    recovery = {"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]}
    pool = make_pool(AccountRecoverySetting=recovery)
    pool.user(email="ann@example.com", email_verified="true")

    with rejected(*NO_ADDRESS):
        forgot(pool)


def test_there_is_an_hourly_limit(pool: PoolUnderTest) -> None:
    for _ in range(20):
        forgot(pool)

    with rejected("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        forgot(pool)


def test_administrators_reset_sends_a_code_at_once(pool: PoolUnderTest) -> None:
    pool.admin("admin_reset_user_password", "ann")

    assert pool.admin("admin_get_user", "ann")["UserStatus"] == "RESET_REQUIRED"
    confirm(pool, pool.code())
    assert "AuthenticationResult" in pool.srp_sign_in(password=OTHER_PASSWORD)


def test_another_reset_code_replaces_the_first(pool: PoolUnderTest) -> None:
    pool.admin("admin_reset_user_password", "ann")
    first = pool.code()
    forgot(pool)

    if first != pool.code():
        with rejected("CodeMismatchException"):
            confirm(pool, first)
    confirm(pool, pool.code())


def test_reset_ends_a_lockout(pool: PoolUnderTest) -> None:
    for _ in range(6):
        with rejected("NotAuthorizedException"):
            pool.password_sign_in(password=OTHER_PASSWORD)
    forgot(pool)
    confirm(pool, pool.code())

    assert "AuthenticationResult" in pool.password_sign_in(password=OTHER_PASSWORD)
