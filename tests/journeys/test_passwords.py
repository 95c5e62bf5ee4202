"""New passwords, required resets, and sign-ups that wait for a code."""

from __future__ import annotations

import pytest

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import StartSignIn
from tests.safe_codes import wrong_code
from tests.steps.table import NEW_PASSWORD


def test_rejected_new_password_has_its_error_below_and_keeps_the_input(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("nora")
    program.log_in()
    program.wait_for("Choose a new password")
    program.wait_for("Full name")
    program.enter(NEW_PASSWORD, NEW_PASSWORD + "x", "Nora N.")
    program.wait_for("The passwords don't match.")
    program.enter("weakpass")
    program.press("shift+tab", "shift+tab")
    program.enter("weakpass")
    program.press("enter", "enter")
    program.wait_for(lambda p: "It needs" in p.screen_text() or "Too short" in p.screen_text())
    assert "Nora N." in program.screen_text()
    program.press("ctrl+t")
    program.wait_for("weakpass")
    program.enter(NEW_PASSWORD, NEW_PASSWORD)
    program.press("enter")
    program.wait_for("Signed in as nora")


@pytest.mark.parametrize("choice", ["1", "2"])
def test_required_reset_ends_signed_in(sign_in_as: StartSignIn, choice: str) -> None:
    program = sign_in_as("rex")
    program.log_in()
    program.wait_for("Reset your password")
    before = program.codes_sent()
    program.send(choice)
    if choice == "1":
        program.wait_for(lambda _: program.codes_sent() == before + 1)
        program.wait_for("ode sent by")
    program.wait_for("New password")
    code = program.newest_code()
    program.enter(wrong_code(code), NEW_PASSWORD, NEW_PASSWORD)
    program.wait_for(WRONG_CODE)
    program.enter(code)
    program.press("enter", "enter")
    program.wait_for("Signed in as rex")


def test_confirmed_sign_up_continues_the_sign_in(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("carl")
    program.log_in()
    program.wait_for("isn't confirmed yet")
    program.enter("")
    program.wait_for("Type the code that was sent to you.")
    program.press("ctrl+r")
    program.wait_for("Code sent by")
    program.wait_for("^r again in")
    code = program.newest_code()
    program.enter(wrong_code(code))
    program.wait_for(WRONG_CODE)
    program.enter(code)
    program.wait_for("Signed in as carl")


def test_wrong_password_stays_at_sign_in(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann")
    program.wait_for("Username")
    program.enter("")
    program.wait_for("Type your user name.")
    program.enter("ann", "")
    program.wait_for("Type your password.")
    program.enter("not-this")
    program.wait_for("Incorrect username or password.")
    program.press("ctrl+u")
    program.enter(program.user.password)
    program.wait_for("Where do you want to store this session?")
    program.send("3")
    program.wait_for("nowhere; it ends with this program")
    assert "Signed in as ann" in program.screen_text()
    assert "operators" in program.screen_text()
    assert "on-call" in program.screen_text()


def test_access_token_is_copied_after_a_question(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann", SSH_CONNECTION="1 2 3 4")
    program.log_in()
    program.wait_for("Signed in as ann")
    program.press("ctrl+y")
    program.wait_for("Anyone with the access token can act as you.")
    assert b"\x1b]52" not in program.received
    program.press("ctrl+y")
    program.wait_for("sent to your terminal's clipboard")
    assert b"\x1b]52;c;" in program.received


def test_leaving_early_exits_with_6(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann")
    program.wait_for("Username")
    program.press("ctrl+q")
    assert program.wait_exit() == 6
