"""The public API: what each method sends and returns."""

from __future__ import annotations

import pytest

from tests.scripted_gateway import Reply, ScriptedGateway, challenge, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.next_step import ConfirmSignInWithSMSMFACode, DeliveryDetails, Done
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"
PASSWORD_FLOW = "USER_PASSWORD_AUTH"
DELIVERY = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
DETAILS = DeliveryDetails("a***@e***", "EMAIL", "email")
NEW_KEY = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')


def build_auth(*replies: Reply) -> tuple[Auth, ScriptedGateway]:
    gateway = ScriptedGateway(*replies)
    return Auth(POOL, CLIENT, "s3cret", gateway=gateway), gateway


def test_sign_in_sends_all_arguments() -> None:
    auth, gateway = build_auth(challenge("EMAIL_OTP"), challenge("SMS_MFA"))
    device = Device("eu-west-1_device", "group", Secret("x"))
    auth.sign_in(
        "ann",
        auth_flow=AuthFlow.USER_AUTH,
        preferred_first_factor="EMAIL_OTP",
        client_metadata={"call": "sign-in"},
        device=device,
    )
    request = gateway.calls[0][1]
    assert request["AuthParameters"]["USERNAME"] == "ann"
    assert request["AuthParameters"]["PREFERRED_CHALLENGE"] == "EMAIL_OTP"
    assert request["AuthParameters"]["DEVICE_KEY"] == "eu-west-1_device"
    assert request["AuthParameters"]["SECRET_HASH"]
    assert request["ClientMetadata"] == {"call": "sign-in"}
    auth.confirm_sign_in("123456", client_metadata={"call": "answer"})
    assert gateway.calls[1][1]["ClientMetadata"] == {"call": "answer"}


@pytest.mark.parametrize("password", ["pw", Secret("pw")])
def test_password_can_be_text_or_a_secret(password: str | Secret) -> None:
    auth, gateway = build_auth(challenge("SMS_MFA"), tokens(POOL, CLIENT))
    result = auth.sign_in("ann", password, auth_flow=PASSWORD_FLOW)
    assert gateway.calls[0][1]["AuthParameters"]["PASSWORD"] == Secret("pw")
    assert isinstance(result.next_step, ConfirmSignInWithSMSMFACode)
    assert not result.is_signed_in
    result = auth.confirm_sign_in("123456")
    assert result.is_signed_in
    assert isinstance(result.next_step, Done)


def test_new_password_is_sent_with_attributes() -> None:
    new_password_step = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes='["userAttributes.name"]')
    auth, gateway = build_auth(new_password_step, tokens(POOL, CLIENT))
    auth.sign_in("ann", "pw", auth_flow=PASSWORD_FLOW)
    auth.confirm_sign_in("New-1", user_attributes={"name": "Ann"})
    assert gateway.calls[1][1]["ChallengeResponses"]["userAttributes.name"] == "Ann"


def test_new_totp_key_is_sent_with_a_device_name() -> None:
    key = {"SecretCode": "ABCD2345" * 6 + "ABCD", "Session": "2"}
    verified = {"Status": "SUCCESS", "Session": "3"}
    auth, gateway = build_auth(NEW_KEY, key, verified, tokens(POOL, CLIENT))
    auth.sign_in("ann", "pw", auth_flow=PASSWORD_FLOW)
    assert auth.confirm_sign_in("123456", friendly_device_name="laptop").is_signed_in
    assert gateway.calls[2][1]["FriendlyDeviceName"] == "laptop"


def test_answer_before_a_sign_in_is_an_error() -> None:
    auth, gateway = build_auth()
    with pytest.raises(AuthError) as raised:
        auth.confirm_sign_in("123456")
    assert raised.value.kind is ErrorKind.INVALID_STATE
    assert "sign_in" in raised.value.recovery_suggestion
    assert not gateway.calls


def test_unknown_flow_is_an_error_that_lists_the_flows() -> None:
    auth, gateway = build_auth()
    with pytest.raises(AuthError) as raised:
        auth.sign_in("ann", "pw", auth_flow="MOON_AUTH")
    assert raised.value.kind is ErrorKind.VALIDATION
    assert ", ".join(AuthFlow) in raised.value.recovery_suggestion
    assert not gateway.calls


def test_reset_sends_a_code_and_a_new_password() -> None:
    auth, gateway = build_auth({"CodeDeliveryDetails": DELIVERY}, {})
    assert auth.reset_password("ann").next_step.delivery_details == DETAILS
    auth.confirm_reset_password("ann", "New-1", "123456")
    assert gateway.operations == ["ForgotPassword", "ConfirmForgotPassword"]
    request = gateway.calls[1][1]
    assert (request["Username"], request["Password"]) == ("ann", Secret("New-1"))
    assert request["ConfirmationCode"] == Secret("123456")


def test_sign_up_code_can_be_resent_and_confirmed() -> None:
    auth, gateway = build_auth({"CodeDeliveryDetails": DELIVERY}, {})
    assert auth.resend_sign_up_code("ann") == DETAILS
    assert auth.confirm_sign_up("ann", Secret("123456")).is_sign_up_complete
    assert gateway.operations == ["ResendConfirmationCode", "ConfirmSignUp"]
    assert gateway.calls[1][1]["ConfirmationCode"] == Secret("123456")


def test_only_a_sign_in_with_a_device_remembers_it() -> None:
    metadata = {"NewDeviceMetadata": {"DeviceKey": "eu-west-1_device", "DeviceGroupKey": "group"}}
    reply = tokens(POOL, CLIENT)
    reply_with_device = {"AuthenticationResult": {**reply["AuthenticationResult"], **metadata}}
    auth, gateway = build_auth(reply, reply_with_device, {}, {})
    first_step = auth.sign_in("ann", "pw", auth_flow=PASSWORD_FLOW).next_step
    assert isinstance(first_step, Done)
    auth.remember_device(first_step)
    assert gateway.operations == ["InitiateAuth"]
    second_step = auth.sign_in("ann", "pw", auth_flow=PASSWORD_FLOW).next_step
    assert isinstance(second_step, Done)
    auth.remember_device(second_step)
    assert gateway.operations[-1] == "UpdateDeviceStatus"
    request = gateway.calls[-1][1]
    assert request["DeviceKey"] == "eu-west-1_device"
    assert request["AccessToken"] == second_step.tokens.access_token
