"""The demo in line prompts: every step can be completed from what is printed."""

from __future__ import annotations

import pytest

from tests.plain.typist import Typist
from tui_auth.demo.line_prompts import run_in_lines
from tui_auth.demo.service import DemoService
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import MOON_ANSWER, QUESTIONS, DemoPool

NEW = "Brave-Otter-7!"
ENTER = ""
"""Enter alone: the sample password, or the code that was printed."""

ANSWERS = {
    "ann": (ENTER,),
    "sam": (ENTER, ENTER),
    "tom": (ENTER, ENTER),
    "tess": (ENTER, ENTER),
    "mia": (ENTER, "1", ENTER),
    "nora": (ENTER, NEW, NEW, "Nora N."),
    "noel": (ENTER, NEW, NEW, ENTER),
    "rex": (ENTER, "2", ENTER, NEW, NEW),
    "carl": (ENTER, ENTER),
    "quinn": tuple(answer for _, _, answer in QUESTIONS),
    "luna": (ENTER, MOON_ANSWER),
    "emil": (ENTER, ENTER),
    "cleo": ("1", ENTER),
    "dora": (ENTER, ENTER),
    "bea": (ENTER,),
    "max": (ENTER, "2", "max@example.org", ENTER),
}
"""What is typed for each sample user after the user was chosen."""


def run_demo(server: CognitoEmulator, pool: DemoPool, *typed: str) -> Typist:
    """Run the demo until all lines are typed, then press ^D."""
    lines = Typist(*typed)
    run_in_lines(DemoService(server, pool), lines)
    assert not lines.typed
    return lines


def test_every_sample_user_is_listed_with_key_and_name(server: CognitoEmulator, pool: DemoPool) -> None:
    text = run_demo(server, pool).text
    for user in pool.users:
        assert f"{user.key} {user.username}: {user.description}" in text


@pytest.mark.parametrize("username", ANSWERS)
def test_every_sample_user_can_sign_in(server: CognitoEmulator, pool: DemoPool, username: str) -> None:
    assert list(ANSWERS) == [user.username for user in pool.users], "the table must be complete"
    lines = run_demo(server, pool, username, *ANSWERS[username])
    assert f"Signed in as {username}." in lines.text


def test_code_of_the_step_is_printed_and_is_the_default(server: CognitoEmulator, pool: DemoPool) -> None:
    lines = run_demo(server, pool, "2", ENTER)
    code = server.messages[-1]["code"]
    assert f"The code on the demo phone is {code}." in lines.text
    assert f"Code [{code}]" in lines.prompts
    lines = run_demo(server, pool, "emil", ENTER)
    assert f"The code in the demo inbox is {server.messages[-1]['code']}." in lines.text


def test_scanned_key_is_announced_once(server: CognitoEmulator, pool: DemoPool) -> None:
    lines = run_demo(server, pool, "4", ENTER, "000000", "000000")
    assert lines.text.count("The demo phone has added this key.") == 1


def test_sample_password_is_no_default_for_another_name(server: CognitoEmulator, pool: DemoPool) -> None:
    lines = run_demo(server, pool, "ann", "/back", "sam")
    assert lines.prompts[1:-1] == ["Password [Correct-Horse-9!] (hidden)", "Username", "Password (hidden)"]


def test_unknown_choice_is_an_error_and_enter_shows_the_list(server: CognitoEmulator, pool: DemoPool) -> None:
    lines = run_demo(server, pool, "zoe", ENTER)
    assert "There is no sample user “zoe”." in lines.text
    assert lines.text.count("1 ann: Password only") == 2


def test_one_time_step_can_be_demonstrated_again(server: CognitoEmulator, pool: DemoPool) -> None:
    lines = run_demo(server, pool, "9", ENTER, ENTER, "9", ENTER, ENTER)
    assert lines.text.count("Signed in as carl.") == 2
