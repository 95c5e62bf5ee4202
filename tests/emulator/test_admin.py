"""User pools, app clients, users and groups through Cognito's admin operations."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, SMS, TOTP, PoolUnderTest, expect_error


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool()


def test_pool_is_described_listed_and_deleted(pool: PoolUnderTest) -> None:
    described = pool.aws.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]

    assert described["Id"] == pool.pool_id
    assert described["Name"] == "tests"
    assert described["MfaConfiguration"] == "OFF"
    assert described["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    pages = pool.aws.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 1})
    assert pool.pool_id in [entry["Id"] for page in pages for entry in page["UserPools"]]
    pool.aws.delete_user_pool(UserPoolId=pool.pool_id)
    with expect_error("ResourceNotFoundException", f"User pool {pool.pool_id} does not exist."):
        pool.aws.describe_user_pool(UserPoolId=pool.pool_id)
    with expect_error("ResourceNotFoundException"):
        pool.password_sign_in()


def test_update_of_a_pool_keeps_users_factors_and_schema(make_pool: MakePool) -> None:
    schema = [{"Name": "team", "AttributeDataType": "String", "Mutable": True}]
    mfa = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOTP}
    pool = make_pool(Schema=schema, mfa=mfa)
    pool.create_user(custom__team="red")
    pool.aws.update_user_pool(
        UserPoolId=pool.pool_id, LambdaConfig={"DefineAuthChallenge": "arn:aws:lambda:eu-west-1:1:function:f"}
    )

    assert pool.password_sign_in()["ChallengeName"] == "MFA_SETUP"
    described = pool.aws.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    assert described["LambdaConfig"]["DefineAuthChallenge"]
    assert "custom:team" in [entry["Name"] for entry in described["SchemaAttributes"]]


def test_custom_attributes_can_be_added(pool: PoolUnderTest) -> None:
    pool.aws.add_custom_attributes(
        UserPoolId=pool.pool_id, CustomAttributes=[{"Name": "team", "AttributeDataType": "String"}]
    )
    pool.create_user(custom__team="red")

    attributes = pool.call_admin("admin_get_user", "ann")["UserAttributes"]
    assert {"Name": "custom:team", "Value": "red"} in attributes


def test_alias_and_username_attributes_exclude_each_other(pool: PoolUnderTest) -> None:
    with expect_error("InvalidParameterException"):
        pool.aws.create_user_pool(PoolName="both", AliasAttributes=["email"], UsernameAttributes=["email"])


def test_mfa_config_is_returned(pool: PoolUnderTest) -> None:
    setting = {
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": SMS,
        "SoftwareTokenMfaConfiguration": TOTP,
        "EmailMfaConfiguration": {"Subject": "Your code"},
    }
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **setting)
    result = pool.aws.get_user_pool_mfa_config(UserPoolId=pool.pool_id)

    assert {key: result[key] for key in setting} == setting


def test_members_left_out_of_the_mfa_config_do_not_change(make_pool: MakePool) -> None:
    pool = make_pool(MfaConfiguration="ON", **SMS)
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, SoftwareTokenMfaConfiguration=TOTP)
    pool.aws.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, WebAuthnConfiguration={"RelyingPartyId": "localhost"}
    )
    pool.create_user()

    offered = pool.password_sign_in()["ChallengeParameters"]["MFAS_CAN_SETUP"]
    assert offered == '["SMS_MFA","SOFTWARE_TOKEN_MFA"]'


def test_software_tokens_can_be_disabled(pool: PoolUnderTest) -> None:
    for enabled in (True, False):
        pool.aws.set_user_pool_mfa_config(
            UserPoolId=pool.pool_id,
            MfaConfiguration="OPTIONAL",
            SmsMfaConfiguration=SMS,
            SoftwareTokenMfaConfiguration={"Enabled": enabled},
        )
    pool.create_user()

    with expect_error("SoftwareTokenMFANotFoundException"):
        pool.aws.associate_software_token(AccessToken=pool.get_access_token())


def test_sms_configured_with_the_pool_is_a_factor(make_pool: MakePool) -> None:
    pool = make_pool(MfaConfiguration="ON", **SMS)
    pool.create_user_with_phone()

    assert pool.password_sign_in()["ChallengeName"] == "SMS_MFA"
    result = pool.aws.get_user_pool_mfa_config(UserPoolId=pool.pool_id)
    assert result["SmsMfaConfiguration"] == SMS


def test_sms_for_verification_only_is_not_a_second_factor(make_pool: MakePool) -> None:
    pool = make_pool(**SMS, mfa={"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOTP})
    pool.create_user_with_phone()

    offered = pool.password_sign_in()["ChallengeParameters"]["MFAS_CAN_SETUP"]
    assert offered == '["SOFTWARE_TOKEN_MFA"]'


@pytest.mark.parametrize("mfa", ["ON", "OPTIONAL"])
def test_pool_with_mfa_cannot_be_created_without_sms_configuration(make_pool: MakePool, mfa: str) -> None:
    with expect_error("InvalidParameterException"):
        make_pool(MfaConfiguration=mfa)


def test_client_has_cognitos_defaults(pool: PoolUnderTest) -> None:
    created = pool.aws.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="plain")["UserPoolClient"]

    assert set(created["ExplicitAuthFlows"]) == {
        "ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_CUSTOM_AUTH",
    }
    assert created["AuthSessionValidity"] == 3
    assert created["RefreshTokenValidity"] == 30
    assert created["PreventUserExistenceErrors"] == "LEGACY"
    assert "ClientSecret" not in created


def test_client_is_described_updated_listed_and_deleted(pool: PoolUnderTest) -> None:
    created = pool.aws.create_user_pool_client(
        UserPoolId=pool.pool_id, ClientName="one", GenerateSecret=True
    )["UserPoolClient"]
    arguments = {"UserPoolId": pool.pool_id, "ClientId": created["ClientId"]}
    pool.aws.update_user_pool_client(**arguments, ClientName="two", AuthSessionValidity=15)
    described = pool.aws.describe_user_pool_client(**arguments)["UserPoolClient"]

    assert 24 <= len(created["ClientSecret"]) <= 64
    assert described["ClientSecret"] == created["ClientSecret"]
    assert (described["ClientName"], described["AuthSessionValidity"]) == ("two", 15)
    listed = pool.aws.list_user_pool_clients(UserPoolId=pool.pool_id)["UserPoolClients"]
    assert created["ClientId"] in [entry["ClientId"] for entry in listed]
    pool.aws.delete_user_pool_client(**arguments)
    with expect_error("ResourceNotFoundException"):
        pool.aws.describe_user_pool_client(**arguments)


def test_legacy_and_new_flow_names_do_not_mix(pool: PoolUnderTest) -> None:
    with expect_error("InvalidParameterException"):
        pool.aws.create_user_pool_client(
            UserPoolId=pool.pool_id,
            ClientName="mixed",
            ExplicitAuthFlows=["USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"],
        )


def test_legacy_flow_name_allows_its_flow_and_the_default_ones(make_pool: MakePool) -> None:
    pool = make_pool(client={"ExplicitAuthFlows": ["USER_PASSWORD_AUTH"]})
    pool.create_user()

    assert "AuthenticationResult" in pool.password_sign_in()
    assert "AuthenticationResult" in pool.srp_sign_in()


def test_created_user_gets_a_temporary_password_and_must_change_it(pool: PoolUnderTest) -> None:
    created = pool.aws.admin_create_user(
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=[{"Name": "email", "Value": "ann@example.com"}],
        DesiredDeliveryMediums=["EMAIL"],
    )["User"]
    message = pool.newest_message()

    assert created["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert created["Enabled"] is True
    assert (message["purpose"], message["destination"]) == ("INVITATION", "ann@example.com")
    reply = pool.password_sign_in(password=message["code"])
    assert reply["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_invitation_can_be_resent(pool: PoolUnderTest) -> None:
    address = [{"Name": "email", "Value": "ann@example.com"}]
    target = {"UserPoolId": pool.pool_id, "Username": "ann", "DesiredDeliveryMediums": ["EMAIL"]}
    pool.aws.admin_create_user(**target, UserAttributes=address)
    pool.aws.admin_create_user(**target, MessageAction="RESEND")
    assert "ChallengeName" in pool.password_sign_in(password=pool.newest_code())
    pool.call_admin("admin_set_user_password", "ann", Password=PASSWORD, Permanent=True)

    with expect_error("UnsupportedUserStateException"):
        pool.aws.admin_create_user(**target, MessageAction="RESEND")


def test_user_name_can_be_created_only_once(pool: PoolUnderTest) -> None:
    pool.create_user()

    with expect_error("UsernameExistsException", "User account already exists"):
        pool.create_user()


@pytest.mark.parametrize(
    "operation",
    [
        "admin_get_user",
        "admin_disable_user",
        "admin_enable_user",
        "admin_delete_user",
        "admin_reset_user_password",
        "admin_confirm_sign_up",
        "admin_user_global_sign_out",
    ],
)
def test_unknown_user_is_not_found(pool: PoolUnderTest, operation: str) -> None:
    with expect_error("UserNotFoundException", "User does not exist."):
        pool.call_admin(operation, "unknown")


def test_users_are_listed_page_by_page_and_filtered(pool: PoolUnderTest) -> None:
    for name in ("ann", "bob", "cleo"):
        pool.create_user(name, email=f"{name}@example.com")
    pages = pool.aws.get_paginator("list_users").paginate(
        UserPoolId=pool.pool_id, PaginationConfig={"PageSize": 2}
    )
    result = pool.aws.list_users(UserPoolId=pool.pool_id, Filter='email ^= "bob"')["Users"]

    assert [entry["Username"] for page in pages for entry in page["Users"]] == ["ann", "bob", "cleo"]
    assert [entry["Username"] for entry in result] == ["bob"]
    with expect_error("InvalidParameterException"):
        pool.aws.list_users(UserPoolId=pool.pool_id, Filter="bob")


def test_administrator_can_mark_an_address_as_verified(pool: PoolUnderTest) -> None:
    pool.create_user(email="ann@example.com")
    changed = [{"Name": "email", "Value": "new@example.com"}, {"Name": "email_verified", "Value": "true"}]
    pool.call_admin("admin_update_user_attributes", "ann", UserAttributes=changed)
    attributes = pool.call_admin("admin_get_user", "ann")["UserAttributes"]

    assert {"Name": "email_verified", "Value": "true"} in attributes


def test_groups_can_be_created_once_and_have_members(pool: PoolUnderTest) -> None:
    pool.create_user()
    group = {"UserPoolId": pool.pool_id, "GroupName": "operators"}
    pool.aws.create_group(**group, Description="Operators")
    with expect_error("GroupExistsException"):
        pool.aws.create_group(**group)
    with expect_error("ResourceNotFoundException", "Group not found."):
        pool.call_admin("admin_add_user_to_group", "ann", GroupName="unknown")
    pool.call_admin("admin_add_user_to_group", "ann", GroupName="operators")
    pool.call_admin("admin_add_user_to_group", "ann", GroupName="operators")

    groups = pool.call_admin("admin_list_groups_for_user", "ann")["Groups"]
    assert [(entry["GroupName"], entry["Description"]) for entry in groups] == [("operators", "Operators")]
    assert len(pool.aws.list_groups(UserPoolId=pool.pool_id)["Groups"]) == 1
    pool.call_admin("admin_remove_user_from_group", "ann", GroupName="operators")
    assert pool.call_admin("admin_list_groups_for_user", "ann")["Groups"] == []


def test_constraints_of_the_schema_are_enforced(make_pool: MakePool) -> None:
    schema = [
        {
            "Name": "team",
            "AttributeDataType": "String",
            "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "4"},
        },
        {
            "Name": "floor",
            "AttributeDataType": "Number",
            "NumberAttributeConstraints": {"MinValue": "-1", "MaxValue": "9"},
        },
        {"Name": "sub", "AttributeDataType": "String", "Required": True, "Mutable": False},
    ]
    pool = make_pool(Schema=schema)
    pool.create_user(custom__team="blue", custom__floor="-1")

    for wrong in ({"custom__team": "b"}, {"custom__team": "green"}):
        with expect_error("InvalidParameterException"):
            pool.create_user("bob", PASSWORD, permanent=True, **wrong)
    for wrong in ({"custom__floor": "x"}, {"custom__floor": "-2"}, {"custom__floor": "10"}):
        with expect_error("InvalidParameterException"):
            pool.create_user("bob", PASSWORD, permanent=True, **wrong)


def test_schema_attribute_needs_a_name(pool: PoolUnderTest) -> None:
    with expect_error("InvalidParameterException"):
        pool.aws.add_custom_attributes(
            UserPoolId=pool.pool_id, CustomAttributes=[{"AttributeDataType": "String"}]
        )


def test_verified_flag_counts_in_any_case(make_pool: MakePool) -> None:
    pool = make_pool(AliasAttributes=["email"])
    pool.create_user(email="ann@example.com", email_verified="True")

    assert "AuthenticationResult" in pool.password_sign_in("ann@example.com")


@pytest.mark.parametrize(
    ("name", "value"), [("birthdate", "1990"), ("birthdate", "1990-01-011"), ("updated_at", "yesterday")]
)
def test_standard_attributes_have_the_constraints_of_a_new_pool(
    pool: PoolUnderTest, name: str, value: str
) -> None:
    with expect_error("InvalidParameterException"):
        pool.create_user("bob", PASSWORD, permanent=True, **{name: value})

    pool.create_user("bob", birthdate="1990-01-01", updated_at="1700000000")


def test_pool_can_change_the_constraints_of_a_standard_attribute(make_pool: MakePool) -> None:
    lengths = {"MinLength": "4", "MaxLength": "4"}
    entry = {"Name": "birthdate", "AttributeDataType": "String", "StringAttributeConstraints": lengths}
    pool = make_pool(Schema=[entry])
    described = pool.aws.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["SchemaAttributes"]

    assert {item["Name"]: item for item in described}["birthdate"]["StringAttributeConstraints"] == lengths
    pool.create_user(birthdate="1990")


def test_administrator_flow_of_users_is_rejected(pool: PoolUnderTest) -> None:
    parameters = {"USERNAME": "ann", "PASSWORD": PASSWORD}
    with expect_error("InvalidParameterException", "Initiate Auth method not supported."):
        pool.aws.admin_initiate_auth(
            UserPoolId=pool.pool_id,
            ClientId=pool.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters=parameters,
        )


def test_password_can_contain_spaces_which_count_as_symbols(pool: PoolUnderTest) -> None:
    pool.create_user("bob", password="Correct Horse 9")

    assert "AuthenticationResult" in pool.password_sign_in("bob", "Correct Horse 9")
