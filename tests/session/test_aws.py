"""Credentials of an identity pool are checked before they are stored or printed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.scripted_gateway import ScriptedGateway
from tests.session.machine import Machine
from tests.session.machine import machine as machine
from tui_auth.errors import AuthError
from tui_auth.session.aws import cached_credentials, get_credentials

VALID = {
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretKey": "wJalr/XUt+n=",
    "SessionToken": "IQoJb3JpZ2lu==",
    "Expiration": datetime.now(UTC) + timedelta(hours=1),
}
INVALID_VALUES = [
    {"SecretKey": "x’; Write-Output PWNED; $z=‘"},
    {"AccessKeyId": "\x1b]52;c;cHduZWQ=\x07"},
    {"SecretKey": "a\ud800b"},
    {"SessionToken": "a b"},
    {"SessionToken": ""},
    {"Expiration": datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14)))},
    {"Expiration": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
    {"Expiration": "tomorrow"},
]


@pytest.mark.parametrize(
    "invalid_values", [{}, *INVALID_VALUES], ids=lambda values: "".join(values) or "valid"
)
def test_invalid_credentials_are_rejected(machine: Machine, invalid_values: dict[str, object]) -> None:
    machine.sign_in()
    session = machine.find_session()
    replies = {"IdentityId": "id"}, {"IdentityId": "id", "Credentials": {**VALID, **invalid_values}}
    gateway = ScriptedGateway(*replies)
    if not invalid_values:
        get_credentials(session.store, session.record, "pool", gateway=lambda *_: gateway)
        assert cached_credentials(session.store, session.record, "pool")
        return
    with pytest.raises(AuthError, match="identity pool"):
        get_credentials(session.store, session.record, "pool", gateway=lambda *_: gateway)
    assert cached_credentials(session.store, session.record, "pool") is None
