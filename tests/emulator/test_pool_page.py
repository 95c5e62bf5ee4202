"""The examples in docs/a-pool-for-your-tests.md run as they are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import PROCESS_SECONDS, Process, Program
from tests.programs import process as process
from tests.programs import program as program
from tests.terminal.pty_program import ROOT
from tui_auth.emulator.triggers import FUNCTIONS

PAGE = (ROOT / "docs" / "a-pool-for-your-tests.md").read_text()
FILES = {
    match[1]: match[0] for match in re.finditer(r"(?<=```python\n)# (\w+\.py)\n.*?(?=```)", PAGE, re.DOTALL)
}


@pytest.fixture
def project(tmp_path: Path, process: Process) -> Path:
    """A folder with the page's files, and a ``tui-auth`` command that is this one."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    command = tmp_path / "bin" / "tui-auth"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tui_auth "$@"\n')
    command.chmod(0o755)
    process.environment["PATH"] = f"{command.parent}:{process.environment['PATH']}"
    return folder


def run_tests(project: Path, process: Process) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir=.",
    ]
    return process.run_command([*command, "test_sign_up.py"], cwd=project, timeout=PROCESS_SECONDS)


def test_pytest_fixture_of_the_page_works(project: Path, process: Process) -> None:
    result = run_tests(project, process)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed" in result.stdout


def test_triggers_of_the_page_work(project: Path, process: Process) -> None:
    conftest = project / "conftest.py"
    conftest.write_text(
        conftest.read_text().replace(
            '"--seed", "shop-tests"', '"--seed", "shop-tests", "--triggers", "triggers.py"'
        )
    )
    test = project / "test_sign_up.py"
    source = test.read_text()
    code = source[source.index("    with urllib") : source.index("    tokens = ")]
    claims = (
        "    import jwt\n    claims = jwt.decode(tokens['IdToken'], options={'verify_signature': False})\n"
    )
    test.write_text(source.replace(code, "") + claims + "    assert claims['tenant'] == 'shop'\n")
    result = run_tests(project, process)

    assert result.returncode == 0, result.stdout + result.stderr


def test_page_lists_every_option_and_every_trigger(program: Program) -> None:
    listed = set(re.findall(r"^\| `(--[a-z-]+)", PAGE, re.MULTILINE))
    options = set(re.findall(r"--[a-z-]+", program.run("pool", "--help").stdout))

    assert listed == options - {"--help"}
    assert set(FUNCTIONS.values()) <= set(re.findall(r"`(\w+)`", PAGE))
