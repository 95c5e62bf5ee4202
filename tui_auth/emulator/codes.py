"""Codes that outlive a call: for sign-up, for a forgotten password, for a changed attribute."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from tui_auth.emulator.errors import code_mismatch, expired_code, invalid_parameter
from tui_auth.emulator.messages import ATTRIBUTE_OF, MEDIUM_OF, delivery_details
from tui_auth.emulator.model import User, UserPool
from tui_auth.emulator.state import State

SIGN_UP = "SIGN_UP"
FORGOT_PASSWORD = "FORGOT_PASSWORD"  # noqa: S105 - a purpose
VERIFY_ATTRIBUTE = "VERIFY_ATTRIBUTE"
_SECONDS = {SIGN_UP: 24 * 3600.0, FORGOT_PASSWORD: 3600.0, VERIFY_ATTRIBUTE: 24 * 3600.0}


@dataclass(frozen=True)
class Code:
    """A code that was sent to one of a user's addresses, and says nothing of another one."""

    value: str
    attribute: str
    destination: str
    expires_at: float


def digits(count: int) -> str:
    """A random code of so many digits; leading zeros happen."""
    return f"{secrets.randbelow(10**count):0{count}d}"


def send(
    state: State, pool: UserPool, user: User, purpose: str, attribute: str, value: str | None = None
) -> dict[str, str]:
    """Send a fresh code to the user's e-mail or phone number; an earlier one for the purpose is void.

    ``value`` is the address where it is not the user's present one. Gives CodeDeliveryDetails.
    """
    destination = value or user.attributes[attribute]
    medium = MEDIUM_OF[attribute]
    code = Code(digits(6), attribute, destination, state.clock.now() + _SECONDS[purpose])
    state.codes[_key(pool, user, purpose, attribute)] = code
    state.outbox.send(
        username=user.username, medium=medium, destination=destination, purpose=purpose, code=code.value
    )
    return delivery_details(medium, destination)


def check(state: State, pool: UserPool, user: User, purpose: str, given: str, attribute: str = "") -> Code:
    """The code that was sent, if it is the one given. It stays good until ``spend``.

    Raises ExpiredCodeException where there is none any more, CodeMismatchException where it differs.
    """
    code = state.codes.get(_key(pool, user, purpose, attribute))
    if code is None or state.clock.now() >= code.expires_at:
        raise expired_code()
    if not hmac.compare_digest(code.value.encode(), given.encode()):
        raise code_mismatch()
    return code


def spend(state: State, pool: UserPool, user: User, purpose: str, attribute: str = "") -> None:
    """Make a code void."""
    state.codes.pop(_key(pool, user, purpose, attribute), None)


def forget(state: State, pool: UserPool, user: User) -> None:
    """Make all of a user's codes void."""
    for key in [key for key in state.codes if key[:2] == (pool.id, user.username)]:
        del state.codes[key]


def recovery_attribute(pool: UserPool, user: User) -> str:
    """Where a forgotten password's code goes: the first verified address the pool's setting allows.

    It is never the one that is the user's only preferred second factor. InvalidParameterException if
    nothing is left.
    """
    mechanisms = pool.settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms")
    if mechanisms:
        ordered = [entry["Name"] for entry in sorted(mechanisms, key=lambda entry: entry["Priority"])]
    else:
        ordered = ["verified_phone_number", "verified_email"]
    taken = (
        {"SMS_MFA": "phone_number", "EMAIL_OTP": "email"}.get(user.mfa_preferred or "")
        if mechanisms
        else None
    )
    for mechanism in ordered:
        attribute = str(mechanism).removeprefix("verified_")
        if attribute in MEDIUM_OF and attribute != taken and is_verified(user, attribute):
            return attribute
    raise invalid_parameter(
        "Cannot reset password for the user as there is no registered/verified email or phone_number"
    )


def is_verified(user: User, attribute: str) -> bool:
    """Whether the user has this address and it is verified."""
    return bool(user.attributes.get(attribute)) and user.attributes.get(f"{attribute}_verified") == "true"


def verify_address(user: User, medium: str) -> None:
    """Note that a code sent by SMS or EMAIL came back."""
    user.attributes[f"{ATTRIBUTE_OF[medium]}_verified"] = "true"


def _key(pool: UserPool, user: User, purpose: str, attribute: str) -> tuple[str, str, str]:
    kind = f"{purpose}:{attribute}" if purpose == VERIFY_ATTRIBUTE else purpose
    return pool.id, user.username, kind
