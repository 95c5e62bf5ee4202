"""Tests that the pages of an account leak no password and no code, however they are left."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.passkeys.people import PASSKEYS, program_with_key
from tests.security.canary import canaries
from tests.security.canary.conftest import AssertClean
from tests.security.canary.extraction import drag_over_screen
from tests.security.canary.stage import Stage, WatchedSignIn
from tests.security.canary.test_other_screens import pool_with_ann
from tests.security.canary.walks import Walkthrough
from tui_auth.flow import passkey


def open_account(stage: Stage, *flags: str) -> WatchedSignIn:
    """Sign ann in, then open her account."""
    sign_in = stage.sign_in("ann")
    Walkthrough(stage, sign_in).log_in()
    sign_in.wait_for("Stored in")
    sign_in.press("enter")
    assert sign_in.wait_exit() == 0
    streams = {name: stage.folder / name for name in ("stdout", "stderr")}
    command = [sys.executable, "-m", "tui_auth", "account", *flags]
    program = stage.start("ann", *command, **streams)
    program.wait_for("ann@example.com")
    return program


def type_passwords(stage: Stage, program: WatchedSignIn) -> None:
    """Open the page of the password, and type a wrong one and the new one twice."""
    program.send("4")
    program.wait_for("Current password")
    program.enter(stage.wrong_password.text)
    program.enter(stage.new_password.text)
    program.send(stage.new_password.text)
    drag_over_screen(program)


def test_changing_the_password_leaks_neither_the_old_nor_the_new(
    stage: Stage, assert_clean: AssertClean
) -> None:
    program = open_account(stage)
    type_passwords(stage, program)
    program.press("enter")
    program.wait_for("That isn't your current password.")
    program.press("ctrl+u")
    program.enter(stage.password.text)
    program.press("enter", "enter")
    program.wait_for("Your password is changed")
    drag_over_screen(program)
    program.press("ctrl+q")
    assert program.wait_exit() == 0
    assert_clean(program)


@pytest.mark.parametrize(
    ("end", "status"), [("ctrl+q", 0), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)]
)
def test_leaving_the_page_of_the_password_leaks_nothing(
    stage: Stage, assert_clean: AssertClean, end: signal.Signals | str, status: int
) -> None:
    program = open_account(stage)
    type_passwords(stage, program)
    if isinstance(end, str):
        program.press(end)
    else:
        program.signal(end)
    assert program.wait_exit() == status
    assert_clean(program)


def test_code_for_an_address_does_not_leak(stage: Stage, assert_clean: AssertClean) -> None:
    program = open_account(stage)
    program.send("1")
    program.wait_for("Change it")
    program.send("2")
    program.wait_for("Change: Email")
    program.press("ctrl+u")
    program.enter("other@example.com")
    program.wait_for("Enter the code")
    program.send(str(stage.server.messages[-1]["code"]))
    program.press("enter")
    program.wait_for("Your email address is verified.")
    program.press("esc")
    assert program.wait_exit() == 0
    newest = f"sent code {len(stage.server.messages) - 1}"  # what is typed as a code is shown
    assert_clean(program, allowed_places={newest: "terminal"})


@pytest.mark.parametrize("flags", [(), ("--plain",)], ids=["full screen", "line prompts"])
def test_pin_for_a_new_passkey_does_not_leak(
    stage: Stage, assert_clean: AssertClean, flags: tuple[str, ...]
) -> None:
    pin, wrong = canaries.password("PIN"), canaries.password("wrong PIN")
    stage.secrets += [pin, wrong]
    web_authn = {"RelyingPartyId": "localhost", "UserVerification": "preferred"}
    pool_with_ann(
        stage, mfa={"MfaConfiguration": "OFF", "WebAuthnConfiguration": web_authn}, Policies=PASSKEYS
    )
    sign_in = stage.sign_in("ann")
    Walkthrough(stage, sign_in).log_in()
    sign_in.wait_for("Stored in")
    sign_in.press("enter")
    assert sign_in.wait_exit() == 0
    script = stage.folder / "program.py"
    script.write_text(program_with_key("nobody", pin.text))
    streams = {name: stage.folder / name for name in ("stdout", "stderr")}
    program = stage.start("ann", sys.executable, script, "account", *flags, rows=60, **streams)
    end = "\n" if flags else ""
    program.wait_for("Delete")
    program.wait_for("Passkeys       none")
    for number in ("8", "1"):
        program.wait_for("Number:") if flags else None
        program.send(f"{number}{end}")
        program.wait_for("You have no passkeys." if number == "8" else "Is that the site")
    program.send(f"2{end}")
    program.wait_for(passkey.PIN_LABEL)
    program.enter(wrong.text)
    program.wait_for_text(passkey.PIN_WRONG)
    program.press("ctrl+u")
    program.enter(pin.text)
    program.wait_for("The passkey is added")
    drag_over_screen(program)
    program.press("ctrl+c" if flags else "ctrl+q")
    program.wait_exit()
    assert_clean(program)
