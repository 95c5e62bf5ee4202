"""Print the size of tui_auth: ``python -m tests.size``.

One row per package, its subpackages included, with the totals beside the targets. The exit status is 0
whatever the figures are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[1] / "tui_auth"
TOP_LEVEL: Final = "(top level)"
MAX_FILES: Final = 140
MAX_LINES: Final = 25_000


@dataclass(frozen=True)
class Size:
    """The number of Python files and of their lines."""

    files: int
    lines: int

    @property
    def lines_per_file(self) -> int:
        """The average length of a file, rounded; 0 without files."""
        return round(self.lines / self.files) if self.files else 0


def measure(paths: Iterable[Path]) -> Size:
    """Count files and lines."""
    lengths = [len(path.read_text().splitlines()) for path in paths]
    return Size(len(lengths), sum(lengths))


def measure_packages(root: Path = PACKAGE) -> dict[str, Size]:
    """Return the size of each package directly below root, and of the modules beside them."""
    groups: dict[str, list[Path]] = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).parts
        groups.setdefault(parts[0] if len(parts) > 1 else TOP_LEVEL, []).append(path)
    return {name: measure(paths) for name, paths in sorted(groups.items())}


def format_report(sizes: dict[str, Size]) -> str:
    """Return the table, with the totals and the targets below it."""
    total = Size(sum(size.files for size in sizes.values()), sum(size.lines for size in sizes.values()))
    rows = [
        ("package", "files", "lines", "lines per file"),
        *((name, *_format_cells(size)) for name, size in sizes.items()),
        ("total", *_format_cells(total)),
        ("target", f"≤ {MAX_FILES:,}", f"≤ {MAX_LINES:,}", ""),
    ]
    return "".join(f"{a:<14}{b:>8}{c:>10}{d:>16}".rstrip() + "\n" for a, b, c, d in rows)


def _format_cells(size: Size) -> tuple[str, str, str]:
    return f"{size.files:,}", f"{size.lines:,}", f"{size.lines_per_file:,}"


if __name__ == "__main__":
    sys.stdout.write(format_report(measure_packages()))
