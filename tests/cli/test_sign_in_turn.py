"""One sign-in per session key at a time: the second waits for the first and can't be locked out."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags, write_private_file
from tests.terminal.pty_program import PtyProgram
from tui_auth.cli import sign_in_turn
from tui_auth.config.resolver import ResolvedPool

StartTwoSignIns = Callable[..., AbstractContextManager[tuple[PtyProgram, PtyProgram]]]


@pytest.fixture
def two_sign_ins(terminal_program: TerminalProgram) -> StartTwoSignIns:
    """Return a function that starts a sign-in and a second one that waits for it."""

    @contextmanager
    def start(
        arguments: tuple[str, ...], stderr: Path | None = None
    ) -> Iterator[tuple[PtyProgram, PtyProgram]]:
        with terminal_program.on_a_terminal(*arguments) as first:
            first.wait_for("Password:")
            with terminal_program.on_a_terminal(*arguments, stderr=stderr) as second:
                second.wait_for("press Enter to continue here now")
                yield first, second

    return start


@pytest.fixture
def choice(machine: Machine) -> ResolvedPool:
    """Return a pool with the user ann."""
    machine.create_user()
    return machine.create_client()


@pytest.fixture
def sign_in(choice: ResolvedPool) -> tuple[str, ...]:
    """Return the arguments of a sign-in in line prompts with a known session key."""
    return ("sign-in", *pool_flags(choice), "--username", "ann", "--plain", "--storage", "file")


def test_second_sign_in_waits_and_uses_the_first_session(
    machine: Machine, two_sign_ins: StartTwoSignIns, sign_in: tuple[str, ...], choice: ResolvedPool
) -> None:
    with two_sign_ins(sign_in) as (first, second):
        stderr_text = second.screen_text().replace("\n", "")
        assert f"of ann to {choice.user_pool_id} is open in process {first.pid}." in stderr_text
        first.send(f"{PASSWORD}\r")
        assert first.wait_exit() == 0
        second.wait_for("The other sign-in has signed you in as ann.")
        assert second.wait_exit() == 0
    assert len(machine.sessions.entries()) == 1


def test_enter_stops_waiting_at_once(two_sign_ins: StartTwoSignIns, sign_in: tuple[str, ...]) -> None:
    with two_sign_ins(sign_in) as (_, second):
        second.press("enter")
        second.wait_for("Password:")
        second.send(f"{PASSWORD}\r")
        assert second.wait_exit() == 0


@pytest.mark.parametrize(("key", "status"), [("ctrl+c", -signal.SIGINT), ("ctrl+d", 6)])
def test_waiting_sign_in_can_be_canceled(
    two_sign_ins: StartTwoSignIns, sign_in: tuple[str, ...], key: str, status: int
) -> None:
    with two_sign_ins(sign_in) as (_, second):
        second.press(key)
        assert second.wait_exit() == status


def test_killed_sign_in_releases_the_lock(two_sign_ins: StartTwoSignIns, sign_in: tuple[str, ...]) -> None:
    with two_sign_ins(sign_in) as (first, second):
        first.signal(signal.SIGKILL)
        second.wait_for("Password:")


def test_wait_is_also_shown_on_the_terminal_if_stderr_is_redirected(
    machine: Machine, two_sign_ins: StartTwoSignIns, sign_in: tuple[str, ...]
) -> None:
    log = machine.home / "log"
    with two_sign_ins(sign_in, stderr=log):
        assert "Waiting for it" in log.read_text()


def test_lock_is_released_at_done_while_the_screen_is_open(
    machine: Machine, terminal_program: TerminalProgram, choice: ResolvedPool, tmp_path: Path
) -> None:
    password = write_private_file(tmp_path / "password", PASSWORD)
    arguments = ("sign-in", *pool_flags(choice), "--username", "ann", "--storage", "file")
    with terminal_program.on_a_terminal(*arguments) as first:
        first.wait_for("Password")
        first.send(f"{PASSWORD}\r")
        first.wait_for("Stored in")
        ran = machine.run(*arguments, "--password-file", str(password))
        assert (ran.returncode, ran.stderr) == (0, f"{machine.endpoint_notice}Signed in as ann.\n")


def test_other_user_or_client_does_not_wait(
    machine: Machine, terminal_program: TerminalProgram, sign_in: tuple[str, ...], choice: ResolvedPool
) -> None:
    bob = ("sign-in", *pool_flags(choice), "--username", "bob", "--plain")
    elsewhere = ("sign-in", *pool_flags(machine.create_client()), "--username", "ann", "--plain")
    with terminal_program.on_a_terminal(*sign_in) as first:
        first.wait_for("Password:")
        for other in (bob, elsewhere):
            with terminal_program.on_a_terminal(*other) as second:
                second.wait_for("Password:")
                assert "Another sign-in" not in second.screen_text()


def test_noninteractive_wait_times_out(
    machine: Machine, choice: ResolvedPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in machine.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sign_in_turn, "NONINTERACTIVE_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr("sys.stderr", stderr := io.StringIO())
    choice_of_ann = replace(choice, username="ann")
    with sign_in_turn.wait_for_turn(choice_of_ann, machine.sessions, is_noninteractive=True):
        assert stderr.getvalue() == ""
        with sign_in_turn.wait_for_turn(choice_of_ann, machine.sessions, is_noninteractive=True) as second:
            assert second.other_session is None
    lines = stderr.getvalue().splitlines()
    assert [line.partition(" is ")[0] for line in lines] == [
        f"tui-auth: Another sign-in of ann to {choice.user_pool_id}",
        "tui-auth: It",
    ]
    assert "Enter" not in lines[0]


def test_sign_in_works_without_a_lock_folder(machine: Machine, choice: ResolvedPool) -> None:
    password = write_private_file(machine.home / "password", PASSWORD)
    ran = machine.run(
        *("sign-in", *pool_flags(choice), "--username", "ann", "--password-file", str(password)),
        environ={"XDG_STATE_HOME": "/proc/no/such/place"},
    )
    assert ran.returncode == 0
    assert "Signed in as ann." in ran.stderr
