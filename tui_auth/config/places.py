"""Where this program's files lie: platformdirs' folders, worked out without it.

A cached token is printed on every request of a script, and platformdirs takes as long to import as Python
takes to start, as pathlib does: folders are texts here. A test compares the two for Linux and macOS.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_FILE = "config.toml"
INDEX_FILE = "profiles.json"
SECRETS_FOLDER = "secrets"
PROGRAM = "tui-auth"

ENVIRON: Mapping[str, str] = os.environ


def config_folder(environ: Mapping[str, str] = ENVIRON, platform: str = sys.platform) -> str:
    """Where the person's own settings lie, such as ``~/.config/tui-auth``."""
    return _folder("XDG_CONFIG_HOME", ".config", "Library/Application Support", environ, platform)


def state_folder(environ: Mapping[str, str] = ENVIRON, platform: str = sys.platform) -> str:
    """Where lies what the program keeps for itself: sessions that outlive a log-out, and indexes."""
    return _folder("XDG_STATE_HOME", ".local/state", "Library/Application Support", environ, platform)


def cache_folder(environ: Mapping[str, str] = ENVIRON, platform: str = sys.platform) -> str:
    """Where lies what can be fetched again."""
    return _folder("XDG_CACHE_HOME", ".cache", "Library/Caches", environ, platform)


def runtime_folder(environ: Mapping[str, str] = ENVIRON) -> str | None:
    """Where lies what ends with the log-in, if the system has such a place (``$XDG_RUNTIME_DIR``)."""
    base = environ.get("XDG_RUNTIME_DIR", "")
    return f"{base}/{PROGRAM}" if base.startswith("/") else None


def home_folder(environ: Mapping[str, str] = ENVIRON) -> str:
    """The person's home; the root where none is known."""
    home = environ.get("HOME", "")
    if home.startswith("/"):
        return home
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"


def _folder(variable: str, linux: str, macos: str, environ: Mapping[str, str], platform: str) -> str:
    base = environ.get(variable, "")
    if not base.startswith("/"):
        base = f"{home_folder(environ).rstrip('/')}/{macos if platform == 'darwin' else linux}"
    return f"{base.rstrip('/')}/{PROGRAM}"
