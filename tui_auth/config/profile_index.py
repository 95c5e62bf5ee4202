"""The profile index: config.toml again, as JSON, so that ``tui-auth token`` needs no TOML parser.

``profiles.json`` in the state folder:

    {"version": 2,
     "config": {"path": "…/config.toml", "mtime_ns": 1, "ctime_ns": 1, "size": 1, "inode": 1},
     "default_profile": "acme" or null, "default_line": 1 or null,
     "profiles": {"acme": {"user_pool_id": "…", "client_id": "…", …}, …},
     "lines": {"acme": {"": 1, "user_pool_id": 2, …}, …}}

It counts only while path, times, size and inode are those of config.toml (of the file itself, where that is a
link). ``profiles`` holds values as they are written there, not checked. It is a copy: nothing is lost with
it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_auth.config.errors import ConfigurationError
from tui_auth.config.files import read_text
from tui_auth.storage.files import make_private_folder, replace_file
from tui_auth.storage.paths import INDEX_FILE

VERSION = 2


@dataclass(frozen=True)
class Stamp:
    """What tells one state of a file from another: times in nanoseconds, size in bytes, and inode.

    A program may set the time of the last change back (``touch -r``, ``rsync -t``), but not ``ctime_ns``.
    """

    mtime_ns: int
    ctime_ns: int
    size: int
    inode: int


@dataclass(frozen=True)
class Index:
    """What the index holds of config.toml."""

    default: str | None
    profiles: Mapping[str, Mapping[str, Any]]
    lines: Mapping[str, Mapping[str, int]]
    default_line: int | None


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file as it stands; None where there is none.

    Raises OSError where that cannot be told, and for a link that leads nowhere.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise
        return None
    return Stamp(found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def read(folder: Path, path: Path, stamp: Stamp) -> Index | None:
    """The index of config.toml at ``path`` in this state; None where there is none, or of another state."""
    file = folder / INDEX_FILE
    try:
        if file.stat().st_uid not in (os.getuid(), 0):
            return None
        content = json.loads(read_text(file))
        if content["version"] != VERSION or content["config"] != _config(path, stamp):
            return None
        default, line = content["default_profile"], content["default_line"]
        return Index(default, content["profiles"], content["lines"], line)
    except (OSError, ConfigurationError, ValueError, KeyError, TypeError, RecursionError):
        return None


def write(folder: Path, path: Path, stamp: Stamp, index: Index) -> None:
    """Keep the index where that can be done; a read-only folder, or a date in the TOML, keeps it out."""
    content = {
        "version": VERSION,
        "config": _config(path, stamp),
        "default_profile": index.default,
        "default_line": index.default_line,
        "profiles": index.profiles,
        "lines": index.lines,
    }
    try:
        make_private_folder(folder)
        replace_file(folder / INDEX_FILE, json.dumps(content) + "\n")
    except (OSError, TypeError, ValueError):
        return


def _config(path: Path, stamp: Stamp) -> dict[str, Any]:
    return {
        "path": str(path),
        "mtime_ns": stamp.mtime_ns,
        "ctime_ns": stamp.ctime_ns,
        "size": stamp.size,
        "inode": stamp.inode,
    }
