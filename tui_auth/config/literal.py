"""Object literals of JSON and JavaScript, read without running anything, with the line of each value.

Understood: JSON; and of JavaScript (ECMA-262, "Object Initializer") unquoted keys, single quotes, templates
without substitutions, trailing commas, comments. What would have to be run to be known (``process.env.X``,
a call, a sum) is passed over and stands as a value that is not readable.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field

DEEPEST = 60
_EFFORT = 2
"""How many looks a character is worth; a text made to be looked at again and again is given up."""

_SKIPPED = re.compile(r"(?:\s|//[^\n]*|\ufeff)+")
_PLAIN_STRING = re.compile(r"\"[^\"\\\n]*\"|'[^'\\\n]*'")
_NAME = re.compile(r"[^\W\d][\w$]*|\$[\w$]*")
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_CLOSERS = {"{": "}", "[": "]", "(": ")"}


class LiteralError(ValueError):
    """Not an object literal; ``line`` is where that shows, and the text says what was expected there."""

    def __init__(self, line: int, expected: str) -> None:
        super().__init__(expected)
        self.line = line


@dataclass(frozen=True)
class Node:
    """A value and its line. ``value`` is str, float, int, bool or None, a list of Nodes, or a dict of them.

    ``is_readable`` is false for an expression, whose value is None here. ``key`` is the one it stands under.
    """

    value: object
    line: int
    is_readable: bool = True
    key: str = ""

    @property
    def members(self) -> dict[str, Node]:
        """The members of an object; none where this is no object."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The items of an array; none where this is no array."""
        return self.value if isinstance(self.value, list) else []

    def at(self, *path: str) -> Node | None:
        """The value under nested keys; None where one is absent."""
        node: Node | None = self
        for key in path:
            node = node.members.get(key) if node else None
        return node


def read_object(text: str) -> Node:
    """The object that a text is, with nothing in it that would have to be run. Raises LiteralError."""
    reader = _Reader(text, is_data=True)
    reader.skip()
    if reader.here != "{":
        raise reader.fault("an object, beginning with “{”")
    found = reader.object()
    reader.skip()
    if reader.here:
        raise reader.fault("nothing more after the object")
    return found


def objects_in(text: str) -> list[Node]:
    """Every outermost object literal of a JavaScript file; what does not read as one is passed over."""
    reader, found = _Reader(text), list[Node]()
    while reader.here and reader.effort > 0:
        if reader.here == "{":
            start = reader.position
            try:
                found.append(reader.object())
                continue
            except LiteralError:
                reader.effort -= reader.position - start
                reader.position, reader.depth = start + 1, 0  # a block of code: there may be an object in it
        elif not reader.skip_one():
            reader.position += 1
    return found


@dataclass
class _Reader:
    text: str
    position: int = 0
    depth: int = 0
    is_data: bool = False
    breaks: list[int] = field(init=False)
    effort: int = field(init=False)
    last_comments_end: int = field(init=False)

    def __post_init__(self) -> None:
        self.last_comments_end = self.text.rfind("*/")
        self.effort = 1000 + _EFFORT * len(self.text)
        self.breaks = [match.start() for match in re.finditer("\n", self.text)]

    @property
    def here(self) -> str:
        return self.text[self.position : self.position + 1]

    @property
    def line(self) -> int:
        return bisect_left(self.breaks, self.position) + 1

    def fault(self, expected: str) -> LiteralError:
        return LiteralError(self.line, expected)

    def skip(self) -> None:
        """Pass over blanks and comments."""
        while True:
            if match := _SKIPPED.match(self.text, self.position):
                self.position = match.end()
            # An end that is nowhere is not looked for again and again.
            after = self.position + 2
            if not self.text.startswith("/*", self.position) or after > self.last_comments_end:
                return
            self.position = self.text.index("*/", after) + 2

    def skip_one(self) -> bool:
        """Pass over one string or comment, whose braces mean nothing; false where there is none."""
        start = self.position
        if self.here in "'\"`":
            try:
                self.string()
            except LiteralError:
                self.position = start
        else:
            self.skip()
        return self.position > start

    def take(self, character: str) -> bool:
        self.skip()
        if self.here != character:
            return False
        self.position += 1
        return True

    def object(self) -> Node:
        line, members = self._enter()
        while not self.take("}"):
            if self.text.startswith("...", self.position):
                self._pass_over_expression()
            elif self.take("["):
                self._pass_over_expression()
                if not self.take("]"):
                    raise self.fault("“]”")
                self._member(members, None)
            else:
                self._member(members, self._key())
            if not self.take(","):
                if self.take("}"):
                    break
                raise self.fault("“,” or “}”")
        self.depth -= 1
        return Node(members, line)

    def array(self) -> Node:
        line, _ = self._enter()
        items: list[Node] = []
        while not self.take("]"):
            items.append(self.value())
            if not self.take(","):
                if self.take("]"):
                    break
                raise self.fault("“,” or “]”")
        self.depth -= 1
        return Node(items, line)

    def _enter(self) -> tuple[int, dict[str, Node]]:
        line = self.line
        self.position += 1
        self.depth += 1
        self.effort -= 1
        if self.depth > DEEPEST or self.effort <= 0:
            raise self.fault("fewer objects inside one another")
        return line, {}

    def _key(self) -> str:
        self.skip()
        if self.here and self.here in "'\"":
            return self.string()
        match = _NAME.match(self.text, self.position) or _NUMBER.match(self.text, self.position)
        if not match:
            raise self.fault("a key")
        self.position = match.end()
        return match[0]

    def _member(self, members: dict[str, Node], key: str | None) -> None:
        line = self.line
        if self.take(":"):
            value = self.value()
        else:  # a shorthand {name}, or a method
            self._pass_over_expression()
            value = Node(None, line, is_readable=False)
        if key is not None:
            members[key] = Node(value.value, line, value.is_readable, key)

    def value(self) -> Node:
        self.skip()
        start, line = self.position, self.line
        node = self._literal(line)
        self.skip()
        if node is not None and (self.is_data or not self.here or self.here in ",}])"):
            return node
        if self.is_data:
            raise self.fault("a value")
        self.position = start
        self._pass_over_expression()
        if self.position == start:
            raise self.fault("a value")
        return Node(None, line, is_readable=False)

    def _literal(self, line: int) -> Node | None:
        if self.here == "{":
            return self.object()
        if self.here == "[":
            return self.array()
        if self.here in ("'", '"', "`"):
            text = self.string()
            return Node(text, line) if text is not _SUBSTITUTED else None
        if match := _NUMBER.match(self.text, self.position):
            self.position = match.end()
            number = match[0]
            is_whole = number.lstrip("-").isdigit() and len(number) < 20
            return Node(int(number) if is_whole else _float(number), line)
        if (match := _NAME.match(self.text, self.position)) and match[0] in _WORDS:
            self.position = match.end()
            return Node(_WORDS[match[0]], line)
        return None

    def string(self) -> str:
        if match := _PLAIN_STRING.match(self.text, self.position):
            self.position = match.end()
            return match[0][1:-1]
        quote, start = self.here, self.position
        self.position += 1
        parts: list[str] = []
        is_substituted = False
        while (character := self.here) != quote:
            if not character or (character == "\n" and quote != "`"):
                self.effort -= self.position - start
                self.position = start
                raise self.fault(f"a string that ends with {quote}")
            if quote == "`" and self.text.startswith("${", self.position):
                is_substituted = True
            self.position += 1
            parts.append(self._escaped() if character == "\\" else character)
        self.position += 1
        return _SUBSTITUTED if is_substituted else "".join(parts)

    def _escaped(self) -> str:
        character = self.here
        self.position += 1
        length = {"u": 4, "x": 2}.get(character)
        if length is None:
            return _ESCAPES.get(character, character)
        digits = self.text[self.position : self.position + length]
        if not re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", digits):
            raise self.fault(f"{length} hexadecimal digits")
        self.position += length
        return chr(int(digits, 16))

    def _pass_over_expression(self) -> None:
        """Go to the comma or bracket that ends the expression here."""
        open_brackets: list[str] = []
        while (character := self.here) and self.effort > 0:
            self.effort -= 1
            if not open_brackets and character in ",}])":
                return
            if character in _CLOSERS:
                open_brackets.append(_CLOSERS[character])
            elif open_brackets and character == open_brackets[-1]:
                open_brackets.pop()
            if not self.skip_one():
                self.position += 1
        raise self.fault("the end of the object")


_SUBSTITUTED = "\0a template with substitutions"


def _float(number: str) -> float:
    return float(int(number, 16)) if "x" in number.lower() else float(number)
