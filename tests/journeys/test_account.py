"""The account of a signed-in user in the real program, on the full screen and at line prompts."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest

from tests.journeys.conftest import SignIn
from tests.journeys.own_pool import APP_AND_SMS, MakePool, OwnPool
from tests.terminal.emulator import unwrap
from tui_auth.emulator.demo_users import PASSWORD, DemoUser

SETTINGS: dict[str, Any] = {
    "mfa": {"MfaConfiguration": "OPTIONAL", **APP_AND_SMS},
    "AutoVerifiedAttributes": ["email"],
}


def start(pool: OwnPool, *arguments: str) -> SignIn:
    """Start the program in a terminal."""
    program = SignIn(
        ["-m", "tui_auth", *arguments, "--profile", "own"],
        home=pool.home,
        rows=200 if "--plain" in arguments else 30,
    )
    program.server = pool.server
    program.user = DemoUser("", "ann", PASSWORD, "", "", None, pool.id, pool.client_id, "USER_SRP_AUTH")
    return pool._exit_stack.enter_context(program)


@pytest.fixture
def pool(own_pool: MakePool) -> OwnPool:
    """A pool that tracks sessions, to which ann is signed in here and once elsewhere."""
    pool = own_pool(**SETTINGS)
    pool.server.call(
        "SetUserPoolSessionConfiguration",
        {"UserPoolId": pool.id, "UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 20}},
    )
    pool.create_user("ann", email="ann@example.com", email_verified="true")
    pool.access_token()
    pool.write_profile()
    program = start(pool, "sign-in", "--plain", "--storage", "file", "--username", "ann")
    program.wait_for("Password:")
    program.enter(PASSWORD)
    program.wait_for("run `tui-auth account`")
    assert program.wait_exit() == 0
    return pool


def ann(pool: OwnPool) -> Any:
    return pool.server.state.pools[pool.id].users["ann"]


def app_code(pool: OwnPool) -> str:
    """Return the code of the newest key."""
    return pyotp.TOTP(str(ann(pool).pending_secret)).at(int(pool.server.clock.now()))


def test_account_is_changed_and_deleted_on_the_full_screen(pool: OwnPool) -> None:
    program = start(pool, "account")
    program.wait_for("2 active, 1 of them elsewhere")

    program.send("1")  # another email address, verified
    program.wait_for("Change it")
    program.send("2")
    program.wait_for("Change: Email")
    program.press("ctrl+u")
    program.enter("new@example.com")
    program.wait_for("Enter the code")
    program.enter(program.newest_code())
    program.wait_for("Your email address is verified.")
    program.wait_for("new@example.com")
    assert ann(pool).attributes["email_verified"] == "true"

    for label, notice in (("Set up an app", "The app is set up."), ("Set up a new app", "Remove the old")):
        program.send("5")  # an authenticator app, then another in its place
        program.wait_for("off, " if label == "Set up an app" else "preferred")
        program.send("1")
        program.wait_for(label)
        program.send("2")
        program.wait_for("New authenticator app" if "new" in label else "Set up your authenticator app")
        program.enter(app_code(pool))
        program.wait_for_text(notice)
        program.press("esc")
        program.wait_for("Your account")

    program.send("7")  # the other session
    program.wait_for_text("x ends the chosen one, a ends all others.")
    program.send("a")
    program.wait_for("End all other sessions")
    program.send("2")
    program.wait_for("Ended 1 session.")
    program.press("esc")
    program.wait_for("1 active")

    program.send("9")  # everything
    program.wait_for("Delete your account")
    program.enter("bob")
    program.wait_for("That isn't your user name.")
    program.press("ctrl+u")
    program.enter("ann")
    assert program.wait_exit() == 0
    assert "Your account is deleted." in unwrap(program.screen_text())
    assert "ann" not in pool.server.state.pools[pool.id].users
    again = start(pool, "account")
    assert again.wait_exit() == 4


def test_account_is_changed_and_deleted_at_line_prompts(pool: OwnPool) -> None:
    program = start(pool, "account", "--plain")

    def choose(*numbers: str) -> None:
        for number in numbers:
            program.answer("Number:", number)

    choose("1", "2")  # another email address, verified
    program.answer("[ann@example.com]:", "new@example.com")
    program.wait_for("Code")
    program.enter(program.newest_code())
    program.wait_for("Your email address is verified.")

    for notice in ("The app is set up.", "Remove the old"):
        choose("5", "1", "2")  # an authenticator app, then another in its place
        program.wait_for(lambda _: ann(pool).pending_secret)
        program.answer("Code that the app shows:", app_code(pool))
        program.wait_for_text(notice)
        choose("/back")

    choose("7", "2", "2", "/back")  # the other session
    program.wait_for("The session is ended.")

    choose("9")
    program.answer("delete the account:", "bob")
    program.wait_for_text("That isn't your user name.")
    program.answer("delete the account:", "ann")
    assert program.wait_exit() == 0
    assert "Your account is deleted." in unwrap(program.screen_text())
    assert "ann" not in pool.server.state.pools[pool.id].users
