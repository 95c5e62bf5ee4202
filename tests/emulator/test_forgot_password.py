"""ForgotPassword, ConfirmForgotPassword, AdminResetUserPassword."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, SMS, PoolUnderTest, expect_error, other_code

NO_ADDRESS = (
    "InvalidParameterException",
    "Cannot reset password for the user as there is no registered/verified email or phone_number",
)


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.create_user(email="ann@example.com", email_verified="true")
    return pool


def request_code(pool: PoolUnderTest, name: str = "ann") -> dict[str, str]:
    reply = pool.aws.forgot_password(ClientId=pool.client_id, Username=name)
    details: dict[str, str] = reply["CodeDeliveryDetails"]
    return details


def confirm(pool: PoolUnderTest, code: str, password: str = OTHER_PASSWORD, name: str = "ann") -> Any:
    return pool.aws.confirm_forgot_password(
        ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=password
    )


def test_code_goes_to_the_verified_address(pool: PoolUnderTest) -> None:
    assert request_code(pool) == {
        "Destination": "a***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert pool.newest_message()["destination"] == "ann@example.com"


def test_code_sets_a_new_password(pool: PoolUnderTest) -> None:
    request_code(pool)
    confirm(pool, pool.newest_code())

    assert "AuthenticationResult" in pool.password_sign_in(password=OTHER_PASSWORD)
    with expect_error("NotAuthorizedException"):
        pool.password_sign_in(password=PASSWORD)


def test_right_code_works_after_a_wrong_one(pool: PoolUnderTest) -> None:
    request_code(pool)
    with expect_error("CodeMismatchException", "Invalid verification code provided, please try again."):
        confirm(pool, other_code(pool.newest_code()))

    confirm(pool, pool.newest_code())


def test_code_works_once(pool: PoolUnderTest) -> None:
    request_code(pool)
    confirm(pool, pool.newest_code())

    with expect_error("ExpiredCodeException", "Invalid code provided, please request a code again."):
        confirm(pool, pool.newest_code())


def test_code_that_was_never_sent_is_expired(pool: PoolUnderTest) -> None:
    with expect_error("ExpiredCodeException"):
        confirm(pool, "123456")


def test_code_is_valid_for_an_hour(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user(email="ann@example.com", email_verified="true")
    request_code(pool)
    pool.server.clock.advance(3601)

    with expect_error("ExpiredCodeException"):
        confirm(pool, pool.newest_code())


def test_rejected_password_does_not_use_up_the_code(pool: PoolUnderTest) -> None:
    request_code(pool)
    with expect_error("InvalidPasswordException"):
        confirm(pool, pool.newest_code(), "all-lower-case")

    confirm(pool, pool.newest_code())


def test_no_code_can_be_sent_without_a_verified_address(pool: PoolUnderTest) -> None:
    pool.create_user("bob", email="bob@example.com")

    with expect_error(*NO_ADDRESS):
        request_code(pool, "bob")


def test_temporary_password_cannot_be_reset(pool: PoolUnderTest) -> None:
    pool.create_user("new", permanent=False, email="new@example.com", email_verified="true")

    with expect_error("NotAuthorizedException", "User password cannot be reset in the current state."):
        request_code(pool, "new")


def test_unknown_and_disabled_users_are_reported(pool: PoolUnderTest) -> None:
    pool.call_admin("admin_disable_user", "ann")

    with expect_error("UserNotFoundException", "Username/client id combination not found."):
        request_code(pool, "unknown")
    with expect_error("UserNotFoundException", "Username/client id combination not found."):
        confirm(pool, "123456", name="unknown")
    with expect_error("NotAuthorizedException", "User is disabled."):
        request_code(pool)
    with expect_error("NotAuthorizedException", "User is disabled."):
        confirm(pool, "123456")


def test_recovery_setting_of_the_pool_determines_the_address(make_pool: MakePool) -> None:
    recovery = {
        "RecoveryMechanisms": [
            {"Priority": 2, "Name": "verified_phone_number"},
            {"Priority": 1, "Name": "verified_email"},
        ]
    }
    pool = make_pool(AccountRecoverySetting=recovery)
    pool.create_user_with_phone(email="ann@example.com", email_verified="true")

    assert request_code(pool)["DeliveryMedium"] == "EMAIL"


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
    pool.create_user_with_phone(email="ann@example.com", email_verified="true")
    pool.set_mfa_preference(SMSMfaSettings={"Enabled": True, "PreferredMfa": True})

    assert request_code(pool)["DeliveryMedium"] == "EMAIL"


def test_recovery_can_be_limited_to_administrators(make_pool: MakePool) -> None:
    recovery = {"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]}
    pool = make_pool(AccountRecoverySetting=recovery)
    pool.create_user(email="ann@example.com", email_verified="true")

    with expect_error(*NO_ADDRESS):
        request_code(pool)


def test_there_is_an_hourly_limit(pool: PoolUnderTest) -> None:
    for _ in range(20):
        request_code(pool)

    with expect_error("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        request_code(pool)


def test_administrators_reset_sends_a_code_at_once(pool: PoolUnderTest) -> None:
    pool.call_admin("admin_reset_user_password", "ann")

    assert pool.call_admin("admin_get_user", "ann")["UserStatus"] == "RESET_REQUIRED"
    confirm(pool, pool.newest_code())
    assert "AuthenticationResult" in pool.srp_sign_in(password=OTHER_PASSWORD)


def test_another_reset_code_replaces_the_first(pool: PoolUnderTest) -> None:
    pool.call_admin("admin_reset_user_password", "ann")
    first = pool.newest_code()
    request_code(pool)

    if first != pool.newest_code():
        with expect_error("CodeMismatchException"):
            confirm(pool, first)
    confirm(pool, pool.newest_code())


def test_reset_ends_a_lockout(pool: PoolUnderTest) -> None:
    for _ in range(6):
        with expect_error("NotAuthorizedException"):
            pool.password_sign_in(password=OTHER_PASSWORD)
    request_code(pool)
    confirm(pool, pool.newest_code())

    assert "AuthenticationResult" in pool.password_sign_in(password=OTHER_PASSWORD)


def test_missing_address_is_hidden_by_a_client_that_hides_users(make_pool: MakePool) -> None:
    pool = make_pool(client={"PreventUserExistenceErrors": "ENABLED"})
    pool.create_user("unverified", email="bob@example.com", email_verified="false")

    assert request_code(pool, "unverified")["DeliveryMedium"] == "EMAIL"
    assert "unverified" not in [message["username"] for message in pool.server.messages]
