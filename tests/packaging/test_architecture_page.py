"""docs/architecture.md and CONTRIBUTING.md name what exists, and show the layers as they are."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.packaging.layers import PICTURE, draw, read_layers
from tests.terminal.pty_program import ROOT

PAGES: Final = {
    name: (ROOT / name).read_text()
    for name in ("docs/architecture.md", "docs/accessibility.md", "docs/benchmarks.md", "CONTRIBUTING.md")
}
ARCHITECTURE: Final = PAGES["docs/architecture.md"]
FILE: Final = re.compile(r"`((?:\.?[\w-]+/)*\.?[\w-]+\.(?:md|py|tcss|toml|yaml|yml))`")
FOLDER: Final = re.compile(r"`((?:\.?[\w-]+/)+)`")
LINK: Final = re.compile(r"\]\((?!https?:)([^)#]+)\)")
SYMBOL: Final = re.compile(r"`([A-Za-z_][\w.]*)`\s+in\s+`([\w/.]+\.py)`")
"""A class, function or constant beside the file that defines it: `Secret` in `secret.py`."""
SYMBOL_IN_TABLE: Final = re.compile(r"\| `([A-Za-z_][\w.]*)` \| `([\w/.]+\.py)` \|")
"""The same in neighboring cells of a table."""


def find_path(name: str) -> Path:
    """Return the path that a page names, from the top of the tree or below the package."""
    at_top = ROOT / name
    return at_top if at_top.exists() else ROOT / "tui_auth" / name


@cache
def read_symbols(path: Path) -> frozenset[str]:
    """Return the names that a module defines: at its top level, and in its classes as ``Class.name``."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        names |= _defined_names(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for member in node.body for name in _defined_names(member)}
    return frozenset(names)


def _defined_names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def list_names(pattern: re.Pattern[str]) -> list[str]:
    """Return what a pattern finds in the pages, each once."""
    return sorted({match for page in PAGES.values() for match in pattern.findall(page)})


def list_symbols() -> list[tuple[str, str]]:
    """Return each symbol that a page names beside its file."""
    patterns = (SYMBOL, SYMBOL_IN_TABLE)
    return sorted({pair for page in PAGES.values() for pattern in patterns for pair in pattern.findall(page)})


@pytest.mark.parametrize("name", list_names(FILE))
def test_a_file_exists(name: str) -> None:
    assert find_path(name).is_file()


@pytest.mark.parametrize("name", list_names(FOLDER))
def test_a_folder_exists(name: str) -> None:
    assert find_path(name).is_dir()


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_to_a_file(page: str) -> None:
    targets = [(ROOT / page).parent / target for target in LINK.findall(PAGES[page])]
    assert [target for target in targets if not target.exists()] == []


@pytest.mark.parametrize(("symbol", "name"), list_symbols())
def test_a_symbol_is_defined_in_its_file(symbol: str, name: str) -> None:
    assert symbol in read_symbols(find_path(name))


def test_the_picture_shows_the_layers_of_the_import_contract() -> None:
    picture = PICTURE.search(ARCHITECTURE)
    assert picture
    assert picture[0] == draw(read_layers())


def test_a_walk_names_files_in_each_step() -> None:
    steps = re.findall(r"(?m)^\d+\. .*(?:\n {3,}.*)*", ARCHITECTURE)
    assert len(steps) > 20
    assert [step for step in steps if not FILE.search(step)] == []


def test_the_pages_name_no_test_that_is_missing() -> None:
    commands = re.findall(r"pytest [^\n#]*?(tests/[\w/.]+)", PAGES["CONTRIBUTING.md"])
    assert commands
    assert [name for name in commands if not (ROOT / name).exists()] == []
