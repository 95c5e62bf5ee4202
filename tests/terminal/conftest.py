"""Fixtures of the terminal tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from .pty_program import PtyProgram


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., PtyProgram]]:
    """Starts programs in pseudo-terminals, at home in the test's own folder, and ends them with the test."""
    with ExitStack() as running:

        def start_program(*arguments: str | Path, **more: Any) -> PtyProgram:
            return running.enter_context(PtyProgram(arguments, home=tmp_path / "home", **more))

        yield start_program
