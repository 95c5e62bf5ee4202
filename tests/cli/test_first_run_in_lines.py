"""The first run at line prompts, on a terminal that shows lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.programs import TerminalProgram
from tests.terminal.pty_program import PtyProgram
from tui_auth.emulator import CognitoEmulator, demo_triggers

PASSWORD = "Correct-Horse-9!"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/cognito/v2/idp/user-pools"


@pytest.fixture
def server() -> Iterator[CognitoEmulator]:
    """A pool server without pools."""
    with CognitoEmulator(triggers=demo_triggers) as running:
        yield running


def new_pool(server: CognitoEmulator, *flows: str, secret: bool = False) -> tuple[str, str, str]:
    """A pool with the user ann, its client, and the client's secret."""
    pool = server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"]
    request = {"UserPoolId": pool, "ClientName": "terminal", "ExplicitAuthFlows": list(flows)}
    made = server.call("CreateUserPoolClient", request | {"GenerateSecret": secret})["UserPoolClient"]
    whom = {"UserPoolId": pool, "Username": "ann"}
    server.call("AdminCreateUser", {**whom, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**whom, "Password": PASSWORD, "Permanent": True})
    return pool, made["ClientId"], made.get("ClientSecret", "")


def test_a_secret_in_place_of_its_files_path_is_not_repeated(
    start: Callable[..., PtyProgram], tmp_path: Path, server: CognitoEmulator
) -> None:
    pool, client, secret = new_pool(server, "ALLOW_USER_SRP_AUTH", secret=True)
    program = start("--plain")
    person = Person(program)
    person.answer("User pool", pool)
    person.answer("App client", client)
    person.answer("Secret file", secret)
    person.reads("Error: This field wants the path of a file that holds the secret")
    shown_once = program.received.count(secret.encode())
    (tmp_path / "secret").write_text(secret)
    person.answer("Secret file", "secret")
    person.answer("Keep as [main]", "")
    program.wait_for("Username")
    assert shown_once == program.received.count(secret.encode()) == 1, "as it was typed"
    program.press("ctrl+d")
    program.wait_exit()


class Person:
    """Someone who answers prompts, each when it is there."""

    def __init__(self, program: PtyProgram) -> None:
        self.program = program
        self._prompts: dict[str, int] = {}

    def answer(self, prompt: str, text: str) -> None:
        """Wait for a prompt that was not answered yet, and answer it."""
        self._prompts[prompt] = self._prompts.get(prompt, 0) + 1
        self.program.wait_for(partial(_stands, f"{prompt}: ", self._prompts[prompt]))
        self.program.send(text + "\r")

    def reads(self, words: str) -> None:
        """Wait for words, however they are wrapped."""
        wanted = "".join(words.split())
        self.program.wait_for(lambda shown: wanted in "".join(shown.screen_text().split()))


def _stands(prompt: str, times: int, program: PtyProgram) -> bool:
    return program.received.decode().count(f"\n{prompt}") >= times or (
        times == 1 and program.received.decode().startswith(prompt)
    )


@pytest.fixture
def start(
    terminal_program: TerminalProgram, tmp_path: Path, server: CognitoEmulator
) -> Iterator[Callable[..., PtyProgram]]:
    """Starts ``tui-auth`` where nothing names a pool."""
    with ExitStack() as running:

        def begin(*arguments: str, **environment: str) -> PtyProgram:
            told = {"TUI_AUTH_ENDPOINT_URL": server.endpoint_url, "TUI_AUTH_STORAGE": "none"}
            return running.enter_context(
                terminal_program.on_a_terminal(
                    *arguments, folder=tmp_path, rows=80, variables=told | environment
                )
            )

        yield begin


@pytest.mark.parametrize(
    ("flags", "environment"), [(["--plain"], {}), ([], {"TERM": "dumb"}), ([], {"ACCESSIBLE": "1"})]
)
def test_the_pool_is_asked_for_tried_kept_and_signed_in_to(
    start: Callable[..., PtyProgram],
    server: CognitoEmulator,
    tmp_path: Path,
    flags: list[str],
    environment: dict[str, str],
) -> None:
    pool, client, _ = new_pool(server, "ALLOW_USER_SRP_AUTH")
    asked_so_far = len(server.calls)
    program = start(*flags, **environment)
    person = Person(program)
    person.reads("Which user pool do you sign in to?")
    person.answer("User pool", "")
    person.reads("Type something, or end with ^D.")
    person.answer("User pool", "staff pool")
    person.reads("Error: This should be a user pool id, such as eu-west-1_Ab12Cd34E.")
    person.answer("User pool", "eu-west-1_Nowhere12")
    person.answer("App client", "not-an-id")
    person.reads("Error: This should be an app client id, such as 1example23456789.")
    person.answer("App client", client)
    person.reads("Error: There is no user pool of this id. Compare it with the console.")
    person.answer("User pool [eu-west-1_Nowhere12]", pool)
    person.answer(f"App client [{client}]", "1example23456789abcdefghij")
    person.reads("Error: There is no such app client in the pool's region.")
    asked = [operation for operation, _ in server.calls[asked_so_far:]]
    person.answer(
        "App client [1example23456789abcdefghij]",
        f"{CONSOLE}/{pool}/applications/app-clients/{client}/overview",
    )
    person.reads("The client answers. The password never leaves this program (SRP).")
    person.answer("Keep as [main]", "my pool")
    person.reads("Error: A profile's name is made of letters")
    person.answer("Keep as [main]", "staff")
    person.reads("Kept as the profile staff.")
    assert asked == ["InitiateAuth", "InitiateAuth"], "one harmless call a try"
    person.answer("Username", "ann")
    program.wait_for("Password:")
    program.send(PASSWORD + "\r")
    assert program.wait_exit() == 0
    assert "Signed in as ann." in program.screen_text()
    assert b"\x1b[?1049h" not in program.received
    kept = (tmp_path / "home" / ".config" / "tui-auth" / "config.toml").read_text()
    assert f'user_pool_id = "{pool}"\nclient_id = "{client}"\n' in kept


def test_a_client_with_a_secret_and_another_flow_asks_for_both(
    start: Callable[..., PtyProgram], server: CognitoEmulator, tmp_path: Path
) -> None:
    pool, client, secret = new_pool(server, "ALLOW_USER_PASSWORD_AUTH", secret=True)
    file = tmp_path / "client secret"
    file.write_text(secret)
    file.chmod(0o600)
    program = start("--plain")
    person = Person(program)
    person.answer("User pool", f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{pool}")
    person.answer("App client", client)
    person.reads("This app client does not allow USER_SRP_AUTH. How do people sign in?")
    person.answer("Number", "9")
    person.reads("Error: Type a number from 1 to 4.")
    person.answer("Number", "1")
    person.reads("Error: This app client has a secret. Put it into a file and type that file's path.")
    person.answer("Secret file", str(tmp_path / "gone"))
    person.reads("it cannot be read: No such file or directory.")
    person.answer(f"Secret file [{tmp_path / 'gone'}]", str(file))
    person.reads("The client answers. The password is sent to Cognito.")
    person.answer("Keep as [main]", "")
    person.reads("Kept as the profile main.")
    person.answer("Username", "ann")
    program.wait_for("Password:")
    program.send(PASSWORD + "\r")
    assert program.wait_exit() == 0
    assert secret.encode() not in program.received
    kept = (tmp_path / "home" / ".config" / "tui-auth" / "config.toml").read_text()
    assert f'client_secret_file = "{file}"' in kept
    assert 'auth_flow = "USER_PASSWORD_AUTH"' in kept
    assert secret not in kept


def test_back_asks_for_the_pool_again_and_what_flags_name_need_not_be_typed(
    start: Callable[..., PtyProgram], server: CognitoEmulator
) -> None:
    pool, client, _ = new_pool(server, "ALLOW_USER_SRP_AUTH")
    program = start("--plain", "--user-pool-id", pool)
    person = Person(program)
    person.answer(f"User pool [{pool}]", "")
    person.answer("App client", client)
    person.answer("Keep as [main]", "/back")
    person.answer(f"User pool [{pool}]", "")
    person.answer(f"App client [{client}]", "")
    program.wait_for(partial(_stands, "Keep as [main]: ", 2))
    program.send("\x04")
    assert program.wait_exit() == 6
    assert "Traceback" not in program.screen_text()


def test_the_pool_that_was_typed_and_kept_is_signed_in_to_and_no_other(
    start: Callable[..., PtyProgram], server: CognitoEmulator
) -> None:
    pool, client, _ = new_pool(server, "ALLOW_USER_SRP_AUTH")
    program = start("--plain", "--client-id", "1example23456789abcdefghij", "--username", "ann")
    person = Person(program)
    person.answer("User pool", pool)
    person.answer("App client [1example23456789abcdefghij]", client)
    person.answer("Keep as [main]", "")
    program.wait_for("Password:")
    program.send(PASSWORD + "\r")
    assert program.wait_exit() == 0
    assert "Signed in as ann." in program.screen_text()


def test_a_name_that_is_taken_is_not_offered(
    start: Callable[..., PtyProgram], server: CognitoEmulator, terminal_program: TerminalProgram
) -> None:
    pool, client, _ = new_pool(server, "ALLOW_USER_SRP_AUTH")
    terminal_program.write_config('[profiles.main]\nuser_pool_id = "eu-west-1_Other1"\nclient_id = "c"\n')
    program = start("--plain", "--user-pool-id", pool)
    person = Person(program)
    person.answer(f"User pool [{pool}]", "")
    person.answer("App client", client)
    person.answer("Keep as [main-2]", "main")
    person.reads("Error: There is a profile “main” already. Choose another name.")
    person.answer("Keep as [main-2]", "")
    person.reads("Kept as the profile main-2.")
