"""Tests that the demo users get the next steps that Amplify's clients document.

Each scenario lists the user and the answer to each step, in order. The step names are those of Amplify's
Swift client (``AuthSignInStep``); JavaScript and Android spell the same steps differently.
"""

from __future__ import annotations

import pytest

from tests.conformance.scenarios import SCENARIOS, SignedInUser
from tests.steps.table import NEW_PASSWORD
from tui_auth import Auth, AuthError
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool, DemoUser


def auth_for(server: CognitoEmulator, user: DemoUser) -> Auth:
    return Auth(user.user_pool_id, user.client_id, endpoint_url=server.endpoint_url)


@pytest.mark.parametrize("name", SCENARIOS)
def test_steps_match_amplify_documentation(server: CognitoEmulator, demo: DemoPool, name: str) -> None:
    username, expected = SCENARIOS[name]
    user = next(candidate for candidate in demo.users if candidate.username == username)
    sample_user, auth = SignedInUser(server, user), auth_for(server, user)
    password = None if user.auth_flow in ("USER_AUTH", "CUSTOM_WITHOUT_SRP") else user.password
    result = auth.sign_in(username, password, auth_flow=user.auth_flow)
    for step_name, reply in expected:
        assert type(result.next_step).__name__ == step_name
        assert not result.is_signed_in
        if step_name == "ResetPassword":
            auth.reset_password(username)
            auth.confirm_reset_password(username, NEW_PASSWORD, sample_user.sent_code(result.next_step))
            result = auth.sign_in(username, NEW_PASSWORD)
        elif step_name == "ConfirmSignUp":
            auth.resend_sign_up_code(username)
            assert auth.confirm_sign_up(username, sample_user.sent_code(result.next_step)).is_sign_up_complete
            result = auth.sign_in(username, user.password)
        else:
            value = reply(sample_user, result.next_step) if callable(reply) else reply
            missing = getattr(result.next_step, "missing_attributes", ())
            attributes = dict.fromkeys(missing, "Nora")
            result = auth.confirm_sign_in(value, user_attributes=attributes or None)
    assert type(result.next_step).__name__ == "Done"
    assert result.is_signed_in


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_both_password_flows_give_the_same_steps(server: CognitoEmulator, demo: DemoPool, flow: str) -> None:
    for username, step in (("ann", "Done"), ("sam", "ConfirmSignInWithSMSMFACode"), ("rex", "ResetPassword")):
        user = next(candidate for candidate in demo.users if candidate.username == username)
        result = auth_for(server, user).sign_in(username, user.password, auth_flow=flow)
        assert type(result.next_step).__name__ == step


def test_wrong_code_can_be_answered_again(server: CognitoEmulator, demo: DemoPool) -> None:
    user = next(candidate for candidate in demo.users if candidate.username == "sam")
    sample_user, auth = SignedInUser(server, user), auth_for(server, user)
    step = auth.sign_in("sam", user.password).next_step
    with pytest.raises(AuthError) as caught:
        auth.confirm_sign_in("000000" if sample_user.sent_code(step) != "000000" else "111111")
    assert caught.value.code == "CodeMismatchException"
    assert auth.confirm_sign_in(sample_user.sent_code(step)).is_signed_in


def test_client_metadata_and_secret_hash_reach_the_pool(server: CognitoEmulator, demo: DemoPool) -> None:
    created = server.call(
        "CreateUserPoolClient",
        {"UserPoolId": demo.user_pool_id, "ClientName": "secret", "GenerateSecret": True},
    )["UserPoolClient"]
    auth = Auth(
        demo.user_pool_id, created["ClientId"], created["ClientSecret"], endpoint_url=server.endpoint_url
    )
    result = auth.sign_in("ann", demo.users[0].password, client_metadata={"from": "here"})
    assert result.is_signed_in
    assert all(call["ClientMetadata"] == {"from": "here"} for _, call in server.calls)
    auth_without_secret = Auth(demo.user_pool_id, created["ClientId"], endpoint_url=server.endpoint_url)
    with pytest.raises(AuthError, match="has a secret, but none was given"):
        auth_without_secret.sign_in("ann", demo.users[0].password)


def test_usernames_are_aliases_when_the_pool_uses_uuids(server: CognitoEmulator) -> None:
    pool = server.call("CreateUserPool", {"PoolName": "mail", "UsernameAttributes": ["email"]})["UserPool"][
        "Id"
    ]
    client = server.call(
        "CreateUserPoolClient", {"UserPoolId": pool, "ClientName": "c", "GenerateSecret": True}
    )["UserPoolClient"]
    new_user = {"UserPoolId": pool, "Username": "zoe@example.org", "MessageAction": "SUPPRESS"}
    real = server.call("AdminCreateUser", new_user)["User"]["Username"]
    server.call(
        "AdminSetUserPassword",
        {"UserPoolId": pool, "Username": real, "Password": NEW_PASSWORD, "Permanent": True},
    )
    auth = Auth(pool, client["ClientId"], client["ClientSecret"], endpoint_url=server.endpoint_url)
    step = auth.sign_in("zoe@example.org", NEW_PASSWORD).next_step
    assert real != "zoe@example.org"
    assert getattr(step, "claims").username == real  # noqa: B009 - Done alone has claims
