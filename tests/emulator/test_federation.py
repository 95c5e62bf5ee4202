"""Identity providers, and the users who sign in through them."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, PoolUnderTest, expect_error
from tests.emulator.web_client import (
    ACME_SSO,
    OAUTH_SETTINGS,
    STATE,
    OAuthClient,
    Reply,
    WebClient,
    create_app,
)

EMAIL = "Dana.Miller@acme.example"
USERNAME = "AcmeSSO_dana.miller@acme.example"
GOOGLE: dict[str, Any] = {
    "ProviderName": "Google",
    "ProviderType": "Google",
    "ProviderDetails": {"client_id": "c", "client_secret": "s", "authorize_scopes": "openid email"},
    "AttributeMapping": {"email": "email"},
}
OIDC: dict[str, Any] = {
    "ProviderName": "Corp",
    "ProviderType": "OIDC",
    "ProviderDetails": {
        "client_id": "c",
        "attributes_request_method": "GET",
        "oidc_issuer": "https://corp.example",
        "authorize_scopes": "openid",
    },
}


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool()


@pytest.fixture
def app(pool: PoolUnderTest) -> OAuthClient:
    return create_app(pool, providers=[ACME_SSO])


def sign_in(app: OAuthClient, email: str = EMAIL, **changes: str | None) -> Reply:
    """Sign in on the provider's page of a new browser."""
    app.browser.cookies.clear()
    page = app.browser.open(app.url(**{"identity_provider": "AcmeSSO", **changes}))
    return app.browser.send(page, email=email)


def id_claims(app: OAuthClient, reply: Reply) -> dict[str, Any]:
    tokens = app.exchange(reply.answer["code"]).json
    claims: dict[str, Any] = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    return claims


def test_login_page_links_to_the_providers(app: OAuthClient) -> None:
    page = app.browser.open(app.url())
    assert list(page.page.links) == ["Continue with AcmeSSO"]

    assert app.browser.open(page.page.links["Continue with AcmeSSO"]).title == "Sign in to AcmeSSO"


@pytest.mark.parametrize("selection", [{"identity_provider": "AcmeSSO"}, {"idp_identifier": "acme.example"}])
def test_request_can_select_the_provider(app: OAuthClient, selection: dict[str, str | None]) -> None:
    assert app.browser.open(app.url(**selection)).title == "Sign in to AcmeSSO"


def test_request_can_select_the_pool_itself(app: OAuthClient) -> None:
    assert app.browser.open(app.url(identity_provider="COGNITO")).title == "Sign in"


def test_only_provider_of_a_client_is_opened_at_once(pool: PoolUnderTest) -> None:
    app = create_app(pool, providers=[ACME_SSO], SupportedIdentityProviders=["AcmeSSO"])

    assert app.browser.open(app.url()).title == "Sign in to AcmeSSO"


def test_client_gets_no_provider_that_it_does_not_support(pool: PoolUnderTest) -> None:
    app = create_app(pool, providers=[ACME_SSO], SupportedIdentityProviders=["COGNITO"])
    assert not app.browser.open(app.url()).page.links
    answer = app.browser.request(app.url(identity_provider="AcmeSSO")).answer

    assert answer["error"] == "invalid_request"


def test_federated_user_has_the_name_and_claims_of_the_provider(app: OAuthClient) -> None:
    claims = id_claims(app, sign_in(app))

    assert claims["cognito:username"] == USERNAME
    assert (claims["email"], claims["email_verified"]) == ("dana.miller@acme.example", False)
    assert claims["name"] == "Dana Miller"
    (identity,) = claims["identities"]
    assert identity["userId"] == "dana.miller@acme.example"
    assert (identity["providerName"], identity["providerType"]) == ("AcmeSSO", "SAML")
    assert identity["primary"] == "true"
    assert identity["dateCreated"].isdecimal()


def test_provider_leads_back_through_the_domain_once_and_in_the_same_browser(app: OAuthClient) -> None:
    def answer_of_the_provider(email: str = EMAIL) -> str:
        page = app.browser.open(app.url(identity_provider="AcmeSSO"))
        form = {**page.page.fields, "email": email}
        return app.browser.request(page.page.action, form).location

    address = answer_of_the_provider()
    assert address.startswith(f"{app.browser.base_url}/oauth2/idpresponse?code=")
    assert EMAIL not in address
    assert WebClient(app.browser.base_url).open(address).title.startswith("An error")
    assert app.browser.request(address).answer["state"] == STATE
    assert app.browser.open(address).title.startswith("An error"), "an answer must work once"
    app.browser.cookies.clear()
    address = answer_of_the_provider()
    forged = app.browser.request(address.replace("code=", "code=x")).answer
    assert (forged["error"], forged["state"]) == ("invalid_request", STATE)
    assert app.browser.open(address).title.startswith("An error"), "a wrong code must use up the answer"


def test_user_is_created_once_with_the_group_of_the_provider(pool: PoolUnderTest, app: OAuthClient) -> None:
    first, second = id_claims(app, sign_in(app)), id_claims(app, sign_in(app))
    (user,) = pool.aws.list_users(UserPoolId=pool.pool_id)["Users"]

    assert first["sub"] == second["sub"]
    assert first["cognito:groups"] == second["cognito:groups"] == [f"{pool.pool_id}_AcmeSSO"]
    assert (user["Username"], user["UserStatus"]) == (USERNAME, "EXTERNAL_PROVIDER")
    attributes = {entry["Name"]: entry["Value"] for entry in user["Attributes"]}
    assert json.loads(attributes["identities"])[0]["providerName"] == "AcmeSSO"


def test_mapped_attributes_are_updated_at_each_sign_in(pool: PoolUnderTest, app: OAuthClient) -> None:
    id_claims(app, sign_in(app))
    changed = [{"Name": "name", "Value": "Changed"}, {"Name": "nickname", "Value": "Dee"}]
    pool.call_admin("admin_update_user_attributes", USERNAME, UserAttributes=changed)
    claims = id_claims(app, sign_in(app))

    assert (claims["name"], claims["nickname"]) == ("Dana Miller", "Dee")


def test_provider_without_saml_has_its_own_subject(pool: PoolUnderTest) -> None:
    app = create_app(pool, providers=[GOOGLE, OIDC])
    google = id_claims(app, sign_in(app, identity_provider="Google"))
    corp = id_claims(app, sign_in(app, identity_provider="Corp"))

    assert google["cognito:username"].startswith("Google_")
    assert "@" not in google["cognito:username"]
    assert google["email"] == "dana.miller@acme.example"
    assert corp["identities"][0]["issuer"] == "https://corp.example"
    assert "email" not in corp


def test_cancel_reports_access_denied(app: OAuthClient) -> None:
    page = app.browser.open(app.url(identity_provider="AcmeSSO"))
    answer = app.browser.send(page, cancel="yes").answer

    assert (answer["error"], answer["state"]) == ("access_denied", STATE)
    assert "AcmeSSO" in answer["error_description"]


@pytest.mark.parametrize("address", ["<b>nobody</b>", f"{'x' * 100}@acme.example", ""])
def test_malformed_address_stays_on_the_page(app: OAuthClient, address: str) -> None:
    reply = sign_in(app, address)

    assert (reply.status, reply.title) == (400, "Sign in to AcmeSSO")
    assert "<b>" not in reply.text


def test_form_of_another_site_is_rejected(app: OAuthClient) -> None:
    page = app.browser.open(app.url(identity_provider="AcmeSSO"))
    stranger = WebClient(app.browser.base_url)
    reply = stranger.send(page, email=EMAIL)

    assert (reply.status, reply.error) == (403, "This page has expired. Try again.")
    assert stranger.send(page, cancel="yes").status == 403


def test_browser_session_is_for_the_provider_that_was_used(app: OAuthClient) -> None:
    sign_in(app)

    assert "code" in app.browser.request(app.url()).answer
    assert "code" in app.browser.request(app.url(identity_provider="AcmeSSO")).answer
    assert app.browser.open(app.url(identity_provider="COGNITO")).title == "Sign in"


def test_browser_session_of_a_provider_is_for_clients_that_support_it(
    pool: PoolUnderTest, app: OAuthClient
) -> None:
    created = pool.aws.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="other", **OAUTH_SETTINGS)
    other = OAuthClient(created["UserPoolClient"]["ClientId"], app.browser)
    sign_in(app)

    assert other.browser.open(other.url()).title == "Sign in"


def test_missing_required_attribute_is_reported_to_the_app(make_pool: MakePool) -> None:
    schema = [{"Name": "birthdate", "AttributeDataType": "String", "Required": True, "Mutable": True}]
    app = create_app(make_pool(Schema=schema), providers=[ACME_SSO])
    answer = sign_in(app).answer

    assert (answer["error"], answer["error_description"]) == (
        "invalid_request",
        "attributes required: [birthdate]",
    )


def test_triggers_run_for_new_and_known_users(own_pool: MakePool) -> None:
    sources: list[str] = []

    class Triggers:
        @staticmethod
        def pre_sign_up(event: dict[str, Any], context: Any) -> dict[str, Any]:
            sources.append(event["triggerSource"])
            if event["userName"].endswith("eve@acme.example"):
                raise ValueError("not invited")
            return event

        @staticmethod
        def pre_authentication(event: dict[str, Any], context: Any) -> dict[str, Any]:
            sources.append(event["triggerSource"])
            return event

        post_confirmation = post_authentication = pre_authentication

    arn = "arn:aws:lambda:eu-west-1:000000000000:function:f"
    names = ("PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication")
    pool = own_pool(LambdaConfig=dict.fromkeys(names, arn))
    pool.server.triggers = Triggers
    app = create_app(pool, providers=[ACME_SSO])
    sign_in(app)
    post = "PostAuthentication_Authentication"
    assert sources == ["PreSignUp_ExternalProvider", "PostConfirmation_ConfirmSignUp", post]
    sources.clear()
    sign_in(app)
    assert sources == ["PreAuthentication_Authentication", post]
    answer = sign_in(app, "eve@acme.example").answer

    assert answer["error"] == "invalid_request"
    assert answer["error_description"] == "PreSignUp failed with error not invited."
    assert len(pool.aws.list_users(UserPoolId=pool.pool_id)["Users"]) == 1


def test_disabled_federated_user_gets_no_code(pool: PoolUnderTest, app: OAuthClient) -> None:
    sign_in(app)
    pool.call_admin("admin_disable_user", USERNAME)

    assert sign_in(app).answer["error_description"] == "User is disabled."


def test_name_of_a_federated_user_cannot_be_taken(pool: PoolUnderTest, app: OAuthClient) -> None:
    pool.create_user(USERNAME)

    assert sign_in(app).answer["error_description"] == f"Already found an entry for username {USERNAME}"


def test_federated_user_has_no_password(pool: PoolUnderTest, app: OAuthClient) -> None:
    sign_in(app)
    with expect_error("NotAuthorizedException"):
        pool.password_sign_in(USERNAME, PASSWORD)
    with expect_error("NotAuthorizedException"):
        pool.aws.forgot_password(ClientId=pool.client_id, Username=USERNAME)


def test_address_of_a_federated_user_is_no_sign_in_name(make_pool: MakePool) -> None:
    pool = make_pool(UsernameAttributes=["email"])
    app = create_app(pool, providers=[ACME_SSO])
    sign_in(app)
    name = pool.create_user("dana.miller@acme.example", email="dana.miller@acme.example")

    assert not name.startswith("AcmeSSO_")
    assert pool.password_sign_in("dana.miller@acme.example")["AuthenticationResult"]


def test_users_cannot_claim_an_identity(pool: PoolUnderTest) -> None:
    pool.create_user()
    identities = [{"Name": "identities", "Value": "[]"}]
    with expect_error("InvalidParameterException"):
        pool.aws.update_user_attributes(AccessToken=pool.get_access_token(), UserAttributes=identities)
    with expect_error("InvalidParameterException"):
        pool.aws.sign_up(
            ClientId=pool.client_id, Username="eve", Password=PASSWORD, UserAttributes=identities
        )


def test_provider_is_created_described_updated_listed_and_deleted(pool: PoolUnderTest) -> None:
    target = {"UserPoolId": pool.pool_id, "ProviderName": "AcmeSSO"}
    created = pool.aws.create_identity_provider(UserPoolId=pool.pool_id, **ACME_SSO)["IdentityProvider"]
    assert {name: created[name] for name in ACME_SSO} == ACME_SSO
    updated = pool.aws.update_identity_provider(**target, IdpIdentifiers=["acme.test"])["IdentityProvider"]
    assert updated["AttributeMapping"] == ACME_SSO["AttributeMapping"]
    assert pool.aws.describe_identity_provider(**target)["IdentityProvider"] == updated
    found = pool.aws.get_identity_provider_by_identifier(UserPoolId=pool.pool_id, IdpIdentifier="acme.test")
    assert found["IdentityProvider"]["ProviderName"] == "AcmeSSO"
    (listed,) = pool.aws.list_identity_providers(UserPoolId=pool.pool_id)["Providers"]
    assert (listed["ProviderName"], listed["ProviderType"]) == ("AcmeSSO", "SAML")
    pool.aws.delete_identity_provider(**target)
    with expect_error("ResourceNotFoundException"):
        pool.aws.describe_identity_provider(**target)
    with expect_error("ResourceNotFoundException"):
        pool.aws.get_identity_provider_by_identifier(UserPoolId=pool.pool_id, IdpIdentifier="acme.test")


@pytest.mark.parametrize(
    "changes",
    [
        {"ProviderDetails": {}},
        {"ProviderType": "OIDC"},
        {"ProviderType": "Google"},
        {"AttributeMapping": {"unknown": "claim"}},
        {"ProviderName": "Second", "IdpIdentifiers": ["acme.example"]},
    ],
)
def test_provider_settings_are_checked(pool: PoolUnderTest, changes: dict[str, Any]) -> None:
    if changes.get("ProviderName"):
        pool.aws.create_identity_provider(UserPoolId=pool.pool_id, **ACME_SSO)
    with expect_error("InvalidParameterException"):
        pool.aws.create_identity_provider(UserPoolId=pool.pool_id, **{**ACME_SSO, **changes})


@pytest.mark.parametrize("name", ["AcmeSSO", "COGNITO"])
def test_provider_name_is_taken_once(pool: PoolUnderTest, name: str) -> None:
    pool.aws.create_identity_provider(UserPoolId=pool.pool_id, **ACME_SSO)
    with expect_error("DuplicateProviderException"):
        pool.aws.create_identity_provider(UserPoolId=pool.pool_id, **{**ACME_SSO, "ProviderName": name})
