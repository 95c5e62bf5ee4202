"""Devices: the operations on them, and their proof by SRP in a sign-in."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.challenges import Answer, Reply, complete_sign_in, send_challenge
from tui_auth.emulator.errors import (
    CognitoError,
    invalid_parameter,
    missing_parameter,
    not_authorized,
    not_found,
)
from tui_auth.emulator.first_factor import claim_of
from tui_auth.emulator.srp import parse_public_a
from tui_auth.emulator.tokens import Caller, authenticate
from tui_auth.emulator.user_pools import paginate

if TYPE_CHECKING:
    from tui_auth.emulator.model import Device
    from tui_auth.emulator.state import State


def answer_device_srp_auth(state: State, answer: Answer) -> Reply:
    """Answer DEVICE_SRP_AUTH."""
    sign_in, device = answer.sign_in, _remembered_device(answer)
    exchange = state.exchanges.begin(
        sign_in,
        name=device.group_key,
        user=device.key,
        salt=device.salt,
        verifier=device.verifier or 0,
        public_a=parse_public_a(answer.require("SRP_A")),
    )
    parameters = {
        **exchange.parameters(),
        "USERNAME": sign_in.user.username,
        "DEVICE_KEY": device.key,
    }
    return send_challenge(state, sign_in, "DEVICE_PASSWORD_VERIFIER", parameters)


def answer_device_password_verifier(state: State, answer: Answer) -> Reply:
    """Answer DEVICE_PASSWORD_VERIFIER."""
    device = _remembered_device(answer)
    block, signature, timestamp = claim_of(answer.responses)
    exchange = state.exchanges.take(block, answer.sign_in.client)
    if exchange is None or exchange.sign_in is not answer.sign_in or exchange.user != device.key:
        raise not_authorized()
    if not state.exchanges.is_proof(exchange, signature, timestamp):
        raise not_authorized()
    return complete_sign_in(state, answer.sign_in)


def _remembered_device(answer: Answer) -> Device:
    device = answer.sign_in.user.devices.get(answer.require("DEVICE_KEY"))
    if device is None or not device.remembered or device.verifier is None:
        raise not_found("Device does not exist.")
    return device


def confirm_device(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ConfirmDevice: store the SRP verifier.

    The device is remembered, unless the pool lets users decide.
    """
    caller = _caller(state, request)
    device = caller.user.devices.get(request["DeviceKey"])
    if device is None or caller.claims.get("device_key") != device.key:
        raise invalid_parameter("Invalid device key given.")
    if device.verifier is not None:
        raise CognitoError("DeviceKeyExistsException", "Device already exists.")
    config = request.get("DeviceSecretVerifierConfig", {})
    salt, verifier = _parse_number(config.get("Salt")), _parse_number(config.get("PasswordVerifier"))
    needs_consent = bool(caller.pool.settings["DeviceConfiguration"].get("DeviceOnlyRememberedOnUserPrompt"))
    device.salt, device.verifier = salt, verifier
    device.name = request.get("DeviceName", "")
    device.remembered = not needs_consent
    device.modified = state.clock.now()
    return {"UserConfirmationNecessary": needs_consent}


def _parse_number(encoded: str | None) -> int:
    if not encoded:
        raise missing_parameter("DeviceSecretVerifierConfig")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_parameter("Invalid base64 in salt and Password verifier") from None
    # Both numbers are in two's complement: if the top bit is set, the number is negative.
    if not raw or raw[0] >= 0x80 or not any(raw):
        raise invalid_parameter("Negate value passed for salt and Password verifier")
    return int.from_bytes(raw, "big")


def get_device(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve GetDevice."""
    return {"Device": _description(_confirmed_device(_caller(state, request), request))}


def list_devices(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ListDevices: the confirmed ones, oldest first."""
    devices = _caller(state, request).user.devices.values()
    confirmed = [_description(device) for device in devices if device.verifier is not None]
    return paginate("Devices", confirmed, request, "Limit", "PaginationToken")


def forget_device(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ForgetDevice."""
    caller = _caller(state, request)
    del caller.user.devices[_confirmed_device(caller, request).key]
    return {}


def update_device_status(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateDeviceStatus: remembered or not."""
    device = _confirmed_device(_caller(state, request), request)
    device.remembered = request.get("DeviceRememberedStatus", "not_remembered") == "remembered"
    device.modified = state.clock.now()
    return {}


def _confirmed_device(caller: Caller, request: dict[str, Any]) -> Device:
    device = caller.user.devices.get(request["DeviceKey"])
    if device is None or device.verifier is None:
        raise not_found("Device does not exist.")
    return device


def _caller(state: State, request: dict[str, Any]) -> Caller:
    if "AccessToken" not in request:
        raise missing_parameter("AccessToken")
    caller = authenticate(state, request["AccessToken"])
    if not caller.pool.tracks_devices:
        raise CognitoError(
            "InvalidUserPoolConfigurationException", "Device tracking is not enabled for the user pool."
        )
    return caller


def _description(device: Device) -> dict[str, Any]:
    status = "remembered" if device.remembered else "not_remembered"
    attributes = {
        "device_status": "valid",
        "device_name": device.name,
        "last_ip_used": "127.0.0.1",
        "dev:device_remembered_status": status,
    }
    return {
        "DeviceKey": device.key,
        "DeviceAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
        "DeviceCreateDate": device.created,
        "DeviceLastModifiedDate": device.modified,
        "DeviceLastAuthenticatedDate": device.authenticated,
    }
