"""Read profiles, the named pool configurations in config.toml.

Each profile is a table ``[profiles.NAME]`` whose keys are those of settings.py. ``default_profile`` at the
top names the one that is used by default. Other tables are an error: one may be a profile whose author forgot
the first word of its header.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tui_auth.config.files import ConfigurationError, error_in_file, read_text
from tui_auth.config.settings import SETTINGS, InvalidValueError, closest_match, validate_setting
from tui_auth.storage.paths import CONFIG_FILE, config_folder
from tui_auth.terminal.safe_text import safe_line

DEFAULT_KEY = "default_profile"
TABLE = "profiles"
LARGEST_CONFIG_BYTES = 64 * 1024
"""Enough for hundreds of profiles; a larger file isn't one that somebody edits."""

_EXPECTED = (
    ("Invalid value", "expected a value: text in quotes, a number, true or false, or a list"),
    ("Illegal character '\\n'", "expected the quote that ends the text"),
    ("Unterminated string", "expected the quote that ends the text"),
    ("Invalid statement", "expected KEY = VALUE or a [table]"),
    ("Expected newline", "expected the end of the line after the value"),
    ("Expected '=' after a key", "expected = after the key"),
    ("Expected ']'", "expected the ] that ends the table's name"),
    ("Unclosed array", "expected the ] that ends the list"),
    ("Cannot overwrite a value", "this key is already set above; remove one"),
    ("Cannot declare", "this table already exists above; remove one"),
)
"""The messages of tomllib, and ours for them."""

_TOML_POSITION = re.compile(r"\(at line (\d+), column \d+\)")
_STRING_OR_COMMENT = re.compile(
    r'#[^\n]*|"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)


@dataclass(frozen=True)
class Profile:
    """A profile: validated settings, and the line of each; its own line is under ``""``."""

    name: str
    path: Path
    settings: Mapping[str, Any]
    lines: Mapping[str, int]


@dataclass(frozen=True)
class Profiles:
    """The content of config.toml: the tables of all profiles, not validated, and the default profile."""

    path: Path
    default: str | None = None
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    text: str = ""

    @property
    def names(self) -> list[str]:
        """The names of all profiles, in the order of the file."""
        return list(self.tables)

    @property
    def printable_names(self) -> list[str]:
        """The names without control characters: a shell can't complete others, which were written by hand."""
        return [name for name in self.names if safe_line(name, limit=len(name)) == name]

    @cached_property
    def lines(self) -> Mapping[str, Mapping[str, int]]:
        """The lines of each profile's keys, inner ones as ``key.inner``; its own line under ``""``."""
        lines: dict[str, dict[str, int]] = {name: {} for name in self.tables}
        statements = line_numbers(self.text)
        for path, line in statements.items():
            if path[:1] == (TABLE,) and len(path) > 1:
                profile = lines[path[1]]
                profile.setdefault(path[2] if len(path) > 2 else "", line)
                profile.setdefault(".".join(path[2:4]), line)
        for profile in lines.values():
            profile.setdefault("", min(profile.values(), default=statements.get((TABLE,), 1)))
        return lines

    def secret_file(self, name: str) -> Path | None:
        """Return the client secret's file of a profile, even if its other settings are invalid."""
        path = self.tables.get(name, {}).get("client_secret_file")
        return _resolve(self.path.parent, path) if isinstance(path, str) else None

    def profile(self, name: str) -> Profile:
        """Return a profile. Raises ConfigurationError, with the line, for an unknown name, key or value."""
        values = self.tables.get(name)
        if values is None:
            raise self.unknown_profile(name)
        lines = self.lines.get(name, {})
        settings = {}
        for key, value in values.items():
            line = lines.get(key) or lines.get("")
            if key not in SETTINGS:
                raise error_in_file(self.path, line, _unknown_key(key))
            try:
                settings[key] = validate_setting(key, value)
            except InvalidValueError as error:
                full_key = f"{key}.{error.key}" if error.key else key
                raise error_in_file(
                    self.path, lines.get(full_key) or line, f"{_safe_key(full_key)}: expected {error}."
                ) from None
        if "client_secret_file" in settings:
            settings["client_secret_file"] = str(_resolve(self.path.parent, settings["client_secret_file"]))
        return Profile(name, self.path, settings, lines)

    def default_profile(self) -> Profile | None:
        """Return the default profile, or None if there is none. Raises ConfigurationError."""
        if self.default is None:
            return None
        if self.default not in self.tables:
            raise error_in_file(
                self.path,
                line_numbers(self.text).get((DEFAULT_KEY,)),
                f"there is no profile {_quoted(self.default)}. `tui-auth profile use NAME` selects another.",
            )
        return self.profile(self.default)

    def unknown_profile(self, name: str, origin: str = "") -> ConfigurationError:
        """Return the error for a name that no profile has. The name isn't repeated: it may be a secret."""
        names = ", ".join(map(_quoted, self.tables))
        if not self.tables:
            advice = "Add one with `tui-auth profile add NAME --user-pool-id … --client-id …`."
        elif closest := closest_match(name, self.tables):
            advice = f"Did you mean {_quoted(closest)}?"
        else:
            advice = f"Your {'only profile is' if len(self.tables) == 1 else 'profiles are'} {names}."
        problem = f"{origin}: this profile doesn't exist." if origin else "This profile doesn't exist."
        return ConfigurationError(f"{problem} {advice}")


def load_profiles(environ: Mapping[str, str] = os.environ) -> Profiles:
    """Return the user's profiles. Raises ConfigurationError if config.toml can't be read."""
    path = Path(config_folder(environ), CONFIG_FILE)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        if not path.is_symlink():
            return Profiles(path)
        raise error_in_file(path, None, f"it can't be read: {error.strerror}.") from None
    except OSError as error:
        raise error_in_file(path, None, f"it can't be read: {error.strerror}.") from None
    return parse_profiles(path, read_text(path, largest=LARGEST_CONFIG_BYTES, is_unshared=True))


def parse_profiles(path: Path, text: str) -> Profiles:
    """Return the profiles in the text of a config.toml. Raises ConfigurationError with the line."""
    content = _parse_toml(path, text)
    for key in content:
        if key not in (TABLE, DEFAULT_KEY):
            line = min(
                (line for keys, line in line_numbers(text).items() if keys[0] == key),
                default=None,
            )
            raise error_in_file(path, line, f"expected [{TABLE}.NAME] or {DEFAULT_KEY}.")
    default = content.get(DEFAULT_KEY)
    if default is not None and not isinstance(default, str):
        line = line_numbers(text).get((DEFAULT_KEY,))
        raise error_in_file(path, line, "expected the name of a profile, in quotes.")
    tables = content.get(TABLE, {})
    if not isinstance(tables, Mapping):
        raise error_in_file(path, line_numbers(text).get((TABLE,)), f"expected tables [{TABLE}.NAME].")
    for name, values in tables.items():
        if not isinstance(values, Mapping):
            line = line_numbers(text).get((TABLE, name))
            raise error_in_file(path, line, f"expected a table [{TABLE}.NAME].")
    return Profiles(path, default, tables, text)


def _parse_toml(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        position = _TOML_POSITION.search(message)
        line = int(position[1]) if position else text.count("\n") + 1
        unknown = f"this isn't TOML: {_TOML_POSITION.sub('', message).strip()}"
        problem = next((ours for start, ours in _EXPECTED if message.startswith(start)), unknown)
        raise error_in_file(path, line, f"{problem}.") from None
    except RecursionError:
        raise error_in_file(path, None, "it is nested too deeply.") from None
    except ValueError:  # Python's limit to the digits of a number
        raise error_in_file(path, None, "it has a number that is too long.") from None


def line_numbers(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of each header and key of valid TOML, by its full path."""
    lines: dict[tuple[str, ...], int] = {}
    for path, first, _ in statements(text):
        lines.setdefault(path, first)
    return lines


def statements(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yield the full path of each header and key of valid TOML, with its first and last line."""

    def mask(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " " if match[0][0] == "#" else "~", match[0])

    # Without comments and with strings masked, each [, {, = and line break is part of TOML's grammar.
    masked = _STRING_OR_COMMENT.sub(mask, text).split("\n")
    table: tuple[str, ...] = ()
    statement: tuple[tuple[str, ...], int] | None = None
    depth = last = 0
    for number, (line, original) in enumerate(zip(masked, text.split("\n"), strict=True), 1):
        is_header = depth == 0 and line.lstrip().startswith("[")
        if is_header or (depth == 0 and "=" in line):
            if statement:
                yield *statement, last
            if is_header:
                table = _key_path(original[: line.rindex("]")].strip().strip("[]"))
                statement = table, number
            else:
                statement = table + _key_path(original[: line.index("=")]), number
        depth += line.count("[") + line.count("{") - line.count("]") - line.count("}")
        last = number if line.strip() else last
    if statement:
        yield *statement, last


def _key_path(key: str) -> tuple[str, ...]:
    """Return the parts of a dotted key, quoted or not."""
    if "'" not in key and '"' not in key:
        return tuple(part.strip() for part in key.split("."))
    import tomllib

    path: list[str] = []
    content: Any = tomllib.loads(f"{key} = 0")
    while content:
        ((part, content),) = content.items()
        path.append(part)
    return tuple(path)


def _unknown_key(key: str) -> str:
    if key in ("client_secret", "password"):
        advice = " Put the client secret in a separate file and set client_secret_file to its path."
        return f"{key}: secrets aren't read from this file.{advice if key == 'client_secret' else ''}"
    closest = closest_match(key, SETTINGS)
    advice = f"Did you mean {closest}?" if closest else f"Settings are {', '.join(SETTINGS)}."
    return f"unknown setting {_quoted(key)}. {advice}"


def _resolve(folder: Path, path: str) -> Path:
    return folder / os.path.expanduser(path)  # noqa: PTH111 - Path raises for an unknown user


def _quoted(name: str) -> str:
    return f"“{_safe_key(name)}”"


def _safe_key(key: str) -> str:
    from tui_auth.terminal.safe_text import safe_line

    return safe_line(key, limit=64)
