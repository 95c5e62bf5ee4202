"""Tests the real program on a terminal: every fault once, every step at least once."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pytest

from tests.journeys.conftest import SignIn, StartSignIn
from tests.security.faults.catalog import (
    ERRORS,
    FAULTS_IN_REPLY,
    FAULTS_WITHOUT_REPLY,
    FOREIGN_REPLIES,
    LOST_REPLIES,
    MESSAGES,
    NO_BODY,
    OWN_ERROR,
    SLOW_FAULTS,
    fault_share,
)
from tests.security.faults.conftest import RecordProperty
from tests.security.faults.hostile_text import HOSTILE_COLOR
from tests.security.faults.proxy import Fault, FaultProxy, Reply
from tests.security.faults.terminal_output import unexpected_output
from tests.steps.table import SCREEN_STEPS, ScreenStep
from tests.terminal.pty_program import PtyProgram
from tui_auth.flow.interface import INTERNAL_ERROR

STOPPED = "Stopped waiting. The request may or may not have arrived."
STEPS = {"sign-in": ScreenStep("ann", "Username", SignIn.log_in), **SCREEN_STEPS}
RETRYABLE_FAULTS = [
    fault
    for fault in FAULTS_WITHOUT_REPLY
    if fault.name in LOST_REPLIES | FOREIGN_REPLIES and fault.name != NO_BODY
]
"""The faults after which Enter in any field sends the same request again."""

ERROR_FAULTS = [
    fault for fault in FAULTS_WITHOUT_REPLY if fault.name in ERRORS and MESSAGES[fault.name] != OWN_ERROR
]
SEVERAL_FIELDS = ("new password", "reset password")
COGNITO_ERROR = Fault(
    "Cognito's own error",
    lambda exchange: exchange.send(
        Reply.from_json({"__type": "InternalErrorException", "message": "no"}, 500).http_bytes
    ),
    is_forwarded=False,
)


def share(name: str) -> list[Fault]:
    """Return the faults of one step, slow ones first."""
    names = list(STEPS)
    one_field = [name for name in names if name not in SEVERAL_FIELDS]
    errors = ERROR_FAULTS[one_field.index(name) :: len(one_field)] if name in one_field else []
    retryable = RETRYABLE_FAULTS[names.index(name) :: len(names)]
    return sorted(retryable, key=lambda fault: fault.name not in SLOW_FAULTS) + errors


def test_every_fault_is_assigned_to_a_step() -> None:
    assigned = [fault.name for name in STEPS for fault in share(name)]
    assert sorted(assigned) == sorted(fault.name for fault in RETRYABLE_FAULTS + ERROR_FAULTS)


def unexpected_sequences(program: SignIn) -> list[str]:
    """Return the unexpected sequences in the terminal's output."""
    received = program.received
    return unexpected_output(received) + [HOSTILE_COLOR] * (HOSTILE_COLOR.encode() in received)


@pytest.mark.parametrize("name", STEPS)
def test_program_survives_faults_at_every_step(
    name: str, sign_in_as: StartSignIn, proxy: FaultProxy, record_property: RecordProperty
) -> None:
    step = STEPS[name]
    program = sign_in_as(step.username, "--endpoint-url", proxy.url)
    program.wait_for("Username")
    if name != "sign-in":
        step.go(program)
    faults = share(name)
    for position, fault in enumerate(faults):
        with proxy.armed(fault):
            step.answer(program) if position == 0 else program.press("enter")
            program.wait_for(partial(_has_hits, proxy, 2 * position + 1))
            if fault.name in SLOW_FAULTS:
                program.press("ctrl+c")
            program.wait_gone(OWN_ERROR)
            program.wait_for_text(STOPPED if fault.name in SLOW_FAULTS else MESSAGES[fault.name] or "✗")
        with proxy.armed(COGNITO_ERROR):
            program.press("enter")
            program.wait_for_text(OWN_ERROR)
    program.press("enter")
    program.wait_for_text(step.next_text or f"Signed in as {step.username}")
    program.press("ctrl+q")
    program.wait_exit()
    problems = problems_in(program) + ["a redirect was followed"] * proxy.redirected_connections
    record_property(
        "cases", ("fault matrix, real program in a terminal", "steps", len(faults), len(problems))
    )
    assert problems == []


HOSTILE_POOL_STEPS = {
    step.username: step.text
    for step in (SCREEN_STEPS[name] for name in ("SMS", "TOTP", "new password", "unknown step"))
}


@pytest.mark.parametrize("username", HOSTILE_POOL_STEPS)
def test_hostile_pool_writes_no_escape_sequences(
    username: str, sign_in_as: StartSignIn, proxy: FaultProxy, record_property: RecordProperty
) -> None:
    faults = fault_share(FAULTS_IN_REPLY, username, HOSTILE_POOL_STEPS)
    program = sign_in_as(username, "--endpoint-url", proxy.url)
    program.log_in()
    for expected_hits, fault in enumerate(faults, 1):
        _wait_for_step(program)
        _back_to_sign_in(program)
        with proxy.armed(fault, after=1):
            program.enter(program.user.password)
            program.wait_for(partial(_has_hits, proxy, expected_hits))
            program.wait_for(_has_an_outcome)
        _back_to_sign_in(program)
        program.enter(program.user.password)
    _wait_for_step(program)
    program.press("ctrl+q")
    program.wait_exit()
    problems = problems_in(program)
    record_property(
        "cases", ("fault matrix, real program in a terminal", "steps", len(faults), len(problems))
    )
    assert problems == []


def problems_in(program: SignIn) -> list[str]:
    """Return the unexpected sequences in the terminal's output, and internal errors."""
    return unexpected_sequences(program) + [INTERNAL_ERROR] * (
        INTERNAL_ERROR in program.received.decode("utf-8", "replace")
    )


def _has_hits(proxy: FaultProxy, times: int, _: PtyProgram) -> bool:
    return proxy.hits >= times


def _wait_for_step(program: SignIn) -> None:
    """Wait until the step is shown and the first screen is gone."""
    program.wait_for(HOSTILE_POOL_STEPS[program.user.username])
    program.wait_gone("Forgot")


def _has_an_outcome(program: PtyProgram) -> bool:
    text = program.screen_text()
    return "✗" in text or "Forgot" not in text


def _back_to_sign_in(program: SignIn) -> None:
    """Press Esc until sign-in is shown: once, again if the program asks, and again if the key came too early.

    A key that arrives while a request is in flight or a screen is replaced is meant for the old screen.
    """

    def was_taken(_: PtyProgram) -> bool:
        text = program.screen_text()
        return "Forgot" in text or "Esc again" in text

    for _ in range(12):
        if "Forgot" not in program.screen_text():
            program.press("esc")
            with suppress(AssertionError):
                program.wait_for(was_taken, timeout=5)
    program.wait_for("Forgot")


PROGRAM_WITHOUT_TIMEOUT = (
    "-c",
    """
import sys
from tui_auth.auth import gateway
gateway.READ_TIMEOUT_SECONDS = gateway.DEADLINE_SECONDS = 3600
from tui_auth.cli.main import main
raise SystemExit(main(sys.argv[1:]))
""",
)
"""The program with a request deadline longer than the test."""


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
def test_quit_does_not_wait_for_a_socket(sign_in_as: StartSignIn, proxy: FaultProxy, key: str) -> None:
    proxy.arm(next(fault for fault in FAULTS_WITHOUT_REPLY if fault.name == "a socket that stalls"))
    program = sign_in_as("ann", "--endpoint-url", proxy.url, program=PROGRAM_WITHOUT_TIMEOUT)
    program.log_in()
    program.wait_for(lambda _: proxy.hits == 1)
    if key == "ctrl+c":
        program.press(key)
        program.wait_for_text(STOPPED)
    program.press(key)
    assert program.wait_exit() == (130 if key == "ctrl+c" else 6)
    assert unexpected_sequences(program) == []


def test_keys_typed_during_a_request_are_not_echoed(sign_in_as: StartSignIn, proxy: FaultProxy) -> None:
    proxy.arm(next(fault for fault in FAULTS_WITHOUT_REPLY if fault.name == "a socket that stalls"))
    program = sign_in_as("ann", "--plain", "--endpoint-url", proxy.url, program=PROGRAM_WITHOUT_TIMEOUT)
    program.log_in_at_prompts()
    program.wait_for(lambda _: proxy.hits == 1)
    program.send("typed-ahead\r")
    program.press("ctrl+c")
    assert program.wait_exit() == 130
    assert b"typed-ahead" not in program.received
    assert program.attributes() == program.attributes_before
