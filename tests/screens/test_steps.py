"""Each step's screen: a wrong input first, then the answer and the name it is sent under."""

from __future__ import annotations

from typing import Any

import pytest

from tests.error_texts import WRONG_CODE, WRONG_CODE_AND_CURE
from tests.pilot import press, until
from tests.screens.conftest import CLIENT, POOL, app_with
from tests.scripted_gateway import Reply, challenge, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.errors import AuthError
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.widgets.countdown import Countdown

DONE = tokens(POOL, CLIENT)
WRONG = error_from_response("CodeMismatchException", "")
DELIVERED = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}}
SIZE = (80, 23)


async def test_totp_code() -> None:
    app = app_with(challenge("SOFTWARE_TOKEN_MFA", FRIENDLY_DEVICE_NAME="laptop"), WRONG, DONE)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "registered as “laptop”" in app.text())
        await press(pilot, *"12345", "enter")
        await until(pilot, lambda: "An authenticator's code has six digits." in app.text())
        assert len(app.gateway.calls) == 1
        await press(pilot, *"111111", "enter")
        await until(pilot, lambda: WRONG_CODE in app.text())
        await press(pilot, *"222 222", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert sent(app)["SOFTWARE_TOKEN_MFA_CODE"].reveal() == "222222"


async def test_totp_setup_rejects_letters_and_accepts_the_code() -> None:
    rejected = error_from_response(
        "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"
    )
    app = app_with(
        challenge("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA","SOFTWARE_TOKEN_MFA"]'),
        {"SecretCode": "ABCD2345" * 6 + "ABCD", "Session": "s2"},
        rejected,
        {"Status": "SUCCESS", "Session": "s3"},
        DONE,
    )
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "ABCD 2345 ABCD 2345" in app.text())
        await press(pilot, *"abc", "enter")
        await until(pilot, lambda: "has six digits" in app.text())
        await press(pilot, *"000000", "enter")
        await until(pilot, lambda: "That code doesn't match" in app.text() or "clock" in app.text())
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert app.gateway.calls[-2][1]["UserCode"].reveal() == "123456"


async def test_mfa_selection_shows_and_sends_an_unknown_method() -> None:
    ask = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","PUSH_MFA"]')
    app = app_with(ask, DONE)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "PUSH_MFA (unknown to this version) 2" in app.text())
        await press(pilot, "7", "x")
        assert app.is_asking
        assert len(app.gateway.calls) == 1
        await press(pilot, "2")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert sent(app)["ANSWER"] == "PUSH_MFA"


async def test_reset_password_with_a_new_code() -> None:
    app = app_with(error_from_response("PasswordResetRequiredException", ""), DELIVERED, WRONG, {}, DONE)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "Reset your password" in app.text())
        await press(pilot, "1")
        await until(pilot, lambda: "code sent by email to a***@e***" in app.text().lower())
        await press(pilot, "enter", *"New-1", "enter", *"New-1", "enter")
        await until(pilot, lambda: "Type the code that was sent to you." in app.text())
        await press(pilot, *"111111", "enter", "enter", "enter")
        await until(pilot, lambda: WRONG_CODE in app.text())
        await press(pilot, *"222222", "enter", "enter", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        operation, parameters = app.gateway.calls[-2]
        assert operation == "ConfirmForgotPassword"
        assert (parameters["ConfirmationCode"].reveal(), parameters["Password"].reveal()) == (
            "222222",
            "New-1",
        )


async def test_sign_in_continues_after_confirm_sign_up() -> None:
    app = app_with(error_from_response("UserNotConfirmedException", ""), DELIVERED, WRONG, {}, DONE)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "isn't confirmed yet" in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Type the code that was sent to you." in app.text())
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: "^r again in" in app.text())
        await press(pilot, *"111111", "enter")
        await until(pilot, lambda: WRONG_CODE in app.text())
        await press(pilot, *"222222", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert app.gateway.operations[-2:] == ["ConfirmSignUp", "InitiateAuth"]


async def test_new_code_can_be_requested_every_30_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[float] = []
    count_down = Countdown.count_down

    def note_count_down(countdown: Countdown, seconds: float, *arguments: Any) -> None:
        counted.append(seconds)
        count_down(countdown, seconds, *arguments)

    monkeypatch.setattr(Countdown, "count_down", note_count_down)
    app = app_with(error_from_response("UserNotConfirmedException", ""), DELIVERED)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "isn't confirmed yet" in app.text())
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: "^r again in" in app.text())
        await press(pilot, "ctrl+r")
        await pilot.pause()
    assert counted == [30]
    assert app.gateway.operations == ["InitiateAuth", "ResendConfirmationCode"]


async def test_unknown_step_shows_its_parameters_and_sends_an_answer() -> None:
    ask = challenge("MOON_PHASE", phase="\x1b[31mfull", weight="[red]1[/red]")
    app = app_with(ask, DONE)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "MOON_PHASE" in app.text())
        assert "␛[31mfull" in app.text()
        assert "[red]1[/red]" in app.text()
        await press(pilot, "enter")
        await until(pilot, lambda: "Type an answer first." in app.text())
        await press(pilot, *"x", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert sent(app)["ANSWER"].reveal() == "x"
        assert app.gateway.calls[-1][1]["ChallengeName"] == "MOON_PHASE"


@pytest.mark.parametrize(("text", "flow"), [("Incorrect username or password.", AuthFlow.CUSTOM_WITHOUT_SRP)])
async def test_failed_custom_challenge_leads_to_sign_in(text: str, flow: AuthFlow) -> None:
    ask = challenge("CUSTOM_CHALLENGE", question="Pet?", USERNAME="ann")
    app = app_with(ask, error_from_response("NotAuthorizedException", text), ask, flow=flow)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: "Pet?" in app.text())
        await press(pilot, *"x", "enter")
        await until(pilot, lambda: "The user pool ended this sign-in." in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Pet?" in app.text())


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"ChallengeName": None},
        {"AuthenticationResult": {}},
        {"AuthenticationResult": {"AccessToken": "x.y.z", "IdToken": "x.y.z"}},
        {"ChallengeName": "SMS_MFA", "ChallengeParameters": None, "Session": 7},
        {"ChallengeName": "SELECT_MFA_TYPE", "ChallengeParameters": {"MFAS_CAN_CHOOSE": "{"}},
        {"ChallengeName": "MFA_SETUP", "ChallengeParameters": {"MFAS_CAN_SETUP": '["SMS_MFA"]'}},
        {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": {"SRP_B": "-5", "SALT": "zz"}},
        {"ChallengeName": "\x1b]52;c;eA==\x07", "ChallengeParameters": {"\x1b[2J": ["a", None]}},
        {"ChallengeName": "CUSTOM_CHALLENGE", "ChallengeParameters": {"x" * 5000: "y" * 100000}},
    ],
)
async def test_invalid_reply_is_reported_and_can_be_retried(reply: Reply) -> None:
    app = app_with(reply, DONE, DONE)
    async with app.run_test(size=SIZE) as pilot:
        first = app.form_screen
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: app.form_screen is not first or (first and first.error))
        assert "\x1b" not in app.text()
        await press(pilot, "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())


def sent(app: Any) -> dict[str, Any]:
    """Return the ChallengeResponses of the last call."""
    responses: dict[str, Any] = app.gateway.calls[-1][1]["ChallengeResponses"]
    return responses


def test_auth_error_is_an_exception_with_two_sentences() -> None:
    error = error_from_response("CodeMismatchException", "")
    assert isinstance(error, AuthError)
    assert str(error) == WRONG_CODE_AND_CURE
