"""Esc and ^R after errors that aren't about the input, such as a lost reply."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.pilot import press, until
from tests.screens.conftest import CLIENT, POOL, PilotedApp, app_with
from tests.scripted_gateway import Reply, challenge, tokens
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import Done
from tui_auth.errors import TRY_AGAIN, AuthError, ErrorKind
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.widgets.text_input import SecretInput

if TYPE_CHECKING:
    from textual.pilot import Pilot


CHOICE = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA"]')
SMS = challenge("SMS_MFA", CODE_DELIVERY_DELIVERY_MEDIUM="SMS", CODE_DELIVERY_DESTINATION="+*******0123")
CLOSED = AuthError(ErrorKind.NETWORK, "Cognito can't be reached.", "Check the network, then try again.")
LOST = AuthError(ErrorKind.NETWORK, "No answer came.", TRY_AGAIN, may_have_arrived=True)
DELIVERED = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}}
BUSY = error_from_response("TooManyRequestsException", "Rate exceeded")


def choosing(*replies: Reply) -> PilotedApp:
    return app_with(CHOICE, SMS, *replies)


async def choose_sms(app: PilotedApp, pilot: Pilot[Any]) -> None:
    await press(pilot, *"hunter2", "enter")
    await until(pilot, lambda: "How do you want to confirm" in app.text())
    await press(pilot, "1")
    await until(pilot, lambda: "Code sent by SMS" in app.text())


async def test_esc_leads_to_sign_in_if_the_choice_is_closed() -> None:
    app = choosing(CLOSED)
    async with app.run_test(size=(80, 23)) as pilot:
        await choose_sms(app, pilot)
        await press(pilot, "escape", "escape")
        await until(pilot, lambda: "Cognito can't be reached." in app.text())
        await press(pilot, "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        assert len(app.gateway.calls) == 3


async def test_esc_during_a_wait_sends_nothing() -> None:
    app = choosing(BUSY)
    async with app.run_test(size=(80, 23)) as pilot:
        await choose_sms(app, pilot)
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "Try again in" in app.text())
        await press(pilot, "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        assert len(app.gateway.calls) == 3


async def test_second_esc_leads_to_the_choice_before() -> None:
    app = choosing(CHOICE)
    async with app.run_test(size=(80, 23)) as pilot:
        await choose_sms(app, pilot)
        await press(pilot, "escape", "escape")
        await until(pilot, lambda: "How do you want to confirm" in app.text())
        assert app.flow.retry_key == "Enter"
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))


async def test_lost_answer_names_the_key_that_retries() -> None:
    app = app_with(SMS, LOST, LOST, SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: "Code sent by SMS" in app.text())
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "Press Enter to try again." in app.text())
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: "Press ^r to try again." in app.text())
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: app.is_asking and "to try again" not in app.text())
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())


async def test_tokens_with_a_wrong_signature_lead_to_sign_in() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))

    class RejectingSaver:
        """A saver that rejects all tokens."""

        def device(self, username: str) -> None:
            return None

        def check_signatures(self, done: object) -> None:
            raise AuthError(ErrorKind.SERVICE, "These tokens are not signed by the pool.")

    app.make_saver = RejectingSaver  # type: ignore[assignment]
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: "Code sent by SMS" in app.text())
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        assert "These tokens are not signed by the pool." in app.text()


async def test_own_account_is_recognized_after_a_lost_answer() -> None:
    exists = error_from_response("UsernameExistsException", "User already exists")
    app = app_with(LOST, exists, error_from_response("UserNotConfirmedException", "User is not confirmed."))
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "ctrl+k")
        await until(pilot, lambda: "Create account" in app.text())
        await press(pilot, "enter", *"Secret-12", "enter", *"Secret-12", "enter", "enter")
        await until(pilot, lambda: "Press Enter to try again." in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Your account isn't confirmed yet." in app.text())


async def test_text_typed_during_a_request_does_not_replace_the_answer() -> None:
    app = app_with(SMS, LOST, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: "Code sent by SMS" in app.text())
        app.gateway.hold()
        await press(pilot, *"123456", "enter", "9", "9")
        app.gateway.release()
        await until(pilot, lambda: "No answer came." in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
    sent = [call["ChallengeResponses"]["SMS_MFA_CODE"].reveal() for _, call in app.gateway.calls[1:3]]
    assert sent == ["123456", "123456"]


async def test_changed_form_is_not_repeated_after_a_lost_answer() -> None:
    app = app_with(LOST)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: "No answer came." in app.text())
        await press(pilot, "shift+tab", "ctrl+u", *"bob", "enter")
        await until(pilot, lambda: app.focused is app.screen.query_one(SecretInput))
        assert app.is_asking, "the other user's password isn't sent automatically"
    assert len(app.gateway.calls) == 1


async def test_named_key_repeats_a_lost_request_for_a_reset_code() -> None:
    app = app_with(error_from_response("PasswordResetRequiredException", ""), LOST, DELIVERED)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: "Reset your password" in app.text())
        await press(pilot, "1")
        await until(pilot, lambda: "Press Enter to try again." in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Code sent by email" in app.text())


async def test_ctrl_c_keeps_tokens_that_have_arrived() -> None:
    app = app_with(tokens(POOL, CLIENT))
    checked = threading.Event()
    app.make_saver = lambda: SlowSaver(checked)  # type: ignore[assignment]
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(
            pilot,
            lambda: app.flow.attempt is not None and isinstance(app.flow.attempt.step, Done),
        )
        await press(pilot, "ctrl+c")
        await until(pilot, lambda: "Cognito has answered" in app.text())
        checked.set()
        await until(pilot, lambda: "Signed in as ann" in app.text())


@pytest.mark.parametrize("fails", [False, True])
async def test_enter_does_not_leave_before_the_session_is_settled(fails: bool) -> None:
    app = app_with(tokens(POOL, CLIENT))
    may_save = threading.Event()

    class SlowStorage(SlowSaver):
        def save_where_configured(self, done: Done, signed_in_as: str) -> None:
            assert may_save.wait(60)
            if fails:
                raise RuntimeError

    checked = threading.Event()
    checked.set()
    app.make_saver = lambda: SlowStorage(checked)  # type: ignore[assignment]
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        await press(pilot, "enter")
        assert app.return_value is None
        may_save.set()
        expected = "had an internal error" if fails else "Where do you want to store this session?"
        await until(pilot, lambda: expected in app.text())
        assert app.return_value is None


class SlowSaver:
    """A saver whose signing keys arrive late."""

    def __init__(self, checked: threading.Event) -> None:
        self._checked = checked

    def device(self, username: str) -> None:
        """Return None: no device is remembered."""

    def check_signatures(self, done: Done) -> None:
        """Wait for the keys."""
        assert self._checked.wait(60)

    def is_checked(self, done: Done) -> bool:
        return True

    def save_where_configured(self, done: Done, signed_in_as: str) -> None:
        """Return None: no storage is configured."""
