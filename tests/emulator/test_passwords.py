"""USER_PASSWORD_AUTH, the lockout, and the password policy."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, PoolUnderTest, expect_error

WRONG = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.create_user()
    return pool


def test_password_returns_tokens_if_nothing_else_is_required(pool: PoolUnderTest) -> None:
    assert "AuthenticationResult" in pool.password_sign_in()


def test_wrong_password_is_rejected(pool: PoolUnderTest) -> None:
    with expect_error(*WRONG):
        pool.password_sign_in(password=OTHER_PASSWORD)


def test_unknown_user_is_not_found(pool: PoolUnderTest) -> None:
    with expect_error("UserNotFoundException", "User does not exist."):
        pool.password_sign_in("unknown")


def test_disabled_user_is_rejected_until_enabled_again(pool: PoolUnderTest) -> None:
    pool.call_admin("admin_disable_user", "ann")
    with expect_error("NotAuthorizedException", "User is disabled."):
        pool.password_sign_in()
    with expect_error("NotAuthorizedException", "User is disabled."):
        pool.srp_sign_in()

    pool.call_admin("admin_enable_user", "ann")

    assert "AuthenticationResult" in pool.password_sign_in()


def sign_up(pool: PoolUnderTest) -> None:
    pool.aws.sign_up(ClientId=pool.client_id, Username="new", Password=PASSWORD)


@pytest.mark.parametrize("password", [PASSWORD, OTHER_PASSWORD])
def test_unconfirmed_user_is_rejected_before_the_password_check(pool: PoolUnderTest, password: str) -> None:
    sign_up(pool)

    with expect_error("UserNotConfirmedException", "User is not confirmed."):
        pool.password_sign_in("new", password)
    with expect_error("UserNotConfirmedException", "User is not confirmed."):
        pool.srp_sign_in("new", password)


def test_required_password_reset_is_reported(pool: PoolUnderTest) -> None:
    pool.create_user("rex", email="rex@example.com", email_verified="true")
    pool.call_admin("admin_reset_user_password", "rex")

    with expect_error("PasswordResetRequiredException", "Password reset required for the user"):
        pool.password_sign_in("rex")
    with expect_error("PasswordResetRequiredException", "Password reset required for the user"):
        pool.srp_sign_in("rex")


@pytest.mark.parametrize("missing", ["USERNAME", "PASSWORD"])
def test_missing_parameter_is_named(pool: PoolUnderTest, missing: str) -> None:
    parameters = {"USERNAME": "ann", "PASSWORD": PASSWORD}
    del parameters[missing]

    with expect_error("InvalidParameterException", f"Missing required parameter {missing}"):
        pool.initiate("USER_PASSWORD_AUTH", **parameters)


@pytest.mark.parametrize(
    ("flow", "allowed"),
    [
        ("USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"),
        ("USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"),
        ("CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH"),
        ("USER_AUTH", "ALLOW_USER_SRP_AUTH"),
        ("REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"),
    ],
)
def test_flow_that_the_client_does_not_allow_is_rejected(
    make_pool: MakePool, flow: str, allowed: str
) -> None:
    pool = make_pool(client={"ExplicitAuthFlows": [allowed]})

    with expect_error("InvalidParameterException", f"{flow} flow not enabled for this client"):
        pool.initiate(flow, USERNAME="ann")


def test_admin_flow_belongs_to_admin_initiate_auth(pool: PoolUnderTest) -> None:
    with expect_error("InvalidParameterException", "Initiate Auth method not supported."):
        pool.initiate("ADMIN_USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD=PASSWORD)

    reply = pool.aws.admin_initiate_auth(
        UserPoolId=pool.pool_id,
        ClientId=pool.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
    )

    assert "AuthenticationResult" in reply


def test_unknown_client_is_rejected(pool: PoolUnderTest) -> None:
    pool.client_id = "1unknown"

    with expect_error("ResourceNotFoundException", "User pool client 1unknown does not exist."):
        pool.password_sign_in()


def test_five_failures_lock_the_user_out_for_a_second(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    for _ in range(5):
        with expect_error(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)

    with expect_error("NotAuthorizedException", "Password attempts exceeded"):
        pool.password_sign_in()
    pool.server.clock.advance(1.01)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_each_further_failure_doubles_the_wait(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    for failure in range(1, 9):
        with expect_error(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)
        pool.server.clock.advance(2.0 ** max(failure - 5, 0) - 0.5 if failure >= 5 else 0)
        if failure >= 5:
            with expect_error("NotAuthorizedException", "Password attempts exceeded"):
                pool.password_sign_in()
            pool.server.clock.advance(0.6)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_attempt_during_a_lockout_does_not_extend_it(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    for _ in range(5):
        with expect_error(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)
    pool.server.clock.advance(0.7)
    with expect_error("NotAuthorizedException", "Password attempts exceeded"):
        pool.password_sign_in(password=OTHER_PASSWORD)
    pool.server.clock.advance(0.4)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_lockout_lasts_fifteen_minutes_at_most(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    for failure in range(1, 18):
        with expect_error(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)
        if failure < 17:
            pool.server.clock.advance(min(2.0 ** (failure - 5), 900) + 0.1 if failure >= 5 else 0)
    pool.server.clock.advance(899)
    with expect_error("NotAuthorizedException", "Password attempts exceeded"):
        pool.password_sign_in()
    pool.server.clock.advance(1.1)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_correct_password_clears_the_failures(pool: PoolUnderTest) -> None:
    for _ in range(2):
        for _ in range(4):
            with expect_error(*WRONG):
                pool.password_sign_in(password=OTHER_PASSWORD)
        pool.password_sign_in()


def test_fifteen_minutes_without_a_failure_clear_the_failures(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    for _ in range(4):
        with expect_error(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)
    pool.server.clock.advance(901)
    with expect_error(*WRONG):
        pool.password_sign_in(password=OTHER_PASSWORD)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_failed_srp_counts_as_a_wrong_password(pool: PoolUnderTest) -> None:
    for _ in range(5):
        with expect_error(*WRONG):
            pool.srp_sign_in(password=OTHER_PASSWORD)

    with expect_error("NotAuthorizedException", "Password attempts exceeded"):
        pool.srp_sign_in()


def test_lockout_affects_one_user(pool: PoolUnderTest) -> None:
    pool.create_user("bob")
    for _ in range(5):
        with expect_error(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)

    assert "AuthenticationResult" in pool.password_sign_in("bob")


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("Sh0rt!x", "Password not long enough"),
        ("lower-case-9!", "Password must have uppercase characters"),
        ("UPPER-CASE-9!", "Password must have lowercase characters"),
        ("No-Digit-Here!", "Password must have numeric characters"),
        ("NoSymbol1Here", "Password must have symbol characters"),
    ],
)
def test_policy_violations_have_cognitos_texts(pool: PoolUnderTest, password: str, complaint: str) -> None:
    with expect_error("InvalidPasswordException", f"Password did not conform with policy: {complaint}"):
        pool.aws.sign_up(ClientId=pool.client_id, Username="new", Password=password)


def test_policy_requires_only_what_it_lists(make_pool: MakePool) -> None:
    pool = make_pool(Policies={"PasswordPolicy": {"MinimumLength": 12, "RequireNumbers": True}})

    pool.aws.sign_up(ClientId=pool.client_id, Username="new", Password="just1lowercase")
    with expect_error("InvalidPasswordException"):
        pool.aws.sign_up(ClientId=pool.client_id, Username="other", Password="short1")


def test_password_from_the_history_is_rejected(make_pool: MakePool) -> None:
    policy = {"MinimumLength": 8, "PasswordHistorySize": 1}
    pool = make_pool(Policies={"PasswordPolicy": policy})
    pool.create_user()

    with expect_error("PasswordHistoryPolicyViolationException"):
        pool.call_admin("admin_set_user_password", "ann", Password=PASSWORD, Permanent=True)


def test_temporary_password_expires(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user(permanent=False)
    pool.server.clock.advance(7 * 86400)

    with expect_error(
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
    ):
        pool.password_sign_in()
