"""Add, remove and select profiles in config.toml, and leave everything else as its author wrote it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_auth.config.files import (
    BYTE_ORDER_MARK,
    ConfigurationError,
    display_path,
    error_in_file,
    read_marked_text,
)
from tui_auth.config.profiles import (
    DEFAULT_KEY,
    LARGEST_CONFIG_BYTES,
    TABLE,
    Profiles,
    parse_profiles,
    statements,
)
from tui_auth.storage.files import (
    PrivateFolder,
    StorageError,
    check_unshared,
    make_private_folder,
    replace_file,
)
from tui_auth.storage.lock import BusyError, locked_folder
from tui_auth.storage.paths import CONFIG_FILE, SECRETS_FOLDER, config_folder

if TYPE_CHECKING:
    from tomlkit.items import Item

    from tui_auth.secret import Secret

PATIENCE_SECONDS = 10.0
"""For another process that changes the configuration; none takes so long."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class ProfileExistsError(ConfigurationError):
    """There is already a profile of that name."""


def check_profile_name(name: str) -> str:
    """Return the name if a profile can have it. Raises ConfigurationError."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            "A profile name can contain letters, digits, - and _, and must start with a letter or digit."
        )
    return name


def add_profile(
    name: str,
    settings: Mapping[str, Any],
    *,
    comment: str = "",
    client_secret: Secret | None = None,
    replace: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Path:
    """Add a profile, and return the path of config.toml.

    Args:
        name: The profile's name.
        settings: Validated settings.
        comment: A comment for the line below the table's header.
        client_secret: The app client's secret; it is stored in its own file.
        replace: Whether to replace a profile of that name, with its secret's file.
        environ: The environment variables.

    Raises:
        ProfileExistsError: There is such a profile, and it isn't to be replaced.
        ConfigurationError: The name is invalid, or a file can't be written.
    """
    check_profile_name(name)
    values = {key: _toml_value(value) for key, value in settings.items()}
    obsolete_secret: Path | None = None

    def edit(text: str, profiles: Profiles) -> tuple[str, Profiles]:
        nonlocal obsolete_secret
        secret_path = _secret_path(profiles.path.parent, name)
        if client_secret is not None:
            values["client_secret_file"] = str(secret_path)
        if name in profiles.tables:
            if not replace:
                raise ProfileExistsError(f"Profile “{name}” already exists. Choose another name.")
            text = _without_profile(text, name)
            if str(values.get("client_secret_file")) != str(secret_path):
                obsolete_secret = _removable_secret(profiles, name)
        tables = {**_tables_without(profiles, name), name: values}
        return _with_profile(text, name, values, comment), Profiles(profiles.path, profiles.default, tables)

    path = _edit_config(edit, environ, secret=(name, client_secret) if client_secret is not None else None)
    _remove_secret(obsolete_secret)
    return path


def set_profile_setting(name: str, setting: str, value: Any, environ: Mapping[str, str] = os.environ) -> Path:
    """Set one setting of a profile. Raises ConfigurationError if there is no such profile."""

    def edit(text: str, profiles: Profiles) -> tuple[str, Profiles]:
        import tomlkit

        if name not in profiles.tables:
            raise profiles.unknown_profile(name)
        document: Any = tomlkit.parse(text)
        document[TABLE][name][setting] = _toml_value(value)
        tables = {**profiles.tables, name: {**profiles.tables[name], setting: _toml_value(value)}}
        new_text = _with_line_breaks_of(text, document.as_string())
        return new_text, Profiles(profiles.path, profiles.default, tables)

    return _edit_config(edit, environ)


def use_profile(name: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Make a profile the default, or none. Raises ConfigurationError if there is no such profile."""

    def edit(text: str, profiles: Profiles) -> tuple[str, Profiles]:
        default = None if name is None else profiles.profile(name).name
        return _with_default(text, default), Profiles(profiles.path, default, profiles.tables)

    return _edit_config(edit, environ)


def remove_profile(name: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Remove a profile, and the secret's file that tui-auth created for it. Return that file's path.

    Raises ConfigurationError if there is no such profile, or a file can't be written.
    """
    obsolete_secret: Path | None = None

    def edit(text: str, profiles: Profiles) -> tuple[str, Profiles]:
        nonlocal obsolete_secret
        if name not in profiles.tables:
            profiles.profile(name)
        obsolete_secret = _removable_secret(profiles, name)
        default = None if profiles.default == name else profiles.default
        if default is None:
            text = _with_default(text, None)
        tables = _tables_without(profiles, name)
        return _without_profile(text, name), Profiles(profiles.path, default, tables)

    _edit_config(edit, environ)
    _remove_secret(obsolete_secret)
    return obsolete_secret


def _edit_config(
    edit: Callable[[str, Profiles], tuple[str, Profiles]],
    environ: Mapping[str, str],
    secret: tuple[str, Secret] | None = None,
) -> Path:
    """Edit config.toml and write the ``secret`` of a profile: either both or neither.

    ``edit`` returns the new text and what it must mean.
    """
    path = Path(config_folder(environ), CONFIG_FILE)
    with _locked_folder(path), ExitStack() as stack:
        content = (
            read_marked_text(path, largest=LARGEST_CONFIG_BYTES, is_unshared=True) if path.exists() else ""
        )
        text = content.removeprefix(BYTE_ORDER_MARK)
        new_content = content[: len(content) - len(text)] + _edited(path, text, edit)
        if secret:
            stack.enter_context(_new_secret(path.parent, *secret))
        if new_content != content:
            replace_file(path, new_content)
    return path


def _edited(path: Path, text: str, edit: Callable[[str, Profiles], tuple[str, Profiles]]) -> str:
    """Return the edited text, read back and compared. Raises ConfigurationError if tomlkit can't edit it."""
    from tomlkit.exceptions import TOMLKitError

    profiles = parse_profiles(path, text)
    try:
        new_text, expected = edit(text, profiles)
        if not text.startswith("\n"):
            new_text = new_text.lstrip("\n")  # tomlkit leaves the line after a removed first one
        is_correct = _comparable(parse_profiles(path, new_text)) == _comparable(expected)
    except TOMLKitError:
        is_correct = False
    if not is_correct:
        raise error_in_file(path, None, "it is written in a way that tui-auth can't edit. Use an editor.")
    return new_text


def _comparable(profiles: Profiles) -> str:
    return json.dumps([profiles.default, profiles.tables], sort_keys=True, default=str)


def _tables_without(profiles: Profiles, name: str) -> dict[str, Mapping[str, Any]]:
    return {other: table for other, table in profiles.tables.items() if other != name}


def _with_default(text: str, name: str | None) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    if name is None:
        document.pop(DEFAULT_KEY, None)
    elif DEFAULT_KEY in document:
        document[DEFAULT_KEY] = name
    else:  # before the first comment, which may be about what follows it
        line = tomlkit.document().add(DEFAULT_KEY, name).as_string()
        return _with_line_breaks_of(text, line + ("\n" if text.lstrip()[:1] in ("[", "#") else "") + text)
    return _with_line_breaks_of(text, document.as_string())


def _with_profile(text: str, name: str, values: Mapping[str, Any], comment: str) -> str:
    import tomlkit
    from tomlkit.items import InlineTable

    document = tomlkit.parse(text)
    profiles = document.get(TABLE)
    if isinstance(profiles, InlineTable):  # no header can follow
        profiles[name] = _toml_item(values)
        return _with_line_breaks_of(text, document.as_string())
    table = tomlkit.table()
    if comment:
        table.add(tomlkit.comment(comment))
    for key, value in values.items():
        table.add(key, _toml_item(value))
    addition = tomlkit.document().add(TABLE, tomlkit.table(is_super_table=True).add(name, table)).as_string()
    separator = "\n" if text and not text.endswith("\n") else ""
    is_separate = not text.strip() or text.endswith(("\n\n", "\n\r\n"))
    return _with_line_breaks_of(text, text + separator + ("" if is_separate else "\n") + addition)


def _without_profile(text: str, name: str) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    del document[TABLE][name]
    return _with_line_breaks_of(text, _with_following_comments(text, document.as_string(), name))


def _with_following_comments(text: str, new_text: str, name: str) -> str:
    """Return ``new_text`` with the comments between the removed profile and what follows it in ``text``.

    To tomlkit they belong to the removed table; to the author they belong to the next one.
    """
    lines, new_lines = (re.findall(r"[^\n]*\n|[^\n]+", part) for part in (text, new_text))
    new_statements = list(statements(new_text))
    remaining = 0
    comments: dict[int, list[str]] = {}
    is_in_removed_table = False
    following = [*statements(text), (("",), len(lines) + 1, 0)]
    for (path, first, last), (next_path, next_first, _) in pairwise(following):
        is_removed = path[:2] == (TABLE, name)
        is_in_removed_table = is_removed and (is_in_removed_table or lines[first - 1].lstrip()[0] == "[")
        remaining += not is_removed
        gap = lines[last : next_first - 1]
        if is_in_removed_table and next_path[:2] != (TABLE, name) and any(line.strip() for line in gap):
            is_at_end = remaining == len(new_statements)
            comments[len(new_lines) if is_at_end else new_statements[remaining][1] - 1] = gap
    for position, gap in reversed(comments.items()):
        new_lines[position:position] = gap
    return "".join(new_lines)


def _toml_item(value: Any) -> Item:
    import tomlkit

    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for key, member in value.items():
            table.add(key, _toml_item(member))
        return table
    item: Item = tomlkit.item(value)
    return item


def _toml_value(value: Any) -> Any:
    """Return a setting's value as it is written: whole numbers without a fraction, tuples as lists."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return list(value) if isinstance(value, tuple) else value


def _with_line_breaks_of(text: str, new_text: str) -> str:
    has_only_crlf = 0 < text.count("\n") == text.count("\r\n")
    return new_text.replace("\r\n", "\n").replace("\n", "\r\n") if has_only_crlf else new_text


@contextmanager
def _locked_folder(path: Path) -> Iterator[None]:
    try:
        make_private_folder(path.parent)
        check_unshared(str(path.parent))
        with locked_folder(path.parent, patience=PATIENCE_SECONDS):
            yield
    except BusyError:
        raise ConfigurationError(
            f"Another tui-auth has been changing {display_path(path.parent)} for a while. Try again, "
            "or end the other one."
        ) from None
    except StorageError as error:
        raise ConfigurationError(str(error)) from None
    except OSError as error:
        raise error_in_file(path, None, f"it can't be written: {error.strerror}.") from None
    except UnicodeEncodeError:
        raise error_in_file(path, None, "a value has characters that can't be stored in a file.") from None


def _secret_path(folder: Path, name: str) -> Path:
    return folder / SECRETS_FOLDER / name


def _removable_secret(profiles: Profiles, name: str) -> Path | None:
    """Return the secret's file that tui-auth created for a profile, unless another profile uses it too."""
    path = _secret_path(profiles.path.parent, name)
    if profiles.secret_file(name) != path or path.is_symlink() or not path.is_file():
        return None
    others = (profiles.secret_file(other) for other in profiles.tables if other != name)
    is_shared = any(os.path.realpath(other) == os.path.realpath(path) for other in others if other)
    return None if is_shared else path


@contextmanager
def _new_secret(config_folder: Path, name: str, secret: Secret) -> Iterator[None]:
    """Store a profile's secret for a block that writes config.toml. If that fails, restore the former one."""
    folder = PrivateFolder(str(config_folder / SECRETS_FOLDER))
    former = folder.read(name)
    folder.write(name, f"{secret.reveal()}\n".encode())
    try:
        yield
    except BaseException:
        if former is None:
            folder.remove(name)
        else:
            folder.write(name, former)
        raise


def _remove_secret(path: Path | None) -> None:
    if path is None:
        return
    try:
        path.unlink()
    except OSError as error:
        raise error_in_file(path, None, f"it can't be removed: {error.strerror}.") from None
