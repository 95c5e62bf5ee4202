"""The program with a fault in one place: ``python crashing.py PLACE ARGUMENTS…``.

The fault's exception carries the password in its message, its notes, its cause and its frames' variables, as
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

from tui_auth.cli import main
from tui_auth.commands import full_screen
from tui_auth.plain.prompts import Prompts

_typed: list[str] = []


def fail() -> NoReturn:
    """Raise with the password everywhere an exception can carry it."""
    password = _typed[0]
    Path(os.environ["CANARY_SPY"], "failed").touch()
    try:
        raise KeyError(password)
    except KeyError as cause:
        error = RuntimeError(f"cannot sign in with {password!r}", {"password": password})
        error.add_note(password)
        raise error from cause


class _FailsWhenForgotten:
    def __del__(self) -> None:
        fail()


async def _fail_later() -> None:
    fail()


def _in_a_thread() -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def _in_a_group() -> None:
    try:
        fail()
    except RuntimeError as error:
        raise ExceptionGroup(_typed[0], [error]) from error


def _forgotten() -> None:
    _FailsWhenForgotten()


def _task() -> None:
    asyncio.get_running_loop().create_task(_fail_later())


def _callback() -> None:
    asyncio.get_running_loop().call_soon(fail)


def _at_the_end() -> None:
    atexit.register(fail)


def _after(owner: Any, name: str, act: Callable[[], object]) -> None:
    """Have ``act`` run after a method, each time it is called."""
    former = getattr(owner, name)

    def method(*arguments: Any, **more: Any) -> Any:
        result = former(*arguments, **more)
        if _typed:
            act()
        return result

    setattr(owner, name, method)


IN_FULL_SCREEN: dict[str, tuple[str, str, Callable[[], object]]] = {
    "an answer is read": ("screens.sign_in.SignInScreen", "decide", fail),
    "a group of errors": ("screens.sign_in.SignInScreen", "decide", _in_a_group),
    "a screen is drawn": ("widgets.frame.TopLine", "render", fail),
    "a request": ("auth.attempt.Attempt", "sign_in", fail),
    "a reply arrives": ("flow.sign_in_flow.SignInFlow", "arrive", fail),
    "a step is shown": ("screens.sign_in_presenter.SignInPresenter", "show_step", fail),
    "a callback of the loop": ("screens.sign_in.SignInScreen", "decide", _callback),
    "a task that is forgotten": ("screens.sign_in.SignInScreen", "decide", _task),
    "a thread": ("screens.sign_in.SignInScreen", "decide", _in_a_thread),
    "an object's end": ("screens.sign_in.SignInScreen", "decide", _forgotten),
    "after the screen": ("app.TuiAuthApp", "run_in_terminal", fail),
    "the interpreter's end": ("app.TuiAuthApp", "run_in_terminal", _at_the_end),
}
IN_LINES: dict[str, tuple[str, str, Callable[[], object]]] = {
    "a request": ("auth.attempt.Attempt", "sign_in", fail),
    "the conversation": ("plain.sign_in.StartPrompts", "_sign_in", fail),
    "a thread": ("plain.sign_in.StartPrompts", "_sign_in", _in_a_thread),
    "an object's end": ("plain.sign_in.StartPrompts", "_sign_in", _forgotten),
    "the interpreter's end": ("plain.sign_in.StartPrompts", "_sign_in", _at_the_end),
}
"""Where the fault is: a class below ``tui_auth``, a method of it, and what happens once that has run."""


def _put_in(owner: str, name: str, act: Callable[[], object]) -> None:
    module, _, kind = f"tui_auth.{owner}".rpartition(".")
    _after(getattr(import_module(module), kind), name, act)


def _listen(owner: Any, name: str, password_in: Callable[[Any], Any]) -> None:
    """Note the password that a method's result carries."""
    former = getattr(owner, name)

    def method(*arguments: Any, **more: Any) -> Any:
        result = former(*arguments, **more)
        if password := password_in(result):
            _typed.append(password.reveal())
        return result

    setattr(owner, name, method)


def _prepare_for_full_screen(place: str) -> None:
    """Put the fault in once the program has cleaned its environment, for only then Textual is imported."""
    former = full_screen.prepare

    def prepare(purpose: str) -> bool:
        ready = former(purpose)
        screens = import_module("tui_auth.screens.sign_in")
        _listen(screens.SignInScreen, "decide", lambda asked: getattr(asked, "password", None))
        _put_in(*IN_FULL_SCREEN[place])
        return ready

    full_screen.prepare = prepare


if __name__ == "__main__":
    _, place, *given = sys.argv
    if "--plain" in given:
        _listen(Prompts, "secret", lambda password: password)
        _put_in(*IN_LINES[place])
    else:
        _prepare_for_full_screen(place)
    sys.exit(main(given))
