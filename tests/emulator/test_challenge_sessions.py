"""Challenge sessions: bound to client, user and challenge, used once, and expiring."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import MakePool
from tests.emulator.harness import ALL_FLOWS, SMS, PoolUnderTest, expect_error
from tui_auth.emulator import CognitoError
from tui_auth.emulator.challenge_sessions import FORGOTTEN_AFTER, ChallengeSessions
from tui_auth.emulator.model import AppClient, Clock, SignIn, User, UserPool

INVALID_SESSION = ("NotAuthorizedException", "Invalid session for the user.")
SPENT = ("NotAuthorizedException", "Invalid session for the user, session can only be used once.")
EXPIRED = ("NotAuthorizedException", "Invalid session for the user, session is expired.")
MFA = {"MfaConfiguration": "ON", "SmsMfaConfiguration": SMS}


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(mfa=MFA)
    pool.create_user_with_phone()
    return pool


def test_challenge_session_has_the_form_and_length_of_a_real_one(pool: PoolUnderTest) -> None:
    session = pool.password_sign_in()["Session"]

    assert session.startswith("AYABe")
    assert 20 <= len(session) <= 4096


def test_challenge_session_works_once(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in()
    code = pool.newest_code()
    pool.answer(reply, SMS_MFA_CODE=code)

    with expect_error(*SPENT):
        pool.answer(reply, SMS_MFA_CODE=code)


def test_only_one_of_several_concurrent_answers_gets_tokens(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in()
    code = pool.newest_code()

    def answer(_: int) -> bool:
        try:
            return "AuthenticationResult" in pool.answer(reply, SMS_MFA_CODE=code)
        except ClientError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(answer, range(8))) == 1


@pytest.mark.parametrize(("minutes", "seconds"), [(None, 180), (3, 180), (15, 900)])
def test_challenge_session_is_valid_for_auth_session_validity(
    own_pool: MakePool, minutes: int | None, seconds: int
) -> None:
    client = {} if minutes is None else {"AuthSessionValidity": minutes}
    pool = own_pool(mfa=MFA, client=client)
    pool.create_user_with_phone()
    timely_reply, late_reply = pool.password_sign_in(), pool.password_sign_in()
    pool.server.clock.advance(seconds - 5)
    first, second = [entry["code"] for entry in pool.server.messages]
    assert "AuthenticationResult" in pool.answer(timely_reply, SMS_MFA_CODE=first)
    pool.server.clock.advance(10)

    with expect_error(*EXPIRED):
        pool.answer(late_reply, SMS_MFA_CODE=second)


@pytest.mark.parametrize("minutes", [2, 16])
def test_auth_session_validity_is_three_to_fifteen_minutes(pool: PoolUnderTest, minutes: int) -> None:
    settings = {"UserPoolId": pool.pool_id, "ClientName": "x", "AuthSessionValidity": minutes}
    with pytest.raises(CognitoError, match="InvalidParameterException"):
        pool.server.call("CreateUserPoolClient", settings)


@pytest.mark.parametrize("forged", ["AYABe" + "x" * 100, "A" * 20, "…" * 30])
def test_forged_challenge_session_is_rejected(pool: PoolUnderTest, forged: str) -> None:
    with expect_error(*INVALID_SESSION):
        pool.answer({"ChallengeName": "SMS_MFA", "Session": forged}, SMS_MFA_CODE="123456")


def test_missing_challenge_session_is_reported(pool: PoolUnderTest) -> None:
    with expect_error("InvalidParameterException", "Missing required parameter Session"):
        pool.answer({"ChallengeName": "SMS_MFA"}, SMS_MFA_CODE="123456")


def test_challenge_session_is_bound_to_its_user(pool: PoolUnderTest) -> None:
    pool.create_user_with_phone("bob")
    reply = pool.password_sign_in()

    with expect_error(*INVALID_SESSION):
        pool.answer(reply, "bob", SMS_MFA_CODE=pool.newest_code())
    assert "AuthenticationResult" in pool.answer(reply, SMS_MFA_CODE=pool.newest_code())


def test_challenge_session_is_bound_to_its_client(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in()
    created = pool.aws.create_user_pool_client(
        UserPoolId=pool.pool_id, ClientName="other", ExplicitAuthFlows=ALL_FLOWS
    )
    pool.client_id = created["UserPoolClient"]["ClientId"]

    with expect_error(*INVALID_SESSION):
        pool.answer(reply, SMS_MFA_CODE=pool.newest_code())


@pytest.mark.parametrize(
    ("challenge", "responses"),
    [
        ("SOFTWARE_TOKEN_MFA", {"SOFTWARE_TOKEN_MFA_CODE": "123456"}),
        ("EMAIL_OTP", {"EMAIL_OTP_CODE": "123456"}),
        ("MFA_SETUP", {}),
        ("NEW_PASSWORD_REQUIRED", {"NEW_PASSWORD": "Battery-Staple-7?"}),
        ("CUSTOM_CHALLENGE", {"ANSWER": "x"}),
        ("SELECT_MFA_TYPE", {"ANSWER": "SMS_MFA"}),
        ("SELECT_CHALLENGE", {"ANSWER": "PASSWORD"}),
    ],
)
def test_challenge_session_is_bound_to_its_challenge(
    pool: PoolUnderTest, challenge: str, responses: dict[str, str]
) -> None:
    reply = pool.password_sign_in()

    with expect_error(*INVALID_SESSION):
        pool.answer({**reply, "ChallengeName": challenge}, **responses)


def test_unknown_challenge_is_rejected(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in()

    with expect_error("InvalidParameterException"):
        pool.answer({**reply, "ChallengeName": "MOON_PHASE"}, ANSWER="full")


def test_error_for_an_unknown_challenge_lists_all_challenges(pool: PoolUnderTest) -> None:
    with pytest.raises(ClientError) as caught:
        pool.answer({"ChallengeName": "MOON_PHASE"}, ANSWER="full")
    message = caught.value.response["Error"]["Message"]

    assert message.startswith(
        "1 validation error detected: Value 'MOON_PHASE' at 'challengeName' failed to satisfy constraint: "
        "Member must satisfy enum value set: [SMS_MFA, EMAIL_OTP"
    )


def test_admin_no_srp_auth_is_answered_by_administrators_only(pool: PoolUnderTest) -> None:
    with expect_error("InvalidParameterException"):
        pool.answer({"ChallengeName": "ADMIN_NO_SRP_AUTH"}, PASSWORD="x")


@pytest.mark.parametrize("missing", ["USERNAME", "SMS_MFA_CODE"])
def test_missing_response_keeps_the_challenge_session_valid(pool: PoolUnderTest, missing: str) -> None:
    reply = pool.password_sign_in()
    responses = {"USERNAME": "ann", "SMS_MFA_CODE": pool.newest_code()}
    arguments: dict[str, Any] = {
        "ClientId": pool.client_id,
        "ChallengeName": "SMS_MFA",
        "Session": reply["Session"],
    }
    cut = {key: value for key, value in responses.items() if key != missing}
    with expect_error("InvalidParameterException", f"Missing required parameter {missing}"):
        pool.aws.respond_to_auth_challenge(**arguments, ChallengeResponses=cut)

    assert "AuthenticationResult" in pool.aws.respond_to_auth_challenge(
        **arguments, ChallengeResponses=responses
    )


def test_user_disabled_during_the_sign_in_gets_no_tokens(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in()
    pool.call_admin("admin_disable_user", "ann")

    with expect_error("NotAuthorizedException", "User is disabled."):
        pool.answer(reply, SMS_MFA_CODE=pool.newest_code())


def test_user_deleted_during_the_sign_in_gets_no_tokens(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in()
    pool.call_admin("admin_delete_user", "ann")

    with expect_error("UserNotFoundException", "User does not exist."):
        pool.answer(reply, SMS_MFA_CODE=pool.newest_code())


def test_password_reset_during_the_sign_in_is_reported(make_pool: MakePool) -> None:
    pool = make_pool(mfa=MFA)
    pool.create_user_with_phone(email="ann@example.com", email_verified="true")
    reply = pool.password_sign_in()
    code = pool.newest_code()
    pool.call_admin("admin_reset_user_password", "ann")

    with expect_error("PasswordResetRequiredException"):
        pool.answer(reply, SMS_MFA_CODE=code)


def test_challenge_sessions_are_forgotten_an_hour_after_they_expire() -> None:
    clock = Clock()
    sessions = ChallengeSessions(clock)
    client = AppClient("c", UserPool("r_p", "p", "r", {}, 0, 0), "c", None, {"AuthSessionValidity": 3}, 0, 0)
    sign_in = SignIn(client, User("ann", "sub", 0), "USER_AUTH")
    old = sessions.open(sign_in, "SMS_MFA")
    clock.advance(180 + FORGOTTEN_AFTER + 1)
    new = sessions.open(sign_in, "SMS_MFA")

    assert list(sessions.sessions) == [new.token]
    assert old.token != new.token
