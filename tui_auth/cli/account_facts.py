"""What ``tui-auth account`` prints: JSON with Cognito's member names in snake case, and text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.account.overview import Missing
from tui_auth.auth.next_step import MFAType
from tui_auth.flow import account_texts as texts
from tui_auth.flow.messages import format_attribute
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tui_auth.account.overview import Overview
    from tui_auth.account.values import (
        AttributeUpdate,
        MFASettings,
        UserDevice,
        UserSession,
        WebAuthnCredential,
    )

FACTORS = {"app": MFAType.TOTP, "sms": MFAType.SMS, "email": MFAType.EMAIL}
"""What the commands call the second factors."""

_LISTS = ("devices", "sessions", "passkeys")


def overview_facts(overview: Overview) -> dict[str, Any]:
    """Return the overview as JSON data. A part that can't be had is null, and ``missing`` says why."""
    user, mfa = overview.user, overview.mfa
    facts: dict[str, Any] = {
        "username": None if isinstance(user, Missing) else user.username,
        "user_attributes": None if isinstance(user, Missing) else dict(user.attributes),
        **(_no_factors() if isinstance(mfa, Missing) else mfa_facts(mfa)),
    }
    missing = {name: part for name, part in vars(overview).items() if isinstance(part, Missing)}
    for name in _LISTS:
        part = getattr(overview, name)
        facts[name] = None if isinstance(part, Missing) else len(part)
    facts["missing"] = {name: str(part.error.message) for name, part in missing.items()}
    return facts


def _no_factors() -> dict[str, None]:
    return dict.fromkeys(("preferred_mfa_setting", "user_mfa_setting_list", "configured_user_auth_factors"))


def overview_text(overview: Overview) -> str:
    """Return the overview as lines."""
    user = overview.user
    lines: list[tuple[str, str]] = []
    if isinstance(user, Missing):
        lines.append(("Account", texts.format_missing(user)))
    else:
        lines.append(("User name", safe_line(user.username, limit=texts.VALUE_LIMIT)))
        for name, value in user.attributes.items():
            if not texts.is_editable(name):
                continue
            verified = user.attributes.get(f"{name}_verified")
            note = {"true": "  (verified)", "false": "  (not verified)"}.get(verified or "", "")
            lines.append((format_attribute(name), safe_line(value, limit=texts.VALUE_LIMIT) + note))
    lines += [
        ("Second factor", texts.format_part(overview.mfa, texts.format_factors)),
        ("Devices", texts.format_part(overview.devices, texts.format_devices)),
        ("Sessions", texts.format_part(overview.sessions, texts.format_sessions)),
        ("Passkeys", texts.format_part(overview.passkeys, texts.format_passkeys)),
    ]
    width = max(len(label) for label, _ in lines) + 2
    return "".join(f"{label:<{width}}{value}\n" for label, value in lines)


def update_facts(updates: Mapping[str, AttributeUpdate]) -> dict[str, Any]:
    """Return the results of UpdateUserAttributes as JSON data."""
    facts: dict[str, Any] = {}
    for name, update in updates.items():
        details = update.delivery_details
        facts[name] = {
            "is_updated": update.is_updated,
            "next_step": str(update.next_step),
            "is_in_force": update.is_in_force,
            "code_delivery_details": details
            and {"destination": details.destination, "delivery_medium": details.delivery_medium},
        }
    return facts


def mfa_facts(settings: MFASettings) -> dict[str, Any]:
    """Return the second factors as JSON data."""
    return {
        "preferred_mfa_setting": settings.preferred and _factor_name(settings.preferred),
        "user_mfa_setting_list": list(map(_factor_name, settings.enabled)),
        "configured_user_auth_factors": list(settings.configured),
    }


def _factor_name(factor: MFAType | str) -> str:
    return factor.value if isinstance(factor, MFAType) else factor


def mfa_text(settings: MFASettings) -> str:
    """Return the second factors as lines."""
    words = {factor: word for word, factor in FACTORS.items()}
    unknown = [factor for factor in settings.enabled if not isinstance(factor, MFAType)]
    lines = []
    factors: list[MFAType | str] = [*words, *unknown]
    for factor in factors:
        state = "on" if factor in settings.enabled else "off"
        if factor == settings.preferred:
            state = "on, preferred"
        elif factor is MFAType.TOTP and state == "off" and settings.has_software_token:
            state = "off, set up"
        word = words[factor] if isinstance(factor, MFAType) else safe_line(factor, limit=20)
        lines.append(f"{word:<7}{texts.format_factor(factor):<20}{state}\n")
    return "".join(lines)


def device_facts(devices: Sequence[UserDevice]) -> list[dict[str, Any]]:
    """Return the devices as JSON data."""
    return [
        {
            "device_key": device.key,
            "device_attributes": dict(device.attributes),
            "device_create_date": _iso(device.created),
            "device_last_modified_date": _iso(device.last_modified),
            "device_last_authenticated_date": _iso(device.last_authenticated),
            "is_current": device.is_current,
        }
        for device in devices
    ]


def session_facts(sessions: Sequence[UserSession]) -> list[dict[str, Any]]:
    """Return the sessions as JSON data."""
    return [
        {
            "session_id": session.id,
            "session_type": session.type,
            "client_id": session.client_id,
            "create_date": _iso(session.created),
            "last_active_date": _iso(session.last_active),
            "device_type": session.device_type,
            "last_ip_address": session.ip_address,
            "last_location": {"city": session.city or None, "country": session.country or None},
            "origin_session_id": session.origin_session_id or None,
            "is_current_session": session.is_current,
        }
        for session in sessions
    ]


def passkey_facts(passkeys: Sequence[WebAuthnCredential]) -> list[dict[str, Any]]:
    """Return the passkeys as JSON data."""
    return [
        {
            "credential_id": passkey.credential_id,
            "friendly_credential_name": passkey.friendly_name,
            "relying_party_id": passkey.relying_party_id,
            "authenticator_attachment": passkey.attachment or None,
            "authenticator_transports": list(passkey.transports),
            "created_at": _iso(passkey.created),
        }
        for passkey in passkeys
    ]


def list_text(entries: Sequence[tuple[str, tuple[str, str]]], empty: str) -> str:
    """Return entries as lines: the ID, then its two lines, indented; or that there are none.

    Args:
        entries: The ID and the two lines of each.
        empty: What to print if there are none.
    """
    blocks = [f"{safe_line(name, limit=200)}\n  {first}\n  {second}\n" for name, (first, second) in entries]
    return "".join(blocks) or f"{empty}\n"


def _iso(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
