"""The folders and file names of tui-auth. The folders are platformdirs', computed without importing it.

Scripts print a cached token on every request, and platformdirs and pathlib each take as long to import as
Python takes to start. Folders are therefore texts here. A test compares them with platformdirs' for Linux and
macOS.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_FILE = "config.toml"
SECRETS_FOLDER = "secrets"
SESSION_INDEX = "index.json"
AMPLIFY_FILE_NAMES = ("amplify_outputs.json", "amplifyconfiguration.json", "aws-exports.js")
PROGRAM = "tui-auth"

ENVIRON: Mapping[str, str] = os.environ


def config_folder(environ: Mapping[str, str] = ENVIRON, platform: str = sys.platform) -> str:
    """Return the folder of the user's settings, such as ``~/.config/tui-auth``."""
    return _folder("XDG_CONFIG_HOME", ".config", "Library/Application Support", environ, platform)


def state_folder(environ: Mapping[str, str] = ENVIRON, platform: str = sys.platform) -> str:
    """Return the folder of sessions that outlive a log-out, and of indexes."""
    return _folder("XDG_STATE_HOME", ".local/state", "Library/Application Support", environ, platform)


def cache_folder(environ: Mapping[str, str] = ENVIRON, platform: str = sys.platform) -> str:
    return _folder("XDG_CACHE_HOME", ".cache", "Library/Caches", environ, platform)


def runtime_folder(environ: Mapping[str, str] = ENVIRON) -> str | None:
    """Return the folder that is emptied at log-out, or None if ``$XDG_RUNTIME_DIR`` isn't set."""
    base = environ.get("XDG_RUNTIME_DIR", "")
    return f"{base}/{PROGRAM}" if base.startswith("/") else None


def home_folder(environ: Mapping[str, str] = ENVIRON) -> str:
    """Return the user's home, or the root if it isn't known."""
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
