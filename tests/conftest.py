"""What every test shares: coroutines are run, and the machine's own settings do not matter."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
import subprocess
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import safe_codes
from tui_auth.pool import signing_keys
from tui_auth.pool.signing_keys import new_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than there are processors: tests wait for terminals more than they compute."""
    return (os.cpu_count() or 1) + 2


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine function."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


_TELLS_OF_A_TERMINAL = {
    "NO_COLOR",
    "TMUX",
    "STY",
    "DISPLAY",
    "SSH_TTY",
    "SSH_CONNECTION",
    "SSH_CLIENT",
    "ACCESSIBLE",
}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine's own settings say of colours, terminals and AWS must not matter."""
    for name in list(os.environ):
        if name in _TELLS_OF_A_TERMINAL or name.startswith(("AWS_", "TUI_AUTH_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture(autouse=True, scope="session")
def few_signing_keys() -> Iterator[None]:
    """Keys for the pools of this process in turn from eight, each made when it is first wanted.

    Making one takes longer than all else a pool does, and a thousand tests have a pool. Those of one test
    get different keys.
    """
    made: list[RSAPrivateKey] = []

    def keys() -> Iterator[RSAPrivateKey]:
        while len(made) < 8:
            made.append(new_key())
            yield made[-1]
        yield from itertools.cycle(made)

    given, turn = keys(), threading.Lock()

    def next_key() -> RSAPrivateKey:
        with turn:
            return next(given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing_keys, "new_key", next_key)
        yield


@pytest.fixture(autouse=True, scope="session")
def safe_random_values() -> Iterator[None]:
    """Have the emulators of this process use codes, keys and IDs that no check can match by chance."""
    with pytest.MonkeyPatch.context() as patch:
        safe_codes.install(patch)
        yield


@pytest.fixture
def tmux_socket() -> Iterator[Path]:
    """Where a tmux of the test's own listens, a path short enough for a socket; it ends with the test."""
    with tempfile.TemporaryDirectory(prefix="tmux-") as folder:
        socket = Path(folder) / "s"
        yield socket
        if socket.exists():
            subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True, check=False)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests counted, also under ``-q`` and xdist, which carries user properties home.

    ``record_property("counts", "…")`` is a line of its own. ``record_property("cases", (of_what, unit, tried,
    failed))`` is summed over all tests that record the same two names; each such test counts as one unit.
    ``record_property("searched", (for_what, places, found))`` is summed too; each such record is one case.
    """
    lines: list[str] = []
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    searched: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "call":
                continue
            for name, value in report.user_properties:
                if name == "counts":
                    lines.append(value)
                elif name == "cases":
                    of_what, unit, tried, failed = value
                    sums[of_what, unit] = [
                        a + b for a, b in zip(sums[of_what, unit], (1, tried, failed), strict=True)
                    ]
                elif name == "searched":
                    for_what, places, found = value
                    before = searched[for_what]
                    searched[for_what] = [before[0] + 1, before[1] + places, before[2] + found]
    lines += [
        f"{for_what}: {cases} cases, {places} places searched, found {found}"
        for for_what, (cases, places, found) in searched.items()
    ]
    lines += [
        f"{of_what}: {units} {unit}, {tried} cases, failed {failed}"
        for (of_what, unit), (units, tried, failed) in sums.items()
    ]
    for line in sorted(lines):
        terminalreporter.write_line(line)
