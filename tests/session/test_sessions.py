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
from tui_auth.config.aws_settings import effective_endpoint
from tui_auth.secret import Secret
from tui_auth.session import NotSignedInError, sessions
from tui_auth.session.aws import get_credentials
from tui_auth.session.index import MOST_DEVICES, IndexFile, SessionEntry
from tui_auth.session.persistence import SessionPersistence, build_origin
from tui_auth.session.record import PoolKey, SessionRecord
from tui_auth.session.refresh import ensure_fresh
from tui_auth.session.sessions import MOST_SESSIONS, Sessions
from tui_auth.session.state import since_boot
from tui_auth.storage.files import StorageError
from tui_auth.storage.stores import StorageKind


def test_stored_session_is_read_back_unchanged(machine: Machine) -> None:
    save_result = machine.sign_in()
    assert machine.find_session().record == save_result.record
    assert SessionRecord.from_json(save_result.record.to_json(), "here", "rm it") == save_result.record


def test_file_names_do_not_contain_the_user_name(machine: Machine) -> None:
    machine.sign_in(machine.create_client(), machine.create_user("a-very-special-name"))
    names = [path.name for path in machine.home.rglob("*")]
    assert not [name for name in names if "special" in name]


def test_repr_of_a_record_contains_no_token(machine: Machine) -> None:
    record = machine.sign_in().record
    for secret in (record.access_token, record.id_token, record.refresh_token):
        assert secret
        assert secret.reveal() not in repr(record)


def test_second_sign_in_replaces_the_first(machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    machine.sign_in(choice, user)
    second = machine.sign_in(choice, user)
    assert len(machine.sessions.entries()) == 1
    assert machine.find_session().record.access_token == second.record.access_token


def test_last_sign_in_is_the_current_session(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(choice, machine.create_user("ann"))
    session = machine.sessions.find()
    assert session.record.username == "ann"
    assert "ann" in session.note


def test_pool_and_a_user_name_choose_the_session(machine: Machine) -> None:
    first, second = machine.create_client(), machine.create_client()
    machine.sign_in(first, machine.create_user("ann"))
    machine.sign_in(first, machine.create_user("bob"))
    machine.sign_in(second, "ann")
    key = PoolKey(first.endpoint_url or "", first.user_pool_id, first.client_id)
    assert machine.sessions.find(key).record.username == "bob"
    assert machine.sessions.find(key, "ann").record.origin.client_id == first.client_id
    assert machine.sessions.find(username="bob").note == ""
    with pytest.raises(NotSignedInError):
        machine.sessions.find(replace(key, client_id="other"))
    with pytest.raises(NotSignedInError):
        machine.sessions.find(key, "eve")


def test_session_is_found_by_the_typed_name(machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    done = machine.reach_done(choice, user)
    origin = build_origin(choice, "ann@example.com", machine.environ)
    machine.sessions.save(done, origin, StorageKind.FILE, server_time=machine.server.clock.now())
    for name in ("ann", "ann@example.com"):
        assert machine.sessions.find(username=name).record.username == "ann"


@pytest.mark.parametrize("content", ["", "nonsense", "[]", None])
def test_lost_index_loses_no_session(machine: Machine, content: str | None) -> None:
    save_result = machine.sign_in()
    index = machine.state_folder / "index.json"
    index.unlink() if content is None else index.write_text(content)
    assert machine.find_session().record == save_result.record
    bobs_sign_in = machine.sign_in(machine.create_client(), machine.create_user("bob"))
    assert machine.find_session().record == bobs_sign_in.record


@pytest.mark.parametrize("content", ["nonsense", None])
def test_lost_index_is_rebuilt_from_the_folders(machine: Machine, content: str | None) -> None:
    """Rebuild it for reading and for writing commands, with all sessions and not only the newest."""
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"), storage=StorageKind.SESSION)
    save_result = machine.sign_in(choice, machine.create_user("ann"))
    index = machine.state_folder / "index.json"
    index.unlink() if content is None else index.write_text(content)
    for _ in range(3):
        result = machine.run("token")
        assert (result.returncode, result.stdout.strip()) == (0, save_result.record.access_token.reveal())
        assert "the session of ann" in result.stderr
    index.write_text("nonsense")
    machine.sign_in(choice, machine.create_user("eve"))
    assert [entry.username for entry in machine.sessions.entries()] == ["eve", "ann", "bob"]
    assert machine.run("sign-out", "--username", "bob").returncode == 0
    assert [entry.username for entry in machine.sessions.index.entries()] == ["eve", "ann"]


def test_index_without_sessions_hides_no_session(machine: Machine) -> None:
    save_result = machine.sign_in()
    (machine.state_folder / "index.json").write_text('{"version": 1, "route:": "current "}')
    assert machine.find_session().record == save_result.record
    assert machine.sessions.current_settings()


def test_session_without_its_file_is_not_listed(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"), storage=StorageKind.SESSION)
    machine.sign_in(choice, machine.create_user("ann"))
    shutil.rmtree(Path(machine.environ["XDG_RUNTIME_DIR"]) / "tui-auth")
    assert [entry.username for entry in machine.sessions.entries()] == ["ann"]
    assert [entry.username for entry in machine.sessions.index.entries()] == ["ann"]
    assert machine.find_session().note == ""


def test_failed_cleanup_is_reported_and_the_session_is_stored(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice, user = machine.create_client(), machine.create_user()
    machine.sign_in(choice, user, storage=StorageKind.SESSION)

    def raise_busy(*_: object) -> bool:
        raise StorageError("Another tui-auth has been busy.")

    monkeypatch.setattr(Sessions, "_remove", raise_busy)
    save_result = machine.sessions.save(
        machine.reach_done(choice, user),
        build_origin(choice, user, machine.environ),
        StorageKind.FILE,
        server_time=machine.server.clock.now(),
    )
    assert (save_result.problem, save_result.location) == ("", str(machine.session_file().parent))
    assert "busy" in save_result.cleanup_problem
    assert machine.find_session().record == save_result.record


def test_new_sign_in_removes_cached_aws_credentials(machine: Machine) -> None:
    choice = machine.add_identity_pool(machine.create_client())
    machine.sign_in(choice, machine.create_user())
    first = machine.run("aws-credentials").stdout
    machine.sign_in(choice, "ann")
    assert not list(machine.state_folder.glob("*.aws.json"))
    assert machine.run("aws-credentials").stdout not in ("", first)


def test_credentials_that_arrive_after_a_sign_out_are_not_stored(machine: Machine) -> None:
    choice = machine.add_identity_pool(machine.create_client())
    machine.sign_in(choice, machine.create_user())
    session = machine.find_session()

    class SigningOutGateway(IdentityGateway):
        def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
            reply = super().call(operation, parameters)
            machine.sessions.forget(session.record)
            return reply

    credentials, remark = get_credentials(
        session.store,
        session.record,
        choice.identity_pool_id or "",
        gateway=lambda *_: SigningOutGateway("eu-west-1", machine.server.endpoint_url),
    )
    assert credentials.are_valid
    assert "ended in the meantime" in remark
    assert not list(machine.state_folder.glob("*.aws.json"))


def test_index_of_a_later_version_is_not_changed(machine: Machine) -> None:
    machine.sign_in()
    index = machine.state_folder / "index.json"
    index.write_text('{"version": 2}')
    with pytest.raises(StorageError, match="so it isn't changed"):
        machine.find_session()
    save_result = machine.sessions.save(
        machine.reach_done(machine.create_client(), machine.create_user("bob")),
        build_origin(machine.create_client(), "bob", machine.environ),
        StorageKind.FILE,
        server_time=0,
    )
    assert "so it isn't changed" in save_result.problem
    assert index.read_text() == '{"version": 2}'


def test_session_that_cannot_be_stored_is_returned(machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    machine.state_folder.mkdir(parents=True)
    machine.state_folder.chmod(0o755)
    done = machine.reach_done(choice, user)
    save_result = machine.sessions.save(
        done, build_origin(choice, user), StorageKind.FILE, server_time=machine.server.clock.now()
    )
    assert save_result.record.access_token == done.tokens.access_token
    assert "chmod 700" in save_result.problem


def test_oldest_sessions_are_removed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 2)
    choice = machine.create_client()
    for name in ("ann", "bob", "eve"):
        machine.sign_in(choice, machine.create_user(name))
    assert [entry.username for entry in machine.sessions.entries()] == ["eve", "bob"]
    assert len(list(machine.state_folder.glob("?" * 64 + ".json"))) == 2


def test_session_storage_requires_a_runtime_folder(machine: Machine) -> None:
    del machine.environ["XDG_RUNTIME_DIR"]
    choice, user = machine.create_client(), machine.create_user()
    save_result = machine.sessions.save(
        machine.reach_done(choice, user), build_origin(choice, user), StorageKind.SESSION, server_time=0
    )
    assert "XDG_RUNTIME_DIR isn't set" in save_result.problem


def test_storage_none_stores_nothing(machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    machine.sign_in(choice, user)
    save_result = machine.sign_in(choice, user, storage=StorageKind.NONE)
    assert (save_result.location, save_result.problem, save_result.cleanup_problem) == ("", "", "")
    assert not machine.sessions.entries()
    assert not list(machine.state_folder.glob("?" * 64 + ".json"))


def test_endpoint_comes_from_the_setting_or_from_aws_variables() -> None:
    variables = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1/",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://[::1]:2",
    }
    assert effective_endpoint(None, variables) == "http://[::1]:2"
    assert effective_endpoint(None, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1/"}) == "http://127.0.0.1:1"
    assert effective_endpoint("http://127.0.0.1:3/", variables) == "http://127.0.0.1:3"
    assert effective_endpoint(None, {**variables, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}) == ""
    assert effective_endpoint(None, {}) == ""


class TestSessionPersistence:
    def test_chosen_storage_is_remembered_for_its_profile(self, machine: Machine) -> None:
        persistence = SessionPersistence(machine.create_client(), machine.server.clock.now, machine.sessions)
        assert persistence.storage is None
        persistence.remember_storage(StorageKind.SESSION)
        assert persistence.storage is StorageKind.SESSION
        work_persistence = SessionPersistence(
            replace(persistence.choice, profile="work"), persistence.now, machine.sessions
        )
        assert work_persistence.storage is None

    def test_flag_or_a_profile_specifies_the_storage(self, machine: Machine) -> None:
        choice = replace(machine.create_client(), storage="keyring")
        assert (
            SessionPersistence(choice, machine.server.clock.now, machine.sessions).storage
            is StorageKind.KEYRING
        )

    def test_session_is_stored_with_its_settings(self, machine: Machine) -> None:
        choice = replace(machine.create_client(), identity_pool_id="eu-west-1:pool", profile="work")
        persistence = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
        done = machine.reach_done(choice, machine.create_user())
        assert persistence.check_signatures(done)
        save_result = persistence.save(done, "ann", StorageKind.FILE, signature_checked=True)
        assert machine.find_session().record == save_result.record
        assert save_result.record.origin.identity_pool_id == "eu-west-1:pool"
        assert save_result.record.origin.profile == "work"
        assert 3590 < save_result.record.seconds_left("access") <= 3600

    def test_pool_of_an_ended_session_is_offered_again(self, machine: Machine) -> None:
        save_result = machine.sign_in()
        assert machine.sessions.current_settings()
        machine.sessions.forget(save_result.record)
        assert machine.sessions.current_settings() is None
        settings = machine.sessions.offered_settings() or {}
        assert (settings["client_id"], settings["username"]) == (save_result.record.origin.client_id, "ann")
        assert machine.sessions.index.last_origin() == save_result.record.origin


class TestDevices:
    def test_remembered_device_outlives_the_session(self, machine: Machine) -> None:
        choice = machine.create_client()
        persistence = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
        device = Device("eu-west-1_d", "-group", Secret("device-password"))
        done = replace(machine.reach_done(choice, machine.create_user()), device=device)
        save_result = persistence.save(done, "ann@example.com", StorageKind.FILE, signature_checked=True)
        machine.sessions.forget(save_result.record)
        assert persistence.device("ann") == persistence.device("ann@example.com") == device
        assert persistence.device("bob") is None

    def test_sign_in_without_a_device_forgets_the_old_one(self, machine: Machine) -> None:
        choice = machine.create_client()
        persistence = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
        done = machine.reach_done(choice, machine.create_user())
        device = Device("eu-west-1_d", "-group", Secret("device-password"))
        persistence.save(replace(done, device=device), "ann", StorageKind.FILE, signature_checked=True)
        persistence.save(done, "ann", StorageKind.FILE, signature_checked=True)
        assert persistence.device("ann") is None
        assert "device:" not in (machine.state_folder / "index.json").read_text()
        assert "device-password" not in "".join(path.read_text() for path in machine.state_folder.iterdir())

    def test_newest_sign_in_replaces_the_users_device(self, machine: Machine) -> None:
        """Replace the device also in another storage or of another app client."""
        first, second = machine.create_client(), machine.create_client()
        done = {
            choice.client_id: machine.reach_done(choice, name)
            for choice, name in [(first, machine.create_user())]
        }
        done[second.client_id] = machine.reach_done(second)
        places = [(first, StorageKind.SESSION), (first, StorageKind.FILE), (second, StorageKind.FILE)]
        for number, (choice, storage) in enumerate(places):
            persistence = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
            device = Device(f"device-{number}", "-group", Secret("device-password"))
            done_with_device = replace(done[choice.client_id], device=device)
            persistence.save(done_with_device, "ann", storage, signature_checked=True)
            assert persistence.device("ann") == device
        assert len(list(machine.home.rglob("*.device.json"))) == 1


def test_number_of_sessions_and_devices_is_limited(machine: Machine) -> None:
    """Without a limit a full index would reject the new session, and commands would use an old one."""
    save_result, sessions = machine.sign_in(), machine.sessions
    done = machine.reach_done(machine.create_client(), "ann")
    for number in range(MOST_DEVICES + 5):
        name = f"a-rather-long-user-name-{number:04}"
        claims = replace(done.claims, username=name)
        device = Device(f"eu-west-1_{number:04}", "-group", Secret("p" * 40))
        origin = replace(save_result.record.origin, signed_in_as=f"{name}@example.org")
        new_record = replace(done, claims=claims, device=device)
        result = sessions.save(new_record, origin, StorageKind.FILE, server_time=2e9 + number)
        assert (result.problem, result.cleanup_problem) == ("", "")
    assert sessions.find().record.username == name
    index = sessions.index.members
    assert sum(name.startswith("session:") for name in index) == MOST_SESSIONS
    assert sum(name.startswith("device:") for name in index) == MOST_DEVICES
    assert len(list(machine.state_folder.glob("*.device.json"))) == MOST_DEVICES


def test_sign_out_keeps_a_session_started_meanwhile(machine: Machine) -> None:
    choice = machine.create_client()
    first = machine.sign_in(choice, machine.create_user())
    machine.server.clock.advance(5)
    second = machine.sign_in(choice, "ann")
    machine.sessions.forget(first.record)
    assert machine.find_session().record == second.record
    machine.sessions.forget(second.record)
    with pytest.raises(NotSignedInError):
        machine.find_session()


@pytest.mark.parametrize("storage", [StorageKind.FILE, StorageKind.SESSION])
def test_sign_out_with_an_old_index_keeps_a_session_started_meanwhile(
    machine: Machine, storage: StorageKind
) -> None:
    choice, user = machine.create_client(), machine.create_user()
    machine.sign_in(choice, user)
    sessions = machine.sessions
    old_record = sessions.find().record
    machine.server.clock.advance(5)
    new_record = machine.sign_in(choice, user, storage=storage).record
    sessions.forget(old_record)
    assert machine.find_session().record == new_record
    assert [entry.storage for entry in machine.sessions.index.entries()] == [storage]


def test_forced_refresh_uses_tokens_newer_than_the_command(machine: Machine) -> None:
    began = since_boot()
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    session = machine.find_session()
    refreshed = ensure_fresh(machine.sessions, session, force=True, began=began)
    assert (refreshed.record, machine.get_calls("GetTokensFromRefreshToken")) == (session.record, [])
    ensure_fresh(machine.sessions, session, force=True, began=since_boot())
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


def test_amplify_file_without_a_pool_is_reported(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice)
    project = machine.home / "project"
    project.mkdir()
    (project / "amplify_outputs.json").write_text('{"version": "1.4", "storage": {}}')
    result = machine.run("header", cwd=project)
    assert result.stdout.startswith("Authorization: Bearer ")
    file_note, session_note = result.stderr.splitlines()
    assert "amplify_outputs.json specifies no user pool" in file_note
    assert session_note == f"tui-auth: Using the session of ann in {choice.user_pool_id}."


@pytest.mark.parametrize("first_storage", [StorageKind.FILE, StorageKind.SESSION])
@pytest.mark.parametrize("moment", ["before the index", "before the cleanup"])
def test_two_sign_ins_at_a_time_keep_the_later_session(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, first_storage: StorageKind, moment: str
) -> None:
    """The second sign-in of the user is stored elsewhere while the first one is being stored."""
    choice, user = machine.create_client(), machine.create_user()
    (second_storage,) = {StorageKind.FILE, StorageKind.SESSION} - {first_storage}
    second: list[SessionRecord] = []
    owner, name = (IndexFile, "update") if moment == "before the index" else (Sessions, "_remove_outdated")
    former = getattr(owner, name)

    def sign_in_meanwhile(*arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(owner, name, former)
        machine.server.clock.advance(5)
        second.append(machine.sign_in(choice, user, storage=second_storage).record)
        return former(*arguments, **more)

    done = machine.reach_done(choice, user)
    monkeypatch.setattr(owner, name, sign_in_meanwhile)
    origin = build_origin(choice, user, machine.environ)
    result = machine.sessions.save(done, origin, first_storage, server_time=machine.server.clock.now())
    assert ("Another sign-in" in result.problem) is (moment == "before the index")
    assert [entry.storage for entry in machine.sessions.index.entries()] == [second_storage]
    assert machine.find_session().record == second[0]
    assert len([path for path in machine.home.rglob("*.json") if len(path.stem) == 64]) == 1


def test_earlier_sign_in_does_not_replace_a_later_one_in_the_same_storage(machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    early = machine.server.clock.now()
    done, sessions = machine.reach_done(choice, user), machine.sessions
    former = sessions.entries

    def sign_in_meanwhile() -> list[SessionEntry]:
        entries = former()
        machine.server.clock.advance(5)
        machine.sign_in(choice, user)
        return entries

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "entries", sign_in_meanwhile)
        origin = build_origin(choice, user, machine.environ)
        assert "Another sign-in" in sessions.save(done, origin, StorageKind.FILE, server_time=early).problem
    assert machine.find_session().record.signed_in_at > early


def test_new_sign_in_replaces_a_session_from_the_future(machine: Machine) -> None:
    """Its clock was wrong, so it must not count as the later one."""
    choice, user = machine.create_client(), machine.create_user()
    machine.sign_in(choice, user, aged=3600)
    record = machine.sign_in(choice, user, storage=StorageKind.SESSION).record
    assert machine.find_session().record == record
    assert not list(machine.state_folder.glob("?" * 64 + ".json"))


@pytest.mark.parametrize("typed", ["Mo@Example.org", "mo@example.org", "MO", "mo", "+15550100"])
def test_device_and_session_are_found_by_every_name_of_the_user(machine: Machine, typed: str) -> None:
    choice = machine.create_client()
    attributes = {"email": "mo@example.org", "phone_number": "+15550100"}
    values = [{"Name": name, "Value": value} for name, value in attributes.items()]
    done = machine.reach_done(choice, machine.create_user("mo", UserAttributes=values))
    persistence = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
    device = Device("eu-west-1_d", "-group", Secret("device-password"))
    persistence.save(replace(done, device=device), "mo", StorageKind.FILE, signature_checked=True)
    assert persistence.device(typed) == device
    assert machine.sessions.find(username=typed).record.username == done.claims.username
    assert machine.run("token", "--username", typed).returncode == 0


def test_exact_name_precedes_another_spelling(machine: Machine) -> None:
    """Names of a pool may differ in case alone."""
    choice = machine.create_client()
    persistence = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
    for name in ("Mo", "mo"):
        done = replace(
            machine.reach_done(choice, machine.create_user(name)), device=Device(name, "-group", Secret("p"))
        )
        persistence.save(done, name, StorageKind.FILE, signature_checked=True)
    for name in ("Mo", "mo"):
        device = persistence.device(name)
        assert device
        assert device.key == name
        assert machine.sessions.find(username=name).record.username == name


def test_typed_alias_stays_known_beside_the_next_one(machine: Machine) -> None:
    """The ID token may lack the attribute that is an alias."""
    choice = machine.create_client()
    persistence = SessionPersistence(choice, machine.server.clock.now, machine.sessions)
    device = Device("eu-west-1_d", "-group", Secret("device-password"))
    done = replace(machine.reach_done(choice, machine.create_user()), device=device)
    for typed in ("ann.alias", "ann"):
        persistence.save(done, typed, StorageKind.FILE, signature_checked=True)
    assert persistence.device("ann.alias") == device
