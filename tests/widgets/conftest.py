"""Fixtures for the tests of single widgets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pilot import reduce_app_cost


@pytest.fixture(autouse=True)
def less_work_per_app() -> Iterator[None]:
    """Save CPU time in each app."""
    with reduce_app_cost():
        yield
