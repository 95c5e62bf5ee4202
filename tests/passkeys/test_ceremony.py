"""A security key makes what Cognito takes, and each problem has its name."""

from __future__ import annotations

import base64
import json
import threading
from typing import Any

import pytest
from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client, UserInteraction
from fido2.ctap import CtapError
from fido2.ctap2.base import Ctap2
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialRequestOptions,
    PublicKeyCredentialRpEntity,
)

from tests.passkeys.people import PIN, SITE, TRUSTED, Someone, touched_key
from tui_auth.auth import passkey_request
from tui_auth.demo.software_key import SoftwareKey
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.errors import PasskeyError
from tui_auth.passkeys import ceremony
from tui_auth.passkeys.ceremony import make_assertion, make_credential, request_options
from tui_auth.passkeys.problems import TEXTS, pin_error
from tui_auth.passkeys.relying_party import RelyingParty
from tui_auth.secret import Secret

CHALLENGE = base64.urlsafe_b64encode(b"0123456789abcdef").rstrip(b"=").decode()


def creation(**members: Any) -> dict[str, Any]:
    """Return CredentialCreationOptions as Cognito sends them."""
    return {
        "rp": {"id": SITE, "name": SITE},
        "user": {"id": "dXNlcg", "name": "ann", "displayName": ""},
        "challenge": CHALLENGE,
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
        "timeout": 60000,
        "excludeCredentials": [],
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": "preferred",
        },
        **members,
    }


def request(**members: Any) -> str:
    """Return CREDENTIAL_REQUEST_OPTIONS as Cognito sends them."""
    options = {"challenge": CHALLENGE, "rpId": SITE, "timeout": 180000, "userVerification": "preferred"}
    return json.dumps({**options, **members})


def verified(**members: Any) -> dict[str, Any]:
    return creation(authenticatorSelection={"residentKey": "required", "userVerification": "required"})


@pytest.fixture
def key() -> SoftwareKey:
    """Return a key without a PIN that has a passkey."""
    key = touched_key()
    make_credential(key, creation(), TRUSTED, Someone())
    return key


@pytest.fixture
def key_with_pin() -> SoftwareKey:
    key = touched_key(PIN)
    make_credential(key, creation(), TRUSTED, Someone(pins=[PIN]))
    return key


def problem_of(work: Any) -> PasskeyProblem:
    """Return the problem of a ceremony that fails, and check that its error tells what to do."""
    with pytest.raises(PasskeyError) as caught:
        work()
    assert (caught.value.message, caught.value.recovery_suggestion) == TEXTS[caught.value.problem]
    assert caught.value.__context__ is caught.value.__cause__ is None
    return caught.value.problem


# What Cognito takes


def test_assertion_is_the_json_that_browsers_send(key: SoftwareKey) -> None:
    answer = json.loads(make_assertion(key, request(), TRUSTED, Someone()).reveal())

    assert set(answer) == {
        "id",
        "rawId",
        "type",
        "authenticatorAttachment",
        "clientExtensionResults",
        "response",
    }
    assert answer["clientExtensionResults"] == {}
    assert set(answer["response"]) == {"clientDataJSON", "authenticatorData", "signature", "userHandle"}
    server = Fido2Server(PublicKeyCredentialRpEntity(id=SITE, name=SITE))
    state = {"challenge": CHALLENGE, "user_verification": None}
    data = AttestedCredentialData(key.credentials[0].attested)
    assert server.authenticate_complete(state, [data], answer) == data


def test_credential_has_its_transports() -> None:
    credential = make_credential(touched_key(), creation(), TRUSTED, Someone())

    assert credential["response"]["transports"] == ["usb"]
    assert credential["authenticatorAttachment"] == "cross-platform"
    assert json.loads(json.dumps(credential)) == credential


def test_origin_is_the_relying_party(key: SoftwareKey) -> None:
    answer = json.loads(make_assertion(key, request(), TRUSTED, Someone()).reveal())
    encoded = answer["response"]["clientDataJSON"]
    client_data = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))

    assert client_data["origin"] == f"https://{SITE}"
    assert client_data["type"] == "webauthn.get"
    assert RelyingParty("localhost").origin == "http://localhost"


def test_fido2_alone_sends_an_empty_display_name_as_a_list_which_a_key_rejects() -> None:
    """The correction is needed: if this fails, fido2 no longer needs it."""
    client = Fido2Client(touched_key(), DefaultClientDataCollector(f"https://{SITE}"), UserInteraction())
    options = creation(authenticatorSelection={"residentKey": "required", "userVerification": "discouraged"})
    with pytest.raises(ClientError) as caught:
        client.make_credential(PublicKeyCredentialCreationOptions.from_dict(options))

    assert caught.value.cause.code == CtapError.ERR.CBOR_UNEXPECTED_TYPE
    assert make_credential(touched_key(), options, TRUSTED, Someone())


def test_fido2_alone_rejects_preferred_verification_for_a_key_without_a_pin(key: SoftwareKey) -> None:
    """The correction is needed: if this fails, fido2 no longer needs it."""
    client = Fido2Client(key, DefaultClientDataCollector(f"https://{SITE}"), UserInteraction())
    with pytest.raises(ClientError) as caught:
        client.get_assertion(PublicKeyCredentialRequestOptions.from_dict(json.loads(request())))

    assert caught.value.code == ClientError.ERR.CONFIGURATION_UNSUPPORTED
    assert make_assertion(key, request(), TRUSTED, Someone())


def test_empty_list_of_credentials_means_any_credential(key: SoftwareKey) -> None:
    info = Ctap2(key).info

    assert request_options(json.loads(request(allowCredentials=[])), info).allow_credentials is None
    assert make_assertion(key, request(allowCredentials=[]), TRUSTED, Someone())


def test_extensions_and_attestation_of_the_pool_are_left_out(key: SoftwareKey) -> None:
    extensions = {"prf": {"eval": {"first": CHALLENGE}}, "largeBlob": {"read": True}}
    info = Ctap2(key).info

    assert request_options(json.loads(request(extensions=extensions)), info).extensions is None
    options = ceremony.creation_options(creation(extensions=extensions, attestation="enterprise"), info)
    assert (options.extensions, options.attestation) == (None, None)


def test_preferred_verification_uses_the_pin_of_a_key_that_has_one(key_with_pin: SoftwareKey) -> None:
    someone = Someone(pins=[PIN])
    answer = json.loads(make_assertion(key_with_pin, request(), TRUSTED, someone).reveal())
    encoded = answer["response"]["authenticatorData"]

    assert someone.asked == [(8, False)]
    assert base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))[32] & 4, "the user is verified"


@pytest.mark.parametrize("versions", [("FIDO_2_0",), ("FIDO_2_0", "FIDO_2_1")])
@pytest.mark.parametrize("protocol", [1, 2])
def test_both_pin_protocols_work(versions: tuple[str, ...], protocol: int) -> None:
    key = touched_key(PIN, versions=versions, pin_protocols=(protocol,))
    make_credential(key, verified(), TRUSTED, Someone(pins=[PIN]))

    assert make_assertion(key, request(userVerification="required"), TRUSTED, Someone(pins=[PIN]))


def test_pin_is_compared_in_composed_form() -> None:
    key = touched_key("pässword")
    assert make_credential(key, verified(), TRUSTED, Someone(pins=["pa\u0308ssword"]))


# Problems


def test_wrong_pin_is_asked_again_with_the_tries_left(key_with_pin: SoftwareKey) -> None:
    someone = Someone(pins=["0000", "1111", PIN])

    assert make_assertion(key_with_pin, request(), TRUSTED, someone)
    assert someone.asked == [(8, False), (7, True), (6, True)]
    assert key_with_pin.pin_retries == 8


def test_three_wrong_pins_need_the_key_to_be_plugged_in_again(key_with_pin: SoftwareKey) -> None:
    someone = Someone(pins=["0000", "1111", "2222", PIN])

    def work() -> Secret:
        return make_assertion(key_with_pin, request(), TRUSTED, someone)

    assert problem_of(work) is PasskeyProblem.PIN_REPLUG
    assert len(someone.pins) == 1, "the fourth was not tried"
    key_with_pin.plug_in()
    assert work()


def test_blocked_pin_is_never_asked_for(key_with_pin: SoftwareKey) -> None:
    key_with_pin.pin_retries = 0
    someone = Someone(pins=[PIN])

    assert problem_of(lambda: make_assertion(key_with_pin, request(), TRUSTED, someone)) is (
        PasskeyProblem.PIN_BLOCKED
    )
    assert not someone.asked


def test_last_try_that_is_wrong_blocks_the_key(key_with_pin: SoftwareKey) -> None:
    key_with_pin.pin_retries = 1
    someone = Someone(pins=["0000"])

    assert problem_of(lambda: make_assertion(key_with_pin, request(), TRUSTED, someone)) is (
        PasskeyProblem.PIN_BLOCKED
    )


def test_leaving_the_pin_gives_up(key_with_pin: SoftwareKey) -> None:
    assert problem_of(lambda: make_assertion(key_with_pin, request(), TRUSTED, Someone())) is (
        PasskeyProblem.CANCELED
    )


def test_required_verification_needs_a_key_with_a_pin(key: SoftwareKey) -> None:
    options = request(userVerification="required")

    assert problem_of(lambda: make_assertion(key, options, TRUSTED, Someone())) is PasskeyProblem.PIN_NOT_SET
    assert problem_of(lambda: make_credential(key, verified(), TRUSTED, Someone())) is (
        PasskeyProblem.PIN_NOT_SET
    )


def test_key_without_a_passkey_of_the_pool() -> None:
    assert problem_of(lambda: make_assertion(touched_key(), request(), TRUSTED, Someone())) is (
        PasskeyProblem.NO_CREDENTIAL
    )


def test_key_that_is_registered_already(key: SoftwareKey) -> None:
    entry = {"type": "public-key", "id": base64.urlsafe_b64encode(key.credentials[0].id).decode()}

    assert problem_of(
        lambda: make_credential(key, creation(excludeCredentials=[entry]), TRUSTED, Someone())
    ) is (PasskeyProblem.ALREADY_REGISTERED)


def test_key_that_is_full() -> None:
    key = touched_key(room=0)
    assert problem_of(lambda: make_credential(key, creation(), TRUSTED, Someone())) is PasskeyProblem.KEY_FULL


def test_key_from_before_passkeys() -> None:
    key = touched_key(is_u2f_only=True)

    assert problem_of(lambda: make_credential(key, creation(), TRUSTED, Someone())) is (
        PasskeyProblem.KEY_TOO_OLD
    )
    assert problem_of(lambda: make_assertion(key, request(), TRUSTED, Someone())) is (
        PasskeyProblem.KEY_TOO_OLD
    )


def test_touch_is_asked_for_and_awaited(key: SoftwareKey) -> None:
    key.always_touched = False
    someone = Someone(key)

    assert make_assertion(key, request(), TRUSTED, someone)
    assert someone.touches == 1
    assert not key.touch(), "a key that doesn't wait ignores a touch"


def test_key_that_is_not_touched(key: SoftwareKey) -> None:
    key.always_touched, key.touch_seconds = False, 0.02
    assert problem_of(lambda: make_assertion(key, request(), TRUSTED, Someone())) is (
        PasskeyProblem.NOT_TOUCHED
    )


def test_giving_up_while_the_key_waits(key: SoftwareKey) -> None:
    key.always_touched, cancel = False, threading.Event()
    someone = Someone(on_touch=cancel.set)

    assert problem_of(lambda: make_assertion(key, request(), TRUSTED, someone, cancel)) is (
        PasskeyProblem.CANCELED
    )


def test_time_that_the_pool_allows_is_over(key: SoftwareKey, monkeypatch: pytest.MonkeyPatch) -> None:
    key.always_touched, cancel = False, threading.Event()
    monkeypatch.setattr(passkey_request, "_TIMEOUT_RANGE", (0.02, 0.02))

    assert problem_of(lambda: make_assertion(key, request(), TRUSTED, Someone(), cancel)) is (
        PasskeyProblem.TIMED_OUT
    )
    assert not cancel.is_set(), "the caller may want another try with it"


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        (60000, 60.0),
        (1, 10.0),
        (-5, 10.0),
        (10**12, 600.0),
        (10**400, 600.0),  # no float
        (float("inf"), 600.0),
        (float("nan"), 180.0),
        ("soon", 180.0),
        (None, 180.0),
        (True, 180.0),
    ],
)
def test_timeout_of_the_pool_is_taken_within_reason(sent: object, seconds: float) -> None:
    assert passkey_request.timeout_seconds(request(timeout=sent)) == seconds


def test_key_that_is_taken_out(key: SoftwareKey) -> None:
    key.always_touched = False
    someone = Someone(on_touch=key.unplug)

    assert problem_of(lambda: make_assertion(key, request(), TRUSTED, someone)) is PasskeyProblem.KEY_REMOVED
    assert problem_of(lambda: make_assertion(key, request(), TRUSTED, someone)) is PasskeyProblem.KEY_REMOVED


@pytest.mark.parametrize(
    "options",
    [
        "",
        "[]",
        "{",
        request(challenge=None),
        request(challenge=7),
        request(challenge=""),
        request(challenge="*"),
        request(allowCredentials=[{"type": "public-key"}]),
        request(allowCredentials=[{"type": "public-key", "id": 16}]),
    ],
)
def test_request_that_no_key_can_use(key: SoftwareKey, options: str) -> None:
    assert problem_of(lambda: make_assertion(key, options, TRUSTED, Someone())) is PasskeyProblem.BAD_REQUEST


@pytest.mark.parametrize(
    "options",
    [
        creation(user=None),
        creation(user={"id": "*", "name": "ann"}),
        creation(user={"id": 16, "name": "ann"}),
        creation(user={"id": "\ud800", "name": "\ud800"}),
        creation(pubKeyCredParams="none"),
        creation(challenge=None),
    ],
)
def test_registration_that_no_key_can_use(options: dict[str, Any]) -> None:
    assert problem_of(lambda: make_credential(touched_key(), options, TRUSTED, Someone())) is (
        PasskeyProblem.BAD_REQUEST
    )


@pytest.mark.parametrize("other", ["example.com", "evil.example.com", "bank.example", "", None])
def test_request_for_another_relying_party_is_never_signed(key: SoftwareKey, other: str | None) -> None:
    counter = key.credentials[0].counter

    assert problem_of(lambda: make_assertion(key, request(rpId=other), TRUSTED, Someone())) in (
        PasskeyProblem.RELYING_PARTY_REJECTED,
        PasskeyProblem.BAD_REQUEST,
    )
    assert problem_of(lambda: make_credential(key, creation(rp={"id": other}), TRUSTED, Someone())) in (
        PasskeyProblem.RELYING_PARTY_REJECTED,
        PasskeyProblem.BAD_REQUEST,
    )
    assert key.credentials[0].counter == counter
    assert len(key.credentials) == 1


def test_every_problem_has_a_text_and_a_way_out() -> None:
    assert set(TEXTS) == set(PasskeyProblem)
    assert all(message and suggestion for message, suggestion in TEXTS.values())


@pytest.mark.parametrize(("pin", "is_possible"), [("123", False), ("1234", True), ("x" * 63, True)])
def test_text_that_can_be_no_pin_costs_no_try(pin: str, is_possible: bool) -> None:
    assert (pin_error(Secret(pin)) is None) == is_possible
    assert pin_error(Secret("ä" * 32)) is not None, "64 bytes"
