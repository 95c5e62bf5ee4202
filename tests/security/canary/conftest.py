"""A stage for each test, and the sentence about what was searched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.security.canary.leak_places import LeakPlaces
from tests.security.canary.stage import Stage, WatchedSignIn
from tui_auth.pool import PoolServer, demo_triggers

AssertClean = Callable[..., None]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A machine and a pool whose secrets were never used before."""
    with PoolServer(triggers=demo_triggers) as server, ExitStack() as stack:
        yield Stage(tmp_path, server, stack)


@pytest.fixture
def assert_clean(stage: Stage, record_property: Callable[[str, object], None]) -> AssertClean:
    """Asserts that no canary stands where none may, and records how many places were looked through."""

    def assert_clean(
        program: WatchedSignIn | None = None, places: LeakPlaces | None = None, **allowed: object
    ) -> None:
        places = places or stage.places(program)
        findings = stage.search(places, **allowed)
        record_property("searched", ("canary", places.count, len(findings)))
        assert not findings

    return assert_clean
