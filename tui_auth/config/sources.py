"""Where a value comes from, and how the values of several sources are merged."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from tui_auth.config.errors import display_path
from tui_auth.config.settings import SETTINGS, Scope
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class SourceKind(Enum):
    """The kinds of source, in order of precedence."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    PROFILE = "profile"
    AMPLIFY_FILE = "Amplify file"
    CURRENT_SESSION = "current session"
    DERIVED = "user pool id"


@dataclass(frozen=True)
class Origin:
    """Where one value comes from: the name of a flag, variable or profile, or a file and line."""

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
        place = display_path(self.file) if self.file else ""
        place += f":{self.line}" if self.line else ""
        return (
            f"profile {safe_line(self.name, limit=64)}, {place}" if self.kind is SourceKind.PROFILE else place
        )


@dataclass(frozen=True)
class Source:
    """One source: validated settings, and the origin of each.

    ``is_explicit`` is false for a source that the user didn't name, such as the default profile.
    """

    kind: SourceKind
    settings: Mapping[str, Any]
    origins: Mapping[str, Origin]
    is_explicit: bool = True


@dataclass
class MergedSettings:
    """The settings of several sources: each from the first that has it for this pool and app client."""

    settings: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether both user pool and app client are known."""
        return "user_pool_id" in self.settings and "client_id" in self.settings

    def add(self, source: Source) -> None:
        """Add the settings of a source that aren't known yet and fit the known pool and app client.

        A source about another pool adds only settings of the user, and only if it is explicit: an app client,
        a region or a password policy of one pool is wrong for every other.
        """
        fits = {
            Scope.POOL: self._agrees(source, "user_pool_id"),
            Scope.CLIENT: self._agrees(source, "user_pool_id", "client_id"),
        }
        fits[Scope.USER] = source.is_explicit or fits[Scope.POOL]
        for name, value in source.settings.items():
            if name not in self.settings and fits[SETTINGS[name].scope]:
                self.settings[name] = value
                self.origins[name] = source.origins[name]

    def _agrees(self, source: Source, *names: str) -> bool:
        if source.kind in (SourceKind.FLAG, SourceKind.ENVIRONMENT):
            return True  # each flag and each variable counts on its own
        shared = [name for name in names if name in self.settings and name in source.settings]
        return all(self.settings[name] == source.settings[name] for name in shared)
