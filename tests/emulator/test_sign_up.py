"""SignUp, ConfirmSignUp, ResendConfirmationCode."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, PoolUnderTest, other, refused

WRONG_CODE = ("CodeMismatchException", "Invalid verification code provided, please try again.")
NO_CODE = ("ExpiredCodeException", "Invalid code provided, please request a code again.")


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool(AutoVerifiedAttributes=["email"])


def sign_up(pool: PoolUnderTest, name: str = "ann", **attributes: str) -> dict[str, Any]:
    given = {"email": "ann@example.com", **attributes}
    listed = [{"Name": key, "Value": value} for key, value in given.items() if value]
    reply: dict[str, Any] = pool.aws.sign_up(
        ClientId=pool.client_id, Username=name, Password=PASSWORD, UserAttributes=listed
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


def test_a_sign_up_sends_a_code_and_says_where_to(pool: PoolUnderTest) -> None:
    reply = sign_up(pool)

    assert reply["UserConfirmed"] is False
    assert reply["CodeDeliveryDetails"] == {
        "Destination": "a***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert pool.message()["destination"] == "ann@example.com"
    assert pool.admin("admin_get_user", "ann")["UserStatus"] == "UNCONFIRMED"


def test_the_code_confirms_user_and_address_and_the_user_can_sign_in(pool: PoolUnderTest) -> None:
    sign_up(pool)
    confirm(pool, pool.code())
    user = pool.admin("admin_get_user", "ann")

    assert user["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]
    assert "AuthenticationResult" in pool.srp_sign_in()


def test_a_wrong_code_is_refused_and_the_right_one_still_works(pool: PoolUnderTest) -> None:
    sign_up(pool)
    with refused(*WRONG_CODE):
        confirm(pool, other(pool.code()))

    confirm(pool, pool.code())


def test_a_code_lives_a_day(own_pool: MakePool) -> None:
    pool = own_pool(AutoVerifiedAttributes=["email"])
    sign_up(pool)
    pool.server.clock.advance(86401)

    with refused(*NO_CODE):
        confirm(pool, pool.code())


def test_a_new_code_voids_the_old_one(pool: PoolUnderTest) -> None:
    sign_up(pool)
    old = pool.code()
    reply = resend(pool)

    assert reply["CodeDeliveryDetails"]["Destination"] == "a***@e***"
    if old != pool.code():
        with refused(*WRONG_CODE):
            confirm(pool, old)
    confirm(pool, pool.code())


def test_a_confirmed_user_cannot_be_confirmed_or_sent_a_code(pool: PoolUnderTest) -> None:
    sign_up(pool)
    confirm(pool, pool.code())

    with refused("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"):
        confirm(pool, pool.code())
    with refused("InvalidParameterException", "User is already confirmed."):
        resend(pool)


def test_an_administrator_can_confirm(pool: PoolUnderTest) -> None:
    sign_up(pool)
    pool.admin("admin_confirm_sign_up", "ann")

    assert "AuthenticationResult" in pool.password_sign_in()
    with refused("NotAuthorizedException"):
        pool.admin("admin_confirm_sign_up", "ann")


def test_a_taken_name_is_refused(pool: PoolUnderTest) -> None:
    sign_up(pool)

    with refused("UsernameExistsException", "User already exists"):
        sign_up(pool)


def test_unknown_names_are_called_unknown(pool: PoolUnderTest) -> None:
    text = "Username/client id combination not found."
    with refused("UserNotFoundException", text):
        confirm(pool, "123456", "nobody")
    with refused("UserNotFoundException", text):
        resend(pool, "nobody")


def test_five_codes_an_hour_are_sent_again(own_pool: MakePool) -> None:
    pool = own_pool(AutoVerifiedAttributes=["email"])
    sign_up(pool)
    for _ in range(5):
        resend(pool)
    with refused("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        resend(pool)
    pool.server.clock.advance(3601)

    resend(pool)


def test_fifteen_tries_an_hour_may_guess_the_code(pool: PoolUnderTest) -> None:
    sign_up(pool)
    for _ in range(15):
        with refused(*WRONG_CODE):
            confirm(pool, other(pool.code()))

    with refused("LimitExceededException"):
        confirm(pool, pool.code())


def test_a_required_attribute_is_demanded(make_pool: MakePool) -> None:
    schema = [{"Name": "email", "AttributeDataType": "String", "Required": True}]
    pool = make_pool(Schema=schema)

    with refused(
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
def test_attributes_in_a_wrong_form_are_refused(
    pool: PoolUnderTest, attributes: dict[str, str], message: str
) -> None:
    with refused("InvalidParameterException", message):
        sign_up(pool, **attributes)


@pytest.mark.parametrize("name", ["email_verified", "phone_number_verified"])
def test_nobody_signs_up_verified(pool: PoolUnderTest, name: str) -> None:
    with refused("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        sign_up(pool, **{name: "true"})


def test_a_client_writes_only_what_it_may(make_pool: MakePool) -> None:
    pool = make_pool(client={"WriteAttributes": ["email"]})
    sign_up(pool)

    with refused("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        sign_up(pool, "bob", nickname="b")


def test_sign_up_can_be_the_administrators_alone(make_pool: MakePool) -> None:
    pool = make_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})

    with refused("NotAuthorizedException", "SignUp is not permitted for this user pool"):
        sign_up(pool)


def test_a_phone_number_is_verified_before_an_address(make_pool: MakePool) -> None:
    pool = make_pool(AutoVerifiedAttributes=["email", "phone_number"])
    reply = sign_up(pool, phone_number="+917411174114")

    assert reply["CodeDeliveryDetails"]["Destination"] == "+********4114"


def test_without_auto_verification_nothing_is_sent(make_pool: MakePool) -> None:
    pool = make_pool()
    reply = sign_up(pool)

    assert "CodeDeliveryDetails" not in reply
    with refused(*NO_CODE):
        confirm(pool, "123456")
    with refused("CodeDeliveryFailureException"):
        resend(pool)


# E-mail as user name, and as alias


def test_an_address_as_user_name_gives_a_uuid(make_pool: MakePool) -> None:
    pool = make_pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    reply = sign_up(pool, "ann@example.com")
    confirm(pool, pool.code(reply["UserSub"]), "ann@example.com")
    first = pool.password_sign_in("ann@example.com")["AuthenticationResult"]
    user = pool.aws.get_user(AccessToken=first["AccessToken"])

    assert user["Username"] == reply["UserSub"]
    assert {"Name": "email", "Value": "ann@example.com"} in user["UserAttributes"]


def test_where_addresses_are_names_a_name_must_be_one(make_pool: MakePool) -> None:
    pool = make_pool(UsernameAttributes=["email"])

    with refused("InvalidParameterException", "Username should be an email."):
        sign_up(pool, "ann")
    sign_up(pool, "ann@example.com")
    with refused("UsernameExistsException", "An account with the given email already exists."):
        sign_up(pool, "ann@example.com")


def test_where_addresses_are_aliases_a_name_must_not_be_one(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"])

    with refused(
        "InvalidParameterException",
        "Username cannot be of email format, since user pool is configured for email alias.",
    ):
        sign_up(pool, "ann@example.com")


def test_an_alias_signs_in_once_it_is_verified(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    sign_up(pool)
    with refused("UserNotFoundException"):
        pool.password_sign_in("ann@example.com")
    confirm(pool, pool.code())

    assert "AuthenticationResult" in pool.password_sign_in("ann@example.com")
    assert "AuthenticationResult" in pool.srp_sign_in("ann@example.com")


def test_an_alias_belongs_to_one_user_unless_it_is_taken_by_force(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    sign_up(pool, "bob")
    sign_up(pool, "ann")
    confirm(pool, pool.code("bob"), "bob")
    with refused("AliasExistsException", "An account with the email already exists."):
        confirm(pool, pool.code())

    confirm(pool, pool.code(), ForceAliasCreation=True)
    token = pool.password_sign_in("ann@example.com")["AuthenticationResult"]["AccessToken"]

    assert pool.aws.get_user(AccessToken=token)["Username"] == "ann"


@pytest.mark.parametrize(("sensitive", "found"), [(False, True), (True, False)])
def test_case_matters_only_where_the_pool_says_so(make_pool: MakePool, sensitive: bool, found: bool) -> None:
    pool = make_pool(UsernameConfiguration={"CaseSensitive": sensitive})
    pool.user("Ann")

    if found:
        assert "AuthenticationResult" in pool.srp_sign_in("aNN")
    else:
        with refused("UserNotFoundException"):
            pool.srp_sign_in("aNN")


# Signing in by itself


def test_the_sessions_of_sign_up_and_confirmation_sign_in_without_a_prompt(pool: PoolUnderTest) -> None:
    first = sign_up(pool)["Session"]
    second = confirm(pool, pool.code(), Session=first)["Session"]
    arguments = {
        "AuthFlow": "USER_AUTH",
        "ClientId": pool.client_id,
        "AuthParameters": {"USERNAME": "ann"},
        "Session": second,
    }

    assert "AuthenticationResult" in pool.aws.initiate_auth(**arguments)
    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        pool.aws.initiate_auth(**arguments)


def test_a_confirmation_without_the_session_of_sign_up_gives_one_too(pool: PoolUnderTest) -> None:
    sign_up(pool)
    session = confirm(pool, pool.code())["Session"]

    assert "AuthenticationResult" in pool.aws.initiate_auth(
        AuthFlow="USER_AUTH",
        ClientId=pool.client_id,
        AuthParameters={"USERNAME": "ann"},
        Session=session,
    )


def test_a_client_without_user_auth_has_no_such_session(make_pool: MakePool) -> None:
    pool = make_pool(AutoVerifiedAttributes=["email"], client={"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]})

    assert "Session" not in sign_up(pool)
    assert "Session" not in confirm(pool, pool.code())


def test_a_session_that_is_not_of_this_sign_up_does_not_confirm(pool: PoolUnderTest) -> None:
    other_session = sign_up(pool, "bob")["Session"]
    sign_up(pool)

    with refused("NotAuthorizedException", "Invalid session for the user."):
        confirm(pool, pool.code(), Session=other_session)
    confirm(pool, pool.code())


def test_the_session_of_sign_up_alone_does_not_sign_in(pool: PoolUnderTest) -> None:
    session = sign_up(pool)["Session"]

    with refused("UserNotConfirmedException"):
        pool.aws.initiate_auth(
            AuthFlow="USER_AUTH",
            ClientId=pool.client_id,
            AuthParameters={"USERNAME": "ann"},
            Session=session,
        )
    with refused("NotAuthorizedException", "Invalid session for the user."):
        pool.answer({"ChallengeName": "SMS_MFA", "Session": session}, SMS_MFA_CODE="123456")


def test_another_users_session_does_not_sign_in(pool: PoolUnderTest) -> None:
    session = sign_up(pool)["Session"]
    session = confirm(pool, pool.code(), Session=session)["Session"]
    pool.user("bob")

    with refused("NotAuthorizedException", "Invalid session for the user."):
        pool.aws.initiate_auth(
            AuthFlow="USER_AUTH",
            ClientId=pool.client_id,
            AuthParameters={"USERNAME": "bob"},
            Session=session,
        )


def test_a_user_whom_an_administrator_confirmed_does_not_sign_in_without_a_prompt(
    pool: PoolUnderTest,
) -> None:
    session = sign_up(pool)["Session"]
    pool.admin("admin_confirm_sign_up", "ann")

    with refused("NotAuthorizedException", "Invalid session for the user."):
        pool.aws.initiate_auth(
            AuthFlow="USER_AUTH",
            ClientId=pool.client_id,
            AuthParameters={"USERNAME": "ann"},
            Session=session,
        )


@pytest.mark.parametrize("name", ["SIGNED_UP", "SIGN_UP_CONFIRMED"])
def test_the_session_of_a_sign_up_answers_no_challenge(pool: PoolUnderTest, name: str) -> None:
    session = sign_up(pool)["Session"]
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        pool.aws.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName=name,
            Session=session,
            ChallengeResponses={"USERNAME": "ann", "ANSWER": "x"},
        )
