"""ConfirmDevice, GetDevice, ListDevices, ForgetDevice, UpdateDeviceStatus."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from tui_auth.emulator.admin_pools import page
from tui_auth.emulator.errors import PoolError, invalid_parameter, not_found
from tui_auth.emulator.model import Device
from tui_auth.emulator.state import State
from tui_auth.emulator.tokens import Bearer, bearer


def confirm_device(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ConfirmDevice: take the device's SRP verifier; the device is remembered unless users are asked."""
    who = _tracked(state, request)
    device = who.user.devices.get(request["DeviceKey"])
    if device is None or who.claims.get("device_key") != device.key:
        raise invalid_parameter("Invalid device key given.")
    if device.verifier is not None:
        raise PoolError("DeviceKeyExistsException", "Device already exists.")
    config = request.get("DeviceSecretVerifierConfig", {})
    salt, verifier = _number(config.get("Salt")), _number(config.get("PasswordVerifier"))
    asks = bool(who.pool.settings["DeviceConfiguration"].get("DeviceOnlyRememberedOnUserPrompt"))
    device.salt, device.verifier = salt, verifier
    device.name = request.get("DeviceName", "")
    device.remembered = not asks
    device.modified = state.clock.now()
    return {"UserConfirmationNecessary": asks}


def _number(encoded: str | None) -> int:
    if not encoded:
        raise invalid_parameter("Missing required parameter DeviceSecretVerifierConfig")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_parameter("Invalid base64 in salt and Password verifier") from None
    # Both travel as two's complement: a set top bit makes the number negative.
    if not raw or raw[0] >= 0x80 or not any(raw):
        raise invalid_parameter("Negate value passed for salt and Password verifier")
    return int.from_bytes(raw, "big")


def get_device(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """GetDevice."""
    return {"Device": _described(_device(state, request))}


def list_devices(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ListDevices; the confirmed ones, oldest first."""
    who = _tracked(state, request)
    devices = [device for device in who.user.devices.values() if device.verifier is not None]
    listed = [_described(device) for device in devices]
    return page("Devices", listed, request, "Limit", "PaginationToken")


def forget_device(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ForgetDevice."""
    device = _device(state, request)
    del bearer(state, request["AccessToken"]).user.devices[device.key]
    return {}


def update_device_status(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateDeviceStatus: remembered or not."""
    device = _device(state, request)
    device.remembered = request.get("DeviceRememberedStatus", "not_remembered") == "remembered"
    device.modified = state.clock.now()
    return {}


def _device(state: State, request: dict[str, Any]) -> Device:
    device = _tracked(state, request).user.devices.get(request["DeviceKey"])
    if device is None or device.verifier is None:
        raise not_found("Device does not exist.")
    return device


def _tracked(state: State, request: dict[str, Any]) -> Bearer:
    if "AccessToken" not in request:
        raise invalid_parameter("Missing required parameter AccessToken")
    who = bearer(state, request["AccessToken"])
    if "DeviceConfiguration" not in who.pool.settings:
        raise PoolError(
            "InvalidUserPoolConfigurationException", "Device tracking is not enabled for the user pool."
        )
    return who


def _described(device: Device) -> dict[str, Any]:
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
