"""Profiles: names for pools, kept in config.toml as ``[profiles.NAME]``.

The names of their keys are those of the flags with underscores. ``default_profile`` at the top names the one
that is used unless something else is named. Nothing else may stand there: a table that is not known may be
a profile whose author left out the first word.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui_auth.config import profile_index
from tui_auth.config.errors import ConfigurationError, fault_in
from tui_auth.config.files import read_text
from tui_auth.config.nearest import nearest
from tui_auth.config.settings import SETTINGS, Unfit, checked
from tui_auth.storage.paths import CONFIG_FILE, config_folder, state_folder

DEFAULT_KEY = "default_profile"
LARGEST_CONFIG = 64 * 1024
"""In bytes: hundreds of profiles. What takes many more is no file that somebody keeps."""

TABLE = "profiles"


@dataclass(frozen=True)
class Profile:
    """A pool with a name: checked settings, and the line of each in the file."""

    name: str
    path: Path
    settings: Mapping[str, Any]
    lines: Mapping[str, int]


@dataclass(frozen=True)
class Profiles:
    """What config.toml holds: profiles as they are written, and which is the default."""

    path: Path
    default: str | None = None
    written: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lines: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Per profile the line of each key, of keys within it as ``key.inner``; under "" the profile's own."""
    default_line: int | None = None

    def secret_file(self, name: str) -> Path | None:
        """The file of the app client's secret that a profile names, whatever else it says; None for none."""
        written = self.written.get(name, {}).get("client_secret_file")
        return _from(self.path.parent, written) if isinstance(written, str) else None

    @property
    def names(self) -> list[str]:
        """The names of all profiles, in the order of the file."""
        return list(self.written)

    def profile(self, name: str) -> Profile:
        """The profile of that name. Raises ConfigurationError, with the line, for an unknown key or value."""
        values = self.written.get(name)
        if values is None:
            raise ConfigurationError(f"There is no profile {_quoted(name)}. {self._known_names(name)}")
        lines = self.lines.get(name, {})
        settings = {}
        for key, value in values.items():
            line = lines.get(key) or lines.get("")
            if key not in SETTINGS:
                raise fault_in(self.path, line, _unknown_key(key))
            try:
                settings[key] = checked(key, value)
            except Unfit as error:
                place = f"{key}.{error.key}" if error.key else key
                raise fault_in(
                    self.path, lines.get(place) or line, f"{_shown_key(place)}: expected {error}."
                ) from None
        if "client_secret_file" in settings:
            settings["client_secret_file"] = str(_from(self.path.parent, settings["client_secret_file"]))
        return Profile(name, self.path, settings, lines)

    def default_profile(self) -> Profile | None:
        """The default profile; None where there is none. Raises ConfigurationError as ``profile`` does."""
        if self.default is None:
            return None
        if self.default not in self.written:
            raise fault_in(
                self.path,
                self.default_line,
                f"there is no profile {_quoted(self.default)}. `tui-auth profile use NAME` names another.",
            )
        return self.profile(self.default)

    def _known_names(self, name: str) -> str:
        if not self.written:
            return "None are kept yet: `tui-auth profile add NAME --user-pool-id … --client-id …`."
        if near := nearest(name, self.written):
            return f"Did you mean {_quoted(near)}?"
        names = ", ".join(map(_quoted, self.written))
        return f"The only one is {names}." if len(self.written) == 1 else f"There are {names}."


def load_profiles(environ: Mapping[str, str] = os.environ) -> Profiles:
    """The profiles of the user. Raises ConfigurationError where config.toml cannot be understood.

    They come from the index where that is of the file as it stands, which spares reading TOML; where it is
    not, it is made anew if it can be.
    """
    path = Path(config_folder(environ), CONFIG_FILE)
    try:
        stamp = profile_index.stamp_of(path)
    except OSError as error:
        raise fault_in(path, None, f"it cannot be read: {error.strerror}.") from None
    if stamp is None:
        return Profiles(path)
    folder = Path(state_folder(environ))
    if index := profile_index.read(folder, path, stamp):
        return Profiles(path, index.default, index.profiles, index.lines, index.default_line)
    profiles = parse_profiles(path, read_text(path, largest=LARGEST_CONFIG))
    index = profile_index.Index(profiles.default, profiles.written, profiles.lines, profiles.default_line)
    profile_index.write(folder, path, stamp, index)
    return profiles


def parse_profiles(path: Path, text: str) -> Profiles:
    """The profiles in the text of a config.toml. Raises ConfigurationError with the line."""
    from tui_auth.config.toml_text import TomlError, lines_of, parse

    try:
        content = parse(text)
    except TomlError as error:
        raise fault_in(path, error.line, f"{error}.") from None
    lines = lines_of(text)
    for key in content:
        if key not in (TABLE, DEFAULT_KEY):
            raise fault_in(
                path,
                lines.get((key,)) or _first_under(key, lines),
                f"expected [{TABLE}.NAME] or {DEFAULT_KEY}.",
            )
    default = content.get(DEFAULT_KEY)
    if default is not None and not isinstance(default, str):
        raise fault_in(path, lines.get((DEFAULT_KEY,)), "expected the name of a profile, in quotes.")
    tables = content.get(TABLE, {})
    if not isinstance(tables, Mapping):
        raise fault_in(path, lines.get((TABLE,)), f"expected tables [{TABLE}.NAME].")
    for name, values in tables.items():
        if not isinstance(values, Mapping):
            raise fault_in(path, lines.get((TABLE, name)), f"expected a table [{TABLE}.NAME].")
    within = {name: _lines_within(name, lines) for name in tables}
    return Profiles(path, default, tables, within, lines.get((DEFAULT_KEY,)))


def _lines_within(name: str, lines: Mapping[tuple[str, ...], int]) -> dict[str, int]:
    within: dict[str, int] = {}
    for path, line in lines.items():
        if path[:2] == (TABLE, name):
            within.setdefault(path[2] if len(path) > 2 else "", line)
            within.setdefault(".".join(path[2:4]), line)
    within.setdefault("", min(within.values(), default=lines.get((TABLE,), 1)))
    return within


def _first_under(key: str, lines: Mapping[tuple[str, ...], int]) -> int | None:
    return min((line for path, line in lines.items() if path[0] == key), default=None)


def _unknown_key(key: str) -> str:
    if key in ("client_secret", "password"):
        cure = " Put the app client's secret into a file of its own and name that with client_secret_file."
        return f"{key}: no secret is read from here.{cure if key == 'client_secret' else ''}"
    near = nearest(key, SETTINGS)
    cure = f"Did you mean {near}?" if near else f"Known are {', '.join(SETTINGS)}."
    return f"{_quoted(key)} is no setting of a profile. {cure}"


def _from(folder: Path, path: str) -> Path:
    return folder / os.path.expanduser(path)  # noqa: PTH111 - Path's own raises for a user there is not


def _quoted(name: str) -> str:
    return f"“{_shown_key(name)}”"


def _shown_key(key: str) -> str:
    from tui_auth.terminal.safe_text import safe_line

    return safe_line(key, limit=64)
