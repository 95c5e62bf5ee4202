"""Pictures of the pages of an account, on a usual and on a small terminal; see ``test_pictures.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.account.test_account import OneToken
from tests.pilot import press, screen_text, settle, until
from tests.scripted_gateway import ScriptedGateway
from tests.snapshots.test_pictures import pytestmark as pytestmark
from tui_auth.account.account import Account
from tui_auth.first_run_app import AccountApp
from tui_auth.flow.account_pages import AccountContext
from tui_auth.session.record import SessionOrigin


def noon(month: int, day: int) -> datetime:
    return datetime(2025, month, day, 12, tzinfo=UTC)


def device(name: str, last_used: datetime) -> dict[str, Any]:
    attributes = {"device_name": name, "last_ip_used": "198.51.100.4"}
    return {
        "DeviceKey": f"eu-west-1_{name}",
        "DeviceAttributes": [{"Name": key, "Value": value} for key, value in attributes.items()],
        "DeviceLastAuthenticatedDate": last_used,
    }


def session(number: int, device_type: str, city: str, *, is_current: bool = False) -> dict[str, Any]:
    return {
        "SessionId": f"tkn{number:025}",
        "SessionType": "TOKEN",
        "ClientId": "1example23456789",
        "CreateDate": noon(10, number),
        "LastActiveDate": noon(11, number),
        "DeviceType": device_type,
        "LastIPAddress": f"198.51.100.{number}",
        "LastLocation": {"City": city, "Country": "Germany"},
        "IsCurrentSession": is_current,
    }


ATTRIBUTES = {
    "sub": "1a2b3c4d",
    "name": "Dora Example",
    "email": "dora@example.com",
    "email_verified": "false",
    "phone_number": "+15555550123",
    "phone_number_verified": "true",
}
REPLIES: dict[str, dict[str, Any]] = {
    "GetUser": {
        "Username": "dora",
        "UserAttributes": [{"Name": name, "Value": value} for name, value in ATTRIBUTES.items()],
    },
    "GetUserAuthFactors": {
        "UserMFASettingList": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"],
        "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
        "ConfiguredUserAuthFactors": ["PASSWORD", "SOFTWARE_TOKEN"],
    },
    "ListDevices": {"Devices": [device("laptop", noon(11, 3)), device("build-server", noon(10, 3))]},
    "ListUserSessions": {
        "Sessions": [
            session(3, "Linux, Python", "Berlin", is_current=True),
            session(2, "macOS, Safari", "Munich"),
            session(1, "Windows, Chrome", "Hamburg"),
        ]
    },
    "ListWebAuthnCredentials": {"Credentials": []},
}


class FixedGateway(ScriptedGateway):
    """Replies to each operation with the same, in any order."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        return REPLIES[operation]


class FixedRecord:
    """What the program reads of a session besides the account."""

    origin = SessionOrigin("eu-west-1_Ab12Cd34E", "1example23456789", "eu-west-1", profile="acme")
    display_name = "dora"


PAGES: dict[str, tuple[tuple[str, ...], str]] = {
    "overview": ((), "Your account"),
    "address": (("1",), "It is not verified."),
    "password": (("4",), "Repeat password"),
    "second-factor": (("5",), "Second factor"),
    "sessions": (("7",), "this session"),
    "deletion": (("9",), "Your user name"),
}
"""The keys to each page, and what it shows."""


@pytest.mark.parametrize("size", [(80, 23), (40, 15)], ids=["80x23", "40x15"])
@pytest.mark.parametrize("name", PAGES)
def test_page_looks_like_its_picture(
    name: str, size: tuple[int, int], snap_compare: Callable[..., bool]
) -> None:
    keys, text = PAGES[name]
    settings = AccountContext(Account(OneToken(), FixedGateway()), ("dora",), app_name="acme")
    app = AccountApp(settings, FixedRecord(), theme="tui-auth-dark")  # type: ignore[arg-type]

    async def reach(pilot: Any) -> None:
        await until(pilot, lambda: "…" not in str(app.screen.query_one("#choice").options))  # type: ignore[attr-defined]
        await press(pilot, *keys)
        await until(pilot, lambda: text.split()[0] in screen_text(app))
        await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=reach)
