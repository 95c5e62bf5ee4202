"""The Python API of sessions: open, token, info, claims, refresh, sign out, save; in memory and stored."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
import traceback
from typing import Any

import pytest

from tests.session.machine import (
    FORMS,
    PASSWORD,
    ROTATION,
    Machine,
    specify,
)
from tests.session.machine import machine as machine
from tui_auth import (
    Auth,
    ConfigurationError,
    Done,
    InvalidStateError,
    NotSignedInError,
    Secret,
    Session,
    StorageError,
    list_sessions,
    open_session,
)
from tui_auth.config.profile_editor import add_profile
from tui_auth.config.resolver import ResolvedPool
from tui_auth.config.settings import PasswordPolicy
from tui_auth.storage.stores import StorageKind


def opened(machine: Machine, **words: Any) -> Session:
    return open_session(**words, environ=machine.environ)


def signed_in(machine: Machine, client: ResolvedPool | None = None) -> Session:
    """Sign ann in with the Python API, and return the session in memory."""
    client = client or machine.create_client()
    machine.create_user()
    auth = Auth(client.user_pool_id, client.client_id, endpoint_url=client.endpoint_url)
    step = auth.sign_in("ann", PASSWORD).next_step
    assert isinstance(step, Done)
    return step.session


def refreshes(machine: Machine) -> int:
    return len(machine.get_calls("GetTokensFromRefreshToken"))


class TestFinding:
    @pytest.mark.parametrize("form", FORMS)
    def test_finds_what_the_command_line_finds(
        self, machine: Machine, form: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client, other = machine.add_identity_pool(machine.create_client()), machine.create_client()
        machine.sign_in(client)
        machine.sign_in(other, "ann")
        if form in ("nothing", "a user name"):
            machine.sign_in(client, "ann")
        flags, variables = specify(machine, client, form)
        monkeypatch.chdir(machine.home)
        machine.environ.update(variables)
        names = [flag[2:].replace("-", "_") for flag in flags[::2]]
        words = dict(zip(names, flags[1::2], strict=True))
        words.pop("identity_pool_id", None)
        session = opened(machine, **words)
        printed = machine.run("token", *flags).stdout.strip()
        assert session.token() == printed
        assert session.info.client_id == client.client_id

    def test_nothing_is_read_until_it_is_used(self, machine: Machine) -> None:
        session = opened(machine)
        machine.sign_in()
        assert session.token() == machine.read_session_file()["access_token"]

    def test_without_a_session_the_first_use_raises(self, machine: Machine) -> None:
        for use in (Session.token, Session.claims, Session.refresh, Session.sign_out, Session.get_token):
            with pytest.raises(NotSignedInError):
                use(opened(machine))
        with pytest.raises(NotSignedInError):
            _ = opened(machine).info

    def test_it_stays_with_its_user_when_another_signs_in(self, machine: Machine) -> None:
        client = machine.create_client()
        machine.sign_in(client)
        session = opened(machine)
        token = session.token()
        machine.sign_in(client, machine.create_user("bob"))
        assert session.token() == token
        assert opened(machine).info.username == "bob"
        assert pickle.loads(pickle.dumps(session)).token() == token
        session.sign_out()
        with pytest.raises(NotSignedInError) as raised:
            session.token()
        assert (raised.value.username, raised.value.user_pool_id) == ("ann", machine.user_pool_id)

    def test_it_goes_on_after_its_user_signed_in_again(self, machine: Machine) -> None:
        client = machine.create_client()
        machine.sign_in(client)
        session = opened(machine)
        session.token()
        assert machine.environ["XDG_RUNTIME_DIR"]
        machine.sign_in(client, "ann", storage=StorageKind.SESSION)
        assert session.token() == machine.find_session().record.access_token.reveal()
        assert session.info.storage == "session"

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (
                {"profile": "nowhere"},
                r"^profile: .*`tui-auth profile add NAME --user-pool-id … --client-id …`",
            ),
            ({"user_pool_id": "eu-west-1_Ab12Cd34E"}, r"from user_pool_id\. .*\bclient_id"),
            ({"endpoint_url": "http://pool.example.com"}, r"^endpoint_url: "),
        ],
    )
    def test_configuration_error_names_the_argument(
        self, machine: Machine, words: dict[str, str], message: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=message):
            opened(machine, **words).token()

    def test_list_has_every_session_newest_first(self, machine: Machine) -> None:
        client = machine.create_client()
        machine.sign_in(client)
        machine.sign_in(client, machine.create_user("bob"), aged=1)
        assert [info.username for info in list_sessions(environ=machine.environ)] == ["bob", "ann"]
        assert not list_sessions(environ={**machine.environ, "XDG_STATE_HOME": str(machine.home / "none")})


class TestTokens:
    def test_valid_token_needs_no_request(self, machine: Machine) -> None:
        machine.sign_in()
        session = opened(machine)
        assert session.token() == machine.read_session_file()["access_token"]
        assert session.token("id") == machine.read_session_file()["id_token"]
        assert asyncio.run(session.token_async("id")) == session.token("id")
        assert not refreshes(machine)

    def test_expiring_token_is_refreshed_and_stored(self, machine: Machine) -> None:
        machine.sign_in(aged=3590)
        session = opened(machine)
        before = machine.read_session_file()["access_token"]
        token = asyncio.run(session.token_async())
        assert token == machine.read_session_file()["access_token"] != before
        assert refreshes(machine) == 1

    def test_min_ttl_decides_how_long_is_long_enough(self, machine: Machine) -> None:
        machine.sign_in(aged=1800)
        session = opened(machine)
        session.token(min_ttl=1700)
        assert not refreshes(machine)
        session.token(min_ttl=1900)
        assert refreshes(machine) == 1

    def test_rejected_token_is_refreshed_once(self, machine: Machine) -> None:
        machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
        session, other = opened(machine), opened(machine)
        rejected = session.token()
        new = session.token(rejected=rejected)
        assert new != rejected
        assert other.token(rejected=rejected) == new
        assert refreshes(machine) == 1

    def test_refresh_brings_new_claims(self, machine: Machine) -> None:
        machine.sign_in()
        session = opened(machine)
        assert "nickname" not in session.claims()
        machine.server.call(
            "AdminUpdateUserAttributes",
            {
                "UserPoolId": machine.user_pool_id,
                "Username": "ann",
                "UserAttributes": [{"Name": "nickname", "Value": "Annie"}],
            },
        )
        session.refresh()
        assert session.claims()["nickname"] == "Annie"
        assert session.claims("access")["token_use"] == "access"

    def test_unknown_kind_is_an_error(self, machine: Machine) -> None:
        with pytest.raises(ConfigurationError):
            opened(machine).token("refresh")  # type: ignore[arg-type]

    def test_other_shapes_give_the_same_token(self, machine: Machine) -> None:
        machine.sign_in()
        session = opened(machine)
        access = session.get_token("https://example.org/.default", tenant_id="x")
        assert access.token == session.token()
        assert 3500 < access.expires_on - time.time() <= 3600
        assert access.token not in repr(access)
        assert session.token_provider("id")() == session.token("id")

        class Request:
            def __init__(self) -> None:
                self.headers: dict[str, str] = {}

        assert session.bearer(Request()).headers["Authorization"] == f"Bearer {session.token()}"

    def test_session_ended_elsewhere_is_not_signed_in(self, machine: Machine) -> None:
        machine.sign_in(aged=3590)
        machine.server.call("AdminUserGlobalSignOut", {"UserPoolId": machine.user_pool_id, "Username": "ann"})
        with pytest.raises(NotSignedInError) as raised:
            opened(machine).token()
        assert (raised.value.username, raised.value.user_pool_id) == ("ann", machine.user_pool_id)


class TestPickle:
    def test_copy_has_the_selectors_and_no_token(self, machine: Machine) -> None:
        saved = machine.sign_in(machine.create_client(), machine.create_user())
        environ = {**machine.environ, "AWS_SECRET_ACCESS_KEY": "aws-secret"}
        session = open_session(username="ann", environ=environ)
        token = session.token()
        pickled = pickle.dumps(session)
        assert token.encode() not in pickled
        assert saved.record.refresh_token
        assert saved.record.refresh_token.reveal().encode() not in pickled
        assert b"aws-secret" not in pickled
        assert pickle.loads(pickled).token() == token
        assert copy.copy(session).token() == token
        assert repr(session) == "<Session username='ann'>"

    def test_session_in_memory_is_not_pickled(self, machine: Machine) -> None:
        with pytest.raises(TypeError):
            pickle.dumps(signed_in(machine))


class TestInMemory:
    def test_gives_tokens_and_facts_without_a_file(self, machine: Machine) -> None:
        session = signed_in(machine)
        info = session.info
        assert (info.username, info.storage, info.profile) == ("ann", "none", None)
        assert machine.is_accepted(session.token())
        assert session.claims("access")["username"] == "ann"
        assert not machine.state_folder.exists()

    def test_refreshes_with_the_connection_of_the_sign_in(self, machine: Machine) -> None:
        session = signed_in(machine, machine.create_client(**ROTATION))
        tokens = [session.token()]
        for _ in range(3):
            tokens.append(session.token(rejected=tokens[-1]))
        assert len(set(tokens)) == 4
        assert machine.is_accepted(tokens[-1])

    def test_client_secret_is_used_for_refreshes(self, machine: Machine) -> None:
        request = {
            "UserPoolId": machine.user_pool_id,
            "ClientName": "web",
            "GenerateSecret": True,
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        }
        client = machine.server.call("CreateUserPoolClient", request)["UserPoolClient"]
        machine.create_user()
        auth = Auth(
            machine.user_pool_id, client["ClientId"], client["ClientSecret"], machine.server.endpoint_url
        )
        step = auth.sign_in("ann", PASSWORD).next_step
        assert isinstance(step, Done)
        before = step.session.token()
        step.session.refresh()
        assert step.session.token() != before
        with pytest.raises(ConfigurationError, match="client_secret_file"):
            step.session.save()
        step.session.sign_out()

    def test_sign_out_ends_it_and_no_stored_session(self, machine: Machine) -> None:
        client = machine.create_client()
        machine.sign_in(client, machine.create_user())
        auth = Auth(client.user_pool_id, client.client_id, endpoint_url=client.endpoint_url)
        step = auth.sign_in("ann", PASSWORD).next_step
        assert isinstance(step, Done)
        step.session.sign_out()
        assert len(machine.get_calls("RevokeToken")) == 1
        with pytest.raises(NotSignedInError):
            step.session.token()
        assert opened(machine).token()

    def test_end_at_cognito_leaves_the_stored_session(self, machine: Machine) -> None:
        client = machine.create_client()
        session = signed_in(machine, client)
        machine.sign_in(client, "ann")
        machine.server.state.grants.clear()
        with pytest.raises(NotSignedInError):
            session.refresh()
        assert machine.session_file().exists()


class TestSave:
    @pytest.fixture(autouse=True)
    def home(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this process have the machine's folders."""
        for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
            if name in machine.environ:
                monkeypatch.setenv(name, machine.environ[name])
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    def test_saved_session_is_the_current_one(self, machine: Machine) -> None:
        session = signed_in(machine)
        token = session.token()
        session.save("file", "acme")
        assert machine.run("token").stdout.strip() == token == session.token() == open_session().token()
        assert session.info.storage == "file"
        assert [info.profile for info in list_sessions()] == ["acme"]
        assert machine.session_file().stat().st_mode & 0o777 == 0o600
        session.refresh()
        assert session.token() == machine.read_session_file()["access_token"] != token

    def test_tokens_refreshed_in_memory_are_the_ones_saved(self, machine: Machine) -> None:
        session = signed_in(machine, machine.create_client(**ROTATION))
        session.refresh()
        session.save()
        session.refresh()
        assert machine.is_accepted(session.token())

    def test_saved_session_knows_what_its_profile_says_about_the_pool(self, machine: Machine) -> None:
        client = machine.create_client()
        session = signed_in(machine, client)
        session.save("file", "acme")
        pool = {"user_pool_id": client.user_pool_id, "client_id": client.client_id}
        more = {"passkey_relying_party": "auth.example.com", "password_policy": {"min_length": 12}}
        add_profile("acme", {**pool, **more}, environ=machine.environ)
        settings = session.find_pool_settings()
        assert settings
        assert settings.passkey_relying_party == "auth.example.com"
        assert settings.password_policy == PasswordPolicy(min_length=12)
        assert settings.endpoint_url == client.endpoint_url, "where the user signed in"

    def test_settings_of_another_pool_are_not_those_of_the_session(self, machine: Machine) -> None:
        session = signed_in(machine)
        session.save("file", "acme")
        other = {"user_pool_id": "eu-west-1_Other1234", "client_id": "other1", "app_name": "Other"}
        add_profile("acme", other, environ=machine.environ)
        settings = session.find_pool_settings()
        assert settings is None or not settings.app_name

    def test_second_save_is_an_error(self, machine: Machine) -> None:
        session = signed_in(machine)
        session.save()
        with pytest.raises(InvalidStateError):
            session.save()

    def test_unknown_storage_is_an_error(self, machine: Machine) -> None:
        session = signed_in(machine)
        for storage in ("none", "cloud"):
            with pytest.raises(ConfigurationError):
                session.save(storage)  # type: ignore[arg-type]

    def test_session_that_cannot_be_stored_stays_in_memory(self, machine: Machine) -> None:
        session = signed_in(machine)
        with pytest.raises(StorageError, match="XDG_RUNTIME_DIR"):
            session.save("session")
        assert session.info.storage == "none"
        assert session.token()


def test_errors_keep_no_token_in_their_frames(machine: Machine) -> None:
    machine.sign_in()
    session = opened(machine)
    token = session.token()
    machine.server.state.grants.clear()
    with pytest.raises(NotSignedInError) as raised:
        session.token(rejected=token)
    frames = list(traceback.walk_tb(raised.value.__traceback__))[1:]
    held = [repr(value) for frame, _ in frames for value in frame.f_locals.values()]
    assert not any(token in text for text in held)
    assert not any(isinstance(value, Secret) for frame, _ in frames for value in frame.f_locals.values())
