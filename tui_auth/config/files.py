"""Configuration files as text, errors with their file and line, secrets in files, and origins of values."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tui_auth.errors import ConfigurationError as ConfigurationError
from tui_auth.secret import Secret
from tui_auth.storage.files import (
    ForeignFileError,
    PrivateFolder,
    StorageError,
    UnreadableFileError,
    read_plain_file,
)
from tui_auth.storage.paths import AMPLIFY_FILE_NAMES, PROGRAM, SECRETS_FOLDER
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BYTES = 1 << 20
BYTE_ORDER_MARK = "\ufeff"
SECRET_PATH_EXPECTED = "the path of a file that contains the secret, not the secret itself"  # noqa: S105 - no secret

SECRET_FILE_ADVICE = "Specify the path of a file that contains the secret, not the secret."  # noqa: S105 - no secret

_LARGEST_SECRET_FILE_BYTES = 4096
_CLIENT_SECRET = re.compile(r"[\w+=]{40,}", re.ASCII)
"""The form of a client secret; hardly any file has such a name."""


class ForeignConfigFileError(ConfigurationError):
    """A file belongs to a user whose files are not taken here, or everyone can change it."""


class SharedConfigFileError(ConfigurationError):
    """Other users can change a file that decides where a password goes; the message has the cure."""


class NoPoolError(ConfigurationError):
    """Neither flags, variables, profiles nor files specify both a user pool and an app client.

    Attributes:
        notes: Sentences about files that were skipped, to print first.
        has_profiles: Whether there are profiles to choose from, so that the user need not type IDs.
        is_partial: Whether one of the two is specified, so that no other pool is meant.
    """

    def __init__(
        self,
        message: str,
        *,
        has_profiles: bool = False,
        is_partial: bool = False,
        notes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.notes = notes
        self.has_profiles = has_profiles
        self.is_partial = is_partial


def error_in_file(path: Path, line: int | None, message: str) -> ConfigurationError:
    """Return a ConfigurationError that begins with the place: ``FILE, line N: message``."""
    place = f"{display_path(path)}, line {line}" if line else display_path(path)
    return ConfigurationError(f"{place}: {message}")


def display_path(path: Path) -> str:
    """Return a path for display: on one line, without control characters, home as ``~``."""
    try:
        text = f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        text = str(path)
    return safe_line(text, limit=300)


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


def read_text(
    path: Path,
    *,
    largest: int = LARGEST_BYTES,
    owners: frozenset[int] | None = None,
    is_unshared: bool = False,
) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark. Raises ConfigurationError.

    With ``owners`` the file must belong to one of these user IDs, else ForeignConfigFileError is raised. With
    ``is_unshared`` no other user may be able to change it.
    """
    text = read_marked_text(path, largest=largest, owners=owners, is_unshared=is_unshared)
    return text.removeprefix(BYTE_ORDER_MARK)


def read_marked_text(
    path: Path, *, largest: int, owners: frozenset[int] | None = None, is_unshared: bool = False
) -> str:
    """Return the text of a UTF-8 file with its byte order mark, if it has one. Raises ConfigurationError."""
    try:
        content = read_plain_file(path, largest=largest, owners=owners, is_unshared=is_unshared)
    except StorageError as error:
        raise SharedConfigFileError(str(error)) from None
    except ForeignFileError as error:
        raise ForeignConfigFileError(f"{display_path(path)} {error}.") from None
    except UnreadableFileError as error:
        raise error_in_file(path, None, str(error)) from None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise error_in_file(path, line, "it isn't UTF-8 text.") from None


def resolve_secret_path(text: str) -> Path:
    """Return the absolute path of a secret's file, which may begin with ``~`` or be relative.

    Raises:
        ConfigurationError: The user after ``~`` or the working directory doesn't exist, or the text looks
            like the secret itself.
    """
    if looks_like_secret(text):
        raise ConfigurationError(f"The secret's file: expected {SECRET_PATH_EXPECTED}.")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        problem = "the user after ~ doesn't exist. Use the full path."
    except FileNotFoundError:
        problem = "the current folder was removed. Use the full path of the file."
    raise ConfigurationError(f"The secret's file: {problem}")


def looks_like_secret(text: str) -> bool:
    """Whether a text is a secret in place of the path of its file, so that it must not be repeated."""
    # os.path instead of Path, which raises for a name that is too long.
    return bool(_CLIENT_SECRET.fullmatch(text)) and not os.path.lexists(text)


def read_secret_line(path: Path) -> Secret:
    """Return the first line of a file. Raises ConfigurationError if it can't be read or there is none.

    A secret that tui-auth stored must still follow the rules for private files.
    """
    if path.parts[-3:-1] == (PROGRAM, SECRETS_FOLDER):
        try:
            PrivateFolder(str(path.parent)).read(path.name)
        except StorageError as error:
            raise SharedConfigFileError(str(error)) from None
    text = read_text(path, largest=_LARGEST_SECRET_FILE_BYTES).strip()
    if not text:
        raise error_in_file(path, None, "it is empty. Put the client secret in its first line.")
    return Secret(text.splitlines()[0].strip())


def read_password_file(path: str | Path) -> Secret:
    """Return the first line of a file, with leading and trailing spaces.

    Raises:
        ConfigurationError: The file can't be read, or its first line is empty.
    """
    if not os.path.lexists(path):  # the path itself may be the password, so it isn't repeated
        raise ConfigurationError("The password file doesn't exist. Specify its path, not the password.")
    path = Path(path)
    password = read_text(path, largest=_LARGEST_SECRET_FILE_BYTES).partition("\n")[0].removesuffix("\r")
    if not password:
        raise error_in_file(path, None, "it is empty. Put the password in its first line.")
    return Secret(password)


def permission_warning(path: str | Path) -> str:
    """Return a sentence with the cure if other users can read a secret's file; empty otherwise.

    An Amplify file is exempt: everyone in its project reads it.
    """
    import shlex

    path = Path(path)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return ""
    is_open = stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH)
    if not is_open or path.name in AMPLIFY_FILE_NAMES:
        return ""
    cure = safe_line(f"chmod 600 {shlex.quote(str(path))}", limit=400)
    return f"Other users of this computer can read {display_path(path)}. Make it private: {cure}"


_FLAG = re.compile(r"--[a-z][a-z-]+")


def with_argument_names(error: ConfigurationError) -> ConfigurationError:
    """Return an error of a flag as one of the argument of that name: a program has no flags.

    Commands, between backticks, stay as they are.
    """
    parts = str(error).split("`")
    parts[::2] = [_FLAG.sub(lambda flag: flag[0][2:].replace("-", "_"), part) for part in parts[::2]]
    return ConfigurationError("`".join(parts))


class SourceKind(Enum):
    """The kinds of source, in order of precedence."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    PROFILE = "profile"
    AMPLIFY_FILE = "Amplify file"
    CURRENT_SESSION = "last sign-in"
    DERIVED = "user pool ID"


@dataclass(frozen=True)
class Origin:
    """Where one value comes from: the name of a flag, variable or profile, or a file and line."""

    kind: SourceKind
    name: str = ""
    file: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.kind in (SourceKind.FLAG, SourceKind.ENVIRONMENT):
            return self.name
        if self.file is None:
            return f"the {self.kind.value}"
        place = f"{display_path(self.file)}:{self.line}" if self.line else display_path(self.file)
        return f"profile {safe_line(self.name, limit=64)}, {place}" if self.name else place
