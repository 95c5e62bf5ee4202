"""docs/benchmarks.md has the rows that ``python -m tests.benchmarks`` measures."""

from __future__ import annotations

from tests.benchmarks.__main__ import ROWS
from tests.benchmarks.table import HEADINGS
from tests.terminal.pty_program import ROOT

PAGE = (ROOT / "docs" / "benchmarks.md").read_text()
LINES = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]


def test_the_page_has_each_row_with_its_reference_and_goal() -> None:
    headings, _, *rows = LINES
    assert headings == HEADINGS
    assert [(row[0], row[1], row[5]) for row in rows] == [
        (row.title, row.reference, row.goal) for row in ROWS
    ]


def test_the_page_says_which_goals_are_met() -> None:
    assert {row[6] for row in LINES[2:]} <= {"yes", "NO", "–"}
    assert ("tui-auth meets each goal." in PAGE) == all(row[6] != "NO" for row in LINES[2:])
