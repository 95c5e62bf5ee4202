"""Line prompts break long lines between words, which a screen reader reads as words."""

from __future__ import annotations

import pytest

from tui_auth.terminal.tty import wrap_line

SENTENCE = "Type /forgot to reset your password, /sign-up to create an account, /help for help."


@pytest.mark.parametrize("columns", [20, 30, 40, 79])
def test_no_word_is_broken(columns: int) -> None:
    lines = wrap_line(SENTENCE, columns).split("\n")
    assert max(map(len, lines)) < columns
    assert " ".join(lines) == SENTENCE


@pytest.mark.parametrize("columns", [0, 10, 19, 200])
def test_line_stays_whole_if_it_fits_or_nothing_would(columns: int) -> None:
    assert wrap_line(SENTENCE, columns) == SENTENCE


def test_long_word_stays_whole_to_be_copied() -> None:
    address = "https://example.org/" + "a" * 60
    assert wrap_line(f"Open {address} now", 40) == f"Open\n{address}\nnow"


def test_margin_is_repeated() -> None:
    text = "  | question: What is the name of the pet that you had?"
    lines = wrap_line(text, 30).split("\n")
    assert len(lines) > 1
    assert all(line.startswith("  | ") for line in lines)
