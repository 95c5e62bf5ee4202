"""PreventUserExistenceErrors: if ENABLED, no reply reveals which user names exist."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, PoolUnderTest, expect_error
from tests.emulator.triggers import LAMBDAS, Triggers
from tui_auth.auth import srp

WRONG = ("NotAuthorizedException", "Incorrect username or password.")
HIDING = {"PreventUserExistenceErrors": "ENABLED"}
ALLOWED = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool(client=HIDING, Policies=ALLOWED)


def test_password_for_an_unknown_name_is_wrong(pool: PoolUnderTest) -> None:
    with expect_error(*WRONG):
        pool.password_sign_in("unknown")


def start_srp_sign_in(pool: PoolUnderTest, name: str) -> tuple[int, dict[str, Any]]:
    a = srp.private_value()
    return a, pool.initiate("USER_SRP_AUTH", USERNAME=name, SRP_A=f"{srp.public_value(a):x}")


def test_srp_for_an_unknown_name_fails_only_at_the_proof(pool: PoolUnderTest) -> None:
    a, reply = start_srp_sign_in(pool, "unknown")
    assert reply["ChallengeName"] == "PASSWORD_VERIFIER"

    with expect_error(*WRONG):
        pool.answer(reply, reply["ChallengeParameters"]["USERNAME"], **pool.srp_claim(reply, a))


def test_unknown_name_has_the_same_salt_and_uuid_each_time(pool: PoolUnderTest) -> None:
    first, second, third = (
        start_srp_sign_in(pool, name)[1]["ChallengeParameters"] for name in ("unknown", "unknown", "missing")
    )

    assert (first["SALT"], first["USERNAME"]) == (second["SALT"], second["USERNAME"])
    assert first["SALT"] != third["SALT"]
    assert first["SRP_B"] != second["SRP_B"]


def test_salts_of_known_and_unknown_names_look_alike(pool: PoolUnderTest) -> None:
    pool.create_user()
    known_parameters, unknown_parameters = (
        start_srp_sign_in(pool, name)[1]["ChallengeParameters"] for name in ("ann", "unknown")
    )

    assert len(known_parameters["SALT"]) == len(unknown_parameters["SALT"]) == 32


def test_unknown_name_is_locked_out_like_a_known_one(pool: PoolUnderTest) -> None:
    for _ in range(5):
        with expect_error(*WRONG):
            pool.password_sign_in("unknown")

    with expect_error("NotAuthorizedException", "Password attempts exceeded"):
        pool.password_sign_in("unknown")


def test_unknown_name_gets_the_choice_and_a_made_up_code(pool: PoolUnderTest) -> None:
    choice = pool.initiate("USER_AUTH", USERNAME="unknown@example.org")
    assert "EMAIL_OTP" in choice["AvailableChallenges"]
    message_count = len(pool.server.messages)
    reply = pool.answer(choice, "unknown@example.org", ANSWER="EMAIL_OTP")

    assert reply["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "u***@e***"
    assert len(pool.server.messages) == message_count
    with expect_error("CodeMismatchException", "Invalid code or auth state for the user."):
        pool.answer(reply, "unknown@example.org", EMAIL_OTP_CODE="12345678")


def test_even_the_right_code_of_a_made_up_user_is_rejected(pool: PoolUnderTest) -> None:
    reply = pool.initiate("USER_AUTH", USERNAME="unknown@example.org", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = pool.server.state.challenge_sessions.find(reply["Session"]).code

    with expect_error("CodeMismatchException"):
        pool.answer(reply, "unknown@example.org", EMAIL_OTP_CODE=str(code))


def test_forgot_password_for_an_unknown_name_seems_to_send_a_code(pool: PoolUnderTest) -> None:
    message_count = len(pool.server.messages)
    reply = pool.aws.forgot_password(ClientId=pool.client_id, Username="unknown@example.org")

    assert reply["CodeDeliveryDetails"]["Destination"] == "u***@e***"
    assert len(pool.server.messages) == message_count


def test_disabled_user_looks_like_an_unknown_one_when_recovering(pool: PoolUnderTest) -> None:
    pool.create_user(email="ann@example.com", email_verified="true")
    pool.call_admin("admin_disable_user", "ann")
    message_count = len(pool.server.messages)
    pool.aws.forgot_password(ClientId=pool.client_id, Username="ann")

    assert len(pool.server.messages) == message_count
    for name in ("ann", "unknown"):
        with expect_error("CodeMismatchException"):
            pool.aws.confirm_forgot_password(
                ClientId=pool.client_id, Username=name, ConfirmationCode="123456", Password=PASSWORD
            )


def test_known_user_without_a_code_gets_an_expired_code_error(pool: PoolUnderTest) -> None:
    pool.create_user(email="ann@example.com", email_verified="true")

    with expect_error("ExpiredCodeException"):
        pool.aws.confirm_forgot_password(
            ClientId=pool.client_id, Username="ann", ConfirmationCode="123456", Password=PASSWORD
        )


def test_resending_a_code_for_an_unknown_name_seems_to_send_it(pool: PoolUnderTest) -> None:
    reply = pool.aws.resend_confirmation_code(ClientId=pool.client_id, Username="unknown@example.org")

    assert reply["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    with expect_error("ExpiredCodeException"):
        pool.aws.confirm_sign_up(
            ClientId=pool.client_id, Username="unknown@example.org", ConfirmationCode="123456"
        )


def test_triggers_see_that_a_user_was_not_found_and_cannot_issue_tokens(own_pool: MakePool) -> None:
    pool = own_pool(client=HIDING, LambdaConfig=LAMBDAS)
    pool.server.triggers = triggers = Triggers(rounds=1)
    pool.create_user()
    pool.initiate("CUSTOM_AUTH", USERNAME="ann")
    reply = pool.initiate("CUSTOM_AUTH", USERNAME="unknown")
    result = [event["request"]["userNotFound"] for event in triggers.events_of("DefineAuthChallenge")]

    assert result == [False, True]
    with expect_error(*WRONG):
        pool.answer(reply, "unknown", ANSWER="rex")


def test_no_reply_contains_the_entered_name(pool: PoolUnderTest) -> None:
    reply = pool.aws.forgot_password(ClientId=pool.client_id, Username="unknown@example.org")

    assert "unknown@example.org" not in json.dumps(reply["CodeDeliveryDetails"])


def test_unknown_name_is_folded_if_the_pool_ignores_case(make_pool: MakePool) -> None:
    pool = make_pool(client=HIDING, UsernameConfiguration={"CaseSensitive": False})
    small, large = (
        start_srp_sign_in(pool, name)[1]["ChallengeParameters"]["SALT"] for name in ("zed", "ZED")
    )
    assert small == large


def test_made_up_phone_number_has_digits_and_not_the_entered_name(make_pool: MakePool) -> None:
    sms = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "SMS_OTP"]}}
    pool = make_pool(client=HIDING, Policies=sms)
    reply = pool.initiate("USER_AUTH", USERNAME="bob", PREFERRED_CHALLENGE="SMS_OTP")
    destination = reply["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"]
    assert re.fullmatch(r"\+\*{7}\d{4}", destination)


def test_user_deleted_before_the_proof_gets_no_tokens(pool: PoolUnderTest) -> None:
    pool.create_user()
    a, reply = start_srp_sign_in(pool, "ann")
    pool.call_admin("admin_delete_user", "ann")
    with expect_error(*WRONG):
        pool.answer(reply, **pool.srp_claim(reply, a))
