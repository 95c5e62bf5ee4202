"""The tiers of the test suite: which tests run by default, and which may start processes.

``pytest`` runs the fast tier; ``pytest -m ""`` runs everything. The folder of a test or a fixture it requests
puts the test in another tier, never a marker on the test itself:

- ``terminal``: needs a pseudo-terminal, tmux or screen;
- ``thorough``: searches for secrets, injects faults, plays the demo, walks through every screen, compares
  with other clients' documents, runs in hostile programs or draws pictures, in terminals too;
- ``process``: starts processes, most of them ``tui-auth``, and kills some.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

TIERS: Final = ("terminal", "thorough", "process")

FAST: Final = "fast"

TIER_OF_PATH: Final = {
    "conformance": "thorough",
    "demo": "thorough",
    "journeys": "terminal",
    "security/canary": "thorough",
    "security/canary/test_search.py": FAST,
    "security/faults": "thorough",
    "security/faults/test_signing_keys.py": FAST,
    "screens/test_account.py": "thorough",
    "screens/test_choose_pool.py": "thorough",
    "screens/test_frame.py": "thorough",
    "screens/test_mouse.py": "thorough",
    "screens/test_type_ahead.py": "thorough",
    "screens/test_ways_back.py": "thorough",
    "snapshots": "thorough",
    "terminal": "terminal",
    "terminal/test_terminal_character_set.py": FAST,
    "terminal/test_terminal_crash.py": FAST,
    "terminal/test_terminal_emulator.py": FAST,
    "terminal/test_terminal_line_wrap.py": FAST,
    "terminal/test_terminal_safe_text.py": FAST,
    "textual/test_hosts.py": "thorough",
}
"""Folders and modules below ``tests``; the longest path that fits decides."""

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
"""Fixtures whose name doesn't reveal the tier as ``…process…`` and ``…pty_program`` do."""

_PROCESS_EVENTS: Final = frozenset(
    {
        *("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "pty.spawn"),
        "tests.start_pty_program",
    }
)

_IGNORED_COMMANDS: Final = frozenset({"uname"})
"""Commands that Python's platform module may start, once per process."""

_started: list[str] = []
"""Audit events of the processes that the current test has started."""


def tier_of(path: Path, fixtures: Iterable[str]) -> str | None:
    """Return a test's tier by its file below ``tests`` and its fixtures; None if it is fast."""
    names = [part.as_posix() for part in (path, *path.parents)]
    tier = next((TIER_OF_PATH[name] for name in names if name in TIER_OF_PATH), FAST)
    if tier != FAST:
        return tier
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
    """Record the processes that this process starts from now on.

    An audit hook can't be removed.
    """

    def record(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _PROCESS_EVENTS and not (arguments and arguments[0] in _IGNORED_COMMANDS):
            _started.append(f"{event} {arguments[0] if arguments else ''}".strip())

    sys.addaudithook(record)


def clear_started() -> None:
    """Clear the record before the next test."""
    _started.clear()


def fail_if_not_fast(item: pytest.Item) -> None:
    """Fail a fast test that started a process, or whose fixtures did."""
    if _started and is_fast(item):
        pytest.fail(f"A fast test must start nothing; this one did: {'; '.join(_started)}", pytrace=False)
