"""A Python program signs a user in with a passkey."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.emulator.harness import PASSWORD
from tests.passkeys.people import PIN, SITE, TRUSTED, Someone, give_passkey, register, touched_key
from tests.scripted_gateway import ScriptedGateway, challenge
from tui_auth import (
    Auth,
    AuthError,
    AuthFactorType,
    ConfirmSignInWithOTP,
    ConfirmSignInWithPassword,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithPasskey,
    Done,
    InvalidStateError,
    PasskeyError,
    PasskeyProblem,
    describe_step,
    passkeys,
)
from tui_auth.auth import passkey_request
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.error_policy import ErrorAction, action_for_error
from tui_auth.auth.next_step import NextStep
from tui_auth.demo.software_key import Credential, SoftwareKey
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import PoolIds
from tui_auth.passkeys.ceremony import make_assertion

REQUEST = json.dumps({"challenge": "AAAAAAAAAAAAAAAAAAAAAA", "rpId": SITE})


@pytest.fixture
def key(server: CognitoEmulator, pool: PoolIds) -> SoftwareKey:
    """Return ann's security key."""
    key = touched_key(PIN)
    give_passkey(server, pool.user_pool_id, "ann", key, SITE)
    return key


@pytest.fixture
def auth(server: CognitoEmulator, pool: PoolIds) -> Auth:
    return Auth(pool.user_pool_id, pool.client_id, endpoint_url=server.endpoint_url)


def ask(auth: Auth) -> ContinueSignInWithPasskey:
    step = auth.sign_in("ann", auth_flow="USER_AUTH", preferred_first_factor="WEB_AUTHN").next_step
    assert isinstance(step, ContinueSignInWithPasskey)
    return step


def sign(step: NextStep, key: SoftwareKey) -> str:
    assert isinstance(step, ContinueSignInWithPasskey)
    return make_assertion(key, step.options, TRUSTED, Someone(pins=[PIN])).reveal()


def test_passkey_registered_by_a_program_signs_in(server: CognitoEmulator, auth: Auth) -> None:
    first = auth.sign_in("ann", PASSWORD).next_step
    assert isinstance(first, Done)
    key = touched_key(PIN)
    register(server, first.tokens.access_token.reveal(), key, PIN)
    step = ask(auth)
    assert step.relying_party == SITE

    assert auth.confirm_sign_in(sign(step, key)).is_signed_in


def test_passkey_is_one_of_the_choices(auth: Auth, key: SoftwareKey) -> None:
    step = auth.sign_in("ann", auth_flow="USER_AUTH").next_step
    assert isinstance(step, ContinueSignInWithFirstFactorSelection)
    assert AuthFactorType.WEB_AUTHN in step.available_factors
    step = auth.confirm_sign_in("WEB_AUTHN").next_step

    assert auth.confirm_sign_in(sign(step, key)).is_signed_in


def test_step_says_what_else_is_possible(auth: Auth, key: SoftwareKey) -> None:
    description = describe_step(ask(auth))

    assert SITE in description.text
    assert description.is_secret
    assert description.choices == (
        AuthFactorType.PASSWORD_SRP,
        AuthFactorType.PASSWORD,
        AuthFactorType.EMAIL_OTP,
    )
    assert "challenge" not in repr(ask(auth)), "the request isn't in logs"


def test_another_factor_answers_the_step(auth: Auth, key: SoftwareKey) -> None:
    ask(auth)
    assert isinstance(auth.confirm_sign_in(AuthFactorType.EMAIL_OTP).next_step, ConfirmSignInWithOTP)
    ask(auth)
    assert isinstance(auth.confirm_sign_in("PASSWORD_SRP").next_step, ConfirmSignInWithPassword)
    assert auth.confirm_sign_in(PASSWORD).is_signed_in


@pytest.mark.parametrize("answer", ["123456", "{", "[]", "", None, "PASSKEY"])
def test_answer_that_is_no_assertion_is_not_sent(auth: Auth, key: SoftwareKey, answer: str) -> None:
    step = ask(auth)
    with pytest.raises(InvalidStateError):
        auth.confirm_sign_in(answer)

    assert auth.confirm_sign_in(sign(step, key)).is_signed_in, "the step is still there"


def test_rejected_passkey_can_be_tried_again_with_a_new_challenge(
    server: CognitoEmulator, pool: PoolIds, auth: Auth, key: SoftwareKey
) -> None:
    attempt = auth.attempt()
    step = attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH, preferred_first_factor="WEB_AUTHN")
    other = touched_key(PIN)
    private_key = ec.generate_private_key(ec.SECP256R1())
    other.credentials = [Credential(key.credentials[0].id, SITE, {"id": b"x"}, private_key)]
    with pytest.raises(AuthError) as caught:
        attempt.confirm(sign(step, other))
    assert action_for_error(caught.value, step, can_restart=attempt.can_restart) is ErrorAction.RESTART
    again = attempt.restart()
    assert isinstance(again, ContinueSignInWithPasskey)
    assert again != step, "a new challenge"

    assert isinstance(attempt.confirm(sign(again, key)), Done)


def test_going_back_from_the_passkey_reaches_the_choice(auth: Auth, key: SoftwareKey) -> None:
    attempt = auth.attempt()
    attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH, preferred_first_factor="WEB_AUTHN")
    assert attempt.choices == ("WEB_AUTHN",)
    step = attempt.restart(choice_count=0)

    assert isinstance(step, ContinueSignInWithFirstFactorSelection)


# Replies that no emulator sends


def scripted(*replies: dict[str, object]) -> tuple[Auth, ScriptedGateway]:
    gateway = ScriptedGateway(*replies)
    return Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway), gateway


def passkey_reply(request: str | None = REQUEST, **more: object) -> dict[str, object]:
    return {**challenge("WEB_AUTHN", **({"CREDENTIAL_REQUEST_OPTIONS": request} if request else {})), **more}


def test_assertion_is_sent_as_credential() -> None:
    auth, gateway = scripted(passkey_reply(), challenge("SMS_MFA"))
    auth.sign_in("ann", auth_flow="USER_AUTH", preferred_first_factor="WEB_AUTHN")
    auth.confirm_sign_in('{"id": "x"}')
    operation, call = gateway.calls[-1]

    assert operation == "RespondToAuthChallenge"
    assert call["ChallengeName"] == "WEB_AUTHN"
    assert call["ChallengeResponses"]["CREDENTIAL"].reveal() == '{"id": "x"}'


def test_second_request_in_a_row_is_a_fault_of_the_service() -> None:
    auth, _ = scripted(passkey_reply(), passkey_reply())
    auth.sign_in("ann", auth_flow="USER_AUTH", preferred_first_factor="WEB_AUTHN")
    with pytest.raises(AuthError, match="keeps asking for a passkey"):
        auth.confirm_sign_in("{}")


@pytest.mark.parametrize(
    "request_options",
    [
        None,
        "",
        "not JSON",
        "[]",
        "[" * 40_000,
        "{}",
        json.dumps({"challenge": "AA"}),
        json.dumps({"rpId": SITE}),
        json.dumps({"challenge": "AA", "rpId": "a b"}),
        json.dumps({"challenge": "AA", "rpId": "a." * 150}),
        json.dumps({"challenge": "AA", "rpId": SITE, "allowCredentials": [{}] * 65}),
        json.dumps({"challenge": "A" * 65_536, "rpId": SITE}),
    ],
)
def test_request_that_is_none_leads_to_the_other_factors(request_options: str | None) -> None:
    reply = passkey_reply(request_options, AvailableChallenges=["WEB_AUTHN", "EMAIL_OTP"])
    auth, _ = scripted(reply, challenge("EMAIL_OTP"))
    step = auth.sign_in("ann", auth_flow="USER_AUTH", preferred_first_factor="WEB_AUTHN").next_step

    assert isinstance(step, ContinueSignInWithFirstFactorSelection)
    assert isinstance(auth.confirm_sign_in("EMAIL_OTP").next_step, ConfirmSignInWithOTP)


def test_pool_that_asks_for_the_passkey_unasked_still_gives_the_choice() -> None:
    reply = passkey_reply(AvailableChallenges=["WEB_AUTHN", "EMAIL_OTP"])
    auth, gateway = scripted(reply, challenge("EMAIL_OTP"), reply)
    attempt = auth.attempt()
    step = attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH)
    assert isinstance(step, ContinueSignInWithPasskey)
    assert step.other_factors == (AuthFactorType.EMAIL_OTP,)
    attempt.confirm("EMAIL_OTP")
    assert gateway.calls[-1][1]["AuthParameters"]["PREFERRED_CHALLENGE"] == "EMAIL_OTP"

    back = attempt.restart(choice_count=0)
    assert back == ContinueSignInWithFirstFactorSelection(
        (AuthFactorType.WEB_AUTHN, AuthFactorType.EMAIL_OTP)
    )


# In one call


class SomeoneWithAKey(Someone):
    """Has plugged in the key already."""

    def plug_in(self) -> None:
        raise AssertionError("a key is there")

    def choose_key(self) -> None:
        raise AssertionError("there is one key")


class OneKey:
    def __init__(self, key: SoftwareKey) -> None:
        self.key = key

    def problem(self) -> None:
        return None

    def open(self) -> list[SoftwareKey]:
        return [self.key]


def test_program_signs_and_registers_in_one_call(server: CognitoEmulator, auth: Auth) -> None:
    first = auth.sign_in("ann", PASSWORD).next_step
    assert isinstance(first, Done)
    token, key = first.tokens.access_token.reveal(), touched_key(PIN)
    options = server.call("StartWebAuthnRegistration", {"AccessToken": token})["CredentialCreationOptions"]
    someone = SomeoneWithAKey(pins=[PIN, PIN])
    credential = passkeys.register(options, someone, relying_party=SITE, keys=OneKey(key))
    server.call("CompleteWebAuthnRegistration", {"AccessToken": token, "Credential": credential})
    answer = passkeys.sign(ask(auth), someone, relying_party=SITE, keys=OneKey(key))

    assert auth.confirm_sign_in(answer).is_signed_in


def test_program_waits_for_a_key_only_as_long_as_the_pool_allows(
    auth: Auth, key: SoftwareKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoKey(OneKey):
        def open(self) -> list[SoftwareKey]:
            return []

    class SomeoneWithoutAKey(SomeoneWithAKey):
        def plug_in(self) -> None:
            pass

    monkeypatch.setattr(passkey_request, "_TIMEOUT_RANGE", (0.02, 0.02))
    for use in (
        lambda: passkeys.sign(ask(auth), SomeoneWithoutAKey(), relying_party=SITE, keys=NoKey(key)),
        lambda: passkeys.register(
            {"rp": {"id": SITE}, "timeout": 1}, SomeoneWithoutAKey(), relying_party=SITE, keys=NoKey(key)
        ),
    ):
        with pytest.raises(PasskeyError) as caught:
            use()
        assert caught.value.problem is PasskeyProblem.TIMED_OUT


@pytest.mark.parametrize("trusted", ["bank.example.com", "", "com"])
def test_program_that_trusts_another_site_gets_nothing(auth: Auth, key: SoftwareKey, trusted: str) -> None:
    someone = SomeoneWithAKey(pins=[PIN])
    with pytest.raises(PasskeyError) as caught:
        passkeys.sign(ask(auth), someone, relying_party=trusted, keys=OneKey(key))
    assert caught.value.problem is PasskeyProblem.RELYING_PARTY_REJECTED
    with pytest.raises(PasskeyError):
        passkeys.register({"rp": {"id": SITE}}, someone, relying_party=trusted, keys=OneKey(key))

    assert someone.pins == [PIN]
    assert key.credentials[0].counter == 0
