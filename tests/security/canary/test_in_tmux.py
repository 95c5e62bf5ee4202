"""In a real tmux: what stays in its buffers, its panes and their scrollback once the program has ended."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.security.canary import canaries
from tests.security.canary.conftest import Clean
from tests.security.canary.hiding_places import HidingPlaces
from tests.security.canary.mischief import drag_everywhere, try_to_take
from tests.security.canary.stage import Stage, WatchedSignIn
from tests.steps.reading import scan

SHOWN = {"code": "terminal", "key": "terminal"}
PICTURE = re.compile(r"[█▀▄]{6,}")


def in_tmux(stage: Stage, socket: Path, settings: str, *flags: str) -> WatchedSignIn:
    """A sign-in of noel in a tmux of 80 by 24 with its status line; ``ended N`` is shown behind it."""
    configuration = stage.folder / "tmux.conf"
    configuration.write_text(f"set -g mouse on\n{settings}\n")
    command = shlex.join([sys.executable, "-m", "tui_auth", *stage.arguments("noel"), *flags])
    tmux = ("tmux", "-S", str(socket), "-f", str(configuration), "new-session")
    return stage.start("noel", *tmux, "sh", "-c", f"trap : INT; {command}; echo ended $?; read rest", rows=24)


def at_the_set_up(stage: Stage, program: WatchedSignIn) -> None:
    """Type the passwords, show one of them, and come to the screen that shows the key."""
    program.wait_for("Username")
    program.enter("noel")
    try_to_take(program, stage.wrong_password.text)
    program.send(program.user.password)
    program.press("ctrl+t")
    program.wait_for(program.user.password)
    program.press("enter")
    program.wait_for("Choose a new password")
    program.enter(stage.new_password.text, stage.new_password.text)
    stage.made.extend(canaries.totp_key(scan(program).secret))
    drag_everywhere(program)


def looked_through(stage: Stage, socket: Path, program: WatchedSignIn) -> HidingPlaces:
    """All places, with those of tmux, and no picture of the key among them."""
    places = stage.places(program)
    places.add_tmux(socket)
    kept = [name for name in places.names if name.startswith(("scrollback", "tmux screen"))]
    assert kept
    assert not [name for name in kept if PICTURE.search(places.text(name))]
    return places


@pytest.mark.parametrize("settings", ["", "set -g alternate-screen off"])
def test_tmux_pane_scrollback_and_buffer_hold_no_secret(
    stage: Stage, clean: Clean, tmux_socket: Path, settings: str
) -> None:
    program = in_tmux(stage, tmux_socket, settings)
    at_the_set_up(stage, program)
    program.send(stage.wrong_code.text)
    program.wait_for(stage.wrong_code.text)
    program.press("ctrl+c")
    program.wait_for("ended 6")
    places = looked_through(stage, tmux_socket, program)
    clean(places=places, may_stand=SHOWN | {"password": "terminal"})


def test_copied_totp_key_is_in_the_tmux_buffer_only(stage: Stage, clean: Clean, tmux_socket: Path) -> None:
    program = in_tmux(stage, tmux_socket, "")
    at_the_set_up(stage, program)
    program.press("ctrl+y")
    program.shows("The key was sent to tmux's buffer and your terminal's clipboard")
    program.press("ctrl+q")
    program.wait_for("ended 6")
    places = looked_through(stage, tmux_socket, program)
    copied = ("tmux buffer", "clipboard")
    clean(places=places, may_stand=SHOWN | {"password": "terminal", "key": ("terminal", *copied)})
    assert [name for name in places.names if name.startswith("tmux buffer")]


def test_line_prompts_in_tmux_show_key_and_code_but_no_password(
    stage: Stage, clean: Clean, tmux_socket: Path
) -> None:
    program = in_tmux(stage, tmux_socket, "", "--plain")
    program.log_in_at_prompts()
    for prompt in ("New password:", "Once more:"):
        program.wait_for(prompt)
        program.enter(stage.new_password.text)
    program.wait_for("Code the app shows:")
    shown = program.screen_text().split("time-based one:")[1].split("Account:")[0]
    stage.made.extend(canaries.totp_key("".join(shown.split())))
    program.enter(stage.wrong_code.text)
    program.wait_for("Error:")
    program.press("ctrl+c")
    program.wait_for("ended 130")
    places = stage.places(program)
    places.add_tmux(tmux_socket)
    lines = ("terminal", "left on the terminal", "scrollback")
    clean(places=places, may_stand={"code": lines, "key": lines})


def test_tmux_search_finds_a_secret(stage: Stage, tmux_socket: Path) -> None:
    secret = stage.password.text
    told = stage.folder / "told"
    told.write_text(secret)
    load, other = f"tmux load-buffer {told}", "printf '\\033[?1049h'"
    show = f"cat {told}; seq 100; cat {told}; {load}; {other}; cat {told}; echo all told; read rest"
    tmux = ("tmux", "-S", str(tmux_socket), "-f", "/dev/null", "new-session")
    program = stage.start("noel", *tmux, "sh", "-c", show, rows=24)
    program.wait_for("all told")
    places = HidingPlaces()
    places.add_tmux(tmux_socket)
    found = {finding.place.partition(":")[0] for finding in places.search([stage.password])}
    assert found == {"scrollback", "tmux screen", "tmux buffer"}
