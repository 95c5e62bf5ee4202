"""Hooks and fixtures for every test."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests import safe_codes
from tests.processes import python_process as python_process
from tests.tiers import clear_started, fail_if_not_fast, mark_tiers, watch_processes
from tests.tools import need_tool
from tui_auth.emulator import state
from tui_auth.emulator.state import new_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from tui_auth.emulator.server import CognitoEmulator


# Use the same examples in each run and no deadline, so no test fails by chance or on a busy machine.
settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


def pytest_configure() -> None:
    """Record the processes tests start, and restore the default signal handlers.

    A shell ignores SIGINT in background jobs and nohup ignores SIGHUP. The programs under test would inherit
    that.
    """
    watch_processes()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its tier, before ``-m`` selects."""
    mark_tiers(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Clear the processes recorded while the previous test's fixtures were torn down."""
    clear_started()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a fast test that started a process."""
    result = yield
    fail_if_not_fast(item)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return the processor count plus two: tests wait for terminals more than they compute."""
    return (os.cpu_count() or 1) + 2


_TERMINAL_VARIABLES = {
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
    """Remove this machine's color, terminal and AWS settings from the environment, and its keyring."""
    monkeypatch.setitem(sys.modules, "keyring", None)  # it starts a compiler to look for libraries
    for name in list(os.environ):
        if name in _TERMINAL_VARIABLES or name.startswith(("AWS_", "TUI_AUTH_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture(autouse=True, scope="session")
def skip_fsync() -> Iterator[None]:
    """Replace os.fsync in this process.

    No test cuts the power, and on a busy disk each call takes 10 ms.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # it also fails for an invalid descriptor
        yield


@pytest.fixture(autouse=True, scope="session")
def shared_signing_keys() -> Iterator[None]:
    """Share eight signing keys among the emulators of this process.

    Generating a key takes longer than everything else an emulator does, and a thousand tests start one. Each
    key is generated on first use, and up to eight emulators of one test get different keys.
    """
    generated: list[RSAPrivateKey] = []

    def keys() -> Iterator[RSAPrivateKey]:
        while len(generated) < 8:
            generated.append(new_key())
            yield generated[-1]
        yield from itertools.cycle(generated)

    key_cycle, lock = keys(), threading.Lock()

    def next_key() -> RSAPrivateKey:
        with lock:
            return next(key_cycle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "new_key", next_key)
        yield


@pytest.fixture(autouse=True, scope="session")
def remembered_event_names() -> Iterator[None]:
    """Let botocore compute the names of its events once.

    It does so for each client, and two thousand tests create one: this halves the time that takes.
    """
    from botocore.hooks import EventAliaser

    new_name: Callable[[EventAliaser, str], str] = EventAliaser._alias_event_name
    names: dict[str, str] = {}

    def alias(self: EventAliaser, event_name: str) -> str:
        if event_name not in names:
            names[event_name] = new_name(self, event_name)
        return names[event_name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventAliaser, "_alias_event_name", alias)
        yield


@pytest.fixture(autouse=True, scope="session")
def safe_random_values() -> Iterator[None]:
    """Have this process's emulators use codes, keys and IDs that no check can match by chance."""
    with pytest.MonkeyPatch.context() as patch:
        safe_codes.install(patch)
        yield


@pytest.fixture
def server() -> Iterator[CognitoEmulator]:
    """A local emulator without user pools."""
    from tui_auth.emulator.server import CognitoEmulator

    with CognitoEmulator() as running:
        yield running


@pytest.fixture
def tmux_socket() -> Iterator[Path]:
    """Return a socket path for the test's own tmux, which is killed after the test.

    The path is short enough for a socket. Skips the test if tmux isn't installed.
    """
    need_tool("tmux")
    with tempfile.TemporaryDirectory(prefix="tmux-") as folder:
        socket = Path(folder) / "s"
        yield socket
        if socket.exists():
            subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True, check=False)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the counts that tests recorded, also under ``-q`` and xdist.

    ``record_property("counts", "…")`` is printed as one line. ``record_property("cases", (matrix, unit,
    cases, failures))`` is summed over all tests that record the same matrix and unit; each such test counts
    as one unit. ``record_property("searched", (label, places, findings))`` is summed by label; each record
    counts as one case.
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
                    matrix, unit, cases, failures = value
                    sums[matrix, unit] = [
                        a + b for a, b in zip(sums[matrix, unit], (1, cases, failures), strict=True)
                    ]
                elif name == "searched":
                    label, places, leaks = value
                    totals = searched[label]
                    searched[label] = [totals[0] + 1, totals[1] + places, totals[2] + leaks]
    lines += [
        f"{label}: {cases} cases, {places} places searched, {leaks} leaks"
        for label, (cases, places, leaks) in searched.items()
    ]
    lines += [
        f"{matrix}: {units} {unit}, {cases} cases, {failures} failed"
        for (matrix, unit), (units, cases, failures) in sums.items()
    ]
    for line in sorted(lines):
        terminalreporter.write_line(line)
