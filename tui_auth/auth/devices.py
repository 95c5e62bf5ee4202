"""Remembered devices: how Cognito knows this machine, and how it proves itself.

A device has its own password, generated here at ConfirmDevice and stored beside the tokens. Later sign-ins
prove it with SRP (DEVICE_SRP_AUTH, DEVICE_PASSWORD_VERIFIER), which can replace MFA.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from tui_auth.auth.gateway import Gateway

_PASSWORD_BYTES, _SALT_BYTES = 40, 16


@dataclass(frozen=True)
class Device:
    """A device of one user: its key and group key, both opaque, and the password generated for it here."""

    key: str
    group_key: str
    password: Secret


def confirm_device(gateway: Gateway, metadata: object, access_token: Secret) -> tuple[Device | None, bool]:
    """Register this machine with ConfirmDevice.

    Args:
        gateway: Where to send the call.
        metadata: ``NewDeviceMetadata`` of an AuthenticationResult.
        access_token: The access token of the same result.

    Returns:
        The device to store, and whether the user decides if the pool remembers it. No device if there is no
        usable metadata or Cognito rejects it: a sign-in doesn't fail because of its device.
    """
    key, group_key = (
        metadata.get(name) if isinstance(metadata, Mapping) else None
        for name in ("DeviceKey", "DeviceGroupKey")
    )
    if not isinstance(key, str) or not isinstance(group_key, str) or not key or not group_key:
        return None, False
    # Loaded here: code that stores sessions needs Device only, and no OpenSSL.
    import secrets

    from tui_auth.auth import srp

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
    except (AuthError, srp.SRPError):  # SRPError if the keys can't be encoded
        return None, False
    device = Device(key, group_key, Secret(password))
    return device, reply.get("UserConfirmationNecessary") is True


def remember_device(gateway: Gateway, device: Device, access_token: Secret) -> None:
    """Have the pool remember this machine (UpdateDeviceStatus).

    Raises:
        AuthError: Cognito rejected the call, or no reply came.
    """
    gateway.call(
        "UpdateDeviceStatus",
        {"AccessToken": access_token, "DeviceKey": device.key, "DeviceRememberedStatus": "remembered"},
    )


def rejected_device_error(cause: AuthError) -> AuthError:
    """Return the error for a rejected device proof, which ends the challenge session."""
    return AuthError(
        ErrorKind.CHALLENGE_SESSION_EXPIRED,
        "Cognito no longer remembers this device.",
        cause=cause,
        is_rejected_device=True,
    )
