"""Time-based codes (RFC 6238): the set-up URI, and what a refused code tells about the clocks."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from tui_auth.secret import Secret

WINDOW_SECONDS = 30
"""One time step; Cognito accepts the current one and its two neighbours."""


def setup_uri(shared_secret: Secret, app_name: str, account_name: str, *, issuer: bool = True) -> Secret:
    """The Key URI ``otpauth://totp/App:account?secret=…&issuer=App``, both names percent-encoded.

    Default parameters (SHA1, 6 digits, 30 s) are left out: they are what Cognito uses, and each
    character makes the QR code larger.
    """
    app, account = quote(app_name, safe=""), quote(account_name, safe="")
    label = f"{app}:{account}" if app else account
    uri = f"otpauth://totp/{label}?secret={shared_secret.reveal()}"
    return Secret(f"{uri}&issuer={app}" if issuer and app else uri)


def window_offset(code: str, shared_secret: Secret, now: float) -> int | None:
    """How many seconds the code's time step lies from the server's: negative is the past.

    ``now`` is the server's time in seconds since the epoch. Looks half an hour around, and around each
    whole hour up to 14 (a clock set to another time zone). None where no step fits: a mistyped code, or
    one of another key. Of several fits the nearest counts.
    """
    import pyotp  # only where a code was refused

    try:
        totp = pyotp.TOTP(shared_secret.reveal())
        for steps in _steps_nearest_first():
            if totp.at(int(now) + steps * WINDOW_SECONDS) == code:
                return steps * WINDOW_SECONDS
    except ValueError:
        return None  # a key that is not base32, or too short for pyotp, makes no codes here
    return None


def _steps_nearest_first() -> Iterator[int]:
    steps_an_hour = 3600 // WINDOW_SECONDS
    near = set(range(-steps_an_hour // 2, steps_an_hour // 2 + 1))
    zones = {hour * steps_an_hour + drift for hour in range(-14, 15) for drift in range(-2, 3)}
    return iter(sorted(near | zones, key=abs))
