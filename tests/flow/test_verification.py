"""After Done: an address that isn't verified can be verified, in both front ends."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from tests.flow.conftest import CLIENT, POOL, DrivenFlow, flow_with
from tests.plain.typist import Typist
from tests.scripted_gateway import Reply, tokens
from tui_auth.auth.account import find_unverified_contact
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.flow import messages
from tui_auth.flow.outputs import AskContactCode, AskToVerify, ShowNotice
from tui_auth.plain.sign_in import ask_to_verify
from tui_auth.secret import Secret

UNVERIFIED = {"email": "ann@example.org", "email_verified": False}
SENT = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}}
WRONG_CODE = error_from_response("CodeMismatchException", "")
LIMIT = error_from_response("LimitExceededException", "")


def signed_in(**claims: object) -> dict[str, Any]:
    """Return tokens whose ID token has these claims."""
    reply = tokens(POOL, CLIENT)
    issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
    common = {"sub": "sub-1", "iss": issuer, "exp": time.time() + 3600, "aud": CLIENT, "token_use": "id"}
    id_token = jwt.encode({**common, "cognito:username": "ann", **claims}, "k" * 32)
    return {"AuthenticationResult": {**reply["AuthenticationResult"], "IdToken": id_token}}


def at_done(*replies: Reply, **claims: object) -> DrivenFlow:
    """Return a flow at Done."""
    flow = flow_with(signed_in(**claims), *replies)
    flow.sign_in_as_ann()
    assert flow.done is not None
    return flow


@pytest.mark.parametrize(
    ("claims", "contact"),
    [
        (UNVERIFIED, ("email", "ann@example.org")),
        ({"email": "a@b", "email_verified": "false"}, ("email", "a@b")),
        ({"phone_number": "+1555", "phone_number_verified": False}, ("phone_number", "+1555")),
        ({"email": "a@b", "email_verified": True}, None),
        ({"email": "a@b"}, None),
        ({"email_verified": False}, None),
        ({}, None),
    ],
)
def test_unverified_address_is_found_in_the_id_token(claims: dict[str, object], contact: object) -> None:
    token = Secret(jwt.encode(claims, "k" * 32))
    assert find_unverified_contact(token) == contact


def test_address_is_verified_with_the_code_that_was_sent() -> None:
    flow = at_done(SENT, {}, **UNVERIFIED)
    assert flow.offer_verification() == AskToVerify("email", "ann@example.org")
    assert isinstance(flow.run(flow.request_contact_code()), AskContactCode)
    output = flow.run(flow.verify_contact(Secret("123456")))
    assert output == ShowNotice("Your email address is verified.")
    assert flow.operations[1:] == ["GetUserAttributeVerificationCode", "VerifyUserAttribute"]
    sent = flow.gateway.calls[-1][1]
    assert (sent["AttributeName"], sent["Code"]) == ("email", Secret("123456"))


def test_verification_is_offered_once_for_each_user() -> None:
    flow = flow_with(signed_in(**UNVERIFIED), signed_in(**UNVERIFIED))
    for offer in (AskToVerify("email", "ann@example.org"), None):
        flow.sign_in_as_ann()
        assert flow.offer_verification() == offer
        assert flow.offer_verification() is None
        flow.leave()


def test_verification_is_not_offered_to_a_program_that_waits_for_a_token() -> None:
    flow = flow_with(signed_in(**UNVERIFIED), leaves_when_done=True)
    flow.sign_in_as_ann()
    assert flow.offer_verification() is None


def test_wrong_code_is_asked_for_again_and_an_impossible_one_is_not_sent() -> None:
    flow = at_done(SENT, WRONG_CODE, **UNVERIFIED)
    flow.offer_verification()
    flow.run(flow.request_contact_code())
    impossible = flow.run(flow.verify_contact(Secret("zz")))
    assert isinstance(impossible, AskContactCode)
    assert impossible.error is not None
    assert flow.operations[-1] == "GetUserAttributeVerificationCode"
    wrong = flow.run(flow.verify_contact(Secret("123456")))
    assert isinstance(wrong, AskContactCode)
    assert wrong.error is not None


def test_code_that_cannot_be_sent_is_reported() -> None:
    flow = at_done(LIMIT, **UNVERIFIED)
    flow.offer_verification()
    output = flow.run(flow.request_contact_code())
    assert isinstance(output, ShowNotice)
    assert output.is_error
    assert output.text.startswith("Your email address isn't verified.")


class TestLinePrompts:
    def ask(self, *replies: Reply, typed: tuple[str, ...], **claims: object) -> tuple[Typist, DrivenFlow]:
        flow, lines = at_done(*replies, **claims), Typist(*typed)
        ask_to_verify(flow, lines)
        return lines, flow

    def test_address_is_verified(self) -> None:
        lines, _ = self.ask(SENT, WRONG_CODE, {}, typed=("2", "111111", "123456"), **UNVERIFIED)
        assert lines.printed == [
            "Your email address ann@example.org isn't verified. Verify it now?",
            "1 Not now",
            "2 Send a code",
            "Code sent by email to a***@e***.",
            f"Error: {WRONG_CODE}",
            "Your email address is verified.",
        ]

    @pytest.mark.parametrize("typed", [("1",), ("/back",), ()])
    def test_verification_can_be_skipped(self, typed: tuple[str, ...]) -> None:
        _, flow = self.ask(typed=typed, **UNVERIFIED)
        assert flow.operations == ["InitiateAuth"]

    def test_nothing_is_asked_if_the_address_is_verified(self) -> None:
        lines, _ = self.ask(typed=(), email="a@b", email_verified=True)
        assert (lines.printed, lines.prompts) == ([], [])


def test_hostile_address_is_made_safe() -> None:
    text = messages.format_verification_offer("email", "a\x1b]0;x\x07@b")
    assert "\x1b" not in text
