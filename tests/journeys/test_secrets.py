"""What is typed stays out of everything but the pool: screens, logs, files, arguments, copies."""

from __future__ import annotations

import base64
import signal
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest

from tests.journeys.conftest import SignIn

Start = Callable[..., SignIn]
CANARY = "Canary-Pass-9!xyz"


def files_with(folder: Path, text: str) -> list[Path]:
    """The files below a folder that hold the text."""
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    "variables",
    [
        {"TEXTUAL_LOG": "textual.log"},
        {"TEXTUAL": "devtools,debug"},
        {"TEXTUAL_DEBUG": "1", "PYTHONFAULTHANDLER": "1", "PYTHONWARNINGS": "default"},
        {"AWS_ACCESS_KEY_ID": "AKIACANARY", "AWS_PROFILE": "missing", "BOTO_DEBUG": "1"},
    ],
)
def test_a_password_is_in_no_log_no_file_and_not_on_the_screen(
    sign_in_as: Start, tmp_path: Path, variables: dict[str, str]
) -> None:
    if "TEXTUAL_LOG" in variables:
        variables = {"TEXTUAL_LOG": str(tmp_path / "textual.log")}
    program = sign_in_as("ann", **variables)
    program.wait_for("Username")
    program.enter("ann", CANARY)
    program.wait_for("Incorrect username or password.")
    program.press("ctrl+x", "ctrl+q")
    assert program.wait_exit() == 6
    assert CANARY.encode() not in program.received
    assert not files_with(tmp_path, CANARY)
    assert not (tmp_path / "textual.log").exists()
    assert CANARY not in str(program.server.calls), "with SRP the password is not sent"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_the_terminal_as_it_was_found(
    sign_in_as: Start, number: signal.Signals, status: int
) -> None:
    program = sign_in_as("ann")
    program.wait_for("Username")
    program.enter("ann")
    program.send(CANARY)
    program.wait_for("••••")
    program.signal(number)
    assert program.wait_exit() == status
    assert not program.full_screen
    assert program.attributes() == program.attributes_before
    assert CANARY.encode() not in program.received


def copied(program: SignIn) -> str:
    """What the terminal was asked to put into its clipboard last."""
    return base64.b64decode(program.emulator.clipboard[-1]).decode()


def test_the_set_up_key_is_copied_and_then_the_uri(sign_in_as: Start) -> None:
    program = sign_in_as("tess", SSH_CONNECTION="1 2 3 4")
    program.log_in()
    program.wait_for("2 Enter the code the app shows")
    program.press("ctrl+y")
    program.shows("The key was sent to your terminal's clipboard")
    key = copied(program)
    assert pyotp.TOTP(key).now(), "a base32 key"
    program.press("ctrl+y")
    program.shows("The set-up URI was sent to your terminal's clipboard")
    assert copied(program).startswith("otpauth://totp/")
    assert key in copied(program)


def test_quitting_does_not_wait_for_a_server_that_never_answers(sign_in_as: Start) -> None:
    program = sign_in_as("sam")
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    with program.server.state.lock:  # the pool cannot answer while somebody holds its state
        program.enter("123456")
        program.wait_for("Asking Cognito")
        program.press("ctrl+q")
        assert program.wait_exit(timeout=10) == 6
