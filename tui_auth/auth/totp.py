"""Authenticator apps (TOTP, RFC 6238): set-up within a sign-in, the setup URI, and clock differences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tui_auth.auth.gateway import Gateway

WINDOW_SECONDS = 30
"""One time step. Cognito accepts the current one and its two neighbors."""

_BASE32 = re.compile(r"[A-Z2-7]{16,256}", re.IGNORECASE)


def associate_software_token(
    gateway: Gateway, challenge_session: Secret | None
) -> tuple[Secret, Mapping[str, Any]]:
    """Get a new TOTP key (AssociateSoftwareToken).

    Returns:
        The key in base 32, and the reply, which has the next challenge session.

    Raises:
        AuthError: Cognito rejected the call, or sent no usable key.
    """
    reply = gateway.call("AssociateSoftwareToken", {"Session": challenge_session})
    secret = reply.get("SecretCode")
    if not isinstance(secret, str) or not _BASE32.fullmatch(secret):
        raise AuthError(ErrorKind.SERVICE, "Cognito sent no usable key for the authenticator app.")
    return Secret(secret), reply


def verify_software_token(
    gateway: Gateway, challenge_session: Secret | None, code: Secret, friendly_device_name: str | None
) -> Mapping[str, Any]:
    """Prove that the app has the key (VerifySoftwareToken).

    Returns:
        The reply, which has the next challenge session.

    Raises:
        AuthError: Cognito rejected the call, or the code doesn't match the key.
    """
    request = {
        "Session": challenge_session,
        "UserCode": code,
        "FriendlyDeviceName": friendly_device_name or None,
    }
    reply = gateway.call("VerifySoftwareToken", request)
    if reply.get("Status") != "SUCCESS":
        raise AuthError(
            ErrorKind.VALIDATION,
            "That code does not fit this key.",
            "Wait for the next one and type that.",
            code="EnableSoftwareTokenMFAException",
        )
    return reply


def setup_uri(shared_secret: Secret, app_name: str, account_name: str, *, issuer: bool = True) -> Secret:
    """Build the Key URI ``otpauth://totp/App:account?secret=…&issuer=App``, names percent-encoded.

    Leaves out the default parameters (SHA1, 6 digits, 30 s), which are Cognito's too: each character makes
    the QR code larger. Source: the Key URI format of Google Authenticator.
    """
    app, account = quote(app_name, safe=""), quote(account_name, safe="")
    label = f"{app}:{account}" if app else account
    uri = f"otpauth://totp/{label}?secret={shared_secret.reveal()}"
    return Secret(f"{uri}&issuer={app}" if issuer and app else uri)


def window_offset(code: str, shared_secret: Secret, now: float) -> int | None:
    """Measure how far the time step of a code is from the server's time.

    Looks half an hour around, and around each whole hour up to 14 (a clock set to another time zone).

    Args:
        code: The code that was rejected.
        shared_secret: The key in base 32.
        now: The server's time in seconds since the epoch.

    Returns:
        Seconds, negative in the past, of the nearest match. None if there is no match: the code is mistyped
        or belongs to another key.
    """
    import pyotp  # needed only after a rejected code

    try:
        totp = pyotp.TOTP(shared_secret.reveal())
        for steps in _steps_nearest_first():
            if totp.at(int(now) + steps * WINDOW_SECONDS) == code:
                return steps * WINDOW_SECONDS
    except ValueError:
        return None  # the key isn't base 32, or is too short for pyotp
    return None


def _steps_nearest_first() -> Iterator[int]:
    steps_an_hour = 3600 // WINDOW_SECONDS
    near = set(range(-steps_an_hour // 2, steps_an_hour // 2 + 1))
    zones = {hour * steps_an_hour + drift for hour in range(-14, 15) for drift in range(-2, 3)}
    return iter(sorted(near | zones, key=abs))
