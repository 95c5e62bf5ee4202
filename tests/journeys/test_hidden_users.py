"""Unknown users: the program never reveals more about them than the pool does."""

from __future__ import annotations

import pytest

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import SignIn
from tests.journeys.own_pool import MakePool
from tests.steps.screen_reading import number_key_for

HIDDEN = {"PreventUserExistenceErrors": "ENABLED"}
REVEALED = {"PreventUserExistenceErrors": "LEGACY"}
WRONG = "Incorrect username or password."
IF_IT_EXISTS = "if the account exists"
PASSWORD_OR_EMAIL = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}


@pytest.mark.parametrize("setting", [HIDDEN, REVEALED], ids=["hidden", "revealed"])
def test_wrong_password_and_unknown_name_give_the_same_message(
    own_pool: MakePool, setting: dict[str, str]
) -> None:
    pool = own_pool(client=setting)
    pool.create_user("ann", email="ann@example.com", email_verified="true")
    program = pool.sign_in(username="nobody")
    program.log_in()
    program.wait_for(WRONG)
    unknown = words_without_name(program, "nobody")
    program.press("shift+tab", "ctrl+u")
    program.enter("ann")
    program.enter_and_wait_for_reply("not-this")
    program.wait_for("Username ann")
    program.wait_for(WRONG)
    assert words_without_name(program, "ann") == unknown


def words_without_name(program: SignIn, name: str) -> set[str]:
    """Return the words on the screen without the user name and the password's bullets."""
    return {word for word in program.screen_text().split() if name not in word and "•" not in word}


def test_hidden_unknown_user_reset_looks_like_any_other(own_pool: MakePool) -> None:
    pool = own_pool(client=HIDDEN)
    program = pool.sign_in("--username", "nobody")
    program.wait_for("Username")
    program.press("ctrl+f")
    program.wait_for("Reset your password")
    program.send(number_key_for(program, "Send me a code"))
    program.wait_for_text("if the account exists")
    assert pool.server.messages == []
    program.enter("123456", "Brand-New-Horse-7!", "Brand-New-Horse-7!")
    program.wait_for(WRONG_CODE)


def test_unknown_user_reset_is_reported_where_the_pool_tells(own_pool: MakePool) -> None:
    pool = own_pool(client=REVEALED)
    program = pool.sign_in("--username", "nobody")
    program.wait_for("Username")
    program.press("ctrl+f")
    program.wait_for("Reset your password")
    program.send(number_key_for(program, "Send me a code"))
    program.wait_for_text("The user pool has no user with this name.")


@pytest.mark.parametrize("name", ["nobody", "ann"])
def test_code_before_a_password_is_sent_only_perhaps(own_pool: MakePool, name: str) -> None:
    pool = own_pool(client=HIDDEN, Policies=PASSWORD_OR_EMAIL)
    pool.create_user("ann", email="ann@example.com", email_verified="true")
    program = pool.sign_in(username=name, flow="USER_AUTH")
    program.log_in()
    program.send(number_key_for(program, "Code by email"))
    program.wait_for("Code sent by email to ")
    program.wait_for_text(IF_IT_EXISTS)
    program.enter("12345678")
    program.wait_for(WRONG_CODE)
    assert len(pool.server.messages) == (1 if name == "ann" else 0)


def test_hidden_users_at_line_prompts(own_pool: MakePool) -> None:
    pool = own_pool(client=HIDDEN, Policies=PASSWORD_OR_EMAIL)
    program = pool.sign_in("--plain", username="nobody", flow="USER_AUTH", rows=40)
    program.log_in_at_prompts()
    program.wait_for("Number:")
    program.enter(number_key_for(program, "Code by email"))
    program.wait_for_text(IF_IT_EXISTS)
    program.wait_for("Code:")
    program.enter("12345678")
    program.wait_for(f"Error: {WRONG_CODE}")
