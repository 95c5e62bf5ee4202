"""Idle terminals: challenge sessions expire, nothing is sent, and a key restarts the step."""

from __future__ import annotations

from pathlib import Path

import pyotp

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import SignIn, StartSignIn
from tests.journeys.own_pool import APP_AND_SMS, MakePool, OwnPool
from tests.safe_codes import wrong_code
from tests.steps.screen_reading import number_key_for, scan

NIGHT = 12 * 3600.0
EXPIRY_HINT = "This step may have expired"
RESTART_OFFER = "Press Enter to start it again."
NEW_CODE_OFFER = "This code has expired. Press Enter to get a new one."
SENDS_CODE = "This sends a new code"
MAKES_KEY = "This creates a new key"
PHONE = {"phone_number": "+4915550001234", "phone_number_verified": "true"}

# The program on a suspended machine: its clock advances while its timers stop.
SUSPENDED_PROGRAM = """
import pathlib, sys, time
time_of_day, sleep_file = time.time, pathlib.Path({sleep_file!r})
time.time = lambda: time_of_day() + float(sleep_file.read_text())
from tui_auth.cli.main import main
raise SystemExit(main(["sign-in", *sys.argv[1:]]))
"""


def scan_new_key(program: SignIn, old_app: pyotp.TOTP) -> pyotp.TOTP:
    """Scan the QR code once it shows a new key."""
    program.wait_for(lambda _: scan(program).secret != old_app.secret)
    return scan(program)


def sms_pool(own_pool: MakePool, *, minutes: int = 3) -> OwnPool:
    """Create a pool with MFA by SMS whose challenge sessions last so many minutes."""
    pool = own_pool(
        mfa={"MfaConfiguration": "ON", **APP_AND_SMS},
        client={"AuthSessionValidity": minutes},
    )
    pool.create_user("ann", **PHONE)
    return pool


def test_terminal_left_overnight_sends_nothing(own_pool: MakePool, tmp_path: Path) -> None:
    pool, sleep_file = sms_pool(own_pool), tmp_path / "sleep_file"
    sleep_file.write_text("0")
    program = pool.sign_in(program=["-c", SUSPENDED_PROGRAM.format(sleep_file=str(sleep_file))])
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    requests_before, code = program.requests, program.newest_code()
    (tmp_path / "later").write_text(str(NIGHT))
    (tmp_path / "later").replace(sleep_file)
    pool.server.clock.advance(NIGHT)
    program.wait_for(EXPIRY_HINT)
    assert program.requests == requests_before
    program.enter(code)
    program.wait_for_text(f"{NEW_CODE_OFFER}")
    assert program.codes_sent() == 1
    assert EXPIRY_HINT not in program.screen_text()
    program.press("enter")
    program.wait_for("A new code is on its way")
    assert program.codes_sent() == 2
    program.enter(program.newest_code())
    program.wait_for("Signed in as ann")


def test_expiry_hint_after_three_minutes_keeps_a_valid_session(
    own_pool: MakePool,
) -> None:
    pool = sms_pool(own_pool, minutes=15)
    program = pool.sign_in()
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    pool.server.clock.advance(170)
    program.enter(wrong_code(program.newest_code()))
    program.wait_for(WRONG_CODE)
    pool.server.clock.advance(20)
    program.enter(wrong_code(wrong_code(program.newest_code())))
    program.wait_for(EXPIRY_HINT)
    program.enter(program.newest_code())
    program.wait_for("Signed in as ann")
    assert program.codes_sent() == 1


def test_profile_sets_the_assumed_session_validity(own_pool: MakePool) -> None:
    pool = sms_pool(own_pool, minutes=15)
    program = pool.sign_in(pool_flags=pool.write_profile("session_minutes = 10"))
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    requests_before = len(program.requests)
    pool.server.clock.advance(590)
    program.enter(wrong_code(program.newest_code()))
    program.wait_for(WRONG_CODE)
    before = program.screen_text()
    pool.server.clock.advance(20)
    program.enter(wrong_code(wrong_code(program.newest_code())))
    program.wait_for(lambda _: len(program.requests) == requests_before + 2)
    assert EXPIRY_HINT not in before, "not after three minutes"
    program.wait_for(EXPIRY_HINT)


def test_totp_key_stays_until_a_new_one_is_requested(
    sign_in_as: StartSignIn,
) -> None:
    program = sign_in_as("tess")
    program.log_in()
    old_app = scan(program)
    requests_before = program.requests
    program.server.clock.advance(NIGHT)
    program.enter(old_app.at(int(program.server.clock.now())))
    program.wait_for_text(f"{RESTART_OFFER} {MAKES_KEY}")
    assert program.requests[len(requests_before) :] == ["VerifySoftwareToken"]
    assert old_app.secret[:4] in program.screen_text()
    program.press("enter")
    program.wait_for_text("A new key. Delete the old “")
    phone = scan_new_key(program, old_app)
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as tess")


def test_returning_to_setup_makes_and_announces_a_new_key(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("max")
    program.log_in()
    program.send(number_key_for(program, "Code from an authenticator app"))
    old_app = scan(program)
    program.press("esc")
    program.send(number_key_for(program, "Code from an authenticator app"))
    program.wait_for_text("A new key. Delete the old “")
    phone = scan_new_key(program, old_app)
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as max")


def test_restart_replays_choices_and_esc_leaves(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("cleo")
    program.log_in()
    program.send(number_key_for(program, "Code by SMS"))
    program.wait_for("Code sent by SMS to +")
    program.server.clock.advance(NIGHT)
    program.enter(program.newest_code())
    program.wait_for_text(f"{NEW_CODE_OFFER}")
    program.press("esc")
    program.wait_for("What do you want to sign in with?")
    assert program.codes_sent() == 1, "going back sends nothing"
    program.send(number_key_for(program, "Code by SMS"))
    program.wait_for("Code sent by SMS to +")
    program.server.clock.advance(NIGHT)
    program.enter(program.newest_code())
    program.wait_for_text(f"{NEW_CODE_OFFER}")
    program.press("enter")
    program.wait_for_text("If the account exists, a new code is on its way")
    assert program.codes_sent() == 3
    assert program.requests[-2:] == ["InitiateAuth", "SELECT_CHALLENGE"]
    program.enter(program.newest_code())
    program.wait_for("Signed in as cleo")


def test_restart_at_line_prompts(own_pool: MakePool) -> None:
    pool = sms_pool(own_pool)
    program = pool.sign_in("--plain", rows=40)
    program.log_in_at_prompts()
    program.wait_for("Code:")
    pool.server.clock.advance(NIGHT)
    program.enter(program.newest_code())
    program.wait_for_text(f"{NEW_CODE_OFFER}")
    program.wait_for("Press Enter to restart, or type /back:")
    assert program.codes_sent() == 1
    program.press("enter")
    program.wait_for(lambda _: program.codes_sent() == 2)
    program.wait_for(lambda p: p.screen_text().count("Code:") == 2)
    program.enter(program.newest_code())
    program.wait_for("Signed in as ann.")


def test_new_totp_key_is_announced_at_line_prompts(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("tess", "--plain", rows=60)
    program.log_in_at_prompts()
    program.wait_for("Code from the app:")
    program.server.clock.advance(NIGHT)
    program.enter("123456")
    program.wait_for_text(f"{RESTART_OFFER} {MAKES_KEY}")
    program.press("enter")
    program.wait_for_text("A new key. Delete the old “")
    program.wait_for(lambda p: p.screen_text().count("Code from the app:") == 2)


def test_passwordless_flow_does_not_repeat_by_itself(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("quinn", "--plain", "--username", "quinn", rows=40)
    program.wait_for("Answer:")
    program.enter("nonsense")
    program.wait_for("Press Enter to sign in, or type /back to change the user name:")
    assert program.requests == ["InitiateAuth", "CUSTOM_CHALLENGE"]
    program.press("enter")
    program.wait_for(lambda p: p.screen_text().count("Answer:") == 2)
    assert program.requests[2:] == ["InitiateAuth"]
