"""Remove each guard from a copy of the program and check that its test then fails.

Usage: ``python -m tests.guards [TEXT]``. With TEXT, only the guards whose description contains it. The exit
status is 1 if a test passes without its guard.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.guards.table import GUARDS, Guard
from tests.terminal.pty_program import ROOT

FOLDERS = ("tui_auth", "tests", "styles", "docs")
FILES = ("pyproject.toml", "README.md", "SECURITY.md", "CHANGELOG.md", "LICENSE")
PASSED, FAILED = 0, 1
"""pytest's exit statuses after it ran tests; any other status means that it ran none."""


def is_detected(guard: Guard) -> bool:
    """Return whether the guard's test fails in a copy of the program without the guard.

    Raises:
        RuntimeError: The test doesn't pass in a copy with the guard.
    """
    with tempfile.TemporaryDirectory(prefix="guard-") as folder:
        copy = Path(folder)
        for folder_name in FOLDERS:
            shutil.copytree(
                ROOT / folder_name, copy / folder_name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in FILES:
            shutil.copy(ROOT / name, copy / name)
        status, output = _run(guard, copy)
        if status != PASSED:
            raise RuntimeError(f"{guard.test} does not pass as it is:\n{output}")
        file = copy / "tui_auth" / guard.file
        file.write_text(file.read_text().replace(guard.text, guard.replacement))
        return _run(guard, copy)[0] == FAILED


def _run(guard: Guard, copy: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", "-m", ""]
    result = subprocess.run(
        [*command, f"tests/{guard.test}"], cwd=copy, capture_output=True, text=True, check=False
    )
    return result.returncode, result.stdout


def main(filter_text: str) -> int:
    """Try the guards, print a line for each, and print the counts."""
    selected = [guard for guard in GUARDS if filter_text in guard.description]
    if not selected:
        print(f"No guard's description holds {filter_text!r}.", file=sys.stderr)  # noqa: T201
        return 2
    detected = 0
    for guard in selected:
        was_detected = is_detected(guard)
        detected += was_detected
        outcome = "failed" if was_detected else "PASSED"
        print(f"{outcome} without: {guard.description}  ({guard.test})", flush=True)  # noqa: T201
    count = len(selected)
    print(f"guards: {count} taken out, {detected} noticed by a test, {count - detected} by none")  # noqa: T201
    return 0 if detected == count else 1


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
