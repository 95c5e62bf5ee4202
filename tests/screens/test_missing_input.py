"""Enter in an empty field that must not stay empty says so, and errors stand under the field they name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pilot import press, until
from tests.screens.conftest import PilotedApp, app_with
from tests.scripted_gateway import challenge
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.flow import messages
from tui_auth.widgets.field import Field

NEW_PASSWORD = challenge(
    "NEW_PASSWORD_REQUIRED", requiredAttributes='["userAttributes.given_name","userAttributes.phone_number"]'
)
PASSWORD = "Correct-9"


def error_under(app: PilotedApp, field_id: str) -> str:
    return app.screen.query_one(f"#{field_id}", Field).error


async def go_to_new_password(pilot: Any, app: PilotedApp) -> None:
    await press(pilot, *"hunter2", "enter")
    await until(pilot, lambda: bool(app.screen.query("#new-password")) and app.is_asking)


async def test_empty_new_password_is_reported_at_once() -> None:
    app = app_with(NEW_PASSWORD)
    async with app.run_test(size=(80, 30)) as pilot:
        await go_to_new_password(pilot, app)
        await press(pilot, "enter")
        await until(pilot, lambda: error_under(app, "new-password") == messages.NEW_PASSWORD_REQUIRED)
        assert app.screen.query_one("#new-password", Field).has_focus_within


async def test_keys_typed_ahead_stay_in_the_next_field() -> None:
    app = app_with(NEW_PASSWORD)
    async with app.run_test(size=(80, 30)) as pilot:
        await go_to_new_password(pilot, app)
        await press(pilot, "enter", "x")
        await until(pilot, lambda: any(field.value == "x" for field in app.screen.query(Field)))


async def test_error_about_a_phone_number_stands_under_it() -> None:
    rejected = error_from_response("InvalidParameterException", "Invalid phone number format.")
    app = app_with(NEW_PASSWORD, rejected)
    async with app.run_test(size=(80, 30)) as pilot:
        await go_to_new_password(pilot, app)
        for text in (PASSWORD, PASSWORD, "Ann", "+15555550123"):
            await press(pilot, *text, "enter")
        await until(pilot, lambda: bool(error_under(app, "attribute-1")))
        assert error_under(app, "attribute-0") == ""
        assert app.screen.query_one("#new-password", Field).value == PASSWORD


async def test_sign_up_without_a_required_attribute_is_not_sent() -> None:
    app = app_with(required_attributes=("given_name",))
    async with app.run_test(size=(80, 30)) as pilot:
        await press(pilot, "ctrl+k")
        await until(pilot, lambda: bool(app.screen.query("#attribute-1")) and app.is_asking)
        app.screen.query_one("#username", Field).input.focus()
        for text in ("zoe", PASSWORD, PASSWORD, "zoe@example.org", ""):
            await press(pilot, *text, "enter")
        await until(pilot, lambda: bool(error_under(app, "attribute-1")))
        assert app.gateway.operations == []


async def test_error_about_an_attribute_that_is_not_on_the_form_adds_its_field() -> None:
    error = error_from_response("InvalidParameterException", "birthdate: The attribute is required")
    app = app_with(error)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "ctrl+k")
        await until(pilot, lambda: bool(app.screen.query("#attribute-0")) and app.is_asking)
        app.screen.query_one("#username", Field).input.focus()
        for text in ("", PASSWORD, PASSWORD, ""):
            await press(pilot, *text, "enter")
        await until(pilot, lambda: bool(app.screen.query("#attribute-1")))
        await until(pilot, lambda: app.screen.query_one("#attribute-1", Field).has_focus_within)
        assert error_under(app, "attribute-1") == messages.format_missing_attribute("birthdate")


async def test_account_without_a_password_is_created_on_the_screen() -> None:
    app = app_with({"UserConfirmed": False, "Session": "s"}, flow=AuthFlow.USER_AUTH)
    async with app.run_test(size=(80, 30)) as pilot:
        await press(pilot, "ctrl+k")
        await until(pilot, lambda: bool(app.screen.query("#attribute-0")) and app.is_asking)
        for text in ("", "", "", "ann@example.org"):
            await press(pilot, *text, "enter")
        await until(pilot, lambda: app.gateway.operations == ["SignUp"])
        assert app.gateway.calls[0][1].get("Password") is None


@pytest.mark.parametrize("kind", [ErrorKind.NETWORK, ErrorKind.CONFIGURATION])
async def test_error_about_no_field_stands_below_the_form(kind: ErrorKind) -> None:
    app = app_with(AuthError(kind, "No answer came."))
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, *"hunter2", "enter")
        await until(pilot, lambda: "No answer came." in app.text())
        assert error_under(app, "password") == ""
        assert app.screen.query_one("#password", Field).has_focus_within


async def test_next_answer_does_not_replace_the_user_name() -> None:
    ask = challenge("CUSTOM_CHALLENGE", question="Pet?", USERNAME="ann")
    rejected = error_from_response("NotAuthorizedException", "Wrong pet.")
    app = app_with(ask, rejected, ask, flow=AuthFlow.CUSTOM_WITHOUT_SRP)
    async with app.run_test(size=(80, 23)) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: "Pet?" in app.text() and app.is_asking)
        await press(pilot, *"rex", "enter")
        await until(pilot, lambda: "Wrong pet." in app.text() and app.is_asking)
        await press(pilot, *"tom")
        assert app.screen.query_one("#username", Field).value == "ann"
        await press(pilot, "enter")
        await until(pilot, lambda: "Pet?" in app.text())
