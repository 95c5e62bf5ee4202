"""The checks of ``tui-auth doctor`` and its report: one finding per check, as text or JSON."""

from __future__ import annotations

import shutil
import sys
import textwrap
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Sequence


_COLUMN = 24
"""The width of the first column, which holds the subject of each line."""


class Level(StrEnum):
    """How serious a finding is, as the mark that starts its line."""

    OK = "ok"
    PROBLEM = "!!"
    NOTE = "--"


@dataclass(frozen=True)
class Finding:
    """The result of one check: all in order, a problem with its cure, or something worth knowing.

    Attributes:
        subject: What was checked.
        level: How serious it is.
        message: What the check found.
        advice: What to do about it; empty if nothing.
        status: The exit status it leads to; 0 unless it's a problem.
    """

    subject: str
    level: Level
    message: str
    advice: str = ""
    status: int = 0

    @classmethod
    def ok(cls, subject: str, message: str) -> Finding:
        """Build a finding that all is in order."""
        return cls(subject, Level.OK, message)

    @classmethod
    def note(cls, subject: str, message: str, advice: str = "") -> Finding:
        """Build a finding that is worth knowing and neither right nor wrong."""
        return cls(subject, Level.NOTE, message, advice)

    @classmethod
    def problem(
        cls, subject: str, message: str, advice: str, status: int = ExitCode.CONFIGURATION
    ) -> Finding:
        """Build a finding of something that prevents a sign-in."""
        return cls(subject, Level.PROBLEM, message, advice, status)

    def as_json(self) -> dict[str, Any]:
        is_ok = {Level.OK: True, Level.PROBLEM: False, Level.NOTE: None}[self.level]
        return {"about": self.subject, "ok": is_ok, "says": self.message, "do": self.advice}

    def as_text(self) -> str:
        """Return one line, and a second with the advice; on a terminal both are wrapped."""
        subject = safe_line(self.subject, limit=80)
        lines = [f"{self.level} {subject:<{_COLUMN}} {safe_line(self.message, limit=1000)}"]
        if self.advice:
            lines.append(f"   {'':<{_COLUMN}} → {safe_line(self.advice, limit=1000)}")
        if sys.stdout is not None and sys.stdout.isatty():
            width = max(shutil.get_terminal_size().columns, 2 * _COLUMN)
            indents = (" " * (_COLUMN + 4), " " * (_COLUMN + 6))
            lines = [
                textwrap.fill(line, width, subsequent_indent=indent, break_on_hyphens=False)
                for line, indent in zip(lines, indents, strict=False)
            ]
        return "\n".join(lines) + "\n"


def report_as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    status = exit_status(findings)
    return {"ok": status == 0, "status": status, "checks": [finding.as_json() for finding in findings]}


def exit_status(findings: Sequence[Finding]) -> int:
    """Return the exit status of the first problem, or 0 if there is none."""
    return next((finding.status for finding in findings if finding.status), 0)
