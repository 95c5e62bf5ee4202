"""Tests that each claim in SECURITY.md and docs/accessibility.md names tests, and that those tests exist."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.terminal.pty_program import ROOT

PAGE = (ROOT / "SECURITY.md").read_text()
ACCESSIBILITY = (ROOT / "docs" / "accessibility.md").read_text()
TEST = re.compile(r"tests/[\w/]+\.py(?:::\w+)*")
STANDARDS = re.compile(r"(?:ASVS \d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*|NIST \d+(?:\.\d+)+ \([\w ]+\))")


def claim_rows() -> list[list[str]]:
    """Return the cells of each row in the tables headed claim, test, answers."""
    rows: list[list[str]] = []
    heading = ""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            heading = ""
        elif not heading:
            heading = "|".join(cells)
        elif heading == "claim|test|answers" and not set(line) <= set("|-"):
            rows.append(cells)
    return rows


@cache
def defined_tests(path: str) -> frozenset[str]:
    """Return the tests of a file as ``test_…`` or ``TestClass::test_…``."""
    names = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        nodes = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        for name in nodes:
            if isinstance(name, ast.FunctionDef | ast.AsyncFunctionDef) and name.name.startswith("test_"):
                names.add(prefix + name.name)
    return frozenset(names)


def test_page_has_claims() -> None:
    assert len(claim_rows()) > 30


@pytest.mark.parametrize("row", claim_rows(), ids=lambda row: row[0][:60])
def test_every_claim_names_a_test(row: list[str]) -> None:
    claim, tests, answers = row
    assert claim
    test_names = TEST.findall(tests)
    assert test_names, claim
    assert all("::" in name for name in test_names), "name a test, not a file"
    assert all(STANDARDS.fullmatch(item) for item in answers.split("; ") if item), answers


def test_every_claim_about_accessibility_names_a_test() -> None:
    rows = ACCESSIBILITY.split("| claim | test |")[1].split("##")[0].strip().splitlines()[1:]
    assert len(rows) > 10
    assert [row for row in rows if not TEST.search(row)] == []


@pytest.mark.parametrize("test_id", sorted(set(TEST.findall(PAGE + ACCESSIBILITY))))
def test_every_named_test_exists(test_id: str) -> None:
    path, _, name = test_id.partition("::")
    assert (ROOT / path).is_file()
    assert not name or name in defined_tests(path)
