"""The pool knows every challenge of botocore's enumeration, and what a person's token allows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, refused
from tui_auth.emulator.operations import HANDLERS, USER_POOLS
from tui_auth.emulator.sign_in import ANSWER_HANDLERS

NOT_ANSWERED = {"WEB_AUTHN", "ADMIN_NO_SRP_AUTH"}
"""The one needs a passkey, which nobody has here; the other belongs to administrators and is no answer."""

OF_A_PERSON = (
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


def test_every_challenge_of_botocores_enumeration_is_judged(shared_aws: Any) -> None:
    enumerated = shared_aws.meta.service_model.shape_for("ChallengeNameType").enum

    assert set(enumerated) - set(ANSWER_HANDLERS) == NOT_ANSWERED


def test_an_answer_by_passkey_is_refused_and_the_choice_stays(make_pool: MakePool) -> None:
    allowed = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = make_pool(Policies=allowed, mfa={"WebAuthnConfiguration": {"RelyingPartyId": "localhost"}})
    pool.user()
    reply = pool.initiate("USER_AUTH", USERNAME="ann", PREFERRED_CHALLENGE="WEB_AUTHN")
    assert reply["ChallengeName"] == "SELECT_CHALLENGE"
    with refused("NotAuthorizedException", "Invalid session for the user."):
        pool.answer({**reply, "ChallengeName": "WEB_AUTHN"}, CREDENTIAL="{}")

    assert pool.answer(reply, ANSWER="PASSWORD")["ChallengeName"] == "PASSWORD"


@pytest.mark.parametrize("operation", OF_A_PERSON)
def test_an_operation_of_a_person_needs_their_token(make_pool: MakePool, operation: str) -> None:
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
    with refused("NotAuthorizedException"):
        pool.aws._make_api_call(operation, {"AccessToken": "not.a.token", **more.get(operation, {})})
