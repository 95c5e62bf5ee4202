"""PreventUserExistenceErrors: with ENABLED nobody learns which names exist."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, PoolUnderTest, refused
from tests.emulator.triggers import LAMBDAS, Triggers
from tui_auth.auth import srp

WRONG = ("NotAuthorizedException", "Incorrect username or password.")
HIDING = {"PreventUserExistenceErrors": "ENABLED"}
ALLOWED = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool(client=HIDING, Policies=ALLOWED)


def test_a_password_for_an_unknown_name_is_wrong(pool: PoolUnderTest) -> None:
    with refused(*WRONG):
        pool.password_sign_in("nobody")


def begin_srp(pool: PoolUnderTest, name: str) -> tuple[int, dict[str, Any]]:
    a = srp.private_value()
    return a, pool.initiate("USER_SRP_AUTH", USERNAME=name, SRP_A=f"{srp.public_value(a):x}")


def test_srp_for_an_unknown_name_fails_only_at_the_proof(pool: PoolUnderTest) -> None:
    a, reply = begin_srp(pool, "nobody")
    assert reply["ChallengeName"] == "PASSWORD_VERIFIER"

    with refused(*WRONG):
        pool.answer(reply, reply["ChallengeParameters"]["USERNAME"], **pool.srp_claim(reply, a))


def test_an_unknown_name_has_the_same_salt_and_uuid_each_time(pool: PoolUnderTest) -> None:
    first, second, third = (
        begin_srp(pool, name)[1]["ChallengeParameters"] for name in ("nobody", "nobody", "noone")
    )

    assert (first["SALT"], first["USERNAME"]) == (second["SALT"], second["USERNAME"])
    assert first["SALT"] != third["SALT"]
    assert first["SRP_B"] != second["SRP_B"]


def test_salts_of_known_and_unknown_names_look_alike(pool: PoolUnderTest) -> None:
    pool.user()
    known, unknown = (begin_srp(pool, name)[1]["ChallengeParameters"] for name in ("ann", "nobody"))

    assert len(known["SALT"]) == len(unknown["SALT"]) == 32


def test_an_unknown_name_is_locked_out_like_a_known_one(pool: PoolUnderTest) -> None:
    for _ in range(5):
        with refused(*WRONG):
            pool.password_sign_in("nobody")

    with refused("NotAuthorizedException", "Password attempts exceeded"):
        pool.password_sign_in("nobody")


def test_an_unknown_name_gets_a_choice_and_a_made_up_code(pool: PoolUnderTest) -> None:
    choice = pool.initiate("USER_AUTH", USERNAME="nobody@example.org")
    assert "EMAIL_OTP" in choice["AvailableChallenges"]
    before = len(pool.server.messages)
    reply = pool.answer(choice, "nobody@example.org", ANSWER="EMAIL_OTP")

    assert reply["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "n***@e***"
    assert len(pool.server.messages) == before
    with refused("CodeMismatchException", "Invalid code or auth state for the user."):
        pool.answer(reply, "nobody@example.org", EMAIL_OTP_CODE="12345678")


def test_even_the_right_code_of_a_made_up_user_gives_nothing(pool: PoolUnderTest) -> None:
    reply = pool.initiate("USER_AUTH", USERNAME="nobody@example.org", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = pool.server.state.challenge_sessions.find(reply["Session"]).code

    with refused("CodeMismatchException"):
        pool.answer(reply, "nobody@example.org", EMAIL_OTP_CODE=str(code))


def test_a_forgotten_password_seems_to_be_on_its_way(pool: PoolUnderTest) -> None:
    before = len(pool.server.messages)
    reply = pool.aws.forgot_password(ClientId=pool.client_id, Username="nobody@example.org")

    assert reply["CodeDeliveryDetails"]["Destination"] == "n***@e***"
    assert len(pool.server.messages) == before


def test_a_disabled_user_looks_like_an_unknown_one_when_recovering(pool: PoolUnderTest) -> None:
    pool.user(email="ann@example.com", email_verified="true")
    pool.admin("admin_disable_user", "ann")
    before = len(pool.server.messages)
    pool.aws.forgot_password(ClientId=pool.client_id, Username="ann")

    assert len(pool.server.messages) == before
    for name in ("ann", "nobody"):
        with refused("CodeMismatchException"):
            pool.aws.confirm_forgot_password(
                ClientId=pool.client_id, Username=name, ConfirmationCode="123456", Password=PASSWORD
            )


def test_a_known_user_who_asked_for_no_code_has_an_expired_one(pool: PoolUnderTest) -> None:
    pool.user(email="ann@example.com", email_verified="true")

    with refused("ExpiredCodeException"):
        pool.aws.confirm_forgot_password(
            ClientId=pool.client_id, Username="ann", ConfirmationCode="123456", Password=PASSWORD
        )


def test_a_confirmation_code_seems_to_be_on_its_way(pool: PoolUnderTest) -> None:
    reply = pool.aws.resend_confirmation_code(ClientId=pool.client_id, Username="nobody@example.org")

    assert reply["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    with refused("ExpiredCodeException"):
        pool.aws.confirm_sign_up(
            ClientId=pool.client_id, Username="nobody@example.org", ConfirmationCode="123456"
        )


def test_triggers_learn_that_a_user_was_not_found_and_cannot_sign_it_in(own_pool: MakePool) -> None:
    pool = own_pool(client=HIDING, LambdaConfig=LAMBDAS)
    pool.server.triggers = triggers = Triggers(rounds=1)
    pool.user()
    pool.initiate("CUSTOM_AUTH", USERNAME="ann")
    reply = pool.initiate("CUSTOM_AUTH", USERNAME="nobody")
    found = [event["request"]["userNotFound"] for event in triggers.of("DefineAuthChallenge")]

    assert found == [False, True]
    with refused(*WRONG):
        pool.answer(reply, "nobody", ANSWER="rex")


def test_nothing_that_was_typed_comes_back_in_clear(pool: PoolUnderTest) -> None:
    reply = pool.aws.forgot_password(ClientId=pool.client_id, Username="nobody@example.org")

    assert "nobody@example.org" not in json.dumps(reply["CodeDeliveryDetails"])


def test_an_unknown_name_is_the_same_in_either_case_where_case_does_not_count(make_pool: MakePool) -> None:
    pool = make_pool(client=HIDING, UsernameConfiguration={"CaseSensitive": False})
    small, large = (begin_srp(pool, name)[1]["ChallengeParameters"]["SALT"] for name in ("zed", "ZED"))
    assert small == large


def test_a_made_up_phone_number_has_digits_and_nothing_that_was_typed(make_pool: MakePool) -> None:
    sms = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "SMS_OTP"]}}
    pool = make_pool(client=HIDING, Policies=sms)
    reply = pool.initiate("USER_AUTH", USERNAME="bob", PREFERRED_CHALLENGE="SMS_OTP")
    destination = reply["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"]
    assert re.fullmatch(r"\+\*{7}\d{4}", destination)


def test_a_user_deleted_before_the_proof_gets_no_tokens(pool: PoolUnderTest) -> None:
    pool.user()
    a, reply = begin_srp(pool, "ann")
    pool.admin("admin_delete_user", "ann")
    with refused(*WRONG):
        pool.answer(reply, **pool.srp_claim(reply, a))
