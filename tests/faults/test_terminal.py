"""The real program in a terminal: every fault once, every step at least once, and only its own sequences."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.faults.catalogue import (
    FOREIGN,
    LOST,
    NO_BODY,
    OWN_ERROR,
    REFUSED,
    SAYS,
    SLOW,
    SPOILED,
    UNANSWERED,
    a_share,
)
from tests.faults.hostile import HOSTILE_COLOUR
from tests.faults.proxy import Fault, FaultProxy, Reply
from tests.faults.sequences import strangers_in
from tests.journeys.conftest import SignIn
from tests.steps.table import SCREEN_STEPS, ScreenStep
from tests.terminal.pty_program import PtyProgram
from tui_auth.flow.error_message import INTERNAL_ERROR

Start = Callable[..., SignIn]
Record = Callable[[str, object], None]

STOPPED = "Stopped waiting. What was sent may or may not have arrived."


STEPS = {"sign-in": ScreenStep("ann", "Username", SignIn.log_in), **SCREEN_STEPS}
REPEATS = [fault for fault in UNANSWERED if fault.name in LOST | FOREIGN and fault.name != NO_BODY]
"""Those after which Enter, in whichever field, sends the same again."""

TOLD = [fault for fault in UNANSWERED if fault.name in REFUSED and SAYS[fault.name] != OWN_ERROR]
SEVERAL_FIELDS = ("new password", "reset password")
HEALTHY = Fault(
    "Cognito's own trouble",
    lambda turn: turn.send(Reply.of({"__type": "InternalErrorException", "message": "no"}, 500).wire),
    arrives=False,
)


def share(name: str) -> list[Fault]:
    """The faults that fall to one step; what nothing but a deadline ends comes first."""
    names = list(STEPS)
    one_field = [each for each in names if each not in SEVERAL_FIELDS]
    told = TOLD[one_field.index(name) :: len(one_field)] if name in one_field else []
    repeats = REPEATS[names.index(name) :: len(names)]
    return sorted(repeats, key=lambda fault: fault.name not in SLOW) + told


def test_each_fault_falls_to_a_step() -> None:
    fallen = [fault.name for name in STEPS for fault in share(name)]
    assert sorted(fallen) == sorted(fault.name for fault in REPEATS + TOLD)


def strangers(program: SignIn) -> list[str]:
    """What the terminal received and should not have."""
    received = program.received
    return strangers_in(received) + [HOSTILE_COLOUR] * (HOSTILE_COLOUR.encode() in received)


@pytest.mark.parametrize("name", STEPS)
def test_the_program_lives_through_faults_at_every_step(
    name: str, sign_in_as: Start, proxy: FaultProxy, record_property: Record
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
            program.wait_for(partial(_was_met, proxy, 2 * position + 1))
            if fault.name in SLOW:
                program.press("ctrl+c")
            program.wait_gone(OWN_ERROR)
            program.shows(STOPPED if fault.name in SLOW else SAYS[fault.name] or "✗")
        with proxy.armed(HEALTHY):
            program.press("enter")
            program.shows(OWN_ERROR)
    program.press("enter")
    program.shows(step.leads_to or f"Signed in as {step.username}")
    program.press("ctrl+q")
    program.wait_exit()
    wrong = what_is_wrong(program) + ["a redirect was followed"] * proxy.strangers
    record_property("cases", ("fault matrix, real program in a terminal", "steps", len(faults), len(wrong)))
    assert wrong == []


LIARS = {
    step.username: step.text
    for step in (SCREEN_STEPS[name] for name in ("SMS", "TOTP", "new password", "unknown step"))
}


@pytest.mark.parametrize("username", LIARS)
def test_a_pool_that_lies_writes_nothing_of_its_own_to_the_terminal(
    username: str, sign_in_as: Start, proxy: FaultProxy, record_property: Record
) -> None:
    faults = a_share(SPOILED, username, LIARS)
    program = sign_in_as(username, "--endpoint-url", proxy.url)
    program.log_in()
    for met, fault in enumerate(faults, 1):
        _reached(program)
        _back_to_sign_in(program)
        with proxy.armed(fault, after=1):
            program.enter(program.user.password)
            program.wait_for(partial(_was_met, proxy, met))
            program.wait_for(_has_an_outcome)
        _back_to_sign_in(program)
        program.enter(program.user.password)
    _reached(program)
    program.press("ctrl+q")
    program.wait_exit()
    wrong = what_is_wrong(program)
    record_property("cases", ("fault matrix, real program in a terminal", "steps", len(faults), len(wrong)))
    assert wrong == []


def what_is_wrong(program: SignIn) -> list[str]:
    """Sequences that are not the program's own in what the terminal received, and faults of its own."""
    return strangers(program) + [INTERNAL_ERROR] * (
        INTERNAL_ERROR in program.received.decode("utf-8", "replace")
    )


def _was_met(proxy: FaultProxy, times: int, _: PtyProgram) -> bool:
    return proxy.met >= times


def _reached(program: SignIn) -> None:
    """The honest pool's step stands there, and nothing is left of sign-in."""
    program.wait_for(LIARS[program.user.username])
    program.wait_gone("Forgot")


def _has_an_outcome(program: PtyProgram) -> bool:
    text = program.screen_text()
    return "✗" in text or "Forgot" not in text


def _back_to_sign_in(program: SignIn) -> None:
    """Esc, and again where a code was sent that leaving makes worthless."""
    for _ in range(2):
        if "Forgot" not in program.screen_text():
            program.press("esc")
            program.wait_for(lambda p: "Forgot" in p.screen_text() or "Esc again" in p.screen_text())
    program.wait_for("Forgot")


WAITS_FOR_AN_HOUR = (
    "-c",
    """
import sys
from tui_auth.auth import gateway
gateway.READ_TIMEOUT_SECONDS = gateway.DEADLINE_SECONDS = 3600
from tui_auth.cli import main
raise SystemExit(main(sys.argv[1:]))
""",
)
"""The program with a request that no time limit ends before the test does."""


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
def test_a_quit_does_not_wait_for_a_socket(sign_in_as: Start, proxy: FaultProxy, key: str) -> None:
    proxy.arm(next(fault for fault in UNANSWERED if fault.name == "a socket that stalls"))
    program = sign_in_as("ann", "--endpoint-url", proxy.url, program=WAITS_FOR_AN_HOUR)
    program.log_in()
    program.wait_for(lambda _: proxy.met == 1)
    if key == "ctrl+c":
        program.press(key)
        program.shows(STOPPED)
    program.press(key)
    assert program.wait_exit() == 6
    assert strangers(program) == []


def test_line_prompts_show_nothing_of_what_is_typed_while_cognito_is_asked(
    sign_in_as: Start, proxy: FaultProxy
) -> None:
    proxy.arm(next(fault for fault in UNANSWERED if fault.name == "a socket that stalls"))
    program = sign_in_as("ann", "--plain", "--endpoint-url", proxy.url, program=WAITS_FOR_AN_HOUR)
    program.log_in_by_lines()
    program.wait_for(lambda _: proxy.met == 1)
    program.send("typed-ahead\r")
    program.press("ctrl+c")
    assert program.wait_exit() == 130
    assert b"typed-ahead" not in program.received
    assert program.attributes() == program.attributes_before
