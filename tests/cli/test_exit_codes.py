"""Every exit status of the session commands, without a terminal and on one.

``status``, ``account`` and ``sign-out`` never sign in, so they can't be canceled (6) or meet an unsupported
step (10). ``sign-out`` without a session succeeds.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from typing import NoReturn

import pytest

from tests.cli.conftest import ExecRecorder
from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags, write_private_file
from tests.terminal.pty_program import PtyProgram
from tui_auth.config.resolver import ResolvedPool
from tui_auth.session.index import IndexFile

AGED = 3590.0
SIGN_IN = ("sign-in",)
COMMANDS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "sign-in": (SIGN_IN, ()),
    "token": (("token",), ()),
    "header": (("header",), ()),
    "exec": (("exec",), ("--", "echo", "ran")),
    "aws-credentials": (("aws-credentials", "--format", "json"), ()),
    "kube-credential": (("kube-credential",), ()),
    "status": (("status", "--online"), ()),
    "account": (("account", "show"), ()),
    "sign-out": (("sign-out",), ()),
}
"""The arguments of each command, before and after those that a case adds."""

NEVER_SIGN_IN = ("status", "account", "sign-out")
SIGNING_IN = [name for name in COMMANDS if name not in NEVER_SIGN_IN]
FAULTS = {
    5: ("UserLambdaValidationException", "not today"),
    8: ("TooManyRequestsException", "Rate exceeded"),
}


def build_arguments(name: str, *added: str) -> list[str]:
    before, after = COMMANDS[name]
    return [*before, *added, *after]


class Case:
    """A machine on which a command exits with a status, and the arguments to add to the command."""

    def __init__(self, machine: Machine, name: str, code: int) -> None:
        self.machine, self.name, self.code = machine, name, code
        self.choice = machine.add_identity_pool(machine.create_client())
        self.user = machine.create_user()
        self.added = [str(argument) for argument in self.prepare()]

    def prepare(self) -> Sequence[str]:
        machine, code = self.machine, self.code
        if code == 2:
            return ["--no-such-flag"]
        if code == 3:
            return ["--profile", "no-such-profile"]
        if code == 4:
            return pool_flags(self.choice)
        if code == 9:
            machine.sign_in(self.choice, self.user)
            machine.state_folder.chmod(0o755)
            return []
        if code == 10 or self.name == "sign-in":
            return self.prepare_sign_in()
        machine.sign_in(self.choice, self.user, aged=0 if code == 0 else AGED)
        if code in FAULTS:
            operation = "RevokeToken" if self.name == "sign-out" else "GetTokensFromRefreshToken"
            machine.server.fail_next(operation, *FAULTS[code])
        if code == 7:
            machine.server.stop()
        return []

    def prepare_sign_in(self) -> Sequence[str]:
        """Prepare a first sign-in with a password file; return its arguments."""
        machine, password = self.machine, "Wrong-horse-9" if self.code == 5 else PASSWORD
        file = write_private_file(machine.home / "password", password)
        if self.code == 10:
            user = {"UserPoolId": machine.user_pool_id, "Username": self.user}
            machine.server.call("AdminSetUserPassword", {**user, "Password": PASSWORD, "Permanent": False})
        if self.code == 8:
            machine.server.fail_next("InitiateAuth", *FAULTS[8])
        if self.code == 7:
            machine.server.stop()
        storage = ("--storage", "file")
        return (*pool_flags(self.choice), "--username", self.user, "--password-file", str(file), *storage)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (name, code)
        for name in COMMANDS
        for code in (0, 2, 3, 4, 5, 7, 8, 9, 10)
        if (code != 10 or name in SIGNING_IN) and (name, code) != ("sign-out", 4)
    ],
)
def test_each_command_exits_with_each_code(
    machine: Machine, replaced: ExecRecorder, name: str, code: int
) -> None:
    case = Case(machine, name, code)
    result = machine.run(*build_arguments(name, *case.added))
    assert result.returncode == code, result.stderr
    if code == 0:
        assert bool(result.stdout) == (name not in ("sign-in", "sign-out", "exec"))
    else:
        assert result.stdout == ""
        message = result.stderr.removeprefix(machine.endpoint_notice)
        assert message.count("\n") == 1
        assert message.startswith(f"tui-auth {name}: " if code == 2 else "tui-auth: ")
    assert replaced.command == (["echo", "ran"] if (name, code) == ("exec", 0) else [])
    is_stored = bool(list(machine.state_folder.glob("?" * 64 + ".json")))
    had_session = (code in (0, 5, 7, 8, 9) and name not in ("sign-in", "sign-out")) or code == 9
    assert is_stored == (had_session or (code, name) == (0, "sign-in"))


@pytest.mark.parametrize("name", COMMANDS)
def test_internal_error_exits_with_1_and_shows_no_value(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())

    def load(file: IndexFile) -> NoReturn:
        raise RuntimeError("a-secret-in-a-message")

    monkeypatch.setattr(IndexFile, "load", load)
    result = machine.run(*build_arguments(name, "--username", "ann"))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("tui-auth: An internal error occurred.\n")
    assert "a-secret" not in result.stderr


Start = Callable[[Sequence[str]], PtyProgram]


@pytest.fixture
def start_on_terminal(terminal_program: TerminalProgram) -> Start:
    """Return a function that starts the program on a terminal, with stdout in a file."""
    home = terminal_program.home

    def start(arguments: Sequence[str]) -> PtyProgram:
        return terminal_program.on_a_terminal(*arguments, folder=home, stdout=home / "out")

    return start


@pytest.mark.parametrize("code", [3, 5, 7, 8, 9])
def test_error_that_a_sign_in_cannot_fix_opens_no_sign_in(
    machine: Machine, start_on_terminal: Start, code: int
) -> None:
    case = Case(machine, "token", code)
    with start_on_terminal(build_arguments("token", *case.added)) as program:
        assert program.wait_exit() == code
        assert program.screen_text().startswith("tui-auth: ")
        assert not program.full_screen
    assert (machine.home / "out").read_text() == ""


@pytest.mark.parametrize("name", SIGNING_IN)
def test_canceling_on_a_terminal_exits_with_6_and_runs_nothing(
    machine: Machine, start_on_terminal: Start, name: str
) -> None:
    with start_on_terminal(build_arguments(name, *pool_flags(machine.create_client()), "--plain")) as program:
        program.wait_for("Username:")
        program.press("ctrl+d")
        assert program.wait_exit() == 6
    assert (machine.home / "out").read_text() == ""


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, signal.SIGTERM) for name in SIGNING_IN] + [("token", signal.SIGHUP), ("token", signal.SIGINT)],
)
def test_signal_during_line_prompts_ends_the_program(
    machine: Machine, start_on_terminal: Start, choice: ResolvedPool, name: str, number: signal.Signals
) -> None:
    with start_on_terminal(build_arguments(name, *pool_flags(choice), "--plain")) as program:
        program.wait_for("Username:")
        program.signal(number)
        assert program.wait_exit() == -number
        assert program.attributes() == program.attributes_before
    assert (machine.home / "out").read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_signal_in_full_screen_ends_the_program(
    start_on_terminal: Start, choice: ResolvedPool, number: signal.Signals
) -> None:
    with start_on_terminal(build_arguments("token", *pool_flags(choice))) as program:
        program.wait_for("Username")
        program.signal(number)
        assert program.wait_exit() == -number
        assert program.attributes() == program.attributes_before
        assert not program.full_screen


@pytest.fixture
def choice(machine: Machine) -> ResolvedPool:
    """Return a new app client."""
    return machine.create_client()


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [("status", 4, "Not signed in."), ("sign-out", 0, "You are already signed out.")],
)
def test_command_that_never_signs_in_opens_no_sign_in(
    start_on_terminal: Start, choice: ResolvedPool, name: str, code: int, message: str
) -> None:
    with start_on_terminal(build_arguments(name, *pool_flags(choice))) as program:
        assert program.wait_exit() == code
        assert program.screen_text().startswith(f"tui-auth: {message}")
