"""Tests that tmux's buffers, panes and scrollback keep no secret after the program ends."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.security.canary import canaries
from tests.security.canary.conftest import AssertClean
from tests.security.canary.extraction import drag_over_screen, try_to_extract
from tests.security.canary.leak_places import LeakPlaces
from tests.security.canary.stage import Stage, WatchedSignIn
from tests.steps.screen_reading import scan

VISIBLE_ON_SCREEN = {"code": "terminal", "key": "terminal"}
QR_CODE = re.compile(r"[█▀▄]{6,}")


def sign_in_in_tmux(stage: Stage, socket: Path, settings: str, *flags: str) -> WatchedSignIn:
    """Start noel's sign-in in an 80x24 tmux with a status line; it prints ``ended STATUS``."""
    configuration = stage.folder / "tmux.conf"
    configuration.write_text(f"set -g mouse on\n{settings}\n")
    command = shlex.join([sys.executable, "-m", "tui_auth", *stage.arguments("noel"), *flags])
    tmux = ("tmux", "-S", str(socket), "-f", str(configuration), "new-session")
    return stage.start("noel", *tmux, "sh", "-c", f"trap : INT; {command}; echo ended $?; read rest", rows=24)


def go_to_totp_setup(stage: Stage, program: WatchedSignIn) -> None:
    """Type the passwords, reveal one, and go to the screen with the key."""
    program.wait_for("Username")
    program.enter("noel")
    try_to_extract(program, stage.wrong_password.text)
    program.send(program.user.password)
    program.press("ctrl+t")
    program.wait_for(program.user.password)
    program.press("enter")
    program.wait_for("Choose a new password")
    program.enter(stage.new_password.text, stage.new_password.text)
    stage.secrets.extend(canaries.totp_key(scan(program).secret))
    drag_over_screen(program)


def collect_places(stage: Stage, socket: Path, program: WatchedSignIn) -> LeakPlaces:
    """Return all places, tmux's included, after checking that no pane has the QR code."""
    places = stage.collect_places(program)
    places.add_tmux(socket)
    pane_places = [name for name in places.names if name.startswith(("scrollback", "tmux screen"))]
    assert pane_places
    assert not [name for name in pane_places if QR_CODE.search(places.text(name))]
    return places


@pytest.mark.parametrize("settings", ["", "set -g alternate-screen off"])
def test_tmux_pane_scrollback_and_buffer_hold_no_secret(
    stage: Stage, assert_clean: AssertClean, tmux_socket: Path, settings: str
) -> None:
    program = sign_in_in_tmux(stage, tmux_socket, settings)
    go_to_totp_setup(stage, program)
    program.send(stage.wrong_code.text)
    program.wait_for(stage.wrong_code.text)
    program.press("ctrl+c")
    program.wait_for("ended 130")
    places = collect_places(stage, tmux_socket, program)
    assert_clean(places=places, allowed_places=VISIBLE_ON_SCREEN | {"password": "terminal"})


def test_copied_totp_key_is_in_the_tmux_buffer_only(
    stage: Stage, assert_clean: AssertClean, tmux_socket: Path
) -> None:
    program = sign_in_in_tmux(stage, tmux_socket, "")
    go_to_totp_setup(stage, program)
    program.press("ctrl+y")
    program.wait_for_text("The key was sent to tmux's buffer and your terminal's clipboard")
    program.press("ctrl+q")
    program.wait_for("ended 6")
    places = collect_places(stage, tmux_socket, program)
    copied = ("tmux buffer", "clipboard")
    assert_clean(
        places=places,
        allowed_places=VISIBLE_ON_SCREEN | {"password": "terminal", "key": ("terminal", *copied)},
    )
    assert [name for name in places.names if name.startswith("tmux buffer")]


def test_line_prompts_in_tmux_show_key_and_code_but_no_password(
    stage: Stage, assert_clean: AssertClean, tmux_socket: Path
) -> None:
    program = sign_in_in_tmux(stage, tmux_socket, "", "--plain")
    program.log_in_at_prompts()
    for prompt in ("New password:", "Repeat password:"):
        program.wait_for(prompt)
        program.enter(stage.new_password.text)
    program.wait_for("Code from the app:")
    key_text = program.screen_text().split("(time-based, TOTP):")[1].split("Account:")[0]
    stage.secrets.extend(canaries.totp_key("".join(key_text.split())))
    program.enter(stage.wrong_code.text)
    program.wait_for("Error:")
    program.press("ctrl+c")
    program.wait_for("ended 130")
    places = stage.collect_places(program)
    places.add_tmux(tmux_socket)
    lines = ("terminal", "left on the terminal", "scrollback")
    assert_clean(places=places, allowed_places={"code": lines, "key": lines})


def test_tmux_search_finds_a_secret(stage: Stage, tmux_socket: Path) -> None:
    secret = stage.password.text
    secret_file = stage.folder / "secret"
    secret_file.write_text(secret)
    show, load = f"cat {secret_file}", f"tmux load-buffer {secret_file}"
    other_screen = "printf '\\033[?1049h'"
    script = f"{show}; seq 100; {show}; {load}; {other_screen}; {show}; echo all shown; read rest"
    tmux = ("tmux", "-S", str(tmux_socket), "-f", "/dev/null", "new-session")
    program = stage.start("noel", *tmux, "sh", "-c", script, rows=24)
    program.wait_for("all shown")
    places = LeakPlaces()
    places.add_tmux(tmux_socket)
    kinds = {finding.place.partition(":")[0] for finding in places.search([stage.password])}
    assert kinds == {"scrollback", "tmux screen", "tmux buffer"}
