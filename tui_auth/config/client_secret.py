"""Read secrets from files: an app client's secret, or a password."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tui_auth.config.environment import AMPLIFY_FILE_NAMES
from tui_auth.config.errors import ConfigurationError, display_path, error_in_file
from tui_auth.config.files import read_text
from tui_auth.config.settings import SECRET_PATH_EXPECTED, looks_like_secret
from tui_auth.secret import Secret

_LARGEST_SECRET_FILE_BYTES = 4096


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
        raise ConfigurationError(
            "The secret's file: the user after ~ is not known. Write the whole path."
        ) from None
    except FileNotFoundError:
        raise ConfigurationError(
            "The secret's file: the folder you are in was removed. Write the file's whole path."
        ) from None


def read_secret_file(path: str | Path) -> Secret:
    """Return the first line of a file, or the AppClientSecret of an Amplify file.

    Raises:
        ConfigurationError: The file can't be read, or there is no secret in it.
    """
    path = Path(path)
    if path.name in AMPLIFY_FILE_NAMES:
        from tui_auth.config.amplify import read_amplify_file

        file = read_amplify_file(path)
        if file is None or file.client_secret is None:
            raise error_in_file(path, None, "it holds no AppClientSecret.")
        return file.client_secret
    text = read_text(path, largest=_LARGEST_SECRET_FILE_BYTES)
    line = text.strip().splitlines()[0].strip() if text.strip() else ""
    if not line:
        raise error_in_file(path, None, "it is empty. Put the app client's secret in its first line.")
    return Secret(line)


def read_password_file(path: str | Path) -> Secret:
    """Return the first line of a file, with leading and trailing spaces.

    Raises:
        ConfigurationError: The file can't be read, or its first line is empty.
    """
    if not os.path.lexists(path):  # the path itself may be the password, so it isn't repeated
        raise ConfigurationError("There is no such password file. Give its path, not the password.")
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

    from tui_auth.terminal.safe_text import safe_line

    path = Path(path)
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ""
    is_open = stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_IRGRP | stat.S_IROTH)
    if not is_open or path.name in AMPLIFY_FILE_NAMES:
        return ""
    return (
        f"Other users of this machine can read {display_path(path)}. "
        f"Close it: {safe_line(f'chmod 600 {shlex.quote(str(path))}', limit=400)}"
    )
