"""Fixtures of the terminal tests."""

from __future__ import annotations

import subprocess
import tempfile
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


@pytest.fixture
def tmux_socket() -> Iterator[Path]:
    """Where a tmux of the test's own listens, a path short enough for a socket; it ends with the test."""
    with tempfile.TemporaryDirectory(prefix="tmux-") as folder:
        socket = Path(folder) / "s"
        yield socket
        if socket.exists():
            subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True, check=False)
