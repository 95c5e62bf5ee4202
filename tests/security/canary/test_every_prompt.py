"""Tests that no secret leaks from the line prompts of each step, rejected or accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyotp
import pytest

from tests.security.canary import canaries
from tests.security.canary.conftest import AssertClean
from tests.security.canary.stage import Stage, WatchedSignIn
from tests.security.canary.walks import shown_address, sign_in_on_the_page, verifier_as_canary
from tests.steps.screen_reading import ANSWERS, number_key_for

Answers = Iterator[tuple[str, str]]

VISIBLE_IN_LINES = ("terminal", "left on the terminal")
"""Where a code typed at an echoing prompt may be: line prompts stay on the terminal."""


def _nora(stage: Stage, program: WatchedSignIn) -> Answers:
    new = stage.new_password.text
    yield from (("New password:", new), ("Repeat password:", stage.wrong_password.text))
    yield from (("New password:", new), ("Repeat password:", new), ("Full name:", "Nora"))


def _rex(stage: Stage, program: WatchedSignIn) -> Answers:
    new = stage.new_password.text
    yield ("Number:", "1")
    program.wait_for("Code:")
    yield from (("Code:", stage.wrong_code.text), ("New password:", new), ("Repeat password:", new))
    yield ("Code:", program.newest_code())


def _carl(stage: Stage, program: WatchedSignIn) -> Answers:
    yield ("Code:", stage.wrong_code.text)
    yield ("Code:", program.newest_code())


def _tom(stage: Stage, program: WatchedSignIn) -> Answers:
    key = pyotp.TOTP(program.user.totp_secret or "")
    yield ("Code:", stage.wrong_code.text)
    code = key.at(int(stage.server.clock.now()))
    stage.secrets.append(canaries.code("code", code))
    yield ("Code:", code)


def _quinn(stage: Stage, program: WatchedSignIn) -> Answers:
    yield ("Answer:", stage.answer.text)
    yield ("Press Enter to sign in, or type /back to change the user name:", "")
    for answer in ANSWERS:
        yield ("Answer:", answer)


def _cleo(stage: Stage, program: WatchedSignIn) -> Answers:
    yield ("Number:", number_key_for(program, "Code by email"))
    yield ("Code:", stage.wrong_code.text)
    yield ("Code:", program.newest_code())


def _bea(stage: Stage, program: WatchedSignIn) -> Answers:
    program.wait_for("Address:")
    address = sign_in_on_the_page(stage, shown_address(program))
    yield ("Address:", address.replace("state=", "state=x"))
    with verifier_as_canary(stage):
        yield ("Address:", address)
        program.wait_exit()


WALKTHROUGHS: dict[str, Callable[[Stage, WatchedSignIn], Answers]] = {
    walkthrough.__name__.removeprefix("_"): walkthrough
    for walkthrough in (_nora, _rex, _carl, _tom, _quinn, _cleo, _bea)
}


@pytest.mark.parametrize("username", WALKTHROUGHS)
def test_secrets_typed_at_line_prompts_stay_in_the_process(
    stage: Stage, assert_clean: AssertClean, username: str
) -> None:
    program = stage.sign_in(username, "--plain", rows=100)
    if program.user.auth_flow != "BROWSER":
        program.log_in_at_prompts()
    for prompt, answer in WALKTHROUGHS[username](stage, program):
        program.answer(prompt, answer)
    assert program.wait_exit() == 0
    assert f"Signed in as {username}." in (stage.folder / "stderr").read_text()
    sent_codes = {f"sent code {number}": VISIBLE_IN_LINES for number in range(len(stage.server.messages))}
    visible = ("code", stage.wrong_code.name, "browser code", "browser address")
    assert_clean(program, allowed_places=dict.fromkeys(visible, VISIBLE_IN_LINES) | sent_codes)
