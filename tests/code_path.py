"""Measure how much of the program one SMS code passes through, from Enter to the next screen.

``python -m tests.code_path`` prints the files and functions of ``tui_auth`` that are called between Enter on
an SMS code and the moment the next screen replaces the step's. The program is the real one, under Textual's
pilot and against the local emulator, which isn't counted. What reads keys and draws widgets is counted on a
line of its own: which of it runs depends on the time that passes meanwhile.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final
from unittest.mock import patch

from tests.pilot import press, until
from tui_auth.app import TuiAuthApp
from tui_auth.auth.auth import Auth
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision
from tui_auth.flow.interface import SignInSettings
from tui_auth.screens import step_screen
from tui_auth.screens.codes import SMSCodeScreen
from tui_auth.screens.done import DoneScreen

PACKAGE: Final = Path(sys.modules["tui_auth"].__file__ or "").parent
INPUT_AND_DRAWING: Final = ("terminal", "widgets")
USERNAME: Final = "sam"
"""The demo user whose sign-in asks for a code sent by SMS, and for nothing after it."""


@dataclass
class CodePath:
    """The functions of ``tui_auth`` that were called, by file, both relative to the package."""

    functions: dict[str, set[str]] = field(default_factory=dict)

    def add(self, code: CodeType) -> None:
        """Count a function that is called. Comprehensions belong to the function they are in."""
        path = Path(code.co_filename)
        if not path.is_relative_to(PACKAGE) or code.co_name in ("<genexpr>", "<listcomp>", "<module>"):
            return
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("emulator/"):
            self.functions.setdefault(name, set()).add(code.co_qualname)

    def outside(self, *packages: str) -> CodePath:
        """Return the part of the path that isn't in these packages."""
        folders = tuple(f"{package}/" for package in packages)
        return CodePath(
            {name: called for name, called in self.functions.items() if not name.startswith(folders)}
        )

    @property
    def function_count(self) -> int:
        """The number of distinct functions."""
        return sum(len(called) for called in self.functions.values())

    @property
    def counts(self) -> str:
        """The number of files and functions in words."""
        return f"{len(self.functions)} files, {self.function_count} functions"

    def __str__(self) -> str:
        lines = [
            f"{name}\n    {', '.join(sorted(called))}" for name, called in sorted(self.functions.items())
        ]
        return "\n".join((*lines, self.counts))


@contextmanager
def _recorded(path: CodePath, is_over: list[bool]) -> Iterator[None]:
    def record(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and not is_over:
            path.add(frame.f_code)

    threading.setprofile(record)
    sys.setprofile(record)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _watch_loading(app: TuiAuthApp) -> Callable[[], bool]:
    """Return a function that says whether the app has loaded its later screens, which it does once."""
    load, has_run = app._load, threading.Event()

    def load_and_note() -> None:
        load()
        has_run.set()

    app._load = load_and_note  # type: ignore[method-assign]
    return lambda: (
        has_run.is_set() and all(worker.is_finished for worker in app.workers if worker.group == "connect")
    )


async def measure() -> CodePath:
    """Sign in as the demo user with a code by SMS, and return what the code passes through."""
    path = CodePath()
    is_over: list[bool] = []
    # The interval that checks for expiry can fire meanwhile; the code doesn't pass through it.
    with CognitoEmulator() as server, patch.object(step_screen, "EXPIRY_CHECK_SECONDS", 3600.0):
        pool = provision(server)
        auth = Auth(pool.user_pool_id, pool.client_id, endpoint_url=server.endpoint_url)
        app = TuiAuthApp(auth, SignInSettings(pool="demo", username=USERNAME))
        is_loaded = _watch_loading(app)
        user = next(each for each in pool.users if each.username == USERNAME)
        async with app.run_test(size=(80, 23)) as pilot:
            await press(pilot, *user.password, "enter")
            await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen) and app.screen.is_mounted)
            await until(pilot, is_loaded)
            code = next(
                message["code"] for message in reversed(server.messages) if message["username"] == USERNAME
            )
            await press(pilot, *str(code))
            switch = app.switch_screen

            def switch_and_stop(*arguments: Any, **options: Any) -> Any:
                is_over.append(True)
                return switch(*arguments, **options)

            app.switch_screen = switch_and_stop  # type: ignore[method-assign]
            with _recorded(path, is_over):
                await press(pilot, "enter")
                await until(pilot, lambda: isinstance(app.screen, DoneScreen))
    return path


if __name__ == "__main__":
    everything = asyncio.run(measure())
    decisions = everything.outside(*INPUT_AND_DRAWING)
    print(decisions)  # noqa: T201
    print(f"outside auth: {decisions.outside('auth').counts}")  # noqa: T201
    print(f"with terminal and widgets: {everything.counts}")  # noqa: T201
