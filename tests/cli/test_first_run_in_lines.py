"""The first run in line prompts, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.programs import TerminalProgram
from tests.terminal.pty_program import PtyProgram
from tui_auth.emulator import CognitoEmulator, demo_users

PASSWORD = "Correct-Horse-9!"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/cognito/v2/idp/user-pools"


@pytest.fixture
def server() -> Iterator[CognitoEmulator]:
    """Run an emulator without pools."""
    with CognitoEmulator(triggers=demo_users) as running:
        yield running


def new_pool(server: CognitoEmulator, *flows: str, secret: bool = False) -> tuple[str, str, str]:
    """Create a pool with the user ann. Return its ID, the app client's ID and the client secret."""
    pool = server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"]
    request = {"UserPoolId": pool, "ClientName": "terminal", "ExplicitAuthFlows": list(flows)}
    client = server.call("CreateUserPoolClient", request | {"GenerateSecret": secret})["UserPoolClient"]
    user = {"UserPoolId": pool, "Username": "ann"}
    server.call("AdminCreateUser", {**user, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**user, "Password": PASSWORD, "Permanent": True})
    return pool, client["ClientId"], client.get("ClientSecret", "")


def test_typed_secret_is_not_accepted_as_a_path_or_repeated(
    start: Callable[..., PtyProgram], tmp_path: Path, server: CognitoEmulator
) -> None:
    pool, client, secret = new_pool(server, "ALLOW_USER_SRP_AUTH", secret=True)
    program = start("--plain")
    user = PromptUser(program)
    user.answer("User pool", pool)
    user.answer("App client", client)
    user.answer("Secret file", secret)
    user.wait_for("Error: Enter the path of a file that contains the secret")
    shown_once = program.received.count(secret.encode())
    (tmp_path / "secret").write_text(secret)
    user.answer("Secret file", "secret")
    user.answer("Profile name [main]", "")
    program.wait_for("Username")
    assert shown_once == program.received.count(secret.encode()) == 1, "as it was typed"
    program.press("ctrl+d")
    program.wait_exit()


class PromptUser:
    """Answers each prompt when it appears."""

    def __init__(self, program: PtyProgram) -> None:
        self.program = program
        self._prompts: dict[str, int] = {}

    def answer(self, prompt: str, text: str) -> None:
        """Wait for a prompt that wasn't answered yet, and answer it."""
        self._prompts[prompt] = self._prompts.get(prompt, 0) + 1
        self.program.wait_for(partial(_is_shown, f"{prompt}: ", self._prompts[prompt]))
        self.program.send(text + "\r")

    def wait_for(self, text: str) -> None:
        """Wait for a text, ignoring line wraps."""
        expected = "".join(text.split())
        self.program.wait_for(lambda shown: expected in "".join(shown.screen_text().split()))


def _is_shown(prompt: str, times: int, program: PtyProgram) -> bool:
    return program.received.decode().count(f"\n{prompt}") >= times or (
        times == 1 and program.received.decode().startswith(prompt)
    )


@pytest.fixture
def start(
    terminal_program: TerminalProgram, tmp_path: Path, server: CognitoEmulator
) -> Iterator[Callable[..., PtyProgram]]:
    """Return a function that starts ``tui-auth`` in a folder that specifies no pool."""
    with ExitStack() as running:

        def begin(*arguments: str, **environment: str) -> PtyProgram:
            variables = {"TUI_AUTH_ENDPOINT_URL": server.endpoint_url, "TUI_AUTH_STORAGE": "none"}
            return running.enter_context(
                terminal_program.on_a_terminal(
                    *arguments, folder=tmp_path, rows=80, variables=variables | environment
                )
            )

        yield begin


@pytest.mark.parametrize(
    ("flags", "environment"), [(["--plain"], {}), ([], {"TERM": "dumb"}), ([], {"ACCESSIBLE": "1"})]
)
def test_pool_is_asked_for_tried_saved_and_signed_in_to(
    start: Callable[..., PtyProgram],
    server: CognitoEmulator,
    tmp_path: Path,
    flags: list[str],
    environment: dict[str, str],
) -> None:
    pool, client, _ = new_pool(server, "ALLOW_USER_SRP_AUTH")
    calls_before = len(server.calls)
    program = start(*flags, **environment)
    user = PromptUser(program)
    user.wait_for("Which user pool do you want to use?")
    user.answer("User pool", "")
    user.wait_for("Type an answer, or press ^D to quit.")
    user.answer("User pool", "staff pool")
    user.wait_for("Error: This should be a user pool ID, such as eu-west-1_Ab12Cd34E.")
    user.answer("User pool", "eu-west-1_Nowhere12")
    user.answer("App client", "not-an-id")
    user.wait_for("Error: This should be an app client ID, such as 1example23456789.")
    user.answer("App client", client)
    user.wait_for("Error: No user pool has this ID. Check it in the Cognito console.")
    user.answer("User pool [eu-west-1_Nowhere12]", pool)
    user.answer(f"App client [{client}]", "1example23456789abcdefghij")
    user.wait_for("Error: No app client has this ID in the pool's region.")
    operations = [operation for operation, _ in server.calls[calls_before:]]
    user.answer(
        "App client [1example23456789abcdefghij]",
        f"{CONSOLE}/{pool}/applications/app-clients/{client}/overview",
    )
    user.wait_for("App client found. Your password is never sent (SRP).")
    user.answer("Profile name [main]", "my pool")
    user.wait_for("Error: A profile name can contain letters")
    user.answer("Profile name [main]", "staff")
    user.wait_for("Stored as profile staff.")
    assert operations == ["InitiateAuth", "InitiateAuth"], "one harmless call per trial"
    user.answer("Username", "ann")
    program.wait_for("Password:")
    program.send(PASSWORD + "\r")
    assert program.wait_exit() == 0
    assert "Signed in as ann." in program.screen_text()
    assert b"\x1b[?1049h" not in program.received
    config = (tmp_path / "home" / ".config" / "tui-auth" / "config.toml").read_text()
    assert f'user_pool_id = "{pool}"\nclient_id = "{client}"\n' in config


def test_client_with_a_secret_and_another_auth_flow_asks_for_both(
    start: Callable[..., PtyProgram], server: CognitoEmulator, tmp_path: Path
) -> None:
    pool, client, secret = new_pool(server, "ALLOW_USER_PASSWORD_AUTH", secret=True)
    file = tmp_path / "client secret"
    file.write_text(secret)
    file.chmod(0o600)
    program = start("--plain")
    user = PromptUser(program)
    user.answer("User pool", f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{pool}")
    user.answer("App client", client)
    user.wait_for("This app client doesn't allow USER_SRP_AUTH. How do users sign in?")
    user.answer("Number", "9")
    user.wait_for("Error: Type a number from 1 to 4.")
    user.answer("Number", "1")
    user.wait_for("Error: This app client has a secret. Save it in a file and enter the path.")
    user.answer("Secret file", str(tmp_path / "gone"))
    user.wait_for("it can't be read: No such file or directory.")
    user.answer(f"Secret file [{tmp_path / 'gone'}]", str(file))
    user.wait_for("App client found. Your password is sent to Cognito.")
    user.answer("Profile name [main]", "")
    user.wait_for("Stored as profile main.")
    user.answer("Username", "ann")
    program.wait_for("Password:")
    program.send(PASSWORD + "\r")
    assert program.wait_exit() == 0
    assert secret.encode() not in program.received
    config = (tmp_path / "home" / ".config" / "tui-auth" / "config.toml").read_text()
    assert f'client_secret_file = "{file}"' in config
    assert 'auth_flow = "USER_PASSWORD_AUTH"' in config
    assert secret not in config


def test_back_asks_for_the_pool_again_with_defaults_from_flags(
    start: Callable[..., PtyProgram], server: CognitoEmulator
) -> None:
    pool, client, _ = new_pool(server, "ALLOW_USER_SRP_AUTH")
    program = start("--plain", "--user-pool-id", pool)
    user = PromptUser(program)
    user.answer(f"User pool [{pool}]", "")
    user.answer("App client", client)
    user.answer("Profile name [main]", "/back")
    user.answer(f"User pool [{pool}]", "")
    user.answer(f"App client [{client}]", "")
    program.wait_for(partial(_is_shown, "Profile name [main]: ", 2))
    program.send("\x04")
    assert program.wait_exit() == 6
    assert "Traceback" not in program.screen_text()


def test_typed_pool_takes_precedence_for_the_sign_in(
    start: Callable[..., PtyProgram], server: CognitoEmulator
) -> None:
    pool, client, _ = new_pool(server, "ALLOW_USER_SRP_AUTH")
    program = start("--plain", "--client-id", "1example23456789abcdefghij", "--username", "ann")
    user = PromptUser(program)
    user.answer("User pool", pool)
    user.answer("App client [1example23456789abcdefghij]", client)
    user.answer("Profile name [main]", "")
    program.wait_for("Password:")
    program.send(PASSWORD + "\r")
    assert program.wait_exit() == 0
    assert "Signed in as ann." in program.screen_text()


def test_taken_profile_name_is_not_suggested(
    start: Callable[..., PtyProgram], server: CognitoEmulator, terminal_program: TerminalProgram
) -> None:
    pool, client, _ = new_pool(server, "ALLOW_USER_SRP_AUTH")
    terminal_program.write_config('[profiles.main]\nuser_pool_id = "eu-west-1_Other1"\nclient_id = "c"\n')
    program = start("--plain", "--user-pool-id", pool)
    user = PromptUser(program)
    user.answer(f"User pool [{pool}]", "")
    user.answer("App client", client)
    user.answer("Profile name [main-2]", "main")
    user.wait_for("Error: Profile “main” already exists. Choose another name.")
    user.answer("Profile name [main-2]", "")
    user.wait_for("Stored as profile main-2.")
