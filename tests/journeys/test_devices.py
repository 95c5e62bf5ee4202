"""Remembered devices: asked about, proved at the next sign-in, and let go of when the pool has forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest

from tests.journeys.conftest import SignIn
from tests.journeys.own_pool import APP_AND_SMS, OwnPool
from tests.terminal.pty_program import PtyProgram
from tui_auth.pool.model import Device

MakePool = Callable[..., OwnPool]
PROOF = ["DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]
CODE_FROM_APP = "Code from your authenticator app"
QUESTION = "Shall the pool remember this machine?"


def tracking(own_pool: MakePool, *, spares_the_code: bool = True, asks: bool = False) -> OwnPool:
    """A pool that tracks devices, with a user who has an authenticator app."""
    tracks = {"ChallengeRequiredOnNewDevice": spares_the_code, "DeviceOnlyRememberedOnUserPrompt": asks}
    pool = own_pool(mfa={"MfaConfiguration": "OPTIONAL", **APP_AND_SMS}, DeviceConfiguration=tracks)
    pool.user()
    return pool


def devices(pool: OwnPool) -> dict[str, Device]:
    """The devices that the pool knows of the user by their own proof."""
    user = pool.server.state.pools[pool.id].users["ann"]
    return {key: device for key, device in user.devices.items() if device.verifier is not None}


def forget_all(pool: OwnPool) -> None:
    """Somebody has the pool forget every device of the user."""
    pool.server.state.pools[pool.id].users["ann"].devices.clear()


def show_next(phone: pyotp.TOTP, program: SignIn) -> str:
    """A code from the app that was not used yet."""
    program.server.clock.advance(30)
    return phone.at(int(program.server.clock.now()))


def starts(pool: OwnPool) -> list[dict[str, str]]:
    """The parameters of each InitiateAuth that came over HTTP."""
    return [call["AuthParameters"] for operation, call in pool.server.calls if operation == "InitiateAuth"]


def test_remembered_device_skips_the_code_until_forgotten(own_pool: MakePool) -> None:
    pool = tracking(own_pool)
    phone = pool.phone_of()
    first = pool.sign_in("--storage", "file")
    first.log_in()
    first.wait_for(CODE_FROM_APP)
    first.enter(show_next(phone, first))
    first.wait_for("Kept in")
    assert QUESTION not in first.screen_text(), "this pool remembers by itself"
    second = pool.sign_in("--storage", "file")
    second.log_in()
    second.wait_for("Kept in")
    assert second.asked[-2:] == PROOF
    (known,) = devices(pool)
    forget_all(pool)
    third = pool.sign_in("--storage", "file")
    before = len(starts(pool))
    third.log_in()
    third.wait_for(CODE_FROM_APP)
    assert [start.get("DEVICE_KEY") for start in starts(pool)[before:]] == [known, None], "once without it"
    third.enter(show_next(phone, third))
    third.wait_for("Kept in")
    (another,) = devices(pool)
    assert another != known
    fourth = pool.sign_in("--storage", "file")
    fourth.log_in()
    fourth.wait_for("Kept in")
    assert starts(pool)[-1]["DEVICE_KEY"] == another, "the forgotten one is forgotten here too"


def test_device_is_proved_after_an_always_required_code(own_pool: MakePool) -> None:
    pool = tracking(own_pool, spares_the_code=False)
    phone = pool.phone_of()
    for proof in ([], PROOF):
        program = pool.sign_in("--storage", "file")
        program.log_in()
        program.wait_for(CODE_FROM_APP)
        before = len(program.asked)
        program.enter(show_next(phone, program))
        program.wait_for("Kept in")
        assert [name for name in program.asked[before:] if name.startswith("DEVICE_")] == proof


def test_device_forgotten_during_sign_in_is_dropped(own_pool: MakePool) -> None:
    pool = tracking(own_pool, spares_the_code=False)
    phone = pool.phone_of()
    first = pool.sign_in("--storage", "file")
    first.log_in()
    first.wait_for(CODE_FROM_APP)
    first.enter(show_next(phone, first))
    first.wait_for("Kept in")
    second = pool.sign_in("--storage", "file")
    second.log_in()
    second.wait_for(CODE_FROM_APP)
    forget_all(pool)
    second.enter(show_next(phone, second))
    second.wait_for("Kept in")
    answers = [call["ChallengeResponses"] for _, call in pool.server.calls if "ChallengeResponses" in call]
    with_code = [answer for answer in answers if "SOFTWARE_TOKEN_MFA_CODE" in answer][-2:]
    assert ["DEVICE_KEY" in answer for answer in with_code] == [True, False], "the same answer, without it"


@pytest.mark.parametrize(("number", "remembered"), [("1", True), ("2", False)], ids=["yes", "no"])
def test_opt_in_pool_asks_once_to_remember_the_device(
    own_pool: MakePool, number: str, remembered: bool
) -> None:
    pool = tracking(own_pool, asks=True)
    phone = pool.phone_of()
    first = pool.sign_in("--storage", "file")
    first.log_in()
    first.wait_for(CODE_FROM_APP)
    first.enter(show_next(phone, first))
    first.wait_for(QUESTION)
    assert [device.remembered for device in devices(pool).values()] == [False], "not before they say so"
    first.send(number)
    first.wait_for("enter Leave")
    if remembered:
        first.wait_for("The pool remembers this machine.")
    assert [device.remembered for device in devices(pool).values()] == [remembered]
    second = pool.sign_in("--storage", "file")
    second.log_in()
    if not remembered:
        second.wait_for(CODE_FROM_APP)
        second.enter(show_next(phone, second))
    second.wait_for("Kept in")
    assert (second.asked[-2:] == PROOF) == remembered
    assert QUESTION not in second.screen_text()


def test_token_command_asks_about_the_device_first(own_pool: MakePool, tmp_path: Path) -> None:
    pool = tracking(own_pool, asks=True)
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
    pool = tracking(own_pool, asks=True)
    phone = pool.phone_of()
    for round_ in ("new", "remembered", "forgotten"):
        if round_ == "forgotten":
            forget_all(pool)
        program = pool.sign_in("--plain", "--storage", "file", rows=40)
        program.log_in_by_lines()
        if round_ != "remembered":
            program.wait_for(CODE_FROM_APP)
            program.wait_for("Code:")
            program.enter(show_next(phone, program))
            program.wait_for(QUESTION)
            program.enter("7")
            program.wait_for("Error: Type 1 or 2.")
            program.enter("1")
            program.wait_for("The pool remembers this machine.")
        program.wait_for("Signed in as ann.")
        assert program.wait_exit() == 0
        assert (program.asked[-2:] == PROOF) == (round_ == "remembered")
        assert [device.remembered for device in devices(pool).values()] == [True]


def test_unanswered_device_question_keeps_the_session(own_pool: MakePool) -> None:
    pool = tracking(own_pool, asks=True)
    program = pool.sign_in("--plain", "--storage", "file", rows=40)
    program.log_in_by_lines()
    program.wait_for(QUESTION)
    program.wait_for("Number:")
    program.send("\x04")
    assert program.wait_exit() == 0
    assert [device.remembered for device in devices(pool).values()] == [False]
