"""Every exit status that a session's command can give, without a terminal and on one.

``status`` and ``sign-out``, which never sign in, cannot be cancelled (6), nor meet a step (10).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from typing import NoReturn

import pytest

from tests.cli.conftest import Replacement
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
    "sign-out": (("sign-out",), ()),
}
"""Each command's words before and after those that a case adds."""

NEVER_SIGN_IN = ("status", "sign-out")
SIGNING_IN = [name for name in COMMANDS if name not in NEVER_SIGN_IN]
FAULTS = {
    5: ("UserLambdaValidationException", "not today"),
    8: ("TooManyRequestsException", "Rate exceeded"),
}


def words(name: str, *added: str) -> list[str]:
    before, after = COMMANDS[name]
    return [*before, *added, *after]


class Case:
    """A machine in the state that leads a command to an exit status, and the words to add for it."""

    def __init__(self, machine: Machine, name: str, code: int) -> None:
        self.machine, self.name, self.code = machine, name, code
        self.choice = machine.add_identity_pool(machine.create_client())
        self.user = machine.create_user()
        self.added = [str(word) for word in self.prepare()]

    def prepare(self) -> Sequence[str]:
        machine, code = self.machine, self.code
        if code == 2:
            return ["--no-such-flag"]
        if code == 3:
            return ["--profile", "nobody-made-it"]
        if code == 4:
            return pool_flags(self.choice)
        if code == 9:
            machine.sign_in(self.choice, self.user)
            machine.state_folder.chmod(0o755)
            return []
        if code == 10 or self.name == "sign-in":
            return self.signing_in()
        machine.sign_in(self.choice, self.user, aged=0 if code == 0 else AGED)
        if code in FAULTS:
            operation = "RevokeToken" if self.name == "sign-out" else "GetTokensFromRefreshToken"
            machine.server.fail_next(operation, *FAULTS[code])
        if code == 7:
            machine.server.stop()
        return []

    def signing_in(self) -> Sequence[str]:
        """A first sign-in, with its password in a file."""
        machine, password = self.machine, "Wrong-horse-9" if self.code == 5 else PASSWORD
        file = write_private_file(machine.home / "password", password)
        if self.code == 10:
            named = {"UserPoolId": machine.user_pool_id, "Username": self.user}
            machine.server.call("AdminSetUserPassword", {**named, "Password": PASSWORD, "Permanent": False})
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
        if code != 10 or name in SIGNING_IN
    ],
)
def test_each_command_exits_with_each_code(
    machine: Machine, replaced: Replacement, name: str, code: int
) -> None:
    case = Case(machine, name, code)
    ran = machine.run(*words(name, *case.added))
    assert ran.returncode == code, ran.stderr
    if code == 0:
        assert bool(ran.stdout) == (name not in ("sign-in", "sign-out", "exec"))
    else:
        assert ran.stdout == ""
        assert ran.stderr.count("\n") == 1
        assert ran.stderr.startswith(f"tui-auth {name}: " if code == 2 else "tui-auth: ")
    assert replaced.command == (["echo", "ran"] if (name, code) == ("exec", 0) else [])
    is_kept = bool(list(machine.state_folder.glob("?" * 64 + ".json")))
    began = (code in (0, 5, 7, 8, 9) and name not in ("sign-in", "sign-out")) or code == 9
    assert is_kept == (began or (code, name) == (0, "sign-in"))


@pytest.mark.parametrize("name", COMMANDS)
def test_an_internal_error_is_1_and_shows_no_value(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())

    def load(file: IndexFile) -> NoReturn:
        raise RuntimeError("a-secret-in-a-message")

    monkeypatch.setattr(IndexFile, "load", load)
    ran = machine.run(*words(name, "--username", "ann"))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("tui-auth: Something went wrong in tui-auth itself.\n")
    assert "a-secret" not in ran.stderr


Start = Callable[[Sequence[str]], PtyProgram]


@pytest.fixture
def on_a_terminal(terminal_program: TerminalProgram) -> Start:
    """Starts the program on a terminal, with stdout in a file."""
    home = terminal_program.home

    def start(arguments: Sequence[str]) -> PtyProgram:
        return terminal_program.on_a_terminal(*arguments, folder=home, stdout=home / "out")

    return start


@pytest.mark.parametrize("code", [3, 5, 7, 8, 9])
def test_on_a_terminal_an_error_that_a_sign_in_does_not_cure_opens_none(
    machine: Machine, on_a_terminal: Start, code: int
) -> None:
    case = Case(machine, "token", code)
    with on_a_terminal(words("token", *case.added)) as program:
        assert program.wait_exit() == code
        assert program.screen_text().startswith("tui-auth: ")
        assert not program.full_screen
    assert (machine.home / "out").read_text() == ""


@pytest.mark.parametrize("name", SIGNING_IN)
def test_on_a_terminal_leaving_is_6_and_prints_and_runs_nothing(
    machine: Machine, on_a_terminal: Start, name: str
) -> None:
    with on_a_terminal(words(name, *pool_flags(machine.create_client()), "--plain")) as program:
        program.wait_for("Username:")
        program.press("ctrl+d")
        assert program.wait_exit() == 6
    assert (machine.home / "out").read_text() == ""


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, signal.SIGTERM) for name in SIGNING_IN] + [("token", signal.SIGHUP), ("token", signal.SIGINT)],
)
def test_on_a_terminal_a_signal_is_128_and_its_number(
    machine: Machine, on_a_terminal: Start, choice: ResolvedPool, name: str, number: signal.Signals
) -> None:
    with on_a_terminal(words(name, *pool_flags(choice), "--plain")) as program:
        program.wait_for("Username:")
        program.signal(number)
        assert program.wait_exit() == 128 + number
        assert program.attributes() == program.attributes_before
    assert (machine.home / "out").read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_in_full_screen_the_codes_are_the_same(
    on_a_terminal: Start, choice: ResolvedPool, number: signal.Signals
) -> None:
    with on_a_terminal(words("token", *pool_flags(choice))) as program:
        program.wait_for("Username")
        program.signal(number)
        assert program.wait_exit() == 128 + number
        assert program.attributes() == program.attributes_before
        assert not program.full_screen


@pytest.fixture
def choice(machine: Machine) -> ResolvedPool:
    """An app client."""
    return machine.create_client()


@pytest.mark.parametrize("name", NEVER_SIGN_IN)
def test_a_command_that_never_signs_in_is_4_on_a_terminal_too(
    on_a_terminal: Start, choice: ResolvedPool, name: str
) -> None:
    with on_a_terminal(words(name, *pool_flags(choice))) as program:
        assert program.wait_exit() == 4
        assert program.screen_text().startswith("tui-auth: Not signed in.")
