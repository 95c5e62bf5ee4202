"""Nothing is loaded before it is needed: a static graph cannot see a late import, a process can."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import Process, TerminalProgram

HEAVY = {"textual", "rich", "boto3", "botocore", "segno", "pyotp", "jwt", "cryptography", "platformdirs"}


def loaded_by(process: Process, code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after running the code."""
    program = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)), file=sys.__stdout__)"
    ran = process.run_command([sys.executable, "-c", program], check=True)
    names = {name.partition(".")[0] for name in json.loads(ran.stdout.splitlines()[-1])}
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
def test_only_what_is_needed_is_loaded(process: Process, code: str, allowed: set[str]) -> None:
    assert loaded_by(process, code) <= allowed


LISTS_WHAT_IS_LOADED = """
import sys
from pathlib import Path

from tui_auth.cli import main
from tui_auth.commands import full_screen

folder, prepare = Path(sys.argv.pop(1)), full_screen.prepare


def list_after(owner, name, file):
    former = getattr(owner, name)

    def method(*arguments):
        result = former(*arguments)
        (folder / "list").write_text(" ".join(sys.modules))
        (folder / "list").rename(folder / file)
        return result

    setattr(owner, name, method)


def prepare_and_listen(purpose):
    ready = prepare(purpose)
    from tui_auth.app import TuiAuthApp

    list_after(TuiAuthApp, "on_ready", "at the first frame")
    list_after(TuiAuthApp, "_load", "soon after it")
    return ready


full_screen.prepare = prepare_and_listen
sys.exit(main())
"""
"""The program; it lists the modules that are loaded when the first frame has been drawn, and soon after."""

SIGN_IN = ("sign-in", "--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "client1")

Loaded = Callable[..., set[str]]


@pytest.fixture
def loaded_by_signing_in(terminal_program: TerminalProgram, tmp_path: Path) -> Loaded:
    """The modules loaded at a moment of the full-screen sign-in in which nobody presses a key."""

    def loaded(moment: str, *flags: str) -> set[str]:
        command = [sys.executable, "-c", LISTS_WHAT_IS_LOADED, str(tmp_path), *SIGN_IN, *flags]
        with terminal_program.on_a_terminal(command=command) as program:
            program.wait_for(lambda _: (tmp_path / moment).exists())
        return set((tmp_path / moment).read_text().split())

    return loaded


def below(package: str, modules: set[str]) -> set[str]:
    """The modules of a package of ours, by their names in it."""
    start = f"tui_auth.{package}."
    return {name.removeprefix(start) for name in modules if name.startswith(start)}


def test_the_first_frame_needs_nothing_of_what_comes_after_it(loaded_by_signing_in: Loaded) -> None:
    modules = loaded_by_signing_in("at the first frame")
    assert {name.partition(".")[0] for name in modules} & HEAVY <= {"textual", "rich", "platformdirs"}
    assert not modules & {"_hashlib", "curses", "hmac", "json", "secrets", "shlex", "tomllib"}
    auth = {"app_client", "auth", "auth_flow", "errors", "gateway", "pool_presence", "wire"}
    assert below("auth", modules) <= auth
    assert below("screens", modules) <= {
        "form_screen",
        "keys",
        "screen_context",
        "sign_in",
        "typed_keys",
    }
    assert below("session", modules) <= {"errors"}
    assert not below("plain", modules) | below("pool", modules) | below("commands.demo", modules)
    assert below("flow", modules) <= {"error_message", "settings"}
    assert not modules & {"tui_auth.terminal.clipboard", "tui_auth.widgets.code_input"}


def test_a_name_that_is_known_brings_the_sessions_but_no_step(loaded_by_signing_in: Loaded) -> None:
    modules = loaded_by_signing_in("at the first frame", "--username", "ann")
    assert "sessions" in below("session", modules)
    assert not below("auth", modules) & {"next_step", "attempt", "exchange", "srp"}


def test_what_comes_next_is_there_before_anybody_has_typed_a_name(loaded_by_signing_in: Loaded) -> None:
    modules = loaded_by_signing_in("soon after it")
    assert {"boto3", "tui_auth.flow.sign_in_flow", "tui_auth.screens.totp_code"} <= modules


def test_every_name_the_package_exports_is_there() -> None:
    import tui_auth

    for name in tui_auth._HOMES:
        assert getattr(tui_auth, name).__name__ == name
