"""Provisioning through Cognito's admin operations."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, SMS, TOTP, PoolUnderTest, refused


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool()


def test_a_pool_is_described_listed_and_deleted(pool: PoolUnderTest) -> None:
    described = pool.aws.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]

    assert described["Id"] == pool.pool_id
    assert described["Name"] == "tests"
    assert described["MfaConfiguration"] == "OFF"
    assert described["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    pages = pool.aws.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 1})
    assert pool.pool_id in [one["Id"] for page in pages for one in page["UserPools"]]
    pool.aws.delete_user_pool(UserPoolId=pool.pool_id)
    with refused("ResourceNotFoundException", f"User pool {pool.pool_id} does not exist."):
        pool.aws.describe_user_pool(UserPoolId=pool.pool_id)
    with refused("ResourceNotFoundException"):
        pool.password_sign_in()


def test_a_pool_is_updated_without_losing_users_factors_or_schema(make_pool: MakePool) -> None:
    schema = [{"Name": "team", "AttributeDataType": "String", "Mutable": True}]
    mfa = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOTP}
    pool = make_pool(Schema=schema, mfa=mfa)
    pool.user(custom__team="red")
    pool.aws.update_user_pool(
        UserPoolId=pool.pool_id, LambdaConfig={"DefineAuthChallenge": "arn:aws:lambda:eu-west-1:1:function:f"}
    )

    assert pool.password_sign_in()["ChallengeName"] == "MFA_SETUP"
    described = pool.aws.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    assert described["LambdaConfig"]["DefineAuthChallenge"]
    assert described["SchemaAttributes"][0]["Name"] == "team"


def test_custom_attributes_can_be_added(pool: PoolUnderTest) -> None:
    pool.aws.add_custom_attributes(
        UserPoolId=pool.pool_id, CustomAttributes=[{"Name": "team", "AttributeDataType": "String"}]
    )
    pool.user(custom__team="red")

    attributes = pool.admin("admin_get_user", "ann")["UserAttributes"]
    assert {"Name": "custom:team", "Value": "red"} in attributes


def test_names_are_either_aliases_or_attributes(pool: PoolUnderTest) -> None:
    with refused("InvalidParameterException"):
        pool.aws.create_user_pool(PoolName="both", AliasAttributes=["email"], UsernameAttributes=["email"])


def test_the_mfa_setting_is_given_back(pool: PoolUnderTest) -> None:
    setting = {
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": SMS,
        "SoftwareTokenMfaConfiguration": TOTP,
        "EmailMfaConfiguration": {"Subject": "Your code"},
    }
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **setting)
    found = pool.aws.get_user_pool_mfa_config(UserPoolId=pool.pool_id)

    assert {key: found[key] for key in setting} == setting


def test_what_the_mfa_setting_leaves_out_stays_as_it_was(make_pool: MakePool) -> None:
    pool = make_pool(MfaConfiguration="ON", **SMS)
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, SoftwareTokenMfaConfiguration=TOTP)
    pool.aws.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, WebAuthnConfiguration={"RelyingPartyId": "localhost"}
    )
    pool.user()

    offered = pool.password_sign_in()["ChallengeParameters"]["MFAS_CAN_SETUP"]
    assert offered == '["SMS_MFA","SOFTWARE_TOKEN_MFA"]'


def test_software_tokens_can_be_switched_off_again(pool: PoolUnderTest) -> None:
    for enabled in (True, False):
        pool.aws.set_user_pool_mfa_config(
            UserPoolId=pool.pool_id,
            MfaConfiguration="OPTIONAL",
            SmsMfaConfiguration=SMS,
            SoftwareTokenMfaConfiguration={"Enabled": enabled},
        )
    pool.user()

    with refused("SoftwareTokenMFANotFoundException"):
        pool.aws.associate_software_token(AccessToken=pool.access_token())


def test_sms_configured_with_the_pool_is_a_factor(make_pool: MakePool) -> None:
    pool = make_pool(MfaConfiguration="ON", **SMS)
    pool.with_phone()

    assert pool.password_sign_in()["ChallengeName"] == "SMS_MFA"
    found = pool.aws.get_user_pool_mfa_config(UserPoolId=pool.pool_id)
    assert found["SmsMfaConfiguration"] == SMS


def test_sms_configured_for_verification_alone_is_no_factor_beside_another(make_pool: MakePool) -> None:
    pool = make_pool(**SMS, mfa={"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOTP})
    pool.with_phone()

    offered = pool.password_sign_in()["ChallengeParameters"]["MFAS_CAN_SETUP"]
    assert offered == '["SOFTWARE_TOKEN_MFA"]'


@pytest.mark.parametrize("mfa", ["ON", "OPTIONAL"])
def test_a_pool_cannot_be_created_with_mfa_and_no_way_to_send_sms(make_pool: MakePool, mfa: str) -> None:
    with refused("InvalidParameterException"):
        make_pool(MfaConfiguration=mfa)


def test_a_client_has_cognitos_defaults(pool: PoolUnderTest) -> None:
    made = pool.aws.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="plain")["UserPoolClient"]

    assert set(made["ExplicitAuthFlows"]) == {
        "ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_CUSTOM_AUTH",
    }
    assert made["AuthSessionValidity"] == 3
    assert made["RefreshTokenValidity"] == 30
    assert made["PreventUserExistenceErrors"] == "LEGACY"
    assert "ClientSecret" not in made


def test_a_client_is_described_updated_listed_and_deleted(pool: PoolUnderTest) -> None:
    made = pool.aws.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="one", GenerateSecret=True)[
        "UserPoolClient"
    ]
    where = {"UserPoolId": pool.pool_id, "ClientId": made["ClientId"]}
    pool.aws.update_user_pool_client(**where, ClientName="two", AuthSessionValidity=15)
    described = pool.aws.describe_user_pool_client(**where)["UserPoolClient"]

    assert 24 <= len(made["ClientSecret"]) <= 64
    assert described["ClientSecret"] == made["ClientSecret"]
    assert (described["ClientName"], described["AuthSessionValidity"]) == ("two", 15)
    listed = pool.aws.list_user_pool_clients(UserPoolId=pool.pool_id)["UserPoolClients"]
    assert made["ClientId"] in [one["ClientId"] for one in listed]
    pool.aws.delete_user_pool_client(**where)
    with refused("ResourceNotFoundException"):
        pool.aws.describe_user_pool_client(**where)


def test_old_and_new_names_of_flows_do_not_mix(pool: PoolUnderTest) -> None:
    with refused("InvalidParameterException"):
        pool.aws.create_user_pool_client(
            UserPoolId=pool.pool_id,
            ClientName="mixed",
            ExplicitAuthFlows=["USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"],
        )


def test_an_old_name_allows_its_flow_beside_the_usual_ones(make_pool: MakePool) -> None:
    pool = make_pool(client={"ExplicitAuthFlows": ["USER_PASSWORD_AUTH"]})
    pool.user()

    assert "AuthenticationResult" in pool.password_sign_in()
    assert "AuthenticationResult" in pool.srp_sign_in()


def test_a_created_user_must_change_the_password_and_is_told_it(pool: PoolUnderTest) -> None:
    made = pool.aws.admin_create_user(
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=[{"Name": "email", "Value": "ann@example.com"}],
        DesiredDeliveryMediums=["EMAIL"],
    )["User"]
    message = pool.message()

    assert made["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert made["Enabled"] is True
    assert (message["purpose"], message["destination"]) == ("INVITATION", "ann@example.com")
    reply = pool.password_sign_in(password=message["code"])
    assert reply["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_an_invitation_can_be_sent_again(pool: PoolUnderTest) -> None:
    address = [{"Name": "email", "Value": "ann@example.com"}]
    whom = {"UserPoolId": pool.pool_id, "Username": "ann", "DesiredDeliveryMediums": ["EMAIL"]}
    pool.aws.admin_create_user(**whom, UserAttributes=address)
    pool.aws.admin_create_user(**whom, MessageAction="RESEND")
    assert "ChallengeName" in pool.password_sign_in(password=pool.code())
    pool.admin("admin_set_user_password", "ann", Password=PASSWORD, Permanent=True)

    with refused("UnsupportedUserStateException"):
        pool.aws.admin_create_user(**whom, MessageAction="RESEND")


def test_a_name_is_created_once(pool: PoolUnderTest) -> None:
    pool.user()

    with refused("UsernameExistsException", "User account already exists"):
        pool.user()


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
def test_an_unknown_user_is_not_found(pool: PoolUnderTest, operation: str) -> None:
    with refused("UserNotFoundException", "User does not exist."):
        pool.admin(operation, "nobody")


def test_users_are_listed_page_by_page_and_filtered(pool: PoolUnderTest) -> None:
    for name in ("ann", "bob", "cleo"):
        pool.user(name, email=f"{name}@example.com")
    pages = pool.aws.get_paginator("list_users").paginate(
        UserPoolId=pool.pool_id, PaginationConfig={"PageSize": 2}
    )
    found = pool.aws.list_users(UserPoolId=pool.pool_id, Filter='email ^= "bob"')["Users"]

    assert [one["Username"] for page in pages for one in page["Users"]] == ["ann", "bob", "cleo"]
    assert [one["Username"] for one in found] == ["bob"]
    with refused("InvalidParameterException"):
        pool.aws.list_users(UserPoolId=pool.pool_id, Filter="bob")


def test_an_administrator_may_call_an_address_verified(pool: PoolUnderTest) -> None:
    pool.user(email="ann@example.com")
    changed = [{"Name": "email", "Value": "new@example.com"}, {"Name": "email_verified", "Value": "true"}]
    pool.admin("admin_update_user_attributes", "ann", UserAttributes=changed)
    attributes = pool.admin("admin_get_user", "ann")["UserAttributes"]

    assert {"Name": "email_verified", "Value": "true"} in attributes


def test_groups_are_created_once_and_have_members(pool: PoolUnderTest) -> None:
    pool.user()
    group = {"UserPoolId": pool.pool_id, "GroupName": "operators"}
    pool.aws.create_group(**group, Description="who operate")
    with refused("GroupExistsException"):
        pool.aws.create_group(**group)
    with refused("ResourceNotFoundException", "Group not found."):
        pool.admin("admin_add_user_to_group", "ann", GroupName="unknown")
    pool.admin("admin_add_user_to_group", "ann", GroupName="operators")
    pool.admin("admin_add_user_to_group", "ann", GroupName="operators")

    groups = pool.admin("admin_list_groups_for_user", "ann")["Groups"]
    assert [(one["GroupName"], one["Description"]) for one in groups] == [("operators", "who operate")]
    assert len(pool.aws.list_groups(UserPoolId=pool.pool_id)["Groups"]) == 1
    pool.admin("admin_remove_user_from_group", "ann", GroupName="operators")
    assert pool.admin("admin_list_groups_for_user", "ann")["Groups"] == []


def test_the_schemas_constraints_hold(make_pool: MakePool) -> None:
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
    pool.user(custom__team="blue", custom__floor="-1")

    for wrong in ({"custom__team": "b"}, {"custom__team": "green"}):
        with refused("InvalidParameterException"):
            pool.user("bob", PASSWORD, permanent=True, **wrong)
    for wrong in ({"custom__floor": "x"}, {"custom__floor": "-2"}, {"custom__floor": "10"}):
        with refused("InvalidParameterException"):
            pool.user("bob", PASSWORD, permanent=True, **wrong)
