"""Remembered devices: the question, the proof at the next sign-in, and forgotten devices."""

from __future__ import annotations

from pathlib import Path

import pyotp
import pytest

from tests.journeys.conftest import SignIn
from tests.journeys.own_pool import APP_AND_SMS, MakePool, OwnPool
from tests.steps.screen_reading import number_key_for
from tests.terminal.emulator import unwrap
from tests.terminal.pty_program import PtyProgram
from tui_auth.emulator.model import Device

DEVICE_PROOF = ["DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]
CODE_FROM_APP = "Code from your authenticator app"
SIGNED_IN_ALREADY = "You are already signed in as ann."
QUESTION = "Should Cognito remember this device?"
OFFER = "isn't verified. Verify it now?"


def device_tracking_pool(
    own_pool: MakePool, *, skips_code: bool = True, is_opt_in: bool = False, **attributes: str
) -> OwnPool:
    """Create a pool that tracks devices, with a user."""
    device_settings = {
        "ChallengeRequiredOnNewDevice": skips_code,
        "DeviceOnlyRememberedOnUserPrompt": is_opt_in,
    }
    pool = own_pool(mfa={"MfaConfiguration": "OPTIONAL", **APP_AND_SMS}, DeviceConfiguration=device_settings)
    pool.create_user(**attributes)
    return pool


def devices(pool: OwnPool) -> dict[str, Device]:
    """Return the user's confirmed devices in the pool."""
    user = pool.server.state.pools[pool.id].users["ann"]
    return {key: device for key, device in user.devices.items() if device.verifier is not None}


def forget_all_devices(pool: OwnPool) -> None:
    """Make the pool forget all devices of the user."""
    pool.server.state.pools[pool.id].users["ann"].devices.clear()


def next_app_code(phone: pyotp.TOTP, program: SignIn) -> str:
    """Return an unused code of the authenticator app."""
    program.server.clock.advance(30)
    return phone.at(int(program.server.clock.now()))


def sign_in_again(program: SignIn) -> None:
    """Sign in anew as the user who is signed in already, with the name that is filled in."""
    program.wait_for(SIGNED_IN_ALREADY)
    program.send(number_key_for(program, "Sign in again"))
    program.wait_for("Username ann")
    program.enter(program.user.password)


def initiate_auth_parameters(pool: OwnPool) -> list[dict[str, str]]:
    """Return the parameters of each InitiateAuth request."""
    return [call["AuthParameters"] for operation, call in pool.server.calls if operation == "InitiateAuth"]


def test_remembered_device_skips_the_code_until_forgotten(own_pool: MakePool) -> None:
    pool = device_tracking_pool(own_pool)
    phone = pool.add_authenticator_app()
    first = pool.sign_in("--storage", "file")
    first.log_in()
    first.wait_for(CODE_FROM_APP)
    first.enter(next_app_code(phone, first))
    first.wait_for("Stored in")
    assert QUESTION not in first.screen_text(), "this pool remembers devices automatically"
    second = pool.sign_in("--storage", "file")
    sign_in_again(second)
    second.wait_for("Stored in")
    assert second.requests[-2:] == DEVICE_PROOF
    (device_key,) = devices(pool)
    forget_all_devices(pool)
    third = pool.sign_in("--storage", "file")
    before = len(initiate_auth_parameters(pool))
    sign_in_again(third)
    third.wait_for(CODE_FROM_APP)
    assert [start.get("DEVICE_KEY") for start in initiate_auth_parameters(pool)[before:]] == [
        device_key,
        None,
    ], "once without it"
    third.enter(next_app_code(phone, third))
    third.wait_for("Stored in")
    (new_device_key,) = devices(pool)
    assert new_device_key != device_key
    fourth = pool.sign_in("--storage", "file")
    sign_in_again(fourth)
    fourth.wait_for("Stored in")
    assert initiate_auth_parameters(pool)[-1]["DEVICE_KEY"] == new_device_key, (
        "the forgotten one is forgotten here too"
    )


def test_device_is_proved_after_an_always_required_code(own_pool: MakePool) -> None:
    pool = device_tracking_pool(own_pool, skips_code=False)
    phone = pool.add_authenticator_app()
    for log_in, proof in ((SignIn.log_in, []), (sign_in_again, DEVICE_PROOF)):
        program = pool.sign_in("--storage", "file")
        log_in(program)
        program.wait_for(CODE_FROM_APP)
        before = len(program.requests)
        program.enter(next_app_code(phone, program))
        program.wait_for("Stored in")
        assert [name for name in program.requests[before:] if name.startswith("DEVICE_")] == proof


def test_device_forgotten_during_sign_in_is_dropped(own_pool: MakePool) -> None:
    pool = device_tracking_pool(own_pool, skips_code=False)
    phone = pool.add_authenticator_app()
    first = pool.sign_in("--storage", "file")
    first.log_in()
    first.wait_for(CODE_FROM_APP)
    first.enter(next_app_code(phone, first))
    first.wait_for("Stored in")
    second = pool.sign_in("--storage", "file")
    sign_in_again(second)
    second.wait_for(CODE_FROM_APP)
    forget_all_devices(pool)
    second.enter(next_app_code(phone, second))
    second.wait_for("Stored in")
    answers = [call["ChallengeResponses"] for _, call in pool.server.calls if "ChallengeResponses" in call]
    with_code = [answer for answer in answers if "SOFTWARE_TOKEN_MFA_CODE" in answer][-2:]
    assert ["DEVICE_KEY" in answer for answer in with_code] == [True, False], (
        "the same answer without the device"
    )


@pytest.mark.parametrize(("number", "remembered"), [("1", True), ("2", False)], ids=["yes", "no"])
def test_opt_in_pool_asks_once_to_remember_the_device(
    own_pool: MakePool, number: str, remembered: bool
) -> None:
    pool = device_tracking_pool(own_pool, is_opt_in=True)
    phone = pool.add_authenticator_app()
    first = pool.sign_in("--storage", "file")
    first.log_in()
    first.wait_for(CODE_FROM_APP)
    first.enter(next_app_code(phone, first))
    first.wait_for(QUESTION)
    assert [device.remembered for device in devices(pool).values()] == [False], "not before the user agrees"
    first.send(number)
    first.wait_for("↵ Done")
    if remembered:
        first.wait_for("Cognito remembers this device.")
    assert [device.remembered for device in devices(pool).values()] == [remembered]
    second = pool.sign_in("--storage", "file")
    sign_in_again(second)
    if not remembered:
        second.wait_for(CODE_FROM_APP)
        second.enter(next_app_code(phone, second))
    second.wait_for("Stored in")
    assert (second.requests[-2:] == DEVICE_PROOF) == remembered
    assert QUESTION not in second.screen_text()


@pytest.mark.parametrize("remember", ["1", "2"], ids=["yes", "no"])
def test_device_and_unverified_address_are_asked_about_once_each(own_pool: MakePool, remember: str) -> None:
    pool = device_tracking_pool(own_pool, is_opt_in=True, email="ann@example.com", email_verified="false")
    program = pool.sign_in("--storage", "file")
    program.log_in()
    program.wait_for(QUESTION)
    assert OFFER not in unwrap(program.screen_text()), "one question at a time"
    program.send(remember)
    program.wait_for_text(OFFER)
    assert QUESTION not in program.screen_text()
    program.send(number_key_for(program, "Send a code"))
    program.wait_for("Code sent by email to ")
    program.enter(program.newest_code())
    program.wait_for_text("Your email address is verified.")
    program.wait_for("↵ Done")
    assert QUESTION not in program.screen_text()
    assert OFFER not in unwrap(program.screen_text())
    assert [device.remembered for device in devices(pool).values()] == [remember == "1"]
    assert pool.server.state.pools[pool.id].users["ann"].attributes["email_verified"] == "true"


def test_token_command_asks_about_the_device_first(own_pool: MakePool, tmp_path: Path) -> None:
    pool = device_tracking_pool(own_pool, is_opt_in=True)
    out = tmp_path / "out"
    with PtyProgram(["-m", "tui_auth", "token", *pool.flags()], home=tmp_path, stdout=out) as program:
        program.wait_for("Username")
        for typed in ("ann", "Correct-Horse-9!"):
            program.send(typed)
            program.press("enter")
        program.wait_for(QUESTION)
        program.send("1")
        assert program.wait_exit() == 0
    assert out.read_text().count("\n") == 1
    assert [device.remembered for device in devices(pool).values()] == [True]


def test_device_question_at_line_prompts(own_pool: MakePool) -> None:
    pool = device_tracking_pool(own_pool, is_opt_in=True)
    phone = pool.add_authenticator_app()
    for state in ("new", "remembered", "forgotten"):
        if state == "forgotten":
            forget_all_devices(pool)
        program = pool.sign_in("--plain", "--storage", "file", rows=40)
        if state == "new":
            program.log_in_at_prompts()
        else:
            program.answer("Number:", number_key_for(program, "Sign in again"))
            program.wait_for("Username: ann")
            program.wait_for("Password:")
            program.enter(program.user.password)
        if state != "remembered":
            program.wait_for(CODE_FROM_APP)
            program.wait_for("Code:")
            program.enter(next_app_code(phone, program))
            program.wait_for(QUESTION)
            program.enter("7")
            program.wait_for("Error: Type 1 or 2.")
            program.enter("1")
            program.wait_for("Cognito remembers this device.")
        program.wait_for("Signed in as ann.")
        assert program.wait_exit() == 0
        assert (program.requests[-2:] == DEVICE_PROOF) == (state == "remembered")
        assert [device.remembered for device in devices(pool).values()] == [True]


def test_unanswered_device_question_keeps_the_session(own_pool: MakePool) -> None:
    pool = device_tracking_pool(own_pool, is_opt_in=True)
    program = pool.sign_in("--plain", "--storage", "file", rows=40)
    program.log_in_at_prompts()
    program.wait_for(QUESTION)
    program.wait_for("Number:")
    program.send("\x04")
    assert program.wait_exit() == 0
    assert [device.remembered for device in devices(pool).values()] == [False]
