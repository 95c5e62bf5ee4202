"""The picture of the layers in docs/architecture.md: ``python -m tests.packaging.layers`` draws it again.

It shows the contract of type ``layers`` in pyproject.toml. An optional layer, which has parentheses there, is
drawn only if its module exists.
"""

from __future__ import annotations

import re
import tomllib
from typing import Final

from tests.terminal.pty_program import ROOT

PAGE: Final = ROOT / "docs" / "architecture.md"
PACKAGE: Final = ROOT / "tui_auth"
PICTURE: Final = re.compile(r"(?<=```text\n).*?(?=```\n)", re.DOTALL)
WIDTH: Final = 78


def read_layers() -> list[list[str]]:
    """Return the modules of each layer, the highest first, without the package's name."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    rows = [[name for part in re.split("[|:]", layer) if (name := _module(part.strip()))] for layer in layers]
    return [row for row in rows if row]


def _module(part: str) -> str:
    """Return a module's name below the package, or "" for an optional one that doesn't exist."""
    name = part.strip("()").removeprefix("tui_auth.")
    path = PACKAGE / name.replace(".", "/")
    exists = path.is_dir() or path.with_suffix(".py").is_file()
    return name if exists or not part.startswith("(") else ""


def draw(layers: list[list[str]]) -> str:
    """Return the layers as boxes, one below the other; more than three modules share one box."""
    lines = ["┌" + "─" * WIDTH + "┐"]
    for names in layers:
        if len(lines) > 1:
            lines.append("├" + "─" * WIDTH + "┤")
        lines.append(
            "│" + (_draw_columns(names) if len(names) <= 3 else " · ".join(names).center(WIDTH)) + "│"
        )
    return "\n".join([*lines, "└" + "─" * WIDTH + "┘", ""])


def _draw_columns(names: list[str]) -> str:
    widths = [(WIDTH - len(names) + 1) // len(names)] * len(names)
    widths[-1] += WIDTH - len(names) + 1 - sum(widths)
    return "│".join(name.center(width) for name, width in zip(names, widths, strict=True))


def main() -> None:
    """Replace the picture in the page."""
    picture = draw(read_layers())
    PAGE.write_text(PICTURE.sub(lambda match: picture, PAGE.read_text(), count=1))


if __name__ == "__main__":
    main()
