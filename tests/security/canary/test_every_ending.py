"""Tests that nothing leaks however the program ends: signal, key, lost terminal or crash."""

from __future__ import annotations

import fcntl
import signal
import struct
import termios
from dataclasses import replace
from pathlib import Path

import pytest

from tests.security.canary import canaries
from tests.security.canary.conftest import AssertClean
from tests.security.canary.crashing_program import IN_FULL_SCREEN, IN_LINES
from tests.security.canary.stage import Stage, WatchedSignIn
from tests.steps.screen_reading import scan
from tests.steps.table import SCREEN_STEPS, choose

CRASHING = Path(__file__).with_name("crashing_program.py")
HANDLED_SIGNALS = (
    *(signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV),
    *(signal.SIGUSR1, signal.SIGALRM, signal.SIGXCPU, signal.SIGRTMAX),
)
FATAL_SIGNALS = (signal.SIGKILL,)
"""The signal that no program can handle: its last screen stays on the terminal."""

VISIBLE_ON_SCREEN = {"code": "terminal", "key": "terminal"}
VISIBLE_IN_LINES = dict.fromkeys(("code", "key"), ("terminal", "left on the terminal"))
"""Line prompts stay on the terminal."""


def fill_in_all_secrets(stage: Stage) -> WatchedSignIn:
    """Sign in up to the TOTP set-up: passwords and a code are typed, and a key is shown."""
    program = stage.sign_in("noel")
    program.log_in()
    program.wait_for("Choose a new password")
    program.enter(stage.new_password.text, stage.new_password.text)
    stage.secrets.extend(canaries.totp_key(scan(program).secret))
    program.send(stage.wrong_code.text)
    program.wait_for(stage.wrong_code.text)
    return program


def fill_in_all_secrets_at_prompts(stage: Stage) -> WatchedSignIn:
    """Do the same at line prompts."""
    program = stage.sign_in("noel", "--plain", rows=60)
    program.log_in_at_prompts()
    for prompt in ("New password:", "Repeat password:"):
        program.wait_for(prompt)
        program.enter(stage.new_password.text)
    program.wait_for("Code from the app:")
    key_text = program.screen_text().split("(time-based, TOTP):")[1].split("Account:")[0]
    stage.secrets.extend(canaries.totp_key("".join(key_text.split())))
    program.send(stage.wrong_code.text)
    program.wait_for(stage.wrong_code.text)
    return program


@pytest.mark.parametrize(
    "signal_number", [*HANDLED_SIGNALS, *FATAL_SIGNALS], ids=lambda signal_number: signal_number.name
)
def test_signal_does_not_leak(stage: Stage, assert_clean: AssertClean, signal_number: signal.Signals) -> None:
    program = fill_in_all_secrets(stage)
    program.signal(signal_number)
    assert program.wait_exit() == -signal_number
    assert program.full_screen == (signal_number in FATAL_SIGNALS)
    assert_clean(
        program, allowed_places=VISIBLE_IN_LINES if signal_number in FATAL_SIGNALS else VISIBLE_ON_SCREEN
    )


SECRET_FIELDS = {
    name: SCREEN_STEPS[name]
    for name in (
        *("SMS", "TOTP", "new password", "confirm sign-up", "custom challenge", "unknown step", "OTP"),
        "password",
    )
}
"""The screens with a secret field. The table has only the choices before the last two."""

SECRET_FIELDS |= {
    "TOTP, chosen": replace(
        SCREEN_STEPS["TOTP"], username="mia", reach=choose("Code from an authenticator app")
    ),
    "reset password": replace(
        SCREEN_STEPS["reset password"],
        text="New password",
        reach=choose("I have a code"),
        echoes_input=True,
    ),
}


@pytest.mark.parametrize("name", SECRET_FIELDS)
def test_signal_at_any_secret_field_does_not_leak(stage: Stage, assert_clean: AssertClean, name: str) -> None:
    step, signal_number = (
        SECRET_FIELDS[name],
        HANDLED_SIGNALS[list(SECRET_FIELDS).index(name) % len(HANDLED_SIGNALS)],
    )
    program = stage.sign_in(step.username)
    step.go(program)
    typed = stage.wrong_code.text if step.echoes_input else stage.answer.text
    program.send(typed)
    program.wait_for(typed if step.echoes_input else "•" * len(typed))
    program.signal(signal_number)
    assert program.wait_exit() == -signal_number
    assert not program.full_screen
    assert_clean(program, allowed_places={"code": "terminal"} if step.echoes_input else {})


@pytest.mark.parametrize(
    "signal_number", [*HANDLED_SIGNALS, *FATAL_SIGNALS], ids=lambda signal_number: signal_number.name
)
def test_signal_at_line_prompts_does_not_leak(
    stage: Stage, assert_clean: AssertClean, signal_number: signal.Signals
) -> None:
    program = fill_in_all_secrets_at_prompts(stage)
    program.signal(signal_number)
    assert program.wait_exit() == -signal_number
    assert_clean(program, allowed_places=VISIBLE_IN_LINES)


@pytest.mark.parametrize(("key", "status"), [("ctrl+c", -signal.SIGINT), ("ctrl+q", 6)])
def test_quit_key_does_not_leak(stage: Stage, assert_clean: AssertClean, key: str, status: int) -> None:
    program = fill_in_all_secrets(stage)
    program.press(key)
    assert program.wait_exit() == status
    assert_clean(program, allowed_places=VISIBLE_ON_SCREEN)


@pytest.mark.parametrize("field", ["a password", "a new password", "an answer"])
def test_ctrl_c_in_a_secret_field_quits_without_copying(
    stage: Stage, assert_clean: AssertClean, field: str
) -> None:
    program = stage.sign_in({"a password": "ann", "a new password": "nora", "an answer": "quinn"}[field])
    if field == "a password":
        program.wait_for("Username")
        program.enter("ann")
    else:
        program.log_in()
        program.wait_for("Choose a new password" if field == "a new password" else "Answer")
    typed = stage.answer.text
    program.send(typed)
    program.wait_for("•" * len(typed))
    program.send("\x1b[97;6u")  # select all
    program.press("ctrl+c")
    assert program.wait_exit() == -signal.SIGINT
    assert_clean(program)


def test_lost_terminal_does_not_leak(stage: Stage, assert_clean: AssertClean) -> None:
    program = fill_in_all_secrets(stage)
    program.hang_up()
    assert program.wait_exit() == -signal.SIGHUP
    assert_clean(program, allowed_places=VISIBLE_IN_LINES)  # a closed terminal can't be cleared


def test_revealed_password_is_cleared_from_the_terminal_on_exit(
    stage: Stage, assert_clean: AssertClean
) -> None:
    program = stage.sign_in("ann")
    program.wait_for("Username")
    program.enter("ann")
    program.send(program.user.password)
    program.press("ctrl+t")
    program.wait_for(program.user.password)
    program.signal(signal.SIGTERM)
    assert program.wait_exit() == -signal.SIGTERM
    assert_clean(program, allowed_places={"password": "terminal"})


def test_half_typed_password_does_not_reach_the_shell(stage: Stage, assert_clean: AssertClean) -> None:
    program = stage.sign_in("ann", "--plain")
    program.wait_for("Username:")
    program.enter("ann")
    program.wait_for("Password:")
    program.send(program.user.password)
    program.signal(signal.SIGTERM)
    assert program.wait_exit() == -signal.SIGTERM
    assert pending_input_count(program) == 0
    assert_clean(program)


def pending_input_count(program: WatchedSignIn) -> int:
    """Return how many unread characters the terminal holds, unfinished lines included."""
    terminal = program._program_side
    attributes = termios.tcgetattr(terminal)
    attributes[3] &= ~termios.ICANON
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    (count,) = struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, bytes(4)))
    return int(count)


@pytest.mark.parametrize("flags", [[], ["--plain"], ["--username", "ann", "--password-file"]], ids=str)
def test_core_dumps_are_disabled_while_it_runs(
    stage: Stage, assert_clean: AssertClean, flags: list[str]
) -> None:
    password_file = stage.folder / "password"
    password_file.write_text(stage.password.text)
    program = stage.sign_in("ann", *flags, *([str(password_file)] if "--password-file" in flags else []))
    if flags == ["--plain"]:
        program.log_in_at_prompts()
    elif not flags:
        program.log_in()
        program.wait_for("Stored in")
        program.press("enter")
    assert program.wait_exit() == 0
    assert (stage.spy_folder / "at-the-end").read_text() == "core limit 0, dumpable 0"
    assert_clean(program)


# -- faults ------------------------------------------------------------------------------------------------

EXIT_STATUSES = {
    **dict.fromkeys(("an answer is read", "a group of errors", "a screen is drawn", "after the screen"), 1),
    "a request": 6,
}
EXIT_STATUSES_AT_PROMPTS = {"the conversation": 1, "a request": 130}
"""Exit statuses other than 0. With 6 and 130 the user leaves after the error."""


def wait_for_fault(program: WatchedSignIn) -> int:
    """Wait until the fault shows, and quit if the program goes on."""
    messages = ("tui-auth had an internal error", "Stored in", "Signed in as ann")
    program.wait_for(
        lambda p: (
            p._status is not None or any(message in " ".join(p.screen_text().split()) for message in messages)
        )
    )
    if program._status is None:
        program.press("ctrl+q")
    return program.wait_exit()


@pytest.mark.parametrize("place", IN_FULL_SCREEN)
def test_crash_does_not_leak(stage: Stage, assert_clean: AssertClean, place: str) -> None:
    program = stage.sign_in("ann", script=[CRASHING, place])
    program.log_in()
    assert wait_for_fault(program) == EXIT_STATUSES.get(place, 0)
    assert_clean(program)
    assert (stage.spy_folder / "failed").exists()
    assert not program.full_screen
    assert program.attributes() == program.attributes_before
    assert "cannot sign in" not in (stage.folder / "stderr").read_text()


@pytest.mark.parametrize("place", IN_LINES)
def test_crash_at_line_prompts_does_not_leak(stage: Stage, assert_clean: AssertClean, place: str) -> None:
    program = stage.sign_in("ann", "--plain", script=[CRASHING, place], rows=60)
    program.log_in_at_prompts()
    program.wait_for(lambda p: p._status is not None or "tui-auth had an internal error" in p.screen_text())
    program.press("ctrl+c")
    assert program.wait_exit() == EXIT_STATUSES_AT_PROMPTS.get(place, 0)
    assert_clean(program)
    assert (stage.spy_folder / "failed").exists()
    assert program.attributes() == program.attributes_before
    assert "cannot sign in" not in (stage.folder / "stderr").read_text()
