"""Lockout and throttling: the wait counts down, and nothing is retried automatically."""

from __future__ import annotations

import re

import pytest

from tests.error_texts import LIMIT_REACHED, LOCKED, TOO_MANY_REQUESTS
from tests.journeys.conftest import SignIn, StartSignIn

SECONDS_LEFT = [f"Try again in {seconds} s." for seconds in (5, 4, 3, 2, 1)]


def wait_for_countdown(program: SignIn) -> None:
    """Wait until the countdown has shown a number and then a smaller one."""
    countdown_lines: list[str] = []

    def is_smaller(_: object) -> bool:
        countdown_lines.extend(line for line in SECONDS_LEFT if line in program.screen_text())
        return bool(countdown_lines) and SECONDS_LEFT.index(countdown_lines[-1]) > SECONDS_LEFT.index(
            countdown_lines[0]
        )

    program.wait_for(is_smaller)


def test_lockout_counts_down_without_retrying(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann")
    program.wait_for("Username")
    program.enter("ann")
    for failures in range(1, 6):
        program.enter_and_wait_for_reply(f"not-this-{failures}")
        program.wait_for("Incorrect username or password.")
        program.press("ctrl+u")
    # More failures from elsewhere: the user is now locked out for two minutes.
    for _ in range(7):
        program.server.state.lockout.record_failure(program.user.user_pool_id, "ann")
    program.enter(program.user.password)
    program.wait_for_text(LOCKED)
    requests_before = program.requests
    program.press("enter")
    wait_for_countdown(program)
    program.press("enter")
    program.wait_gone("Try again in")
    assert program.requests == requests_before, (
        "neither Enter during the wait nor the end of the wait sends the password"
    )
    program.server.clock.advance(300)
    program.press("enter")
    program.wait_for("Signed in as ann")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("TooManyRequestsException", TOO_MANY_REQUESTS),
        ("LimitExceededException", LIMIT_REACHED),
    ],
)
def test_throttled_code_is_kept_during_the_wait(sign_in_as: StartSignIn, code: str, says: str) -> None:
    program = sign_in_as("sam")
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    program.server.fail_next("RespondToAuthChallenge", code, "Rate exceeded")
    typed = program.newest_code()
    program.enter(typed)
    program.wait_for_text(says)
    program.wait_for("Try again in ")
    requests_before = program.requests
    program.press("enter", "ctrl+r")
    if code == "LimitExceededException":
        program.wait_for(lambda p: re.search(r"Try again in [45]\d s\.", p.screen_text()))
        assert program.requests == requests_before
        return
    program.wait_gone("Try again in")
    assert program.requests == requests_before
    assert program.shows(" ".join(typed)), "the input stays in the cells"
    program.press("enter")
    program.wait_for("Signed in as sam")
    assert program.codes_sent() == 1


def test_throttled_code_waits_at_line_prompts(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann", "--plain", rows=40)
    program.server.fail_next("InitiateAuth", "TooManyRequestsException", "Rate exceeded")
    program.log_in_at_prompts()
    program.wait_for_text(f"Error: {TOO_MANY_REQUESTS}")
    program.wait_for("Try again in 5 seconds.")
    program.wait_for(lambda p: p.screen_text().count("Password:") == 2)
    assert program.requests == ["InitiateAuth"]
    program.enter(program.user.password)
    program.wait_for("Signed in as ann.")


def test_lockout_at_line_prompts_keeps_the_name(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann", "--plain", rows=60)
    for _ in range(12):
        program.server.state.lockout.record_failure(program.user.user_pool_id, "ann")
    program.log_in_at_prompts()
    program.wait_for_text(f"Error: {LOCKED}")
    program.wait_for("Try again in ")
    program.wait_for(lambda p: p.screen_text().count("Password:") == 2)
    program.server.clock.advance(300)
    program.answer("Password:", program.user.password)
    program.wait_for("Signed in as ann.")
