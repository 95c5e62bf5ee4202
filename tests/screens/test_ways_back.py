"""Esc and ^r where the network is closed, or nothing that was typed is to blame."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.screens.conftest import CLIENT, POOL, PilotedApp, app_with, until
from tests.scripted_gateway import Reply, challenge, tokens
from tui_auth.auth.errors import TRY_AGAIN, AuthError, ErrorKind
from tui_auth.auth.refusals import refusal
from tui_auth.screens.sign_in import SignInScreen

CHOICE = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA"]')
SMS = challenge("SMS_MFA", CODE_DELIVERY_DELIVERY_MEDIUM="SMS", CODE_DELIVERY_DESTINATION="+*******0123")
CLOSED = AuthError(ErrorKind.NETWORK, "Cognito cannot be reached.", "Check the network, then try again.")
LOST = AuthError(ErrorKind.NETWORK, "No answer came.", TRY_AGAIN, may_have_arrived=True)
BUSY = refusal("TooManyRequestsException", "Rate exceeded")


def choosing(*replies: Reply) -> PilotedApp:
    return app_with(CHOICE, SMS, *replies)


async def choose_sms(app: PilotedApp, pilot: Pilot[Any]) -> None:
    await pilot.press(*"hunter2", "enter")
    await until(pilot, lambda: "How do you want to confirm" in app.text())
    await pilot.press("1")
    await until(pilot, lambda: "Code sent by SMS" in app.text())


async def test_esc_leads_to_sign_in_where_the_way_to_the_choice_is_closed() -> None:
    app = choosing(CLOSED)
    async with app.run_test(size=(80, 23)) as pilot:
        await choose_sms(app, pilot)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: "Cognito cannot be reached." in app.text())
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        assert len(app.gateway.calls) == 3


async def test_esc_in_a_wait_asks_nothing_of_cognito() -> None:
    app = choosing(BUSY)
    async with app.run_test(size=(80, 23)) as pilot:
        await choose_sms(app, pilot)
        await pilot.press(*"123456", "enter")
        await until(pilot, lambda: "Try again in" in app.text())
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        assert len(app.gateway.calls) == 3


async def test_esc_after_a_choice_was_left_leads_to_the_one_before() -> None:
    app = choosing(CHOICE)
    async with app.run_test(size=(80, 23)) as pilot:
        await choose_sms(app, pilot)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: "How do you want to confirm" in app.text())
        assert app._asked_by == "Enter"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))


async def test_a_lost_answer_names_the_key_that_asks_again() -> None:
    app = app_with(SMS, LOST, LOST, SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.press(*"hunter2", "enter")
        await until(pilot, lambda: "Code sent by SMS" in app.text())
        await pilot.press(*"123456", "enter")
        await until(pilot, lambda: "Enter tries it again." in app.text())
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "^r tries it again." in app.text())
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "tries it again" not in app.text())
        await pilot.press(*"123456", "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())


async def test_tokens_that_the_pool_did_not_sign_lead_back_to_sign_in() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))

    class Refuses:
        """A keeper that takes no tokens."""

        def device(self, username: str) -> None:
            return None

        def check(self, done: object) -> None:
            raise AuthError(ErrorKind.SERVICE, "These tokens are not signed by the pool.")

    app.keeper = Refuses()  # type: ignore[assignment]
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.press(*"hunter2", "enter")
        await until(pilot, lambda: "Code sent by SMS" in app.text())
        await pilot.press(*"123456", "enter")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        assert "These tokens are not signed by the pool." in app.text()


async def test_an_account_whose_answer_was_lost_is_not_somebody_elses() -> None:
    exists = refusal("UsernameExistsException", "User already exists")
    app = app_with(LOST, exists, refusal("UserNotConfirmedException", "User is not confirmed."))
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.press("ctrl+k")
        await until(pilot, lambda: "Make an account" in app.text())
        await pilot.press("enter", *"Secret-12", "enter", *"Secret-12", "enter", "enter")
        await until(pilot, lambda: "Enter tries it again." in app.text())
        await pilot.press("enter")
        await until(pilot, lambda: "This account is not confirmed yet." in app.text())
