"""Line prompts for expect scripts and screen readers, and the newer steps."""

from __future__ import annotations

import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import SignIn, StartSignIn
from tests.journeys.own_pool import MakePool
from tests.safe_codes import wrong_code
from tests.steps.table import NEW_PASSWORD
from tests.terminal.pty_program import ROOT, isolated_environment
from tests.tools import need_tool
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool

SCRIPT = Path(__file__).with_name("sign_in.exp")
NEWEST_CODE = "import json, sys, urllib.request as u; print(json.load(u.urlopen(sys.argv[1]))[-1]['code'])"


@pytest.mark.parametrize(("password", "status"), [(None, 0), ("not-this", 5)])
def test_expect_script_signs_in(
    server: CognitoEmulator, demo: DemoPool, tmp_path: Path, password: str | None, status: int
) -> None:
    need_tool("expect")
    user = next(user for user in demo.users if user.username == "sam")
    program = [sys.executable, "-m", "tui_auth", "sign-in", "--plain", "--user-pool-id", user.user_pool_id]
    program += ["--client-id", user.client_id, "--endpoint-url", server.endpoint_url]
    newest_code = f"{{{sys.executable}}} -c {{{NEWEST_CODE}}} {server.messages_url}"
    result = subprocess.run(
        ["expect", "-f", SCRIPT, user.username, password or user.password, newest_code, *program],
        cwd=ROOT,
        env=isolated_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == status, result.stdout + result.stderr
    assert ("Signed in as sam." in result.stdout) is (status == 0)
    assert ("Error: Incorrect username or password." in result.stdout) is (status != 0)
    assert user.password not in result.stdout


@pytest.mark.parametrize("variable", ["ACCESSIBLE", "TUI_AUTH_PLAIN"])
def test_screen_reader_setting_gives_line_prompts(sign_in_as: StartSignIn, variable: str) -> None:
    program = sign_in_as("ann", rows=60, **{variable: "1"})
    program.log_in_at_prompts()
    program.wait_for("Signed in as ann.")
    assert program.wait_exit() == 0
    assert b"\x1b" not in program.received
    assert b"\b" not in program.received
    assert program.attributes() == program.attributes_before


def choice_number_for(program: SignIn, line: str) -> str:
    """Return the number of a line in a choice."""
    program.wait_for(line)
    return next(row.split()[0] for row in program.screen_text().splitlines() if row.endswith(line))


def test_email_code_as_second_factor_at_line_prompts(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("emil", "--plain", rows=60)
    program.log_in_at_prompts()
    program.wait_for("Code sent by email to e***@e***")
    program.enter(program.newest_code())
    program.wait_for("Signed in as emil.")


@pytest.mark.parametrize("factor", ["Password (SRP)", "Code by email"])
def test_first_factor_selection_at_line_prompts(sign_in_as: StartSignIn, factor: str) -> None:
    program = sign_in_as("cleo", "--plain", rows=60)
    program.log_in_at_prompts()
    program.wait_for("Number:")
    program.enter(choice_number_for(program, "Passkey"))
    program.wait_for("Did you create your passkey for that site?")
    program.wait_for(lambda p: p.screen_text().count("Number:") == 2)
    program.enter("/back")
    program.wait_for(lambda p: p.screen_text().count("Number:") == 3)
    program.enter(choice_number_for(program, factor))
    if factor.startswith("Password"):
        program.wait_for("Password:")
        program.enter(program.user.password)
    else:
        program.wait_for("Code sent by email to c***@e***")
        program.wait_for("Code:")
        program.enter(program.newest_code())
    program.wait_for("Signed in as cleo.")


def test_email_setup_from_a_choice_at_line_prompts(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("max", "--plain", rows=60)
    program.log_in_at_prompts()
    program.wait_for("Number:")
    program.enter(choice_number_for(program, "Code by email"))
    program.wait_for("Email address for your codes:")
    program.enter("max@example.com")
    program.wait_for("Code sent by email to m***@e***")
    program.wait_for("Code:")
    program.enter(program.newest_code())
    program.wait_for("Signed in as max.")


def answer_prompts(program: SignIn, *answers: tuple[str, str]) -> None:
    """Answer prompts in order."""
    for prompt, answer in answers:
        program.answer(prompt, answer)


def test_forgotten_password_is_reset_at_line_prompts(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann", "--plain", rows=60)
    answer_prompts(program, ("Username:", "/forgot"), ("Username:", "ann"), ("Number:", "1"))
    program.wait_for("Code sent by email to a***@")
    assert "must be reset" not in program.screen_text()
    code = program.newest_code()
    answer_prompts(
        program,
        ("Code:", wrong_code(code)),
        ("New password:", NEW_PASSWORD),
        ("Repeat password:", NEW_PASSWORD),
    )
    program.wait_for(f"Error: {WRONG_CODE}")
    answer_prompts(program, ("Code:", code))
    program.wait_for("Signed in as ann.")
    assert program.wait_exit() == 0


def test_forgot_word_works_at_the_password_prompt(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann", "--plain", rows=60)
    answer_prompts(program, ("Username:", "ann"), ("Password:", "/forgot"), ("Number:", "/back"))
    program.wait_for("Username: ann (type /back to change it)")
    assert program.server.calls == [], "nothing was sent"


def test_sign_up_at_line_prompts_keeps_accepted_input(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann", "--plain", rows=60)
    answer_prompts(program, ("Username:", "/sign-up"), ("Username:", "ann"))
    answer_prompts(program, ("New password:", "short"), ("Repeat password:", "short"))
    answer_prompts(program, ("Email (optional, Enter to skip):", "zoe@example.org"))
    answer_prompts(program, ("New password:", NEW_PASSWORD), ("Repeat password:", NEW_PASSWORD))
    program.wait_for("Error: An account with this user name already exists.")
    answer_prompts(program, ("Username:", "zoe"))
    program.wait_for("Error: This user pool requires this attribute: Full name.")
    answer_prompts(program, ("Full name:", "Zoe"))
    program.wait_for("isn't confirmed yet. Code sent by email to z***@")
    messages = [message for message in program.server.messages if message["username"] == "zoe"]
    answer_prompts(program, ("Code:", str(messages[-1]["code"])))
    program.wait_for("Signed in as zoe.")
    assert NEW_PASSWORD.encode() not in program.received


def test_failed_sign_up_is_sent_again_by_enter(
    own_pool: MakePool,
) -> None:
    pool = own_pool(AutoVerifiedAttributes=["email"])
    program = pool.sign_in("--plain", rows=60)
    answer_prompts(program, ("Username:", "/sign-up"), ("Username:", "zoe"), ("New password:", NEW_PASSWORD))
    pool.server.fail_next("SignUp", "InternalErrorException", "trouble")
    answer_prompts(program, ("Repeat password:", NEW_PASSWORD), ("Enter to skip):", "zoe@example.org"))
    program.wait_for("Cognito had an internal error.")
    answer_prompts(program, ("Press Enter to try again, or type /back:", ""))
    answer_prompts(program, ("Code:", "/back"))
    program.wait_for("Username: zoe (type /back to change it)")
    assert [operation for operation, _ in pool.server.calls].count("SignUp") == 2


def test_disabled_sign_up_returns_to_sign_in(own_pool: MakePool) -> None:
    pool = own_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    program = pool.sign_in("--plain", rows=60)
    answer_prompts(program, ("Username:", "/sign-up"), ("Username:", "zoe"), ("New password:", NEW_PASSWORD))
    answer_prompts(program, ("Repeat password:", NEW_PASSWORD), ("Enter to skip):", ""))
    program.wait_for("This user pool doesn't let users sign up.")
    answer_prompts(program, ("Username:", "ann"), ("Password:", "/back"), ("Username:", ""))


def test_new_code_at_line_prompts_has_a_cool_down(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam", "--plain", rows=60)
    answer_prompts(program, ("Username:", "sam"), ("Password:", program.user.password), ("Code:", "/new"))
    program.wait_for("A new code is on its way. Use that one.")
    answer_prompts(program, ("Code:", "/new"))
    program.wait_for("Type /new again in ")
    assert program.codes_sent() == 2
    answer_prompts(program, ("Code:", program.newest_code()))
    program.wait_for("Signed in as sam.")


def test_text_at_an_enter_only_prompt_is_rejected(own_pool: MakePool) -> None:
    pool = own_pool()
    program = pool.sign_in("--plain", flow="USER_AUTH", rows=60)
    enter = "Press Enter to sign in, or type /back to change the user name:"
    pool.server.fail_next("InitiateAuth", "InternalErrorException", "trouble")
    answer_prompts(program, ("Username:", "nobody"), (enter, "yes"))
    program.wait_for("Error: Press only Enter, or type /back.")
    answer_prompts(program, (enter, ""), ("Username:", "ann"))


def test_input_during_a_wait_is_dropped_and_not_echoed(
    sign_in_as: StartSignIn, server: CognitoEmulator
) -> None:
    program = sign_in_as("ann", "--plain")
    server.fail_next("InitiateAuth", "NotAuthorizedException", "Password attempts exceeded")
    program.log_in_at_prompts()
    program.wait_for("Try again in 5 seconds.")
    program.send("typed-ahead\r")
    program.wait_for(lambda p: p.screen_text().count("Password:") == 2)
    program.enter(program.user.password)
    program.wait_for("Signed in as ann.")
    assert b"typed-ahead" not in program.received


def test_ctrl_z_in_a_password_costs_no_attempt(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann", "--plain")
    program.answer("Username:", "ann")
    program.answer("Password:", f"{program.user.password}\x1a")
    program.wait_for("Error: ^Z doesn't work while you type a password.")
    assert not program.requests
    program.answer("Password:", program.user.password)
    program.wait_for("Signed in as ann.")


def test_password_is_not_shown_after_suspend(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann", "--plain")
    program.wait_for("Username:")
    program.enter("ann")
    program.wait_for("Password:")
    program.signal(signal.SIGTSTP)
    program.wait_stopped()
    shell = program.attributes()
    shell[3] |= termios.ECHO
    termios.tcsetattr(program._terminal, termios.TCSANOW, shell)  # as a shell does
    program.foreground()
    program.wait_for(lambda p: not p.attributes()[3] & termios.ECHO)
    program.enter(program.user.password)
    program.wait_for("Signed in as ann.")
    assert program.user.password.encode() not in program.received


def test_rejected_new_code_is_not_announced_as_sent(sign_in_as: StartSignIn, server: CognitoEmulator) -> None:
    program = sign_in_as("sam", "--plain")
    program.log_in_at_prompts()
    program.wait_for("Code:")
    code = program.newest_code()
    server.fail_next("InitiateAuth", "InternalErrorException", "not now")
    program.answer("Code:", "/new")
    program.answer("Code:", code)
    program.wait_for("Signed in as sam.")
    assert "on its way" not in program.screen_text()


def test_code_is_extracted_from_a_pasted_sentence(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam", "--plain")
    program.log_in_at_prompts()
    program.wait_for("Code:")
    code = program.newest_code()
    program.enter(f"Your code is {code[:3]} {code[3:]}.")
    program.wait_for("Signed in as sam.")
