"""The index of sessions, also if the file is damaged or edited by hand."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.session.machine import Machine
from tui_auth.config.resolver import ResolvedPool
from tui_auth.secret import Secret
from tui_auth.session.index import VERSION, IndexFile, SessionEntry, SessionIndex, choice_note
from tui_auth.session.persistence import build_origin
from tui_auth.session.record import PoolKey, _lifetime
from tui_auth.session.sessions import Sessions, _not_signed_in_message
from tui_auth.session.state import SESSION_INDEX
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.stores import StorageKind


def load_index(folder: Path, members: object) -> SessionIndex:
    """Write an index with these members, and load it."""
    private = PrivateFolder(str(folder / "state"))
    private.write(SESSION_INDEX, json.dumps(members).encode())
    return IndexFile(private).load()


def build_entry(**changes: Any) -> SessionEntry:
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
    return SessionEntry(**{**values, **changes})


def build_members(*entries: SessionEntry) -> dict[str, Any]:
    """Return the members of an index with these sessions."""
    members: dict[str, Any] = {"version": VERSION}
    for session in entries:
        values = {name: getattr(session, name) for name in SessionEntry.__dataclass_fields__}
        members[f"session:{session.reference}"] = {**values, "storage": str(session.storage)}
    return members


@pytest.mark.parametrize("kind", list(StorageKind))
def test_chosen_storage_applies_to_its_profile_only(tmp_path: Path, kind: StorageKind) -> None:
    file = IndexFile(PrivateFolder(str(tmp_path / "state")))
    file.update(lambda index: index.set_storage("work", kind))
    assert file.load().storage_for("work") is kind
    assert file.load().storage_for("") is None


@pytest.mark.parametrize("chosen", ["elsewhere", "", 7, None, ["file"]])
def test_unknown_storage_counts_as_not_chosen(tmp_path: Path, chosen: object) -> None:
    assert SessionIndex({"version": VERSION, "storage:work": chosen}).storage_for("work") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"{}", b"[" * 20_000])
def test_invalid_index_is_empty(tmp_path: Path, content: bytes) -> None:
    folder = PrivateFolder(str(tmp_path / "state"))
    folder.write(SESSION_INDEX, content)
    assert IndexFile(folder).load().members == {}


def test_index_of_another_version_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="was written by another version of tui-auth, so it isn't changed"):
        load_index(tmp_path, {"version": VERSION + 1})


def test_entries_are_sorted_newest_first(tmp_path: Path) -> None:
    old, new = build_entry(username="b", signed_in_at=1.0), build_entry(username="a", signed_in_at=2.0)
    assert load_index(tmp_path, build_members(old, new)).entries() == [new, old]


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
def test_damaged_entry_is_left_out(tmp_path: Path, changes: dict[str, object]) -> None:
    members = build_members(build_entry())
    name = f"session:{build_entry().reference}"
    members[name] = {**members[name], **changes}
    assert load_index(tmp_path, members).entries() == []


def test_current_reference_is_a_string() -> None:
    assert SessionIndex({"version": VERSION, "current": "file/x"}).current == "file/x"
    assert SessionIndex({"version": VERSION, "current": 7}).current == ""
    assert SessionIndex({"version": VERSION}).current == ""


@pytest.mark.parametrize("origin", [None, [], {}, {"user_pool_id": "x"}])
def test_incomplete_last_pool_is_not_offered(origin: object) -> None:
    assert SessionIndex({"version": VERSION, "last_origin": origin}).last_origin() is None


def test_entry_has_the_typed_name_and_cognitos() -> None:
    assert build_entry().has_name("ann")
    assert build_entry().has_name("5f0c")
    assert not build_entry().has_name("bob")
    assert build_entry().display_name == "ann"
    assert build_entry(signed_in_as="").display_name == "5f0c"


def test_note_gives_user_pool_and_how_to_choose_another_session() -> None:
    assert choice_note(build_entry()) == (
        "using the session of ann in eu-west-1_Ab12Cd34E, the last sign-in; "
        "--username or --profile chooses another."
    )


def test_route_is_cached_only_while_it_is_valid(tmp_path: Path) -> None:
    sessions = Sessions({"XDG_STATE_HOME": str(tmp_path)})
    PrivateFolder(str(tmp_path / "tui-auth")).write(
        SESSION_INDEX, json.dumps(build_members(build_entry())).encode()
    )
    sessions.cache_route("work", "file/x", lambda index: index.entries() == [build_entry()])
    assert sessions.index.route("work") == "file/x"
    sessions.cache_route("work", "file/y", lambda index: False)
    sessions.reload()
    assert sessions.index.route("work") == "file/x"


def test_origin_has_the_settings_of_its_pool() -> None:
    chosen = ResolvedPool(
        "eu-west-1_Ab12Cd34E",
        "client1",
        region="eu-north-1",
        client_secret_file=Path("/secrets/c"),
        endpoint_url="http://127.0.0.1:9",
        identity_pool_id="eu-west-1:0",
        profile="work",
    )
    assert asdict(build_origin(chosen, "ann", {})) == {
        "user_pool_id": "eu-west-1_Ab12Cd34E",
        "client_id": "client1",
        "region": "eu-north-1",
        "endpoint": "http://127.0.0.1:9",
        "client_secret_file": "/secrets/c",
        "identity_pool_id": "eu-west-1:0",
        "signed_in_as": "ann",
        "profile": "work",
        "domain": "",
        "redirect_uri": "",
        "logout_uri": "",
    }


def test_missing_settings_of_a_pool_are_empty() -> None:
    origin = build_origin(ResolvedPool("eu-west-1_Ab12Cd34E", "client1"), "ann", {})
    assert (origin.client_secret_file, origin.identity_pool_id, origin.profile) == ("", "", "")
    assert origin.region == "eu-west-1"
    assert origin.endpoint == ""


@pytest.mark.parametrize(
    ("entries", "pool", "username", "text"),
    [
        ([], None, "", "Not signed in. Run `tui-auth sign-in{}`."),
        ([], PoolKey("", "p", "c"), "", "Not signed in. Run `tui-auth sign-in{}`."),
        (
            [build_entry()],
            None,
            "",
            "You are no longer signed in. Run `tui-auth sign-in{}`; `tui-auth status` lists your other "
            "sessions.",
        ),
        (
            [build_entry()],
            PoolKey("", "p", "c"),
            "",
            "Not signed in to this user pool. Run `tui-auth sign-in{}`; `tui-auth status` lists your "
            "sessions.",
        ),
        (
            [build_entry()],
            PoolKey("", "p", "c"),
            "bob",
            "Not signed in as that user. Run `tui-auth sign-in{}`.",
        ),
    ],
)
def test_error_gives_the_command_that_signs_in(
    entries: list[SessionEntry], pool: PoolKey | None, username: str, text: str
) -> None:
    assert _not_signed_in_message(entries, pool, username, "") == text.format("")
    assert _not_signed_in_message(entries, pool, username, "work") == text.format(" --profile work")


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
def test_lifetime_is_the_time_from_issue_to_expiry(claims: dict[str, object], lifetime: float) -> None:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    assert _lifetime(Secret(f"e30.{body}.c2ln")) == lifetime


def test_index_of_the_version_before_is_read(machine: Machine) -> None:
    """It has no names besides Cognito's and the typed one."""
    machine.sign_in(storage=StorageKind.FILE)
    path = machine.state_folder / "index.json"
    members = json.loads(path.read_text())
    for name, value in members.items():
        if name.startswith("session:"):
            del value["names"]
    index = IndexFile(PrivateFolder(str(machine.state_folder)))
    before = index.load().entries()
    path.write_text(json.dumps(members))
    assert index.load().entries() == [replace(entry, names=()) for entry in before]
