"""The sign-in steps at line prompts."""

from __future__ import annotations

import pyotp
import pytest

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import StartSignIn
from tests.safe_codes import wrong_code
from tests.steps.table import NEW_PASSWORD


@pytest.fixture
def plain(sign_in_as: StartSignIn) -> StartSignIn:
    """Return a function that starts a sign-in with ``--plain``."""
    return lambda username: sign_in_as(username, "--plain", rows=60)


@pytest.fixture(params=["--plain", "TERM=dumb"])
def plain_by_flag_or_terminal(
    request: pytest.FixtureRequest, plain: StartSignIn, sign_in_as: StartSignIn
) -> StartSignIn:
    """Return a function that starts line prompts with ``--plain`` or ``TERM=dumb``."""
    if request.param == "--plain":
        return plain
    return lambda username: sign_in_as(username, rows=60, TERM="dumb")


def test_password_is_not_echoed_and_is_asked_again(plain_by_flag_or_terminal: StartSignIn) -> None:
    program = plain_by_flag_or_terminal("ann")
    program.wait_for("Username:")
    program.enter("ann")
    program.wait_for("Password:")
    program.enter("not-this")
    program.wait_for("Error: Incorrect username or password.")
    program.wait_for(lambda p: p.screen_text().count("Password:") == 2)
    assert program.screen_text().count("Sign in to") == 1, "only the password is asked for again"
    program.enter(program.user.password)
    program.wait_for("Signed in as ann.")
    assert program.wait_exit() == 0
    assert program.user.password.encode() not in program.received
    assert b"\x1b[?1049h" not in program.received


def test_sms_code_at_line_prompts(plain_by_flag_or_terminal: StartSignIn) -> None:
    program = plain_by_flag_or_terminal("sam")
    program.log_in_at_prompts()
    program.wait_for("Code sent by SMS to +")
    program.enter(wrong_code(program.newest_code()))
    program.wait_for(f"Error: {WRONG_CODE}")
    program.enter(program.newest_code())
    program.wait_for("Signed in as sam.")


def test_totp_code_at_line_prompts(plain: StartSignIn) -> None:
    program = plain("tom")
    program.log_in_at_prompts()
    program.wait_for("Code from your authenticator app (laptop)")
    assert program.user.totp_secret
    program.enter(pyotp.TOTP(program.user.totp_secret).at(int(program.server.clock.now())))
    program.wait_for("Signed in as tom.")


def test_totp_setup_at_line_prompts(plain_by_flag_or_terminal: StartSignIn) -> None:
    program = plain_by_flag_or_terminal("tess")
    program.log_in_at_prompts()
    program.wait_for("Code from the app:")
    key_text = program.screen_text().split("(time-based, TOTP):")[1].split("Account:")[0]
    phone = pyotp.TOTP("".join(key_text.split()))
    program.enter(phone.at(int(program.server.clock.now()) - 240))
    program.wait_for("4 minutes old")
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as tess.")


def test_mfa_selection_at_line_prompts(plain_by_flag_or_terminal: StartSignIn) -> None:
    program = plain_by_flag_or_terminal("mia")
    program.log_in_at_prompts()
    program.wait_for("Number:")
    program.enter("7")
    program.wait_for("Error: Type 1 or 2.")
    program.enter(next(n for n in "12" if f"{n} Code by SMS" in program.screen_text()))
    program.wait_for("Code sent by SMS to +")
    program.enter(program.newest_code())
    program.wait_for("Signed in as mia.")


def test_questions(plain: StartSignIn) -> None:
    program = plain("quinn")
    program.log_in_at_prompts()
    for answer in ("rex", "blue", "bremen"):
        program.answer("Answer:", answer)
    program.wait_for("Signed in as quinn.")


def test_unknown_step_at_line_prompts(plain: StartSignIn) -> None:
    program = plain("luna")
    program.log_in_at_prompts()
    program.wait_for("Challenge: MOON_PHASE")
    program.wait_for("Answer:")
    program.enter("full")
    program.wait_for("Signed in as luna.")


def test_new_password_at_line_prompts(plain: StartSignIn) -> None:
    program = plain("nora")
    program.log_in_at_prompts()
    program.answer("New password:", "weak")
    program.answer("Repeat password:", "weal")
    program.wait_for("Error: The passwords don't match.")
    for prompt, answer in (
        ("New password:", NEW_PASSWORD),
        ("Repeat password:", NEW_PASSWORD),
        ("Full name:", "Nora"),
    ):
        program.answer(prompt, answer)
    program.wait_for("Signed in as nora.")


def test_password_reset_at_line_prompts(plain: StartSignIn) -> None:
    program = plain("rex")
    program.log_in_at_prompts()
    program.wait_for("Number:")
    program.enter("1")
    program.wait_for("Code sent by")
    program.wait_for("Code:")
    program.enter(program.newest_code())
    program.wait_for("New password:")
    program.enter(NEW_PASSWORD)
    program.wait_for("Repeat password:")
    program.enter(NEW_PASSWORD)
    program.wait_for("Signed in as rex.")


def test_unknown_slash_word_costs_no_attempt(plain: StartSignIn) -> None:
    program = plain("sam")
    program.log_in_at_prompts()
    program.wait_for("Code sent by SMS")
    requests_before = len(program.requests)
    program.answer("Code:", "/help")
    program.wait_for("Type /help to show this list.")
    program.answer("Code:", "/resend")
    program.wait_for("Error: That isn't a code. Type a code, or /help.")
    assert len(program.requests) == requests_before
    program.answer("Code:", program.newest_code())
    program.wait_for("Signed in as sam.")


def test_confirm_sign_up_at_line_prompts(plain: StartSignIn) -> None:
    program = plain("carl")
    program.log_in_at_prompts()
    program.wait_for("isn't confirmed yet")
    program.enter("/new")
    program.wait_for("Earlier codes no longer work.")
    program.enter(program.newest_code())
    program.wait_for("Signed in as carl.")


def test_end_of_input_exits_as_cancelled(plain_by_flag_or_terminal: StartSignIn) -> None:
    program = plain_by_flag_or_terminal("ann")
    program.wait_for("Username:")
    program.send("\x04")
    assert program.wait_exit() == 6
    assert program.received.endswith(b"\n"), "the shell's prompt starts on a line of its own"
