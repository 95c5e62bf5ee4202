"""What the doctor found: one line each, in order or with what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Mark(StrEnum):
    """How a line begins."""

    OK = "ok"
    WRONG = "!!"
    NOTE = "--"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: in order, wrong with what to do, or only worth knowing.

    ``status`` is the exit status it leads to, 0 for none.
    """

    about: str
    mark: Mark
    says: str
    do: str = ""
    status: int = 0

    def as_json(self) -> dict[str, Any]:
        """The finding as ``doctor --json`` has it."""
        is_ok = {Mark.OK: True, Mark.WRONG: False, Mark.NOTE: None}[self.mark]
        return {"about": self.about, "ok": is_ok, "says": self.says, "do": self.do}


def good(about: str, says: str) -> Finding:
    """A thing in order."""
    return Finding(about, Mark.OK, says)


def note(about: str, says: str, do: str = "") -> Finding:
    """A thing worth knowing, neither right nor wrong."""
    return Finding(about, Mark.NOTE, says, do)


def wrong(about: str, says: str, do: str, status: int) -> Finding:
    """A thing that keeps one from signing in, and what to do."""
    return Finding(about, Mark.WRONG, says, do, status)


def status_of(findings: Iterable[Finding]) -> int:
    """The exit status: that of the first thing that is wrong; 0 where nothing is."""
    return next((finding.status for finding in findings if finding.status), 0)
