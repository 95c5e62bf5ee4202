"""Requests and replies: sent once, and shown on their screen even if another covers it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

from tests.error_texts import WRONG_CODE
from tests.pilot import press, screen_rows, settle, type_text, until
from tests.screens.conftest import CLIENT, POOL, PilotedApp, app_with
from tests.scripted_gateway import challenge, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import NEXT_STEPS, ConfirmSignUp, Done
from tui_auth.config.settings import PasswordPolicy
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.flow.sign_in_flow import PendingRequest, collapse
from tui_auth.screens.codes import SMSCodeScreen
from tui_auth.screens.done import DoneScreen
from tui_auth.screens.help import HelpScreen
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.sign_in_presenter import REQUESTS
from tui_auth.screens.sign_in_root import SignInRoot
from tui_auth.screens.steps import SCREENS
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.text_input import SecretInput

SMS = challenge("SMS_MFA", CODE_DELIVERY_DELIVERY_MEDIUM="SMS", CODE_DELIVERY_DESTINATION="+*******0123")
EXPIRED = error_from_response("NotAuthorizedException", "Invalid session for the user, session is expired.")


async def submit_password(pilot: Pilot[Any]) -> PilotedApp:
    app = pilot.app
    assert isinstance(app, PilotedApp)
    await press(pilot, *"hunter2", "enter")
    return app


async def at_sms(pilot: Pilot[Any]) -> PilotedApp:
    app = await submit_password(pilot)
    await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen) and app.screen.is_mounted)
    return app


async def cancel_at_sms(pilot: Pilot[Any]) -> PilotedApp:
    """Submit a code, hold the reply back, and press ^C."""
    app = await at_sms(pilot)
    app.gateway.hold()
    await press(pilot, *"123456", "enter")
    await until(pilot, lambda: len(app.gateway.calls) == 2)
    await press(pilot, "ctrl+c")
    await until(pilot, lambda: "may or may not have arrived" in app.text())
    return app


def test_every_step_has_a_screen() -> None:
    assert set(SCREENS) == set(NEXT_STEPS)


async def test_enter_pressed_three_times_submits_once() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        app.gateway.hold()
        await press(pilot, *"123456", "enter", "enter", "enter")
        await until(pilot, lambda: len(app.gateway.calls) == 2)
        app.gateway.release()
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert app.gateway.operations == ["InitiateAuth", "RespondToAuthChallenge"]


async def test_reply_is_shown_while_help_is_open() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        app.gateway.hold()
        await press(pilot, *"123456", "enter", "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        app.gateway.release()
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert [type(screen) for screen in app.screen_stack] == [SignInRoot, DoneScreen]


async def test_reply_is_shown_while_the_palette_is_open() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        app.gateway.hold()
        await press(pilot, *"123456", "enter", "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        app.gateway.release()
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert [type(screen) for screen in app.screen_stack] == [SignInRoot, DoneScreen]


async def test_error_is_shown_after_help_is_closed() -> None:
    app = app_with(SMS, error_from_response("CodeMismatchException", ""))
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        app.gateway.hold()
        await press(pilot, *"123456", "enter", "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        app.gateway.release()
        form = app.form_screen
        await until(pilot, lambda: form and form.error)
        await press(pilot, "escape")
        await until(pilot, lambda: WRONG_CODE in app.text())


async def test_late_reply_changes_no_screen() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT), SMS)
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        app.gateway.hold()
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: len(app.gateway.calls) == 2)
        late = app.gateway.threads[1]
        await press(pilot, "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        app.gateway.release()
        await until(pilot, lambda: not late.is_alive())
        await settle(pilot)
        assert isinstance(app.screen, SignInScreen)
        assert not isinstance(app.next_step, Done)
        await submit_password(pilot)
        await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen))


async def test_canceled_request_leaves_no_worker() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await cancel_at_sms(pilot)
        assert not [worker for worker in app.workers if worker.group == REQUESTS and not worker.is_finished]
        app.gateway.release()


async def test_late_thread_does_not_advance_the_attempt() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await cancel_at_sms(pilot)
        step = app.next_step
        late = app.gateway.threads[1]
        app.gateway.release()
        await until(pilot, lambda: not late.is_alive())
        await settle(pilot)
        assert app.flow.attempt
        assert app.flow.attempt.step is step


@pytest.mark.parametrize("outcome", ["reply", "error", "internal error"])
async def test_reply_for_another_attempt_is_ignored(outcome: str) -> None:
    def call(attempt: Attempt) -> ConfirmSignUp:
        if outcome == "error":
            raise EXPIRED
        if outcome == "internal error":
            raise RuntimeError
        return ConfirmSignUp()

    app = app_with(SMS)
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        shown, step = app.text(), app.next_step
        assert isinstance(app.screen, SMSCodeScreen)
        request = PendingRequest(call, app.auth.attempt(), breadcrumbs=(), is_restart=False)
        await app.presenter._send_request(app.screen, request)
        await settle(pilot)
        assert (app.text(), app.next_step) == (shown, step)


async def test_ctrl_c_cancels_first_and_quits_second() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await cancel_at_sms(pilot)
        assert app.is_running
        await press(pilot, "ctrl+c")
        app.gateway.release()
    assert app.return_code == 130


async def test_groups_without_room_are_counted() -> None:
    groups = [f"g{number}" for number in range(15)]
    app = app_with(tokens(POOL, CLIENT, **{"cognito:groups": groups}))
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_password(pilot)
        await until(pilot, lambda: "g11, and 3 more" in app.text())


async def test_repeated_challenge_is_a_new_step() -> None:
    ask = challenge("CUSTOM_CHALLENGE", question="Pet?", USERNAME="ann")
    app = app_with(ask, ask, tokens(POOL, CLIENT), flow=AuthFlow.CUSTOM_WITHOUT_SRP)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: "Pet?" in app.text())
        await press(pilot, *"rex", "enter")
        await until(pilot, lambda: "Second attempt" in app.text())
        assert not app.screen.query_one(SecretInput).secret
        await press(pilot, *"rex", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())


@pytest.mark.parametrize(
    ("breadcrumbs", "merged"),
    [
        ((), ()),
        (("code",), ("code",)),
        (("code", "code"), ("code ×2",)),
        (("question", "question", "question", "code"), ("question ×3", "code")),
        (("code", "question", "code"), ("code", "question", "code")),
    ],
)
def test_repeated_breadcrumbs_are_merged(breadcrumbs: tuple[str, ...], merged: tuple[str, ...]) -> None:
    assert collapse(breadcrumbs) == merged


async def test_question_that_is_asked_again_is_not_completed_twice() -> None:
    ask = challenge("CUSTOM_CHALLENGE", question="Pet?", USERNAME="ann")
    app = app_with(ask, ask, SMS, flow=AuthFlow.CUSTOM_WITHOUT_SRP)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: "Pet?" in app.text())
        await press(pilot, "x", "enter")
        await until(pilot, lambda: "Second attempt" in app.text())
        await press(pilot, "x", "enter")
        await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen) and app.screen.is_mounted)
        assert "question ✓" in app.text()
        assert "×" not in app.text()


async def test_expired_session_offers_a_restart_before_sending() -> None:
    app = app_with(SMS, EXPIRED, SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "This code has expired. Press Enter to get a new one." in app.text())
        assert "Send a new code  ↵" in "".join(screen_rows(app))
        assert "↵ Send a new code" in screen_rows(app)[-1]
        assert not app.screen.query_one(CodeInput).value
        assert app.gateway.operations.count("InitiateAuth") == 1
        await press(pilot, "enter")
        await until(pilot, lambda: app.gateway.operations.count("InitiateAuth") == 2)
        await until(pilot, lambda: app.is_asking and "has expired" not in app.text())
        await press(pilot, *"654321", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())


async def test_new_password_input_survives_a_restart() -> None:
    ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes='["userAttributes.name"]')
    app = app_with(ask, EXPIRED, ask, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_password(pilot)
        await until(pilot, lambda: "Choose a new password" in app.text())
        await press(pilot, *"Secret-12", "enter", *"Secret-12", "enter", *"Ann", "enter")
        await until(pilot, lambda: "Press Enter to start it again." in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: len(app.gateway.calls) == 3)
        await until(pilot, lambda: app.is_asking and "Press Enter to start it again." not in app.text())
        await until(pilot, lambda: "Ann" in app.text())
        await press(pilot, "enter", "enter", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        sent = app.gateway.calls[-1][1]["ChallengeResponses"]
        assert sent["NEW_PASSWORD"].reveal() == "Secret-12"
        assert sent["userAttributes.name"] == "Ann"


async def test_possible_expiry_is_shown_without_a_request() -> None:
    app = app_with(SMS, session_seconds=0.05)
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        await until(pilot, lambda: "may have expired" in app.text())
        assert app.gateway.operations == ["InitiateAuth"]


async def test_network_error_is_shown_and_enter_retries() -> None:
    lost = AuthError(
        ErrorKind.NETWORK,
        "Cognito didn't reply. Your request may or may not have arrived.",
        "Press Enter to try again.",
        may_have_arrived=True,
    )
    app = app_with(SMS, lost, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "may or may not have arrived" in app.text())
        assert "1 2 3 4 5 6" in app.text()
        await press(pilot, "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())


async def test_internal_error_is_not_shown_as_a_rejection() -> None:
    app = app_with(SMS, KeyError("hunter2"), tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "tui-auth had an internal error" in app.text())
        assert "hunter2" not in app.text()
        await press(pilot, "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())


async def test_retry_repeats_only_the_failed_call() -> None:
    lost = AuthError(ErrorKind.NETWORK, "No answer came.", may_have_arrived=True)
    app = app_with(
        challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]'),
        {"SecretCode": "ABCD2345" * 6 + "ABCD", "Session": "s2"},
        {"Status": "SUCCESS", "Session": "s3"},
        lost,
        tokens(POOL, CLIENT),
    )
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_password(pilot)
        await until(pilot, lambda: "2 Type the code" in app.text())
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "No answer came." in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert app.gateway.operations[1:] == [
            "AssociateSoftwareToken",
            "VerifySoftwareToken",
            "RespondToAuthChallenge",
            "RespondToAuthChallenge",
        ]
        sessions = [call[1]["Session"].reveal() for call in app.gateway.calls[1:]]
        assert sessions == ["s", "s2", "s3", "s3"]


async def test_lockout_shows_a_wait_and_sends_nothing() -> None:
    locked = error_from_response("NotAuthorizedException", "Password attempts exceeded")
    app = app_with(locked, SMS)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_password(pilot)
        await until(pilot, lambda: "Try again in" in app.text())
        await press(pilot, "enter")
        assert app.is_asking
        assert app.gateway.operations == ["InitiateAuth"]


async def test_palette_has_no_command_that_saves_the_screen_or_quits() -> None:
    app = app_with()
    async with app.run_test(size=(80, 23)):
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert titles == {"Theme", "Help", "Call trace"}


async def test_every_theme_can_be_chosen_in_the_palette() -> None:
    app = app_with()
    async with app.run_test(size=(80, 23)) as pilot:
        app.action_change_theme()
        await until(pilot, lambda: "Search for themes" in app.text())
        for name in app.available_themes:
            app.theme = name
            app.refresh_css()
            await settle(pilot)
            assert app._exception is None, name


async def test_help_lists_the_keys_of_the_app() -> None:
    app = app_with()
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "ctrl+g")
        await until(pilot, lambda: "^p Commands" in app.text())
        assert "^c Stop waiting, or quit" in app.text()
        assert "^q Quit" in app.text()


async def test_lost_reply_to_a_new_password_is_not_reported_as_wrong() -> None:
    ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes="[]")
    lost = AuthError(ErrorKind.NETWORK, "No answer came.", may_have_arrived=True)
    app = app_with(ask, lost, EXPIRED, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_password(pilot)
        await until(pilot, lambda: "Choose a new password" in app.text())
        await press(pilot, *"Secret-12", "enter", *"Secret-12", "enter")
        await until(pilot, lambda: "No answer came." in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Press Enter to start it again." in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        sent = app.gateway.calls[-1][1]["AuthParameters"]["PASSWORD"]
        assert sent.reveal() == "Secret-12", "the password that may already be set is tried first"


async def test_sign_in_reports_that_the_new_password_may_be_set() -> None:
    ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes="[]")
    lost = AuthError(ErrorKind.NETWORK, "No answer came.", may_have_arrived=True)
    app = app_with(ask, lost)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_password(pilot)
        await until(pilot, lambda: "Choose a new password" in app.text())
        await press(pilot, *"Secret-12", "enter", *"Secret-12", "enter")
        await until(pilot, lambda: "No answer came." in app.text())
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        await until(
            pilot, lambda: "The new password may be in effect already. Try to sign in with it." in app.text()
        )
        assert "Stopped waiting" not in app.text()


async def test_wait_continues_after_a_restart() -> None:
    app = app_with(SMS, EXPIRED, error_from_response("TooManyRequestsException", ""))
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "Press Enter to get a new one." in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Try again in" in app.text())
        await press(pilot, "enter", "enter")
        assert app.is_asking
        assert app.gateway.operations.count("InitiateAuth") == 2


async def test_worker_descriptions_contain_no_secret() -> None:
    app = app_with(SMS)
    async with app.run_test(size=(80, 23)) as pilot:
        app.gateway.hold()
        await submit_password(pilot)
        await until(pilot, lambda: app.gateway.calls)
        assert app.workers
        assert not [worker for worker in app.workers if "hunter2" in f"{worker.description}{worker!r}"]
        app.gateway.release()


async def test_password_checklist_updates_while_typing() -> None:
    policy = PasswordPolicy(min_length=8, require_numbers=True)
    app = app_with(challenge("NEW_PASSWORD_REQUIRED", requiredAttributes="[]"), password_policy=policy)
    async with app.run_test(size=(80, 23)) as pilot:
        await submit_password(pilot)
        await until(pilot, lambda: "· at least 8 characters" in app.text())
        await type_text(pilot, "abcdefgh")
        await until(pilot, lambda: "✓ at least 8 characters" in app.text())
        assert "· a digit" in app.text()
        await press(pilot, "1")
        await until(pilot, lambda: "✓ a digit" in app.text())
