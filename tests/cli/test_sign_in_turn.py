"""One sign-in per session key at a time: the second is told of the first, and nobody is locked out."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, flags, private_file
from tests.terminal.pty_program import PtyProgram
from tui_auth.cli import sign_in_turn
from tui_auth.config.resolver import ResolvedPool

Two = Callable[..., AbstractContextManager[tuple[PtyProgram, PtyProgram]]]


@pytest.fixture
def two(terminal_program: TerminalProgram) -> Two:
    """A sign-in that is open, and a second one like it that waits."""

    @contextmanager
    def start(words: tuple[str, ...], stderr: Path | None = None) -> Iterator[tuple[PtyProgram, PtyProgram]]:
        with terminal_program.on_a_terminal(*words) as first:
            first.wait_for("Password:")
            with terminal_program.on_a_terminal(*words, stderr=stderr) as second:
                second.wait_for("Enter goes on here at once")
                yield first, second

    return start


@pytest.fixture
def choice(machine: Machine) -> ResolvedPool:
    """A pool with a user."""
    machine.user()
    return machine.client()


@pytest.fixture
def sign_in(choice: ResolvedPool) -> tuple[str, ...]:
    """The words for a sign-in at line prompts whose session key is known."""
    return ("sign-in", *flags(choice), "--username", "ann", "--plain", "--storage", "file")


def test_the_second_waits_and_takes_what_the_first_began(
    machine: Machine, two: Two, sign_in: tuple[str, ...], choice: ResolvedPool
) -> None:
    with two(sign_in) as (first, second):
        said = second.screen_text().replace("\n", "")
        assert f"of ann to {choice.user_pool_id} is open in process {first.pid}." in said
        first.send(f"{PASSWORD}\r")
        assert first.wait_exit() == 0
        second.wait_for("Signed in as ann by the other one.")
        assert second.wait_exit() == 0
    assert len(machine.sessions.entries()) == 1


def test_enter_goes_on_at_once_whatever_the_other_does(two: Two, sign_in: tuple[str, ...]) -> None:
    with two(sign_in) as (_, second):
        second.press("enter")
        second.wait_for("Password:")
        second.send(f"{PASSWORD}\r")
        assert second.wait_exit() == 0


@pytest.mark.parametrize(("key", "status"), [("ctrl+c", 130), ("ctrl+d", 6)])
def test_who_waits_can_leave(two: Two, sign_in: tuple[str, ...], key: str, status: int) -> None:
    with two(sign_in) as (_, second):
        second.press(key)
        assert second.wait_exit() == status


def test_a_killed_one_locks_nobody_out(two: Two, sign_in: tuple[str, ...]) -> None:
    with two(sign_in) as (first, second):
        first.signal(signal.SIGKILL)
        second.wait_for("Password:")


def test_who_has_sent_stderr_elsewhere_is_told_on_the_terminal(
    machine: Machine, two: Two, sign_in: tuple[str, ...]
) -> None:
    log = machine.home / "log"
    with two(sign_in, stderr=log):
        assert "Waiting for it" in log.read_text()


def test_once_signed_in_the_turn_is_over_though_the_screen_is_open(
    machine: Machine, terminal_program: TerminalProgram, choice: ResolvedPool, tmp_path: Path
) -> None:
    password = private_file(tmp_path / "password", PASSWORD)
    again = ("sign-in", *flags(choice), "--username", "ann", "--storage", "file")
    with terminal_program.on_a_terminal(*again) as first:
        first.wait_for("Password")
        first.send(f"{PASSWORD}\r")
        first.wait_for("Kept in")
        ran = machine.run(*again, "--password-file", str(password))
        assert (ran.returncode, ran.stderr) == (0, "Signed in as ann.\n")


def test_another_user_or_another_client_does_not_wait(
    machine: Machine, terminal_program: TerminalProgram, sign_in: tuple[str, ...], choice: ResolvedPool
) -> None:
    bob = ("sign-in", *flags(choice), "--username", "bob", "--plain")
    elsewhere = ("sign-in", *flags(machine.client()), "--username", "ann", "--plain")
    with terminal_program.on_a_terminal(*sign_in) as first:
        first.wait_for("Password:")
        for other in (bob, elsewhere):
            with terminal_program.on_a_terminal(*other) as second:
                second.wait_for("Password:")
                assert "Another sign-in" not in second.screen_text()


def test_where_nobody_can_press_enter_waiting_has_an_end(
    machine: Machine, choice: ResolvedPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in machine.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sign_in_turn, "NONINTERACTIVE_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr("sys.stderr", said := io.StringIO())
    named = replace(choice, username="ann")
    with sign_in_turn.wait_for_turn(named, machine.sessions, is_noninteractive=True):
        assert said.getvalue() == ""
        with sign_in_turn.wait_for_turn(named, machine.sessions, is_noninteractive=True) as second:
            assert second.other_session is None
    lines = said.getvalue().splitlines()
    assert [line.partition(" is ")[0] for line in lines] == [
        f"tui-auth: Another sign-in of ann to {choice.user_pool_id}",
        "tui-auth: It",
    ]
    assert "Enter" not in lines[0]


def test_without_a_place_for_a_lock_people_still_sign_in(machine: Machine, choice: ResolvedPool) -> None:
    password = private_file(machine.home / "password", PASSWORD)
    ran = machine.run(
        *("sign-in", *flags(choice), "--username", "ann", "--password-file", str(password)),
        environ={"XDG_STATE_HOME": "/proc/no/such/place"},
    )
    assert ran.returncode == 0
    assert "Signed in as ann." in ran.stderr
