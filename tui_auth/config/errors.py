"""Errors in the configuration: the file, the line, and what was expected there."""

from __future__ import annotations

from pathlib import Path


class ConfigurationError(Exception):
    """The configuration can't be used; the message is one or two sentences that say what to do.

    The message never repeats a value: it may be a secret in the wrong place.
    """


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
    from tui_auth.terminal.safe_text import safe_line

    try:
        text = f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        text = str(path)
    return safe_line(text, limit=300)
