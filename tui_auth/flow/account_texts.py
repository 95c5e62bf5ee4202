"""The texts about an account that every front end shows. All that others wrote is made safe here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from tui_auth.account.overview import Missing, MissingReason
from tui_auth.account.values import UpdateAttributeStep
from tui_auth.auth.next_step import MFAType
from tui_auth.flow.interface import ErrorMessage
from tui_auth.flow.messages import CONTACT_LABELS, format_attribute, format_count, format_delivery
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tui_auth.account.values import (
        AttributeUpdate,
        MFASettings,
        RevocationResult,
        UserDevice,
        UserSession,
        WebAuthnCredential,
    )
    from tui_auth.errors import AuthError

T = TypeVar("T")

FACTOR_NAMES = {MFAType.TOTP: "Authenticator app", MFAType.SMS: "SMS", MFAType.EMAIL: "Email"}

FIXED_ATTRIBUTES = ("sub", "identities", "email_verified", "phone_number_verified")
"""The attributes that no user can change; nor those that begin with ``cognito:``."""

VALUE_LIMIT = 80
"""In characters, for a value in a line."""

PASSWORD_CHANGED = "Your password is changed. Other sessions stay signed in."  # noqa: S105 - a message
ACCOUNT_DELETED = "Your account is deleted."
NO_OTHER_SESSIONS = "You have no other sessions."
LAST_FACTOR = "Then your password alone signs you in."
DEVICE_FORGOTTEN = "The user pool no longer knows the device."
THIS_DEVICE_FORGOTTEN = (
    "The user pool no longer knows this computer. "
    "This session ends when its token expires; then sign in again."
)
DELETE_QUESTION = "Type your user name to delete the account"
DELETE_WARNING = "This deletes the account and everything in it. It can't be restored."
WRONG_USER_NAME = "That isn't your user name. Nothing was deleted."
APP_REPLACED = "The new app is set up. Remove the old entry from your app."
APP_SET_UP = "The app is set up."
OLD_APP_WORKS = "The old app works until the new one is verified."


def is_editable(name: str) -> bool:
    """Return whether a user may be able to change an attribute."""
    return name not in FIXED_ATTRIBUTES and not name.startswith("cognito:")


def format_missing(missing: Missing) -> str:
    """Return why a part of the overview can't be shown, in a few words."""
    match missing.reason:
        case MissingReason.NOT_OFFERED:
            return "not offered by this user pool"
        case MissingReason.NO_SCOPE:
            return "this session's token doesn't allow it"
    return safe_line(missing.error.message, limit=VALUE_LIMIT)


def format_part(part: T | Missing, describe: Callable[[T], str]) -> str:
    """Return a part of the overview in a few words, or why it isn't there."""
    return format_missing(part) if isinstance(part, Missing) else describe(part)


def format_factor(factor: MFAType | str) -> str:
    """Return the name of a second factor, or Cognito's of an unknown one."""
    return FACTOR_NAMES[factor] if isinstance(factor, MFAType) else safe_line(factor, limit=40)


def format_factors(settings: MFASettings) -> str:
    """Return the second factors that are on in a line, the preferred one marked."""
    names = [
        format_factor(factor) + (" (preferred)" if factor == settings.preferred else "")
        for factor in settings.enabled
    ]
    return ", ".join(names) or "none"


def format_devices(devices: Sequence[UserDevice]) -> str:
    """Return how many devices there are."""
    if not devices:
        return "none"
    this = ", this computer is one" if any(device.is_current for device in devices) else ""
    return f"{len(devices)} remembered{this}"


def format_sessions(sessions: Sequence[UserSession]) -> str:
    """Return how many sessions there are."""
    others = sum(not session.is_current for session in sessions)
    if not sessions:
        return "none"
    elsewhere = f", {others} of them elsewhere" if others and others < len(sessions) else ""
    return f"{len(sessions)} active{elsewhere}"


def format_revocation(result: RevocationResult) -> str:
    """Return how many sessions were ended, and why others weren't."""
    count, errors = len(result.ended), [*result.failed.values()]
    if not count and not errors:
        return NO_OTHER_SESSIONS
    ended = f"Ended {format_count(count, 'session')}."
    if not errors:
        return ended
    return f"{ended} {len(errors)} couldn't be ended: {error_message(errors[0])}"


def format_passkeys(passkeys: Sequence[WebAuthnCredential]) -> str:
    """Return how many passkeys there are."""
    return str(len(passkeys)) if passkeys else "none"


def format_time(moment: datetime | None, now: datetime | None = None) -> str:
    """Return a time in the local time zone: today 09:12, yesterday, 21 Nov, 3 Oct 2025; or unknown."""
    if moment is None:
        return "unknown"
    local, present = moment.astimezone(), (now or datetime.now(UTC)).astimezone()
    days = (present.date() - local.date()).days
    if days == 0:
        return f"today {local:%H:%M}"
    if days == 1:
        return f"yesterday {local:%H:%M}"
    year = "" if local.year == present.year else f" {local.year}"
    return f"{local.day} {_MONTHS[local.month - 1]}{year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_place(session: UserSession) -> str:
    """Return where a session's address is, as Cognito guesses."""
    return ", ".join(safe_line(part, limit=40) for part in (session.city, session.country) if part)


def format_session(session: UserSession, clients: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return two lines about a session: what it is and where from; since when, and when it was active.

    Args:
        session: The session.
        clients: The names of app clients by ID, those of profiles. Another is shown by the end of its ID.
    """
    client = (clients or {}).get(session.client_id) or f"client …{session.client_id[-6:]}"
    name = "this session" if session.is_current else "managed login" if session.type == "SSO" else client
    what = safe_line(session.device_type, limit=40) or "unknown"
    parts = (safe_line(name, limit=30), what, format_place(session))
    active = f"since {format_time(session.created)}, active {format_time(session.last_active)}"
    address = safe_line(session.ip_address, limit=45)
    return " · ".join(filter(None, parts)), f"{active}, {address}" if address else active


def format_device(device: UserDevice) -> tuple[str, str]:
    """Return two lines about a device: its name, and when and where from it was used."""
    name = safe_line(device.name, limit=40) or f"device …{safe_line(device.key, limit=80)[-6:]}"
    used = f"used {format_time(device.last_authenticated)}"
    address = f" from {safe_line(device.last_ip, limit=45)}" if device.last_ip else ""
    return name + (" · this computer" if device.is_current else ""), used + address


def format_passkey(passkey: WebAuthnCredential) -> tuple[str, str]:
    """Return two lines about a passkey: its name and site, and when it was created."""
    name = safe_line(passkey.friendly_name, limit=40) or "passkey"
    site = safe_line(passkey.relying_party_id, limit=40)
    return f"{name} · {site}" if site else name, f"created {format_time(passkey.created)}"


def format_update(update: AttributeUpdate) -> str:
    """Return what became of an attribute that was sent."""
    label = (
        f"Your {CONTACT_LABELS[update.name]}"
        if update.name in CONTACT_LABELS
        else format_attribute(update.name)
    )
    if update.next_step is UpdateAttributeStep.DONE or update.delivery_details is None:
        return f"{label} is saved."
    sent = format_delivery(update.delivery_details)
    if update.is_in_force:
        return f"{label} is changed but not verified yet. {sent}."
    return f"{label} changes once you enter the code. Until then the old one stays. {sent}."


def format_mfa_change(before: MFASettings, after: MFASettings, factor: MFAType, *, on: bool) -> str:
    """Return what the pool made of turning a factor on or off."""
    name, is_on = FACTOR_NAMES[factor], factor in after.enabled
    if is_on is on:
        return f"{name} is {'on' if on else 'off'}. Second factors: {format_factors(after)}."
    if not on:
        return f"The user pool kept {name} on: it requires a second factor."
    return f"The user pool didn't turn {name} on."


def error_message(error: AuthError) -> str:
    """Return the text of an error."""
    return ErrorMessage.from_error(error, retry_key="").text
