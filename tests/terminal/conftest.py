"""Fixtures for terminal tests."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from .pty_program import PtyProgram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., PtyProgram]]:
    """Return a function that starts a program in a pseudo-terminal; the program ends with the test."""
    with ExitStack() as running:

        def start_program(*arguments: str | Path, **more: Any) -> PtyProgram:
            return running.enter_context(PtyProgram(arguments, home=tmp_path / "home", **more))

        yield start_program
