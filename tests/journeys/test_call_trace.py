"""The call trace of a real sign-in: as a screen over each step, and as a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import StartSignIn


def test_f4_toggles_the_call_trace(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam")
    program.wait_for("Username")
    program.press("f4")
    program.wait_for("no request yet")
    program.press("escape")
    program.log_in()
    program.wait_for("Code sent by SMS")
    program.press("f4")
    program.wait_for("= ConfirmSignInWithSMSMFACode")
    assert "SRP_A=…" in program.screen_text()
    program.press("f4")
    program.wait_for(lambda p: "SRP_A" not in p.screen_text())
    program.enter(program.newest_code())
    program.wait_for("Signed in as sam")


def test_trace_file_has_one_line_per_call_and_no_input(sign_in_as: StartSignIn, tmp_path: Path) -> None:
    trace = tmp_path / "trace.txt"
    program = sign_in_as("sam", "--trace", str(trace))
    program.log_in()
    program.wait_for("Code sent by SMS")
    program.enter("000000")
    program.wait_for(WRONG_CODE)
    code = program.newest_code()
    program.enter(code)
    program.wait_for("Signed in as sam")
    lines = [line.partition(" ")[2] for line in trace.read_text().splitlines()]
    assert lines[0].endswith("→ SMS_MFA → ConfirmSignInWithSMSMFACode(+***3321)")
    assert lines[1] == "confirmSignIn → RespondToAuthChallenge → CodeMismatchException"
    assert lines[2] == "confirmSignIn → RespondToAuthChallenge → tokens → Done"
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    for secret in (program.user.password, code, "sam"):
        assert secret not in trace.read_text()


def test_unwritable_trace_file_is_reported_first(sign_in_as: StartSignIn, tmp_path: Path) -> None:
    program = sign_in_as("ann", "--trace", str(tmp_path))
    assert program.wait_exit() == 3
    assert "The trace can't be written" in program.screen_text()


def test_full_disk_ends_the_trace_only(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann", "--plain", "--trace", "/dev/full")
    program.log_in_at_prompts()
    program.wait_for("Signed in as ann.")
    assert program.wait_exit() == 0
    assert "internal error" not in program.screen_text()


def test_unread_pipe_is_rejected_as_trace_file(sign_in_as: StartSignIn, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    program = sign_in_as("ann", "--trace", str(tmp_path / "pipe"))
    assert program.wait_exit() == 3
    assert "The trace can't be written" in program.screen_text()
