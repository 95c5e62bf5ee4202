"""Passkeys of the emulator, through an unmodified boto3 and a security key in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from fido2.utils import sha256

from tests.emulator.conftest import MakePool
from tests.emulator.harness import ALL_FLOWS, SMS, TOTP, PoolUnderTest, expect_error
from tests.passkeys.people import PASSKEYS, PIN, SITE, Someone, touched_key
from tui_auth.demo.software_key import SoftwareKey
from tui_auth.emulator.snapshot import restore_snapshot, take_snapshot
from tui_auth.emulator.state import State
from tui_auth.passkeys.ceremony import make_assertion, make_credential
from tui_auth.passkeys.relying_party import RelyingParty

Reply = dict[str, Any]
TRUSTED = RelyingParty(SITE)
MULTI_FACTOR = "MULTI_FACTOR_WITH_USER_VERIFICATION"
PREFERRED = {"Enabled": True, "PreferredMfa": True}


def configuration(**more: str) -> dict[str, Any]:
    return {"WebAuthnConfiguration": {"RelyingPartyId": SITE, **more}}


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(Policies=PASSKEYS, mfa=configuration())
    pool.create_user()
    return pool


def start(pool: PoolUnderTest, token: str) -> Reply:
    options: Reply = pool.aws.start_web_authn_registration(AccessToken=token)["CredentialCreationOptions"]
    return options


def complete(pool: PoolUnderTest, token: str, credential: Any) -> None:
    pool.aws.complete_web_authn_registration(AccessToken=token, Credential=credential)


def credential_for(options: Reply, key: SoftwareKey, site: str = SITE) -> Reply:
    return make_credential(key, options, RelyingParty(site), Someone(pins=[key.pin or ""]))


def register(pool: PoolUnderTest, key: SoftwareKey, name: str = "ann") -> str:
    """Register a passkey and return the access token that did it."""
    token = pool.get_access_token(name)
    complete(pool, token, credential_for(start(pool, token), key))
    return token


def ask(pool: PoolUnderTest, name: str = "ann") -> Reply:
    return pool.initiate("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="WEB_AUTHN")


def options_of(reply: Reply) -> Reply:
    options: Reply = json.loads(reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    return options


def assertion(reply: Reply, key: SoftwareKey, **changes: Any) -> str:
    options = json.dumps({**options_of(reply), **changes})
    return make_assertion(key, options, TRUSTED, Someone(pins=[key.pin or ""])).reveal()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def list_passkeys(pool: PoolUnderTest, token: str) -> list[Reply]:
    entries: list[Reply] = pool.aws.list_web_authn_credentials(AccessToken=token)["Credentials"]
    return entries


# The whole way


def test_passkey_is_registered_used_listed_and_deleted(pool: PoolUnderTest) -> None:
    key = touched_key(PIN)
    token = register(pool, key)
    reply = ask(pool)
    assert reply["ChallengeName"] == "WEB_AUTHN"
    assert "WEB_AUTHN" in reply["AvailableChallenges"]
    tokens = pool.answer(reply, CREDENTIAL=assertion(reply, key))["AuthenticationResult"]

    (entry,) = list_passkeys(pool, tokens["AccessToken"])
    assert decode(entry["CredentialId"]) == key.credentials[0].id
    assert entry["RelyingPartyId"] == SITE
    assert entry["FriendlyCredentialName"] == "Security key"
    assert entry["AuthenticatorAttachment"] == "cross-platform"
    assert entry["AuthenticatorTransports"] == ["usb"]
    pool.aws.delete_web_authn_credential(AccessToken=token, CredentialId=entry["CredentialId"])
    assert list_passkeys(pool, token) == []
    assert ask(pool)["ChallengeName"] == "SELECT_CHALLENGE"
    with expect_error("ResourceNotFoundException"):
        pool.aws.delete_web_authn_credential(AccessToken=token, CredentialId=entry["CredentialId"])


def test_passkey_is_offered_only_to_a_user_who_has_one(pool: PoolUnderTest) -> None:
    pool.create_user("bob")
    register(pool, touched_key())

    assert ask(pool, "bob")["ChallengeName"] == "SELECT_CHALLENGE"
    choice = pool.initiate("USER_AUTH", USERNAME="bob")
    assert "WEB_AUTHN" not in choice["AvailableChallenges"]
    with expect_error("InvalidParameterException"):
        pool.answer(choice, "bob", ANSWER="WEB_AUTHN")
    choice = pool.initiate("USER_AUTH", USERNAME="ann")
    assert pool.answer(choice, ANSWER="WEB_AUTHN")["ChallengeName"] == "WEB_AUTHN"


def test_options_are_those_of_cognito(pool: PoolUnderTest) -> None:
    key = touched_key()
    options = start(pool, pool.get_access_token())
    assert options["rp"] == {"id": SITE, "name": SITE}
    assert options["user"]["displayName"] == ""
    assert options["pubKeyCredParams"] == [
        {"type": "public-key", "alg": -7},
        {"type": "public-key", "alg": -257},
    ]
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert len(decode(options["challenge"])) == 16
    register(pool, key)
    request = options_of(ask(pool))

    assert request["rpId"] == SITE
    assert request["userVerification"] == "preferred"
    assert request["allowCredentials"] == [
        {"type": "public-key", "id": encode(key.credentials[0].id), "transports": ["usb"]}
    ]
    assert request["challenge"] != options_of(ask(pool))["challenge"]


def test_registered_passkeys_are_excluded(pool: PoolUnderTest) -> None:
    key = touched_key()
    token = register(pool, key)
    (excluded,) = start(pool, token)["excludeCredentials"]

    assert decode(excluded["id"]) == key.credentials[0].id


def test_get_user_auth_factors_lists_a_passkey(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    assert pool.aws.get_user_auth_factors(AccessToken=token)["ConfiguredUserAuthFactors"] == ["PASSWORD"]
    register(pool, touched_key())

    factors = pool.aws.get_user_auth_factors(AccessToken=token)["ConfiguredUserAuthFactors"]
    assert factors == ["PASSWORD", "WEB_AUTHN"]


def test_passkeys_outlive_a_snapshot(own_pool: MakePool) -> None:
    pool = own_pool(Policies=PASSKEYS, mfa=configuration())
    pool.create_user()
    register(pool, touched_key())
    state = pool.server.state
    copy = State(state.region, state.clock, state.issuer)
    restore_snapshot(copy, json.loads(json.dumps(take_snapshot(state))))

    assert copy.pools[pool.pool_id].users["ann"].passkeys == state.pools[pool.pool_id].users["ann"].passkeys


# Registration


def test_pool_without_passkeys_registers_none(make_pool: MakePool) -> None:
    for settings, code in (
        ({"mfa": configuration()}, "WebAuthnNotEnabledException"),
        ({"Policies": PASSKEYS}, "WebAuthnConfigurationMissingException"),
    ):
        pool = make_pool(**settings)
        pool.create_user()
        with expect_error(code):
            start(pool, pool.get_access_token())


def test_relying_party_is_the_domain_unless_it_is_configured(make_pool: MakePool) -> None:
    pool = make_pool(Policies=PASSKEYS)
    pool.create_user()
    token = pool.get_access_token()
    prefix = f"passkeys-{pool.pool_id[-9:].lower()}"
    pool.aws.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=prefix)
    assert start(pool, token)["rp"]["id"] == f"{prefix}.auth.eu-west-1.amazoncognito.com"

    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **configuration())
    assert start(pool, token)["rp"]["id"] == SITE


def test_challenge_is_for_one_registration(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    credential = credential_for(start(pool, token), touched_key())
    complete(pool, token, credential)

    with expect_error("WebAuthnChallengeNotFoundException"):
        complete(pool, token, credential)


def test_challenge_of_a_registration_expires(own_pool: MakePool) -> None:
    pool = own_pool(Policies=PASSKEYS, mfa=configuration())
    pool.create_user()
    token = pool.get_access_token()
    credential = credential_for(start(pool, token), touched_key())
    pool.server.clock.advance(300)

    with expect_error("WebAuthnChallengeNotFoundException"):
        complete(pool, token, credential)


def test_registration_belongs_to_its_app_client(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    credential = credential_for(start(pool, token), touched_key())
    other = pool.aws.create_user_pool_client(
        UserPoolId=pool.pool_id, ClientName="other", ExplicitAuthFlows=ALL_FLOWS
    )["UserPoolClient"]["ClientId"]
    elsewhere = PoolUnderTest(pool.server, pool.aws, pool.pool_id, other)

    with expect_error("WebAuthnClientMismatchException"):
        complete(pool, elsewhere.get_access_token(), credential)


def with_client_data(credential: Reply, **changes: Any) -> Reply:
    data = {**json.loads(decode(credential["response"]["clientDataJSON"])), **changes}
    response = {**credential["response"], "clientDataJSON": encode(json.dumps(data).encode())}
    return {**credential, "response": response}


def without(credential: Reply, member: str) -> Reply:
    response = {name: value for name, value in credential["response"].items() if name != member}
    return {**credential, "response": response}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda c: with_client_data(c, origin="https://evil.example"), "WebAuthnOriginNotAllowedException"),
        (
            lambda c: with_client_data(c, origin=f"http://{SITE}"),
            "WebAuthnOriginNotAllowedException",
        ),
        (lambda c: with_client_data(c, origin=7), "WebAuthnOriginNotAllowedException"),
        (lambda c: with_client_data(c, origin="https://[x"), "WebAuthnOriginNotAllowedException"),
        (lambda c: with_client_data(c, type="webauthn.get"), "InvalidParameterException"),
        (lambda c: with_client_data(c, challenge=encode(bytes(16))), "InvalidParameterException"),
        (lambda c: without(c, "transports"), "InvalidParameterException"),
        (lambda c: without(c, "attestationObject"), "InvalidParameterException"),
        (lambda c: {}, "InvalidParameterException"),
        (lambda c: {**c, "rawId": "*"}, "InvalidParameterException"),
        (lambda c: {**c, "response": []}, "InvalidParameterException"),
    ],
)
def test_credential_that_does_not_fit_is_rejected(
    pool: PoolUnderTest, change: Callable[[Reply], Reply], code: str
) -> None:
    token = pool.get_access_token()
    credential = credential_for(start(pool, token), touched_key())

    with expect_error(code):
        complete(pool, token, change(credential))
    assert list_passkeys(pool, token) == []


def test_refusal_of_a_credential_without_transports_reads_as_cognitos(pool: PoolUnderTest) -> None:
    """The text of aws/aws-sdk-net#4386."""
    token = pool.get_access_token()
    credential = without(credential_for(start(pool, token), touched_key()), "transports")

    with expect_error("InvalidParameterException", "Credential data is not valid"):
        complete(pool, token, credential)


def test_credential_of_another_relying_party_is_rejected(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    options = start(pool, token)
    other = {**options, "rp": {"id": "auth.example.org", "name": "other"}}
    credential = credential_for(other, touched_key(), "auth.example.org")

    with expect_error("WebAuthnRelyingPartyMismatchException"):
        complete(pool, token, with_client_data(credential, origin=f"https://{SITE}"))


def test_required_user_verification_needs_a_pin(make_pool: MakePool) -> None:
    pool = make_pool(Policies=PASSKEYS, mfa=configuration(UserVerification="required"))
    pool.create_user()
    token = pool.get_access_token()
    options = start(pool, token)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    weak = {**options, "authenticatorSelection": {"userVerification": "discouraged"}}

    with expect_error("InvalidParameterException"):
        complete(pool, token, credential_for(weak, touched_key()))
    key = touched_key(PIN)
    register(pool, key)
    reply = ask(pool)
    assert options_of(reply)["userVerification"] == "required"
    key.pin = None
    with expect_error("NotAuthorizedException"):
        pool.answer(reply, CREDENTIAL=assertion(reply, key, userVerification="discouraged"))
    key.pin = PIN
    assert "AuthenticationResult" in pool.answer(reply, CREDENTIAL=assertion(reply, key))


def test_user_has_at_most_twenty_passkeys(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    for _ in range(20):
        register(pool, touched_key())
    page = pool.aws.list_web_authn_credentials(AccessToken=token, MaxResults=15)
    rest = pool.aws.list_web_authn_credentials(AccessToken=token, NextToken=page["NextToken"])

    assert (len(page["Credentials"]), len(rest["Credentials"])) == (15, 5)
    with expect_error("LimitExceededException"):
        start(pool, token)


@pytest.mark.parametrize("operation", ["start_web_authn_registration", "list_web_authn_credentials"])
def test_access_token_is_needed(pool: PoolUnderTest, operation: str) -> None:
    with expect_error("NotAuthorizedException"):
        getattr(pool.aws, operation)(AccessToken="not.a.token")


# Sign-in


def changed(credential: str, change: Callable[[Reply], Any]) -> str:
    answer = json.loads(credential)
    change(answer)
    return json.dumps(answer)


def replace_signature(answer: Reply) -> None:
    answer["response"]["signature"] = encode(sha256(b"other"))


def replace_id(answer: Reply) -> None:
    answer["id"] = answer["rawId"] = encode(bytes(32))


def replace_origin(answer: Reply) -> None:
    data = json.loads(decode(answer["response"]["clientDataJSON"]))
    answer["response"]["clientDataJSON"] = encode(json.dumps({**data, "origin": "https://a.b"}).encode())


@pytest.mark.parametrize("change", [replace_signature, replace_id, replace_origin])
def test_assertion_that_is_not_the_users_is_rejected(
    pool: PoolUnderTest, change: Callable[[Reply], Any]
) -> None:
    key = touched_key()
    register(pool, key)
    reply = ask(pool)

    with expect_error("NotAuthorizedException"):
        pool.answer(reply, CREDENTIAL=changed(assertion(reply, key), change))
    assert "AuthenticationResult" in pool.answer(reply, CREDENTIAL=assertion(reply, key))


def test_assertion_is_for_one_challenge(pool: PoolUnderTest) -> None:
    key = touched_key()
    register(pool, key)
    former = ask(pool)
    credential = assertion(former, key)

    with expect_error("NotAuthorizedException"):
        pool.answer(ask(pool), CREDENTIAL=credential)
    assert "AuthenticationResult" in pool.answer(former, CREDENTIAL=credential)
    with expect_error("NotAuthorizedException"):
        pool.answer(former, CREDENTIAL=credential)


def test_passkey_of_another_user_is_rejected(pool: PoolUnderTest) -> None:
    pool.create_user("bob")
    key, other = touched_key(), touched_key()
    register(pool, key)
    register(pool, other, "bob")
    reply = ask(pool)
    credential = assertion(reply, other, allowCredentials=[])

    with expect_error("NotAuthorizedException"):
        pool.answer(reply, CREDENTIAL=credential)


@pytest.mark.parametrize("credential", ["{}", "[]", "not JSON", '{"id": "x", "rawId": 7}', "[" * 10_000])
def test_answer_that_is_no_assertion_is_rejected(pool: PoolUnderTest, credential: str) -> None:
    register(pool, touched_key())
    reply = ask(pool)

    with expect_error("InvalidParameterException"):
        pool.answer(reply, CREDENTIAL=credential)
    with expect_error("InvalidParameterException"):
        pool.answer(reply)


def test_copy_of_a_key_is_rejected_by_its_counter(pool: PoolUnderTest) -> None:
    key = touched_key()
    register(pool, key)
    for _ in range(2):
        reply = ask(pool)
        pool.answer(reply, CREDENTIAL=assertion(reply, key))
    key.credentials[0].counter = 1
    reply = ask(pool)

    with expect_error("NotAuthorizedException"):
        pool.answer(reply, CREDENTIAL=assertion(reply, key))


def test_passkey_of_a_former_relying_party_is_not_offered(pool: PoolUnderTest) -> None:
    register(pool, touched_key())
    pool.aws.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, WebAuthnConfiguration={"RelyingPartyId": "auth.example.org"}
    )

    assert ask(pool)["ChallengeName"] == "SELECT_CHALLENGE"


# Second factors


def mfa(configured: str, factor: str | None) -> dict[str, Any]:
    more = {"FactorConfiguration": factor} if factor else {}
    return {
        "MfaConfiguration": configured,
        "SmsMfaConfiguration": SMS,
        "SoftwareTokenMfaConfiguration": TOTP,
        **configuration(**more),
    }


def test_required_mfa_needs_passkeys_that_count_as_it(make_pool: MakePool) -> None:
    pool = make_pool(Policies=PASSKEYS, mfa=mfa("OPTIONAL", None))
    text = (
        "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an "
        "allowed first auth factor"
    )
    for factor in (None, "SINGLE_FACTOR"):
        with expect_error("InvalidParameterException", text):
            pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **mfa("ON", factor))
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **mfa("ON", MULTI_FACTOR))
    other = make_pool(mfa=mfa("ON", None))
    with expect_error(
        "InvalidParameterException",
        "WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA.",
    ):
        other.aws.update_user_pool(UserPoolId=other.pool_id, Policies=PASSKEYS)


def test_passkey_with_a_pin_is_the_mfa_of_a_pool_that_requires_it(make_pool: MakePool) -> None:
    pool = make_pool(Policies=PASSKEYS, mfa=mfa("OPTIONAL", MULTI_FACTOR))
    pool.create_user_with_phone()
    key = touched_key(PIN)
    register(pool, key)
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, MfaConfiguration="ON")
    assert pool.password_sign_in()["ChallengeName"] == "SMS_MFA"
    reply = ask(pool)

    assert options_of(reply)["userVerification"] == "required"
    assert "AuthenticationResult" in pool.answer(reply, CREDENTIAL=assertion(reply, key))


@pytest.mark.parametrize("factor", [None, "SINGLE_FACTOR", MULTI_FACTOR])
def test_user_with_mfa_needs_to_turn_passkey_mfa_on(make_pool: MakePool, factor: str | None) -> None:
    pool = make_pool(Policies=PASSKEYS, mfa=mfa("OPTIONAL", factor))
    pool.create_user_with_phone()
    key = touched_key(PIN)
    token = register(pool, key)
    assert ask(pool)["ChallengeName"] == "WEB_AUTHN"
    pool.set_mfa_preference(SMSMfaSettings=PREFERRED)
    assert ask(pool)["ChallengeName"] == "SELECT_CHALLENGE"

    enable = {"WebAuthnMfaSettings": {"Enabled": True}}
    if factor != MULTI_FACTOR:
        with expect_error("InvalidParameterException"):
            pool.aws.set_user_mfa_preference(AccessToken=token, **enable)
        return
    pool.aws.set_user_mfa_preference(AccessToken=token, **enable)
    reply = ask(pool)
    assert "AuthenticationResult" in pool.answer(reply, CREDENTIAL=assertion(reply, key))
    assert pool.password_sign_in()["ChallengeName"] == "SMS_MFA", "the password needs a second factor still"


def test_passkey_mfa_needs_a_passkey_and_another_method(make_pool: MakePool) -> None:
    pool = make_pool(Policies=PASSKEYS, mfa=mfa("OPTIONAL", MULTI_FACTOR))
    pool.create_user_with_phone()
    token = pool.get_access_token()
    enable = {"WebAuthnMfaSettings": {"Enabled": True}}
    with expect_error("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings=PREFERRED, **enable)
    register(pool, touched_key(PIN))
    with expect_error("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(AccessToken=token, **enable)
    pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings=PREFERRED, **enable)

    with expect_error("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(AccessToken=token, SMSMfaSettings={"Enabled": False})
