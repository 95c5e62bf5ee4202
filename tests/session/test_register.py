"""The index of sessions: what a file that was damaged or changed by hand may say."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tui_auth.config.pool_choice import PoolChoice
from tui_auth.secret import Secret
from tui_auth.session.quick import SESSION_INDEX
from tui_auth.session.record import _lifetime
from tui_auth.session.register import VERSION, Entry, Register, note_of
from tui_auth.session.sessions import PoolKey, _not_signed_in, origin_of
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.stores import StorageKind


def register_with(folder: Path, members: object) -> Register:
    """A register whose index holds these members."""
    private = PrivateFolder(str(folder / "state"))
    private.write(SESSION_INDEX, json.dumps(members).encode())
    return Register(private, {})


def entry(**changes: Any) -> Entry:
    values: Mapping[str, Any] = {
        "storage": StorageKind.FILE,
        "endpoint": "https://cognito-idp.eu-west-1.amazonaws.com",
        "user_pool_id": "eu-west-1_Ab12Cd34E",
        "client_id": "client1",
        "username": "5f0c",
        "signed_in_as": "ann",
        "profile": "work",
        "signed_in_at": 1_790_000_000.0,
    }
    return Entry(**{**values, **changes})


def members_of(*entries: Entry) -> dict[str, Any]:
    """The members of an index with these sessions."""
    members: dict[str, Any] = {"version": VERSION}
    for each in entries:
        values = {name: getattr(each, name) for name in Entry.__dataclass_fields__}
        members[f"session:{each.reference}"] = {**values, "storage": str(each.storage)}
    return members


@pytest.mark.parametrize("kind", list(StorageKind))
def test_the_chosen_storage_is_remembered_for_its_profile_alone(tmp_path: Path, kind: StorageKind) -> None:
    register = Register(PrivateFolder(str(tmp_path / "state")), {})
    register.remember_storage("work", kind)
    assert register.storage_for("work") is kind
    assert register.storage_for("") is None


@pytest.mark.parametrize("chosen", ["elsewhere", "", 7, None, ["file"]])
def test_a_storage_that_this_version_does_not_know_counts_as_not_chosen(
    tmp_path: Path, chosen: object
) -> None:
    register = register_with(tmp_path, {"version": VERSION, "storage:work": chosen})
    assert register.storage_for("work") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"{}", b"[" * 20_000])
def test_an_index_that_cannot_be_understood_is_empty(tmp_path: Path, content: bytes) -> None:
    folder = PrivateFolder(str(tmp_path / "state"))
    folder.write(SESSION_INDEX, content)
    assert Register(folder, {}).read() == {}


def test_an_index_of_another_version_is_left_alone(tmp_path: Path) -> None:
    register = register_with(tmp_path, {"version": VERSION + 1})
    with pytest.raises(StorageError, match="was written by another version of tui-auth and is left alone"):
        register.read()


def test_sessions_are_listed_newest_first(tmp_path: Path) -> None:
    old, new = entry(username="b", signed_in_at=1.0), entry(username="a", signed_in_at=2.0)
    assert register_with(tmp_path, members_of(old, new)).entries() == [new, old]


@pytest.mark.parametrize(
    "changes",
    [
        {"storage": "elsewhere"},
        {"username": 7},
        {"signed_in_at": "yesterday"},
        {"signed_in_at": None},
        {"more": "x"},
        {"username": "moved to another name"},
    ],
)
def test_a_damaged_session_entry_is_left_out(tmp_path: Path, changes: dict[str, object]) -> None:
    members = members_of(entry())
    name = f"session:{entry().reference}"
    members[name] = {**members[name], **changes}
    assert register_with(tmp_path, members).entries() == []


def test_the_current_session_is_a_text_or_none(tmp_path: Path) -> None:
    assert register_with(tmp_path, {"version": VERSION, "current": "file/x"}).current() == "file/x"
    assert register_with(tmp_path, {"version": VERSION, "current": 7}).current() == ""
    assert register_with(tmp_path, {"version": VERSION}).current() == ""


@pytest.mark.parametrize("origin", [None, [], {}, {"user_pool_id": "x"}])
def test_a_last_pool_that_is_not_complete_is_not_offered(tmp_path: Path, origin: object) -> None:
    assert register_with(tmp_path, {"version": VERSION, "last_origin": origin}).last_origin() is None


def test_an_entry_answers_to_the_name_typed_and_to_cognitos() -> None:
    assert entry().is_called("ann")
    assert entry().is_called("5f0c")
    assert not entry().is_called("bob")
    assert entry().display_name == "ann"
    assert entry(signed_in_as="").display_name == "5f0c"


def test_the_note_names_user_and_pool_and_how_to_choose_another() -> None:
    assert note_of(entry()) == (
        "using the session of ann in eu-west-1_Ab12Cd34E, the last signed in; "
        "--username or --profile chooses another."
    )


def test_a_quick_way_is_remembered_only_while_it_still_leads_there(tmp_path: Path) -> None:
    register = register_with(tmp_path, members_of(entry()))
    register.remember_quick_way("work", "file/x", lambda entries: entries == [entry()])
    assert register.read()["quick:work"] == "file/x"
    register.remember_quick_way("work", "file/y", lambda entries: False)
    assert register.read()["quick:work"] == "file/x"


def test_what_a_session_needs_of_its_pool_is_kept_with_it() -> None:
    chosen = PoolChoice(
        "eu-west-1_Ab12Cd34E",
        "client1",
        region="eu-north-1",
        client_secret_file=Path("/secrets/c"),
        endpoint_url="http://127.0.0.1:9",
        identity_pool_id="eu-west-1:0",
        profile="work",
    )
    assert asdict(origin_of(chosen, "ann", {})) == {
        "user_pool_id": "eu-west-1_Ab12Cd34E",
        "client_id": "client1",
        "region": "eu-north-1",
        "endpoint": "http://127.0.0.1:9",
        "client_secret_file": "/secrets/c",
        "identity_pool_id": "eu-west-1:0",
        "signed_in_as": "ann",
        "profile": "work",
    }


def test_what_a_pool_does_not_have_is_kept_as_empty() -> None:
    origin = origin_of(PoolChoice("eu-west-1_Ab12Cd34E", "client1"), "ann", {})
    assert (origin.client_secret_file, origin.identity_pool_id, origin.profile) == ("", "", "")
    assert origin.region == "eu-west-1"
    assert origin.endpoint == ""


@pytest.mark.parametrize(
    ("entries", "pool", "username", "text"),
    [
        ([], None, "", "Not signed in. Run tui-auth sign-in{}."),
        ([], PoolKey("", "p", "c"), "", "Not signed in. Run tui-auth sign-in{}."),
        (
            [entry()],
            None,
            "",
            "Not signed in any more. Run tui-auth sign-in{}; tui-auth status names the other sessions.",
        ),
        (
            [entry()],
            PoolKey("", "p", "c"),
            "",
            "Not signed in there. Run tui-auth sign-in{}; tui-auth status names the sessions there are.",
        ),
        ([entry()], PoolKey("", "p", "c"), "bob", "Not signed in under that name. Run tui-auth sign-in{}."),
    ],
)
def test_who_is_not_signed_in_is_told_the_command_that_signs_in(
    entries: list[Entry], pool: PoolKey | None, username: str, text: str
) -> None:
    assert _not_signed_in(entries, pool, username, "") == text.format("")
    assert _not_signed_in(entries, pool, username, "work") == text.format(" --profile work")


@pytest.mark.parametrize(
    ("claims", "lifetime"),
    [
        ({"exp": 1000, "iat": 400}, 600.0),
        ({"exp": 400, "iat": 400}, 0.0),
        ({"exp": 400, "iat": 1000}, 0.0),
        ({"exp": 400}, 0.0),
        ({"exp": 400, "iat": True}, 0.0),
    ],
)
def test_a_token_lives_from_its_issue_to_its_expiry(claims: dict[str, object], lifetime: float) -> None:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    assert _lifetime(Secret(f"e30.{body}.c2ln")) == lifetime
