"""Where this program's files lie: platformdirs' folders, worked out without it.

A cached token is printed on every request of a script, and platformdirs takes as long to import as Python
takes to start. A test compares the two for Linux and macOS.
"""

from __future__ import annotations

import os
import sys

from tui_auth.session.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = "tui-auth"

ENVIRON: Mapping[str, str] = os.environ


def state_folder(environ: Mapping[str, str] = ENVIRON, platform: str = sys.platform) -> str:
    """Where sessions lie that outlive a log-out. Raises StorageError where there is no home."""
    return _folder("XDG_STATE_HOME", ".local/state", "Library/Application Support", environ, platform)


def cache_folder(environ: Mapping[str, str] = ENVIRON, platform: str = sys.platform) -> str:
    """Where lies what can be fetched again. Raises StorageError where there is no home."""
    return _folder("XDG_CACHE_HOME", ".cache", "Library/Caches", environ, platform)


def config_folder(environ: Mapping[str, str] = ENVIRON, platform: str = sys.platform) -> str:
    """Where the person's own settings lie. Raises StorageError where there is no home."""
    return _folder("XDG_CONFIG_HOME", ".config", "Library/Application Support", environ, platform)


def runtime_folder(environ: Mapping[str, str] = ENVIRON) -> str | None:
    """Where lies what ends with the log-in, if the system has such a place (``$XDG_RUNTIME_DIR``)."""
    base = environ.get("XDG_RUNTIME_DIR", "")
    return f"{base}/{PROGRAM}" if base.startswith("/") else None


def _folder(variable: str, linux: str, macos: str, environ: Mapping[str, str], platform: str) -> str:
    base = environ.get(variable, "")
    if not base.startswith("/"):
        base = f"{_home(environ).rstrip('/')}/{macos if platform == 'darwin' else linux}"
    return f"{base.rstrip('/')}/{PROGRAM}"


def _home(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME", "")
    if home.startswith("/"):
        return home
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        raise StorageError("There is no home folder to keep a session in. Set HOME.") from None
