"""JSON with one member a line, which can be read without a JSON parser.

``import json`` takes half as long as Python takes to start, and a cached token is printed on every request of
a script. What is written here is plain JSON; what is read here is only what was written here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def written(members: Mapping[str, object]) -> bytes:
    """A JSON object of one line for each member, as UTF-8."""
    import json

    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in members.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def texts_and_numbers(content: bytes) -> dict[str, str]:
    """The members of ``written`` that are plain texts, without their quotes, or numbers, as written.

    A member whose text is written with an escape, and any that is a list or an object, is left out, and so is
    what is not written as ``written`` writes it.
    """
    found = {}
    for line in content.decode("ascii", "replace").split("\n"):
        name, colon, value = line.removesuffix(",").partition('": ')
        if not colon or not name.startswith('"') or "\\" in line:
            continue
        if len(value) > 1 and value[0] == value[-1] == '"':
            found[name[1:]] = value[1:-1]
        elif value[:1].isdigit():
            found[name[1:]] = value
    return found
