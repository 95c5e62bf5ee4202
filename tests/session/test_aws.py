"""Credentials of an identity pool are checked before they are stored, or printed for a shell to run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.scripted_gateway import ScriptedGateway
from tests.session.machine import Machine
from tests.session.machine import machine as machine
from tui_auth.auth.errors import AuthError
from tui_auth.session.aws import cached_credentials, get_credentials

GOOD = {
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretKey": "wJalr/XUt+n=",
    "SessionToken": "IQoJb3JpZ2lu==",
    "Expiration": datetime.now(UTC) + timedelta(hours=1),
}
SPOILED = [
    {"SecretKey": "x’; Write-Output PWNED; $z=‘"},
    {"AccessKeyId": "\x1b]52;c;cHduZWQ=\x07"},
    {"SecretKey": "a\ud800b"},
    {"SessionToken": "a b"},
    {"SessionToken": ""},
    {"Expiration": datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14)))},
    {"Expiration": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
    {"Expiration": "tomorrow"},
]


@pytest.mark.parametrize("spoiled", [{}, *SPOILED], ids=lambda spoiled: "".join(spoiled) or "good")
def test_invalid_credentials_are_rejected(machine: Machine, spoiled: dict[str, object]) -> None:
    machine.sign_in()
    found = machine.found()
    replies = {"IdentityId": "id"}, {"IdentityId": "id", "Credentials": {**GOOD, **spoiled}}
    gateway = ScriptedGateway(*replies)
    if not spoiled:
        get_credentials(found.store, found.record, "pool", gateway=lambda *_: gateway)
        assert cached_credentials(found.store, found.record, "pool")
        return
    with pytest.raises(AuthError, match="identity pool"):
        get_credentials(found.store, found.record, "pool", gateway=lambda *_: gateway)
    assert cached_credentials(found.store, found.record, "pool") is None
