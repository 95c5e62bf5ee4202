"""CUSTOM_AUTH: challenges that the pool's triggers define, create and verify."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, SMS, PoolUnderTest, expect_error
from tests.emulator.triggers import LAMBDAS, Event, Triggers
from tui_auth.auth import srp


@pytest.fixture
def triggers() -> Triggers:
    return Triggers()


@pytest.fixture
def pool(own_pool: MakePool, triggers: Triggers) -> PoolUnderTest:
    pool = own_pool(LambdaConfig=LAMBDAS)
    pool.server.triggers = triggers
    pool.create_user(email="ann@example.com", email_verified="true")
    return pool


def start_sign_in(pool: PoolUnderTest) -> dict[str, Any]:
    return pool.initiate("CUSTOM_AUTH", USERNAME="ann")


def start_srp_sign_in(pool: PoolUnderTest) -> tuple[int, dict[str, Any]]:
    a = srp.private_value()
    public = f"{srp.public_value(a):x}"
    return a, pool.initiate("CUSTOM_AUTH", USERNAME="ann", CHALLENGE_NAME="SRP_A", SRP_A=public)


def test_only_public_parameters_and_the_user_name_are_sent(pool: PoolUnderTest) -> None:
    reply = start_sign_in(pool)

    assert reply["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert reply["ChallengeParameters"] == {"USERNAME": "ann", "hint": "round 0"}


def test_each_round_has_a_new_challenge_session(pool: PoolUnderTest) -> None:
    first = start_sign_in(pool)
    second = pool.answer(first, ANSWER="rex")

    assert second["ChallengeParameters"]["hint"] == "round 1"
    assert second["Session"] != first["Session"]
    assert "AuthenticationResult" in pool.answer(second, ANSWER="rex")


def test_failed_answer_ends_the_sign_in_and_the_challenge_session(pool: PoolUnderTest) -> None:
    reply = start_sign_in(pool)
    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(reply, ANSWER="wrong")

    with expect_error("NotAuthorizedException", "Invalid session for the user."):
        pool.answer(reply, ANSWER="rex")


def test_error_text_for_a_failed_answer_can_be_set(pool: PoolUnderTest) -> None:
    pool.server.failed_custom_challenge_text = "Invalid session for the user."

    with expect_error("NotAuthorizedException", "Invalid session for the user."):
        pool.answer(start_sign_in(pool), ANSWER="wrong")


def test_triggers_can_let_the_user_try_again(pool: PoolUnderTest, triggers: Triggers) -> None:
    triggers.retries = True
    reply = start_sign_in(pool)
    for _ in range(7):
        reply = pool.answer(reply, ANSWER="wrong")
    reply = pool.answer(reply, ANSWER="rex")

    assert "AuthenticationResult" in pool.answer(reply, ANSWER="rex")


def test_missing_answer_keeps_the_challenge_session_valid(pool: PoolUnderTest) -> None:
    reply = start_sign_in(pool)
    with expect_error("InvalidParameterException", "Missing required parameter ANSWER"):
        pool.answer(reply)

    assert pool.answer(reply, ANSWER="rex")["ChallengeName"] == "CUSTOM_CHALLENGE"


def test_challenge_session_of_a_round_works_once(pool: PoolUnderTest) -> None:
    reply = start_sign_in(pool)
    pool.answer(reply, ANSWER="rex")

    with expect_error(
        "NotAuthorizedException", "Invalid session for the user, session can only be used once."
    ):
        pool.answer(reply, ANSWER="rex")


def test_trigger_events_have_the_shape_of_lambda_events(pool: PoolUnderTest, triggers: Triggers) -> None:
    pool.answer(start_sign_in(pool), ANSWER="rex")
    define, second_define = triggers.events_of("DefineAuthChallenge")
    create = triggers.events_of("CreateAuthChallenge")[0]
    verify = triggers.events_of("VerifyAuthChallengeResponse")[0]

    assert define["version"] == "1"
    assert (define["region"], define["userPoolId"], define["userName"]) == ("eu-west-1", pool.pool_id, "ann")
    assert define["callerContext"]["clientId"] == pool.client_id
    assert define["request"]["userAttributes"]["email"] == "ann@example.com"
    assert define["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"
    assert define["request"]["session"] == []
    assert second_define["request"]["session"] == [
        {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": True, "challengeMetadata": "META_0"}
    ]
    assert create["request"]["challengeName"] == "CUSTOM_CHALLENGE"
    assert verify["request"]["challengeAnswer"] == "rex"
    assert verify["request"]["privateChallengeParameters"] == {"answer": "rex"}


def test_client_metadata_of_an_answer_reaches_the_triggers(pool: PoolUnderTest, triggers: Triggers) -> None:
    reply = start_sign_in(pool)
    pool.aws.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="CUSTOM_CHALLENGE",
        Session=reply["Session"],
        ChallengeResponses={"USERNAME": "ann", "ANSWER": "rex"},
        ClientMetadata={"device": "terminal"},
    )
    verify = triggers.events_of("VerifyAuthChallengeResponse")[0]

    assert verify["request"]["clientMetadata"] == {"device": "terminal"}
    assert triggers.events_of("DefineAuthChallenge")[1]["request"]["clientMetadata"] == {"device": "terminal"}
    assert "clientMetadata" not in triggers.events_of("DefineAuthChallenge")[0]["request"]


# SRP before the custom challenge


def test_srp_first_leads_to_the_custom_challenge(pool: PoolUnderTest, triggers: Triggers) -> None:
    a, verifier = start_srp_sign_in(pool)
    assert verifier["ChallengeName"] == "PASSWORD_VERIFIER"
    assert verifier["Session"]

    reply = pool.answer(verifier, **pool.srp_claim(verifier, a))

    assert reply["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert reply["ChallengeParameters"] == {"hint": "round 2"}
    sessions = [event["request"]["session"] for event in triggers.events_of("DefineAuthChallenge")]
    assert [[first_reply["challengeName"] for first_reply in session] for session in sessions] == [
        ["SRP_A"],
        ["SRP_A", "PASSWORD_VERIFIER"],
    ]
    following = pool.answer(reply, ANSWER="rex")
    assert following["ChallengeParameters"]["USERNAME"] == "ann"
    assert "AuthenticationResult" in pool.answer(following, ANSWER="rex")


def test_wrong_password_ends_srp_first(pool: PoolUnderTest) -> None:
    a, verifier = start_srp_sign_in(pool)

    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(verifier, **pool.srp_claim(verifier, a, OTHER_PASSWORD))


def test_srp_first_cannot_be_answered_without_its_challenge_session(pool: PoolUnderTest) -> None:
    a, verifier = start_srp_sign_in(pool)
    claim = pool.srp_claim(verifier, a)
    del verifier["Session"]

    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(verifier, **claim)


def test_proof_is_not_valid_for_another_sign_in(pool: PoolUnderTest) -> None:
    a, first_reply = start_srp_sign_in(pool)
    _, second_reply = start_srp_sign_in(pool)

    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer({**first_reply, "Session": second_reply["Session"]}, **pool.srp_claim(first_reply, a))


def test_srp_first_requires_srp_a(pool: PoolUnderTest) -> None:
    with expect_error("InvalidParameterException", "Missing required parameter SRP_A"):
        pool.initiate("CUSTOM_AUTH", USERNAME="ann", CHALLENGE_NAME="SRP_A")


def test_temporary_password_must_be_replaced_before_tokens_are_issued(
    pool: PoolUnderTest, triggers: Triggers
) -> None:
    triggers.rounds = 1
    pool.call_admin("admin_set_user_password", "ann", Password=PASSWORD, Permanent=False)
    a, verifier = start_srp_sign_in(pool)
    custom = pool.answer(verifier, **pool.srp_claim(verifier, a))
    reply = pool.answer(custom, ANSWER="rex")

    assert reply["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert "AuthenticationResult" in pool.answer(reply, NEW_PASSWORD=OTHER_PASSWORD)


def test_define_trigger_can_require_a_second_factor(own_pool: MakePool) -> None:
    class SecondFactorTriggers(Triggers):
        def define_auth_challenge(self, event: Event, context: Any) -> Event:
            names = [first_reply["challengeName"] for first_reply in event["request"]["session"]]
            following = {"SRP_A": "PASSWORD_VERIFIER", "PASSWORD_VERIFIER": "SMS_MFA"}
            event["response"].update(
                challengeName=following.get(names[-1]),
                issueTokens=names[-1] == "SMS_MFA",
                failAuthentication=False,
            )
            return event

    pool = own_pool(LambdaConfig=LAMBDAS, mfa={"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": SMS})
    pool.server.triggers = SecondFactorTriggers()
    pool.create_user_with_phone()
    pool.set_mfa_preference(SMSMfaSettings={"Enabled": True})
    a, verifier = start_srp_sign_in(pool)
    reply = pool.answer(verifier, **pool.srp_claim(verifier, a))

    assert reply["ChallengeName"] == "SMS_MFA"
    assert "AuthenticationResult" in pool.answer(reply, SMS_MFA_CODE=pool.newest_code())


# Challenges defined by triggers


def test_unknown_challenge_of_a_trigger_is_sent_and_verified(pool: PoolUnderTest, triggers: Triggers) -> None:
    triggers.challenge, triggers.rounds = "MOON_PHASE", 1
    reply = start_sign_in(pool)

    assert reply["ChallengeName"] == "MOON_PHASE"
    assert reply["ChallengeParameters"]["hint"] == "round 0"
    assert "AuthenticationResult" in pool.answer(reply, ANSWER="rex")


def test_unknown_challenge_rejects_a_wrong_answer_and_another_name(
    pool: PoolUnderTest, triggers: Triggers
) -> None:
    triggers.challenge = "MOON_PHASE"
    reply = start_sign_in(pool)
    with expect_error("NotAuthorizedException", "Invalid session for the user."):
        pool.answer({**reply, "ChallengeName": "CUSTOM_CHALLENGE"}, ANSWER="rex")

    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(reply, ANSWER="wrong")


# Errors of triggers


def replace_trigger(function: str, trigger: Any) -> SimpleNamespace:
    triggers = Triggers()
    names = ("define_auth_challenge", "create_auth_challenge", "verify_auth_challenge_response")
    functions = {name: getattr(triggers, name) for name in names}
    return SimpleNamespace(**{**functions, function: trigger})


def raise_error(event: Event, context: Any) -> Event:
    raise ValueError("no moon tonight")


def exit_process(event: Event, context: Any) -> Event:
    raise SystemExit(1)


@pytest.mark.parametrize(
    ("function", "name"),
    [("define_auth_challenge", "DefineAuthChallenge"), ("create_auth_challenge", "CreateAuthChallenge")],
)
def test_trigger_exception_is_reported(pool: PoolUnderTest, function: str, name: str) -> None:
    pool.server.triggers = replace_trigger(function, raise_error)

    with expect_error("UserLambdaValidationException", f"{name} failed with error no moon tonight."):
        start_sign_in(pool)


def test_verify_trigger_exception_keeps_the_challenge_session_valid(
    pool: PoolUnderTest, triggers: Triggers
) -> None:
    reply = start_sign_in(pool)
    pool.server.triggers = replace_trigger("verify_auth_challenge_response", raise_error)
    with expect_error(
        "UserLambdaValidationException", "VerifyAuthChallengeResponse failed with error no moon tonight."
    ):
        pool.answer(reply, ANSWER="rex")
    pool.server.triggers = triggers

    assert pool.answer(reply, ANSWER="rex")["ChallengeName"] == "CUSTOM_CHALLENGE"


def test_round_counts_once_if_a_later_trigger_fails(pool: PoolUnderTest, triggers: Triggers) -> None:
    reply = start_sign_in(pool)
    pool.server.triggers = replace_trigger("define_auth_challenge", raise_error)
    with expect_error("UserLambdaValidationException"):
        pool.answer(reply, ANSWER="rex")
    pool.server.triggers = triggers
    pool.answer(reply, ANSWER="rex")

    assert len(triggers.events_of("DefineAuthChallenge")[-1]["request"]["session"]) == 1


def test_trigger_that_exits_does_not_end_the_emulator(pool: PoolUnderTest) -> None:
    pool.server.triggers = replace_trigger("define_auth_challenge", exit_process)

    with expect_error("UserLambdaValidationException"):
        start_sign_in(pool)


def trigger_with_response(**response: Any) -> Any:
    def trigger(event: Event, context: Any) -> Event:
        event["response"].update(response)
        return event

    return trigger


@pytest.mark.parametrize(
    "trigger",
    [
        lambda event, context: None,
        lambda event, context: "event",
        lambda event, context: {"response": None},
        lambda event, context: {**event, "response": {object()}},
        trigger_with_response(),
        trigger_with_response(challengeName=5),
        trigger_with_response(issueTokens="yes"),
        trigger_with_response(failAuthentication=1),
        trigger_with_response(challengeName="PASSWORD_VERIFIER"),
        trigger_with_response(challengeName="SMS_MFA"),
        trigger_with_response(challengeName="DEVICE_SRP_AUTH"),
    ],
)
def test_invalid_response_of_the_define_trigger_is_rejected(pool: PoolUnderTest, trigger: Any) -> None:
    pool.server.triggers = replace_trigger("define_auth_challenge", trigger)

    with expect_error("InvalidLambdaResponseException", "Unrecognizable lambda output"):
        start_sign_in(pool)


@pytest.mark.parametrize(
    "response",
    [
        {"publicChallengeParameters": ["hint"]},
        {"publicChallengeParameters": {"hint": 5}},
        {"privateChallengeParameters": {"answer": None}},
        {"challengeMetadata": 7},
    ],
)
def test_invalid_response_of_the_create_trigger_is_rejected(pool: PoolUnderTest, response: Event) -> None:
    pool.server.triggers = replace_trigger("create_auth_challenge", trigger_with_response(**response))

    with expect_error("InvalidLambdaResponseException", "Unrecognizable lambda output"):
        start_sign_in(pool)


def test_answer_is_wrong_unless_the_trigger_accepts_it(pool: PoolUnderTest) -> None:
    reply = start_sign_in(pool)
    pool.server.triggers = replace_trigger("verify_auth_challenge_response", lambda event, context: event)

    with expect_error("NotAuthorizedException", "Incorrect username or password."):
        pool.answer(reply, ANSWER="rex")


def test_pool_without_triggers_has_no_custom_challenge(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.server.triggers = Triggers()
    pool.create_user()

    with expect_error(
        "InvalidParameterException", "Custom auth lambda trigger is not configured for the user pool."
    ):
        start_sign_in(pool)


def test_missing_trigger_functions_are_an_error(own_pool: MakePool) -> None:
    pool = own_pool(LambdaConfig=LAMBDAS)
    pool.create_user()

    with expect_error("UnexpectedLambdaException"):
        start_sign_in(pool)


def test_trigger_can_call_the_emulator(pool: PoolUnderTest) -> None:
    def call_emulator(event: Event, context: Any) -> Event:
        result = pool.aws.admin_get_user(UserPoolId=event["userPoolId"], Username=event["userName"])
        event["response"].update(
            issueTokens=result["UserStatus"] == "CONFIRMED", failAuthentication=False, challengeName=None
        )
        return event

    pool.server.triggers = replace_trigger("define_auth_challenge", call_emulator)

    assert "AuthenticationResult" in start_sign_in(pool)
