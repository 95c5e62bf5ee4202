"""Tests that the first-run screen and the device question leak no secret."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace

import pytest

from tests.journeys.own_pool import OwnPool
from tests.passkeys.people import program_with_key
from tests.security.canary import canaries
from tests.security.canary.canaries import Canary
from tests.security.canary.conftest import AssertClean
from tests.security.canary.extraction import drag_over_screen, try_to_extract
from tests.security.canary.stage import Stage, WatchedSignIn
from tests.security.canary.walks import Walkthrough
from tests.steps.screen_reading import number_key_for
from tui_auth.flow import passkey

CONSOLE = "https://eu-west-1.console.aws.amazon.com/cognito/v2/idp/user-pools"
DEVICE_QUESTION = "Should Cognito remember this device?"


def pool_with_ann(stage: Stage, **settings: object) -> OwnPool:
    """Create another pool, in which ann's password is the canary."""
    pool = OwnPool(stage.server, stage.home, stage.exit_stack, **settings)  # type: ignore[arg-type]
    pool.create_user(password=stage.password.text)
    stage.users["ann"] = replace(stage.users["ann"], user_pool_id=pool.id, client_id=pool.client_id)
    return pool


def open_client_secret_screen(stage: Stage) -> WatchedSignIn:
    """Open the first-run screen and type the client secret instead of its file's path."""
    pool = pool_with_ann(stage, client={"GenerateSecret": True})
    stage.secrets.append(Canary("client secret", pool.client_secret, piece=8))
    command = [sys.executable, "-m", "tui_auth", "sign-in", "--storage", "file"]
    streams = {name: stage.folder / name for name in ("stdout", "stderr")}
    endpoint = {"TUI_AUTH_ENDPOINT_URL": stage.server.endpoint_url}
    trace = ["--trace", str(stage.folder / "trace")]
    program = stage.start("ann", *command, *trace, environment=endpoint, **streams)
    program.wait_for("Which user pool do you want to use?")
    program.paste(f"{CONSOLE}/{pool.id}/app-integration/clients/{pool.client_id}?region=eu-west-1")
    program.wait_for(pool.client_id)
    program.press("enter", "enter")
    program.wait_for("This app client has a secret.")
    program.send(pool.client_secret)
    program.wait_for(pool.client_secret[-20:])
    drag_over_screen(program)
    program.press("enter")
    program.wait_for("Enter the path of a file")
    program.paste(pool.client_secret)
    program.press("ctrl+g")
    program.wait_for("esc closes this")
    drag_over_screen(program)
    program.press("esc")
    program.wait_gone("esc closes this")
    return program


def test_client_secret_typed_on_the_first_screen_does_not_leak(
    stage: Stage, assert_clean: AssertClean
) -> None:
    program = open_client_secret_screen(stage)
    (secret,) = [canary for canary in stage.secrets if canary.name == "client secret"]
    file = stage.folder / "secret-of-the-client"
    file.touch(mode=0o600)
    file.write_text(secret.text)
    program.press("ctrl+u")
    program.enter(str(file))
    program.wait_for("Profile name")
    drag_over_screen(program)
    program.press("enter")
    Walkthrough(stage, program).log_in()
    program.wait_for("Stored in")
    program.press("enter")
    assert program.wait_exit() == 0
    assert_clean(program, allowed_places={"client secret": "terminal"})


@pytest.mark.parametrize(("end", "status"), [(signal.SIGHUP, -signal.SIGHUP), ("ctrl+q", 6)])
def test_leaving_the_first_screen_leaks_no_client_secret(
    stage: Stage, assert_clean: AssertClean, end: signal.Signals | str, status: int
) -> None:
    program = open_client_secret_screen(stage)
    (secret,) = [canary for canary in stage.secrets if canary.name == "client secret"]
    program.press("ctrl+u")
    program.send(secret.text)
    program.wait_for(secret.text[-20:])
    if isinstance(end, str):
        program.press(end)
    else:
        program.signal(end)
    assert program.wait_exit() == status
    assert_clean(program, allowed_places={"client secret": "terminal"})


def test_pin_of_a_security_key_does_not_leak(stage: Stage, assert_clean: AssertClean) -> None:
    pin, wrong = canaries.password("PIN"), canaries.password("wrong PIN")
    stage.secrets += [pin, wrong]
    script = stage.folder / "program.py"
    script.write_text(program_with_key("cleo", pin.text))
    program = stage.sign_in("cleo", script=[str(script)])
    walkthrough = Walkthrough(stage, program)
    walkthrough.log_in()
    program.send(number_key_for(program, "Passkey"))
    program.wait_for_text("Did you create your passkey for that site?")
    program.send("2")
    program.wait_for(passkey.PIN_LABEL)
    try_to_extract(program, wrong.text)
    walkthrough.look_around()
    program.enter(wrong.text)
    program.wait_for_text(passkey.PIN_WRONG)
    program.press("ctrl+u")
    program.enter(pin.text)
    program.wait_for("Stored in")
    program.press("enter")
    assert program.wait_exit() == 0
    assert_clean(program)


def test_pin_typed_at_line_prompts_does_not_leak(stage: Stage, assert_clean: AssertClean) -> None:
    pin, wrong = canaries.password("PIN"), canaries.password("wrong PIN")
    stage.secrets += [pin, wrong]
    script = stage.folder / "program.py"
    script.write_text(program_with_key("cleo", pin.text))
    program = stage.sign_in("cleo", "--plain", script=[str(script)], rows=60)
    program.log_in_at_prompts()
    program.wait_for("Number:")
    program.enter(number_key_for(program, "Passkey"))
    program.wait_for("Did you create your passkey for that site?")
    program.wait_for(lambda p: p.screen_text().count("Number:") == 2)
    program.enter("2")
    program.wait_for(f"{passkey.PIN_LABEL}:")
    program.enter(wrong.text)
    program.wait_for(f"Error: {passkey.PIN_WRONG}")
    program.wait_for(lambda p: p.screen_text().count(f"{passkey.PIN_LABEL}:") == 2)
    program.enter(pin.text)
    assert program.wait_exit() == 0
    assert_clean(program)


@pytest.mark.parametrize(("end", "status"), [("1", 0), ("ctrl+q", 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_device_question_does_not_leak(
    stage: Stage, assert_clean: AssertClean, end: signal.Signals | str, status: int
) -> None:
    device_settings = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
    pool_with_ann(stage, DeviceConfiguration=device_settings)
    program = stage.sign_in("ann")
    walkthrough = Walkthrough(stage, program)
    walkthrough.log_in()
    program.wait_for(DEVICE_QUESTION)
    walkthrough.look_around()
    if isinstance(end, signal.Signals):
        program.signal(end)
    elif end == "ctrl+q":
        program.press(end)
    else:
        program.send(end)
        program.wait_for("↵ Done")
        program.press("enter")
    assert program.wait_exit() == status
    assert [canary for canary in stage.all_canaries() if canary.name == "device_password"], (
        "nothing was there to find"
    )
    assert_clean(program)
