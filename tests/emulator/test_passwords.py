"""USER_PASSWORD_AUTH: who may sign in with a password, the lock-out, and the policy."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, PoolUnderTest, refused

WRONG = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.user()
    return pool


def test_the_password_alone_gives_tokens_where_nothing_else_is_asked(pool: PoolUnderTest) -> None:
    assert "AuthenticationResult" in pool.password_sign_in()


def test_a_wrong_password_is_refused(pool: PoolUnderTest) -> None:
    with refused(*WRONG):
        pool.password_sign_in(password=OTHER_PASSWORD)


def test_an_unknown_user_is_called_unknown(pool: PoolUnderTest) -> None:
    with refused("UserNotFoundException", "User does not exist."):
        pool.password_sign_in("nobody")


def test_a_disabled_user_is_refused_and_an_enabled_one_is_not(pool: PoolUnderTest) -> None:
    pool.admin("admin_disable_user", "ann")
    with refused("NotAuthorizedException", "User is disabled."):
        pool.password_sign_in()
    with refused("NotAuthorizedException", "User is disabled."):
        pool.srp_sign_in()

    pool.admin("admin_enable_user", "ann")

    assert "AuthenticationResult" in pool.password_sign_in()


def sign_up(pool: PoolUnderTest) -> None:
    pool.aws.sign_up(ClientId=pool.client_id, Username="new", Password=PASSWORD)


@pytest.mark.parametrize("password", [PASSWORD, OTHER_PASSWORD])
def test_an_unconfirmed_user_is_refused_before_the_password_is_looked_at(
    pool: PoolUnderTest, password: str
) -> None:
    sign_up(pool)

    with refused("UserNotConfirmedException", "User is not confirmed."):
        pool.password_sign_in("new", password)
    with refused("UserNotConfirmedException", "User is not confirmed."):
        pool.srp_sign_in("new", password)


def test_a_user_who_must_reset_is_told_so(pool: PoolUnderTest) -> None:
    pool.user("rex", email="rex@example.com", email_verified="true")
    pool.admin("admin_reset_user_password", "rex")

    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        pool.password_sign_in("rex")
    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        pool.srp_sign_in("rex")


@pytest.mark.parametrize("missing", ["USERNAME", "PASSWORD"])
def test_a_missing_parameter_is_named(pool: PoolUnderTest, missing: str) -> None:
    parameters = {"USERNAME": "ann", "PASSWORD": PASSWORD}
    del parameters[missing]

    with refused("InvalidParameterException", f"Missing required parameter {missing}"):
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
def test_a_flow_the_client_does_not_allow_is_refused(make_pool: MakePool, flow: str, allowed: str) -> None:
    pool = make_pool(client={"ExplicitAuthFlows": [allowed]})

    with refused("InvalidParameterException", f"{flow} flow not enabled for this client"):
        pool.initiate(flow, USERNAME="ann")


def test_an_admin_flow_belongs_to_admin_initiate_auth(pool: PoolUnderTest) -> None:
    with refused("InvalidParameterException", "Initiate Auth method not supported."):
        pool.initiate("ADMIN_USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD=PASSWORD)

    reply = pool.aws.admin_initiate_auth(
        UserPoolId=pool.pool_id,
        ClientId=pool.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
    )

    assert "AuthenticationResult" in reply


def test_an_unknown_client_is_refused(pool: PoolUnderTest) -> None:
    pool.client_id = "1unknown"

    with refused("ResourceNotFoundException", "User pool client 1unknown does not exist."):
        pool.password_sign_in()


def test_five_failures_lock_the_user_for_a_second(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.user()
    for _ in range(5):
        with refused(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)

    with refused("NotAuthorizedException", "Password attempts exceeded"):
        pool.password_sign_in()
    pool.server.clock.advance(1.01)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_each_further_failure_doubles_the_wait(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.user()
    for failure in range(1, 9):
        with refused(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)
        pool.server.clock.advance(2.0 ** max(failure - 5, 0) - 0.5 if failure >= 5 else 0)
        if failure >= 5:
            with refused("NotAuthorizedException", "Password attempts exceeded"):
                pool.password_sign_in()
            pool.server.clock.advance(0.6)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_a_try_while_locked_does_not_start_the_wait_anew(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.user()
    for _ in range(5):
        with refused(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)
    pool.server.clock.advance(0.7)
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        pool.password_sign_in(password=OTHER_PASSWORD)
    pool.server.clock.advance(0.4)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_the_wait_ends_at_a_quarter_of_an_hour(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.user()
    for failure in range(1, 18):
        with refused(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)
        if failure < 17:
            pool.server.clock.advance(min(2.0 ** (failure - 5), 900) + 0.1 if failure >= 5 else 0)
    pool.server.clock.advance(899)
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        pool.password_sign_in()
    pool.server.clock.advance(1.1)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_success_forgets_the_failures(pool: PoolUnderTest) -> None:
    for _ in range(2):
        for _ in range(4):
            with refused(*WRONG):
                pool.password_sign_in(password=OTHER_PASSWORD)
        pool.password_sign_in()


def test_a_quiet_quarter_of_an_hour_forgets_the_failures(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.user()
    for _ in range(4):
        with refused(*WRONG):
            pool.password_sign_in(password=OTHER_PASSWORD)
    pool.server.clock.advance(901)
    with refused(*WRONG):
        pool.password_sign_in(password=OTHER_PASSWORD)

    assert "AuthenticationResult" in pool.password_sign_in()


def test_failed_srp_counts_as_a_wrong_password(pool: PoolUnderTest) -> None:
    for _ in range(5):
        with refused(*WRONG):
            pool.srp_sign_in(password=OTHER_PASSWORD)

    with refused("NotAuthorizedException", "Password attempts exceeded"):
        pool.srp_sign_in()


def test_a_lock_out_is_the_users_own(pool: PoolUnderTest) -> None:
    pool.user("bob")
    for _ in range(5):
        with refused(*WRONG):
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
def test_the_policy_is_said_in_cognitos_words(pool: PoolUnderTest, password: str, complaint: str) -> None:
    with refused("InvalidPasswordException", f"Password did not conform with policy: {complaint}"):
        pool.aws.sign_up(ClientId=pool.client_id, Username="new", Password=password)


def test_a_policy_asks_only_for_what_it_names(make_pool: MakePool) -> None:
    pool = make_pool(Policies={"PasswordPolicy": {"MinimumLength": 12, "RequireNumbers": True}})

    pool.aws.sign_up(ClientId=pool.client_id, Username="new", Password="just1lowercase")
    with refused("InvalidPasswordException"):
        pool.aws.sign_up(ClientId=pool.client_id, Username="other", Password="short1")


def test_a_password_of_the_history_is_refused(make_pool: MakePool) -> None:
    policy = {"MinimumLength": 8, "PasswordHistorySize": 1}
    pool = make_pool(Policies={"PasswordPolicy": policy})
    pool.user()

    with refused("PasswordHistoryPolicyViolationException"):
        pool.admin("admin_set_user_password", "ann", Password=PASSWORD, Permanent=True)


def test_a_temporary_password_expires(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.user(permanent=False)
    pool.server.clock.advance(7 * 86400)

    with refused(
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
    ):
        pool.password_sign_in()
