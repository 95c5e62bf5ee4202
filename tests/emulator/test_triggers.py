"""Lambda triggers beside those of a custom challenge: their events, and what their responses do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, PoolUnderTest, expect_error
from tests.emulator.triggers import ARN, Event

METADATA = {"device": "terminal"}
NAMES = ("PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "UserMigration")


class Recorder:
    """Triggers that record their events and set the responses of a test."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.responses: dict[str, dict[str, Any]] = {}
        self.error: str | None = None

    def _run(self, event: Event, context: Any) -> Event:
        self.events.append(event)
        if self.error:
            raise ValueError(self.error)
        event["response"].update(self.responses.get(event["triggerSource"].partition("_")[0], {}))
        return event

    pre_sign_up = post_confirmation = pre_authentication = post_authentication = _run
    user_migration = pre_token_generation = _run

    @property
    def sources(self) -> list[str]:
        return [event["triggerSource"] for event in self.events]

    def request_of(self, source: str) -> dict[str, Any]:
        return next(event["request"] for event in self.events if event["triggerSource"] == source)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def build_pool(own_pool: MakePool, recorder: Recorder, *names: str, **settings: Any) -> PoolUnderTest:
    pool = own_pool(LambdaConfig=dict.fromkeys(names, ARN), AutoVerifiedAttributes=["email"], **settings)
    pool.server.triggers = recorder
    return pool


def sign_up(pool: PoolUnderTest, name: str = "ann", **more: Any) -> dict[str, Any]:
    reply: dict[str, Any] = pool.aws.sign_up(
        ClientId=pool.client_id,
        Username=name,
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "ann@example.com"}],
        ClientMetadata=METADATA,
        **more,
    )
    return reply


def confirm_sign_up(pool: PoolUnderTest, name: str = "ann") -> None:
    pool.aws.confirm_sign_up(
        ClientId=pool.client_id,
        Username=name,
        ConfirmationCode=pool.newest_code(name),
        ClientMetadata=METADATA,
    )


def sign_in(pool: PoolUnderTest, name: str = "ann", password: str = PASSWORD) -> dict[str, Any]:
    reply: dict[str, Any] = pool.aws.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=pool.client_id,
        AuthParameters={"USERNAME": name, "PASSWORD": password},
        ClientMetadata=METADATA,
    )
    return reply


def test_triggers_run_in_the_order_of_sign_up_and_sign_in(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, *NAMES, "PreTokenGeneration")
    sign_up(pool)
    confirm_sign_up(pool)
    sign_in(pool)

    assert recorder.sources == [
        "PreSignUp_SignUp",
        "PostConfirmation_ConfirmSignUp",
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
        "TokenGeneration_Authentication",
    ]


def test_only_triggers_of_the_lambda_config_run(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "PostAuthentication")
    pool.create_user()
    sign_in(pool)

    assert recorder.sources == ["PostAuthentication_Authentication"]


@pytest.mark.parametrize("name", ["CustomMessage", "InboundFederation", "CustomSMSSender", "KMSKeyID"])
def test_trigger_that_is_not_run_is_rejected(pool: PoolUnderTest, name: str) -> None:
    values = {
        "InboundFederation": {"LambdaVersion": "V1_0", "LambdaArn": ARN},
        "CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": ARN},
    }
    config = {name: values.get(name, ARN)}

    with expect_error("InvalidParameterException", f"The local emulator doesn't run the {name} trigger."):
        pool.aws.update_user_pool(UserPoolId=pool.pool_id, LambdaConfig=config)


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool()


def test_missing_function_of_a_configured_trigger_is_an_error(own_pool: MakePool) -> None:
    pool = own_pool(LambdaConfig={"PreAuthentication": ARN})
    pool.server.triggers = SimpleNamespace()
    pool.create_user()

    with expect_error("UnexpectedLambdaException"):
        pool.password_sign_in()


# Sign-up


def test_event_before_sign_up_has_the_shape_of_a_lambda_event(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "PreSignUp")
    sign_up(pool, ValidationData=[{"Name": "invitation", "Value": "42"}])

    assert recorder.events == [
        {
            "version": "1",
            "region": "eu-west-1",
            "userPoolId": pool.pool_id,
            "userName": "ann",
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": pool.client_id},
            "triggerSource": "PreSignUp_SignUp",
            "request": {
                "userAttributes": {"email": "ann@example.com"},
                "validationData": {"invitation": "42"},
                "clientMetadata": METADATA,
            },
            "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
        }
    ]


def test_trigger_rejects_a_sign_up(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "PreSignUp")
    recorder.error = "not invited"
    with expect_error("UserLambdaValidationException", "PreSignUp failed with error not invited."):
        sign_up(pool)

    assert pool.aws.list_users(UserPoolId=pool.pool_id)["Users"] == []
    assert pool.server.messages == []


def test_trigger_confirms_a_sign_up_and_verifies_the_address(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "PreSignUp", "PostConfirmation", AliasAttributes=["email"])
    recorder.responses["PreSignUp"] = {"autoConfirmUser": True, "autoVerifyEmail": True}
    reply = sign_up(pool)

    assert reply["UserConfirmed"] is True
    assert "CodeDeliveryDetails" not in reply
    assert recorder.sources == ["PreSignUp_SignUp", "PostConfirmation_ConfirmSignUp"]
    assert "AuthenticationResult" in pool.password_sign_in("ann@example.com")


@pytest.mark.parametrize("response", [{"autoConfirmUser": "yes"}, {"autoVerifyPhone": True}])
def test_impossible_response_before_sign_up_creates_no_user(
    own_pool: MakePool, recorder: Recorder, response: dict[str, Any]
) -> None:
    pool = build_pool(own_pool, recorder, "PreSignUp")
    recorder.responses["PreSignUp"] = response
    with expect_error("InvalidLambdaResponseException"):
        sign_up(pool)

    assert pool.aws.list_users(UserPoolId=pool.pool_id)["Users"] == []


def test_name_taken_while_the_trigger_runs_is_not_taken_twice(own_pool: MakePool) -> None:
    pool = own_pool(LambdaConfig={"PreSignUp": ARN})

    def take_the_name(event: Event, context: Any) -> Event:
        if event["triggerSource"] == "PreSignUp_SignUp":
            pool.create_user("ann")
        return event

    pool.server.triggers = SimpleNamespace(pre_sign_up=take_the_name)

    with expect_error("UsernameExistsException"):
        sign_up(pool)


def test_administrator_has_no_app_client_in_the_event(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "PreSignUp")
    pool.create_user()

    assert recorder.sources == ["PreSignUp_AdminCreateUser"]
    assert recorder.events[0]["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"


def test_error_after_the_confirmation_leaves_the_user_confirmed(
    own_pool: MakePool, recorder: Recorder
) -> None:
    pool = build_pool(own_pool, recorder, "PostConfirmation")
    sign_up(pool)
    recorder.error = "no mailing list"
    with expect_error("UserLambdaValidationException"):
        confirm_sign_up(pool)

    assert recorder.request_of("PostConfirmation_ConfirmSignUp")["clientMetadata"] == METADATA
    assert "AuthenticationResult" in pool.password_sign_in()


def test_confirmations_by_code_and_by_an_administrator_run_the_trigger(
    own_pool: MakePool, recorder: Recorder
) -> None:
    pool = build_pool(own_pool, recorder, "PostConfirmation")
    sign_up(pool)
    pool.call_admin("admin_confirm_sign_up", "ann")
    pool.call_admin(
        "admin_update_user_attributes", "ann", UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )
    pool.aws.forgot_password(ClientId=pool.client_id, Username="ann")
    pool.aws.confirm_forgot_password(
        ClientId=pool.client_id,
        Username="ann",
        ConfirmationCode=pool.newest_code(),
        Password=OTHER_PASSWORD,
    )

    assert recorder.sources == [
        "PostConfirmation_ConfirmSignUp",
        "PostConfirmation_ConfirmForgotPassword",
    ]


# Sign-in


def test_error_before_authentication_rejects_the_right_password(
    own_pool: MakePool, recorder: Recorder
) -> None:
    pool = build_pool(own_pool, recorder, "PreAuthentication")
    pool.create_user(email="ann@example.com")
    recorder.error = "closed on Sundays"
    with expect_error(
        "UserLambdaValidationException", "PreAuthentication failed with error closed on Sundays."
    ):
        sign_in(pool)
    with expect_error("UserLambdaValidationException"):
        pool.srp_sign_in()
    request = recorder.request_of("PreAuthentication_Authentication")

    assert request["validationData"] == METADATA
    assert "clientMetadata" not in request
    assert request["userAttributes"]["email"] == "ann@example.com"
    assert request["userAttributes"]["cognito:user_status"] == "CONFIRMED"


def test_event_says_if_a_hidden_user_does_not_exist(own_pool: MakePool, recorder: Recorder) -> None:
    client = {"PreventUserExistenceErrors": "ENABLED"}
    pool = build_pool(own_pool, recorder, "PreAuthentication", client=client)
    with expect_error("NotAuthorizedException"):
        pool.password_sign_in("nobody")

    assert recorder.events[0]["request"] == {
        "userAttributes": {},
        "validationData": {},
        "userNotFound": True,
    }


def test_error_after_authentication_returns_no_tokens(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "PostAuthentication")
    pool.create_user()
    recorder.error = "no"
    with expect_error("UserLambdaValidationException"):
        pool.srp_sign_in()
    recorder.error = None

    assert "AuthenticationResult" in pool.srp_sign_in()


def test_event_after_authentication_tells_of_a_new_device_and_has_the_metadata(
    own_pool: MakePool, recorder: Recorder
) -> None:
    pool = build_pool(
        own_pool, recorder, "PostAuthentication", DeviceConfiguration={"ChallengeRequiredOnNewDevice": False}
    )
    pool.create_user(permanent=False)
    reply = pool.password_sign_in()
    pool.aws.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName=reply["ChallengeName"],
        Session=reply["Session"],
        ChallengeResponses={"USERNAME": "ann", "NEW_PASSWORD": OTHER_PASSWORD},
        ClientMetadata=METADATA,
    )
    request = recorder.request_of("PostAuthentication_Authentication")

    assert request["newDeviceUsed"] is True
    assert request["clientMetadata"] == METADATA


# Tokens


def read_claims(reply: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    result = reply["AuthenticationResult"]
    identity = jwt.decode(result["IdToken"], options={"verify_signature": False})
    return identity, jwt.decode(result["AccessToken"], options={"verify_signature": False})


def test_trigger_changes_claims_and_groups_of_the_id_token(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "PreTokenGeneration")
    pool.create_user(email="ann@example.com", given_name="Ann")
    recorder.responses["TokenGeneration"] = {
        "claimsOverrideDetails": {
            "claimsToAddOrOverride": {"tenant": "acme", "email": "hidden", "iss": "evil", "sub": "evil"},
            "claimsToSuppress": ["given_name", "exp"],
            "groupOverrideDetails": {"groupsToOverride": ["staff"], "preferredRole": "arn:role"},
        }
    }
    identity, access = read_claims(pool.password_sign_in())

    assert (identity["tenant"], identity["email"]) == ("acme", "hidden")
    assert "given_name" not in identity
    assert "exp" in identity
    assert identity["iss"].endswith(pool.pool_id)
    assert identity["sub"] == access["sub"] != "evil"
    assert identity["cognito:groups"] == access["cognito:groups"] == ["staff"]
    assert identity["cognito:preferred_role"] == "arn:role"
    assert "tenant" not in access


def test_second_version_changes_both_tokens_and_the_scopes(own_pool: MakePool, recorder: Recorder) -> None:
    config = {"PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": ARN}}
    pool = own_pool(LambdaConfig=config)
    pool.server.triggers = recorder
    pool.create_user()
    recorder.responses["TokenGeneration"] = {
        "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": {"claimsToAddOrOverride": {"teams": ["a", "b"]}},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"tenant": {"id": 7}, "client_id": "evil"},
                "scopesToAdd": ["orders/read"],
                "scopesToSuppress": ["aws.cognito.signin.user.admin"],
            },
        }
    }
    identity, access = read_claims(pool.password_sign_in())

    assert identity["teams"] == ["a", "b"]
    assert access["tenant"] == {"id": 7}
    assert access["client_id"] == pool.client_id
    assert access["scope"] == "orders/read"
    assert recorder.events[0]["version"] == "2"
    assert recorder.events[0]["request"]["scopes"] == ["aws.cognito.signin.user.admin"]


def test_event_before_tokens_says_why_they_are_issued(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "PreTokenGeneration")
    pool.create_user(permanent=False)
    reply = pool.answer(pool.password_sign_in(), NEW_PASSWORD=OTHER_PASSWORD)
    refresh_token = reply["AuthenticationResult"]["RefreshToken"]
    pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=refresh_token)
    pool.aws.get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=refresh_token, ClientMetadata=METADATA
    )

    assert recorder.sources == [
        "TokenGeneration_NewPasswordChallenge",
        "TokenGeneration_RefreshTokens",
        "TokenGeneration_RefreshTokens",
    ]
    assert recorder.events[2]["request"]["clientMetadata"] == METADATA
    assert recorder.events[0]["request"]["groupConfiguration"] == {
        "groupsToOverride": [],
        "iamRolesToOverride": [],
        "preferredRole": None,
    }


@pytest.mark.parametrize(
    "details",
    [
        "claims",
        {"claimsToAddOrOverride": {"number": 5}},
        {"claimsToSuppress": "email"},
        {"groupOverrideDetails": {"groupsToOverride": [1]}},
    ],
)
def test_unreadable_claims_of_a_trigger_are_an_error(
    own_pool: MakePool, recorder: Recorder, details: Any
) -> None:
    pool = build_pool(own_pool, recorder, "PreTokenGeneration")
    pool.create_user()
    recorder.responses["TokenGeneration"] = {"claimsOverrideDetails": details}

    with expect_error("InvalidLambdaResponseException", "Unrecognizable lambda output"):
        pool.password_sign_in()


# Migration

MIGRATED = {"email": "ann@example.com", "email_verified": "true"}


def test_unknown_user_is_migrated_with_the_password(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "UserMigration")
    recorder.responses["UserMigration"] = {"userAttributes": MIGRATED, "finalUserStatus": "CONFIRMED"}

    assert "AuthenticationResult" in sign_in(pool)
    assert "AuthenticationResult" in pool.srp_sign_in()
    assert recorder.sources == ["UserMigration_Authentication"]
    assert recorder.events[0]["userName"] == "ann"
    assert recorder.events[0]["request"] == {"password": PASSWORD, "validationData": METADATA}


def test_migrated_user_must_reset_the_password_unless_confirmed(
    own_pool: MakePool, recorder: Recorder
) -> None:
    pool = build_pool(own_pool, recorder, "UserMigration")
    recorder.responses["UserMigration"] = {"userAttributes": MIGRATED}

    with expect_error("PasswordResetRequiredException"):
        sign_in(pool)


def test_forgotten_password_migrates_the_user(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "UserMigration")
    recorder.responses["UserMigration"] = {"userAttributes": MIGRATED}
    pool.aws.forgot_password(ClientId=pool.client_id, Username="ann", ClientMetadata=METADATA)
    pool.aws.confirm_forgot_password(
        ClientId=pool.client_id,
        Username="ann",
        ConfirmationCode=pool.newest_code(),
        Password=OTHER_PASSWORD,
    )

    assert recorder.sources == ["UserMigration_ForgotPassword"]
    assert recorder.events[0]["request"] == {"clientMetadata": METADATA}
    assert "AuthenticationResult" in pool.password_sign_in(password=OTHER_PASSWORD)


@pytest.mark.parametrize(
    "response", [{}, {"userAttributes": {}}, {"userAttributes": MIGRATED, "finalUserStatus": "UNCONFIRMED"}]
)
def test_unreadable_migration_creates_no_user(
    own_pool: MakePool, recorder: Recorder, response: dict[str, Any]
) -> None:
    pool = build_pool(own_pool, recorder, "UserMigration")
    recorder.responses["UserMigration"] = response
    with expect_error("InvalidLambdaResponseException"):
        sign_in(pool)

    assert pool.aws.list_users(UserPoolId=pool.pool_id)["Users"] == []


def test_migration_that_fails_creates_no_user(own_pool: MakePool, recorder: Recorder) -> None:
    pool = build_pool(own_pool, recorder, "UserMigration")
    recorder.error = "Bad password"
    with expect_error("UserLambdaValidationException", "UserMigration failed with error Bad password."):
        sign_in(pool)

    assert pool.aws.list_users(UserPoolId=pool.pool_id)["Users"] == []


def test_known_user_and_sign_in_without_a_password_are_not_migrated(
    own_pool: MakePool, recorder: Recorder
) -> None:
    pool = build_pool(own_pool, recorder, "UserMigration")
    pool.create_user("bob")
    pool.password_sign_in("bob")
    with expect_error("UserNotFoundException"):
        pool.srp_sign_in("ann")

    assert recorder.events == []
