"""On a terminal whose locale isn't UTF-8 there is no character that it would show as others."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

import tui_auth
from tui_auth.terminal.character_set import (
    CharacterSet,
    find_character_set,
    key_sign,
    replace_characters,
)

SCREEN = """\
╭─ password ✓ › SMS code ─╮
│ ┏━━━┓ ╭───╮  ▌ ◉ Code   │
│ ┃ 8 ┃ │   │    ○ Other  │
│ ┗━━━┛ ╰───╯  ━━━━──  4 s │
│ ✗ That code isn’t right. │
╰─────────────────────────╯
"""
IN_ASCII = """\
+- password v > SMS code -+
| #===# +---+  | * Code   |
| # 8 # |   |    o Other  |
| #===# +---+  ====--  4 s |
| x That code isn't right. |
+-------------------------+
"""


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, CharacterSet.UNICODE),
        ({"LANG": "C.UTF-8"}, CharacterSet.UNICODE),
        ({"LANG": "en_US.utf8"}, CharacterSet.UNICODE),
        ({"LANG": "de_DE"}, CharacterSet.UNICODE),
        ({"LANG": "ja_JP.UTF-8@cjk"}, CharacterSet.UNICODE),
        ({"LANG": "C"}, CharacterSet.ASCII),
        ({"LANG": "POSIX"}, CharacterSet.ASCII),
        ({"LANG": "de_DE.ISO-8859-1"}, CharacterSet.ASCII),
        ({"LANG": "de_DE.ISO8859-15@euro"}, CharacterSet.ASCII),
        ({"LANG": "C.UTF-8", "LC_CTYPE": "C"}, CharacterSet.ASCII),
        ({"LANG": "C", "LC_CTYPE": "", "LC_ALL": "en_US.UTF-8"}, CharacterSet.UNICODE),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, CharacterSet.ASCII),
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, CharacterSet.UNICODE),
        ({"LC_CTYPE": "C.UTF-8"}, CharacterSet.UNICODE),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, CharacterSet.CONSOLE),
        ({"LANG": "C", "TERM": "linux"}, CharacterSet.ASCII),
    ],
    ids=str,
)
def test_character_set_follows_the_locale(environ: dict[str, str], expected: CharacterSet) -> None:
    assert find_character_set(environ) is expected


def test_screen_in_ascii_has_the_same_layout_and_shows_focus_and_choice() -> None:
    assert replace_characters(SCREEN, CharacterSet.ASCII) == IN_ASCII


def test_unicode_and_escape_sequences_stay() -> None:
    styled = f"\x1b[1;38;2;1;2;3m{SCREEN}\x1b[0m"
    assert replace_characters(styled, CharacterSet.UNICODE) == styled
    assert replace_characters(styled, CharacterSet.ASCII) == f"\x1b[1;38;2;1;2;3m{IN_ASCII}\x1b[0m"


def test_linux_console_has_straight_and_double_edges() -> None:
    assert replace_characters("╭─╮┏━┓ ◉ é", CharacterSet.CONSOLE) == "┌─┐╔═╗ * é"


@pytest.mark.parametrize("letters", ["éŁßøœ", "Ωж", "あ漢字", "한글", "☎♞⚙", "▁▔░"])
def test_other_text_is_replaced_by_ascii_of_the_same_width(letters: str) -> None:
    for text in (letters, f"a{letters}b", *letters):
        replaced = replace_characters(text, CharacterSet.ASCII)
        assert replaced.isascii()
        assert len(replaced) == cell_len(text), text


def test_letters_keep_their_base() -> None:
    assert replace_characters("José Zoë", CharacterSet.ASCII) == "Jose Zoe"


def test_signs_of_our_own_are_not_question_marks() -> None:
    sources = Path(tui_auth.__file__).parent
    folders = ("screens", "widgets", "demo", "flow")
    texts = (path.read_text() for folder in folders for path in (sources / folder).rglob("*.py"))
    signs = {character for text in texts for character in text if not character.isascii()}
    named = set("↵§␡␛\N{REPLACEMENT CHARACTER}")
    for sign in signs - named:
        assert "?" not in replace_characters(sign, CharacterSet.ASCII), sign


@pytest.mark.parametrize(("sign", "name"), [("↵", "enter"), ("↑↓", "up/down"), ("^g", "^g"), ("esc", "esc")])
def test_key_without_a_sign_has_a_name(sign: str, name: str) -> None:
    assert key_sign(sign, {"LANG": "C"}) == name
    assert key_sign(sign, {"LANG": "C.UTF-8"}) == sign
