"""Nothing is loaded before it is needed: a static graph cannot see a late import, a process can."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"textual", "rich", "boto3", "botocore", "segno", "pyotp", "jwt", "cryptography", "platformdirs"}


def loaded_by(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after running the code."""
    program = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)), file=sys.__stdout__)"
    process = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    names = {name.partition(".")[0] for name in json.loads(process.stdout.splitlines()[-1])}
    return names & HEAVY


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import tui_auth", set()),
        ("import tui_auth.cli; tui_auth.cli.main(['--help'])", set()),
        ("import tui_auth.cli; tui_auth.cli.main(['no-such-command'])", set()),
        ("from tui_auth import Auth; Auth('eu-west-1_Ab12Cd34E', 'client1')", set()),
        ("import tui_auth.auth.next_step, tui_auth.auth.attempt, tui_auth.auth.srp", set()),
        ("import tui_auth.terminal.safe_text, tui_auth.terminal.environment", set()),
        ("import tui_auth.app", {"textual", "rich", "platformdirs"}),
        ("import tui_auth.screens.steps", {"textual", "rich", "platformdirs"}),
    ],
)
def test_only_what_is_needed_is_loaded(code: str, allowed: set[str]) -> None:
    assert loaded_by(code) <= allowed


def test_the_first_screen_needs_neither_the_other_screens_nor_the_pool() -> None:
    code = (
        "import sys, tui_auth.app\n"
        "found = [m for m in sys.modules if m.startswith(('tui_auth.pool', 'tui_auth.screens.totp'))]\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_name_the_package_exports_is_there() -> None:
    import tui_auth

    for name in tui_auth._HOMES:
        assert getattr(tui_auth, name).__name__ == name
