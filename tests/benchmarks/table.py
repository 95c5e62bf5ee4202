"""A row of the table: what is measured, beside what, with which goal; and how rows are printed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.benchmarks.stage import Stage

Pair = tuple[float, float]
"""Ours and the reference's, measured in turn or at once."""


@dataclass(frozen=True)
class Unit:
    """How a figure is written: divided by ``one``, with so many places after the point."""

    name: str
    divisor: float = 1.0
    decimals: int = 0

    def write(self, value: float) -> str:
        """The figure with its unit."""
        return f"{value / self.divisor:,.{self.decimals}f} {self.name}"


MILLISECONDS = Unit("ms", 0.001, 1)
BYTES = Unit("B")
BYTES_PER_SECOND = Unit("B/s")
MEBIBYTES = Unit("MiB", 1024**2, 1)


@dataclass(frozen=True)
class Row:
    """One row. ``pairs`` gives one pair of figures a round; the medians count.

    The goal is ``ratio``, at most so many times the reference, or ``at_most``, a figure; neither: it is only
    stated. ``rounds`` is how many the table takes unless told.
    """

    name: str
    what: str
    reference: str
    unit: Unit
    pairs: Callable[[Stage, int], Iterable[Pair]]
    rounds: int
    ratio: float | None = None
    maximum: float | None = None

    @property
    def goal(self) -> str:
        """The goal as the table writes it."""
        if self.ratio is not None:
            return f"≤ {self.ratio:g}×"
        if self.maximum is None:
            return "stated"
        return f"≤ {self.unit.write(self.maximum)}" if self.maximum else "0"


@dataclass(frozen=True)
class Result:
    """The medians of a row."""

    row: Row
    ours: float
    reference: float

    @property
    def ratio(self) -> float:
        """Ours in parts of the reference's."""
        return self.ours / self.reference

    @property
    def is_met(self) -> bool:
        """Whether the goal is met; a row without one meets it."""
        if self.row.ratio is not None:
            return self.ratio <= self.row.ratio
        return self.row.maximum is None or self.ours <= self.row.maximum

    def cells(self) -> list[str]:
        """The row as the table has it."""
        row = self.row
        met = "–" if row.goal == "stated" else "yes" if self.is_met else "NO"
        figures = [row.unit.write(self.ours), row.unit.write(self.reference), f"{self.ratio:.2f}×"]
        return [row.what, row.reference, *figures, row.goal, met]


HEADINGS = ["what", "beside", "tui-auth", "reference", "ratio", "goal", "met"]


def measure(row: Row, stage: Stage, rounds: int | None = None) -> Result:
    """Run the rounds of a row, and take the medians."""
    pairs = list(row.pairs(stage, rounds or row.rounds))
    return Result(row, *(statistics.median(figures) for figures in zip(*pairs, strict=True)))


def as_text(lines: Sequence[Sequence[str]]) -> str:
    """The table for a terminal: columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def as_markdown(lines: Sequence[Sequence[str]]) -> str:
    """The table for the README."""
    rows = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
