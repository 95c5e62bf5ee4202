"""User sessions: which are listed, how they end, and the settings of a pool."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, PoolUnderTest, expect_error
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.session_tracking import VISITOR, Visitor, describe_program
from tui_auth.emulator.snapshot import restore_snapshot, take_snapshot


def track(pool: PoolUnderTest, most: int = 20) -> None:
    pool.aws.set_user_pool_session_configuration(
        UserPoolId=pool.pool_id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": most}
    )


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.create_user()
    track(pool)
    return pool


def list_sessions(pool: PoolUnderTest, token: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = pool.aws.list_user_sessions(AccessToken=token)["Sessions"]
    return listed


def other_ids(pool: PoolUnderTest, token: str) -> list[str]:
    return [entry["SessionId"] for entry in list_sessions(pool, token) if not entry["IsCurrentSession"]]


def test_pool_without_tracking_lists_nothing(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user()
    token = pool.get_access_token()
    with expect_error("OperationNotEnabledException"):
        pool.aws.list_user_sessions(AccessToken=token)
    with expect_error("OperationNotEnabledException"):
        pool.aws.revoke_user_session(AccessToken=token, SessionId="tkn" + "a" * 25)
    with expect_error("OperationNotEnabledException"):
        pool.call_admin("admin_list_user_sessions", "ann")
    settings = pool.aws.get_user_pool_session_configuration(UserPoolId=pool.pool_id)
    assert (settings["UserSessionTracking"], settings["TokenSession"]) == ("DISABLED", {"MaxPerUser": 20})


def test_each_sign_in_is_a_session_and_one_is_current(pool: PoolUnderTest) -> None:
    pool.get_access_token()
    token = pool.get_access_token()
    sessions = list_sessions(pool, token)

    assert [entry["IsCurrentSession"] for entry in sessions].count(True) == 1
    assert len(sessions) == 2
    for entry in sessions:
        assert (entry["SessionType"], entry["ClientId"]) == ("TOKEN", pool.client_id)
        assert (entry["DeviceType"], entry["LastIPAddress"]) == ("Linux, Python", "127.0.0.1")


def test_administrator_sees_the_same_sessions_without_a_current_one(pool: PoolUnderTest) -> None:
    ids = {entry["SessionId"] for entry in list_sessions(pool, pool.get_access_token())}
    listed = pool.call_admin("admin_list_user_sessions", "ann")["Sessions"]

    assert {entry["SessionId"] for entry in listed} == ids
    assert all("IsCurrentSession" not in entry for entry in listed)


def test_revoked_session_loses_both_tokens_and_leaves_the_list(pool: PoolUnderTest) -> None:
    result = pool.password_sign_in()["AuthenticationResult"]
    token = pool.get_access_token()
    (other,) = other_ids(pool, token)
    pool.aws.revoke_user_session(AccessToken=token, SessionId=other)

    with expect_error("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=result["AccessToken"])
    with expect_error("NotAuthorizedException", "Refresh Token has been revoked"):
        pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=result["RefreshToken"])
    assert other_ids(pool, token) == []
    with expect_error("ResourceNotFoundException"):
        pool.aws.revoke_user_session(AccessToken=token, SessionId=other)


def test_current_session_cannot_be_revoked_by_its_user(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    (current,) = (entry["SessionId"] for entry in list_sessions(pool, token))
    with expect_error("InvalidParameterException"):
        pool.aws.revoke_user_session(AccessToken=token, SessionId=current)

    pool.call_admin("admin_revoke_user_session", "ann", SessionId=current)
    with expect_error("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=token)


def test_linked_sessions_end_only_on_request(pool: PoolUnderTest) -> None:
    for _ in range(2):
        pool.get_access_token()
    token = pool.get_access_token()
    first, linked = other_ids(pool, token)
    user = pool.server.state.pools[pool.pool_id].users["ann"]
    next(entry for entry in user.sessions.values() if entry.id == linked).origin_session_id = first
    assert {"SessionId": linked, "OriginSessionId": first}.items() <= next(
        entry for entry in list_sessions(pool, token) if entry["SessionId"] == linked
    ).items()
    pool.get_access_token()
    pool.aws.revoke_user_session(AccessToken=token, SessionId=first, RevokeAssociatedSessions="LINKED")

    assert len(other_ids(pool, token)) == 1
    assert linked not in other_ids(pool, token)


def test_refresh_is_the_last_activity(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    track(pool)
    result = pool.password_sign_in()["AuthenticationResult"]
    pool.server.clock.advance(600)
    result = pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=result["RefreshToken"])["AuthenticationResult"]
    (session,) = list_sessions(pool, result["AccessToken"])

    assert (session["LastActiveDate"] - session["CreateDate"]).total_seconds() == pytest.approx(600)


def test_beyond_the_limit_the_session_that_was_idle_longest_ends(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    track(pool, most=2)
    first = pool.password_sign_in()["AuthenticationResult"]
    pool.server.clock.advance(10)
    second = pool.password_sign_in()["AuthenticationResult"]
    pool.server.clock.advance(10)
    pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=first["RefreshToken"])
    pool.server.clock.advance(10)
    third = pool.get_access_token()

    assert len(list_sessions(pool, third)) == 2
    with expect_error("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=second["AccessToken"])
    assert pool.aws.get_user(AccessToken=first["AccessToken"])["Username"] == "ann"


def test_settings_survive_an_update_of_the_pool(pool: PoolUnderTest) -> None:
    pool.aws.update_user_pool(UserPoolId=pool.pool_id)
    settings = pool.aws.get_user_pool_session_configuration(UserPoolId=pool.pool_id)

    assert settings["UserSessionTracking"] == "ENABLED"
    assert "SessionConfiguration" not in pool.aws.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]


def test_sessions_are_part_of_a_snapshot_also_after_users_and_clients_were_deleted(
    own_pool: MakePool,
) -> None:
    pool, other = own_pool(), own_pool()
    track(pool)
    for name in ("ann", "bob"):
        pool.create_user(name)
    other.create_user()
    other.get_access_token()
    other.aws.delete_user_pool(UserPoolId=other.pool_id)
    pool.aws.delete_user(AccessToken=pool.get_access_token("bob"))
    token = pool.get_access_token()
    ids = [entry["SessionId"] for entry in list_sessions(pool, token)]
    restored = CognitoEmulator()
    restore_snapshot(restored.state, take_snapshot(pool.server.state))
    listed = restored.call("ListUserSessions", {"AccessToken": token})["Sessions"]
    restored.stop()

    assert [entry["SessionId"] for entry in listed] == ids


def test_visitor_in_this_process_gives_program_and_place(pool: PoolUnderTest) -> None:
    reset = VISITOR.set(
        Visitor("Mozilla/5.0 (Windows NT 10.0) Firefox/130", "198.51.100.9", "Paris", "France")
    )
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": pool.client_id,
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
    }
    pool.server.call("InitiateAuth", request)
    VISITOR.reset(reset)
    (session,) = pool.call_admin("admin_list_user_sessions", "ann")["Sessions"]

    assert session["DeviceType"] == "Windows, Firefox"
    assert session["LastLocation"] == {"City": "Paris", "Country": "France"}
    assert session["LastIPAddress"] == "198.51.100.9"


@pytest.mark.parametrize(
    ("user_agent", "device_type"),
    [
        ("", "unknown"),
        ("\x1b[31mevil", "\x1b[31mevil"),
        ("curl/8", "curl/8"),
        ("Mac OS X Safari", "macOS, Safari"),
    ],
)
def test_unknown_program_is_its_own_words(user_agent: str, device_type: str) -> None:
    assert describe_program(user_agent) == device_type


def test_administrator_removes_the_authenticator_app(make_pool: MakePool) -> None:
    mfa = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
    pool = make_pool(mfa=mfa)
    pool.create_user()
    pool.set_up_totp()
    pool.set_mfa_preference(SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert pool.password_sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    pool.call_admin("admin_delete_software_token", "ann")
    reply = pool.aws.get_user_auth_factors(AccessToken=pool.get_access_token())

    assert "SOFTWARE_TOKEN" not in reply["ConfiguredUserAuthFactors"]
    assert "PreferredMfaSetting" not in reply


def test_factor_that_the_user_cannot_have_is_not_even_turned_off(make_pool: MakePool) -> None:
    mfa = {
        "MfaConfiguration": "OPTIONAL",
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
        "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
    }
    pool = make_pool(mfa=mfa)
    pool.create_user()
    token, off = pool.get_access_token(), {"Enabled": False}

    with expect_error("InvalidParameterException", "User has not set up software token mfa"):
        pool.aws.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=off)
    with expect_error(
        "InvalidParameterException", "User does not have a phone_number set to turn on SMS MFA"
    ):
        pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings=off)


def test_pool_that_requires_mfa_keeps_the_last_factor_without_an_error(make_pool: MakePool) -> None:
    mfa = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
    pool = make_pool(mfa=mfa)
    pool.create_user()
    token = pool.get_access_token()
    pool.set_up_totp()
    pool.set_mfa_preference(SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **{**mfa, "MfaConfiguration": "ON"})
    pool.aws.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": False})

    assert pool.aws.get_user(AccessToken=token)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
