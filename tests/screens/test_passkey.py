"""The passkey screen with a security key in memory, under Textual's pilot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.passkeys.people import PIN, SITE, Someone, touched_key
from tests.passkeys.test_ceremony import creation
from tests.pilot import press, type_text, until
from tests.plain.test_passkey import CHOICE, CODE, ONLY_PASSKEY, HeldKeys, ask
from tests.screens.conftest import CLIENT, POOL, PilotedApp, app_with
from tests.scripted_gateway import Reply, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.demo.software_key import SoftwareKey
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.flow import passkey
from tui_auth.flow.interface import PasskeySettings
from tui_auth.passkeys import keys as finding
from tui_auth.passkeys.ceremony import make_credential
from tui_auth.passkeys.problems import TEXTS
from tui_auth.passkeys.relying_party import RelyingParty
from tui_auth.screens.passkey import PasskeyScreen

DONE = tokens(POOL, CLIENT)


@pytest.fixture
def key() -> SoftwareKey:
    """Return a key with a PIN and a passkey, which must be touched."""
    key = touched_key(PIN)
    make_credential(key, creation(), RelyingParty(SITE), Someone(pins=[PIN]))
    key.always_touched = False
    return key


def app_for(*replies: Reply, keys: HeldKeys, pinned: str | None = SITE, **more: Any) -> PilotedApp:
    passkeys = PasskeySettings(pinned, keys=keys)
    return app_with(
        *replies,
        flow=AuthFlow.USER_AUTH,
        preferred_first_factor="WEB_AUTHN",
        passkeys=passkeys,
        **more,
    )


async def start(pilot: Any, app: PilotedApp, text: str) -> None:
    await press(pilot, "enter")
    await until(pilot, lambda: text in app.text())


async def test_pin_and_touch_sign_in(key: SoftwareKey) -> None:
    app = app_for(ask(), DONE, keys=HeldKeys(key))
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, passkey.PIN_LABEL)
        assert f"For {SITE}" in app.text()
        await type_text(pilot, PIN)
        assert PIN not in app.text()
        await press(pilot, "enter")
        await until(pilot, lambda: passkey.TOUCH in app.text())
        key.touch()
        await until(pilot, lambda: "Signed in as" in app.text())
    assert "CREDENTIAL" in app.gateway.calls[-1][1]["ChallengeResponses"]


async def test_wrong_pin_is_asked_again_with_few_tries_shown(key: SoftwareKey) -> None:
    key.pin_retries = 3
    app = app_for(ask(), keys=HeldKeys(key))
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, "3 tries left")
        await press(pilot, "1", "2", "enter")
        await until(pilot, lambda: "A PIN has at least 4 characters." in app.text())
        assert key.pin_retries == 3
        await press(pilot, "ctrl+u", *"0000", "enter")
        await until(pilot, lambda: passkey.PIN_WRONG in app.text())
        assert "2 tries left" in app.text()


async def test_key_that_is_plugged_in_later_is_used(
    key: SoftwareKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "LOOK_AGAIN_SECONDS", 0.01)
    keys = HeldKeys(problem=PasskeyProblem.NO_KEY)
    app = app_for(ask(), keys=keys)
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, passkey.PLUG_IN)
        keys.keys = (key,)
        await until(pilot, lambda: passkey.PIN_LABEL in app.text())


async def test_one_of_several_keys_is_chosen_by_a_touch(key: SoftwareKey) -> None:
    other = SoftwareKey()
    app = app_for(ask(), keys=HeldKeys(other, key))
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, passkey.CHOOSE_KEY)
        await until(pilot, key.touch)
        await until(pilot, lambda: passkey.PIN_LABEL in app.text())


async def test_escape_ends_the_ceremony_and_leads_to_the_other_factors(key: SoftwareKey) -> None:
    key.pin = None
    app = app_for(ask(), CHOICE, CODE, keys=HeldKeys(key))
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, passkey.TOUCH)
        assert key.touch_is_due.is_set()
        await press(pilot, "escape")
        await until(pilot, lambda: "What do you want to sign in with?" in app.text())
        await until(pilot, lambda: not key.touch_is_due.is_set())
        assert passkey.NOTES[None] in app.text()


async def test_leaving_the_program_ends_the_ceremony(key: SoftwareKey) -> None:
    key.pin = None
    app = app_for(ask(), keys=HeldKeys(key))
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, passkey.TOUCH)
        screen = app.screen
        assert isinstance(screen, PasskeyScreen)
        await press(pilot, "ctrl+q")
    assert screen._ceremony is None


async def test_problem_is_shown_and_enter_tries_again(key: SoftwareKey) -> None:
    empty = touched_key()
    keys = HeldKeys(empty)
    app = app_for(ask(), keys=keys)
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, TEXTS[PasskeyProblem.NO_CREDENTIAL][0])
        keys.keys = (key,)
        await press(pilot, "enter")
        await until(pilot, lambda: passkey.PIN_LABEL in app.text())


async def test_rejected_passkey_is_tried_again_with_a_new_challenge(key: SoftwareKey) -> None:
    key.pin, key.always_touched = None, True
    rejected = error_from_response("NotAuthorizedException", "Incorrect username or password.")
    app = app_for(ask(), rejected, ask(), DONE, keys=HeldKeys(key))
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, "The user pool didn't accept the passkey. Press Enter to start it again.")
        await press(pilot, "enter")
        await until(pilot, lambda: "Signed in as" in app.text())


# For which site


async def test_unknown_site_is_asked_for_and_no_is_the_default(key: SoftwareKey) -> None:
    app = app_for(ask(), CHOICE, keys=HeldKeys(key), pinned=None)
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, "Did you create your passkey for that site?")
        await press(pilot, "enter")
        await until(pilot, lambda: "What do you want to sign in with?" in app.text())
    assert key.pin_retries == 8


async def test_confirmed_site_is_used(key: SoftwareKey) -> None:
    app = app_for(ask(), keys=HeldKeys(key), pinned=None)
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, "Did you create your passkey for that site?")
        await press(pilot, "2")
        await until(pilot, lambda: passkey.PIN_LABEL in app.text())


@pytest.mark.parametrize("site", ["bank.example.com", "com", "127.0.0.1", "localhost"])
async def test_lying_pool_gets_no_touch(key: SoftwareKey, site: str) -> None:
    app = app_for(ask(rpId=site), keys=HeldKeys(key))
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, TEXTS[PasskeyProblem.RELYING_PARTY_REJECTED][0])
    assert not key.touch_is_due.is_set()
    assert len(app.gateway.calls) == 1


# The choice


async def test_choice_says_why_no_key_can_be_used() -> None:
    app = app_for(CHOICE, keys=HeldKeys(problem=PasskeyProblem.OVER_SSH))
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, passkey.NOTES[PasskeyProblem.OVER_SSH])
        await press(pilot, "2")
        await until(pilot, lambda: TEXTS[PasskeyProblem.OVER_SSH][0] in app.text())
        assert "PREFERRED_CHALLENGE" not in app.gateway.calls[0][1]["AuthParameters"]


async def test_only_a_passkey_where_no_key_can_be_used_offers_another_user() -> None:
    app = app_for(ONLY_PASSKEY, keys=HeldKeys(problem=PasskeyProblem.NOT_PERMITTED))
    async with app.run_test(size=(80, 23)) as pilot:
        await start(pilot, app, "This user has only a passkey")
        assert passkey.NOTES[PasskeyProblem.NOT_PERMITTED] in app.text()
        await press(pilot, "enter")
        await until(pilot, lambda: "ann" in app.text() and "only a passkey" not in app.text())
