"""Passkeys: the program says that terminals can't use them, and offers the other factors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.conftest import SignIn
from tests.journeys.own_pool import MakePool, OwnPool
from tests.passkeys.people import give_passkey, touched_key
from tests.steps.screen_reading import number_key_for

PASSKEY = "Passkey"
NOT_HERE = "A passkey cannot be used from a terminal. Choose another way."
ONLY_A_PASSKEY = "This user has only a passkey, which no terminal can use."
ADMINISTRATOR = "An administrator can set a password."
SETTINGS: dict[str, Any] = {
    "mfa": {
        "MfaConfiguration": "OFF",
        "WebAuthnConfiguration": {"RelyingPartyId": "localhost", "UserVerification": "preferred"},
    },
    "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}},
}


@pytest.mark.parametrize("specified_by", ["flag", "profile"])
def test_preferred_passkey_offers_the_other_factors(own_pool: MakePool, specified_by: str) -> None:
    pool = own_pool(**SETTINGS)
    create_users(pool, "ann")
    if specified_by == "flag":
        program = pool.sign_in("--preferred-first-factor", "WEB_AUTHN", flow="USER_AUTH")
    else:
        pool_flags = pool.write_profile('preferred_first_factor = "WEB_AUTHN"')
        program = pool.sign_in(pool_flags=pool_flags, flow="USER_AUTH")
    program.log_in()
    program.send(number_key_for(program, PASSKEY))
    program.wait_for(NOT_HERE)
    (start,) = (call["AuthParameters"] for _, call in program.server.calls)
    assert "PREFERRED_CHALLENGE" not in start, "a passkey is never requested"
    program.send(number_key_for(program, "Code by email"))
    program.wait_for("Code sent by email to ")
    program.enter(program.newest_code())
    program.wait_for("Signed in as ann")


def test_user_with_only_a_passkey_gets_alternatives(own_pool: MakePool) -> None:
    pool = own_pool(**SETTINGS)
    create_users(pool, "kay", "ann")
    program = pool.sign_in(username="kay", flow="USER_AUTH")
    program.log_in()
    program.wait_for_text(ONLY_A_PASSKEY)
    program.wait_for_text(ADMINISTRATOR)
    program.press("enter")
    program.wait_for("Username kay")
    program.press("ctrl+u")
    program.enter("ann")
    program.wait_for("What do you want to sign in with?")
    pool.server.call(
        "AdminSetUserPassword",
        {"UserPoolId": pool.id, "Username": "kay", "Password": "Correct-Horse-9!", "Permanent": True},
    )
    program.press("esc")
    program.wait_for("Username ann")
    program.press("ctrl+u")
    program.enter("kay")
    program.send(number_key_for(program, "Password (SRP)"))
    program.wait_for("Enter your password")
    program.enter("Correct-Horse-9!")
    program.wait_for("Signed in as kay")


def test_user_with_only_a_passkey_gets_alternatives_at_line_prompts(own_pool: MakePool) -> None:
    pool = own_pool(**SETTINGS)
    create_users(pool, "kay", "ann")
    program = pool.sign_in("--plain", username="kay", flow="USER_AUTH", rows=40)
    program.log_in_at_prompts()
    program.wait_for_text(ONLY_A_PASSKEY)
    program.wait_for(lambda p: p.screen_text().count("Username:") == 2)
    program.enter("ann")
    program.wait_for("Number:")
    program.enter(number_key_for(program, PASSKEY))
    program.wait_for(NOT_HERE)
    program.wait_for(lambda p: p.screen_text().count("Number:") == 2)
    program.enter(number_key_for(program, "Code by email"))
    program.wait_for("Code:")
    program.enter(newest_code(program))
    program.wait_for("Signed in as ann.")


def create_users(pool: OwnPool, *names: str) -> None:
    """Create users who have a passkey; ann has a password and an address, too."""
    for name in names:
        if name == "ann":
            pool.create_user(name, email="ann@example.com")
        else:
            pool.create_user(name, password=None)
        give_passkey(pool.server, pool.id, name, touched_key())


def newest_code(program: SignIn) -> str:
    """Return the newest code that was sent to any user."""
    return str(program.server.messages[-1]["code"])
