"""Remembered devices: what Cognito knows this machine by, and how it proves to be that.

The device has a password of its own, made here at ConfirmDevice and kept beside the tokens; later sign-ins
prove it by the same SRP maths (DEVICE_SRP_AUTH, DEVICE_PASSWORD_VERIFIER), which can stand in for MFA.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui_auth.auth import srp
from tui_auth.auth.challenges import Challenge
from tui_auth.auth.device import Device
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Gateway
from tui_auth.auth.password_proof import PasswordProof
from tui_auth.secret import Secret

_PASSWORD_BYTES, _SALT_BYTES = 40, 16


@dataclass(frozen=True)
class NewDevice:
    """A device that ConfirmDevice has just made known; ``asks_to_remember`` leaves it to the person."""

    device: Device
    asks_to_remember: bool


def confirm_new_device(gateway: Gateway, result: Mapping[str, Any], access_token: Secret) -> NewDevice | None:
    """ConfirmDevice for the ``NewDeviceMetadata`` of an AuthenticationResult; None where it holds none.

    A refusal is no reason to lose the sign-in: the result is None then too, and the device stays new.
    """
    metadata = result.get("NewDeviceMetadata")
    key, group_key = (
        metadata.get(name) if isinstance(metadata, Mapping) else None
        for name in ("DeviceKey", "DeviceGroupKey")
    )
    if not isinstance(key, str) or not isinstance(group_key, str) or not key or not group_key:
        return None
    password = base64.b64encode(secrets.token_bytes(_PASSWORD_BYTES)).decode()
    salt = int.from_bytes(secrets.token_bytes(_SALT_BYTES), "big")
    try:
        verifier = srp.verifier(salt, srp.inner_hash(group_key, key, password))
        reply = gateway.call(
            "ConfirmDevice",
            {
                "AccessToken": access_token,
                "DeviceKey": key,
                # Both with their sign byte: without it Cognito takes them for negative numbers.
                "DeviceSecretVerifierConfig": {
                    "PasswordVerifier": base64.b64encode(srp.pad(verifier)).decode(),
                    "Salt": base64.b64encode(srp.pad(salt)).decode(),
                },
                "DeviceName": os.uname().nodename[:64] or "terminal",
            },
        )
    except (AuthError, srp.SRPError):  # the latter where the keys are no text that can be written
        return None
    device = Device(key, group_key, Secret(password))
    return NewDevice(device, asks_to_remember=reply.get("UserConfirmationNecessary") is True)


def remember_device(gateway: Gateway, device: Device, access_token: Secret) -> None:
    """UpdateDeviceStatus: the person wants this machine remembered. Raises AuthError."""
    gateway.call(
        "UpdateDeviceStatus",
        {"AccessToken": access_token, "DeviceKey": device.key, "DeviceRememberedStatus": "remembered"},
    )


def device_proof(device: Device) -> PasswordProof:
    """The means to prove a device; its group key stands where a pool's name stands for a user."""
    return PasswordProof(device.group_key, device.password).with_new_a()


def device_claim(device: Device, proof: PasswordProof, challenge: Challenge, now: float) -> dict[str, Any]:
    """The answer to DEVICE_PASSWORD_VERIFIER. Raises AuthError where the server's values cannot be right."""
    return {"DEVICE_KEY": device.key, **proof.hashed_for(device.key).claim(challenge, now)}


def device_refused(cause: AuthError) -> AuthError:
    """The refusal of a device's proof in the middle of a sign-in, whose session is gone with it."""
    return AuthError(
        ErrorKind.SESSION_EXPIRED,
        "Cognito no longer takes this machine for one it remembers.",
        cause=cause,
        is_refused_device=True,
    )
