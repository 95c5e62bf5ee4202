"""Read the object in an Amplify file, JSON or JavaScript, without running it.

A generated aws-exports.js holds one JSON-like object. Beyond JSON these are accepted: unquoted and
single-quoted keys, templates without substitutions, hexadecimal numbers, trailing commas and comments. In a
script a value that would have to be run (``process.env.X``, a call, a sum) becomes an unreadable node.
Everything here takes linear time.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MAX_DEPTH = 60
BOOLEAN = "true or false"
_JSON_SPACE = re.compile(r"[ \t\n\r]+")
_LARGE_MEMBER = 4096
_POOL_DEPTH = 5
"""How deep a pool can be in an Amplify file."""

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
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_CLOSERS = {"{": "}", "[": "]", "(": ")"}
_ENDS_OF_VALUE = (",", "}", "]")
_BEFORE_OBJECT = ("", "=", "(", "[", ",", ":", "?", "|", "&", "default", "return")
"""What stands before an object, and not before a block of code; "" is the beginning of the script."""


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
        """Return the value under nested keys, or None if one of them is absent or empty."""
        node: Node | None = self
        for key in path:
            node = node.members.get(key) if node else None
        return None if node is None or node.is_empty else node

    def mapped(self, convert: Callable[[str], str]) -> Node:
        """Return this node with its text, or each text in its array, converted; any other as it is."""
        if isinstance(self.value, list):
            return replace(self, value=[item.mapped(convert) for item in self.items])
        return replace(self, value=convert(self.value)) if isinstance(self.value, str) else self

    def renamed(self, names: Mapping[str, str]) -> Node | InvalidNode:
        """Return the object with its keys renamed, without keys that ``names`` doesn't have."""
        if not isinstance(self.value, dict):
            return InvalidNode(self, "an object")
        known = {names[key]: member for key, member in self.members.items() if key in names}
        return replace(self, value=known)

    def enabled_names(self, names: Mapping[str, str]) -> Node | InvalidNode:
        """Return the list of the object's switches that are on, under their names in ``names``."""
        switches = self.renamed(names)
        if isinstance(switches, InvalidNode):
            return switches
        members = {name: switch for name, switch in switches.members.items() if not switch.is_empty}
        for switch in members.values():
            if not isinstance(switch.value, bool):
                return InvalidNode(switch, BOOLEAN)
        return replace(
            self, value=[replace(node, value=name) for name, node in members.items() if node.value]
        )

    def names_with(self, switch: str) -> Node | InvalidNode:
        """Return the list of keys whose objects have this switch on."""
        switches: dict[str, Node] = {}
        for name, member in self.members.items():
            if not member.is_empty and not isinstance(member.value, dict):
                return InvalidNode(member, f"an object, such as {{ {switch}: true }}")
            if value := member.at(switch):
                switches[name] = value
        node = replace(self, value=switches) if isinstance(self.value, dict) else self
        return node.enabled_names({name: name for name in switches})

    def plain(self) -> object:
        """Return the value without keys' lines: objects as dicts, arrays as lists."""
        if isinstance(self.value, dict):
            return {name: member.plain() for name, member in self.members.items()}
        return [item.plain() for item in self.items] if isinstance(self.value, list) else self.value

    def find_expression(self) -> Node | None:
        """Return the first unreadable value in this one, under the nearest key, or None."""
        if not self.is_readable:
            return self
        for inner in (*self.members.values(), *self.items):
            if expression := inner.find_expression():
                return replace(expression, key=expression.key or self.key)
        return None


@dataclass(frozen=True)
class InvalidNode:
    """A value that its key can't have; ``expected`` describes one that it can."""

    node: Node
    expected: str = ""


def read_object(text: str) -> Node:
    """Parse a text that is one object without expressions. Raises ObjectSyntaxError."""
    tokens = _tokenize(text)
    if tokens[0].text != "{":
        raise ObjectSyntaxError(tokens[0].line, "an object that starts with “{”")
    parser = _Parser(tokens)
    root = parser.read_value()
    if parser.token.kind != "end":
        raise ObjectSyntaxError(parser.token.line, "nothing more after the object")
    return root


def find_objects(script: str) -> Iterator[Node]:
    """Yield each outermost object of a script. Raises ObjectSyntaxError at the first that can't be parsed."""
    parser = _Parser(_tokenize(script), is_script=True)
    before = ""
    while parser.token.kind != "end":
        if parser.token.text == "{" and before in _BEFORE_OBJECT:
            yield parser.read_value()
            before = "}"
        else:
            before = parser.token.text
            parser.position += 1


def find_stray_key(script: str, roots: Sequence[Node], pattern: re.Pattern[str]) -> tuple[str, int] | None:
    """Return the first key of a pattern that isn't in these objects, with its line: code may use it.

    Without objects it may also be in a comment or a string.
    """
    if not roots:
        match = pattern.search(script)
        return (match[0], script.count("\n", 0, match.start()) + 1) if match else None
    names = ((token.text.strip("'\""), token.line) for token in _tokenize(script) if token.is_key)
    keys = [(name, line) for name, line in names if pattern.fullmatch(name)]
    nodes = list(roots)
    for node in nodes:
        nodes += (*node.members.values(), *node.items)
        if (node.key, node.line) in keys:
            keys.remove((node.key, node.line))
    return keys[0] if keys else None


def shorten_json(text: str, pattern: re.Pattern[str]) -> str:
    """Return a JSON object with each large member that lacks the pattern replaced by null; lines stay.

    A project's data models may be a thousand times as long as what is read here. Text that isn't a JSON
    object is returned as it is.
    """
    try:
        is_object = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return text
    return _shortened(text, text.index("{"), pattern, depth=0) if is_object else text


def _shortened(text: str, start: int, pattern: re.Pattern[str], depth: int) -> str:
    decode = json.JSONDecoder().raw_decode

    def next_mark(position: int) -> int:
        space = _JSON_SPACE.match(text, position)
        return space.end() if space else position

    position = next_mark(start + 1)
    parts = [text[start:position]]
    while text[position] != "}":
        value = next_mark(next_mark(decode(text, position)[1]) + 1)
        end = decode(text, value)[1]
        content = text[value:end]
        if len(content) > _LARGE_MEMBER and not pattern.search(content):
            content = "\n" * content.count("\n") + "null"
        elif len(content) > _LARGE_MEMBER and content[0] == "{" and depth < _POOL_DEPTH:
            content = _shortened(text, value, pattern, depth + 1)
        after = next_mark(end)
        after = next_mark(after + 1) if text[after] == "," else after
        parts += (text[position:value], content, text[end:after])
        position = after
    return "".join((*parts, "}"))


def _tokenize(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "space":
            tokens.append(_Token(match.lastgroup or "", match[0], line))
        line += match[0].count("\n")
    tokens.append(_Token("end", "", line))
    return tokens


class _Token(NamedTuple):
    kind: str
    text: str
    line: int

    @property
    def is_key(self) -> bool:
        return self.kind in ("name", "number") or (self.kind == "string" and self.text[0] != "`")

    @property
    def is_literal(self) -> bool:
        is_text = self.kind == "string" and not (self.text[0] == "`" and "${" in self.text)
        return is_text or self.kind == "number" or self.text in _WORDS

    def key(self) -> str:
        """Return the text of a name, a number or a string. Raises ObjectSyntaxError for a bad escape."""
        if self.kind != "string":
            return self.text
        text = _ESCAPE.sub(self._unescape, self.text[1:-1])
        # Two escapes can be the halves of one character.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    def value(self) -> object:
        """Return the value of a literal. Raises ObjectSyntaxError for any other token."""
        if not self.is_literal:
            is_unclosed = self.kind == "unclosed"
            expected = f"a string that ends with {self.text[0]}" if is_unclosed else "a value"
            raise ObjectSyntaxError(self.line, expected)
        if self.kind != "number":
            return self.key() if self.kind == "string" else _WORDS[self.text]
        if "x" in self.text.lower():
            return int(self.text, 16)
        is_whole = self.text.lstrip("-").isdigit() and len(self.text) < 20
        return int(self.text) if is_whole else float(self.text)

    def _unescape(self, match: re.Match[str]) -> str:
        if digits := match[1] or match[2]:
            return chr(int(digits, 16))
        if match[3] in ("u", "x"):
            raise ObjectSyntaxError(self.line, f"{4 if match[3] == 'u' else 2} hexadecimal digits")
        return _ESCAPES.get(match[3], match[3])


class _Parser:
    """Parser that reads values from ``position`` on. Only a script may contain expressions."""

    def __init__(self, tokens: list[_Token], *, is_script: bool = False) -> None:
        self.position = 0
        self._tokens = tokens
        self._is_script = is_script

    @property
    def token(self) -> _Token:
        """The token to read next."""
        return self._tokens[self.position]

    def read_value(self, depth: int = 0) -> Node:
        """Return the value of an object, an array or a literal. Raises ObjectSyntaxError."""
        token = self.token
        if depth > MAX_DEPTH:
            raise ObjectSyntaxError(token.line, "fewer objects inside one another")
        self.position += 1
        if token.text == "{":
            return Node(self._read_members(depth), token.line)
        return Node(self._read_items(depth) if token.text == "[" else token.value(), token.line)

    def _read_members(self, depth: int) -> dict[str, Node]:
        members: dict[str, Node] = {}
        while not self._skip("}"):
            first = self.token
            if self._is_script and first.text in (".", "["):
                self._skip_expression()
                # A spread or a computed key may replace what precedes it.
                members = {key: replace(node, value=None, is_readable=False) for key, node in members.items()}
            elif first.is_key:
                key = first.key()
                self.position += 1
                members[key] = replace(self._read_member(depth), key=key, line=first.line)
            else:
                raise ObjectSyntaxError(first.line, "a key")
            self._skip_comma("}")
        return members

    def _read_member(self, depth: int) -> Node:
        if self._skip(":"):
            return self._read_operand(depth)
        if self._is_script and self.token.kind in ("name", "mark"):  # a shorthand or a method
            return self._skip_expression()
        raise ObjectSyntaxError(self.token.line, "“:” after the key")

    def _read_items(self, depth: int) -> list[Node]:
        items: list[Node] = []
        while not self._skip("]"):
            items.append(self._read_operand(depth))
            self._skip_comma("]")
        return items

    def _read_operand(self, depth: int) -> Node:
        """Return the value of a member or an item; in a script it may be an expression."""
        is_readable = self.token.is_literal or self.token.text in ("{", "[", *_ENDS_OF_VALUE)
        if self._is_script and not is_readable:
            return self._skip_expression()
        value = self.read_value(depth + 1)
        return self._skip_expression() if self._is_script and self.token.text not in _ENDS_OF_VALUE else value

    def _skip_expression(self) -> Node:
        """Move to the end of an expression and return an unreadable Node."""
        line, closers = self.token.line, [""]
        while len(closers) > 1 or self.token.text not in _ENDS_OF_VALUE:
            token = self.token
            is_unmatched = token.text in _CLOSERS.values() and token.text != closers.pop()
            if is_unmatched or token.kind in ("unclosed", "end"):
                raise ObjectSyntaxError(token.line, "the end of the object")
            if token.text in _CLOSERS:
                closers.append(_CLOSERS[token.text])
            self.position += 1
        return Node(None, line, is_readable=False)

    def _skip_comma(self, closer: str) -> None:
        if not self._skip(",") and self.token.text != closer:
            raise ObjectSyntaxError(self.token.line, f"“,” or “{closer}”")

    def _skip(self, mark: str) -> bool:
        """Move past the next token if it is this mark, and return whether it is."""
        is_next = self.token.text == mark
        self.position += is_next
        return is_next
