"""The setting of the rows: the program, its reference and an emulator."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Final, Self

from tests.terminal.pty_program import ROOT, PtyProgram, isolated_environment
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoUser, provision

REFERENCE_APP: Final = Path(__file__).with_name("reference_app.py")
QUIET_SECONDS: Final = 0.15
"""The seconds without output after which a screen is complete; cursors blink every 0.5 s."""

_TIMEOUT_SECONDS: Final = 30.0
_SCRIPT: Final = """#!{python}
import sys
from tui_auth.cli.main import main
if __name__ == "__main__":
    sys.exit(main())
"""


class TimedProgram(PtyProgram):
    """A program on a pseudo-terminal, observed only by its bytes: rendering takes time."""

    starts_warm = False

    def wait_for_bytes(self, data: bytes, since: int = 0) -> float:
        """Wait for these bytes after the first ``since`` bytes, and return the time they arrived."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: self._received.find(data, since) >= 0, _TIMEOUT_SECONDS)
        now = perf_counter()
        assert arrived, f"{data!r} did not come\n{self.screen_text()}"
        return now

    def wait_for_output(self, since: int) -> None:
        """Wait until more than ``since`` bytes have arrived."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self._received) > since, _TIMEOUT_SECONDS)
        assert arrived, f"nothing more came\n{self.screen_text()}"

    def settle(self) -> None:
        """Wait until nothing has arrived for ``QUIET_SECONDS``."""
        with self._changed:
            while True:
                count = len(self._received)
                if not self._changed.wait_for(lambda: len(self._received) > count, QUIET_SECONDS):  # noqa: B023
                    return

    @property
    def count(self) -> int:
        """Return the number of bytes the program has written."""
        with self._changed:
            return len(self._received)

    def echo(self, character: str) -> float:
        """Press a key and return the seconds until its echo.

        The character must not be in the field or in anything drawn with it.
        """
        with self._changed:
            since = len(self._received)
        pressed = perf_counter()
        self.send(character)
        return self.wait_for_bytes(character.encode(), since) - pressed


class Stage:
    """The measuring environment: a folder, and an emulator with the demo users."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = CognitoEmulator()
        self.users: dict[str, DemoUser] = {}

    def __enter__(self) -> Self:
        self.server.start()
        self.users = {user.username: user for user in provision(self.server).users}
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    @property
    def home(self) -> Path:
        """Return the home folder of all programs."""
        return self.folder / "home"

    def clear_home(self) -> None:
        """Remove sessions and profiles, so that no row and no program depends on an earlier one."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment of all programs."""
        return {**isolated_environment(self.home), "PYTHONPATH": str(ROOT)}

    @property
    def command(self) -> str:
        """Return the command of an installed program."""
        script = self.folder / "tui-auth"
        if not script.exists():
            script.write_text(_SCRIPT.format(python=sys.executable))
            script.chmod(0o700)
        return str(script)

    def start_tui_auth(self, username: str = "sam") -> TimedProgram:
        """Start the program for a user who has no session yet."""
        self.clear_home()
        user = self.users[username]
        command = [
            self.command,
            "sign-in",
            "--user-pool-id",
            user.user_pool_id,
            "--client-id",
            user.client_id,
        ]
        command += ["--endpoint-url", self.server.endpoint_url, "--storage", "file"]
        return self._start(command)

    def start_reference(self, *arguments: str) -> TimedProgram:
        """Start the bare reference app."""
        return self._start([sys.executable, os.fspath(REFERENCE_APP), *arguments])

    def _start(self, command: list[str]) -> TimedProgram:
        return TimedProgram(command=command, home=self.home, environment={"PYTHONPATH": str(ROOT)})

    @contextmanager
    def side_by_side(self) -> Iterator[tuple[TimedProgram, TimedProgram]]:
        """Start the program and the bare app, and wait until both first screens are complete."""
        with self.start_tui_auth() as tui_auth, self.start_reference() as reference:
            for program in (tui_auth, reference):
                program.wait_for_bytes(b"Password")
            sleep(1.5)  # the program imports boto3 in the background
            for program in (tui_auth, reference):
                program.settle()
            yield tui_auth, reference

    def newest_code(self, username: str, after: int) -> str:
        """Wait for a message to a user after the first ``after`` messages, and return its code."""
        deadline = monotonic() + _TIMEOUT_SECONDS
        while monotonic() < deadline:
            messages = [
                message for message in self.server.messages[after:] if message["username"] == username
            ]
            if messages:
                return str(messages[-1]["code"])
            sleep(0.01)
        raise AssertionError("no code was sent")
