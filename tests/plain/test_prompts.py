"""Prompts for one line: valid answers and commands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.plain.typist import Typist
from tui_auth.config.settings import PasswordPolicy
from tui_auth.flow import messages
from tui_auth.plain.prompts import (
    EMPTY_LINE_TEXT,
    FORGOT,
    KEY_ERROR,
    NEW_CODE,
    SUSPEND_ERROR,
    BackError,
    Prompts,
    parse_code,
)
from tui_auth.secret import Secret


def test_empty_line_is_asked_for_again() -> None:
    lines = Typist("", "  ", " ann ")
    assert Prompts(lines).line("Username") == "ann"
    assert lines.printed == [EMPTY_LINE_TEXT, EMPTY_LINE_TEXT]
    assert lines.prompts == ["Username"] * 3


def test_enter_selects_the_default() -> None:
    lines = Typist("", "bob")
    prompts = Prompts(lines)
    assert prompts.line("Username", "ann") == "ann"
    assert prompts.line("Username", "ann") == "bob"
    assert lines.prompts == ["Username [ann]"] * 2
    assert lines.printed == []


def test_optional_line_may_be_empty() -> None:
    lines = Typist("", " x ")
    prompts = Prompts(lines)
    assert prompts.optional_line("Name") == ""
    assert prompts.optional_line("Name") == "x"
    assert lines.prompts[0] == "Name (optional, Enter to skip)"


@pytest.mark.parametrize(
    "ask",
    [
        lambda prompts: prompts.line("x"),
        lambda prompts: prompts.optional_line("x"),
        lambda prompts: prompts.confirm("x"),
        lambda prompts: prompts.secret("x"),
        lambda prompts: prompts.code(),
        lambda prompts: prompts.number(2),
    ],
)
def test_back_leaves_every_prompt(ask: Callable[[Prompts], object]) -> None:
    with pytest.raises(BackError):
        ask(Prompts(Typist("/back")))


def test_confirmation_accepts_only_enter() -> None:
    lines = Typist("yes", "")
    Prompts(lines).confirm("Enter to continue")
    assert lines.printed == ["Error: Press only Enter, or type /back."]


def test_secret_is_neither_empty_nor_ctrl_z() -> None:
    lines = Typist("", "pass\x1aword", "hunter2")
    assert Prompts(lines, empty_line_text="Type it.").secret("Password") == Secret("hunter2")
    assert lines.printed == ["Type it.", SUSPEND_ERROR]
    assert lines.prompts == ["Password (hidden)"] * 3


def test_unknown_command_is_not_sent_as_a_code() -> None:
    lines = Typist("/help", NEW_CODE)
    assert Prompts(lines).code_or_command() == NEW_CODE
    assert lines.printed == [
        "Type /new to get a new code.\nType /back to go back.\nType /help to show this list."
    ]
    lines = Typist(NEW_CODE, "123 456")
    assert Prompts(lines).code() == Secret("123456")
    assert lines.printed == ["Error: /new doesn't work here. Type /help to see what does."]
    assert lines.prompts == ["Code", "Code"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("123456", "123456"),
        ("123 456", "123456"),
        ("123-456", "123456"),
        ("Your code is 123456.", "123456"),
        ("ab-cd ef", "abcdef"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16", "123456"),
        ("Your code is \u0661\u0662\u0663\u0664\u0665\u0666.", "123456"),
    ],
)
def test_code_is_extracted_from_the_line(typed: str, code: str) -> None:
    assert parse_code(typed) == Secret(code)


def test_answers_are_numbered_starting_from_1() -> None:
    lines = Typist("0", "3", "x", "²", "2")
    prompts = Prompts(lines)
    prompts.show(("a code", "a call"))
    assert prompts.number(2) == 1
    assert lines.printed == ["1 a code", "2 a call"] + ["Error: Type 1 or 2."] * 4


def test_error_shows_the_range_of_numbers() -> None:
    lines = Typist("4", "3")
    assert Prompts(lines).number(3) == 2
    assert lines.printed == ["Error: Type a number from 1 to 3."]


def test_new_password_must_be_repeated() -> None:
    lines = Typist("one-1", "two-2", "one-1", "one-1")
    assert Prompts(lines).new_password(None) == Secret("one-1")
    assert lines.printed == [f"Error: {messages.PASSWORDS_DIFFER}"]
    assert lines.prompts == ["New password (hidden)", "Repeat password (hidden)"] * 2


def test_password_policy_is_shown_first() -> None:
    lines = Typist("one-1", "one-1")
    Prompts(lines).new_password(PasswordPolicy(min_length=8, require_numbers=True))
    assert lines.printed == ["The password needs at least 8 characters, a digit."]


@pytest.mark.parametrize("typed", ["/help", "?"])
def test_help_lists_the_commands_at_every_prompt(typed: str) -> None:
    lines = Typist(typed, "ann", typed, "hunter2", typed, "1")
    prompts = Prompts(lines)
    assert prompts.line("Username", commands=(FORGOT,)) == "ann"
    assert prompts.secret("Password", commands=(FORGOT,)) == Secret("hunter2")
    assert prompts.number(2) == 0
    without = "Type /back to go back.\nType /help to show this list."
    with_forgot = f"Type /forgot to reset your password.\n{without}"
    assert lines.printed == [with_forgot, with_forgot, without]


def test_command_that_does_not_apply_is_not_a_password() -> None:
    lines = Typist(NEW_CODE, "hunter2")
    assert Prompts(lines).secret("Password", commands=(FORGOT,)) == Secret("hunter2")
    assert lines.printed == ["Error: /new doesn't work here. Type /help to see what does."]


@pytest.mark.parametrize("password", ["/etc/passwd", "what?", "/newest"])
def test_password_may_look_like_a_command(password: str) -> None:
    assert Prompts(Typist(password)).secret("Password") == Secret(password)


def test_question_mark_may_answer_a_custom_challenge() -> None:
    assert Prompts(Typist("?")).secret("Answer", takes_question_mark=True) == Secret("?")


@pytest.mark.parametrize("key", ["\x1b", "\x1b[A", "12\x08"])
def test_control_characters_are_not_an_answer(key: str) -> None:
    lines = Typist(key, "123456", key, "hunter2")
    prompts = Prompts(lines)
    assert prompts.code() == Secret("123456")
    assert prompts.secret("Password") == Secret("hunter2")
    assert lines.printed == [KEY_ERROR] * 2


def test_number_may_be_in_any_script() -> None:
    assert Prompts(Typist("\uff12")).number(2) == 1


@pytest.mark.parametrize(("typed", "password"), [(("1",), None), (("2", "New-1", "New-1"), Secret("New-1"))])
def test_optional_password_is_a_choice(typed: tuple[str, ...], password: Secret | None) -> None:
    assert Prompts(Typist(*typed)).new_password(None, is_optional=True) == password
