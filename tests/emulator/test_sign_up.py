"""SignUp, ConfirmSignUp, ResendConfirmationCode."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, PoolUnderTest, expect_error, other_code

WRONG_CODE = ("CodeMismatchException", "Invalid verification code provided, please try again.")
NO_CODE = ("ExpiredCodeException", "Invalid code provided, please request a code again.")


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool(AutoVerifiedAttributes=["email"])


def sign_up(pool: PoolUnderTest, name: str = "ann", **attributes: str) -> dict[str, Any]:
    parameters = {"email": "ann@example.com", **attributes}
    attribute_list = [{"Name": key, "Value": value} for key, value in parameters.items() if value]
    reply: dict[str, Any] = pool.aws.sign_up(
        ClientId=pool.client_id, Username=name, Password=PASSWORD, UserAttributes=attribute_list
    )
    return reply


def confirm(pool: PoolUnderTest, code: str, name: str = "ann", **more: Any) -> dict[str, Any]:
    reply: dict[str, Any] = pool.aws.confirm_sign_up(
        ClientId=pool.client_id, Username=name, ConfirmationCode=code, **more
    )
    return reply


def resend(pool: PoolUnderTest, name: str = "ann") -> dict[str, Any]:
    reply: dict[str, Any] = pool.aws.resend_confirmation_code(ClientId=pool.client_id, Username=name)
    return reply


def test_sign_up_sends_a_code_and_returns_its_destination(pool: PoolUnderTest) -> None:
    reply = sign_up(pool)

    assert reply["UserConfirmed"] is False
    assert reply["CodeDeliveryDetails"] == {
        "Destination": "a***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert pool.newest_message()["destination"] == "ann@example.com"
    assert pool.call_admin("admin_get_user", "ann")["UserStatus"] == "UNCONFIRMED"


def test_code_confirms_the_user_and_the_address(pool: PoolUnderTest) -> None:
    sign_up(pool)
    confirm(pool, pool.newest_code())
    user = pool.call_admin("admin_get_user", "ann")

    assert user["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]
    assert "AuthenticationResult" in pool.srp_sign_in()


def test_right_code_works_after_a_wrong_one(pool: PoolUnderTest) -> None:
    sign_up(pool)
    with expect_error(*WRONG_CODE):
        confirm(pool, other_code(pool.newest_code()))

    confirm(pool, pool.newest_code())


def test_code_is_valid_for_a_day(own_pool: MakePool) -> None:
    pool = own_pool(AutoVerifiedAttributes=["email"])
    sign_up(pool)
    pool.server.clock.advance(86401)

    with expect_error(*NO_CODE):
        confirm(pool, pool.newest_code())


def test_new_code_replaces_the_old_one(pool: PoolUnderTest) -> None:
    sign_up(pool)
    old = pool.newest_code()
    reply = resend(pool)

    assert reply["CodeDeliveryDetails"]["Destination"] == "a***@e***"
    if old != pool.newest_code():
        with expect_error(*WRONG_CODE):
            confirm(pool, old)
    confirm(pool, pool.newest_code())


def test_confirmed_user_cannot_be_confirmed_or_get_a_code(pool: PoolUnderTest) -> None:
    sign_up(pool)
    confirm(pool, pool.newest_code())

    with expect_error("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"):
        confirm(pool, pool.newest_code())
    with expect_error("InvalidParameterException", "User is already confirmed."):
        resend(pool)


def test_administrator_can_confirm_a_sign_up(pool: PoolUnderTest) -> None:
    sign_up(pool)
    pool.call_admin("admin_confirm_sign_up", "ann")

    assert "AuthenticationResult" in pool.password_sign_in()
    with expect_error("NotAuthorizedException"):
        pool.call_admin("admin_confirm_sign_up", "ann")


def test_existing_user_name_is_rejected(pool: PoolUnderTest) -> None:
    sign_up(pool)

    with expect_error("UsernameExistsException", "User already exists"):
        sign_up(pool)


def test_unknown_names_are_not_found(pool: PoolUnderTest) -> None:
    text = "Username/client id combination not found."
    with expect_error("UserNotFoundException", text):
        confirm(pool, "123456", "unknown")
    with expect_error("UserNotFoundException", text):
        resend(pool, "unknown")


def test_code_can_be_resent_five_times_an_hour(own_pool: MakePool) -> None:
    pool = own_pool(AutoVerifiedAttributes=["email"])
    sign_up(pool)
    for _ in range(5):
        resend(pool)
    with expect_error("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        resend(pool)
    pool.server.clock.advance(3601)

    resend(pool)


def test_code_can_be_tried_fifteen_times_an_hour(pool: PoolUnderTest) -> None:
    sign_up(pool)
    for _ in range(15):
        with expect_error(*WRONG_CODE):
            confirm(pool, other_code(pool.newest_code()))

    with expect_error("LimitExceededException"):
        confirm(pool, pool.newest_code())


def test_required_attribute_cannot_be_left_out(make_pool: MakePool) -> None:
    schema = [{"Name": "email", "AttributeDataType": "String", "Required": True}]
    pool = make_pool(Schema=schema)

    with expect_error(
        "InvalidParameterException",
        "Attributes did not conform to the schema: email: The attribute is required",
    ):
        sign_up(pool, email="")


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"phone_number": "01234"}, "Invalid phone number format."),
        ({"email": "ann"}, "Invalid email address format."),
        (
            {"custom:team": "red"},
            "Attributes did not conform to the schema: custom:team: Attribute does not exist in the schema.",
        ),
    ],
)
def test_malformed_attributes_are_rejected(
    pool: PoolUnderTest, attributes: dict[str, str], message: str
) -> None:
    with expect_error("InvalidParameterException", message):
        sign_up(pool, **attributes)


@pytest.mark.parametrize("name", ["email_verified", "phone_number_verified"])
def test_sign_up_cannot_mark_an_address_as_verified(pool: PoolUnderTest, name: str) -> None:
    with expect_error("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        sign_up(pool, **{name: "true"})


def test_client_can_only_write_its_write_attributes(make_pool: MakePool) -> None:
    pool = make_pool(client={"WriteAttributes": ["email"]})
    sign_up(pool)

    with expect_error("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        sign_up(pool, "bob", nickname="b")


def test_sign_up_can_be_limited_to_administrators(make_pool: MakePool) -> None:
    pool = make_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})

    with expect_error("NotAuthorizedException", "SignUp is not permitted for this user pool"):
        sign_up(pool)


def test_phone_number_is_verified_before_an_email_address(make_pool: MakePool) -> None:
    pool = make_pool(AutoVerifiedAttributes=["email", "phone_number"])
    reply = sign_up(pool, phone_number="+917411174114")

    assert reply["CodeDeliveryDetails"]["Destination"] == "+********4114"


def test_no_code_is_sent_without_auto_verification(make_pool: MakePool) -> None:
    pool = make_pool()
    reply = sign_up(pool)

    assert "CodeDeliveryDetails" not in reply
    with expect_error(*NO_CODE):
        confirm(pool, "123456")
    with expect_error("CodeDeliveryFailureException"):
        resend(pool)


# Email as user name and as alias


def test_user_name_is_a_uuid_if_users_sign_in_with_an_address(make_pool: MakePool) -> None:
    pool = make_pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    reply = sign_up(pool, "ann@example.com")
    confirm(pool, pool.newest_code(reply["UserSub"]), "ann@example.com")
    first = pool.password_sign_in("ann@example.com")["AuthenticationResult"]
    user = pool.aws.get_user(AccessToken=first["AccessToken"])

    assert user["Username"] == reply["UserSub"]
    assert {"Name": "email", "Value": "ann@example.com"} in user["UserAttributes"]


def test_name_must_be_an_address_if_addresses_are_user_names(make_pool: MakePool) -> None:
    pool = make_pool(UsernameAttributes=["email"])

    with expect_error("InvalidParameterException", "Username should be an email."):
        sign_up(pool, "ann")
    sign_up(pool, "ann@example.com")
    with expect_error("UsernameExistsException", "An account with the given email already exists."):
        sign_up(pool, "ann@example.com")


def test_name_must_not_be_an_address_if_addresses_are_aliases(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"])

    with expect_error(
        "InvalidParameterException",
        "Username cannot be of email format, since user pool is configured for email alias.",
    ):
        sign_up(pool, "ann@example.com")


def test_user_can_sign_in_with_a_verified_alias(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    sign_up(pool)
    with expect_error("UserNotFoundException"):
        pool.password_sign_in("ann@example.com")
    confirm(pool, pool.newest_code())

    assert "AuthenticationResult" in pool.password_sign_in("ann@example.com")
    assert "AuthenticationResult" in pool.srp_sign_in("ann@example.com")


def test_alias_belongs_to_one_user_unless_its_creation_is_forced(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    sign_up(pool, "bob")
    sign_up(pool, "ann")
    confirm(pool, pool.newest_code("bob"), "bob")
    with expect_error("AliasExistsException", "An account with the email already exists."):
        confirm(pool, pool.newest_code())

    confirm(pool, pool.newest_code(), ForceAliasCreation=True)
    token = pool.password_sign_in("ann@example.com")["AuthenticationResult"]["AccessToken"]

    assert pool.aws.get_user(AccessToken=token)["Username"] == "ann"


def test_taken_alias_is_rejected_when_the_sign_up_is_confirmed(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    pool.create_user("bob", email="ann@example.com", email_verified="true")

    sign_up(pool, "ann")

    with expect_error("AliasExistsException"):
        confirm(pool, pool.newest_code())


@pytest.mark.parametrize(("sensitive", "is_found"), [(False, True), (True, False)])
def test_case_matters_only_if_the_pool_is_case_sensitive(
    make_pool: MakePool, sensitive: bool, is_found: bool
) -> None:
    pool = make_pool(UsernameConfiguration={"CaseSensitive": sensitive})
    pool.create_user("Ann")

    if is_found:
        assert "AuthenticationResult" in pool.srp_sign_in("aNN")
    else:
        with expect_error("UserNotFoundException"):
            pool.srp_sign_in("aNN")


# Signing in without another factor


def test_confirmed_sign_up_signs_in_without_another_factor(pool: PoolUnderTest) -> None:
    first = sign_up(pool)["Session"]
    second = confirm(pool, pool.newest_code(), Session=first)["Session"]
    arguments = {
        "AuthFlow": "USER_AUTH",
        "ClientId": pool.client_id,
        "AuthParameters": {"USERNAME": "ann"},
        "Session": second,
    }

    assert "AuthenticationResult" in pool.aws.initiate_auth(**arguments)
    with expect_error(
        "NotAuthorizedException", "Invalid session for the user, session can only be used once."
    ):
        pool.aws.initiate_auth(**arguments)


def test_confirmation_without_a_challenge_session_returns_one_too(pool: PoolUnderTest) -> None:
    sign_up(pool)
    session = confirm(pool, pool.newest_code())["Session"]

    assert "AuthenticationResult" in pool.aws.initiate_auth(
        AuthFlow="USER_AUTH",
        ClientId=pool.client_id,
        AuthParameters={"USERNAME": "ann"},
        Session=session,
    )


def test_client_without_user_auth_gets_no_challenge_session(make_pool: MakePool) -> None:
    pool = make_pool(AutoVerifiedAttributes=["email"], client={"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]})

    assert "Session" not in sign_up(pool)
    assert "Session" not in confirm(pool, pool.newest_code())


def test_challenge_session_of_another_sign_up_does_not_confirm(pool: PoolUnderTest) -> None:
    other_session = sign_up(pool, "bob")["Session"]
    sign_up(pool)

    with expect_error("NotAuthorizedException", "Invalid session for the user."):
        confirm(pool, pool.newest_code(), Session=other_session)
    confirm(pool, pool.newest_code())


def test_challenge_session_of_an_unconfirmed_sign_up_does_not_sign_in(pool: PoolUnderTest) -> None:
    session = sign_up(pool)["Session"]

    with expect_error("UserNotConfirmedException"):
        pool.aws.initiate_auth(
            AuthFlow="USER_AUTH",
            ClientId=pool.client_id,
            AuthParameters={"USERNAME": "ann"},
            Session=session,
        )
    with expect_error("NotAuthorizedException", "Invalid session for the user."):
        pool.answer({"ChallengeName": "SMS_MFA", "Session": session}, SMS_MFA_CODE="123456")


def test_challenge_session_of_another_user_does_not_sign_in(pool: PoolUnderTest) -> None:
    session = sign_up(pool)["Session"]
    session = confirm(pool, pool.newest_code(), Session=session)["Session"]
    pool.create_user("bob")

    with expect_error("NotAuthorizedException", "Invalid session for the user."):
        pool.aws.initiate_auth(
            AuthFlow="USER_AUTH",
            ClientId=pool.client_id,
            AuthParameters={"USERNAME": "bob"},
            Session=session,
        )


def test_user_confirmed_by_an_administrator_needs_a_first_factor(
    pool: PoolUnderTest,
) -> None:
    session = sign_up(pool)["Session"]
    pool.call_admin("admin_confirm_sign_up", "ann")

    with expect_error("NotAuthorizedException", "Invalid session for the user."):
        pool.aws.initiate_auth(
            AuthFlow="USER_AUTH",
            ClientId=pool.client_id,
            AuthParameters={"USERNAME": "ann"},
            Session=session,
        )


@pytest.mark.parametrize("name", ["SIGNED_UP", "SIGN_UP_CONFIRMED"])
def test_challenge_session_of_a_sign_up_answers_no_challenge(pool: PoolUnderTest, name: str) -> None:
    session = sign_up(pool)["Session"]
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        pool.aws.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName=name,
            Session=session,
            ChallengeResponses={"USERNAME": "ann", "ANSWER": "x"},
        )
