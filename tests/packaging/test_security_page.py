"""SECURITY.md names tests that exist, and each of its claims names one."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.terminal.pty_program import ROOT

PAGE = (ROOT / "SECURITY.md").read_text()
TEST = re.compile(r"tests/[\w/]+\.py(?:::\w+)*")
WORKS = re.compile(r"(?:ASVS \d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*|NIST \d+(?:\.\d+)+ \([\w ]+\))")


def rows_of_claims() -> list[list[str]]:
    """The cells of each row in a table that is headed claim, test, answers."""
    rows: list[list[str]] = []
    heads = ""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            heads = ""
        elif not heads:
            heads = "|".join(cells)
        elif heads == "claim|test|answers" and not set(line) <= set("|-"):
            rows.append(cells)
    return rows


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests of a file: ``test_…``, or ``TestClass::test_…``."""
    found = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        for each in inside:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_"):
                found.add(prefix + each.name)
    return frozenset(found)


def test_page_has_claims() -> None:
    assert len(rows_of_claims()) > 30


@pytest.mark.parametrize("row", rows_of_claims(), ids=lambda row: row[0][:60])
def test_every_claim_names_a_test(row: list[str]) -> None:
    claim, tests, answers = row
    assert claim
    named = TEST.findall(tests)
    assert named, claim
    assert all("::" in each for each in named), "a file is no test"
    assert all(WORKS.fullmatch(item) for item in answers.split("; ") if item), answers


@pytest.mark.parametrize("named", sorted(set(TEST.findall(PAGE))))
def test_every_named_test_exists(named: str) -> None:
    path, _, test = named.partition("::")
    assert (ROOT / path).is_file()
    assert not test or test in names_in(path)
