"""A pytest plugin for mutmut: run the fastest tests first, and none after a time limit.

The first failing test kills a mutant, so the order decides how long that takes. A test of the whole app takes
a second, and hundreds of them cover a function in the middle of a sign-in. After ``TIME_LIMIT_SECONDS``,
measured without a mutant, the mutant counts as survived. That can only lower the score.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

TIME_LIMIT_SECONDS = 20.0
STATISTICS = Path("mutmut-stats.json")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort and limit the tests while a mutant is tried and mutmut has measured the tests."""
    is_mutant = "__mutmut_" in os.environ.get("MUTANT_UNDER_TEST", "")
    if not is_mutant or not STATISTICS.exists():
        return
    seconds: dict[str, float] = json.loads(STATISTICS.read_text())["duration_by_test"]
    items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))
    total_seconds, count = 0.0, 0
    while count < len(items) and total_seconds <= TIME_LIMIT_SECONDS:
        total_seconds += seconds.get(items[count].nodeid, 0.0)
        count += 1
    config.hook.pytest_deselected(items=items[count:])
    del items[count:]
