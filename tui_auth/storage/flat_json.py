"""JSON objects with one member a line, which can be read without a JSON parser, and checked JSON fields.

``import json`` takes half as long as Python takes to start, and scripts print a cached token often. The
files are plain JSON; ``loads`` reads only what ``dumps`` wrote.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def dumps(members: Mapping[str, object]) -> bytes:
    """Return a JSON object with one line for each member, as UTF-8."""
    import json

    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in members.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def loads(content: bytes) -> dict[str, str]:
    """Return the members that are plain texts, without quotes, or numbers, as written by ``dumps``.

    Members with an escape, lists, objects, and anything ``dumps`` would write differently are left out.
    """
    members = {}
    for line in content.decode("ascii", "replace").split("\n"):
        name, colon, value = line.removesuffix(",").partition('": ')
        if not colon or not name.startswith('"') or "\\" in line:
            continue
        if len(value) > 1 and value[0] == value[-1] == '"':
            members[name[1:]] = value[1:-1]
        elif value[:1].isdigit():
            members[name[1:]] = value
    return members


def text_of(value: object) -> str:
    """Return a JSON field that must be a text. Raises TypeError if it isn't."""
    if not isinstance(value, str):
        raise TypeError
    return value


def text_or_empty(value: object) -> str:
    """Return a JSON field if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""
