"""Writes that may have reached Cognito: lost replies, failed later calls, cancellation."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyotp
import pytest

from tests.error_texts import USER_EXISTS
from tests.journeys.own_pool import OwnPool
from tests.scripted_gateway import ScriptedGateway, challenge, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.engine import UncertainWrites
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.error_policy import ErrorAction, action_for_error
from tui_auth.auth.next_step import (
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithOTP,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignUp,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithTOTPSetup,
    Done,
    ResetPassword,
)
from tui_auth.auth.srp import PasswordProof
from tui_auth.emulator import CognitoEmulator
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from tui_auth.auth.attempt import Attempt

TEMPORARY, NEW = "Temporary-Horse-1!", "Brand-New-Horse-7!"
TRIGGERS = {"DefineAuthChallenge": "arn:aws:lambda:eu-west-1:000000000000:function:define"}
MFA_ON = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": True}}


class UserPool(OwnPool):
    """A user pool and sign-in attempts."""

    def __init__(self, server: CognitoEmulator, **settings: Any) -> None:
        super().__init__(server, Path(), ExitStack(), **settings)

    def create_attempt(self) -> Attempt:
        return Auth(self.id, self.client_id, endpoint_url=self.server.endpoint_url).attempt()

    def create_ann(self) -> None:
        """Create a user with a verified email address."""
        self.create_user(password=TEMPORARY, email="ann@example.org", email_verified="true")

    def create_ann_with_temporary_password(self) -> None:
        """Create a user who must choose a new password."""
        request = {"UserPoolId": self.id, "Username": "ann", "TemporaryPassword": TEMPORARY}
        self.server.call("AdminCreateUser", {**request, "MessageAction": "SUPPRESS"})

    @property
    def newest_code(self) -> Secret:
        return Secret(str(self.server.messages[-1]["code"]))


def test_new_password_survives_a_failed_later_call(server: CognitoEmulator) -> None:
    pool = UserPool(server, mfa=MFA_ON)
    pool.create_ann_with_temporary_password()
    attempt = pool.create_attempt()
    assert isinstance(attempt.sign_in("ann", Secret(TEMPORARY)), ConfirmSignInWithNewPassword)
    server.fail_next("AssociateSoftwareToken", "TooManyRequestsException", "Rate exceeded")
    with pytest.raises(AuthError):
        attempt.confirm(Secret(NEW))
    with pytest.raises(AuthError) as raised:
        attempt.confirm(Secret(NEW))
    assert raised.value.kind is ErrorKind.CHALLENGE_SESSION_EXPIRED
    assert isinstance(attempt.restart(), ContinueSignInWithTOTPSetup)


@pytest.mark.parametrize("flow", [AuthFlow.USER_SRP_AUTH, AuthFlow.USER_PASSWORD_AUTH])
def test_new_password_survives_cancellation(server: CognitoEmulator, flow: AuthFlow) -> None:
    pool = UserPool(server)
    pool.create_ann_with_temporary_password()
    attempt = pool.create_attempt()
    attempt.sign_in("ann", Secret(TEMPORARY), auth_flow=flow)
    fork = attempt.fork()
    assert isinstance(attempt.confirm(Secret(NEW)), Done)
    with pytest.raises(AuthError):
        fork.confirm(Secret(NEW))
    assert isinstance(fork.restart(), Done)


def test_rejected_new_password_is_not_tried(server: CognitoEmulator) -> None:
    pool = UserPool(server)
    pool.create_ann_with_temporary_password()
    attempt = pool.create_attempt()
    attempt.sign_in("ann", Secret(TEMPORARY))
    with pytest.raises(AuthError):
        attempt.confirm(Secret("weak"))
    call_count = [name for name, _ in server.calls].count("InitiateAuth")
    assert isinstance(attempt.restart(), ConfirmSignInWithNewPassword)
    assert [name for name, _ in server.calls].count("InitiateAuth") == call_count + 1


def test_reset_with_a_lost_reply_signs_in(server: CognitoEmulator) -> None:
    pool = UserPool(server)
    pool.create_ann()
    attempt = pool.create_attempt()
    assert isinstance(attempt.forgot_password("ann"), ResetPassword)
    attempt.reset_password()
    code = pool.newest_code
    server.drop_next("ConfirmForgotPassword", after_work=True)
    with pytest.raises(AuthError) as raised:
        attempt.confirm_reset_password(Secret(NEW), code)
    assert raised.value.may_have_arrived
    assert isinstance(attempt.confirm_reset_password(Secret(NEW), code), Done)


@pytest.mark.parametrize("flow", [AuthFlow.USER_SRP_AUTH, AuthFlow.USER_AUTH])
def test_reset_with_a_lost_request_reports_the_code_error(server: CognitoEmulator, flow: AuthFlow) -> None:
    pool = UserPool(server)
    pool.create_ann()
    attempt = pool.create_attempt()
    attempt.forgot_password("ann", auth_flow=flow)
    attempt.reset_password()
    code = pool.newest_code
    server.drop_next("ConfirmForgotPassword")
    with pytest.raises(AuthError):
        attempt.confirm_reset_password(Secret(NEW), code)
    server.clock.advance(3601)
    with pytest.raises(AuthError, match="code has expired"):
        attempt.confirm_reset_password(Secret(NEW), code)


@pytest.mark.parametrize("flow", [AuthFlow.USER_AUTH, AuthFlow.USER_SRP_AUTH, AuthFlow.USER_PASSWORD_AUTH])
def test_reset_signs_in_with_each_flow(server: CognitoEmulator, flow: AuthFlow) -> None:
    pool = UserPool(server)
    pool.create_ann()
    attempt = pool.create_attempt()
    attempt.forgot_password("ann", auth_flow=flow)
    attempt.reset_password()
    assert isinstance(attempt.confirm_reset_password(Secret(NEW), pool.newest_code), Done)


@pytest.mark.parametrize("flow", [AuthFlow.USER_SRP_AUTH, AuthFlow.USER_PASSWORD_AUTH])
def test_unconfirmed_user_can_reset_the_password(server: CognitoEmulator, flow: AuthFlow) -> None:
    pool = UserPool(server, AutoVerifiedAttributes=["email"])
    pool.create_attempt().sign_up("ann", Secret(TEMPORARY), user_attributes={"email": "ann@example.org"})
    attempt = pool.create_attempt()
    attempt.forgot_password("ann", auth_flow=flow)
    assert isinstance(attempt.confirm_reset_password(Secret(NEW), Secret("000000")), ConfirmSignUp)
    attempt.resend_sign_up_code()
    assert isinstance(attempt.confirm_sign_up(pool.newest_code), ResetPassword)
    attempt.reset_password()
    assert isinstance(attempt.confirm_reset_password(Secret(NEW), pool.newest_code), Done)


def test_device_rejected_after_an_answer_is_dropped() -> None:
    device = Device("eu-west-1_device", "group", Secret("x"))
    claim = {"SRP_B": "2", "SALT": "1", "SECRET_BLOCK": "YQ=="}
    replies = (
        challenge("SMS_MFA"),
        challenge("DEVICE_SRP_AUTH"),
        challenge("DEVICE_PASSWORD_VERIFIER", **claim),
        error_from_response("NotAuthorizedException", "Incorrect username or password."),
    )
    gateway = ScriptedGateway(*replies, challenge("SMS_MFA"), challenge("SMS_MFA"))
    auth = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway)
    attempt = auth.attempt()
    step = attempt.sign_in("ann", Secret("x"), auth_flow=AuthFlow.USER_PASSWORD_AUTH, device=device)
    with pytest.raises(AuthError, match="no longer remembers this device") as raised:
        attempt.confirm("123456")
    assert action_for_error(raised.value, step, can_restart=attempt.can_restart) is ErrorAction.RESTART
    attempt.restart()
    assert gateway.calls[-1][1]["AuthParameters"]["DEVICE_KEY"] is None
    auth.attempt().sign_in("ann", Secret("x"), auth_flow=AuthFlow.USER_PASSWORD_AUTH, device=device)
    assert gateway.calls[-1][1]["AuthParameters"]["DEVICE_KEY"] is None


def test_second_password_reaches_a_pool_that_asks_for_it() -> None:
    wrong = error_from_response("NotAuthorizedException", "Incorrect username or password.")
    gateway = ScriptedGateway(challenge("PASSWORD"), wrong, challenge("PASSWORD"), challenge("SMS_MFA"))
    attempt = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway).attempt()
    step = attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH)
    assert isinstance(step, ConfirmSignInWithPassword)
    with pytest.raises(AuthError):
        attempt.confirm(Secret("first"))
    attempt.confirm(Secret("second"))
    assert gateway.calls[-1][1]["ChallengeResponses"]["PASSWORD"] == Secret("second")


def test_restart_prefers_the_factor_chosen_instead_of_a_passkey() -> None:
    passkey, code = challenge("WEB_AUTHN"), challenge("EMAIL_OTP")
    gateway = ScriptedGateway(passkey, code, passkey, code)
    attempt = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway).attempt()
    assert isinstance(
        attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH), ContinueSignInWithFirstFactorSelection
    )
    assert isinstance(attempt.confirm("EMAIL_OTP"), ConfirmSignInWithOTP)
    assert isinstance(attempt.restart(), ConfirmSignInWithOTP)


def test_restart_replays_choices_after_the_preferred_factor() -> None:
    passkey, code = challenge("WEB_AUTHN"), challenge("EMAIL_OTP")
    choice = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA", "SOFTWARE_TOKEN_MFA"]')
    sms = challenge("SMS_MFA")
    gateway = ScriptedGateway(passkey, code, choice, sms, passkey, code, choice, sms)
    attempt = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway).attempt()
    attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH)
    for answer in ("EMAIL_OTP", "123456", "SMS_MFA"):
        attempt.confirm(answer)
    assert isinstance(attempt.restart(), ConfirmSignInWithOTP)
    assert isinstance(attempt.confirm("123456"), ConfirmSignInWithSMSMFACode)


def test_sign_up_with_an_expired_session_is_confirmed(server: CognitoEmulator) -> None:
    pool = UserPool(server, AutoVerifiedAttributes=["email"])
    attempt = pool.create_attempt()
    attempt.sign_up("ann", Secret(NEW), user_attributes={"email": "ann@example.org"})
    server.clock.advance(300)
    assert isinstance(attempt.confirm_sign_up(pool.newest_code), Done)


@pytest.mark.parametrize("after_work", [True, False])
def test_sign_up_with_a_lost_reply_continues(server: CognitoEmulator, after_work: bool) -> None:
    pool = UserPool(server, AutoVerifiedAttributes=["email"])
    attempt = pool.create_attempt()
    server.drop_next("SignUp", after_work=after_work)
    address = {"email": "ann@example.org"}
    with pytest.raises(AuthError):
        attempt.sign_up("ann", Secret(NEW), user_attributes=address)
    assert isinstance(attempt.sign_up("ann", Secret(NEW), user_attributes=address), ConfirmSignUp)


def test_existing_account_of_another_user_is_an_error(server: CognitoEmulator) -> None:
    pool = UserPool(server)
    pool.create_ann()
    attempt = pool.create_attempt()
    server.drop_next("SignUp")
    for _ in range(2):
        with pytest.raises(AuthError) as raised:
            attempt.sign_up("ann", Secret(NEW), user_attributes={})
    assert USER_EXISTS in raised.value.message


def test_new_password_survives_two_lost_replies(server: CognitoEmulator) -> None:
    pool = UserPool(server)
    pool.create_ann_with_temporary_password()
    attempt = pool.create_attempt()
    attempt.sign_in("ann", Secret(TEMPORARY))
    server.drop_next("RespondToAuthChallenge", after_work=True)
    with pytest.raises(AuthError):
        attempt.confirm(Secret(NEW))
    server.drop_next("InitiateAuth")
    with pytest.raises(AuthError):
        attempt.restart()
    assert isinstance(attempt.restart(), Done)


@pytest.mark.parametrize("flow", [AuthFlow.USER_AUTH, AuthFlow.CUSTOM_WITHOUT_SRP])
def test_existing_account_is_an_error_in_a_flow_without_a_password(
    server: CognitoEmulator, flow: AuthFlow
) -> None:
    pool = UserPool(server, LambdaConfig=TRIGGERS)
    pool.create_ann()
    attempt = pool.create_attempt()
    server.drop_next("SignUp")
    for _ in range(2):
        with pytest.raises(AuthError) as raised:
            attempt.sign_up("ann", Secret(NEW), user_attributes={}, auth_flow=flow)
    assert USER_EXISTS in raised.value.message
    assert server.messages == [], "no code is sent"


def test_lost_reply_for_one_user_does_not_affect_another(server: CognitoEmulator) -> None:
    pool = UserPool(server)
    pool.create_ann()
    attempt = pool.create_attempt()
    server.drop_next("SignUp")
    with pytest.raises(AuthError):
        attempt.sign_up("bob", Secret(NEW), user_attributes={})
    with pytest.raises(AuthError, match="An account with this user name already exists"):
        attempt.sign_up("ann", Secret(NEW), user_attributes={})
    assert "InitiateAuth" not in [name for name, _ in server.calls]


@pytest.mark.parametrize(("after_work", "may_be_in_use"), [(True, True), (False, True), (None, False)])
def test_key_that_may_be_in_use_is_reported(
    server: CognitoEmulator, after_work: bool | None, may_be_in_use: bool
) -> None:
    pool = UserPool(server, mfa=MFA_ON)
    pool.create_ann()
    attempt = pool.create_attempt()
    step = attempt.sign_in("ann", Secret(TEMPORARY))
    assert isinstance(step, ContinueSignInWithTOTPSetup)
    if after_work is not None:
        server.drop_next("VerifySoftwareToken", after_work=after_work)
    code = pyotp.TOTP(step.setup_details.shared_secret.reveal()).at(int(server.clock.now()))
    with pytest.raises(AuthError):
        attempt.confirm(Secret(code if may_be_in_use else "000000"))
    assert ("Don't delete the key" in attempt.restart_side_effect) is may_be_in_use


def test_sign_up_confirmed_elsewhere_signs_in(server: CognitoEmulator) -> None:
    pool = UserPool(server, AutoVerifiedAttributes=["email"])
    attempt = pool.create_attempt()
    attempt.sign_up("ann", Secret(NEW), user_attributes={"email": "ann@example.org"})
    server.call("AdminConfirmSignUp", {"UserPoolId": pool.id, "Username": "ann"})
    assert isinstance(attempt.resend_sign_up_code(), Done)


def test_late_error_does_not_affect_a_later_password() -> None:
    writes, first, second = (
        UncertainWrites(),
        *(PasswordProof("Ab12", Secret(text)) for text in ("A-1!", "B-2!")),
    )
    writes.record_password_sent("ann", first)
    writes.record_password_sent("ann", second)
    too_short = error_from_response("InvalidPasswordException", "Password not long enough")
    writes.record_failure(too_short, first)
    assert writes.new_proof is second
    writes.record_failure(too_short, second)
    assert writes.new_proof is None


def test_rejected_sign_up_session_prefers_the_password() -> None:
    gateway = ScriptedGateway(
        {"UserConfirmed": False, "Session": "of the sign-up"},
        {"Session": "of its confirmation"},
        error_from_response("NotAuthorizedException", "Invalid session"),
        challenge("SMS_MFA"),
    )
    attempt = Auth("eu-west-1_Ab12Cd34E", "c", gateway=gateway).attempt()
    attempt.sign_up("zoe", Secret(NEW), user_attributes={}, auth_flow=AuthFlow.USER_AUTH)
    attempt.confirm_sign_up(Secret("123456"))
    operation, request = gateway.calls[-1]
    assert (operation, request["AuthParameters"]["PREFERRED_CHALLENGE"]) == ("InitiateAuth", "PASSWORD_SRP")
    operation, request = gateway.calls[-2]
    assert (operation, request["AuthFlow"]) == ("InitiateAuth", "USER_AUTH")
    assert request["AuthParameters"] == {"USERNAME": "zoe", "SECRET_HASH": None}
    assert request["Session"] == Secret("of its confirmation")


@pytest.mark.parametrize("key", ["DeviceKey", "DeviceGroupKey"])
def test_invalid_device_keys_do_not_fail_the_sign_in(key: str) -> None:
    reply = tokens("eu-west-1_Ab12Cd34E", "c")
    metadata = {"DeviceKey": "eu-west-1_device", "DeviceGroupKey": "group", key: "\udcff"}
    reply["AuthenticationResult"]["NewDeviceMetadata"] = metadata
    attempt = Auth("eu-west-1_Ab12Cd34E", "c", gateway=ScriptedGateway(reply)).attempt()
    step = attempt.sign_in("ann", Secret(NEW), auth_flow=AuthFlow.USER_PASSWORD_AUTH)
    assert isinstance(step, Done)
    assert step.device is None


SRP_CHALLENGE = {"USER_ID_FOR_SRP": "ann", "SRP_B": "2", "SALT": "1", "SECRET_BLOCK": "YQ=="}


def test_hash_of_a_new_password_replaces_its_text() -> None:
    gateway = ScriptedGateway(
        {"UserConfirmed": True}, challenge("PASSWORD_VERIFIER", **SRP_CHALLENGE), challenge("SMS_MFA")
    )
    attempt = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway).attempt()
    attempt.sign_up("ann", Secret(NEW), user_attributes={}, auth_flow=AuthFlow.USER_SRP_AUTH)
    proof = attempt._engine.writes.new_proof
    assert proof is not None
    assert proof.password is None
    assert proof == attempt._engine.proof


def test_only_a_hash_replaces_the_text_of_a_new_password() -> None:
    writes, new = UncertainWrites(), PasswordProof("Ab12", Secret(NEW))
    writes.record_hash(new.hashed_for("ann"))
    assert writes.new_proof is None, "no new password was sent"
    writes.record_password_sent("ann", new)
    writes.record_hash(PasswordProof("Ab12"))
    assert writes.new_proof is new, "no hash was made"
    hashed = new.hashed_for("ann")
    writes.record_hash(hashed)
    assert writes.new_proof is hashed
    writes.record_hash(PasswordProof("Ab12", Secret(TEMPORARY)).hashed_for("ann"))
    assert writes.new_proof is hashed, "the hash of another password does not replace it"
