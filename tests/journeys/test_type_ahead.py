"""Keys typed faster than a screen changes reach the right field or none."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import StartSignIn
from tests.steps.screen_reading import number_key_for


def test_type_ahead_signs_in_without_showing_the_password(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann")
    program.wait_for("Username")
    program.send(f"ann\r{program.user.password}\r")
    program.wait_for("Signed in as ann")
    assert program.user.password.encode() not in program.received


def test_keys_typed_after_enter_reach_no_field(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam")
    program.wait_for("Username")
    program.send(f"sam\r{program.user.password}\r999999\r")
    program.wait_for("Code sent by SMS to +")
    program.wait_for("┃   ┃ │   │")
    program.send(f"{program.newest_code()}\r78")
    program.wait_for("Signed in as sam")
    responses = [call for operation, call in program.server.calls if operation == "RespondToAuthChallenge"]
    assert responses[-1]["ChallengeResponses"]["SMS_MFA_CODE"] == program.newest_code()


@pytest.mark.parametrize("keys", ["{number}\r", "{down}\r"])
def test_enter_does_not_overtake_the_selection_before_it(sign_in_as: StartSignIn, keys: str) -> None:
    program = sign_in_as("mia")
    program.log_in()
    program.wait_for("How do you want to confirm that it's you?")
    is_sms_second = number_key_for(program, "Code by SMS") == "2"
    program.send(keys.format(number="2", down="\x1b[B"))
    next_text = "Code sent by SMS" if is_sms_second else "Code from your authenticator app"
    program.wait_for(next_text)
    assert program.codes_sent() == (1 if is_sms_second else 0)


def test_editing_key_before_fast_typing_deletes_nothing(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann")
    program.wait_for("Username")
    program.send("ann\rwrong")
    program.wait_for("•••••")
    program.press("ctrl+u")
    program.send(f"{program.user.password}\r")
    program.wait_for("Signed in as ann")


@pytest.mark.parametrize(("key", "shows"), [("\x06", "Reset your password"), ("\x0b", "Create account")])
def test_key_after_a_name_applies_to_the_whole_name(sign_in_as: StartSignIn, key: str, shows: str) -> None:
    program = sign_in_as("ann")
    program.wait_for("Username")
    program.send(f"alexandra{key}")
    program.wait_for(shows)
    program.wait_for("alexandra")
