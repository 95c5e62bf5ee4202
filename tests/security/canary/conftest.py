"""Fixtures of the canary tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.security.canary.leak_places import LeakPlaces
from tests.security.canary.stage import Stage, WatchedSignIn
from tui_auth.emulator import CognitoEmulator, demo_users

AssertClean = Callable[..., None]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Return a machine and a pool whose secrets are new."""
    with CognitoEmulator(triggers=demo_users) as server, ExitStack() as stack:
        yield Stage(tmp_path, server, stack)


@pytest.fixture
def assert_clean(stage: Stage, record_property: Callable[[str, object], None]) -> AssertClean:
    """Return an assertion that no canary leaked; it records how many places were searched."""

    def assert_clean(
        program: WatchedSignIn | None = None, places: LeakPlaces | None = None, **allowed: object
    ) -> None:
        places = places or stage.collect_places(program)
        findings = stage.search(places, **allowed)
        record_property("searched", ("canary", places.count, len(findings)))
        assert not findings

    return assert_clean
