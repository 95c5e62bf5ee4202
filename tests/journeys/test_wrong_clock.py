"""A wrong local clock: the server's time is used, and the offset is reported if it matters."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import SignIn
from tests.journeys.own_pool import APP_AND_SMS, MakePool
from tests.safe_codes import wrong_code
from tests.terminal.emulator import unwrap
from tui_auth.emulator import CognitoEmulator

OFFSET_SECONDS = 600.0


def wait_for_clock_offset(program: SignIn, seconds: float, direction: str) -> None:
    """Wait until the screen reports the clock offset, within 15 seconds."""
    pattern = re.compile(rf"This computer's clock is (\d+) seconds {direction}")

    def is_close(_: object) -> bool:
        match = pattern.search(unwrap(program.screen_text()))
        return match is not None and abs(int(match[1]) - seconds) <= 15

    program.wait_for(is_close)


def timestamps(server: CognitoEmulator) -> list[float]:
    """Return the timestamps of the password proofs, in seconds since the epoch."""
    texts = [
        call["ChallengeResponses"].get("TIMESTAMP") for _, call in server.calls if "ChallengeName" in call
    ]
    time_format = "%a %b %d %H:%M:%S UTC %Y"
    return [datetime.strptime(text, time_format).replace(tzinfo=UTC).timestamp() for text in texts if text]


@pytest.mark.parametrize(
    ("offset", "direction"), [(OFFSET_SECONDS, "slow"), (-OFFSET_SECONDS, "fast")], ids=["slow", "fast"]
)
def test_wrong_clock_is_explained_and_srp_uses_server_time(
    own_pool: MakePool, offset: float, direction: str
) -> None:
    pool = own_pool(mfa={"MfaConfiguration": "OPTIONAL", **APP_AND_SMS})
    pool.create_user()
    phone = pool.add_authenticator_app()
    pool.server.clock.advance(offset)
    program = pool.sign_in()
    program.log_in()
    program.wait_for("Code from your authenticator app")
    (timestamp,) = timestamps(pool.server)
    assert abs(timestamp - pool.server.clock.now()) < 60
    program.enter(code_by_local_clock(phone, pool.server, offset))
    program.wait_for(WRONG_CODE)
    wait_for_clock_offset(program, abs(offset), direction)
    program.enter(phone.at(int(pool.server.clock.now())))
    program.wait_for("Signed in as ann")


def code_by_local_clock(phone: pyotp.TOTP, server: CognitoEmulator, offset: float) -> str:
    """Return the code of an authenticator that uses the wrong clock."""
    return phone.at(int(server.clock.now() - offset))


def test_failed_srp_proof_reports_the_clock_offset(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    pool.server.clock.advance(OFFSET_SECONDS)
    program = pool.sign_in()
    program.log_in("not-this")
    program.wait_for("Incorrect username or password.")
    wait_for_clock_offset(program, OFFSET_SECONDS, "slow")
    program.enter("Correct-Horse-9!")
    program.wait_for("Signed in as ann")


def test_right_password_with_a_wrong_clock_is_explained(
    own_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = own_pool()
    pool.create_user()
    call_over_http, jumps = CognitoEmulator.call_over_http, [OFFSET_SECONDS]

    def call_with_clock_jump(
        server: CognitoEmulator, service: str, operation: str, params: Any
    ) -> dict[str, Any] | None:
        # The clocks diverge while the proof is being sent, so no earlier reply could show the offset.
        if operation == "RespondToAuthChallenge" and jumps:
            server.clock.advance(jumps.pop())
        return call_over_http(server, service, operation, params)

    monkeypatch.setattr(CognitoEmulator, "call_over_http", call_with_clock_jump)
    program = pool.sign_in()
    program.log_in()
    program.wait_for("Incorrect username or password.")
    wait_for_clock_offset(program, OFFSET_SECONDS, "slow")
    program.enter("Correct-Horse-9!")
    program.wait_for("Signed in as ann")


def test_correct_clock_is_not_mentioned(own_pool: MakePool) -> None:
    pool = own_pool(mfa={"MfaConfiguration": "OPTIONAL", **APP_AND_SMS})
    pool.create_user("ann", phone_number="+4915550001234", phone_number_verified="true")
    user = {"UserPoolId": pool.id, "Username": "ann"}
    preference = {"SMSMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    pool.server.call("AdminSetUserMFAPreference", {**user, **preference})
    program = pool.sign_in()
    program.log_in("not-this")
    program.wait_for("Incorrect username or password.")
    assert "clock" not in program.screen_text()
    pool.server.clock.advance(OFFSET_SECONDS)
    program.enter("Correct-Horse-9!")
    program.wait_for("Code sent by SMS to +")
    program.enter(wrong_code(program.newest_code()))
    program.wait_for(WRONG_CODE)
    assert "clock" not in program.screen_text(), "a sent code does not depend on the clock"


def test_wrong_clock_is_explained_at_line_prompts(own_pool: MakePool) -> None:
    pool = own_pool(mfa={"MfaConfiguration": "OPTIONAL", **APP_AND_SMS})
    pool.create_user()
    phone = pool.add_authenticator_app()
    pool.server.clock.advance(OFFSET_SECONDS)
    program = pool.sign_in("--plain", rows=40)
    program.wait_for("Username:")
    program.enter("ann")
    program.wait_for("Password:")
    program.enter("not-this")
    wait_for_clock_offset(program, OFFSET_SECONDS, "slow")
    program.wait_for(lambda p: p.screen_text().count("Password:") == 2)
    program.enter("Correct-Horse-9!")
    program.wait_for("Code:")
    program.enter(code_by_local_clock(phone, pool.server, OFFSET_SECONDS))
    program.wait_for_text("seconds slow, so its codes are wrong.")
    program.enter(phone.at(int(pool.server.clock.now())))
    program.wait_for("Signed in as ann.")
