"""Tests that nothing is imported before it is needed.

They run in processes because a static import graph can't see late imports.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import Process, TerminalProgram

HEAVY = {
    *(
        "textual",
        "rich",
        "boto3",
        "botocore",
        "segno",
        "pyotp",
        "jwt",
        "cryptography",
        "platformdirs",
        "fido2",
    )
}


def modules_loaded_by(process: Process, code: str) -> set[str]:
    """Return the modules that a fresh interpreter imports for this code."""
    program = f"import sys\n{code}\nprint(*sys.modules, file=sys.__stdout__)"
    result = process.run_command([sys.executable, "-c", program], check=True)
    return set(result.stdout.splitlines()[-1].split())


def heavy_modules_loaded_by(process: Process, code: str) -> set[str]:
    """Return the heavy packages that a fresh interpreter imports for this code."""
    return {name.partition(".")[0] for name in modules_loaded_by(process, code)} & HEAVY


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import tui_auth", set()),
        ("from tui_auth.cli.main import main; main(['--help'])", set()),
        ("from tui_auth.cli.main import main; main(['no-such-command'])", set()),
        ("from tui_auth import Auth; Auth('eu-west-1_Ab12Cd34E', 'client1')", set()),
        ("import tui_auth.auth.next_step, tui_auth.auth.attempt, tui_auth.auth.srp", set()),
        ("import tui_auth.terminal.safe_text, tui_auth.terminal.environment", set()),
        ("import tui_auth.app", {"textual", "rich", "platformdirs"}),
        ("import tui_auth.screens.steps", {"textual", "rich", "platformdirs"}),
    ],
)
def test_command_loads_only_what_it_needs(process: Process, code: str, allowed: set[str]) -> None:
    assert heavy_modules_loaded_by(process, code) <= allowed


def test_help_is_printed_without_what_takes_long_to_import(process: Process) -> None:
    modules = modules_loaded_by(process, "from tui_auth.cli.main import main; main(['--help'])")
    assert not modules & {"argparse", "dataclasses", "re", "textwrap", "typing"}


def test_status_loads_nothing_that_signs_in(process: Process) -> None:
    modules = modules_loaded_by(process, "from tui_auth.cli.main import main; main(['status'])")
    assert "tui_auth.session.finder" in modules
    assert not modules & {"tui_auth.config.amplify", "tui_auth.flow.interface", "tui_auth.terminal.tty"}


MODULE_LISTING_PROGRAM = """
import sys
from pathlib import Path

from tui_auth.cli.main import main
from tui_auth.cli import sign_in_now

folder, prepare = Path(sys.argv.pop(1)), sign_in_now.prepare_full_screen


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


sign_in_now.prepare_full_screen = prepare_and_listen
sys.exit(main())
"""
"""The program, changed to list the imported modules at the first frame and soon after."""

SIGN_IN = ("sign-in", "--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "client1")

LoadedModules = Callable[..., set[str]]


@pytest.fixture
def modules_loaded_by_sign_in(terminal_program: TerminalProgram, tmp_path: Path) -> LoadedModules:
    """Return a function that lists the modules imported at one moment of an idle sign-in."""

    def loaded(moment: str, *flags: str) -> set[str]:
        command = [sys.executable, "-c", MODULE_LISTING_PROGRAM, str(tmp_path), *SIGN_IN, *flags]
        with terminal_program.on_a_terminal(command=command) as program:
            program.wait_for(lambda _: (tmp_path / moment).exists())
        return set((tmp_path / moment).read_text().split())

    return loaded


def submodules(package: str, modules: set[str]) -> set[str]:
    """Return the modules of one of tui-auth's packages, by their names in it."""
    start = f"tui_auth.{package}."
    return {name.removeprefix(start) for name in modules if name.startswith(start)}


def test_first_frame_loads_nothing_of_later_screens(modules_loaded_by_sign_in: LoadedModules) -> None:
    modules = modules_loaded_by_sign_in("at the first frame")
    assert {name.partition(".")[0] for name in modules} & HEAVY <= {"textual", "rich", "platformdirs"}
    assert not modules & {"_hashlib", "curses", "hmac", "json", "secrets", "shlex", "tomllib"}
    auth = {"app_client", "auth", "errors", "gateway", "trace"}
    assert submodules("auth", modules) <= auth
    assert submodules("screens", modules) <= {
        "form_screen",
        "guest",
        "keys",
        "screen_context",
        "sign_in",
        "sign_in_root",
    }
    assert not submodules("session", modules)
    assert not submodules("plain", modules) | submodules("emulator", modules) | submodules("demo", modules)
    assert submodules("flow", modules) <= {"interface"}
    assert not modules & {"tui_auth.terminal.clipboard", "tui_auth.widgets.code_input"}


def test_known_username_loads_sessions_but_no_step(modules_loaded_by_sign_in: LoadedModules) -> None:
    modules = modules_loaded_by_sign_in("at the first frame", "--username", "ann")
    assert "sessions" in submodules("session", modules)
    assert not submodules("auth", modules) & {"next_step", "attempt", "engine", "srp"}


def test_next_screens_are_loaded_while_the_name_is_typed(modules_loaded_by_sign_in: LoadedModules) -> None:
    modules = modules_loaded_by_sign_in("soon after it")
    assert {"botocore.client", "tui_auth.flow.sign_in_flow", "tui_auth.screens.codes"} <= modules


def test_every_exported_name_exists() -> None:
    import tui_auth

    for name in tui_auth._MODULES:
        assert getattr(tui_auth, name).__name__ == name
