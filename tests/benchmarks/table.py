"""The rows of the benchmark table, and how they are printed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.benchmarks.stage import Stage

Pair = tuple[float, float]
"""The program's figure and the reference's."""


@dataclass(frozen=True)
class Unit:
    """The unit of a figure: printed divided by ``divisor``, with ``decimals`` decimals."""

    name: str
    divisor: float = 1.0
    decimals: int = 0

    def write(self, value: float) -> str:
        """Return the figure with its unit."""
        return f"{value / self.divisor:,.{self.decimals}f} {self.name}"


MILLISECONDS = Unit("ms", 0.001, 1)
BYTES = Unit("B")
BYTES_PER_SECOND = Unit("B/s")
MEBIBYTES = Unit("MiB", 1024**2, 1)


@dataclass(frozen=True)
class Row:
    """One row. ``pairs`` yields one pair of figures per round; the medians count.

    The goal is ``ratio``, at most so many times the reference, or ``maximum``, a figure. Without either, the
    figures are only reported. ``rounds`` is the default number of rounds.
    """

    name: str
    title: str
    reference: str
    unit: Unit
    pairs: Callable[[Stage, int], Iterable[Pair]]
    rounds: int
    ratio: float | None = None
    maximum: float | None = None

    @property
    def goal(self) -> str:
        """Return the goal as the table shows it."""
        if self.ratio is not None:
            return f"≤ {self.ratio:g}×"
        if self.maximum is None:
            return "stated"
        return f"≤ {self.unit.write(self.maximum)}" if self.maximum else "0"


@dataclass(frozen=True)
class Result:
    row: Row
    tui_auth: float
    reference: float

    @property
    def ratio(self) -> float:
        """Return the program's figure divided by the reference's."""
        return self.tui_auth / self.reference

    @property
    def is_met(self) -> bool:
        """Return whether the goal is met; true without a goal."""
        if self.row.ratio is not None:
            return self.ratio <= self.row.ratio
        return self.row.maximum is None or self.tui_auth <= self.row.maximum

    def cells(self) -> list[str]:
        """Return the cells of the row."""
        row = self.row
        verdict = "–" if row.goal == "stated" else "yes" if self.is_met else "NO"
        figures = [row.unit.write(self.tui_auth), row.unit.write(self.reference), f"{self.ratio:.2f}×"]
        return [row.title, row.reference, *figures, row.goal, verdict]


HEADINGS = ["what", "compared with", "tui-auth", "reference", "ratio", "goal", "met"]


def measure(row: Row, stage: Stage, rounds: int | None = None) -> Result:
    """Run the rounds of a row and return the medians."""
    stage.clear_home()
    pairs = list(row.pairs(stage, rounds or row.rounds))
    return Result(row, *(statistics.median(figures) for figures in zip(*pairs, strict=True)))


def as_text(lines: Sequence[Sequence[str]]) -> str:
    """Return the table as text with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def as_markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return the table for docs/benchmarks.md."""
    rows = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
