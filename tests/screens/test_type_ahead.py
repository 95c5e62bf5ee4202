"""Keys typed ahead of a screen change are all delivered to the next screen, or all dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual import events

from tests.pilot import burst_time, press
from tests.screens.conftest import CLIENT, POOL, PilotedApp, app_with, until
from tests.scripted_gateway import challenge, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.screens.codes import SMSCodeScreen
from tui_auth.screens.sign_up import SignUpScreen
from tui_auth.terminal import full_screen
from tui_auth.terminal.full_screen import PAUSE_SECONDS, TypeAhead
from tui_auth.widgets.field import Field

if TYPE_CHECKING:
    from textual.pilot import Pilot

SMS = challenge("SMS_MFA", CODE_DELIVERY_DELIVERY_MEDIUM="SMS", CODE_DELIVERY_DESTINATION="+*******0123")
NAMES = {"\x15": "ctrl+u", "\r": "enter", "\x1b": "escape", "\x0b": "ctrl+k"}


def type_in_one_go(app: PilotedApp, text: str, *, at: float | None = None) -> None:
    """Post the keys of ``text`` as the input thread does, without waiting for any of them.

    ``at`` is the time they were typed, in seconds on the clock of Textual's events.
    """
    typed_at = burst_time() if at is None else at
    for character in text:
        event = events.Key(NAMES.get(character, character), character)
        event.set_sender(app)
        event.time = typed_at
        app.post_message(event)


def running(pilot: Pilot[Any]) -> PilotedApp:
    app = pilot.app
    assert isinstance(app, PilotedApp)
    return app


async def signed_in(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: "Signed in as" in running(pilot).text())


async def type_during_a_request(pilot: Pilot[Any], request: str, text: str) -> float:
    """Send a request by the keys of ``request``, type ``text``, and let Cognito answer.

    Returns the time the text was typed, for keys of the same burst.
    """
    app = running(pilot)
    calls = len(app.gateway.calls)
    app.gateway.hold()
    type_in_one_go(app, request)
    await until(pilot, lambda: len(app.gateway.calls) == calls + 1)
    typed_at = burst_time()
    type_in_one_go(app, text, at=typed_at)
    await until(pilot, lambda: app.message_queue_size == 0)
    app.gateway.release()
    await until(pilot, lambda: app.is_asking and not app.type_ahead.is_holding)
    return typed_at


async def at_sms(pilot: Pilot[Any]) -> PilotedApp:
    app = running(pilot)
    type_in_one_go(app, "hunter2\r")
    await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen) and app.screen.is_mounted)
    await until(pilot, lambda: not app.type_ahead.is_holding)
    return app


async def test_keys_behind_escape_go_to_the_screen_that_escape_opens() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        # Two times Esc: the first one only warns that a code was sent.
        type_in_one_go(app, "\x1b\x1bnew-password\r")
        await signed_in(pilot)
        assert app.gateway.operations == ["InitiateAuth", "InitiateAuth"]
        _, parameters = app.gateway.calls[-1]
        assert parameters["AuthParameters"]["PASSWORD"].reveal() == "new-password"


async def test_name_typed_behind_escape_replaces_the_old_name() -> None:
    app = app_with(SMS, tokens(POOL, CLIENT), flow=AuthFlow.USER_AUTH)
    async with app.run_test(size=(80, 23)) as pilot:
        type_in_one_go(app, "\r")
        await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen) and app.screen.is_mounted)
        type_in_one_go(app, "\x1b\x1b\x15kay\r")
        await signed_in(pilot)
        _, parameters = app.gateway.calls[-1]
        assert parameters["AuthParameters"]["USERNAME"] == "kay"


async def test_keys_behind_sign_up_fill_in_the_sign_up_form() -> None:
    app = app_with()
    async with app.run_test(size=(80, 23)) as pilot:
        type_in_one_go(app, "\x0b\x15zoe\rBrand-New-7!\r")
        await until(pilot, lambda: isinstance(app.screen, SignUpScreen) and not app.type_ahead.is_holding)
        values = [field.value for field in app.screen.query(Field)]
        assert values[:3] == ["zoe", "Brand-New-7!", ""]


async def test_field_added_by_an_error_gets_the_keys_typed_with_it() -> None:
    needed = "Attributes did not conform to the schema: name: The attribute is required"
    app = app_with(error_from_response("InvalidParameterException", needed))
    async with app.run_test(size=(80, 23)) as pilot:
        type_in_one_go(app, "\x0b")
        await until(pilot, lambda: isinstance(app.screen, SignUpScreen) and app.screen.is_mounted)
        screen = app.screen
        type_in_one_go(app, "zoe\rBrand-New-7!\rBrand-New-7!\rzoe@example.org\r")

        def type_name_with_the_error(error: object) -> None:
            if error:
                type_in_one_go(app, "Zoe")

        screen.watch(screen, "error", type_name_with_the_error, init=False)
        await until(pilot, lambda: screen.query(Field).last().label == "Full name")
        await until(pilot, lambda: screen.query(Field).last().value == "Zoe")


@pytest.mark.parametrize("gap", [0.0, PAUSE_SECONDS / 2])
async def test_rest_of_a_line_typed_during_a_request_is_dropped(gap: float) -> None:
    app = app_with(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=(80, 23)) as pilot:
        at = await type_during_a_request(pilot, "hunter2\r", "123")
        type_in_one_go(app, "456\r", at=at + gap)
        type_in_one_go(app, "654321", at=burst_time())
        await until(
            pilot, lambda: not app.message_queue_size and app.screen.query_one(Field).value == "654321"
        )
        assert app.gateway.operations == ["InitiateAuth"]


async def test_closing_widget_does_not_hold_keys_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_screen, "HOLD_LIMIT_SECONDS", 3600.0)
    app = app_with(SMS)
    async with app.run_test(size=(80, 23)) as pilot:
        await at_sms(pilot)
        type_in_one_go(app, "\x1b")
        await until(pilot, lambda: not app.type_ahead.is_holding)
        # A closing widget never runs its pending callbacks.
        monkeypatch.setattr(app.screen.query_one(Field).input, "call_after_refresh", lambda *_: True)
        type_in_one_go(app, "\x1bagain")
        await until(pilot, lambda: app.screen.query(Field).last().value == "again")


async def test_error_while_keys_are_held_releases_them(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr(TypeAhead, "_process_pending", fail)
    app = app_with()
    async with app.run_test(size=(80, 23)) as pilot:
        type_in_one_go(app, "\x15password")
        await until(pilot, lambda: app.screen.query(Field).last().value == "password")


async def test_password_typed_behind_an_empty_user_name_is_not_shown() -> None:
    app = app_with()
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "shift+tab", "ctrl+u")
        type_in_one_go(app, "\rS3cretPassw0rd\r")
        await until(pilot, lambda: "Type your user name." in app.text())
        assert "S3cretPassw0rd" not in app.text()


async def test_dropped_line_ends_with_its_enter() -> None:
    app = app_with(SMS)
    async with app.run_test(size=(80, 23)) as pilot:
        at = await type_during_a_request(pilot, "hunter2\r", "999999\r")
        type_in_one_go(app, "654321", at=at)
        await until(pilot, lambda: app.screen.query_one(Field).value == "654321")


async def test_no_key_of_a_dropped_line_acts() -> None:
    app = app_with(error_from_response("NotAuthorizedException", "Incorrect username or password."))
    async with app.run_test(size=(80, 23)) as pilot:
        at = await type_during_a_request(pilot, "hunter2\r", "ka")
        type_in_one_go(app, "y\x0b", at=at)
        await until(pilot, lambda: app.message_queue_size == 0)
        assert app.is_asking
        assert not isinstance(app.screen, SignUpScreen)


async def test_text_typed_while_a_choice_is_sent_is_dropped() -> None:
    choice = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA"]')
    app = app_with(choice, SMS)
    async with app.run_test(size=(80, 23)) as pilot:
        type_in_one_go(app, "hunter2\r")
        await until(pilot, lambda: "How do you want to confirm that it's you?" in app.text())
        at = await type_during_a_request(pilot, "1", "123")
        type_in_one_go(app, "456\r", at=at)
        await until(pilot, lambda: app.is_asking)
        assert app.screen.query_one(Field).value == ""


async def test_held_keys_are_discarded_when_the_app_ends() -> None:
    app = app_with()
    async with app.run_test(size=(80, 23)) as pilot:
        await until(pilot, lambda: app.is_asking)
        app.type_ahead.hold()
        assert not app.type_ahead.should_deliver(events.Key("p", "p"), is_busy=False)
        leave = events.Key("ctrl+q", None)
        assert app.type_ahead.should_deliver(leave, is_busy=False), "quitting needs no wait"
        app.type_ahead.should_deliver(events.Key("p", "p"), is_busy=False)
        app.exit()
        assert not app.type_ahead._held
