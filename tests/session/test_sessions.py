"""Sessions are stored, found by pool and user name, and forgotten."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.session.machine import ROTATION, Machine
from tui_auth.auth.devices import Device
from tui_auth.auth.gateway import IdentityGateway
from tui_auth.config.environment import effective_endpoint
from tui_auth.secret import Secret
from tui_auth.session import NotSignedInError, sessions
from tui_auth.session.aws import get_credentials
from tui_auth.session.clock import since_boot
from tui_auth.session.devices import MOST_DEVICES
from tui_auth.session.persistence import SessionPersistence, build_origin
from tui_auth.session.record import PoolKey, SessionRecord
from tui_auth.session.refresh import ensure_fresh
from tui_auth.session.sessions import MOST_SESSIONS, Sessions
from tui_auth.storage.files import StorageError
from tui_auth.storage.stores import StorageKind


def test_a_stored_session_is_read_back_unchanged(machine: Machine) -> None:
    kept = machine.sign_in()
    assert machine.found().record == kept.record
    assert SessionRecord.from_json(kept.record.to_json(), "here", "rm it") == kept.record


def test_file_names_say_nothing_about_the_user(machine: Machine) -> None:
    machine.sign_in(machine.client(), machine.user("a-very-special-name"))
    names = [path.name for path in machine.home.rglob("*")]
    assert not [name for name in names if "special" in name]


def test_a_record_shows_no_token(machine: Machine) -> None:
    record = machine.sign_in().record
    for secret in (record.access_token, record.id_token, record.refresh_token):
        assert secret
        assert secret.reveal() not in repr(record)


def test_a_second_sign_in_replaces_the_first(machine: Machine) -> None:
    choice, user = machine.client(), machine.user()
    machine.sign_in(choice, user)
    second = machine.sign_in(choice, user)
    assert len(machine.sessions.entries()) == 1
    assert machine.found().record.access_token == second.record.access_token


def test_the_last_sign_in_is_the_current_session(machine: Machine) -> None:
    choice = machine.client()
    machine.sign_in(choice, machine.user("bob"))
    machine.sign_in(choice, machine.user("ann"))
    found = machine.sessions.find()
    assert found.record.username == "ann"
    assert "ann" in found.note


def test_a_pool_and_a_user_name_choose_the_session(machine: Machine) -> None:
    first, second = machine.client(), machine.client()
    machine.sign_in(first, machine.user("ann"))
    machine.sign_in(first, machine.user("bob"))
    machine.sign_in(second, "ann")
    key = PoolKey(first.endpoint_url or "", first.user_pool_id, first.client_id)
    assert machine.sessions.find(key).record.username == "bob"
    assert machine.sessions.find(key, "ann").record.origin.client_id == first.client_id
    assert machine.sessions.find(username="bob").note == ""
    with pytest.raises(NotSignedInError):
        machine.sessions.find(replace(key, client_id="other"))
    with pytest.raises(NotSignedInError):
        machine.sessions.find(key, "eve")


def test_a_session_is_found_by_the_typed_name(machine: Machine) -> None:
    choice, user = machine.client(), machine.user()
    done = machine.done(choice, user)
    origin = build_origin(choice, "ann@example.com", machine.environ)
    machine.sessions.save(done, origin, StorageKind.FILE, server_time=machine.server.clock.now())
    for name in ("ann", "ann@example.com"):
        assert machine.sessions.find(username=name).record.username == "ann"


@pytest.mark.parametrize("harm", ["", "nonsense", "[]", None])
def test_a_lost_index_loses_no_session(machine: Machine, harm: str | None) -> None:
    kept = machine.sign_in()
    index = machine.state / "index.json"
    index.unlink() if harm is None else index.write_text(harm)
    assert machine.found().record == kept.record
    other = machine.sign_in(machine.client(), machine.user("bob"))
    assert machine.found().record == other.record


@pytest.mark.parametrize("harm", ["nonsense", None])
def test_a_lost_index_is_rebuilt_from_the_folders(machine: Machine, harm: str | None) -> None:
    """Also where the first command after the loss writes one, and with sessions beside the newest."""
    choice = machine.client()
    machine.sign_in(choice, machine.user("bob"), storage=StorageKind.SESSION)
    kept = machine.sign_in(choice, machine.user("ann"))
    index = machine.state / "index.json"
    index.unlink() if harm is None else index.write_text(harm)
    for _ in range(3):
        ran = machine.run("token")
        assert (ran.returncode, ran.stdout.strip()) == (0, kept.record.access_token.reveal())
        assert "the session of ann" in ran.stderr
    index.write_text("nonsense")
    machine.sign_in(choice, machine.user("eve"))
    assert [entry.username for entry in machine.sessions.entries()] == ["eve", "ann", "bob"]
    assert machine.run("sign-out", "--username", "bob").returncode == 0
    assert [entry.username for entry in machine.sessions.index.entries()] == ["eve", "ann"]


def test_an_index_without_sessions_hides_none(machine: Machine) -> None:
    kept = machine.sign_in()
    (machine.state / "index.json").write_text('{"version": 1, "route:": "current "}')
    assert machine.found().record == kept.record
    assert machine.sessions.current_settings()


def test_a_session_whose_file_is_gone_is_not_listed(machine: Machine) -> None:
    choice = machine.client()
    machine.sign_in(choice, machine.user("bob"), storage=StorageKind.SESSION)
    machine.sign_in(choice, machine.user("ann"))
    shutil.rmtree(Path(machine.environ["XDG_RUNTIME_DIR"]) / "tui-auth")
    assert [entry.username for entry in machine.sessions.entries()] == ["ann"]
    assert [entry.username for entry in machine.sessions.index.entries()] == ["ann"]
    assert machine.found().note == ""


def test_a_failed_cleanup_is_reported_and_the_session_is_stored(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice, user = machine.client(), machine.user()
    machine.sign_in(choice, user, storage=StorageKind.SESSION)

    def busy(*_: object) -> bool:
        raise StorageError("Another tui-auth has been busy.")

    monkeypatch.setattr(Sessions, "_remove", busy)
    kept = machine.sessions.save(
        machine.done(choice, user),
        build_origin(choice, user, machine.environ),
        StorageKind.FILE,
        server_time=machine.server.clock.now(),
    )
    assert (kept.problem, kept.location) == ("", str(machine.session_file()))
    assert "busy" in kept.cleanup_problem
    assert machine.found().record == kept.record


def test_a_new_sign_in_removes_the_aws_credentials_of_the_previous_one(machine: Machine) -> None:
    choice = machine.with_identity_pool(machine.client())
    machine.sign_in(choice, machine.user())
    first = machine.run("aws-credentials").stdout
    machine.sign_in(choice, "ann")
    assert not list(machine.state.glob("*.aws.json"))
    assert machine.run("aws-credentials").stdout not in ("", first)


def test_credentials_that_arrive_after_a_sign_out_are_not_stored(machine: Machine) -> None:
    choice = machine.with_identity_pool(machine.client())
    machine.sign_in(choice, machine.user())
    found = machine.found()

    class SignedOutMeanwhile(IdentityGateway):
        def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
            reply = super().call(operation, parameters)
            machine.sessions.forget(found.record)
            return reply

    credentials, remark = get_credentials(
        found.store,
        found.record,
        choice.identity_pool_id or "",
        gateway=lambda *_: SignedOutMeanwhile("eu-west-1", machine.server.endpoint_url),
    )
    assert credentials.are_valid
    assert "ended meanwhile" in remark
    assert not list(machine.state.glob("*.aws.json"))


def test_an_index_of_a_later_version_is_left_alone(machine: Machine) -> None:
    machine.sign_in()
    index = machine.state / "index.json"
    index.write_text('{"version": 2}')
    with pytest.raises(StorageError, match="left alone"):
        machine.found()
    kept = machine.sessions.save(
        machine.done(machine.client(), machine.user("bob")),
        build_origin(machine.client(), "bob", machine.environ),
        StorageKind.FILE,
        server_time=0,
    )
    assert "left alone" in kept.problem
    assert index.read_text() == '{"version": 2}'


def test_a_session_that_cannot_be_stored_is_returned(machine: Machine) -> None:
    choice, user = machine.client(), machine.user()
    machine.state.mkdir(parents=True)
    machine.state.chmod(0o755)
    done = machine.done(choice, user)
    kept = machine.sessions.save(
        done, build_origin(choice, user), StorageKind.FILE, server_time=machine.server.clock.now()
    )
    assert kept.record.access_token == done.tokens.access_token
    assert "chmod 700" in kept.problem


def test_the_oldest_sessions_are_removed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 2)
    choice = machine.client()
    for name in ("ann", "bob", "eve"):
        machine.sign_in(choice, machine.user(name))
    assert [entry.username for entry in machine.sessions.entries()] == ["eve", "bob"]
    assert len(list(machine.state.glob("?" * 64 + ".json"))) == 2


def test_without_a_runtime_folder_there_is_no_session_storage(machine: Machine) -> None:
    del machine.environ["XDG_RUNTIME_DIR"]
    choice, user = machine.client(), machine.user()
    kept = machine.sessions.save(
        machine.done(choice, user), build_origin(choice, user), StorageKind.SESSION, server_time=0
    )
    assert "XDG_RUNTIME_DIR is not set" in kept.problem


def test_storage_none_stores_nothing(machine: Machine) -> None:
    choice, user = machine.client(), machine.user()
    machine.sign_in(choice, user)
    kept = machine.sign_in(choice, user, storage=StorageKind.NONE)
    assert (kept.location, kept.problem, kept.cleanup_problem) == ("", "", "")
    assert not machine.sessions.entries()
    assert not list(machine.state.glob("?" * 64 + ".json"))


def test_an_endpoint_of_awss_variables_belongs_to_the_session() -> None:
    both = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1/",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://[::1]:2",
    }
    assert effective_endpoint(None, both) == "http://[::1]:2"
    assert effective_endpoint(None, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1/"}) == "http://127.0.0.1:1"
    assert effective_endpoint("http://127.0.0.1:3/", both) == "http://127.0.0.1:3"
    assert effective_endpoint(None, {**both, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}) == ""
    assert effective_endpoint(None, {}) == ""


class TestSessionPersistence:
    def test_a_chosen_storage_is_remembered_for_its_profile(self, machine: Machine) -> None:
        keeping = SessionPersistence(machine.client(), machine.server.clock.now, machine.sessions)
        assert keeping.storage is None
        keeping.remember_storage(StorageKind.SESSION)
        assert keeping.storage is StorageKind.SESSION
        other = SessionPersistence(replace(keeping.choice, profile="work"), keeping.now, machine.sessions)
        assert other.storage is None

    def test_a_flag_or_a_profile_specifies_the_storage(self, machine: Machine) -> None:
        choice = replace(machine.client(), storage="keyring")
        assert (
            SessionPersistence(choice, machine.server.clock.now, machine.sessions).storage
            is StorageKind.KEYRING
        )

    def test_a_session_is_stored_with_its_settings(self, machine: Machine) -> None:
        choice = replace(machine.client(), identity_pool_id="eu-west-1:pool", profile="work")
        keeping = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
        done = machine.done(choice, machine.user())
        assert keeping.check_signatures(done)
        kept = keeping.save(done, "ann", StorageKind.FILE, signature_checked=True)
        assert machine.found().record == kept.record
        assert kept.record.origin.identity_pool_id == "eu-west-1:pool"
        assert kept.record.origin.profile == "work"
        assert 3590 < kept.record.seconds_left("access") <= 3600

    def test_the_pool_of_an_ended_session_is_offered_again(self, machine: Machine) -> None:
        kept = machine.sign_in()
        assert machine.sessions.current_settings()
        machine.sessions.forget(kept.record)
        assert machine.sessions.current_settings() is None
        offered = machine.sessions.offered_settings() or {}
        assert (offered["client_id"], offered["username"]) == (kept.record.origin.client_id, "ann")
        assert machine.sessions.index.last_origin() == kept.record.origin


class TestDevices:
    def test_a_remembered_device_outlives_the_session(self, machine: Machine) -> None:
        choice = machine.client()
        keeping = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
        device = Device("eu-west-1_d", "-group", Secret("device-password"))
        done = replace(machine.done(choice, machine.user()), device=device)
        kept = keeping.save(done, "ann@example.com", StorageKind.FILE, signature_checked=True)
        machine.sessions.forget(kept.record)
        assert keeping.device("ann") == keeping.device("ann@example.com") == device
        assert keeping.device("bob") is None

    def test_a_sign_in_without_a_device_forgets_the_old_one(self, machine: Machine) -> None:
        choice = machine.client()
        keeping = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
        done = machine.done(choice, machine.user())
        device = Device("eu-west-1_d", "-group", Secret("device-password"))
        keeping.save(replace(done, device=device), "ann", StorageKind.FILE, signature_checked=True)
        keeping.save(done, "ann", StorageKind.FILE, signature_checked=True)
        assert keeping.device("ann") is None
        assert "device:" not in (machine.state / "index.json").read_text()
        assert "device-password" not in "".join(path.read_text() for path in machine.state.iterdir())

    def test_a_user_has_one_device_from_the_newest_sign_in(self, machine: Machine) -> None:
        """Wherever the earlier one was kept, and whichever app client it came through."""
        first, second = machine.client(), machine.client()
        done = {choice.client_id: machine.done(choice, name) for choice, name in [(first, machine.user())]}
        done[second.client_id] = machine.done(second)
        places = [(first, StorageKind.SESSION), (first, StorageKind.FILE), (second, StorageKind.FILE)]
        for number, (choice, storage) in enumerate(places):
            keeping = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
            device = Device(f"device-{number}", "-group", Secret("device-password"))
            fresh_one = replace(done[choice.client_id], device=device)
            keeping.save(fresh_one, "ann", storage, signature_checked=True)
            assert keeping.device("ann") == device
        assert len(list(machine.home.rglob("*.device.json"))) == 1


def test_the_number_of_sessions_and_devices_is_limited(machine: Machine) -> None:
    """Else the index would grow until nothing could be added, and the last user's token be handed out."""
    kept, sessions = machine.sign_in(), machine.sessions
    done = machine.done(machine.client(), "ann")
    for number in range(MOST_DEVICES + 5):
        name = f"a-rather-long-user-name-{number:04}"
        claims = replace(done.claims, username=name)
        device = Device(f"eu-west-1_{number:04}", "-group", Secret("p" * 40))
        origin = replace(kept.record.origin, signed_in_as=f"{name}@example.org")
        new = replace(done, claims=claims, device=device)
        result = sessions.save(new, origin, StorageKind.FILE, server_time=2e9 + number)
        assert (result.problem, result.cleanup_problem) == ("", "")
    assert sessions.find().record.username == name
    index = sessions.index.members
    assert sum(each.startswith("session:") for each in index) == MOST_SESSIONS
    assert sum(each.startswith("device:") for each in index) == MOST_DEVICES
    assert len(list(machine.state.glob("*.device.json"))) == MOST_DEVICES


def test_a_sign_out_keeps_a_session_that_began_meanwhile(machine: Machine) -> None:
    choice = machine.client()
    first = machine.sign_in(choice, machine.user())
    machine.server.clock.advance(5)
    second = machine.sign_in(choice, "ann")
    machine.sessions.forget(first.record, signed_in_at=first.record.signed_in_at)
    assert machine.found().record == second.record
    machine.sessions.forget(second.record, signed_in_at=second.record.signed_in_at)
    with pytest.raises(NotSignedInError):
        machine.found()


@pytest.mark.parametrize("storage", [StorageKind.FILE, StorageKind.SESSION])
def test_a_sign_out_with_an_old_snapshot_keeps_a_session_that_began_meanwhile(
    machine: Machine, storage: StorageKind
) -> None:
    choice, user = machine.client(), machine.user()
    machine.sign_in(choice, user)
    sessions = machine.sessions
    old = sessions.find().record
    machine.server.clock.advance(5)
    new = machine.sign_in(choice, user, storage=storage).record
    sessions.forget(old, signed_in_at=old.signed_in_at)
    assert machine.found().record == new
    assert [entry.storage for entry in machine.sessions.index.entries()] == [storage]


def test_a_forced_refresh_uses_tokens_that_came_after_the_command_began(machine: Machine) -> None:
    began = since_boot()
    machine.sign_in(machine.client(**ROTATION), machine.user())
    found = machine.found()
    taken = ensure_fresh(machine.sessions, found, force=True, began=began)
    assert (taken.record, machine.asked("GetTokensFromRefreshToken")) == (found.record, [])
    ensure_fresh(machine.sessions, found, force=True, began=since_boot())
    assert len(machine.asked("GetTokensFromRefreshToken")) == 1


def test_an_amplify_file_without_a_pool_is_mentioned(machine: Machine) -> None:
    choice = machine.client()
    machine.sign_in(choice)
    project = machine.home / "project"
    project.mkdir()
    (project / "amplify_outputs.json").write_text('{"version": "1.4", "storage": {}}')
    ran = machine.run("header", cwd=project)
    assert ran.stdout.startswith("Authorization: Bearer ")
    passed_by, used = ran.stderr.splitlines()
    assert "amplify_outputs.json names no user pool" in passed_by
    assert used == f"tui-auth: Using the session of ann in {choice.user_pool_id}."
