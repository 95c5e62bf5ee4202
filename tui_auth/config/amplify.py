"""Amplify's own files: what they say about a user pool, and the one that belongs to a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tui_auth.config.amplify_shapes import Misfit, Nodes, settings_in
from tui_auth.config.errors import ConfigurationError, fault_in, shown
from tui_auth.config.files import LARGEST_BYTES, AnothersFile, read_text
from tui_auth.config.literal import LiteralError, Node, objects_in, read_object
from tui_auth.config.settings import Unfit, checked
from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import safe_line

_POOL_IN = {
    "amplify_outputs.json": "auth.user_pool_id",
    "amplifyconfiguration.json": "auth.plugins and no aws_user_pools_id",
    "aws-exports.js": "aws_user_pools_id",
}
"""Each file's name, and the key that it names a pool with."""

FILE_NAMES = tuple(_POOL_IN)
_DECISIVE = frozenset({"user_pool_id", "client_id", "client_secret", "region", "endpoint_url", "auth_flow"})
"""What is wrong with these is an error, since one would sign in elsewhere; the other facts only help."""
_NAMES_A_POOL = re.compile(r"\b(aws_user_pools_id|userPoolId|user_pool_id|awsCognitoAuthPlugin)\b[\"']?\s*:")
_NOT_WRITTEN_OUT = "is not written out here, and nothing in this file is run"
_WRITE_IT_AGAIN = "Have Amplify write it again, or name the pool with flags or a profile."
_LARGEST_SCRIPT = 256 * 1024
"""In bytes. Data reads quickly; JavaScript may have to be looked at several times."""


@dataclass(frozen=True)
class Found:
    """A checked value and the line it stands on."""

    value: object
    line: int


@dataclass(frozen=True)
class AmplifyFile:
    """The pool that a file names: settings by name, and the app client's secret where it has one.

    ``left_out`` are sentences about values that cannot be used and without which one can sign in.
    """

    path: Path
    settings: dict[str, Found]
    client_secret: Secret | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """The file that was found, if one was; and sentences about those that were passed by."""

    file: AmplifyFile | None
    passed_by: tuple[str, ...] = ()


def files_around(folder: Path, home: Path) -> Iterator[Path]:
    """What has one of Amplify's names in a folder and those above it, up to ``home`` or else the root.

    In each its ``src`` is looked into too, where projects of the first generation in JavaScript have theirs.
    """
    homes = (home, Path(os.path.realpath(home)))
    below: Path | None = None
    for each in (folder, *folder.parents):
        places = (each, each / "src") if each / "src" != below else (each,)
        yield from (place / name for place in places for name in FILE_NAMES if os.path.lexists(place / name))
        if each in homes:
            return
        below = each


def is_plain_file(path: Path) -> bool:
    """Whether a file is there that can be read to its end, and no folder, pipe or link that leads nowhere."""
    try:
        return path.is_file()
    except OSError:
        return False


def _in_its_place(path: Path) -> str:
    """What there is where a plain file should be."""
    # os.path's own, since Path's raise for a link into a folder that one may not enter.
    if os.path.isdir(path):  # noqa: PTH112
        return "a folder"
    return "no plain file" if os.path.exists(path) else "a link that leads nowhere"  # noqa: PTH110


def find_amplify_file(folder: Path, home: Path, owners: frozenset[int] | None = None) -> Search:
    """The nearest file that names a user pool. Raises ConfigurationError where it cannot be understood.

    ``owners`` are the user ids whose files are taken; unless given, ours, root's and that of the folder's
    owner: in a folder that all may write to, somebody else's file could lead a password to their pool.
    """
    if owners is None:
        owners = frozenset({os.getuid(), 0, folder.stat().st_uid})
    passed_by: list[str] = []
    for path in files_around(folder, home):
        if not is_plain_file(path):
            passed_by.append(f"{shown(path)} is {_in_its_place(path)} and was passed by.")
            continue
        try:
            file = read_amplify_file(path, owners)
        except AnothersFile as error:
            passed_by.append(
                f"{str(error).removesuffix('.')} and was passed by; `tui-auth profile import FILE` takes it."
            )
            continue
        if file is not None and "user_pool_id" in file.settings:
            _check_for_another_pool(file, owners)
            return Search(file, tuple(passed_by))
        why = f"it has no {_POOL_IN[path.name]}" if file is None else "the place for its id is empty"
        passed_by.append(f"{shown(path)} names no user pool: {why}. It was passed by.")
    return Search(None, tuple(passed_by))


def _check_for_another_pool(file: AmplifyFile, owners: frozenset[int]) -> None:
    """Raises ConfigurationError where a file beside it, or in src/, names another pool: who can guess?

    The tools of one generation write the same pool into two files, which is nothing to talk about.
    """
    here = file.path.parent
    for beside in (folder / name for folder in (here, here / "src") for name in FILE_NAMES):
        if beside == file.path or not is_plain_file(beside):
            continue
        try:
            other = read_amplify_file(beside, owners)
        except ConfigurationError:
            continue  # it is not the one that is used, and may be another user's
        if other and any(
            file.settings[name].value != other.settings[name].value
            for name in ("user_pool_id", "client_id")
            if name in file.settings and name in other.settings
        ):
            raise ConfigurationError(
                f"{shown(file.path)} and {beside.relative_to(here)} beside it name different pools. Keep the "
                "one you mean with `tui-auth profile import FILE --name NAME`, and use --profile NAME."
            )


def read_amplify_file(path: Path, owners: frozenset[int] | None = None) -> AmplifyFile | None:
    """What the file says about a user pool; None where it is about something else.

    Nothing in it is run. Raises ConfigurationError with file, line and what was expected, where that decides
    where and how one signs in, and AnothersFile where it belongs to none of the ``owners``, if these are
    given.
    """
    is_data = path.suffix == ".json"
    text = read_text(path, largest=LARGEST_BYTES if is_data else _LARGEST_SCRIPT, owners=owners)
    try:
        objects = [read_object(text)] if is_data or text.lstrip().startswith("{") else objects_in(text)
    except LiteralError as error:
        raise fault_in(path, error.line, f"{_why_unread(text, error)} {_WRITE_IT_AGAIN}") from None
    for root in objects:
        # An environment file has the pool one level down.
        for each in (root, *(member for member in root.members.values() if member.members)):
            if nodes := settings_in(each):
                return _checked(path, nodes)
    if not is_data and (named := _NAMES_A_POOL.search(text)):
        # To pass it by could lead to another pool, of a file above.
        raise fault_in(
            path,
            text.count("\n", 0, named.start()) + 1,
            f"{named[1]} stands in an object that cannot be read to its end. Mend it, or name the pool with "
            "flags or a profile.",
        )
    return None


def _why_unread(text: str, error: LiteralError) -> str:
    if not text.strip():
        return "it is empty."
    if any(mark in text for mark in ("<<<<<<< ", ">>>>>>> ")):
        return "a merge conflict is left in it."
    return f"expected {error}."


def _checked(path: Path, nodes: Nodes) -> AmplifyFile:
    settings: dict[str, Found] = {}
    secret: Secret | None = None
    left_out: list[str] = []
    for name, found in nodes.items():
        node = found.node if isinstance(found, Misfit) else found
        if found is None or node is None or (node.is_readable and node.value in (None, "")):
            continue
        value = _value(name, found)
        if isinstance(value, Misfit):
            if name in _DECISIVE:
                raise _fault(path, value)
            left_out.append(_left_out(path, value))
        elif isinstance(value, Secret):
            secret = value
        else:
            settings[name] = Found(value, node.line)
    return AmplifyFile(path, settings, secret, tuple(left_out))


def _value(name: str, found: Node | Misfit) -> object:
    """The checked value of a setting, or of the secret; a Misfit where it cannot be used."""
    if isinstance(found, Misfit):
        return found
    if expression := _expression_in(found):
        return Misfit(expression)
    if name == "client_secret":
        return Secret(found.value) if isinstance(found.value, str) else Misfit(found, "text in quotes")
    try:
        return checked(name, _plain(found))
    except Unfit as error:
        return Misfit(found.members.get(error.key, found), str(error))


def _fault(path: Path, misfit: Misfit) -> ConfigurationError:
    node = misfit.node
    if _expression_in(node) is None:
        return fault_in(path, node.line, f"{node.key}: expected {misfit.expected}.")
    cure = "Name the pool with flags or a profile."
    return fault_in(path, node.line, f"{node.key} {_NOT_WRITTEN_OUT}. {cure}")


def _left_out(path: Path, misfit: Misfit) -> str:
    node = misfit.node
    why = f"expected {misfit.expected}" if _expression_in(node) is None else f"it {_NOT_WRITTEN_OUT}"
    return str(fault_in(path, node.line, f"{safe_line(node.key, limit=64)} is left out: {why}."))


def _plain(node: Node) -> object:
    if isinstance(node.value, dict):
        return {name: _plain(each) for name, each in node.members.items()}
    if isinstance(node.value, list):
        return [_plain(each) for each in node.items]
    return node.value


def _expression_in(node: Node) -> Node | None:
    """The first value in it that would have to be run to be known, under the nearest key; None for none."""
    if not node.is_readable:
        return node
    found = next(filter(None, map(_expression_in, (*node.members.values(), *node.items))), None)
    return replace(found, key=found.key or node.key) if found else None
