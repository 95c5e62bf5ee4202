"""The Done screen offers to verify an address that isn't verified."""

from __future__ import annotations

from tests.flow.test_verification import SENT, UNVERIFIED, WRONG_CODE, signed_in
from tests.screens.conftest import PilotedApp, app_with, until
from tests.scripted_gateway import Reply
from tui_auth.screens.done import DoneScreen

QUESTION = "ann@example.org isn't verified"


def app_at_done(*replies: Reply, **claims: object) -> PilotedApp:
    return app_with(signed_in(**claims), *replies)


async def test_address_is_verified_after_a_wrong_code() -> None:
    app = app_at_done(SENT, WRONG_CODE, {}, **UNVERIFIED)
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.press(*"hunter2", "enter")
        await until(pilot, lambda: QUESTION in app.text())
        await pilot.press("1")
        await until(pilot, lambda: "Code sent by email to a***@e***" in app.text())
        await pilot.press(*"111111", "enter")
        await until(pilot, lambda: "That code is not right" in app.text())
        await pilot.press(*"123456", "enter")
        await until(pilot, lambda: "Your email address is verified." in app.text())
        assert app.gateway.operations[-2:] == ["VerifyUserAttribute"] * 2


async def test_verification_is_skipped() -> None:
    app = app_at_done(**UNVERIFIED)
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.press(*"hunter2", "enter")
        await until(pilot, lambda: QUESTION in app.text())
        await pilot.press("2")
        await until(pilot, lambda: QUESTION not in app.text())
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
        assert app.gateway.operations == ["InitiateAuth"]


async def test_code_is_skipped_if_it_is_left_empty() -> None:
    app = app_at_done(SENT, **UNVERIFIED)
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.press(*"hunter2", "enter")
        await until(pilot, lambda: QUESTION in app.text())
        await pilot.press("1")
        await until(pilot, lambda: "Code sent by" in app.text())
        await pilot.press("enter")
        await until(pilot, lambda: "Code sent by" not in app.text())
        assert isinstance(app.screen, DoneScreen)
        assert not app.screen.is_asking


async def test_verified_address_is_not_mentioned() -> None:
    app = app_at_done(email="ann@example.org", email_verified=True)
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.press(*"hunter2", "enter")
        await until(pilot, lambda: isinstance(app.screen, DoneScreen) and app.screen.is_settled)
        assert "verified" not in app.text()
