"""Each demo user leads to a different step and can complete it."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest

from tests.clocks import FrozenClock
from tests.emulator.harness import OTHER_PASSWORD, REGION, PoolUnderTest, aws_client, expect_error
from tui_auth.auth import srp
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool, DemoUser, provision


@pytest.fixture(scope="module")
def demo(shared_server: CognitoEmulator) -> Any:
    server = CognitoEmulator(region=REGION, clock=FrozenClock())
    server.state.keys = shared_server.state.keys
    with server:
        pool = provision(server)
        yield server, pool, aws_client(server)
        assert not list(server.internal_errors)


def find_user(demo: tuple[CognitoEmulator, DemoPool, Any], name: str) -> tuple[DemoUser, PoolUnderTest]:
    server, pool, aws = demo
    user = next(entry for entry in pool.users if entry.username == name)
    return user, PoolUnderTest(server, aws, user.user_pool_id, user.client_id)


def start_sign_in(
    demo: tuple[CognitoEmulator, DemoPool, Any], name: str
) -> tuple[PoolUnderTest, dict[str, Any]]:
    """Start a demo user's sign-in, and return the user pool and the first challenge."""
    user, pool = find_user(demo, name)
    if user.auth_flow == "USER_SRP_AUTH":
        return pool, pool.srp_sign_in(name, user.password)
    if user.auth_flow == "USER_AUTH":
        return pool, pool.initiate("USER_AUTH", USERNAME=name)
    if user.auth_flow == "CUSTOM_WITHOUT_SRP":
        return pool, pool.initiate("CUSTOM_AUTH", USERNAME=name)
    a = srp.private_value()
    public = f"{srp.public_value(a):x}"
    first = pool.initiate("CUSTOM_AUTH", USERNAME=name, CHALLENGE_NAME="SRP_A", SRP_A=public)
    return pool, pool.answer(first, name, **pool.srp_claim(first, a, user.password))


def test_keys_and_users_are_in_the_documented_order(demo: Any) -> None:
    users = demo[1].users

    assert [user.key for user in users] == list("1234567890uecdbx")
    assert len({user.username for user in users}) == len(users)
    assert all(user.description and user.detail and user.auth_flow and user.client_id for user in users)


@pytest.mark.parametrize(
    ("name", "challenge"),
    [
        ("sam", "SMS_MFA"),
        ("tom", "SOFTWARE_TOKEN_MFA"),
        ("tess", "MFA_SETUP"),
        ("mia", "SELECT_MFA_TYPE"),
        ("nora", "NEW_PASSWORD_REQUIRED"),
        ("noel", "NEW_PASSWORD_REQUIRED"),
        ("quinn", "CUSTOM_CHALLENGE"),
        ("luna", "MOON_PHASE"),
        ("emil", "EMAIL_OTP"),
        ("cleo", "SELECT_CHALLENGE"),
        ("max", "MFA_SETUP"),
        ("dora", "SOFTWARE_TOKEN_MFA"),
    ],
)
def test_each_user_leads_to_its_step(demo: Any, name: str, challenge: str) -> None:
    _, reply = start_sign_in(demo, name)

    assert reply["ChallengeName"] == challenge
    assert "AuthenticationResult" not in reply


def test_ann_needs_only_the_password_and_is_in_two_groups(demo: Any) -> None:
    pool, reply = start_sign_in(demo, "ann")
    groups = pool.call_admin("admin_list_groups_for_user", "ann")["Groups"]

    assert "AuthenticationResult" in reply
    assert [entry["GroupName"] for entry in groups] == ["operators", "on-call"]


def test_rex_has_a_reset_code_in_the_inbox_and_can_use_it(demo: Any) -> None:
    with expect_error("PasswordResetRequiredException"):
        start_sign_in(demo, "rex")
    _, pool = find_user(demo, "rex")
    pool.aws.confirm_forgot_password(
        ClientId=pool.client_id,
        Username="rex",
        ConfirmationCode=pool.newest_code("rex"),
        Password=OTHER_PASSWORD,
    )

    assert "AuthenticationResult" in pool.srp_sign_in("rex", OTHER_PASSWORD)


def test_carl_has_a_confirmation_code_in_the_inbox_and_can_use_it(demo: Any) -> None:
    with expect_error("UserNotConfirmedException"):
        start_sign_in(demo, "carl")
    _, pool = find_user(demo, "carl")
    pool.aws.confirm_sign_up(
        ClientId=pool.client_id, Username="carl", ConfirmationCode=pool.newest_code("carl")
    )

    assert "AuthenticationResult" in start_sign_in(demo, "carl")[1]


@pytest.mark.parametrize("name", ["tom", "mia"])
def test_current_authenticator_code_is_unused(demo: Any, name: str) -> None:
    user, _ = find_user(demo, name)
    pool, reply = start_sign_in(demo, name)
    if name == "mia":
        reply = pool.answer(reply, name, ANSWER="SOFTWARE_TOKEN_MFA")
    assert user.totp_secret
    code = pyotp.TOTP(user.totp_secret).at(int(pool.server.clock.now()))

    assert "AuthenticationResult" in pool.answer(reply, name, SOFTWARE_TOKEN_MFA_CODE=code)
    assert reply["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "laptop"


def test_totp_window_may_end_during_the_setup(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = CognitoEmulator(region=REGION, clock=FrozenClock())
    at = pyotp.TOTP.at
    codes: list[str] = []

    def end_window_after_code(totp: pyotp.TOTP, time: int) -> str:
        code = at(totp, time)
        if not codes:
            codes.append(code)
            server.clock.advance(30)
        return code

    monkeypatch.setattr(pyotp.TOTP, "at", end_window_after_code)
    with server:
        demo = provision(server)
    assert codes
    assert [user.username for user in demo.users if user.totp_secret] == ["tom", "mia", "dora"]


def test_nora_lacks_a_name_and_noel_an_authenticator(demo: Any) -> None:
    pool, nora = start_sign_in(demo, "nora")
    assert nora["ChallengeParameters"]["requiredAttributes"] == '["userAttributes.name"]'
    answer = {"NEW_PASSWORD": OTHER_PASSWORD, "userAttributes.name": "Nora"}
    assert "AuthenticationResult" in pool.answer(nora, "nora", **answer)
    pool, noel = start_sign_in(demo, "noel")

    assert pool.answer(noel, "noel", NEW_PASSWORD=OTHER_PASSWORD)["ChallengeName"] == "MFA_SETUP"


def test_quinns_three_questions_hint_at_their_answers(demo: Any) -> None:
    pool, reply = start_sign_in(demo, "quinn")
    for answer in ("rex", "Blue ", "bremen"):
        parameters = reply["ChallengeParameters"]
        assert answer.strip().lower() in parameters["hint"].lower()
        reply = pool.answer(reply, "quinn", ANSWER=answer)
    assert "AuthenticationResult" in reply
    pool, reply = start_sign_in(demo, "quinn")

    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(reply, "quinn", ANSWER="cat")


def test_lunas_moon_is_full(demo: Any) -> None:
    pool, reply = start_sign_in(demo, "luna")

    assert "full" in reply["ChallengeParameters"]["hint"]
    assert "AuthenticationResult" in pool.answer(reply, "luna", ANSWER="full")


def test_max_chooses_between_app_and_email(demo: Any) -> None:
    _, reply = start_sign_in(demo, "max")

    assert reply["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]'


def test_identity_pool_accepts_the_users_of_every_pool(demo: Any) -> None:
    server, pool, _ = demo
    _, ann = find_user(demo, "ann")
    token = ann.srp_sign_in("ann", pool.users[0].password)["AuthenticationResult"]["IdToken"]
    login = {"Logins": {f"cognito-idp.{REGION}.amazonaws.com/{ann.pool_id}": token}}
    aws = aws_client(server, "cognito-identity")

    assert aws.get_id(IdentityPoolId=pool.identity_pool_id, **login)["IdentityId"]


def test_challenge_sessions_are_valid_for_fifteen_minutes(demo: Any) -> None:
    _, pool, aws = demo
    for user in pool.users:
        described = aws.describe_user_pool_client(UserPoolId=user.user_pool_id, ClientId=user.client_id)
        assert described["UserPoolClient"]["AuthSessionValidity"] == 15
