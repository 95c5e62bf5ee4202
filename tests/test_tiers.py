"""The tables of tests/tiers.py list existing modules, folders and fixtures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tiers import TIER_OF_FIXTURE, TIER_OF_PATH, tier_of, tier_of_fixture

TESTS = Path(__file__).parent
FIXTURE = re.compile(r"@pytest\.fixture[^\n]*\n(?:async )?def (\w+)", re.MULTILINE)


def test_paths_with_a_tier_exist() -> None:
    assert [name for name in TIER_OF_PATH if not (TESTS / name).exists()] == []


def test_fixtures_with_a_tier_exist() -> None:
    fixtures = {name for path in TESTS.rglob("*.py") for name in FIXTURE.findall(path.read_text())}
    assert set(TIER_OF_FIXTURE) <= fixtures


@pytest.mark.parametrize(
    ("path", "fixtures", "tier"),
    [
        ("auth/test_srp.py", ["monkeypatch"], None),
        ("auth/test_srp.py", ["python_process"], "process"),
        ("cli/test_token.py", ["program"], None),
        ("cli/test_token.py", ["process", "terminal_program"], "terminal"),
        ("journeys/test_demo.py", [], "terminal"),
        ("security/canary/test_search.py", [], None),
        ("security/canary/test_in_tmux.py", ["tmux_socket"], "thorough"),
    ],
)
def test_tier_comes_from_folder_or_fixtures(path: str, fixtures: list[str], tier: str | None) -> None:
    assert tier_of(Path(path), fixtures) == tier


def test_fixture_has_its_tier() -> None:
    assert tier_of_fixture("start_pty_program") == "terminal"
    assert tier_of_fixture("finished_process") == "process"
    assert tier_of_fixture("tmp_path") is None
