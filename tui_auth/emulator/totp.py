"""Software tokens (RFC 6238): judging a code, once."""

from __future__ import annotations

import base64
import hmac
import secrets

import pyotp

from tui_auth.emulator.errors import expired_code
from tui_auth.emulator.model import User
from tui_auth.emulator.state import State

STEP_SECONDS = 30
SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh key: 52 base32 characters without padding."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")


def accepts(state: State, user: User, secret: str, code: str) -> bool:
    """Whether a code is that of the present window or of one beside it; it is spent then.

    Raises ExpiredCodeException where this user's code of that window was used before.
    """
    window = int(state.clock.now()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for counter in (window, window - 1, window + 1):
        if hmac.compare_digest(totp.generate_otp(counter).encode(), code.encode()):
            if (secret, counter) in user.spent_totp:
                raise expired_code("Your software token has already been used once.")
            user.spent_totp = {one for one in user.spent_totp if one[1] >= window - 2} | {(secret, counter)}
            return True
    return False
