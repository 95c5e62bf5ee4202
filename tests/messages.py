"""Every text that a user of tui-auth can see: ``python -m tests.messages [TEXT]`` prints them as a table.

A message is a string literal of at least two words that isn't a docstring, an annotation or a pattern. Values
in an f-string are printed as ``{…}``. With TEXT, only the rows that contain it are printed. What is Cognito's
wording is left out: the emulator, and the fragments by which its error messages are recognized.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[1] / "tui_auth"
NOT_FOR_USERS: Final = ("emulator/", "testing", "__init__.py")
PLACEHOLDER: Final = "{…}"
_WORDS: Final = re.compile(r"[A-Za-z’'-]{2,}[,.:;]? +[A-Za-z{“]")
_OTHER_TEXTS: Final = ("_Rule", "cast")
"""Calls whose first argument is a fragment of Cognito's messages, or a type."""


@dataclass(frozen=True, order=True)
class Message:
    """A text that a user can see.

    Attributes:
        module: The file, relative to the package.
        line: The line on which it starts.
        text: The text; values are ``{…}``.
        kind: "error" if it is the message or the suggestion of an exception, "help" if ``--help`` explains a
            flag or a command with it, else "text".
    """

    module: str
    line: int
    text: str
    kind: str = "text"

    def __str__(self) -> str:
        return f"{self.module}:{self.line}\t{self.kind}\t{self.text!r}"


@functools.cache
def find_messages(root: Path = PACKAGE) -> tuple[Message, ...]:
    """Return the messages of all modules below root, by module and line."""
    messages: list[Message] = []
    for path in sorted(root.rglob("*.py")):
        module = path.relative_to(root).as_posix()
        if not module.startswith(NOT_FOR_USERS):
            messages += read_messages(module, path.read_text())
    return tuple(messages)


def read_messages(module: str, source: str) -> list[Message]:
    """Return the messages in the source of a module, by line."""
    tree = ast.parse(source)
    skipped = {id(node) for node in _other_literals(tree)}
    kinds = {id(node): kind for node, kind in _nodes_with_kind(tree)}
    return sorted(
        Message(module, node.lineno, text, kinds.get(id(node), "text"))
        for node, text in _literals(ast.walk(tree))
        if id(node) not in skipped and _WORDS.search(text) and not text.startswith("#")
    )


def _literals(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, str]]:
    """Yield each string among the nodes, and its text."""
    for node in nodes:
        match node:
            case ast.Constant(value=str(text)):
                yield node, text
            case ast.JoinedStr(values=values):
                parts = [part.value if isinstance(part, ast.Constant) else PLACEHOLDER for part in values]
                yield node, "".join(map(str, parts))


def _other_literals(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield docstrings, parts of f-strings, annotations, regular expressions and Cognito's texts."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                yield node.value
            case ast.JoinedStr():
                yield from node.values
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
                yield from node.args
            case ast.Call(func=ast.Name(id=name)) if name in _OTHER_TEXTS:
                yield node.args[0]
            case ast.Compare(left=ast.Constant(), ops=[ast.In() | ast.NotIn()]):
                yield node.left
            case ast.AnnAssign() | ast.arg() | ast.FunctionDef() | ast.AsyncFunctionDef():
                annotation = node.returns if hasattr(node, "returns") else node.annotation
                if annotation is not None:
                    yield from ast.walk(annotation)
            case _:
                pass


def _nodes_with_kind(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield the literals whose kind the call around them tells."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name.endswith(("AuthError", "StorageError", "NotSignedInError")):
            yield from ((argument, "error") for argument in node.args)
        yield from ((keyword.value, "help") for keyword in node.keywords if keyword.arg == "help")


def main(arguments: list[str]) -> int:
    """Print the table: module and line, kind, text."""
    wanted = arguments[0].casefold() if arguments else ""
    rows = [str(message) for message in find_messages() if wanted in message.text.casefold()]
    sys.stdout.write("".join(f"{row}\n" for row in rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
