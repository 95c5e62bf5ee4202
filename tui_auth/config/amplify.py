"""Find and read Amplify's files: which user pool they specify, and which file belongs to a folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui_auth.config.amplify_js import Node, ObjectSyntaxError, find_objects, read_object
from tui_auth.config.amplify_shapes import InvalidNode, Nodes, find_settings
from tui_auth.config.environment import AMPLIFY_FILE_NAMES
from tui_auth.config.errors import ConfigurationError, display_path, error_in_file
from tui_auth.config.files import LARGEST_BYTES, ForeignConfigFileError, read_text
from tui_auth.config.settings import InvalidValueError, validate_setting
from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACES_OF_POOL = ("auth.user_pool_id", "auth.plugins and no aws_user_pools_id", "aws_user_pools_id")
_PLACE_OF_POOL = dict(zip(AMPLIFY_FILE_NAMES, _PLACES_OF_POOL, strict=True))
"""For each file name the key that specifies a pool, as an error message calls it."""

_DECISIVE = frozenset({"user_pool_id", "client_id", "client_secret", "region", "endpoint_url", "auth_flow"})
"""An invalid value of these is an error: the user would sign in elsewhere. The other settings only help."""

_POOL_KEY = re.compile(
    r"\b(?:aws_user_pools_(?:web_client_)?id|userPool(?:Web)?(?:Client)?Id|user_pool_(?:client_)?id"
    r"|awsCognitoAuthPlugin)\b"
)
_NEEDS_RUNNING = "is not written out here, and nothing in this file is run"
_HOW_TO_REPAIR = "Have Amplify write it again, or name the pool with flags or a profile."
_USE_INSTEAD = "Use amplify_outputs.json, flags or a profile."
_LARGEST_SCRIPT_BYTES = 256 * 1024


@dataclass(frozen=True)
class FileValue:
    """A validated value and its line."""

    value: object
    line: int


@dataclass(frozen=True)
class AmplifyFile:
    """The pool that a file specifies: settings by name, and the app client's secret if it has one.

    ``warnings`` are sentences about invalid values that aren't needed to sign in.
    """

    path: Path
    settings: dict[str, FileValue]
    client_secret: Secret | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class AmplifySearch:
    """The nearest file that specifies a pool, or None, and sentences about the files that were skipped."""

    file: AmplifyFile | None
    notes: tuple[str, ...] = ()


def amplify_files_above(folder: Path, home: Path) -> Iterator[Path]:
    """Yield what has one of Amplify's names in a folder and its parents, up to ``home`` or the root.

    Each folder's ``src`` is searched too: JavaScript projects of the first generation have their file there.
    """
    homes = (home, Path(os.path.realpath(home)))
    child: Path | None = None
    for parent in (folder, *folder.parents):
        places = (parent, parent / "src") if parent / "src" != child else (parent,)
        yield from (
            place / name for place in places for name in AMPLIFY_FILE_NAMES if os.path.lexists(place / name)
        )
        if parent in homes:
            return
        child = parent


def is_plain_file(path: Path) -> bool:
    """Whether the path is a regular file, and no folder, pipe or dangling link."""
    # os.path instead of Path, whose methods raise for a link into a folder that the user can't enter.
    return os.path.isfile(path)  # noqa: PTH113


def find_amplify_file(folder: Path, home: Path, owners: frozenset[int] | None = None) -> AmplifySearch:
    """Return the nearest file that specifies a user pool.

    Args:
        folder: Where the search begins.
        home: Where it ends.
        owners: The user IDs whose files are accepted. By default ours, root's and that of the folder's owner:
            in a folder that everyone can write to, another user's file could send a password to their pool.

    Raises:
        ConfigurationError: The file can't be understood, or another file beside it specifies another pool.
    """
    if owners is None:
        owners = frozenset({os.getuid(), 0, folder.stat().st_uid})
    notes: list[str] = []
    for path in amplify_files_above(folder, home):
        if not is_plain_file(path):
            notes.append(f"{display_path(path)} is {_file_type(path)} and was passed by.")
            continue
        try:
            file = read_amplify_file(path, owners)
        except ForeignConfigFileError as error:
            notes.append(
                f"{str(error).removesuffix('.')} and was passed by; `tui-auth profile import FILE` takes it."
            )
            continue
        if file is not None and "user_pool_id" in file.settings:
            _check_for_other_pools(file, owners)
            return AmplifySearch(file, tuple(notes))
        reason = f"it has no {_PLACE_OF_POOL[path.name]}" if file is None else "the place for its id is empty"
        notes.append(f"{display_path(path)} names no user pool: {reason}. It was passed by.")
    return AmplifySearch(None, tuple(notes))


def _file_type(path: Path) -> str:
    if os.path.isdir(path):  # noqa: PTH112
        return "a folder"
    return "no plain file" if os.path.exists(path) else "a link that leads nowhere"  # noqa: PTH110


def _check_for_other_pools(file: AmplifyFile, owners: frozenset[int]) -> None:
    """Raise ConfigurationError if a file beside this one, or in src/, specifies another pool.

    Two files with the same pool are fine: the tools of one generation write both.
    """
    folder = file.path.parent
    for path in (place / name for place in (folder, folder / "src") for name in AMPLIFY_FILE_NAMES):
        if path == file.path or not is_plain_file(path):
            continue
        try:
            other = read_amplify_file(path, owners)
        except ConfigurationError:
            continue  # it isn't used, and may be another user's
        if other and any(
            file.settings[name].value != other.settings[name].value
            for name in ("user_pool_id", "client_id")
            if name in file.settings and name in other.settings
        ):
            raise ConfigurationError(
                f"{display_path(file.path)} and {path.relative_to(folder)} beside it name different pools. "
                "Keep the one you mean with `tui-auth profile import FILE --name NAME`, and use "
                "--profile NAME."
            )


def read_amplify_file(path: Path, owners: frozenset[int] | None = None) -> AmplifyFile | None:
    """Return what the file says about a user pool, or None if it isn't about one. Nothing in it is run.

    Args:
        path: The file.
        owners: The user IDs whose files are accepted; by default everyone's.

    Raises:
        ForeignConfigFileError: The file belongs to none of the ``owners``.
        ConfigurationError: A value that is needed to sign in is invalid, or the file can't be parsed.
    """
    is_data = path.suffix == ".json"
    text = read_text(path, largest=LARGEST_BYTES if is_data else _LARGEST_SCRIPT_BYTES, owners=owners)
    is_object = is_data or text.lstrip().startswith("{")
    try:
        for root in [read_object(text)] if is_object else find_objects(text):
            # An environment file has the pool one level down.
            for node in (root, *root.members.values()):
                if nodes := find_settings(node):
                    return _validated(path, nodes)
    except ObjectSyntaxError as error:
        problem = _conflict(text) or ("it is empty" if not text.strip() else f"expected {error}")
        raise error_in_file(path, error.line, f"{problem}. {_HOW_TO_REPAIR}") from None
    if not is_data and (key := _POOL_KEY.search(text)):
        # To skip this file could select another pool, from a parent folder.
        line = text.count("\n", 0, key.start()) + 1
        problem = _conflict(text) or f"{key[0]} is not in an object that can be read"
        raise error_in_file(path, line, f"{problem}. {_USE_INSTEAD}")
    return None


def _conflict(text: str) -> str:
    has_conflict = any(mark in text for mark in ("<<<<<<< ", ">>>>>>> "))
    return "a merge conflict is left in it" if has_conflict else ""


def _validated(path: Path, nodes: Nodes) -> AmplifyFile:
    settings: dict[str, FileValue] = {}
    secret: Secret | None = None
    warnings: list[str] = []
    for name, node in nodes.items():
        value = _valid_value(name, node) if isinstance(node, Node) else node
        if isinstance(value, InvalidNode):
            warnings.append(_warning(path, name, value))
        elif isinstance(value, Secret):
            secret = value
        elif isinstance(node, Node):
            settings[name] = FileValue(value, node.line)
    return AmplifyFile(path, settings, secret, tuple(warnings))


def _warning(path: Path, name: str, invalid: InvalidNode) -> str:
    """Return a sentence about an invalid value that isn't needed. Raises ConfigurationError if it is."""
    line, key = invalid.node.line, safe_line(invalid.node.key, limit=64)
    expression = _find_expression(invalid.node)
    if name not in _DECISIVE:
        reason = f"it {_NEEDS_RUNNING}" if expression else f"expected {invalid.expected}"
        return str(error_in_file(path, line, f"{key} is left out: {reason}."))
    problem = (
        f"{key} {_NEEDS_RUNNING}. {_USE_INSTEAD}" if expression else f"{key}: expected {invalid.expected}."
    )
    raise error_in_file(path, line, problem)


def _valid_value(name: str, node: Node) -> object:
    """Return the value of a setting, the secret, or an InvalidNode."""
    if expression := _find_expression(node):
        return InvalidNode(expression)
    if name == "client_secret":
        return Secret(node.value) if isinstance(node.value, str) else InvalidNode(node, "text in quotes")
    try:
        return validate_setting(name, _plain_value(node))
    except InvalidValueError as error:
        return InvalidNode(node.members.get(error.key, node), str(error))


def _plain_value(node: Node) -> object:
    if isinstance(node.value, dict):
        return {name: _plain_value(member) for name, member in node.members.items()}
    return [_plain_value(item) for item in node.items] if isinstance(node.value, list) else node.value


def _find_expression(node: Node) -> Node | None:
    """Return the first unreadable value in a node, under the nearest key, or None."""
    if not node.is_readable:
        return node
    expression = next(filter(None, map(_find_expression, (*node.members.values(), *node.items))), None)
    return replace(expression, key=expression.key or node.key) if expression else None
