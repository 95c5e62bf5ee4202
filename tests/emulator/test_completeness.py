"""The emulator serves every challenge of botocore's model, and the account operations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, expect_error
from tui_auth.emulator.server import HANDLERS
from tui_auth.emulator.service_model import USER_POOLS
from tui_auth.emulator.sign_in import ANSWER_HANDLERS

WITHOUT_HANDLER = {"ADMIN_NO_SRP_AUTH"}
"""It can't be answered."""

ACCOUNT_OPERATIONS = (
    "ChangePassword",
    "DeleteUser",
    "ForgetDevice",
    "GetUserAttributeVerificationCode",
    "GetUserAuthFactors",
    "ListDevices",
    "UpdateDeviceStatus",
    "UpdateUserAttributes",
    "VerifyUserAttribute",
)


def test_every_challenge_in_botocores_model_has_an_answer_handler(shared_aws: Any) -> None:
    enumerated = shared_aws.meta.service_model.shape_for("ChallengeNameType").enum

    assert set(enumerated) - set(ANSWER_HANDLERS) == WITHOUT_HANDLER


def test_passkey_answer_without_a_passkey_is_rejected_and_keeps_the_choice(make_pool: MakePool) -> None:
    allowed = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = make_pool(Policies=allowed, mfa={"WebAuthnConfiguration": {"RelyingPartyId": "localhost"}})
    pool.create_user()
    reply = pool.initiate("USER_AUTH", USERNAME="ann", PREFERRED_CHALLENGE="WEB_AUTHN")
    assert reply["ChallengeName"] == "SELECT_CHALLENGE"
    with expect_error("NotAuthorizedException", "Invalid session for the user."):
        pool.answer({**reply, "ChallengeName": "WEB_AUTHN"}, CREDENTIAL="{}")

    assert pool.answer(reply, ANSWER="PASSWORD")["ChallengeName"] == "PASSWORD"


@pytest.mark.parametrize("operation", ACCOUNT_OPERATIONS)
def test_account_operations_need_an_access_token(make_pool: MakePool, operation: str) -> None:
    assert operation in HANDLERS[USER_POOLS]
    pool = make_pool(DeviceConfiguration={"ChallengeRequiredOnNewDevice": True})
    more: dict[str, dict[str, Any]] = {
        "ChangePassword": {"PreviousPassword": PASSWORD, "ProposedPassword": OTHER_PASSWORD},
        "ForgetDevice": {"DeviceKey": "eu-west-1_00000000-0000-0000-0000-000000000000"},
        "GetUserAttributeVerificationCode": {"AttributeName": "email"},
        "UpdateDeviceStatus": {"DeviceKey": "eu-west-1_00000000-0000-0000-0000-000000000000"},
        "UpdateUserAttributes": {"UserAttributes": [{"Name": "name", "Value": "Ann"}]},
        "VerifyUserAttribute": {"AttributeName": "email", "Code": "123456"},
    }
    with expect_error("NotAuthorizedException"):
        pool.aws._make_api_call(operation, {"AccessToken": "not.a.token", **more.get(operation, {})})
