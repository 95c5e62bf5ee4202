"""The question, in lines, whether the pool shall remember this machine."""

from __future__ import annotations

from tui_auth.auth.auth import Auth
from tui_auth.auth.errors import AuthError
from tui_auth.auth.next_step import Done
from tui_auth.plain.prompts import Back, Lines, Prompts
from tui_auth.screens import wording


def ask_about_device(auth: Auth, done: Done, lines: Lines) -> None:
    """Ask whether the pool shall remember this machine, and tell it so; no answer leaves it as it is."""
    prompts = Prompts(lines, nothing_typed="Type 1 or 2.")
    lines.say(wording.DEVICE_QUESTION)
    prompts.show((wording.REMEMBER, wording.FORGET))
    try:
        if prompts.number(2) == 0:
            auth.remember_device(done)
            lines.say(wording.REMEMBERED)
    except (EOFError, Back):
        return
    except AuthError as error:
        lines.say(f"Error: {wording.NOT_REMEMBERED} {error.message}")
