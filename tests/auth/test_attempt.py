"""Replies that no honest user pool sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.scripted_gateway import Reply, ScriptedGateway, challenge
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import ConfirmSignInWithNewPassword, ConfirmSignInWithPassword
from tui_auth.errors import AuthError
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from tui_auth.auth.attempt import Attempt

CANARY = "canary-password"


def build_attempt(*replies: Reply) -> Attempt:
    return Auth("eu-west-1_Ab12Cd34E", "client1", gateway=ScriptedGateway(*replies)).attempt()


def test_srp_sign_in_never_sends_the_password() -> None:
    with pytest.raises(AuthError, match="never sends"):
        build_attempt(challenge("PASSWORD")).sign_in("ann", Secret(CANARY))


def test_invalid_user_id_does_not_leak_the_password() -> None:
    reply = challenge("PASSWORD_VERIFIER", USER_ID_FOR_SRP="\ud800", SRP_B="2", SALT="1", SECRET_BLOCK="YQ==")
    with pytest.raises(AuthError) as raised:
        build_attempt(reply).sign_in("ann", Secret(CANARY))
    reprs = repr(raised.value) + repr(raised.value.__context__) + repr(raised.value.__cause__)
    assert CANARY not in reprs


def test_empty_choice_is_an_error() -> None:
    with pytest.raises(AuthError, match="but offers no options"):
        build_attempt(challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE="[]")).sign_in("ann", Secret(CANARY))


def test_long_list_of_attributes_is_cut() -> None:
    names = json.dumps([f"userAttributes.a{number}" for number in range(5000)])
    step = build_attempt(challenge("NEW_PASSWORD_REQUIRED", requiredAttributes=names)).sign_in(
        "ann", Secret(CANARY)
    )
    assert isinstance(step, ConfirmSignInWithNewPassword)
    assert len(step.missing_attributes) < 100


def test_pool_that_loops_is_an_error() -> None:
    reply = challenge("PASSWORD_SRP")
    with pytest.raises(AuthError, match="keeps repeating the same challenge"):
        build_attempt(*[reply] * 20).sign_in("ann", Secret(CANARY))


def test_restart_leaves_out_a_forgotten_device() -> None:
    choice = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["PASSWORD_SRP"]}
    proof = challenge("PASSWORD_VERIFIER", USER_ID_FOR_SRP="ann", SRP_B="2", SALT="1", SECRET_BLOCK="YQ==")
    unknown_device = error_from_response("ResourceNotFoundException", "Device does not exist.")
    gateway = ScriptedGateway(choice, proof, unknown_device, choice)
    attempt = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway).attempt()
    device = Device("eu-west-1_key", "-group", Secret("device-password"))
    attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH, device=device)
    attempt.confirm("PASSWORD_SRP")
    with pytest.raises(AuthError):
        attempt.confirm(Secret(CANARY))
    assert isinstance(attempt.restart(), ConfirmSignInWithPassword)
    requests = [request for operation, request in gateway.calls if operation == "InitiateAuth"]
    device_keys = [request["AuthParameters"]["DEVICE_KEY"] for request in requests]
    assert device_keys == ["eu-west-1_key", None]


def test_trace_has_each_call_under_amplifys_name() -> None:
    sms, empty = challenge("SMS_MFA"), dict[str, object]()
    replies = ({"UserConfirmed": False}, empty, empty, sms, sms, sms, empty, empty, sms, sms)
    attempt = build_attempt(*replies)
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
