"""Text from a server is made safe before it is shown."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import MARKS, safe_line, safe_text

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
every_character = st.text(st.characters(exclude_categories=()))
# A few marks, controls, composites, jamo and selectors, so that hypothesis often combines them.
TRICKY = "ae \n\r\t\x1b\x9b\u0301\u0327\u0344\u0f73\ufb2c\u0958\u1100\u1161\u11a8\u200d\u202e\ufe0f\u2028"
tricky = st.text(st.sampled_from(TRICKY))
some_text = every_character | tricky


def assert_harmless(text: str, *, newlines: bool = True) -> None:
    for char in set(text):
        category = unicodedata.category(char)
        assert category not in ("Cn", "Co", "Cs", "Zl", "Zp"), hex(ord(char))
        assert category != "Cc" or (char == "\n" and newlines), hex(ord(char))
        assert char not in BIDI, hex(ord(char))
        assert category != "Zs" or char == " ", hex(ord(char))


def longest_run_of_marks(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char).startswith("M") else 0
        longest = max(longest, run)
    return longest


def test_no_harmful_unicode_character_passes() -> None:
    block = 8192
    for start in range(0, sys.maxunicode + 1, block):
        result = safe_text("".join(map(chr, range(start, start + block))), limit=10 * block, lines=10)
        assert_harmless(result)
        assert "more characters" not in result


@given(some_text, st.integers(0, 300), st.integers(1, 30))
def test_safe_text_is_harmless_and_within_its_limits(text: str, limit: int, lines: int) -> None:
    result = safe_text(text, limit=limit, lines=lines)

    assert_harmless(result)
    assert len(result) <= limit
    assert result.count("\n") < lines
    assert longest_run_of_marks(result) <= MARKS
    assert unicodedata.is_normalized("NFC", result)


@given(some_text, st.integers(0, 300), st.integers(1, 30))
def test_safe_text_is_idempotent(text: str, limit: int, lines: int) -> None:
    result = safe_text(text, limit=limit, lines=lines)

    assert safe_text(result, limit=limit, lines=lines) == result
    assert safe_line(safe_line(text, limit), limit) == safe_line(text, limit)


@given(some_text, st.integers(0, 300))
def test_safe_line_is_one_line(text: str, limit: int) -> None:
    result = safe_line(text, limit)

    assert_harmless(result, newlines=False)
    assert len(result) <= limit
    assert not result.startswith(" ")
    assert "  " not in result


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | some_text | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(some_text, inner),
    max_leaves=8,
)


@given(json_values)
def test_values_of_any_type_become_text(value: object) -> None:
    assert_harmless(safe_text(value))


@pytest.mark.parametrize(
    "text", ["Grüße, Ærøskøbing", "a\nb", "密码 パスワード", "שלום", "สวัสดี", "မြွှေ့", "😀 €5", "[b]x[/b]"]
)
def test_harmless_text_is_unchanged(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("\x9b2Jcleared", "\\x9b2Jcleared"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("a\tb\x00\x7f", "a b␀␡"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("pass\u200bword\ufeff\u00ad", "password"),
        ("A\U000e0041\U000e0042\U000e007f", "A"),
        ("☠\ufe0f\U000e0100", "☠"),
        ("\ufff9a\ufffab\ufffb", "ab"),
        ("e\u0301", "é"),
        ("\ue000\U0010ffff\ud800", "���"),
        ("\ud83d\ude00", "😀"),
        ("\u0338struck", "◌\u0338struck"),
        ("a \u0338b", "a ◌\u0338b"),
        ("a\n\u0338b", "a\n◌\u0338b"),
        (None, ""),
        (b"gr\xc3\xbc\xff", "grü�"),
        (True, "true"),
        (5, "5"),
        ({"a": [1, None, "ü\x1b"]}, '{"a": [1, null, "ü\\u001b"]}'),
        pytest.param(10**5000, "(int)", id="a very large number"),
        (Secret("hunter2"), "Secret(…)"),
    ],
)
def test_dangerous_characters_become_visible_or_are_dropped(text: object, result: str) -> None:
    assert safe_text(text) == result


def test_too_deeply_nested_value_is_shown_as_its_type() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]

    assert safe_text(value) == "(list)"


def test_letter_keeps_only_a_few_combining_marks() -> None:
    assert safe_text("x" + "\u0301" * 1000 + "y") == "x" + "\u0301" * MARKS + "y"


def test_long_text_ends_with_the_number_of_missing_characters() -> None:
    result = safe_text("x" * 1_000_000, limit=40)

    assert len(result) == 40
    count = result.count("x")
    assert result == "x" * count + f"… ({1_000_000 - count} more characters)"


def test_missing_characters_are_counted_with_a_small_limit() -> None:
    assert safe_text("\u200b" * 1000 + "x" * 1000, limit=30) == "… (1816 more characters)"


def test_further_lines_are_joined_to_the_last() -> None:
    assert safe_text("a\nb\nc\nd", lines=2) == "a\nb c d"
    assert safe_line(" a \n  b\t") == "a b"


def test_megabyte_of_marks_is_cut_before_normalization(monkeypatch: pytest.MonkeyPatch) -> None:
    # The time to normalize a run of marks grows with the square of its length.
    normalized: list[str] = []

    def normalize(form: str, text: str) -> str:
        normalized.append(text)
        return text

    monkeypatch.setattr(unicodedata, "normalize", normalize)

    assert safe_text("x" + "\u0301\u0327" * 500_000, limit=100_000).startswith("x\u0301\u0327")
    assert max(map(longest_run_of_marks, normalized)) == MARKS
