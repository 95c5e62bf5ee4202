"""What is wrong with a configuration: the file, the line, and what was expected there."""

from __future__ import annotations

from pathlib import Path


class ConfigurationError(Exception):
    """What was given cannot be used; the text is one sentence or two, with the cure.

    The text never holds a value that was given: it may be a secret in the wrong place.
    """


class NoPoolNamed(ConfigurationError):
    """Neither flag, environment, profile nor folder names both a user pool and an app client.

    ``has_profiles`` is true where there are profiles to choose from, so that nobody need be asked for ids,
    and ``names_one`` where one of the two is named, so that no other pool is meant. ``notes`` are sentences
    about what was passed by, to be said before.
    """

    def __init__(
        self,
        sentence: str,
        *,
        has_profiles: bool = False,
        names_one: bool = False,
        notes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(sentence)
        self.notes = notes
        self.has_profiles = has_profiles
        self.names_one = names_one


def fault_in(path: Path, line: int | None, sentence: str) -> ConfigurationError:
    """A ConfigurationError that begins with the place: ``FILE, line N: sentence``."""
    place = f"{shown(path)}, line {line}" if line else shown(path)
    return ConfigurationError(f"{place}: {sentence}")


def shown(path: Path) -> str:
    """A path as a person reads it: on one line, without what could move a cursor, home as ``~``."""
    from tui_auth.terminal.safe_text import safe_line

    try:
        text = f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        text = str(path)
    return safe_line(text, limit=300)
