"""Where a value comes from: the sources in their order, and how the values of several are joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from tui_auth.config.errors import shown
from tui_auth.config.settings import SETTINGS, Belonging
from tui_auth.terminal.safe_text import safe_line


class SourceKind(Enum):
    """The sources of a value, the one that decides first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    PROFILE = "profile"
    AMPLIFY_FILE = "Amplify file"
    CURRENT_SESSION = "current session"
    DERIVED = "user pool id"


@dataclass(frozen=True)
class Origin:
    """Where one value came from: a flag, a variable or a profile by its name, a file with the line."""

    kind: SourceKind
    name: str = ""
    file: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        match self.kind:
            case SourceKind.FLAG | SourceKind.ENVIRONMENT:
                return self.name
            case SourceKind.CURRENT_SESSION:
                return "the current session"
            case SourceKind.DERIVED:
                return "the user pool id"
        place = shown(self.file) if self.file else ""
        place += f":{self.line}" if self.line else ""
        return (
            f"profile {safe_line(self.name, limit=64)}, {place}" if self.kind is SourceKind.PROFILE else place
        )


@dataclass(frozen=True)
class Source:
    """One source: checked settings, and the origin of each. ``is_asked_for`` where a person named it."""

    kind: SourceKind
    settings: Mapping[str, Any]
    origins: Mapping[str, Origin]
    is_asked_for: bool = True


@dataclass
class Joined:
    """Settings of several sources: each from the first that has it for this pool and this app client."""

    settings: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)

    @property
    def names_a_client(self) -> bool:
        """Whether both user pool and app client are known."""
        return "user_pool_id" in self.settings and "client_id" in self.settings

    def add(self, source: Source) -> None:
        """Take from a source what is not known yet, and belongs to what is known.

        Of a source about another pool only what describes the person is taken, and that only if the source
        was named: a client, a region or a password policy of one pool is wrong for every other.
        """
        fits = {
            Belonging.POOL: self._agrees(source, "user_pool_id"),
            Belonging.CLIENT: self._agrees(source, "user_pool_id", "client_id"),
        }
        fits[Belonging.PERSON] = source.is_asked_for or fits[Belonging.POOL]
        for name, value in source.settings.items():
            if name not in self.settings and fits[SETTINGS[name].belongs_to]:
                self.settings[name] = value
                self.origins[name] = source.origins[name]

    def _agrees(self, source: Source, *names: str) -> bool:
        if source.kind in (SourceKind.FLAG, SourceKind.ENVIRONMENT):
            return True  # each flag and each variable stands for itself
        both = [name for name in names if name in self.settings and name in source.settings]
        return all(self.settings[name] == source.settings[name] for name in both)
