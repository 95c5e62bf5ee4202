"""Setting up an authenticator app within a sign-in: a key, and the proof that the app has it."""

from __future__ import annotations

import re

from tui_auth.auth.challenges import Challenge
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Gateway
from tui_auth.secret import Secret

_BASE32 = re.compile(r"[A-Z2-7]{16,256}", re.IGNORECASE)


def associate(gateway: Gateway, challenge: Challenge) -> tuple[Secret, Challenge]:
    """AssociateSoftwareToken: a new key in base 32, and the challenge with its next session.

    Raises AuthError for a refusal, and where the key is none.
    """
    reply = gateway.call("AssociateSoftwareToken", {"Session": challenge.session})
    secret = reply.get("SecretCode")
    if not isinstance(secret, str) or not _BASE32.fullmatch(secret):
        raise AuthError(ErrorKind.SERVICE, "Cognito sent no usable key for the authenticator app.")
    return Secret(secret), challenge.continued(reply)


def verify(
    gateway: Gateway, challenge: Challenge, code: Secret, friendly_device_name: str | None
) -> Challenge:
    """VerifySoftwareToken: the challenge with its next session, once the code fits the key.

    Raises AuthError for a refusal, and where the reply says that the code does not fit.
    """
    request = {
        "Session": challenge.session,
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
    return challenge.continued(reply)
