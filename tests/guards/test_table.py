"""Tests that the guard table matches the program."""

from __future__ import annotations

import re

import pytest

from tests.guards.table import GUARDS, Guard
from tests.terminal.pty_program import ROOT


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.description)
def test_guard_is_where_the_table_says_and_has_its_test(guard: Guard) -> None:
    assert (ROOT / "tui_auth" / guard.file).read_text().count(guard.text) == 1
    path, *names = guard.test.split("::")
    test_file = ROOT / "tests" / path
    assert test_file.exists()
    for name in names:
        test_name = name.partition("[")[0]
        assert re.search(rf"^\s*(async def|def|class) {test_name}\b", test_file.read_text(), re.MULTILINE)
