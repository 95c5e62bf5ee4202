"""Attempts against replies that no honest pool sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.scripted_gateway import Reply, ScriptedGateway, challenge
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.errors import AuthError
from tui_auth.auth.next_step import ConfirmSignInWithNewPassword, ConfirmSignInWithPassword
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from tui_auth.auth.attempt import Attempt

CANARY = "canary-password"


def attempt_with(*replies: Reply) -> Attempt:
    return Auth("eu-west-1_Ab12Cd34E", "client1", gateway=ScriptedGateway(*replies)).attempt()


def test_srp_sign_in_never_sends_the_password() -> None:
    with pytest.raises(AuthError, match="never sends"):
        attempt_with(challenge("PASSWORD")).sign_in("ann", Secret(CANARY))


def test_invalid_user_id_does_not_leak_the_password() -> None:
    reply = challenge("PASSWORD_VERIFIER", USER_ID_FOR_SRP="\ud800", SRP_B="2", SALT="1", SECRET_BLOCK="YQ==")
    with pytest.raises(AuthError) as raised:
        attempt_with(reply).sign_in("ann", Secret(CANARY))
    seen = repr(raised.value) + repr(raised.value.__context__) + repr(raised.value.__cause__)
    assert CANARY not in seen


def test_empty_choice_is_an_error() -> None:
    with pytest.raises(AuthError, match="nothing to choose"):
        attempt_with(challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE="[]")).sign_in("ann", Secret(CANARY))


def test_long_list_of_attributes_is_cut() -> None:
    names = json.dumps([f"userAttributes.a{number}" for number in range(5000)])
    step = attempt_with(challenge("NEW_PASSWORD_REQUIRED", requiredAttributes=names)).sign_in(
        "ann", Secret(CANARY)
    )
    assert isinstance(step, ConfirmSignInWithNewPassword)
    assert len(step.missing_attributes) < 100


def test_pool_that_loops_is_an_error() -> None:
    reply = challenge("PASSWORD_SRP")
    with pytest.raises(AuthError, match="over and over"):
        attempt_with(*[reply] * 20).sign_in("ann", Secret(CANARY))


def test_restart_leaves_out_a_forgotten_device() -> None:
    choice = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["PASSWORD_SRP"]}
    proof = challenge("PASSWORD_VERIFIER", USER_ID_FOR_SRP="ann", SRP_B="2", SALT="1", SECRET_BLOCK="YQ==")
    forgotten = error_from_response("ResourceNotFoundException", "Device does not exist.")
    gateway = ScriptedGateway(choice, proof, forgotten, choice)
    attempt = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway).attempt()
    device = Device("eu-west-1_key", "-group", Secret("device-password"))
    attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH, device=device)
    attempt.confirm("PASSWORD_SRP")
    with pytest.raises(AuthError):
        attempt.confirm(Secret(CANARY))
    assert isinstance(attempt.restart(), ConfirmSignInWithPassword)
    starts = [call["AuthParameters"]["DEVICE_KEY"] for name, call in gateway.calls if name == "InitiateAuth"]
    assert starts == ["eu-west-1_key", None]


def test_trace_has_each_call_under_amplifys_name() -> None:
    sms, nothing = challenge("SMS_MFA"), dict[str, object]()
    replies = ({"UserConfirmed": False}, nothing, nothing, sms, sms, sms, nothing, nothing, sms, sms)
    attempt = attempt_with(*replies)
    flow, password, code = AuthFlow.USER_PASSWORD_AUTH, Secret(CANARY), Secret("123456")
    attempt.sign_up("ann", password, user_attributes={}, auth_flow=flow)
    attempt.resend_sign_up_code()
    attempt.confirm_sign_up(code)
    attempt.confirm(code)
    attempt.restart()
    attempt.reset_password()
    attempt.confirm_reset_password(password, code)
    attempt.sign_in("ann", password, auth_flow=flow)
    assert [call.name for call in attempt.trace.calls] == [
        "signUp",
        "resendSignUpCode",
        "confirmSignUp",
        "confirmSignIn",
        "signIn (again)",
        "resetPassword",
        "confirmResetPassword",
        "signIn",
    ]
