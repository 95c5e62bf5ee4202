"""ChoosePoolScreen: IDs, trial, auth flow, client secret and profile name."""

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
from tui_auth.auth.tokens import KeysUnreachableError
from tui_auth.config.profiles import Profiles, load_profiles
from tui_auth.emulator import CognitoEmulator
from tui_auth.errors import AuthError, ErrorKind
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
    """FirstRunApp over a scripted gateway, with its own home folder."""

    def __init__(
        self,
        home: Path,
        *replies: Reply,
        keys_error: Exception | None = None,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.gateway = ScriptedGateway(*replies)
        self.home = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}

        def fetch_signing_keys(url: str) -> object:
            if keys_error:
                raise keys_error
            return {"keys": [{}]}

        super().__init__(
            settings or {},
            theme="tui-auth-dark",
            make_gateway=lambda address: self.gateway,
            fetch_signing_keys=fetch_signing_keys,
            environ=self.home,
        )

    @property
    def profiles(self) -> Profiles:
        """The saved profiles."""
        return load_profiles(self.home)

    def text(self) -> str:
        """Return the text on the screen without line wraps."""
        return screen_text(self)

    def paste(self, text: str) -> None:
        """Paste into the field that has the focus."""
        self.screen.focused.take_paste(text)  # type: ignore[union-attr]  # a field


async def submit_ids(pilot: Pilot[Any], pool: str = POOL, client: str = CLIENT) -> PilotedChooser:
    """Fill in both IDs and start the trial."""
    app = pilot.app
    assert isinstance(app, PilotedChooser)
    app.pool_screen.field("pool").value, app.pool_screen.field("client").value = pool, client
    await press(pilot, "enter", "enter")
    return app


async def test_working_pool_is_saved_under_a_name(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, challenge("PASSWORD_VERIFIER"))
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "Your password is never sent" in app.text())
        assert "Profile name" in app.text()
        await press(pilot, *"acme", "enter")
    assert app.return_value == "acme"
    assert dict(app.profiles.profile("acme").settings) == {"user_pool_id": POOL, "client_id": CLIENT}
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
async def test_url_of_the_client_page_fills_in_both_ids(tmp_path: Path, pasted: str, field: int) -> None:
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


async def test_arn_fills_in_only_the_pool(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "tab", *"client1", "shift+tab")
        app.paste(f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL}")
        await until(pilot, lambda: app.pool_screen.field("pool").value == POOL)
        assert app.pool_screen.field("client").value == "client1"


async def test_swapped_ids_are_corrected(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot, CLIENT, POOL)
        await until(pilot, lambda: "Profile name" in app.text())
        assert [app.pool_screen.field(name).value for name in ("pool", "client")] == [POOL, CLIENT]


async def test_typed_arn_is_accepted(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot, f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL}")
        await until(pilot, lambda: "Profile name" in app.text())
        assert app.pool_screen.field("pool").value == POOL


async def test_invalid_id_shows_a_field_error_and_sends_nothing(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot, "my pool", "c")
        await until(pilot, lambda: "should be a user pool ID, such as" in app.text())
        assert app.gateway.calls == []


@pytest.mark.parametrize(
    ("reply", "field", "text"),
    [
        (
            error_from_response("ResourceNotFoundException", "User pool client x does not exist."),
            "client",
            "No app client has this ID",
        ),
        (AuthError(ErrorKind.NETWORK, "Cognito can't be reached."), "client", "Cognito can't be reached."),
        (KeyError("hunter2"), "client", "tui-auth had an internal error"),
        (error_from_response("TooManyRequestsException", "Rate exceeded"), "client", "too many requests"),
    ],
)
async def test_error_is_shown_below_its_field_and_input_stays(
    tmp_path: Path, reply: Reply, field: str, text: str
) -> None:
    app = PilotedChooser(tmp_path, reply, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: text in app.text())
        assert text in app.pool_screen.field(field).error
        assert app.pool_screen.field("pool").value == POOL
        assert app.profiles.names == []
        await press(pilot, "enter")
        await until(pilot, lambda: "Profile name" in app.text())


async def test_pool_without_signing_keys_is_reported_as_missing(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER, keys_error=KeysUnreachableError("HTTPError", 404))
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "No user pool has this ID" in app.text())


async def test_unreachable_signing_keys_are_ignored(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER, keys_error=KeysUnreachableError("HTTPError", 502))
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "Profile name" in app.text())


async def test_client_without_the_default_auth_flow_asks_for_another(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_SRP, challenge("CUSTOM_CHALLENGE"))
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "allow USER_SRP_AUTH" in app.text())
        assert "Password, sent to Cognito 1" in app.text()
        await press(pilot, "3")
        await until(pilot, lambda: "adds custom challenges to the password" in app.text())
        await press(pilot, *"acme", "enter")
    assert app.profiles.profile("acme").settings["auth_flow"] == "CUSTOM_WITH_SRP"
    assert [call[1]["AuthFlow"] for call in app.gateway.calls] == ["USER_SRP_AUTH", "CUSTOM_AUTH"]


async def test_click_on_an_auth_flow_tries_it(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_SRP, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "allow USER_SRP_AUTH" in app.text())
        await pilot.click("#flows", offset=(4, 1))
        await until(pilot, lambda: "Users choose how to sign in" in app.text())


async def test_wrong_region_shows_an_error_below_the_pool(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    app = PilotedChooser(tmp_path, settings={"region": "us-east-1", "client_secret_file": str(secret)})
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: "--region or TUI_AUTH_REGION specifies us-east-1" in app.text())
        assert app.focused is app.pool_screen.field("pool").input
    assert not app.gateway.calls


async def test_second_rejected_auth_flow_leaves_the_others(tmp_path: Path) -> None:
    no_password = error_from_response(
        "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"
    )
    app = PilotedChooser(tmp_path, NO_SRP, no_password, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "allow USER_SRP_AUTH" in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "allow USER_PASSWORD_AUTH" in app.text())
        assert "sent to Cognito" not in app.text()
        assert "SRP)" not in app.text()
        await press(pilot, "1")
        await until(pilot, lambda: "Users choose how to sign in" in app.text())


async def test_client_that_allows_no_auth_flow_is_reported(tmp_path: Path) -> None:
    none = [error_from_response("InvalidParameterException", "X flow not enabled for this client")] * 5
    app = PilotedChooser(tmp_path, *none)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        for rejected in range(1, 5):
            await until(pilot, lambda count=rejected: len(app.pool_screen._flows) == 5 - count)  # type: ignore[misc]
            await press(pilot, "1")
        await until(pilot, lambda: "allows no auth flow for users" in app.text())


async def test_client_with_a_secret_shows_the_secret_file_field(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    app = PilotedChooser(tmp_path, NO_SECRET, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        assert "Secret file" not in app.text()
        await submit_ids(pilot)
        await until(pilot, lambda: "This app client has a secret." in app.text())
        await press(pilot, *"gone", "enter")
        await until(pilot, lambda: "it can't be read" in app.text())
        app.pool_screen.field("secret").value = str(secret)
        await press(pilot, "enter")
        await until(pilot, lambda: "Profile name" in app.text())
        await press(pilot, *"acme", "enter")
    assert app.profiles.profile("acme").settings["client_secret_file"] == str(secret)
    assert app.gateway.calls[1][1]["AuthParameters"]["SECRET_HASH"]
    assert "hunter2" not in (tmp_path / "config" / "tui-auth" / "config.toml").read_text()


def create_pool(server: CognitoEmulator, **client: Any) -> tuple[str, dict[str, Any]]:
    """Create a pool; return its ID and the app client as in CreateUserPoolClient's reply."""
    pool = str(server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"])
    request = {"UserPoolId": pool, "ClientName": "terminal", **client}
    app_client: dict[str, Any] = server.call("CreateUserPoolClient", request)["UserPoolClient"]
    return pool, app_client


StartPtyProgram = Callable[..., PtyProgram]


@pytest.fixture
def start_pty_program(tmp_path: Path) -> StartPtyProgram:
    """Return a function that starts the program on a pseudo-terminal with its own home folder."""

    def start(**environment: str) -> PtyProgram:
        return PtyProgram(
            home=tmp_path / "home", cwd=tmp_path, environment={"PYTHONPATH": str(ROOT), **environment}
        )

    return start


@contextmanager
def start_and_submit_ids(
    start_pty_program: StartPtyProgram, server: CognitoEmulator, pool: str, client: str
) -> Iterator[PtyProgram]:
    """Start the program and submit the pasted URL of the client's page on the first screen."""
    with start_pty_program(TUI_AUTH_ENDPOINT_URL=server.endpoint_url) as program:
        program.wait_for("Which user pool do you want to use?")
        program.paste(f"{CONSOLE}/{pool}/app-integration/clients/{client}?region=eu-west-1")
        program.wait_for(client)
        program.press("enter", "enter")
        yield program


@pytest.mark.parametrize("input_method", ["typed", "pasted"])
def test_secret_entered_as_a_path_is_not_shown_and_other_input_stays(
    tmp_path: Path, start_pty_program: StartPtyProgram, server: CognitoEmulator, input_method: str
) -> None:
    pool, app_client = create_pool(server, GenerateSecret=True)
    client, secret = app_client["ClientId"], app_client["ClientSecret"]
    with start_and_submit_ids(start_pty_program, server, pool, client) as program:
        program.wait_for("This app client has a secret.")
        if input_method == "pasted":
            program.paste(secret)
        else:
            program.send(secret)
            program.wait_for(secret[-20:])
            program.press("enter")
        program.wait_for("Enter the path of a file")
        program.wait_gone(secret[-20:])
        assert secret[:20] not in program.screen_text()
        assert input_method == "typed" or secret[-20:].encode() not in program.received, "shown by the paste"
        assert pool in program.screen_text()
        assert client in program.screen_text()
        (tmp_path / "secret").write_text(secret)
        program.send("secret")
        program.press("enter")
        program.wait_for("Profile name")
        program.press("ctrl+q")
        assert program.wait_exit() == 6


@pytest.fixture
def secretlike_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a file that looks like a secret."""
    monkeypatch.chdir(tmp_path)
    name = "a1" * 25
    (tmp_path / name).write_text("hunter2")
    return name


async def test_secret_file_with_a_secretlike_name_is_read(tmp_path: Path, secretlike_name: str) -> None:
    app = PilotedChooser(tmp_path, NO_SECRET, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "This app client has a secret." in app.text())
        app.paste(secretlike_name)
        await press(pilot, "enter")
        await until(pilot, lambda: "Profile name" in app.text())


async def test_selected_auth_flow_stays_when_the_secret_is_requested(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    app = PilotedChooser(tmp_path, NO_SRP, NO_SECRET, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "allow USER_SRP_AUTH" in app.text())
        await press(pilot, "1")
        await until(pilot, lambda: "This app client has a secret." in app.text())
        app.pool_screen.field("secret").value = str(secret)
        await press(pilot, "enter")
        await until(pilot, lambda: "Your password is sent to Cognito" in app.text())
    flows = [call[1]["AuthFlow"] for call in app.gateway.calls]
    assert flows == ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"]


async def test_specified_secret_and_auth_flow_are_tried_first(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    settings = {"client_secret_file": str(secret), "auth_flow": "USER_PASSWORD_AUTH"}
    app = PilotedChooser(tmp_path, NO_USER, settings=settings)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: "Your password is sent to Cognito" in app.text())
        await press(pilot, "enter")
    parameters = app.gateway.calls[0][1]
    assert parameters["AuthFlow"] == "USER_PASSWORD_AUTH"
    assert parameters["AuthParameters"]["SECRET_HASH"]
    saved = dict(app.profiles.profile("main").settings)
    assert {name: saved[name] for name in settings} == settings


async def test_specified_secret_file_can_be_removed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    wrong = error_from_response("NotAuthorizedException", "Unable to verify secret hash for client 1")
    app = PilotedChooser(tmp_path, wrong, NO_USER, settings={"client_secret_file": str(secret)})
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: "This secret doesn't match the app client." in app.text())
        app.pool_screen.field("secret").value = ""
        await press(pilot, "enter")
        await until(pilot, lambda: "Profile name" in app.text())
        await press(pilot, "enter")
    assert app.gateway.calls[1][1]["AuthParameters"]["SECRET_HASH"] is None
    assert "client_secret_file" not in app.profiles.profile("main").settings


async def test_enter_accepts_the_suggested_name(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "Profile name" in app.text())
        await press(pilot, "enter")
    assert app.profiles.names == ["main"]


async def test_taken_name_is_reported_and_can_be_changed(tmp_path: Path) -> None:
    config = tmp_path / "config" / "tui-auth" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[profiles.acme]\nclient_id = "c"\n')
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "Profile name" in app.text())
        await press(pilot, *"acme", "enter")
        await until(pilot, lambda: "Profile “acme” already exists" in app.text())
        app.pool_screen.field("name").value = "acme2"
        await press(pilot, "enter")
    assert app.profiles.names == ["acme", "acme2"]


async def test_esc_goes_back_to_the_ids_and_f1_shows_help(tmp_path: Path) -> None:
    app = PilotedChooser(tmp_path, NO_USER)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "Profile name" in app.text())
        await press(pilot, "escape")
        await until(pilot, lambda: "Which user pool" in app.text())
        assert "Profile name" not in app.text()
        await press(pilot, "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, ChoosePoolScreen))
        await press(pilot, "ctrl+q")
    assert app.return_value is None
    assert app.return_code == 6


@pytest.mark.parametrize("size", [(80, 23), (40, 16), (120, 40)])
async def test_every_stage_fits_the_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    app = PilotedChooser(tmp_path, NO_SECRET, NO_SRP, NO_USER)
    secret = tmp_path / "s"
    secret.write_text("s")
    async with app.run_test(size=size) as pilot:
        await submit_ids(pilot)
        await until(pilot, lambda: "This app client has a secret" in app.text())
        app.pool_screen.field("secret").value = str(secret)
        await press(pilot, "enter")
        await until(pilot, lambda: "How do users sign in?" in app.text())
        for line in ("Password, sent to Cognito 1", "Custom challenges only 4", "↵ Choose"):
            assert line in app.text()
        await press(pilot, "1")
        await until(pilot, lambda: "↵ Save and sign in" in app.text())


def test_program_tries_and_saves_an_emulator_pool(
    tmp_path: Path, start_pty_program: StartPtyProgram, server: CognitoEmulator
) -> None:
    pool, app_client = create_pool(server, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    home = tmp_path / "home"
    with start_and_submit_ids(start_pty_program, server, pool, app_client["ClientId"]) as program:
        program.wait_for("Profile name")
        program.send("staff")
        program.press("enter")
        program.wait_for("Username")
        program.press("ctrl+q")
        assert program.wait_exit() == 6
        assert "Stored as profile staff." in program.screen_text()
    assert [operation for operation, _ in server.calls] == ["InitiateAuth"]
    config = home / ".config" / "tui-auth" / "config.toml"
    assert f'endpoint_url = "{server.endpoint_url}"' in config.read_text()
    with start_pty_program() as program:
        program.wait_for("Username")
        assert pool in program.screen_text()


@pytest.fixture
def finished_process(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run the program without a terminal and return the finished process."""
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


def test_error_without_a_terminal_is_one_sentence(
    finished_process: subprocess.CompletedProcess[str],
) -> None:
    assert (finished_process.returncode, finished_process.stdout) == (3, "")
    assert finished_process.stderr == (
        "tui-auth: No user pool is specified. Use --user-pool-id and --client-id, "
        "or run `tui-auth` on a terminal to choose one.\n"
    )
