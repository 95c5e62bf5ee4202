"""The tiers of the suite: which tests run by default, and how a fast test is kept fast.

``pytest`` runs the fast tier; ``pytest -m ""`` runs everything. A test leaves the fast tier by its folder or
by a fixture it requests, never by a marker of its own:

- ``terminal``: needs a pseudo-terminal, tmux or screen;
- ``thorough``: searches for secrets, injects faults or draws pictures, in terminals too;
- ``process``: starts processes, most of them ``tui-auth``, and kills some.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

TIERS: Final = ("terminal", "thorough", "process")

TIER_OF_FOLDER: Final = {
    "security/canary": "thorough",
    "security/faults": "thorough",
    "snapshots": "thorough",
    "journeys": "terminal",
    "terminal": "terminal",
}

FAST_MODULES: Final = frozenset(
    {
        "security/canary/test_objects.py",
        "security/canary/test_search.py",
        "security/faults/test_signing_keys.py",
        "security/faults/test_line_prompts.py",
        "terminal/test_terminal_crash.py",
        "terminal/test_terminal_emulator.py",
        "terminal/test_terminal_safe_text.py",
    }
)
"""Modules of those folders that need no terminal and no process, and take little time."""

TIER_OF_FIXTURE: Final = {
    "installed": "process",
    "own_pool_with_secret": "terminal",
    "shell": "process",
    "sign_in_as": "terminal",
    "stage": "thorough",
    "start": "terminal",
    "tmux_socket": "terminal",
    "wheel": "process",
}
"""Fixtures whose name doesn't tell the tier as ``…process…``, ``terminal_program``, ``…pty_program`` do."""

_PROCESS_EVENTS: Final = frozenset(
    {
        *("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "pty.spawn"),
        "tests.start_pty_program",
    }
)

_IGNORED_COMMANDS: Final = frozenset({"uname"})
"""What Python's own platform module may start, once in each process."""

_started: list[str] = []
"""What the running test has started, as audit events."""


def tier_of(path: Path, fixtures: Iterable[str]) -> str | None:
    """Return the tier of a test from its file below ``tests`` and its fixtures; None for the fast tier."""
    folders = [folder.as_posix() for folder in path.parents]
    folder_tier = next((TIER_OF_FOLDER[folder] for folder in folders if folder in TIER_OF_FOLDER), None)
    if folder_tier is not None and path.as_posix() not in FAST_MODULES:
        return folder_tier
    fixture_tiers = {tier_of_fixture(name) for name in fixtures}
    return next((tier for tier in TIERS if tier in fixture_tiers), None)


def tier_of_fixture(name: str) -> str | None:
    """Return the tier of the tests that request this fixture."""
    if "terminal_program" in name or "pty_program" in name:
        return "terminal"
    return "process" if "process" in name else TIER_OF_FIXTURE.get(name)


def mark_tiers(items: Iterable[pytest.Item]) -> None:
    """Mark each collected test with its tier."""
    tests = Path(__file__).parent
    for item in items:
        tier = tier_of(item.path.relative_to(tests), getattr(item, "fixturenames", ()))
        if tier is not None:
            item.add_marker(tier)


def is_fast(item: pytest.Item) -> bool:
    """Return whether the test belongs to the fast tier."""
    return not any(item.get_closest_marker(tier) for tier in TIERS)


def watch_processes() -> None:
    """Record from now on what this process starts; an audit hook can't be removed again."""

    def record(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _PROCESS_EVENTS and not (arguments and arguments[0] in _IGNORED_COMMANDS):
            _started.append(f"{event} {arguments[0] if arguments else ''}".strip())

    sys.addaudithook(record)


def clear_started() -> None:
    """Begin to record for the next test."""
    _started.clear()


def fail_if_not_fast(item: pytest.Item) -> None:
    """Fail a test of the fast tier that started a process, its fixtures included."""
    if _started and is_fast(item):
        pytest.fail(f"A fast test must start nothing; this one did: {'; '.join(_started)}", pytrace=False)
