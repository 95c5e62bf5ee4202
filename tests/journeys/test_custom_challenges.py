"""Custom challenges, and a step that tui-auth doesn't know."""

from __future__ import annotations

from tests.journeys.conftest import StartSignIn
from tests.steps.screen_reading import ANSWERS


def test_wrong_custom_answer_returns_to_sign_in(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("quinn")
    program.log_in()
    program.wait_for("Answer")
    program.enter("")
    program.wait_for("Type an answer first.")
    program.enter("nonsense")
    program.wait_for_text("The user pool ended this sign-in. It says: “Incorrect username or password.”")
    assert "quinn" in program.screen_text()
    program.press("enter")
    for answer in ANSWERS:
        program.wait_for("Answer")
        program.wait_for(answer)
        program.enter(answer)
    program.wait_for("Signed in as quinn")


def test_other_failure_text_of_a_challenge_returns_to_sign_in(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("quinn")
    program.server.failed_custom_challenge_text = "Invalid session for the user."
    program.log_in()
    program.wait_for("Answer")
    program.enter("nonsense")
    program.wait_for("Sign in")
    program.wait_for("Username")
    calls = [operation for operation, _ in program.server.calls]
    assert calls.count("InitiateAuth") == 1, "a failed challenge is not restarted automatically"


def test_unknown_step_is_shown_and_can_be_answered(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("luna")
    program.log_in()
    program.wait_for("doesn't know this step")
    assert "MOON_PHASE" in program.screen_text()
    program.enter("")
    program.wait_for("Type an answer first.")
    program.enter("full")
    program.wait_for("Signed in as luna")


def test_wrong_answer_to_an_unknown_step_returns_with_the_reason(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("luna")
    program.log_in()
    program.wait_for("MOON_PHASE")
    program.enter("new")
    program.wait_for_text("The user pool ended this sign-in. It says: “Incorrect username or password.”")
    program.enter(program.user.password)
    program.wait_for("MOON_PHASE")
    program.press("esc")
    program.wait_for("Username")
