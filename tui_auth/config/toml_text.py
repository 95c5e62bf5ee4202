"""TOML as its author wrote it: where each key stands, and changes that leave everything else alone.

Source: TOML 1.0. What the text means is tomllib's business; here is only where things are. Every change is
read back, and refused unless it says what was wanted and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]

_BLANKS = re.compile(r"(?:[ \t]|\r?\n|#[^\n]*)*")
_PART = re.compile(
    r'[ \t]*(?:(?P<bare>[\w-]+)|(?P<basic>"(?:[^"\\\n]|\\.)*")|\'(?P<literal>[^\'\n]*)\')[ \t]*'
)
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_WRONG = (
    ("Invalid value", "expected a value: text in quotes, a number, true or false, or a list"),
    ("Illegal character '\\n'", "expected the quote that ends the text"),
    ("Unterminated string", "expected the quote that ends the text"),
    ("Invalid statement", "expected KEY = VALUE or a [table]"),
    ("Expected newline", "expected the end of the line after the value"),
    ("Expected '=' after a key", "expected = after the key"),
    ("Expected ']'", "expected the ] that ends the table's name"),
    ("Unclosed array", "expected the ] that ends the list"),
    ("Cannot overwrite a value", "this key stands above already; remove one"),
    ("Cannot declare", "this table stands above already; remove one"),
)
_WHERE = re.compile(r"\(at line (\d+), column \d+\)")
_EQUALS = re.compile(r"=[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class TomlError(ValueError):
    """The text is not TOML; ``line`` is where that shows, if it is known, and the text says what is wrong."""

    def __init__(self, line: int | None, wrong: str) -> None:
        super().__init__(wrong)
        self.line = line


class NotEditable(ValueError):
    """The change cannot be made without writing other parts of the file anew."""


@dataclass(frozen=True)
class Statement:
    """A table's header or a key with its value: its path, its line, and where its text begins and ends.

    ``end`` is the end of the last line it stands on; ``value`` is the span of a key's value, or None.
    """

    path: Path
    line: int
    start: int
    end: int
    value: tuple[int, int] | None


def parse(text: str) -> dict[str, Any]:
    """What the text says. Raises TomlError."""
    import tomllib

    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        wrong = str(error)
        place = _WHERE.search(wrong)
        line = int(place[1]) if place else text.count("\n") + 1
        raise TomlError(line, _in_words(_WHERE.sub("", wrong).strip())) from None
    except RecursionError:
        raise TomlError(None, "nested too deep") from None
    except ValueError:  # Python's limit to the digits of a number
        raise TomlError(None, "a number too long to be read") from None


def _in_words(wrong: str) -> str:
    """What tomllib finds wrong, with what was expected where it only says that something is."""
    return next((words for start, words in _WRONG if wrong.startswith(start)), f"this is not TOML: {wrong}")


def lines_of(text: str) -> dict[Path, int]:
    """The line of every header and key of a text that ``parse`` takes, by its full path."""
    found: dict[Path, int] = {}
    for statement in statements(text):
        found.setdefault(statement.path, statement.line)
    return found


def statements(text: str) -> Iterator[Statement]:
    """Every header and key of a text that ``parse`` takes, in order."""
    position, table = 0, Path()
    while (position := _end(_BLANKS, text, position)) < len(text):
        start, line = position, text.count("\n", 0, position) + 1
        if text[position] == "[":
            brackets = 2 if text.startswith("[[", position) else 1
            table, position = _key(text, position + brackets)
            end = _line_end(text, position)
            yield Statement(table, line, start, end, None)
        else:
            key, position = _key(text, position)
            begin = _end(_EQUALS, text, position)
            finish = _value_end(text, begin)
            end = _line_end(text, finish)
            yield Statement(table + key, line, start, end, (begin, finish))
        position = end


def with_value(text: str, path: Path, value: object) -> str:
    """The text with one key of its first, nameless table set. Raises NotEditable or TomlError."""
    (name,) = path
    for statement in statements(text):
        if statement.path == path and statement.value:
            begin, finish = statement.value
            new = text[:begin] + written(value) + text[finish:]
            break
    else:
        new = f"{_key_written(name)} = {written(value)}{_newline(text)}" + _gap(text) + text
    return _verified(text, new, lambda content: content.update({name: value}))


def without_key(text: str, path: Path) -> str:
    """The text without one key of its first, nameless table. Raises NotEditable or TomlError."""
    (name,) = path
    new = _without(text, lambda statement: statement.path == path)
    return _verified(text, new, lambda content: content.pop(name, None))


def with_table(text: str, path: Path, values: Mapping[str, object], comment: str = "") -> str:
    """The text with a new table at its end, a comment under the header. Raises NotEditable or TomlError."""
    newline = _newline(text)
    lines = [f"[{'.'.join(map(_key_written, path))}]"]
    lines += [f"# {comment}"] if comment else []
    lines += [f"{_key_written(name)} = {written(value)}" for name, value in values.items()]
    before = text if not text or text.endswith("\n") else text + newline
    gap = "" if not before.strip() or before.endswith(newline * 2) else newline
    new = before + gap + newline.join(lines) + newline

    def change(content: dict[str, Any]) -> None:
        *above, last = path
        for name in above:
            content = content.setdefault(name, {})
        content[last] = values

    return _verified(text, new, change)


def without_table(text: str, path: Path) -> str:
    """The text without a table and those below it; what stands around it stays. Raises NotEditable."""
    new = _without(text, lambda statement: statement.path[: len(path)] == path)

    def change(content: dict[str, Any]) -> None:
        *above, last = path
        for name in above:
            content = content.get(name, {})
        content.pop(last, None)

    return _verified(text, new, change)


def written(value: object) -> str:
    """A string, number, truth value, list or mapping as TOML on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are all TOML's, but TOML wants DEL escaped too.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key_written(name)} = {written(each)}" for name, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _verified(old: str, new: str, change: Callable[[dict[str, Any]], object]) -> str:
    wanted = parse(old)
    change(wanted)
    try:
        is_right = _plain(parse(new)) == _plain(wanted)
    except TomlError:
        is_right = False
    if not is_right:
        raise NotEditable("This file is written in a way that cannot be changed from here.")
    return new


def _without(text: str, is_meant: Callable[[Statement], bool]) -> str:
    """The text without these statements, and what stands between two of them that follow each other.

    Of the empty lines before and after them one goes too.
    """
    kept, position = "", 0
    is_within = False
    for statement in statements(text):
        was_within, is_within = is_within, is_meant(statement)
        if is_within:
            if not was_within:
                kept += text[position : statement.start]
            position = statement.end
        elif was_within:
            position = _after_one_gap(kept, text, position)
    return kept + text[position:]


def _after_one_gap(kept: str, text: str, position: int) -> int:
    """The position after the empty line there, if what is kept before it ends with one too."""
    newline = _newline(text)
    is_doubled = not kept or kept.endswith(newline * 2)
    return position + len(newline) if is_doubled and text.startswith(newline, position) else position


def _plain(value: Any) -> Any:
    """A value to compare with another: without empty tables, since a header alone says nothing.

    And with what is not a number made something that equals itself.
    """
    if isinstance(value, Mapping):
        return {name: plain for name, each in value.items() if (plain := _plain(each)) != {}}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return ("not a number",) if value != value else value


def _key(text: str, position: int) -> tuple[Path, int]:
    """The dotted key at a position, and where it ends."""
    parts: list[str] = []
    while match := _PART.match(text, position):
        position = match.end()
        parts.append(match["bare"] or match["literal"] or _unquoted(match["basic"]))
        if text[position : position + 1] != ".":
            break
        position += 1
    return tuple(parts), position


def _unquoted(basic: str | None) -> str:
    """A quoted key's text."""
    return str(parse(f"key = {basic}")["key"]) if basic else ""


def _value_end(text: str, position: int) -> int:
    """Where a value ends: before the comment or line break that is in no string and no bracket of it."""
    depth, last = 0, position
    while position < len(text):
        character = text[position]
        if match := _STRING.match(text, position) if character in "\"'" else None:
            position = last = match.end()
            continue
        if character == "#":
            position = _line_end(text, position)
            if depth == 0:
                return last
            continue
        if character == "\n" and depth == 0:
            return last
        depth += (character in "[{") - (character in "]}")
        position += 1
        if not character.isspace():
            last = position
    return last


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _line_end(text: str, position: int) -> int:
    """The position after the line break that ends the line."""
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _gap(text: str) -> str:
    """An empty line before what a table or a comment begins."""
    return _newline(text) if text.lstrip().startswith(("[", "#")) else ""


def _key_written(name: str) -> str:
    return name if _BARE.fullmatch(name) else written(name)
