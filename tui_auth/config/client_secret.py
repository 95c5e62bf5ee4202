"""Secrets read where they lie: the app client's in a file of its own or of Amplify's, or a password."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from tui_auth.config.errors import ConfigurationError, fault_in, shown
from tui_auth.config.files import read_text
from tui_auth.secret import Secret

_LARGEST_SECRET_FILE = 4096
_SECRET = re.compile(r"[\w+=]{40,}", re.ASCII)
"""What a client secret looks like, and a file's name hardly ever."""

PATH_WANTED = "the path of a file that holds the secret, not the secret itself"


def looks_like_a_secret(text: str) -> bool:
    """Whether this is a secret that somebody gave in place of its file's path, so that it is not repeated."""
    # os.path's own, since Path's raises for a name that is too long.
    return bool(_SECRET.fullmatch(text)) and not os.path.lexists(text)


def path_of_secret(text: str) -> Path:
    """The whole path of a secret's file, as a person writes it: with ``~``, or from where they are.

    Raises ConfigurationError where there is no such home, or no folder to begin at, and where it looks like
    the secret itself.
    """
    if looks_like_a_secret(text):
        raise ConfigurationError(f"The secret's file: expected {PATH_WANTED}.")
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
    """The secret that a file holds: its first line, or AppClientSecret where it is an Amplify file.

    Raises ConfigurationError, naming the file and the cure.
    """
    from tui_auth.config.amplify import FILE_NAMES, read_amplify_file

    path = Path(path)
    if path.name in FILE_NAMES:
        file = read_amplify_file(path)
        if file is None or file.client_secret is None:
            raise fault_in(path, None, "it holds no AppClientSecret.")
        return file.client_secret
    text = read_text(path, largest=_LARGEST_SECRET_FILE)
    line = text.strip().splitlines()[0].strip() if text.strip() else ""
    if not line:
        raise fault_in(path, None, "it is empty. Put the app client's secret in its first line.")
    return Secret(line)


def read_password_file(path: str | Path) -> Secret:
    """The password that a file holds: its first line, with the blanks at its ends.

    Raises ConfigurationError, naming the file and the cure.
    """
    if not os.path.lexists(path):  # the name itself may be the password, and is not repeated
        raise ConfigurationError("There is no such password file. Give its path, not the password.")
    path = Path(path)
    password = read_text(path, largest=_LARGEST_SECRET_FILE).partition("\n")[0].removesuffix("\r")
    if not password:
        raise fault_in(path, None, "it is empty. Put the password in its first line.")
    return Secret(password)


def open_to_others(path: str | Path) -> str:
    """A sentence where other users of the machine can read this secret's file, with the cure; else empty.

    Nothing is said of what is no plain file, nor of an Amplify file, which is a project's for all to read.
    """
    import shlex

    from tui_auth.config.amplify import FILE_NAMES
    from tui_auth.terminal.safe_text import safe_line

    path = Path(path)
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ""
    is_open = stat.S_ISREG(found.st_mode) and found.st_mode & (stat.S_IRGRP | stat.S_IROTH)
    if not is_open or path.name in FILE_NAMES:
        return ""
    return (
        f"Other users of this machine can read {shown(path)}. "
        f"Close it: {safe_line(f'chmod 600 {shlex.quote(str(path))}', limit=400)}"
    )
