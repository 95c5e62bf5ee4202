"""A security key at line prompts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.passkeys.people import PIN, SITE, Someone, touched_key
from tests.passkeys.test_ceremony import creation, request
from tests.plain.typist import CLIENT, POOL, ScriptedDialog
from tests.scripted_gateway import Reply, challenge, tokens
from tests.waiting import wait_until
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import Done
from tui_auth.demo.software_key import SoftwareKey
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.flow import passkey
from tui_auth.flow.interface import PasskeySettings
from tui_auth.flow.passkey import KeyStage
from tui_auth.passkeys import keys as finding
from tui_auth.passkeys.ceremony import make_credential
from tui_auth.passkeys.relying_party import RelyingParty
from tui_auth.plain.passkey import MESSAGES

DONE = tokens(POOL, CLIENT)
CODE = challenge("EMAIL_OTP", CODE_DELIVERY_DELIVERY_MEDIUM="EMAIL", CODE_DELIVERY_DESTINATION="a***@e***")
CHOICE = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["WEB_AUTHN", "EMAIL_OTP"]}
ONLY_PASSKEY = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["WEB_AUTHN"]}


def ask(**members: Any) -> Reply:
    return challenge("WEB_AUTHN", CREDENTIAL_REQUEST_OPTIONS=request(**members))


class HeldKeys:
    """These keys are plugged in."""

    def __init__(self, *keys: SoftwareKey, problem: PasskeyProblem | None = None) -> None:
        self.keys = keys
        self._problem = problem

    def problem(self) -> PasskeyProblem | None:
        return self._problem

    def open(self) -> Sequence[SoftwareKey]:
        return self.keys


@pytest.fixture
def key() -> SoftwareKey:
    """Return a key with a PIN and a passkey."""
    key = touched_key(PIN)
    make_credential(key, creation(), RelyingParty(SITE), Someone(pins=[PIN]))
    return key


def dialog_with(
    *replies: Reply, typed: tuple[str, ...], keys: HeldKeys, pinned: str | None = SITE, **more: Any
) -> ScriptedDialog:
    settings = {"auth_flow": AuthFlow.USER_AUTH, "preferred_first_factor": "WEB_AUTHN", **more}
    passkeys = PasskeySettings(pinned, keys=keys, remember=more.pop("remember", None))
    settings.pop("remember", None)
    return ScriptedDialog(*replies, typed=("", *typed), passkeys=passkeys, **settings)


def credential(dialog: ScriptedDialog) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(dialog.responses()["CREDENTIAL"].reveal())
    return answer


def test_passkey_signs_in(key: SoftwareKey) -> None:
    dialog = dialog_with(ask(), DONE, typed=(PIN,), keys=HeldKeys(key))

    assert isinstance(dialog.run(), Done)
    assert dialog.sent(0)["AuthParameters"]["PREFERRED_CHALLENGE"] == "WEB_AUTHN"
    assert credential(dialog)["type"] == "public-key"
    assert f"{passkey.TITLE} for {SITE}." in dialog.lines.printed
    assert f"{passkey.PIN_LABEL} (hidden)" in dialog.lines.prompts


def test_key_is_touched_and_a_pin_that_can_be_none_costs_no_try(key: SoftwareKey) -> None:
    key.always_touched = False
    dialog = dialog_with(ask(), DONE, typed=("123", "0000", PIN), keys=HeldKeys(key))
    say = dialog.lines.say

    def say_and_touch(text: str = "") -> None:
        say(text)
        if text == passkey.TOUCH:
            key.touch()

    dialog.lines.say = say_and_touch  # type: ignore[method-assign]
    assert isinstance(dialog.run(), Done)
    assert "Error: A PIN has at least 4 characters." in dialog.lines.printed
    assert f"Error: {passkey.PIN_WRONG}" in dialog.lines.printed
    assert passkey.TOUCH in dialog.lines.printed


def test_tries_left_are_shown_once_they_are_few(key: SoftwareKey) -> None:
    key.pin_retries = 3
    dialog = dialog_with(ask(), typed=("0000",), keys=HeldKeys(key))
    dialog.run()

    assert f"{passkey.PIN_LABEL} (3 tries left) (hidden)" in dialog.lines.prompts
    assert f"{passkey.PIN_LABEL} (2 tries left) (hidden)" in dialog.lines.prompts


def test_problem_leads_to_another_try_or_to_the_other_factors(key: SoftwareKey) -> None:
    empty = touched_key()
    dialog = dialog_with(ask(), CHOICE, CODE, typed=("1", "2", "2"), keys=HeldKeys(empty))
    dialog.run()

    assert sum("no passkey for this account" in line for line in dialog.lines.printed) == 2
    assert dialog.responses() == {"ANSWER": "EMAIL_OTP"}


def test_back_at_the_pin_leads_to_the_other_factors(key: SoftwareKey) -> None:
    dialog = dialog_with(ask(), CHOICE, CODE, typed=("/back", "2"), keys=HeldKeys(key))
    dialog.run()

    assert dialog.responses() == {"ANSWER": "EMAIL_OTP"}


def test_key_can_be_plugged_in_later(key: SoftwareKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "LOOK_AGAIN_SECONDS", 0.01)
    keys = HeldKeys(problem=PasskeyProblem.NO_KEY)
    dialog = dialog_with(ask(), DONE, typed=(PIN,), keys=keys)
    say = dialog.lines.say

    def plug_in(text: str = "") -> None:
        say(text)
        if text == passkey.PLUG_IN:
            keys.keys = (key,)

    dialog.lines.say = plug_in  # type: ignore[method-assign]
    assert isinstance(dialog.run(), Done)


@pytest.mark.parametrize("count", [0, 1, 2], ids=["no key", "one key", "several keys"])
def test_waiting_for_the_key_can_be_left_at_any_moment(key: SoftwareKey, count: int) -> None:
    key.always_touched = False
    keys = HeldKeys(*(key, SoftwareKey())[:count], problem=None if count else PasskeyProblem.NO_KEY)
    typed = (PIN, "/help", "/back") if count == 1 else ("/help", "/back")
    dialog = dialog_with(ask(), CHOICE, CODE, typed=(*typed, "2"), keys=keys)
    dialog.lines.typed.remove("")
    dialog.run()

    assert MESSAGES[[KeyStage.PLUG_IN, KeyStage.TOUCH, KeyStage.CHOOSE_KEY][count]] in dialog.lines.printed
    assert "Type /back to go back." in dialog.lines.text
    assert dialog.responses() == {"ANSWER": "EMAIL_OTP"}
    wait_until(lambda: not key.touch_is_due.is_set())


def test_interrupt_while_the_key_waits_stops_its_blinking(key: SoftwareKey) -> None:
    key.always_touched = False
    dialog = dialog_with(ask(), typed=(PIN,), keys=HeldKeys(key))

    def interrupt(prompt: str, has_arrived: object) -> None:
        wait_until(key.touch_is_due.is_set)
        raise KeyboardInterrupt

    dialog.lines.wait_for = interrupt  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        dialog.run()
    wait_until(lambda: not key.touch_is_due.is_set())


def test_rejected_passkey_is_tried_again_with_a_new_challenge(key: SoftwareKey) -> None:
    rejected = error_from_response("NotAuthorizedException", "Incorrect username or password.")
    dialog = dialog_with(ask(), rejected, ask(), DONE, typed=(PIN, "", PIN), keys=HeldKeys(key))

    assert isinstance(dialog.run(), Done)


# For which site


def test_unknown_site_is_confirmed_once_and_remembered(key: SoftwareKey) -> None:
    stored: list[str] = []
    dialog = dialog_with(
        ask(), DONE, typed=("2", PIN), keys=HeldKeys(key), pinned=None, remember=stored.append
    )

    assert isinstance(dialog.run(), Done)
    assert passkey.SITE_QUESTION.format(SITE) in dialog.lines.printed
    assert stored == [SITE]


def test_declined_site_gets_nothing(key: SoftwareKey) -> None:
    counter = key.credentials[0].counter
    dialog = dialog_with(ask(), CHOICE, CODE, typed=("1", "2"), keys=HeldKeys(key), pinned=None)
    dialog.run()

    assert key.credentials[0].counter == counter
    assert dialog.responses() == {"ANSWER": "EMAIL_OTP"}


@pytest.mark.parametrize("pinned", ["other.example.com", None])
@pytest.mark.parametrize("site", ["bank.example.com", "com", "127.0.0.1", "localhost", "co.uk"])
def test_lying_pool_gets_no_assertion(key: SoftwareKey, pinned: str | None, site: str) -> None:
    """The key has a passkey of each of these; the user enters the PIN and confirms whatever is asked."""
    make_credential(key, creation(rp={"id": site, "name": "x"}), RelyingParty(site), Someone(pins=[PIN]))
    before = key.credentials[-1].counter
    if pinned is None and site == "bank.example.com":
        typed: tuple[str, ...] = ("1", "2")  # the question names the bank, and the user says no
    else:
        typed = ("2", "2")
    dialog = dialog_with(ask(rpId=site), CHOICE, CODE, typed=typed, keys=HeldKeys(key), pinned=pinned)
    dialog.run()

    assert key.credentials[-1].counter == before
    assert not any("CREDENTIAL" in str(call) for _, call in dialog.gateway.calls)


# The choice


@pytest.mark.parametrize(
    "reason", [PasskeyProblem.NOT_PERMITTED, PasskeyProblem.OVER_SSH, PasskeyProblem.UNSUPPORTED]
)
def test_where_no_key_can_be_used_the_choice_says_why(reason: PasskeyProblem) -> None:
    from tui_auth.passkeys.problems import TEXTS

    dialog = dialog_with(CHOICE, CODE, typed=("1", "2"), keys=HeldKeys(problem=reason))
    dialog.run()

    assert "PREFERRED_CHALLENGE" not in dialog.sent(0)["AuthParameters"]
    assert f"Error: {' '.join(TEXTS[reason])}" in dialog.lines.printed
    assert dialog.responses() == {"ANSWER": "EMAIL_OTP"}


def test_user_with_only_a_passkey_where_no_key_can_be_used_is_asked_for_another_name() -> None:
    keys = HeldKeys(problem=PasskeyProblem.OVER_SSH)
    dialog = dialog_with(ONLY_PASSKEY, typed=(), keys=keys)
    dialog.run()

    (text,) = (line for line in dialog.lines.printed if "has only a passkey" in line)
    assert passkey.NOTES[PasskeyProblem.OVER_SSH] in text
    assert "An administrator can set a password." in text
    assert dialog.lines.prompts[-1] == "Username"
