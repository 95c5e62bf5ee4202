"""Remembered devices: ConfirmDevice, device SRP, and the device key in a refresh."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
from pycognito.aws_srp import generate_hash_device

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, SMS, PoolUnderTest, expect_error
from tui_auth.auth import srp

MFA = {"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": SMS}
ALWAYS = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
INVALID = ("NotAuthorizedException", "Invalid Refresh Token")


@dataclass
class Device:
    key: str
    group: str
    password: str
    refresh_token: str
    access_token: str


def new_device(pool: PoolUnderTest, result: dict[str, Any], *, confirm: bool = True) -> Device:
    metadata = result["NewDeviceMetadata"]
    key, group = metadata["DeviceKey"], metadata["DeviceGroupKey"]
    # pycognito, an independent client, creates verifier and salt.
    password, config = generate_hash_device(group, key)
    if confirm:
        pool.aws.confirm_device(
            AccessToken=result["AccessToken"],
            DeviceKey=key,
            DeviceSecretVerifierConfig=config,
            DeviceName="vt100",
        )
    return Device(key, group, password, result["RefreshToken"], result["AccessToken"])


def create_tracking_pool(make: MakePool, **configuration: bool) -> PoolUnderTest:
    pool = make(DeviceConfiguration={**ALWAYS, **configuration}, mfa=MFA)
    pool.create_user_with_phone()
    return pool


def remember_device(pool: PoolUnderTest) -> Device:
    return new_device(pool, pool.srp_sign_in()["AuthenticationResult"])


def prove_device(pool: PoolUnderTest, reply: dict[str, Any], device: Device, password: str) -> dict[str, Any]:
    a = srp.private_value()
    second = pool.answer(reply, DEVICE_KEY=device.key, SRP_A=f"{srp.public_value(a):x}")
    assert second["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
    assert second["ChallengeParameters"]["DEVICE_KEY"] == device.key
    claim = pool.srp_claim(second, a, password, name=device.group, user=device.key)
    return pool.answer(second, DEVICE_KEY=device.key, **claim)


def test_key_of_a_new_device_comes_with_the_tokens(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    metadata = pool.srp_sign_in()["AuthenticationResult"]["NewDeviceMetadata"]

    assert metadata["DeviceKey"].startswith("eu-west-1_")
    assert len(metadata["DeviceGroupKey"]) == 9
    assert metadata["DeviceGroupKey"].startswith("-")


def test_pool_without_device_tracking_returns_no_device_key(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user()

    assert "NewDeviceMetadata" not in pool.srp_sign_in()["AuthenticationResult"]
    assert "AuthenticationResult" in pool.password_sign_in(DEVICE_KEY="eu-west-1_unknown")


def test_remembered_devices_proof_returns_tokens(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    device = remember_device(pool)
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)

    assert reply["ChallengeName"] == "DEVICE_SRP_AUTH"
    result = prove_device(pool, reply, device, device.password)["AuthenticationResult"]
    assert "NewDeviceMetadata" not in result


def test_wrong_device_password_is_rejected(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    device = remember_device(pool)
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)

    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        prove_device(pool, reply, device, "another")


def test_device_proof_is_bound_to_its_sign_in_and_device(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    device, second = remember_device(pool), remember_device(pool)
    first_reply, second_reply = (pool.srp_sign_in(DEVICE_KEY=device.key) for _ in range(2))
    a = srp.private_value()
    public = f"{srp.public_value(a):x}"
    first_reply, second_reply = (
        pool.answer(reply, DEVICE_KEY=device.key, SRP_A=public) for reply in (first_reply, second_reply)
    )
    claim = pool.srp_claim(first_reply, a, device.password, name=device.group, user=device.key)
    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(second_reply, DEVICE_KEY=device.key, **claim)
    claim = pool.srp_claim(second_reply, a, device.password, name=device.group, user=device.key)

    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(second_reply, DEVICE_KEY=second.key, **claim)


def test_proof_replaces_the_code_if_only_new_devices_are_challenged(
    make_pool: MakePool,
) -> None:
    pool = create_tracking_pool(make_pool)
    device = remember_device(pool)
    pool.set_mfa_preference(SMSMfaSettings={"Enabled": True})

    assert pool.srp_sign_in()["ChallengeName"] == "SMS_MFA"
    assert pool.srp_sign_in(DEVICE_KEY=device.key)["ChallengeName"] == "DEVICE_SRP_AUTH"


def test_proof_follows_the_code_if_all_devices_are_challenged(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool, ChallengeRequiredOnNewDevice=False)
    device = remember_device(pool)
    pool.set_mfa_preference(SMSMfaSettings={"Enabled": True})
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)
    assert reply["ChallengeName"] == "SMS_MFA"
    reply = pool.answer(reply, SMS_MFA_CODE=pool.newest_code(), DEVICE_KEY=device.key)

    assert reply["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert "AuthenticationResult" in prove_device(pool, reply, device, device.password)


def test_unconfirmed_device_does_not_replace_the_code(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    device = new_device(pool, pool.srp_sign_in()["AuthenticationResult"], confirm=False)
    pool.set_mfa_preference(SMSMfaSettings={"Enabled": True})

    assert pool.srp_sign_in(DEVICE_KEY=device.key)["ChallengeName"] == "SMS_MFA"


def test_empty_device_key_counts_as_absent(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)

    assert "NewDeviceMetadata" in pool.srp_sign_in(DEVICE_KEY="")["AuthenticationResult"]


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_unknown_device_is_not_found(make_pool: MakePool, flow: str) -> None:
    pool = create_tracking_pool(make_pool)
    sign_in = pool.srp_sign_in if flow == "USER_SRP_AUTH" else pool.password_sign_in

    with expect_error("ResourceNotFoundException", "Device does not exist."):
        sign_in(DEVICE_KEY="eu-west-1_0a1b2c3d-0000-0000-0000-000000000000")


def test_proof_can_be_sent_again_without_the_unknown_device(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    a = srp.private_value()
    reply = pool.initiate("USER_SRP_AUTH", USERNAME="ann", SRP_A=f"{srp.public_value(a):x}")
    claim = pool.srp_claim(reply, a)
    with expect_error("ResourceNotFoundException", "Device does not exist."):
        pool.answer(reply, DEVICE_KEY="eu-west-1_0a1b", **claim)

    assert "AuthenticationResult" in pool.answer(reply, **claim)


def test_unknown_device_is_reported_only_after_the_right_password(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)

    with expect_error("NotAuthorizedException"):
        pool.srp_sign_in(password=OTHER_PASSWORD, DEVICE_KEY="eu-west-1_0a1b")


def test_device_answer_requires_the_device_key(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    device = remember_device(pool)
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)

    with expect_error("InvalidParameterException", "Missing required parameter DEVICE_KEY"):
        pool.answer(reply, SRP_A="abcd")


def test_device_forgotten_during_the_sign_in_is_not_found(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    device = remember_device(pool)
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)
    pool.aws.forget_device(AccessToken=device.access_token, DeviceKey=device.key)

    with expect_error("ResourceNotFoundException", "Device does not exist."):
        pool.answer(reply, DEVICE_KEY=device.key, SRP_A="abcd")


# ConfirmDevice and other operations


def test_device_is_remembered_on_request_if_users_decide(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool, DeviceOnlyRememberedOnUserPrompt=True)
    result = pool.srp_sign_in()["AuthenticationResult"]
    metadata = result["NewDeviceMetadata"]
    _, config = generate_hash_device(metadata["DeviceGroupKey"], metadata["DeviceKey"])
    confirmation = pool.aws.confirm_device(
        AccessToken=result["AccessToken"],
        DeviceKey=metadata["DeviceKey"],
        DeviceSecretVerifierConfig=config,
    )

    assert confirmation["UserConfirmationNecessary"] is True
    assert "AuthenticationResult" in pool.srp_sign_in(DEVICE_KEY=metadata["DeviceKey"])
    pool.aws.update_device_status(
        AccessToken=result["AccessToken"],
        DeviceKey=metadata["DeviceKey"],
        DeviceRememberedStatus="remembered",
    )
    assert pool.srp_sign_in(DEVICE_KEY=metadata["DeviceKey"])["ChallengeName"] == "DEVICE_SRP_AUTH"


def test_confirmed_device_is_remembered_if_the_pool_decides(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    result = pool.srp_sign_in()["AuthenticationResult"]
    metadata = result["NewDeviceMetadata"]
    _, config = generate_hash_device(metadata["DeviceGroupKey"], metadata["DeviceKey"])
    arguments = {
        "AccessToken": result["AccessToken"],
        "DeviceKey": metadata["DeviceKey"],
        "DeviceSecretVerifierConfig": config,
    }

    assert pool.aws.confirm_device(**arguments)["UserConfirmationNecessary"] is False
    with expect_error("DeviceKeyExistsException"):
        pool.aws.confirm_device(**arguments)


def test_values_without_their_sign_byte_are_rejected(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    result = pool.srp_sign_in()["AuthenticationResult"]
    negative = base64.b64encode(b"\xff" + bytes(15)).decode()

    with expect_error("InvalidParameterException", "Negate value passed for salt and Password verifier"):
        pool.aws.confirm_device(
            AccessToken=result["AccessToken"],
            DeviceKey=result["NewDeviceMetadata"]["DeviceKey"],
            DeviceSecretVerifierConfig={"Salt": negative, "PasswordVerifier": negative},
        )


def test_device_key_of_another_sign_in_is_rejected(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    first_reply, second_reply = (pool.srp_sign_in()["AuthenticationResult"] for _ in range(2))
    key = second_reply["NewDeviceMetadata"]["DeviceKey"]
    _, config = generate_hash_device(second_reply["NewDeviceMetadata"]["DeviceGroupKey"], key)

    with expect_error("InvalidParameterException", "Invalid device key given."):
        pool.aws.confirm_device(
            AccessToken=first_reply["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=config
        )


def test_devices_are_listed_described_and_forgotten(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    first = remember_device(pool)
    second = remember_device(pool)
    token = second.access_token
    listed = pool.aws.list_devices(AccessToken=token)["Devices"]
    page = pool.aws.list_devices(AccessToken=token, Limit=1)
    rest = pool.aws.list_devices(AccessToken=token, Limit=1, PaginationToken=page["PaginationToken"])
    described = pool.aws.get_device(AccessToken=token, DeviceKey=first.key)["Device"]
    attributes = {first_reply["Name"]: first_reply["Value"] for first_reply in described["DeviceAttributes"]}

    assert [first_reply["DeviceKey"] for first_reply in listed] == [first.key, second.key]
    assert [first_reply["Devices"][0]["DeviceKey"] for first_reply in (page, rest)] == [first.key, second.key]
    assert attributes["device_name"] == "vt100"
    assert attributes["dev:device_remembered_status"] == "remembered"
    assert described["DeviceCreateDate"].year >= 2020
    pool.aws.forget_device(AccessToken=token, DeviceKey=first.key)
    with expect_error("ResourceNotFoundException", "Device does not exist."):
        pool.aws.get_device(AccessToken=token, DeviceKey=first.key)


def test_pool_without_device_tracking_cannot_list_devices(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user()

    with expect_error("InvalidUserPoolConfigurationException"):
        pool.aws.list_devices(AccessToken=pool.get_access_token())


# Refresh


def test_refresh_needs_the_confirmed_device(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    device = new_device(pool, pool.srp_sign_in()["AuthenticationResult"], confirm=False)
    token = device.refresh_token
    with expect_error(*INVALID):
        pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token, DEVICE_KEY=device.key)
    good = remember_device(pool)

    for key in ({}, {"DEVICE_KEY": "eu-west-1_0a1b"}, {"DEVICE_KEY": device.key}):
        with expect_error(*INVALID):
            pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=good.refresh_token, **key)
    for key in ({}, {"DeviceKey": device.key}):
        with expect_error(*INVALID):
            pool.aws.get_tokens_from_refresh_token(
                ClientId=pool.client_id, RefreshToken=good.refresh_token, **key
            )
    assert pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=good.refresh_token, DEVICE_KEY=good.key)
    assert pool.aws.get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=good.refresh_token, DeviceKey=good.key
    )


def test_device_does_not_replace_the_password(make_pool: MakePool) -> None:
    pool = create_tracking_pool(make_pool)
    device = remember_device(pool)

    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.password_sign_in(password=OTHER_PASSWORD, DEVICE_KEY=device.key)
    assert pool.password_sign_in(password=PASSWORD, DEVICE_KEY=device.key)["ChallengeName"] == (
        "DEVICE_SRP_AUTH"
    )
