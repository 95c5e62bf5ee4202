"""Read the object in an Amplify file, JSON or JavaScript, without running it.

A generated aws-exports.js holds one JSON-like object: it is rewritten as JSON and parsed by ``json``. Beyond
JSON these are accepted: unquoted and single-quoted keys, templates without substitutions, hexadecimal
numbers, trailing commas and comments. A value that would have to be run (``process.env.X``, a call, a sum)
becomes an unreadable node. Everything here takes linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 60
_POOL_KEYS = frozenset({"aws_user_pools_id", "userPoolId", "user_pool_id", "awsCognitoAuthPlugin", "Cognito"})
"""The keys that tell an object about a user pool from the rest of a script."""

# A string or comment that nothing closes is one token to its end, so that it isn't scanned from every quote.
_TOKEN = re.compile(
    r"""(?P<space>[\s\ufeff]+|//[^\n]*|/\*(?s:.*?)(?:\*/|\Z))
    |(?P<string>"(?:[^"\\\n]|\\(?s:.))*+"|'(?:[^'\\\n]|\\(?s:.))*+'|`(?:[^`\\]|\\(?s:.))*+`)
    |(?P<unclosed>"(?:[^"\\\n]|\\(?s:.))*+|'(?:[^'\\\n]|\\(?s:.))*+|`(?s:.*))
    |(?P<number>-?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
    |(?P<name>[^\W\d][\w$]*|\$[\w$]*)
    |(?P<mark>.)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|((?s:.)))")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_WORDS = {"true": "true", "false": "false", "null": "null", "undefined": "null"}
_OPENERS = {"}": "{", "]": "[", ")": "("}
_UNREADABLE = object()
_EXPECTED = {
    "Expecting property name": "a key",
    "Illegal trailing comma": "a key",
    "Expecting ':'": "“:” after the key",
    "Extra data": "nothing more after the object",
}


class ObjectSyntaxError(ValueError):
    """The text isn't an object literal; the message says what was expected at ``line``."""

    def __init__(self, line: int, expected: str) -> None:
        super().__init__(expected)
        self.line = line


@dataclass(frozen=True)
class Node:
    """A value with its key and line.

    ``value`` is str, float, int, bool, None, a list of Nodes, or a dict of Nodes. It is None for an
    expression, for which ``is_readable`` is false.
    """

    value: object
    line: int
    is_readable: bool = True
    key: str = ""

    @property
    def members(self) -> dict[str, Node]:
        """The members of an object; empty for any other value."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The items of an array; empty for any other value."""
        return self.value if isinstance(self.value, list) else []

    @property
    def is_empty(self) -> bool:
        """Whether the value says nothing: null or an empty text."""
        return self.is_readable and self.value in (None, "")

    def at(self, *path: str) -> Node | None:
        """Return the value under nested keys, or None if one of them is absent."""
        node: Node | None = self
        for key in path:
            node = node.members.get(key) if node else None
        return node


def read_object(text: str) -> Node:
    """Parse a text that is one object without expressions. Raises ObjectSyntaxError."""
    tokens = _tokenize(text)
    if tokens[0].text != "{":
        raise ObjectSyntaxError(tokens[0].line, "an object, beginning with “{”")
    return _parse(tokens)


def find_pool_objects(script: str) -> Iterator[Node]:
    """Yield each outermost object of a script with a key about a user pool, if it can be parsed."""
    tokens = _tokenize(script)
    closers, starts = _match_brackets(tokens)
    end = -1
    for start in starts:
        if start > end and start in closers:
            end = closers[start]
            try:
                yield _parse([*_without_expressions(tokens, closers, start), tokens[-1]])
            except ObjectSyntaxError:
                continue


class _Token(NamedTuple):
    kind: str
    text: str
    line: int

    @property
    def is_key(self) -> bool:
        return self.kind in ("name", "number") or (self.kind == "string" and self.text[0] != "`")

    @property
    def is_literal(self) -> bool:
        is_template = self.text[:1] == "`" and "${" in self.text
        return self.text in _WORDS or self.kind == "number" or (self.kind == "string" and not is_template)

    def as_json(self, *, is_key: bool) -> str:
        """Return the token as JSON; a key begins with its line, for ``_members``."""
        import json

        if self.kind == "unclosed":
            raise ObjectSyntaxError(self.line, f"a string that ends with {self.text[0]}")
        text = _ESCAPE.sub(self._unescape, self.text[1:-1]) if self.kind == "string" else self.text
        if is_key and self.is_key:
            return json.dumps(f"{self.line}:{text}")
        if self.kind == "string":
            return json.dumps(text) if self.is_literal else "?"
        if self.kind == "number":
            return repr(_number(text)).replace("inf", "1e999")
        return _WORDS.get(text, "?") if self.kind == "name" else text

    def _unescape(self, match: re.Match[str]) -> str:
        if digits := match[1] or match[2]:
            return chr(int(digits, 16))
        if match[3] in ("u", "x"):
            raise ObjectSyntaxError(self.line, f"{4 if match[3] == 'u' else 2} hexadecimal digits")
        return _ESCAPES.get(match[3], match[3])


def _tokenize(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "space":
            tokens.append(_Token(match.lastgroup or "", match[0], line))
        line += match[0].count("\n")
    tokens.append(_Token("end", "", line))
    return tokens


def _parse(tokens: list[_Token]) -> Node:
    """Parse tokens as JSON, without trailing commas. Line breaks stay where they are, for error messages."""
    import json

    pieces: list[str] = []
    line, depth = 1, 0
    for token, following in pairwise(tokens):
        depth += (token.text in ("{", "[")) - (token.text in ("}", "]"))
        if depth > MAX_DEPTH:
            raise ObjectSyntaxError(token.line, "fewer objects inside one another")
        if token.text != "," or following.text not in ("}", "]"):
            pieces.append("\n" * (token.line - line) + token.as_json(is_key=following.text == ":"))
            line = token.line
    text = " ".join(pieces) + "\n" * (tokens[-1].line - line)
    try:
        members = json.loads(text, object_pairs_hook=_members, parse_constant=lambda _: _UNREADABLE)
    except json.JSONDecodeError as error:
        expected = next((text for start, text in _EXPECTED.items() if error.msg.startswith(start)), "a value")
        if error.msg.startswith("Expecting ','"):
            expected = f"“,” or “{_innermost_closer(error.doc[: error.pos])}”"
        raise ObjectSyntaxError(error.lineno, expected) from None
    return Node(members, tokens[0].line)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Node]:
    members: dict[str, Node] = {}
    for text, value in pairs:
        line, _, key = text.partition(":")
        members[key] = _node(value, int(line), key)
    return members


def _node(value: object, line: int, key: str = "") -> Node:
    if value is _UNREADABLE:
        return Node(None, line, is_readable=False, key=key)
    return Node([_node(item, line) for item in value] if isinstance(value, list) else value, line, key=key)


def _number(text: str) -> float:
    if "x" in text.lower():
        return int(text, 16)
    return int(text) if text.lstrip("-").isdigit() and len(text) < 20 else float(text)


def _innermost_closer(json_text: str) -> str:
    """Return the bracket that would close what is open at the end of a text."""
    depth = 0
    for mark in reversed(re.sub(r'"(?:[^"\\]|\\.)*"', "", json_text)):
        depth += (mark in "}]") - (mark in "{[")
        if depth < 0:
            return "}" if mark == "{" else "]"
    return "}"


def _match_brackets(tokens: list[_Token]) -> tuple[dict[int, int], list[int]]:
    """Return the end of each bracket, and the start of the outermost object around each pool key."""
    closers: dict[int, int] = {}
    starts: list[int] = []
    stack: list[tuple[int, int | None]] = []  # an opening bracket, and the outermost object around it
    counts = dict.fromkeys(_OPENERS.values(), 0)
    for index, token in enumerate(tokens):
        if token.text in counts:
            outermost = stack[-1][1] if stack else None
            if outermost is None and token.text == "{" and _begins_object(tokens[index + 1 : index + 3]):
                outermost = index
            stack.append((index, outermost))
            counts[token.text] += 1
        elif counts.get(opener := _OPENERS.get(token.text, "")):
            closed = ""
            while closed != opener:  # an opening bracket that nothing closes is passed over
                start, _ = stack.pop()
                closed = tokens[start].text
                counts[closed] -= 1
            closers[start] = index
        elif stack and token.text.strip("\"'") in _POOL_KEYS and tokens[index + 1].text == ":":
            start, outermost = stack[-1]
            if tokens[start].text == "{":
                starts.append(start if outermost is None else outermost)
    return closers, starts


def _begins_object(tokens: list[_Token]) -> bool:
    """Whether a brace before these tokens opens an object, and not a block of code."""
    return tokens[0].text in (".", "}") or (tokens[0].is_key and tokens[1].text in (":", ","))


def _without_expressions(
    tokens: list[_Token], closers: dict[int, int], start: int, depth: int = 0
) -> Iterator[_Token]:
    """Yield the tokens of an object or array, each expression replaced by NaN."""
    end, position = closers[start], start + 1
    yield tokens[start]
    while position < end:
        first = position
        while position < end and tokens[position].text != ",":
            token = tokens[position]
            if token.kind == "unclosed" or (token.text in _OPENERS.values() and position not in closers):
                raise ObjectSyntaxError(token.line, "the end of the object")
            position = closers.get(position, position) + 1
        value: int | None = first
        if tokens[start].text == "{" and first < position:
            token = tokens[first]
            if token.text in (".", "["):  # a spread or a computed key
                position += 1
                continue
            if not token.is_key:
                raise ObjectSyntaxError(token.line, "a key")
            has_value = first + 1 < position and tokens[first + 1].text == ":"
            yield token
            yield _Token("mark", ":", token.line)
            value = first + 2 if has_value else None  # a shorthand or a method has none
        if value is None or closers.get(value, value) + 1 < position:
            yield _Token("mark", "NaN", tokens[first].line)
        elif value < position and value in closers and tokens[value].text != "(" and depth < MAX_DEPTH:
            yield from _without_expressions(tokens, closers, value, depth + 1)
        elif value < position:
            literal = tokens[value]
            yield literal if literal.is_literal else _Token("mark", "NaN", literal.line)
        if position < end:
            yield tokens[position]
        position += 1
    yield tokens[end]
