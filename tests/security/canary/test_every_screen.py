"""Tests that no secret leaks from any screen: rejected, accepted, copied, dragged or pasted."""

from __future__ import annotations

import pytest

from tests.error_texts import WRONG_CODE
from tests.pilot import press, until
from tests.screens.conftest import app_with
from tests.scripted_gateway import challenge
from tests.security.canary import canaries
from tests.security.canary.conftest import AssertClean
from tests.security.canary.extraction import try_to_extract
from tests.security.canary.stage import Stage, WatchedSignIn
from tests.security.canary.walks import WALKTHROUGHS, Walkthrough
from tests.steps.screen_reading import number_key_for, scan
from tui_auth.widgets.text_input import SecretInput

VISIBLE_ON_SCREEN = dict.fromkeys(("code", "key", "browser code", "browser address"), "terminal")


def shown_codes(stage: Stage) -> dict[str, str]:
    """Allow the codes, which a field echoes, and the key, which its screen shows."""
    sent_codes = {f"sent code {number}": "terminal" for number in range(len(stage.server.messages))}
    return VISIBLE_ON_SCREEN | sent_codes


@pytest.mark.parametrize("username", WALKTHROUGHS)
def test_typed_secrets_stay_in_the_process_at_every_step(
    stage: Stage, assert_clean: AssertClean, username: str
) -> None:
    program = stage.sign_in(username)
    walkthrough = Walkthrough(stage, program)
    walkthrough.log_in()
    WALKTHROUGHS[username](walkthrough)
    program.wait_for(f"Signed in as {username}")
    program.wait_for("Stored in")
    program.press("enter")
    assert program.wait_exit() == 0
    assert_clean(program, allowed_places=shown_codes(stage))


def test_sign_up_and_password_reset_screens_do_not_leak(stage: Stage, assert_clean: AssertClean) -> None:
    program = stage.sign_in("ann")
    walkthrough, new = Walkthrough(stage, program), stage.new_password.text
    walkthrough.open_sign_up()
    program.enter("ann")
    try_to_extract(program, new)
    program.enter(new, stage.wrong_password.text, "zoe@example.org")
    program.wait_for("The passwords don't match.")
    walkthrough.look_around()
    program.press("ctrl+u")
    program.enter(new, "zoe@example.org")
    program.wait_for("An account with this user name already exists.")
    program.press("esc")
    program.wait_gone("confirm your address")
    program.send("ann")
    program.wait_for("┃ ann ")
    program.press("ctrl+f")
    program.wait_for("Reset your password")
    program.send(number_key_for(program, "Send me a code"))
    program.wait_for("Code sent by email to a***@")
    program.enter(program.newest_code(), new, new)
    program.wait_for("Stored in")
    program.press("ctrl+y")
    program.wait_for("Anyone with the access token can act as you.")
    program.press("enter")
    assert program.wait_exit() == 0
    assert_clean(program, allowed_places=shown_codes(stage))


def test_sign_up_confirm_and_sign_in_do_not_leak(stage: Stage, assert_clean: AssertClean) -> None:
    program = stage.sign_in("ann")
    walkthrough, new = Walkthrough(stage, program), stage.new_password.text
    walkthrough.open_sign_up()
    program.enter("zoe", new, new, "zoe@example.org")
    program.wait_for("This user pool requires this attribute: Full name.")
    program.enter("Zoe")
    program.wait_for("isn't confirmed yet")
    walkthrough.answer_code(lambda: str(stage.server.messages[-1]["code"]), WRONG_CODE)
    program.wait_for("Signed in as zoe")
    program.wait_for("Stored in")
    program.press("enter")
    assert program.wait_exit() == 0
    assert_clean(program, allowed_places=shown_codes(stage))


async def test_revealed_passwords_are_hidden_when_sent() -> None:
    new = canaries.password().text
    app = app_with(challenge("NEW_PASSWORD_REQUIRED", requiredAttributes="[]"))
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "Choose a new password" in app.text())
        for field in app.screen.query(SecretInput):
            field.value = new
        await press(pilot, "tab", "ctrl+t")
        assert app.text().count(new) == 2
        app.gateway.hold()
        await press(pilot, "enter")
        await until(pilot, lambda: "Asking Cognito" in app.text())
        assert new not in app.text()
        app.gateway.release()


PALETTE_COMMANDS = {"Theme": "Search for themes", "Help": "esc closes this", "Call trace": "values left out"}
TEXTUAL_COMMANDS = ("Screenshot", "Save screenshot", "Maximize", "Keys")
"""Textual's own palette commands; the first two would save the screen to a file."""


def choose_in_palette(program: WatchedSignIn, command: str) -> None:
    """Type a command's name into the palette and press Enter, whether it exists or not."""
    program.press("ctrl+p")
    program.wait_for("Search for commands")
    program.send(command)
    program.wait_for(lambda p: "No matches found" in p.screen_text() or p.screen_text().count(command) > 1)
    program.press("enter")


def test_palette_commands_do_not_save_the_screen(stage: Stage, assert_clean: AssertClean) -> None:
    program = stage.sign_in("tess")
    program.log_in()
    stage.secrets.extend(canaries.totp_key(scan(program).secret))
    for command in TEXTUAL_COMMANDS:
        choose_in_palette(program, command)
        if "No matches found" in program.screen_text():
            program.press("esc")
        program.wait_gone("No matches found")
    for command, text in PALETTE_COMMANDS.items():
        choose_in_palette(program, command)
        program.wait_for(text)
        program.press("enter")
        program.wait_gone(text)
    program.press("ctrl+q")
    assert program.wait_exit() == 6
    assert not list(stage.folder.rglob("*.svg"))
    assert_clean(program, allowed_places=shown_codes(stage))


async def test_every_palette_command_is_run() -> None:
    app = app_with()
    async with app.run_test():
        titles = {command.title for command in app.get_system_commands(app.screen)}
    assert titles == {*PALETTE_COMMANDS}


def test_every_next_step_has_a_walk(stage: Stage) -> None:
    assert set(WALKTHROUGHS) == set(stage.users)
