"""Where tui-auth keeps things: platformdirs' folders for its configuration and its state.

They are worked out here because platformdirs takes as long to import as Python takes to start; a test
compares the two for Linux and macOS.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

CONFIG_FILE = "config.toml"
INDEX_FILE = "profiles.json"
SECRETS_FOLDER = "secrets"
PROGRAM = "tui-auth"


def config_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where the person's own settings lie, such as ~/.config/tui-auth."""
    return _folder("XDG_CONFIG_HOME", ".config", environ, platform)


def state_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where lies what the program keeps for itself, such as ~/.local/state/tui-auth."""
    return _folder("XDG_STATE_HOME", ".local/state", environ, platform)


def home_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The person's home; the root where none is known."""
    home = environ.get("HOME", "")
    if home.startswith("/"):
        return Path(home)
    import pwd

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path("/")


def _folder(variable: str, on_linux: str, environ: Mapping[str, str], platform: str) -> Path:
    base = environ.get(variable, "")
    if base.startswith("/"):
        return Path(base) / PROGRAM
    below = "Library/Application Support" if platform == "darwin" else on_linux
    return home_folder(environ) / below / PROGRAM
