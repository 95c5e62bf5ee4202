"""Where a session is stored: asked once, specified by ``--storage``, and never lost if a storage fails."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags, write_private_file
from tests.terminal.pty_program import PtyProgram
from tui_auth.auth.next_step import Done
from tui_auth.config.resolver import ResolvedPool
from tui_auth.flow.after_sign_in import SessionSaver
from tui_auth.session.persistence import SessionPersistence
from tui_auth.session.sessions import SaveResult
from tui_auth.storage import stores
from tui_auth.storage.stores import STORAGE_LABELS, StorageKind

KEYRING = '''
"""A keyring module that stores its entries in a file."""
import json, os, pathlib
_file = pathlib.Path(os.environ["HOME"]) / "keyring"
def _entries():
    return json.loads(_file.read_text()) if _file.exists() else {}
def get_password(service, name):
    return _entries().get(f"{service} {name}")
def set_password(service, name, value):
    _file.write_text(json.dumps({**_entries(), f"{service} {name}": value}))
def delete_password(service, name):
    entries = _entries()
    del entries[f"{service} {name}"]
    _file.write_text(json.dumps(entries))
'''
HANGS = "import threading\ndef get_password(*_): threading.Event().wait()\nset_password = get_password\n"
NOT_INSTALLED = "raise ModuleNotFoundError(name='keyring')\n"


@pytest.fixture
def choice(machine: Machine) -> ResolvedPool:
    """Return a pool with the user ann."""
    machine.create_user()
    return machine.create_client()


@pytest.fixture
def with_keyring(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that writes a ``keyring`` package for the program to import."""
    folder = machine.home / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(sys.modules, "keyring", None)  # restores the entry even if it was not imported

    def write(text: str) -> None:
        # A hanging keyring never answers, so a shorter timeout is enough.
        monkeypatch.setattr(stores, "KEYRING_TIMEOUT_SECONDS", 0.05 if text == HANGS else 60)
        (folder / "keyring.py").write_text(text)
        sys.modules.pop("keyring", None)
        importlib.invalidate_caches()

    return write


def sign_in_arguments(
    home: Path, choice: ResolvedPool, storage: str | None, command: str = "sign-in"
) -> list[str]:
    """Return the arguments of a sign-in with a password from a file."""
    password = write_private_file(home / "password", PASSWORD)
    options = ["--username", "ann", "--password-file", str(password)]
    return [command, *pool_flags(choice), *options, *(["--storage", storage] if storage else [])]


def sign_in(
    machine: Machine,
    choice: ResolvedPool,
    storage: str | None,
    environ: dict[str, str] | None = None,
    command: str = "sign-in",
) -> subprocess.CompletedProcess[str]:
    """Sign in with a password from a file."""
    return machine.run(*sign_in_arguments(machine.home, choice, storage, command), environ=environ)


@pytest.mark.parametrize(
    ("storage", "folder"), [("file", ".local/state/tui-auth"), ("session", "run/tui-auth")]
)
def test_session_file_and_folder_are_private(
    machine: Machine, choice: ResolvedPool, storage: str, folder: str
) -> None:
    ran = sign_in(machine, choice, storage)
    assert (ran.returncode, ran.stderr) == (0, f"{machine.endpoint_notice}Signed in as ann.\n")
    (file,) = [path for path in machine.home.rglob("*.json") if len(path.stem) == 64]
    assert file.parent == machine.home / folder
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert machine.is_accepted(machine.run("token").stdout.strip())
    assert f'"storage": "{storage}"' in machine.run("status", "--json").stdout


def test_storage_none_stores_nothing(machine: Machine, choice: ResolvedPool) -> None:
    token = sign_in(machine, choice, "none", command="token")
    assert token.returncode == 0
    assert machine.is_accepted(token.stdout.strip())
    assert token.stdout.strip() not in "".join(
        path.read_text() for path in machine.home.rglob("*") if path.is_file()
    )
    assert machine.run("token").returncode == 4


def test_session_in_the_keyring_is_in_no_file(
    machine: Machine, choice: ResolvedPool, with_keyring: Callable[[str], None]
) -> None:
    with_keyring(KEYRING)
    assert machine.run(*sign_in_arguments(machine.home, choice, "keyring")).returncode == 0
    token = machine.run("token").stdout.strip()
    assert machine.is_accepted(token)
    holding = [
        path.name for path in machine.home.rglob("*") if path.is_file() and token in path.read_text("latin-1")
    ]
    assert holding == ["keyring"]
    forced = machine.run("token", "--force-refresh")
    assert forced.returncode == 0
    assert forced.stdout == machine.run("token").stdout != f"{token}\n"
    assert "keyring" in machine.run("status").stdout
    assert machine.run("sign-out").returncode == 0
    assert (machine.home / "keyring").read_text() == "{}"


@pytest.mark.parametrize(
    ("package", "output"),
    [(HANGS, "doesn't respond"), (NOT_INSTALLED, "pip install 'tui-auth[keyring]'")],
    ids=["hangs", "not installed"],
)
def test_broken_keyring_does_not_lose_the_session(
    machine: Machine,
    choice: ResolvedPool,
    with_keyring: Callable[[str], None],
    package: str,
    output: str,
) -> None:
    with_keyring(package)
    ran = machine.run(*sign_in_arguments(machine.home, choice, "keyring", "token"))
    assert ran.returncode == 0
    assert machine.is_accepted(ran.stdout.strip())
    assert "The session isn't stored." in ran.stderr
    assert output in ran.stderr


def test_hanging_keyring_exits_with_9_and_keeps_the_session(
    machine: Machine, choice: ResolvedPool, with_keyring: Callable[[str], None]
) -> None:
    with_keyring(KEYRING)
    assert machine.run(*sign_in_arguments(machine.home, choice, "keyring")).returncode == 0
    with_keyring(HANGS)
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (9, "", 1)
    with_keyring(KEYRING)
    assert machine.run("token").returncode == 0


@pytest.mark.parametrize(("asked_for", "status"), [(None, 0), ("file", 9)])
def test_unwritable_folder_exits_with_9_if_storage_was_specified(
    machine: Machine, choice: ResolvedPool, asked_for: str | None, status: int
) -> None:
    ran = sign_in(machine, choice, asked_for, {"XDG_STATE_HOME": "/proc/no/such/place"})
    assert (ran.returncode, ran.stdout) == (status, "")
    notice, lost, signed_in = ran.stderr.splitlines()
    assert f"{notice}\n" == machine.endpoint_notice
    assert lost.startswith("tui-auth: The session isn't stored.")
    assert signed_in == "Signed in as ann."


# -- the screen of Done ---------------------------------------------------------------------------------

ToDone = Callable[..., PtyProgram]
QUESTION = "Where do you want to store this session?"


@pytest.fixture
def to_done(terminal_program: TerminalProgram) -> ToDone:
    """Return a function that runs ``tui-auth sign-in`` in full screen up to Done."""

    def start(*arguments: str, **environ: str) -> PtyProgram:
        # With a user name there is no question about an earlier session.
        named = ("sign-in", "--username", "ann", *arguments)
        program = terminal_program.on_a_terminal(*named, variables=environ)
        program.wait_for("Password")
        program.send(f"{PASSWORD}\r")
        program.wait_for("Signed in as ann")
        return program

    return start


def test_quitting_at_the_storage_question_reports_an_unsaved_session(
    machine: Machine, to_done: ToDone, choice: ResolvedPool
) -> None:
    with to_done(*pool_flags(choice)) as program:
        program.wait_for(QUESTION)
        program.press("ctrl+q")
        assert program.wait_exit() == 0
        output = " ".join(program.screen_text().split())
    assert "Signed in as ann." in output
    assert "The session isn't stored." in output
    assert machine.run("token").returncode == 4


def test_storage_question_help_describes_available_storages(
    machine: Machine, to_done: ToDone, choice: ResolvedPool
) -> None:
    with to_done(*pool_flags(choice), XDG_RUNTIME_DIR="") as program:
        program.wait_for(QUESTION)
        program.press("ctrl+g")
        program.wait_for("esc closes this")
        text = program.screen_text()
    assert "A private file" in text
    assert "Until you log out" not in text, "there is no such folder here"


def test_specified_storage_is_used_even_if_the_user_quits_early(
    machine: Machine, choice: ResolvedPool
) -> None:
    done = machine.reach_done(choice)
    saver = SessionSaver(
        SessionPersistence(replace(choice, storage="file"), machine.server.clock.now, machine.sessions)
    )
    assert saver.reason_not_saved(done, "ann", print) is None
    assert machine.run("token").returncode == 0


def test_cleanup_problem_is_reported_after_the_screen_closes(machine: Machine, choice: ResolvedPool) -> None:
    class Untidy(SessionPersistence):
        def save(self, done: Done, *arguments: Any, **more: Any) -> SaveResult:
            return replace(super().save(done, *arguments, **more), cleanup_problem="The index is busy.")

    saver = SessionSaver(Untidy(replace(choice, storage="file"), machine.server.clock.now, machine.sessions))
    output = list[str]()
    assert saver.reason_not_saved(machine.reach_done(choice), "ann", output.append) is None
    assert output == ["Older session data couldn't be removed. The index is busy."]


def test_signal_waits_for_a_save_in_progress(machine: Machine, choice: ResolvedPool) -> None:
    at_it, may_end = threading.Event(), threading.Event()

    class Slow(SessionPersistence):
        def save(self, done: Done, *arguments: Any, **more: Any) -> SaveResult:
            at_it.set()
            may_end.wait()
            return super().save(done, *arguments, **more)

    saver = SessionSaver(Slow(replace(choice, storage="file"), machine.server.clock.now, machine.sessions))
    done = machine.reach_done(choice)
    leaving = threading.Thread(target=saver.reason_not_saved, args=(done, "ann", print), daemon=True)
    leaving.start()
    at_it.wait()
    threading.Timer(0.2, may_end.set).start()
    saver.finish()
    assert machine.run("token").returncode == 0


def test_late_reply_of_a_canceled_attempt_is_not_checked(
    machine: Machine, choice: ResolvedPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    saver = SessionSaver(SessionPersistence(choice, machine.server.clock.now, machine.sessions))
    live, late = machine.reach_done(choice), machine.reach_done(choice)
    answers = {id(live): False, id(late): True}
    monkeypatch.setattr(SessionPersistence, "check_signatures", lambda self, done: answers[id(done)])
    saver.check_signatures(live)
    saver.check_signatures(late)
    assert (saver.is_checked(live), saver.is_checked(late)) == (False, True)


def profiles(machine: Machine, choice: ResolvedPool, *names: str) -> None:
    """Save the pool as a profile with each of these names."""
    folder = machine.home / ".config" / "tui-auth"
    folder.mkdir(parents=True)
    pool = {
        "user_pool_id": choice.user_pool_id,
        "client_id": choice.client_id,
        "endpoint_url": choice.endpoint_url,
    }
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in pool.items()]
    (folder / "config.toml").write_text("".join(f"[profiles.{name}]\n{''.join(lines)}" for name in names))


def test_done_asks_for_the_storage_once_for_each_profile(
    machine: Machine, to_done: ToDone, choice: ResolvedPool
) -> None:
    profiles(machine, choice, "work", "home")
    with to_done("--profile", "work") as program:
        program.wait_for(QUESTION)
        for kind in (StorageKind.SESSION, StorageKind.FILE, StorageKind.NONE):
            program.wait_for(STORAGE_LABELS[kind])
        program.send("1")
        program.wait_for("Stored in")
        program.wait_for("tui-auth header | curl")
        program.press("enter")
        assert program.wait_exit() == 0
    assert list((machine.home / "run" / "tui-auth").glob("?" * 64 + ".json"))
    assert machine.run("sign-out").returncode == 0
    with to_done("--profile", "work") as program:
        program.wait_for("Stored in")
        assert QUESTION not in program.screen_text()
    with to_done("--profile", "home") as program:
        program.wait_for(QUESTION)


def test_selecting_no_storage_stores_nothing(machine: Machine, to_done: ToDone, choice: ResolvedPool) -> None:
    with to_done(*pool_flags(choice)) as program:
        program.wait_for(QUESTION)
        program.wait_for(lambda shown: STORAGE_LABELS[StorageKind.NONE] in shown.screen_text())
        (number,) = re.findall(rf"{STORAGE_LABELS[StorageKind.NONE]} +(\d)", program.screen_text())
        program.send(number)
        program.wait_for("nowhere; it ends with this program")
        program.press("enter")
        assert program.wait_exit() == 0
    assert not machine.sessions.entries()


def test_specified_storage_skips_the_question(
    machine: Machine, to_done: ToDone, choice: ResolvedPool
) -> None:
    with to_done(*pool_flags(choice), "--storage", "file") as program:
        program.wait_for("Stored in")
        assert QUESTION not in program.screen_text()
    assert machine.read_session_file()


def test_done_reports_a_storage_problem_and_goes_on(
    machine: Machine, to_done: ToDone, choice: ResolvedPool
) -> None:
    nowhere = str(Path("/proc/no/such/place"))
    with to_done(*pool_flags(choice), "--storage", "file", XDG_STATE_HOME=nowhere) as program:
        program.wait_for("The session couldn't be stored.")
        program.press("enter")
        assert program.wait_exit() == 9
        assert "Signed in as ann." in program.screen_text()
