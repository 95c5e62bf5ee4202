"""Tests the real program on a terminal at every step of a pool whose every displayed text is hostile."""

from __future__ import annotations

import json

import pytest

from tests.journeys.conftest import SignIn, StartSignIn
from tests.security.faults.hostile_text import HOSTILE, HOSTILE_COLOR, in_displayed_fields
from tests.security.faults.proxy import Exchange, Fault, FaultProxy, Reply
from tests.security.faults.terminal_output import unexpected_output
from tests.steps.table import SCREEN_STEPS
from tui_auth.flow.interface import INTERNAL_ERROR

MARKER = "owned"
HOSTILE_TEXT = MARKER + "".join(
    text for name, text in HOSTILE.items() if not name.startswith("a ") and name != "half a character"
)


def send_hostile_texts(exchange: Exchange) -> None:
    """Send the pool's reply with hostile text wherever a user may see it."""
    reply = in_displayed_fields(HOSTILE_TEXT, json.loads(exchange.reply.body))
    if isinstance(reply.get("ChallengeParameters"), dict):
        reply["ChallengeParameters"] |= {HOSTILE_TEXT: HOSTILE_TEXT, "extra": HOSTILE_TEXT}
    exchange.send(Reply.from_json(reply, exchange.reply.status).http_bytes)


HOSTILE_TEXTS = Fault("hostile texts", send_hostile_texts)
TEXTS_OF_THE_POOL = {"SMS": "Code sent by", "OTP": "Code sent by", "custom challenge": "Answer the challenge"}
"""What is on the screen at steps whose text in the table comes from the pool."""


def problems_in(program: SignIn) -> list[str]:
    """Return unexpected sequences that the terminal received, and internal errors."""
    received = program.received
    return (
        unexpected_output(received)
        + [HOSTILE_COLOR] * (HOSTILE_COLOR.encode() in received)
        + [INTERNAL_ERROR] * (INTERNAL_ERROR in received.decode("utf-8", "replace"))
    )


@pytest.mark.parametrize("name", SCREEN_STEPS)
def test_hostile_pool_controls_no_screen(name: str, sign_in_as: StartSignIn, proxy: FaultProxy) -> None:
    step = SCREEN_STEPS[name]
    proxy.arm(HOSTILE_TEXTS, times=None)
    program = sign_in_as(step.username, "--endpoint-url", proxy.url)
    program.log_in()
    if name == "TOTP set-up":  # a hostile method is offered beside it
        program.wait_for("Set up a second factor")
        program.send("1")
    step.reach(program)
    program.wait_for_text(TEXTS_OF_THE_POOL.get(name, step.text))
    for key in ("f4", "f4", "ctrl+g", "esc"):
        program.press(key)
        program.wait_for(lambda _: True)
    step.answer(program)
    program.wait_gone("Asking Cognito")
    program.press("ctrl+q")
    assert program.wait_exit() in (0, 6)
    assert proxy.hits
    assert problems_in(program) == []


@pytest.mark.parametrize("name", SCREEN_STEPS)
def test_hostile_pool_controls_no_line_prompt(name: str, sign_in_as: StartSignIn, proxy: FaultProxy) -> None:
    step = SCREEN_STEPS[name]
    proxy.arm(HOSTILE_TEXTS, times=None)
    program = sign_in_as(step.username, "--plain", "--endpoint-url", proxy.url, rows=200)
    program.log_in_at_prompts()
    has_choice = name in ("e-mail set-up", "password")
    if has_choice:
        program.wait_for("Number:")
        step.reach(program)
        program.press("enter")
    program.wait_for(lambda _: proxy.hits > 0 and _is_asked(program, has_choice))
    program.press("ctrl+c")
    program.wait_exit()
    assert problems_in(program) == []


def _is_asked(program: SignIn, has_choice: bool) -> bool:
    """Return whether a prompt of the step waits for an answer."""
    lines = program.screen_text().rstrip().splitlines()
    answered = ("Username:", *(["Password:"] * program._has_password), *(["Number:"] * has_choice))
    return lines[-1].rstrip().endswith(":") and not lines[-1].startswith(answered)
