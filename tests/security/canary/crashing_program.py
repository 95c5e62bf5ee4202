"""Run the program with a fault in one place.

Usage: ``python crashing_program.py PLACE ARGUMENTS…``.

The fault's exception contains the password in its message, its notes, its cause and its frames' variables, as
a careless line of code would have it.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from tui_auth.cli import sign_in_now
from tui_auth.cli.main import main
from tui_auth.plain.prompts import Prompts

_passwords: list[str] = []


def fail() -> NoReturn:
    """Raise an exception that contains the password wherever an exception can."""
    password = _passwords[0]
    Path(os.environ["CANARY_SPY"], "failed").touch()
    try:
        raise KeyError(password)
    except KeyError as cause:
        error = RuntimeError(f"cannot sign in with {password!r}", {"password": password})
        error.add_note(password)
        raise error from cause


class _FailsInFinalizer:
    def __del__(self) -> None:
        fail()


async def _fail_later() -> None:
    fail()


def _fail_in_thread() -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def _fail_in_group() -> None:
    try:
        fail()
    except RuntimeError as error:
        raise ExceptionGroup(_passwords[0], [error]) from error


def _fail_in_finalizer() -> None:
    _FailsInFinalizer()


def _fail_in_task() -> None:
    asyncio.get_running_loop().create_task(_fail_later())


def _fail_in_callback() -> None:
    asyncio.get_running_loop().call_soon(fail)


def _fail_at_exit() -> None:
    atexit.register(fail)


def _call_after(owner: Any, name: str, action: Callable[[], object]) -> None:
    """Run ``action`` after each call of a method."""
    original = getattr(owner, name)

    def method(*arguments: Any, **options: Any) -> Any:
        result = original(*arguments, **options)
        if _passwords:
            action()
        return result

    setattr(owner, name, method)


IN_FULL_SCREEN: dict[str, tuple[str, str, Callable[[], object]]] = {
    "an answer is read": ("screens.sign_in.SignInScreen", "build_answer", fail),
    "a group of errors": ("screens.sign_in.SignInScreen", "build_answer", _fail_in_group),
    "a screen is drawn": ("widgets.frame.ScreenHeader", "render", fail),
    "a request": ("auth.attempt.Attempt", "sign_in", fail),
    "a reply arrives": ("flow.sign_in_flow.SignInFlow", "arrive", fail),
    "a step is shown": ("screens.sign_in_presenter.SignInPresenter", "show_step", fail),
    "a callback of the loop": ("screens.sign_in.SignInScreen", "build_answer", _fail_in_callback),
    "a task that is forgotten": ("screens.sign_in.SignInScreen", "build_answer", _fail_in_task),
    "a thread": ("screens.sign_in.SignInScreen", "build_answer", _fail_in_thread),
    "an object's end": ("screens.sign_in.SignInScreen", "build_answer", _fail_in_finalizer),
    "after the screen": ("app.TuiAuthApp", "run_in_terminal", fail),
    "the interpreter's end": ("app.TuiAuthApp", "run_in_terminal", _fail_at_exit),
}
IN_LINES: dict[str, tuple[str, str, Callable[[], object]]] = {
    "a request": ("auth.attempt.Attempt", "sign_in", fail),
    "the conversation": ("plain.prompts.StartPrompts", "_sign_in", fail),
    "a thread": ("plain.prompts.StartPrompts", "_sign_in", _fail_in_thread),
    "an object's end": ("plain.prompts.StartPrompts", "_sign_in", _fail_in_finalizer),
    "the interpreter's end": ("plain.prompts.StartPrompts", "_sign_in", _fail_at_exit),
}
"""The faults by place: a class below ``tui_auth``, its method, and the action after it."""


def _install_fault(owner: str, name: str, action: Callable[[], object]) -> None:
    module, _, kind = f"tui_auth.{owner}".rpartition(".")
    _call_after(getattr(import_module(module), kind), name, action)


def _record_password(owner: Any, name: str, password_in: Callable[[Any], Any]) -> None:
    """Record the password in a method's result."""
    original = getattr(owner, name)

    def method(*arguments: Any, **options: Any) -> Any:
        result = original(*arguments, **options)
        if password := password_in(result):
            _passwords.append(password.reveal())
        return result

    setattr(owner, name, method)


def _prepare_for_full_screen(place: str) -> None:
    """Install the fault after the program has cleaned its environment and can import Textual."""
    original = sign_in_now.prepare_full_screen

    def prepare(purpose: str) -> bool:
        ready = original(purpose)
        screens = import_module("tui_auth.screens.sign_in")
        _record_password(
            screens.SignInScreen, "build_answer", lambda answer: getattr(answer, "password", None)
        )
        _install_fault(*IN_FULL_SCREEN[place])
        return ready

    sign_in_now.prepare_full_screen = prepare


if __name__ == "__main__":
    _, place, *arguments = sys.argv
    if "--plain" in arguments:
        _record_password(Prompts, "secret", lambda password: password)
        _install_fault(*IN_LINES[place])
    else:
        _prepare_for_full_screen(place)
    sys.exit(main(arguments))
