"""Remembered devices: ConfirmDevice, device SRP, and what becomes of a refresh."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
from pycognito.aws_srp import generate_hash_device

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, SMS, PoolUnderTest, refused
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
    # pycognito makes verifier and salt, as another client would.
    password, config = generate_hash_device(group, key)
    if confirm:
        pool.aws.confirm_device(
            AccessToken=result["AccessToken"],
            DeviceKey=key,
            DeviceSecretVerifierConfig=config,
            DeviceName="vt100",
        )
    return Device(key, group, password, result["RefreshToken"], result["AccessToken"])


def tracking(make: MakePool, **configuration: bool) -> PoolUnderTest:
    pool = make(DeviceConfiguration={**ALWAYS, **configuration}, mfa=MFA)
    pool.with_phone()
    return pool


def remembered(pool: PoolUnderTest) -> Device:
    return new_device(pool, pool.srp_sign_in()["AuthenticationResult"])


def prove(pool: PoolUnderTest, reply: dict[str, Any], device: Device, password: str) -> dict[str, Any]:
    a = srp.private_value()
    second = pool.answer(reply, DEVICE_KEY=device.key, SRP_A=f"{srp.public_value(a):x}")
    assert second["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
    assert second["ChallengeParameters"]["DEVICE_KEY"] == device.key
    claim = pool.srp_claim(second, a, password, name=device.group, user=device.key)
    return pool.answer(second, DEVICE_KEY=device.key, **claim)


def test_a_new_device_is_named_with_the_tokens(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    metadata = pool.srp_sign_in()["AuthenticationResult"]["NewDeviceMetadata"]

    assert metadata["DeviceKey"].startswith("eu-west-1_")
    assert len(metadata["DeviceGroupKey"]) == 9
    assert metadata["DeviceGroupKey"].startswith("-")


def test_a_pool_that_tracks_no_devices_names_none(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.user()

    assert "NewDeviceMetadata" not in pool.srp_sign_in()["AuthenticationResult"]
    assert "AuthenticationResult" in pool.password_sign_in(DEVICE_KEY="eu-west-1_unknown")


def test_a_remembered_devices_proof_gives_tokens(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    device = remembered(pool)
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)

    assert reply["ChallengeName"] == "DEVICE_SRP_AUTH"
    result = prove(pool, reply, device, device.password)["AuthenticationResult"]
    assert "NewDeviceMetadata" not in result


def test_a_wrong_device_password_is_refused(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    device = remembered(pool)
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)

    with refused("NotAuthorizedException", "Incorrect username or password."):
        prove(pool, reply, device, "another")


def test_a_devices_proof_cannot_be_carried_to_another_sign_in_or_device(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    device, second = remembered(pool), remembered(pool)
    one, two = (pool.srp_sign_in(DEVICE_KEY=device.key) for _ in range(2))
    a = srp.private_value()
    public = f"{srp.public_value(a):x}"
    one, two = (pool.answer(reply, DEVICE_KEY=device.key, SRP_A=public) for reply in (one, two))
    claim = pool.srp_claim(one, a, device.password, name=device.group, user=device.key)
    with refused("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(two, DEVICE_KEY=device.key, **claim)
    claim = pool.srp_claim(two, a, device.password, name=device.group, user=device.key)

    with refused("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(two, DEVICE_KEY=second.key, **claim)


def test_the_proof_stands_in_for_the_code_where_the_challenge_is_for_new_devices(
    make_pool: MakePool,
) -> None:
    pool = tracking(make_pool)
    device = remembered(pool)
    pool.prefer(SMSMfaSettings={"Enabled": True})

    assert pool.srp_sign_in()["ChallengeName"] == "SMS_MFA"
    assert pool.srp_sign_in(DEVICE_KEY=device.key)["ChallengeName"] == "DEVICE_SRP_AUTH"


def test_elsewhere_the_proof_comes_after_the_code(make_pool: MakePool) -> None:
    pool = tracking(make_pool, ChallengeRequiredOnNewDevice=False)
    device = remembered(pool)
    pool.prefer(SMSMfaSettings={"Enabled": True})
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)
    assert reply["ChallengeName"] == "SMS_MFA"
    reply = pool.answer(reply, SMS_MFA_CODE=pool.code(), DEVICE_KEY=device.key)

    assert reply["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert "AuthenticationResult" in prove(pool, reply, device, device.password)


def test_a_device_that_is_not_confirmed_spares_no_code(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    device = new_device(pool, pool.srp_sign_in()["AuthenticationResult"], confirm=False)
    pool.prefer(SMSMfaSettings={"Enabled": True})

    assert pool.srp_sign_in(DEVICE_KEY=device.key)["ChallengeName"] == "SMS_MFA"


def test_an_empty_device_key_is_none(make_pool: MakePool) -> None:
    pool = tracking(make_pool)

    assert "NewDeviceMetadata" in pool.srp_sign_in(DEVICE_KEY="")["AuthenticationResult"]


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_an_unknown_device_does_not_exist(make_pool: MakePool, flow: str) -> None:
    pool = tracking(make_pool)
    sign_in = pool.srp_sign_in if flow == "USER_SRP_AUTH" else pool.password_sign_in

    with refused("ResourceNotFoundException", "Device does not exist."):
        sign_in(DEVICE_KEY="eu-west-1_0a1b2c3d-0000-0000-0000-000000000000")


def test_the_same_proof_can_be_sent_again_without_the_unknown_device(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    a = srp.private_value()
    reply = pool.initiate("USER_SRP_AUTH", USERNAME="ann", SRP_A=f"{srp.public_value(a):x}")
    claim = pool.srp_claim(reply, a)
    with refused("ResourceNotFoundException", "Device does not exist."):
        pool.answer(reply, DEVICE_KEY="eu-west-1_0a1b", **claim)

    assert "AuthenticationResult" in pool.answer(reply, **claim)


def test_an_unknown_device_is_not_told_to_who_lacks_the_password(make_pool: MakePool) -> None:
    pool = tracking(make_pool)

    with refused("NotAuthorizedException"):
        pool.srp_sign_in(password=OTHER_PASSWORD, DEVICE_KEY="eu-west-1_0a1b")


def test_the_device_key_must_be_in_the_devices_answer(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    device = remembered(pool)
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)

    with refused("InvalidParameterException", "Missing required parameter DEVICE_KEY"):
        pool.answer(reply, SRP_A="abcd")


def test_a_device_forgotten_in_between_does_not_exist(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    device = remembered(pool)
    reply = pool.srp_sign_in(DEVICE_KEY=device.key)
    pool.aws.forget_device(AccessToken=device.access_token, DeviceKey=device.key)

    with refused("ResourceNotFoundException", "Device does not exist."):
        pool.answer(reply, DEVICE_KEY=device.key, SRP_A="abcd")


# ConfirmDevice and the rest


def test_where_people_are_asked_the_device_is_remembered_when_they_say_so(make_pool: MakePool) -> None:
    pool = tracking(make_pool, DeviceOnlyRememberedOnUserPrompt=True)
    result = pool.srp_sign_in()["AuthenticationResult"]
    metadata = result["NewDeviceMetadata"]
    _, config = generate_hash_device(metadata["DeviceGroupKey"], metadata["DeviceKey"])
    confirmed = pool.aws.confirm_device(
        AccessToken=result["AccessToken"],
        DeviceKey=metadata["DeviceKey"],
        DeviceSecretVerifierConfig=config,
    )

    assert confirmed["UserConfirmationNecessary"] is True
    assert "AuthenticationResult" in pool.srp_sign_in(DEVICE_KEY=metadata["DeviceKey"])
    pool.aws.update_device_status(
        AccessToken=result["AccessToken"],
        DeviceKey=metadata["DeviceKey"],
        DeviceRememberedStatus="remembered",
    )
    assert pool.srp_sign_in(DEVICE_KEY=metadata["DeviceKey"])["ChallengeName"] == "DEVICE_SRP_AUTH"


def test_elsewhere_a_confirmed_device_is_remembered_at_once(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    result = pool.srp_sign_in()["AuthenticationResult"]
    metadata = result["NewDeviceMetadata"]
    _, config = generate_hash_device(metadata["DeviceGroupKey"], metadata["DeviceKey"])
    arguments = {
        "AccessToken": result["AccessToken"],
        "DeviceKey": metadata["DeviceKey"],
        "DeviceSecretVerifierConfig": config,
    }

    assert pool.aws.confirm_device(**arguments)["UserConfirmationNecessary"] is False
    with refused("DeviceKeyExistsException"):
        pool.aws.confirm_device(**arguments)


def test_values_without_their_sign_byte_are_refused(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    result = pool.srp_sign_in()["AuthenticationResult"]
    negative = base64.b64encode(b"\xff" + bytes(15)).decode()

    with refused("InvalidParameterException", "Negate value passed for salt and Password verifier"):
        pool.aws.confirm_device(
            AccessToken=result["AccessToken"],
            DeviceKey=result["NewDeviceMetadata"]["DeviceKey"],
            DeviceSecretVerifierConfig={"Salt": negative, "PasswordVerifier": negative},
        )


def test_another_sign_ins_device_key_is_refused(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    one, two = (pool.srp_sign_in()["AuthenticationResult"] for _ in range(2))
    key = two["NewDeviceMetadata"]["DeviceKey"]
    _, config = generate_hash_device(two["NewDeviceMetadata"]["DeviceGroupKey"], key)

    with refused("InvalidParameterException", "Invalid device key given."):
        pool.aws.confirm_device(
            AccessToken=one["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=config
        )


def test_devices_are_listed_described_and_forgotten(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    first = remembered(pool)
    second = remembered(pool)
    token = second.access_token
    listed = pool.aws.list_devices(AccessToken=token)["Devices"]
    page = pool.aws.list_devices(AccessToken=token, Limit=1)
    rest = pool.aws.list_devices(AccessToken=token, Limit=1, PaginationToken=page["PaginationToken"])
    described = pool.aws.get_device(AccessToken=token, DeviceKey=first.key)["Device"]
    attributes = {one["Name"]: one["Value"] for one in described["DeviceAttributes"]}

    assert [one["DeviceKey"] for one in listed] == [first.key, second.key]
    assert [one["Devices"][0]["DeviceKey"] for one in (page, rest)] == [first.key, second.key]
    assert attributes["device_name"] == "vt100"
    assert attributes["dev:device_remembered_status"] == "remembered"
    assert described["DeviceCreateDate"].year >= 2020
    pool.aws.forget_device(AccessToken=token, DeviceKey=first.key)
    with refused("ResourceNotFoundException", "Device does not exist."):
        pool.aws.get_device(AccessToken=token, DeviceKey=first.key)


def test_a_pool_that_tracks_no_devices_has_none_to_list(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.user()

    with refused("InvalidUserPoolConfigurationException"):
        pool.aws.list_devices(AccessToken=pool.access_token())


# Refresh


def test_a_refresh_needs_the_confirmed_device(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    device = new_device(pool, pool.srp_sign_in()["AuthenticationResult"], confirm=False)
    token = device.refresh_token
    with refused(*INVALID):
        pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token, DEVICE_KEY=device.key)
    good = remembered(pool)

    for key in ({}, {"DEVICE_KEY": "eu-west-1_0a1b"}, {"DEVICE_KEY": device.key}):
        with refused(*INVALID):
            pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=good.refresh_token, **key)
    for key in ({}, {"DeviceKey": device.key}):
        with refused(*INVALID):
            pool.aws.get_tokens_from_refresh_token(
                ClientId=pool.client_id, RefreshToken=good.refresh_token, **key
            )
    assert pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=good.refresh_token, DEVICE_KEY=good.key)
    assert pool.aws.get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=good.refresh_token, DeviceKey=good.key
    )


def test_the_password_is_asked_for_even_with_a_device(make_pool: MakePool) -> None:
    pool = tracking(make_pool)
    device = remembered(pool)

    with refused("NotAuthorizedException", "Incorrect username or password."):
        pool.password_sign_in(password=OTHER_PASSWORD, DEVICE_KEY=device.key)
    assert pool.password_sign_in(password=PASSWORD, DEVICE_KEY=device.key)["ChallengeName"] == (
        "DEVICE_SRP_AUTH"
    )
