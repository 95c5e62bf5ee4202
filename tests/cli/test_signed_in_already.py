"""A sign-in while there is a valid session: say so, and continue, sign in again or take another user."""

from __future__ import annotations

import pytest

from tests.pilot import press, screen_text, until
from tests.plain.typist import Typist
from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags, write_private_file
from tests.terminal.pty_program import PtyProgram
from tui_auth.config.resolver import ResolvedPool
from tui_auth.exit_codes import ExitCode
from tui_auth.first_run_app import SignedInApp
from tui_auth.flow.signed_in import SignedInAction
from tui_auth.plain.first_run import ask_about_session
from tui_auth.screens.help import HelpScreen
from tui_auth.session.record import SessionRecord

QUESTION = "You are already signed in as ann."


@pytest.fixture
def choice(machine: Machine) -> ResolvedPool:
    """Return an app client to which ann is signed in."""
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user())
    return choice


@pytest.fixture
def record(machine: Machine, choice: ResolvedPool) -> SessionRecord:
    """Return ann's session."""
    return machine.find_session().record


@pytest.mark.parametrize(
    ("keys", "action"),
    [
        (("enter",), SignedInAction.CONTINUE),
        (("1",), SignedInAction.CONTINUE),
        (("down", "enter"), SignedInAction.SIGN_IN_AGAIN),
        (("3",), SignedInAction.OTHER_USER),
    ],
)
async def test_screen_returns_the_action(
    record: SessionRecord, keys: tuple[str, ...], action: SignedInAction
) -> None:
    app = SignedInApp(record, theme="tui-auth-dark", environment_badge="TEST ENDPOINT")
    async with app.run_test(size=(80, 23)) as pilot:
        await until(pilot, lambda: QUESTION in screen_text(app))
        shown = screen_text(app)
        for text in ("Continue as ann", "Sign in again", "Sign in as another user", "TEST ENDPOINT"):
            assert text in shown
        await press(pilot, *keys)
    assert app.return_value is action


async def test_screen_has_help_and_can_be_left(record: SessionRecord) -> None:
    app = SignedInApp(record, theme="tui-auth-dark")
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert "the new session replaces" in screen_text(app)
        await press(pilot, "escape")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))
        await press(pilot, "ctrl+q")
    assert (app.return_value, app.return_code) == (None, ExitCode.CANCELED)


def test_line_prompts_ask_for_a_number(record: SessionRecord) -> None:
    lines = Typist("", "/back", "4", "2")
    assert ask_about_session(lines, record) is SignedInAction.SIGN_IN_AGAIN
    assert lines.printed[:4] == [
        QUESTION,
        "1 Continue as ann",
        "2 Sign in again",
        "3 Sign in as another user",
    ]
    assert "This is the first prompt." in lines.text
    assert "Error: Type a number from 1 to 3." in lines.text


def start(program: TerminalProgram, choice: ResolvedPool, *arguments: str) -> PtyProgram:
    return program.on_a_terminal(*pool_flags(choice), *arguments)


@pytest.mark.parametrize("flags", [(), ("--plain",)], ids=["full screen", "line prompts"])
@pytest.mark.parametrize("aged", [0, 4000], ids=["valid", "expired"])
def test_continuing_needs_no_password(
    machine: Machine, terminal_program: TerminalProgram, flags: tuple[str, ...], aged: float
) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user(), aged=aged)
    with start(terminal_program, choice, *flags) as program:
        program.wait_for(QUESTION)
        program.send("1\r" if flags else "1")
        assert program.wait_exit() == 0
        assert "Signed in as ann." in program.screen_text()
    assert not [call for call in machine.get_calls("InitiateAuth") if call["AuthFlow"] == "USER_SRP_AUTH"][1:]
    assert machine.run("token").returncode == 0


def test_signing_in_again_fills_in_the_user(
    machine: Machine, terminal_program: TerminalProgram, choice: ResolvedPool
) -> None:
    before = machine.find_session().record
    with start(terminal_program, choice, "--plain", "--storage", "file") as program:
        program.wait_for(QUESTION)
        program.send("2\r")
        program.wait_for("Username: ann")
        program.wait_for("Password:")
        program.send(f"{PASSWORD}\r")
        assert program.wait_exit() == 0
    assert machine.find_session().record.signed_in_at > before.signed_in_at


def test_another_user_is_asked_for_in_full_screen(
    machine: Machine, terminal_program: TerminalProgram, choice: ResolvedPool
) -> None:
    machine.create_user("bob")
    with start(terminal_program, choice, "--storage", "file") as program:
        program.wait_for(QUESTION)
        program.send("3")
        program.wait_for("Username")
        program.send(f"bob\r{PASSWORD}\r")
        program.wait_for("Signed in as bob")
        program.press("ctrl+q")
        assert program.wait_exit() == 0
    assert {entry.username for entry in machine.sessions.entries()} == {"ann", "bob"}


def test_session_that_cognito_has_ended_leads_to_the_sign_in(
    machine: Machine, terminal_program: TerminalProgram
) -> None:
    choice = machine.create_client()
    session = machine.sign_in(choice, machine.create_user(), aged=4000)
    machine.server.call("AdminUserGlobalSignOut", {"UserPoolId": machine.user_pool_id, "Username": "ann"})
    assert session.record.refresh_token
    with start(terminal_program, choice, "--plain") as program:
        program.wait_for(QUESTION)
        program.send("1\r")
        program.wait_for("Username: ann")
        program.press("ctrl+d")
        assert program.wait_exit() == 6


def test_leaving_the_question_keeps_the_session(
    machine: Machine, terminal_program: TerminalProgram, choice: ResolvedPool
) -> None:
    for flags, key in (((), "ctrl+q"), (("--plain",), "ctrl+d")):
        with start(terminal_program, choice, *flags) as program:
            program.wait_for(QUESTION)
            program.press(key)
            assert program.wait_exit() == 6
            assert program.attributes() == program.attributes_before
    assert machine.run("token").returncode == 0


def test_user_on_the_command_line_is_signed_in_without_a_question(
    machine: Machine, terminal_program: TerminalProgram, choice: ResolvedPool
) -> None:
    with start(terminal_program, choice, "--plain", "--username", "ann") as program:
        program.wait_for("Password:")
        assert QUESTION not in program.screen_text()
    password = write_private_file(machine.home / "password", PASSWORD)
    result = machine.run(*pool_flags(choice), "--username", "ann", "--password-file", str(password))
    assert result.returncode == 0
    assert QUESTION not in result.stderr
