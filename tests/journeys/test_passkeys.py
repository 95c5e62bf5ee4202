"""Passkeys in the real program, with a security key in memory in place of those that are plugged in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import SignIn
from tests.journeys.own_pool import MakePool, OwnPool
from tests.passkeys.people import PIN, give_passkey, program_with_key
from tests.steps.screen_reading import number_key_for
from tests.terminal.emulator import unwrap
from tui_auth.demo.software_key import SoftwareKey
from tui_auth.emulator.demo_users import PASSWORD, DemoUser, passkey_of
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.flow import passkey
from tui_auth.passkeys.problems import TEXTS
from tui_auth.plain.passkey import WAITING_PROMPT

PASSKEY = "Passkey"
SITE = "localhost"
SETTINGS: dict[str, Any] = {
    "mfa": {
        "MfaConfiguration": "OFF",
        "WebAuthnConfiguration": {"RelyingPartyId": SITE, "UserVerification": "preferred"},
    },
    "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}},
}

WITH_KEY = ("-c", program_with_key(), "sign-in")


def pool_with_passkeys(own_pool: MakePool, *names: str) -> OwnPool:
    """Return a pool whose users have a passkey; ann has a password and an address, too."""
    pool = own_pool(**SETTINGS)
    for name in names:
        if name == "ann":
            pool.create_user(name, email="ann@example.com")
        else:
            pool.create_user(name, password=None)
        give_passkey(pool.server, pool.id, name, SoftwareKey(), seed=passkey_of(name))
    return pool


def read_config(pool: OwnPool) -> str:
    (path,) = Path(pool.home).rglob("config.toml")
    return path.read_text()


@pytest.mark.parametrize("specified_by", ["flag", "profile"])
def test_preferred_passkey_signs_in(own_pool: MakePool, specified_by: str) -> None:
    pool = pool_with_passkeys(own_pool, "ann")
    if specified_by == "flag":
        program = pool.sign_in(
            "--preferred-first-factor", "WEB_AUTHN", flow="USER_AUTH", program=WITH_KEY, rows=30
        )
    else:
        lines = f'preferred_first_factor = "WEB_AUTHN"\npasskey_relying_party = "{SITE}"'
        program = pool.sign_in(
            pool_flags=pool.write_profile(lines), flow="USER_AUTH", program=WITH_KEY, rows=30
        )
    program.log_in()
    if specified_by == "flag":
        program.wait_for_text("Did you create your passkey for that site?")
        program.send("2")
    program.wait_for(passkey.PIN_LABEL)
    program.enter(PIN)
    program.wait_for("Signed in as ann")
    assert PIN not in program.screen_text()


def test_confirmed_site_is_stored_in_the_profile(own_pool: MakePool) -> None:
    pool = pool_with_passkeys(own_pool, "ann")
    flags = pool.write_profile('preferred_first_factor = "WEB_AUTHN"')
    program = pool.sign_in(pool_flags=flags, flow="USER_AUTH", program=WITH_KEY, rows=30)
    program.log_in()
    program.wait_for_text("Did you create your passkey for that site?")
    program.send("2")
    program.wait_for(passkey.PIN_LABEL)

    assert f'passkey_relying_party = "{SITE}"' in read_config(pool)


def test_passkey_can_be_chosen_and_left_again(own_pool: MakePool) -> None:
    pool = pool_with_passkeys(own_pool, "ann")
    program = pool.sign_in(flow="USER_AUTH", rows=30)
    program.log_in()
    program.wait_for(passkey.NOTES[PasskeyProblem.NO_KEY])
    program.send(number_key_for(program, PASSKEY))
    program.wait_for_text("Did you create your passkey for that site?")
    program.send("2")
    program.wait_for(passkey.PLUG_IN)
    program.press("esc")
    program.wait_for("What do you want to sign in with?")
    program.send(number_key_for(program, "Code by email"))
    program.wait_for("Code sent by email to ")
    program.enter(program.newest_code())
    program.wait_for("Signed in as ann")


def test_over_ssh_the_choice_says_why_and_a_passkey_is_never_requested(own_pool: MakePool) -> None:
    pool = pool_with_passkeys(own_pool, "ann")
    program = pool.sign_in(
        "--preferred-first-factor",
        "WEB_AUTHN",
        flow="USER_AUTH",
        rows=30,
        SSH_CONNECTION="10.0.0.1 50000 10.0.0.2 22",
    )
    program.log_in()
    program.wait_for(passkey.NOTES[PasskeyProblem.OVER_SSH])
    (start,) = (call["AuthParameters"] for _, call in program.server.calls)
    assert "PREFERRED_CHALLENGE" not in start
    program.send(number_key_for(program, PASSKEY))
    program.wait_for_text(TEXTS[PasskeyProblem.OVER_SSH][0])
    program.send(number_key_for(program, "Code by email"))
    program.wait_for("Code sent by email to ")


def test_user_with_only_a_passkey_gets_alternatives_over_ssh(own_pool: MakePool) -> None:
    pool = pool_with_passkeys(own_pool, "kay", "ann")
    ssh = "10.0.0.1 50000 10.0.0.2 22"
    program = pool.sign_in(username="kay", flow="USER_AUTH", SSH_CONNECTION=ssh)
    program.log_in()
    program.wait_for_text("This user has only a passkey, which can't be used here.")
    program.wait_for_text("An administrator can set a password.")
    program.press("enter")
    program.wait_for("Username kay")
    program.press("ctrl+u")
    program.enter("ann")
    program.wait_for("What do you want to sign in with?")


def test_passkey_signs_in_at_line_prompts(own_pool: MakePool) -> None:
    pool = pool_with_passkeys(own_pool, "ann")
    flags = pool.write_profile(f'passkey_relying_party = "{SITE}"')
    program = pool.sign_in("--plain", pool_flags=flags, flow="USER_AUTH", program=WITH_KEY, rows=40)
    program.log_in_at_prompts()
    program.wait_for("Number:")
    program.enter(number_key_for(program, PASSKEY))
    program.wait_for(f"{passkey.PIN_LABEL}:")
    program.enter("0000")
    program.wait_for(f"Error: {passkey.PIN_WRONG}")
    program.wait_for(lambda p: p.screen_text().count(f"{passkey.PIN_LABEL}:") == 2)
    program.enter(PIN)
    program.wait_for("Signed in as ann.")
    assert PIN not in program.screen_text()


# The account command


def start(pool: OwnPool, *arguments: str, **environment: str) -> SignIn:
    """Start the program with a security key, in a terminal."""
    command = ["-c", program_with_key("nobody"), *arguments]
    program = SignIn(command, home=pool.home, rows=40, environment=environment)
    program.server = pool.server
    program.user = DemoUser("", "ann", PASSWORD, "", "", None, pool.id, pool.client_id, "USER_SRP_AUTH")
    return pool._exit_stack.enter_context(program)


def signed_in_pool(own_pool: MakePool, *lines: str) -> OwnPool:
    """Return a pool with passkeys to which ann is signed in, with a profile with these lines."""
    pool = own_pool(**SETTINGS)
    pool.create_user("ann", email="ann@example.com", email_verified="true")
    flags = pool.write_profile(*lines)
    program = start(pool, "sign-in", *flags, "--plain", "--storage", "file", "--username", "ann")
    program.wait_for("Password:")
    program.enter(PASSWORD)
    program.wait_for("Signed in as ann.")
    assert program.wait_exit() == 0
    return pool


def passkeys_of_ann(pool: OwnPool) -> list[str]:
    return list(pool.server.state.pools[pool.id].users["ann"].passkeys)


def test_passkey_is_added_on_the_key_and_its_site_is_stored(own_pool: MakePool) -> None:
    pool = signed_in_pool(own_pool)
    program = start(pool, "account", "passkeys", "add", "--json", "--profile", "own")
    program.wait_for("Is that the site you sign in to?")
    program.enter("2")
    program.wait_for(f"{passkey.PIN_LABEL}:")
    program.enter("0000")
    program.wait_for(f"Error: {passkey.PIN_WRONG}")
    program.enter(PIN)
    assert program.wait_exit() == 0

    (credential_id,) = passkeys_of_ann(pool)
    screen = unwrap(program.screen_text())
    assert f"Add a passkey for {SITE}." in screen
    assert '"credentials": [' in screen
    assert credential_id in screen
    assert PIN not in screen
    assert f'passkey_relying_party = "{SITE}"' in read_config(pool)


def test_passkey_is_added_in_the_account_on_the_full_screen(own_pool: MakePool) -> None:
    pool = signed_in_pool(own_pool)
    program = start(pool, "account", "--profile", "own")
    program.wait_for("Passkeys       none")
    program.send("8")
    program.wait_for("You have no passkeys.")
    program.send("1")
    program.wait_for_text("Is that the site you sign in to?")
    program.send("2")
    program.wait_for(passkey.PIN_LABEL)
    program.enter(PIN)
    program.wait_for("The passkey is added")
    program.press("esc", "esc")

    assert program.wait_exit() == 0
    assert len(passkeys_of_ann(pool)) == 1
    assert f'passkey_relying_party = "{SITE}"' in read_config(pool)


def test_passkey_is_added_in_the_account_at_line_prompts(own_pool: MakePool) -> None:
    pool = signed_in_pool(own_pool, f'passkey_relying_party = "{SITE}"')
    program = start(pool, "account", "--plain", "--profile", "own")
    program.answer("Number:", "8")
    program.answer("Number:", "1")
    program.wait_for_text(f"For {SITE}")
    program.answer(f"{passkey.PIN_LABEL}:", PIN)
    program.wait_for("The passkey is added")
    program.answer("Number:", "/back")
    program.answer("Number:", "/back")

    assert program.wait_exit() == 0
    assert len(passkeys_of_ann(pool)) == 1
    assert PIN not in program.screen_text()


def test_touch_that_does_not_come_is_left_at_line_prompts(own_pool: MakePool) -> None:
    pool = signed_in_pool(own_pool, f'passkey_relying_party = "{SITE}"')
    untouched = program_with_key("nobody").replace("always_touched=True", "always_touched=False")
    for end, status in (("/back", 6), ("ctrl+c", None)):
        command = ["-c", untouched, "account", "passkeys", "add", "--profile", "own"]
        program = pool._exit_stack.enter_context(SignIn(command, home=pool.home, rows=40))
        program.wait_for(f"{passkey.PIN_LABEL}:")
        program.enter(PIN)
        program.wait_for(f"{WAITING_PROMPT}:")
        if status is None:
            program.press(end)
            assert program.wait_exit() in (130, -2)
        else:
            program.send("secret-typed-too-early")
            program.press("ctrl+u")
            program.enter(end)
            assert program.wait_exit() == status
            assert "too-early" not in program.screen_text()
    assert passkeys_of_ann(pool) == []


def test_passkey_of_another_site_is_not_made(own_pool: MakePool) -> None:
    pool = signed_in_pool(own_pool, 'passkey_relying_party = "auth.example.com"')
    program = start(pool, "account", "passkeys", "add", "--profile", "own")
    program.wait_for_text(TEXTS[PasskeyProblem.RELYING_PARTY_REJECTED][0])
    program.wait_for("Number:")
    program.enter("2")

    assert program.wait_exit() == 5
    assert passkeys_of_ann(pool) == []


def test_adding_a_passkey_can_be_given_up(own_pool: MakePool) -> None:
    pool = signed_in_pool(own_pool, f'passkey_relying_party = "{SITE}"')
    program = start(pool, "account", "passkeys", "add", "--profile", "own")
    program.wait_for(f"{passkey.PIN_LABEL}:")
    program.enter("/back")

    assert program.wait_exit() == 6
    assert passkeys_of_ann(pool) == []


def test_passkey_cannot_be_added_where_no_key_can_be_used(own_pool: MakePool) -> None:
    pool = signed_in_pool(own_pool)
    command = ["-m", "tui_auth", "account", "passkeys", "add", "--profile", "own"]
    ssh = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
    program = pool._exit_stack.enter_context(SignIn(command, home=pool.home, rows=40, environment=ssh))
    program.wait_for_text(TEXTS[PasskeyProblem.OVER_SSH][0])

    assert program.wait_exit() == 10


def test_passkey_cannot_be_added_without_a_session(own_pool: MakePool) -> None:
    pool = own_pool(**SETTINGS)
    pool.write_profile()
    program = start(pool, "account", "passkeys", "add", "--profile", "own")

    assert program.wait_exit() == 4
