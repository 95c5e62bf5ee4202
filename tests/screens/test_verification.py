"""The Done screen offers to verify an address that isn't verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flow.test_verification import SENT, UNVERIFIED, WRONG_CODE, signed_in
from tests.pilot import _key_event, press, settle, until
from tests.screens.conftest import PilotedApp, app_with
from tests.scripted_gateway import Reply
from tui_auth.screens.done import DoneScreen, StorageSelected
from tui_auth.secret import Secret
from tui_auth.session.persistence import SIGNATURES_UNCHECKED
from tui_auth.storage.stores import StorageKind
from tui_auth.widgets.field import Choice

if TYPE_CHECKING:
    from textual.message import Message
    from textual.pilot import Pilot

    from tui_auth.auth.next_step import DeliveryDetails
    from tui_auth.flow.interface import ErrorMessage

QUESTION = "ann@example.org isn't verified"


def app_at_done(*replies: Reply, **claims: object) -> PilotedApp:
    return app_with(signed_in(**claims), *replies)


async def test_address_is_verified_after_a_wrong_code() -> None:
    app = app_at_done(SENT, WRONG_CODE, {}, **UNVERIFIED)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: QUESTION in app.text())
        await press(pilot, "2")
        await until(pilot, lambda: "Code sent by email to a***@e***" in app.text())
        await press(pilot, *"111111", "enter")
        await until(pilot, lambda: WRONG_CODE.message in app.text())
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: "Your email address is verified." in app.text())
        assert app.gateway.operations[-2:] == ["VerifyUserAttribute"] * 2


async def test_verification_is_skipped() -> None:
    app = app_at_done(**UNVERIFIED)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: QUESTION in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: QUESTION not in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: not app.is_running)
        assert app.gateway.operations == ["InitiateAuth"]


async def test_code_is_skipped_if_it_is_left_empty() -> None:
    app = app_at_done(SENT, **UNVERIFIED)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: QUESTION in app.text())
        await press(pilot, "2")
        await until(pilot, lambda: "Code sent by" in app.text())
        await press(pilot, "enter")
        await until(pilot, lambda: "Code sent by" not in app.text())
        assert isinstance(app.screen, DoneScreen)
        assert not app.screen.is_asking


async def test_verified_address_is_not_mentioned() -> None:
    app = app_at_done(email="ann@example.org", email_verified=True)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: isinstance(app.screen, DoneScreen) and app.screen.is_settled)
        assert "verified" not in app.text()


async def settled_done(pilot: Pilot[Any]) -> DoneScreen:
    """Sign in and return the screen of the result."""
    app: Any = pilot.app
    await press(pilot, *"hunter2", "enter")
    await until(pilot, lambda: isinstance(app.screen, DoneScreen) and app.screen.is_settled)
    screen = app.screen
    assert isinstance(screen, DoneScreen)
    return screen


def record_messages(screen: DoneScreen, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Return a list that gets the messages of the screen."""
    messages: list[Message] = []
    post_message = screen.post_message

    def record(message: Message) -> bool:
        messages.append(message)
        return post_message(message)

    monkeypatch.setattr(screen, "post_message", record)
    return messages


def press_before_the_next_refresh(pilot: Pilot[Any], *keys: str) -> None:
    """Give keys to the terminal's driver while nothing else can run."""
    driver = pilot.app._driver
    assert driver is not None
    for key in keys:
        driver.process_message(_key_event(key))


async def test_keys_that_come_with_the_list_count_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_at_done()
    async with app.run_test(size=(80, 23)) as pilot:
        screen = await settled_done(pilot)
        messages = record_messages(screen, monkeypatch)
        screen.ask_for_storage((StorageKind.SESSION, StorageKind.FILE, StorageKind.NONE))
        assert isinstance(screen.focused, Choice), "at once, not after the next refresh"
        press_before_the_next_refresh(pilot, "down", "enter")
        await settle(pilot)
        selected = [message.kind for message in messages if isinstance(message, StorageSelected)]
        assert selected == [StorageKind.FILE]


async def test_code_that_comes_with_its_field_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_at_done(SENT, {}, **UNVERIFIED)
    async with app.run_test(size=(80, 23)) as pilot:
        screen = await settled_done(pilot)
        ask_for_contact_code = screen.ask_for_contact_code

        def ask_and_type(details: DeliveryDetails, error: ErrorMessage | None) -> None:
            ask_for_contact_code(details, error)
            press_before_the_next_refresh(pilot, *"123456", "enter")

        monkeypatch.setattr(screen, "ask_for_contact_code", ask_and_type)
        await press(pilot, "2")
        await until(pilot, lambda: "Your email address is verified." in app.text())
        assert app.gateway.calls[-1][1]["Code"] == Secret("123456")


async def test_headline_stays_above_a_notice_and_a_long_path() -> None:
    app = app_at_done(email="ann@example.org", email_verified=True)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled_done(pilot)
        screen.notice = SIGNATURES_UNCHECKED
        path = "/home/ann/.local/state/tui-auth/sessions/" + "0123456789abcdef" * 4 + ".json"
        screen.show_storage(path, problem="")
        await settle(pilot)
        assert "✓ Signed in as ann" in app.text()
        assert SIGNATURES_UNCHECKED in app.text()
