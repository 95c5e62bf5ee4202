"""The first screen where nothing names a pool."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.pilot import press, screen_text, until
from tests.scripted_gateway import Reply, ScriptedGateway, challenge
from tests.terminal.pty_program import ROOT, PtyProgram, isolated_environment
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.tokens import KeysUnreachableError
from tui_auth.config.profiles import Profiles, load_profiles
from tui_auth.emulator import CognitoEmulator
from tui_auth.first_run_app import FirstRunApp
from tui_auth.screens.choose_pool import ChoosePoolScreen, Stage
from tui_auth.screens.help import HelpScreen

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "1example23456789abcdefghij"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/cognito/v2/idp/user-pools"
NO_USER = error_from_response("NotAuthorizedException", "Incorrect username or password.")
NO_SRP = error_from_response("InvalidParameterException", "USER_SRP_AUTH flow not enabled for this client")
NO_SECRET = error_from_response(
    "NotAuthorizedException", "Client 1 is configured with secret but SECRET_HASH was not received"
)


class PilotedChooser(FirstRunApp):
    """The App over a scripted gateway, in a home of its own."""

    def __init__(
        self, home: Path, *replies: Reply, keys: Exception | None = None, named: dict[str, str] | None = None
    ) -> None:
        self.gateway = ScriptedGateway(*replies)
        self.home = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}

        def keys_at(url: str) -> object:
            if keys:
                raise keys
            return {"keys": [{}]}

        super().__init__(
            named or {},
            theme="tui-auth-dark",
            make_gateway=lambda address: self.gateway,
            fetch_signing_keys=keys_at,
            environ=self.home,
        )

    @property
    def kept(self) -> Profiles:
        """The profiles that are kept."""
        return load_profiles(self.home)

    def text(self) -> str:
        """The words on the screen, however they are wrapped."""
        return screen_text(self)

    def paste(self, text: str) -> None:
        """Paste into the field that has the focus."""
        self.screen.focused.take_paste(text)  # type: ignore[union-attr]  # a field


async def tried(pilot: Pilot[Any], pool: str = POOL, client: str = CLIENT) -> PilotedChooser:
    """Fill in both ids and have them tried."""
    app = pilot.app
    assert isinstance(app, PilotedChooser)
    app.pool_screen.field("pool").value, app.pool_screen.field("client").value = pool, client
    await press(pilot, "enter", "enter")
    return app


async def test_a_pool_that_answers_is_kept_under_a_name(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, challenge("PASSWORD_VERIFIER"))
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "The password never leaves this program" in app.text())
        assert "Keep as" in app.text()
        await press(pilot, *"acme", "enter")
    assert app.return_value == "acme"
    assert dict(app.kept.profile("acme").settings) == {"user_pool_id": POOL, "client_id": CLIENT}
    assert app.gateway.operations == ["InitiateAuth"]
    sent = app.gateway.calls[0][1]["AuthParameters"]
    assert sent["USERNAME"].startswith("tui-auth-doctor-")


@pytest.mark.parametrize("field", [0, 1])
@pytest.mark.parametrize(
    "pasted",
    [
        f"{CONSOLE}/{POOL}/applications/app-clients/{CLIENT}/overview?region=eu-west-1",
        f"  {CONSOLE}/{POOL}/app-integration/clients/{CLIENT}\n",
    ],
)
async def test_the_address_of_the_clients_page_holds_both_ids(
    tmp_path: Path, pasted: str, field: int
) -> None:
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        if field:
            await press(pilot, "tab")
        app.paste(pasted)
        await until(pilot, lambda: app.pool_screen.field("pool").value == POOL)
        assert app.pool_screen.field("client").value == CLIENT
        app.pool_screen.field("client").input.focus()
        await press(pilot, "enter")
        await until(pilot, lambda: app.pool_screen.stage is Stage.NAME)


async def test_an_arn_holds_the_pool_and_leaves_the_client_alone(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "tab", *"client1", "shift+tab")
        app.paste(f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL}")
        await until(pilot, lambda: app.pool_screen.field("pool").value == POOL)
        assert app.pool_screen.field("client").value == "client1"


async def test_ids_in_each_others_place_are_put_right(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot, CLIENT, POOL)
        await until(pilot, lambda: "Keep as" in app.text())
        assert [app.pool_screen.field(name).value for name in ("pool", "client")] == [POOL, CLIENT]


async def test_an_arn_that_was_typed_is_understood_too(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot, f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL}")
        await until(pilot, lambda: "Keep as" in app.text())
        assert app.pool_screen.field("pool").value == POOL


async def test_what_is_no_id_is_said_under_its_field_and_nothing_is_sent(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot, "my pool", "c")
        await until(pilot, lambda: "should be a user pool id, such as" in app.text())
        assert app.gateway.calls == []


@pytest.mark.parametrize(
    ("reply", "field", "said"),
    [
        (
            error_from_response("ResourceNotFoundException", "User pool client x does not exist."),
            "client",
            "no such app client",
        ),
        (AuthError(ErrorKind.NETWORK, "Cognito cannot be reached."), "client", "Cognito cannot be reached."),
        (KeyError("hunter2"), "client", "Something went wrong in tui-auth itself"),
        (error_from_response("TooManyRequestsException", "Rate exceeded"), "client", "asked too often"),
    ],
)
async def test_a_refusal_stands_under_its_field_and_what_was_typed_stays(
    tmp_path: Path, reply: Reply, field: str, said: str
) -> None:
    app = PilotedChooser(tmp_path, reply, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: said in app.text())
        assert said in app.pool_screen.field(field).error
        assert app.pool_screen.field("pool").value == POOL
        assert app.kept.names == []
        await press(pilot, "enter")
        await until(pilot, lambda: "Keep as" in app.text())


async def test_a_pool_that_publishes_no_keys_is_not_there(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER, keys=KeysUnreachableError("HTTPError", 404))
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "There is no user pool of this id" in app.text())


async def test_keys_that_cannot_be_fetched_say_nothing_about_the_pool(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER, keys=KeysUnreachableError("HTTPError", 502))
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "Keep as" in app.text())


async def test_a_client_without_the_usual_flow_asks_for_another(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_SRP, challenge("CUSTOM_CHALLENGE"))
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "does not allow USER_SRP_AUTH" in app.text())
        assert "1 Password, sent to Cognito" in app.text()
        await press(pilot, "3")
        await until(pilot, lambda: "asks its own questions after the password" in app.text())
        await press(pilot, *"acme", "enter")
    assert app.kept.profile("acme").settings["auth_flow"] == "CUSTOM_WITH_SRP"
    assert [call[1]["AuthFlow"] for call in app.gateway.calls] == ["USER_SRP_AUTH", "CUSTOM_AUTH"]


async def test_a_click_on_a_flow_tries_it(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_SRP, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "does not allow USER_SRP_AUTH" in app.text())
        await pilot.click("#flows", offset=(4, 1))
        await until(pilot, lambda: "offers what each user has" in app.text())


async def test_a_region_of_another_pool_is_told_of_under_the_pool_and_not_the_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    app = PilotedChooser(tmp_path, named={"region": "us-east-1", "client_secret_file": str(secret)})
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: "--region or TUI_AUTH_REGION says us-east-1" in app.text())
        assert app.focused is app.pool_screen.field("pool").input
    assert not app.gateway.calls


async def test_a_second_flow_that_is_not_allowed_leaves_the_others(tmp_path: Path) -> None:
    no_password = error_from_response(
        "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"
    )
    app = PilotedChooser(tmp_path, NO_SRP, no_password, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "does not allow USER_SRP_AUTH" in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "does not allow USER_PASSWORD_AUTH" in app.text())
        assert "sent to Cognito" not in app.text()
        assert "SRP)" not in app.text()
        await press(pilot, "1")
        await until(pilot, lambda: "offers what each user has" in app.text())


async def test_a_client_that_allows_no_flow_is_said_to(tmp_path: Path) -> None:
    none = [error_from_response("InvalidParameterException", "X flow not enabled for this client")] * 5
    app = PilotedChooser(tmp_path, *none)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        for asked in range(1, 5):
            await until(pilot, lambda at=asked: len(app.pool_screen._flows) == 5 - at)  # type: ignore[misc]
            await press(pilot, "1")
        await until(pilot, lambda: "allows no flow that a person could use" in app.text())


async def test_a_client_with_a_secret_asks_for_the_file_it_is_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    app = PilotedChooser(tmp_path, NO_SECRET, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        assert "Secret file" not in app.text()
        await tried(pilot)
        await until(pilot, lambda: "This app client has a secret." in app.text())
        await press(pilot, *"gone", "enter")
        await until(pilot, lambda: "it cannot be read" in app.text())
        app.pool_screen.field("secret").value = str(secret)
        await press(pilot, "enter")
        await until(pilot, lambda: "Keep as" in app.text())
        await press(pilot, *"acme", "enter")
    assert app.kept.profile("acme").settings["client_secret_file"] == str(secret)
    assert app.gateway.calls[1][1]["AuthParameters"]["SECRET_HASH"]
    assert "hunter2" not in (tmp_path / "config" / "tui-auth" / "config.toml").read_text()


def a_pool(server: CognitoEmulator, **client: Any) -> tuple[str, dict[str, Any]]:
    """A new pool's id, and its app client as CreateUserPoolClient answers."""
    pool = str(server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"])
    request = {"UserPoolId": pool, "ClientName": "terminal", **client}
    made: dict[str, Any] = server.call("CreateUserPoolClient", request)["UserPoolClient"]
    return pool, made


StartPtyProgram = Callable[..., PtyProgram]


@pytest.fixture
def start_pty_program(tmp_path: Path) -> StartPtyProgram:
    """Return a function that starts the program on a pseudo-terminal, at home in ``tmp_path / "home"``."""

    def start(**environment: str) -> PtyProgram:
        return PtyProgram(
            home=tmp_path / "home", cwd=tmp_path, environment={"PYTHONPATH": str(ROOT), **environment}
        )

    return start


@contextmanager
def asked_for_a_pool(
    start_pty_program: StartPtyProgram, server: CognitoEmulator, pool: str, client: str
) -> Iterator[PtyProgram]:
    """The real program at its first screen, once the address of the client's page was pasted and sent."""
    with start_pty_program(TUI_AUTH_ENDPOINT_URL=server.endpoint_url) as program:
        program.wait_for("Which user pool do you sign in to?")
        program.paste(f"{CONSOLE}/{pool}/app-integration/clients/{client}?region=eu-west-1")
        program.wait_for(client)
        program.press("enter", "enter")
        yield program


@pytest.mark.parametrize("way", ["typed", "pasted"])
def test_a_secret_in_place_of_its_files_path_is_not_repeated_and_the_rest_stays(
    tmp_path: Path, start_pty_program: StartPtyProgram, server: CognitoEmulator, way: str
) -> None:
    pool, made = a_pool(server, GenerateSecret=True)
    client, secret = made["ClientId"], made["ClientSecret"]
    with asked_for_a_pool(start_pty_program, server, pool, client) as program:
        program.wait_for("This app client has a secret.")
        if way == "pasted":
            program.paste(secret)
        else:
            program.send(secret)
            program.wait_for(secret[-20:])
            program.press("enter")
        program.wait_for("This field wants the path of a file")
        program.wait_gone(secret[-20:])
        assert secret[:20] not in program.screen_text()
        assert way == "typed" or secret[-20:].encode() not in program.received, "shown by the paste"
        assert pool in program.screen_text()
        assert client in program.screen_text()
        (tmp_path / "secret").write_text(secret)
        program.send("secret")
        program.press("enter")
        program.wait_for("Keep as")
        program.press("ctrl+q")
        assert program.wait_exit() == 6


@pytest.fixture
def secretive_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a file here that looks like a secret."""
    monkeypatch.chdir(tmp_path)
    name = "a1" * 25
    (tmp_path / name).write_text("hunter2")
    return name


async def test_a_file_that_only_looks_like_a_secret_is_read(tmp_path: Path, secretive_name: str) -> None:
    app = PilotedChooser(tmp_path, NO_SECRET, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "This app client has a secret." in app.text())
        app.paste(secretive_name)
        await press(pilot, "enter")
        await until(pilot, lambda: "Keep as" in app.text())


async def test_a_flow_that_was_chosen_stays_while_a_secret_is_asked_for(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    app = PilotedChooser(tmp_path, NO_SRP, NO_SECRET, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "does not allow USER_SRP_AUTH" in app.text())
        await press(pilot, "1")
        await until(pilot, lambda: "This app client has a secret." in app.text())
        app.pool_screen.field("secret").value = str(secret)
        await press(pilot, "enter")
        await until(pilot, lambda: "The password is sent to Cognito" in app.text())
    flows = [call[1]["AuthFlow"] for call in app.gateway.calls]
    assert flows == ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"]


async def test_a_secret_and_a_flow_that_were_named_are_tried_first(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    named = {"client_secret_file": str(secret), "auth_flow": "USER_PASSWORD_AUTH"}
    app = PilotedChooser(tmp_path, NO_USER, named=named)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: "The password is sent to Cognito" in app.text())
        await press(pilot, "enter")
    asked = app.gateway.calls[0][1]
    assert asked["AuthFlow"] == "USER_PASSWORD_AUTH"
    assert asked["AuthParameters"]["SECRET_HASH"]
    kept = dict(app.kept.profile("main").settings)
    assert {name: kept[name] for name in named} == named


async def test_a_secret_that_was_named_can_be_taken_away(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    wrong = error_from_response("NotAuthorizedException", "Unable to verify secret hash for client 1")
    app = PilotedChooser(tmp_path, wrong, NO_USER, named={"client_secret_file": str(secret)})
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: "This secret does not fit the app client." in app.text())
        app.pool_screen.field("secret").value = ""
        await press(pilot, "enter")
        await until(pilot, lambda: "Keep as" in app.text())
        await press(pilot, "enter")
    assert app.gateway.calls[1][1]["AuthParameters"]["SECRET_HASH"] is None
    assert "client_secret_file" not in app.kept.profile("main").settings


async def test_a_name_is_there_already_so_that_enter_is_enough(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "Keep as" in app.text())
        await press(pilot, "enter")
    assert app.kept.names == ["main"]


async def test_a_name_that_is_taken_is_said_and_another_can_be_typed(tmp_path: Path) -> None:
    config = tmp_path / "config" / "tui-auth" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[profiles.acme]\nclient_id = "c"\n')
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "Keep as" in app.text())
        await press(pilot, *"acme", "enter")
        await until(pilot, lambda: "There is a profile “acme” already" in app.text())
        app.pool_screen.field("name").value = "acme2"
        await press(pilot, "enter")
    assert app.kept.names == ["acme", "acme2"]


async def test_esc_goes_back_to_the_ids_and_help_explains(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "Keep as" in app.text())
        await press(pilot, "escape")
        await until(pilot, lambda: "Which user pool" in app.text())
        assert "Keep as" not in app.text()
        await press(pilot, "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, ChoosePoolScreen))
        await press(pilot, "ctrl+q")
    assert app.return_value is None
    assert app.return_code == 6


@pytest.mark.parametrize("size", [(80, 23), (40, 16), (120, 40)])
async def test_every_stage_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    app = PilotedChooser(tmp_path, NO_SECRET, NO_SRP, NO_USER)
    secret = tmp_path / "s"
    secret.write_text("s")
    async with app.run_test(size=size) as pilot:
        await tried(pilot)
        await until(pilot, lambda: "This app client has a secret" in app.text())
        app.pool_screen.field("secret").value = str(secret)
        await press(pilot, "enter")
        await until(pilot, lambda: "How do people sign in?" in app.text())
        for line in ("1 Password, sent", "4 Questions alone", "enter Try it"):
            assert line in app.text()
        await press(pilot, "1")
        await until(pilot, lambda: "enter Keep and sign in" in app.text())


def test_the_real_program_tries_a_real_pool_and_keeps_it(
    tmp_path: Path, start_pty_program: StartPtyProgram, server: CognitoEmulator
) -> None:
    pool, made = a_pool(server, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    home = tmp_path / "home"
    with asked_for_a_pool(start_pty_program, server, pool, made["ClientId"]) as program:
        program.wait_for("Keep as")
        program.send("staff")
        program.press("enter")
        program.wait_for("Username")
        program.press("ctrl+q")
        assert program.wait_exit() == 6
        assert "Kept as the profile staff." in program.screen_text()
    assert [operation for operation, _ in server.calls] == ["InitiateAuth"]
    config = home / ".config" / "tui-auth" / "config.toml"
    assert f'endpoint_url = "{server.endpoint_url}"' in config.read_text()
    with start_pty_program() as program:
        program.wait_for("Username")
        assert pool in program.screen_text()


@pytest.fixture
def finished_process(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """The program, run to its end without a terminal."""
    environment = isolated_environment(tmp_path / "home", PYTHONPATH=str(ROOT))
    return subprocess.run(
        [sys.executable, "-m", "tui_auth"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )


def test_without_a_terminal_the_cure_is_one_sentence(
    finished_process: subprocess.CompletedProcess[str],
) -> None:
    assert (finished_process.returncode, finished_process.stdout) == (3, "")
    assert finished_process.stderr == (
        "tui-auth: No user pool is named. Give --user-pool-id and --client-id, "
        "or run `tui-auth` on a terminal: it asks.\n"
    )
