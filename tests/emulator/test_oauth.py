"""The OAuth endpoints: authorization requests and codes, tokens, revocation, user information."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any

import jwt
import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, REGION, PoolUnderTest, expect_error
from tests.emulator.web_client import (
    CALLBACK,
    OAUTH_SETTINGS,
    SCOPES,
    STATE,
    OAuthClient,
    Reply,
    WebClient,
    create_app,
)

API_SCOPE = "aws.cognito.signin.user.admin"


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.create_user_with_phone(email="ann@example.com", name="Ann")
    return pool


@pytest.fixture
def app(pool: PoolUnderTest) -> OAuthClient:
    return create_app(pool)


def get_code(app: OAuthClient, **changes: str | None) -> str:
    return app.sign_in("ann", PASSWORD, **changes).answer["code"]


def get_tokens(app: OAuthClient, **changes: str | None) -> dict[str, Any]:
    reply = app.exchange(get_code(app, **changes))
    assert reply.status == 200, reply.text
    return reply.json


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def expect_grant_error(reply: Reply, code: str) -> None:
    assert (reply.status, reply.json["error"]) == (400, code)


def test_code_is_exchanged_for_tokens_with_the_requested_scopes_and_nonce(app: OAuthClient) -> None:
    tokens = get_tokens(app, scope=f"openid email {API_SCOPE}")

    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    access, identity = claims_of(tokens["access_token"]), claims_of(tokens["id_token"])
    assert access["scope"].split() == ["openid", "email", API_SCOPE]
    assert access["username"] == "ann"
    assert access["client_id"] == identity["aud"] == app.client_id
    assert identity["nonce"] == "nonce-of-this-sign-in"
    assert identity["email"] == "ann@example.com"


def test_tokens_are_signed_with_the_keys_of_the_pool(pool: PoolUnderTest, app: OAuthClient) -> None:
    tokens = get_tokens(app)
    keys = jwt.PyJWKClient(f"{pool.server.endpoint_url}/{pool.pool_id}/.well-known/jwks.json")
    key = keys.get_signing_key_from_jwt(tokens["id_token"])
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool.pool_id}"
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(
        tokens["id_token"], key, ["RS256"], audience=app.client_id, issuer=issuer, options=options
    )

    assert claims["cognito:username"] == "ann"


def test_request_without_scope_gets_all_scopes_of_the_client(app: OAuthClient) -> None:
    assert claims_of(get_tokens(app)["access_token"])["scope"].split() == SCOPES


def test_without_openid_there_is_no_id_token(app: OAuthClient) -> None:
    tokens = get_tokens(app, scope=API_SCOPE)

    assert "id_token" not in tokens
    assert {"access_token", "refresh_token"} <= tokens.keys()


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("openid", {"email", "email_verified", "phone_number", "phone_number_verified", "name"}),
        ("openid email", {"email", "email_verified"}),
        ("openid phone", {"phone_number", "phone_number_verified"}),
        (
            "openid email profile",
            {"email", "email_verified", "phone_number", "phone_number_verified", "name"},
        ),
    ],
)
def test_scopes_decide_which_attributes_the_id_token_has(
    pool: PoolUnderTest, app: OAuthClient, scope: str, expected: set[str]
) -> None:
    pool.call_admin(
        "admin_update_user_attributes", "ann", UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )
    identity = claims_of(get_tokens(app, scope=scope)["id_token"])
    names = {"email", "email_verified", "phone_number", "phone_number_verified", "name"}

    assert identity.keys() & names == expected


def test_token_without_the_api_scope_calls_no_operation(pool: PoolUnderTest, app: OAuthClient) -> None:
    token = get_tokens(app, scope="openid email")["access_token"]
    with expect_error("NotAuthorizedException", "Access Token does not have required scopes"):
        pool.aws.get_user(AccessToken=token)

    assert pool.aws.get_user(AccessToken=get_tokens(app)["access_token"])["Username"] == "ann"


def test_code_is_valid_once(app: OAuthClient) -> None:
    code = get_code(app)

    assert app.exchange(code).status == 200
    expect_grant_error(app.exchange(code), "invalid_grant")


def test_code_expires_after_five_minutes(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    app = create_app(pool)
    first, second = get_code(app), get_code(app)
    pool.server.clock.advance(299)
    assert app.exchange(first).status == 200
    pool.server.clock.advance(1)

    expect_grant_error(app.exchange(second), "invalid_grant")


def test_code_is_bound_to_its_client(pool: PoolUnderTest, app: OAuthClient) -> None:
    created = pool.aws.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="other", **OAUTH_SETTINGS)
    other = created["UserPoolClient"]["ClientId"]
    code = get_code(app)
    expect_grant_error(app.exchange(code, client_id=other), "invalid_grant")

    assert app.exchange(code).status == 200


def test_code_is_bound_to_its_redirect_uri(pool: PoolUnderTest) -> None:
    app = create_app(pool, CallbackURLs=[CALLBACK, "https://app.example.com/"])

    expect_grant_error(app.exchange(get_code(app), redirect_uri="https://app.example.com/"), "invalid_grant")
    unregistered = app.exchange(get_code(app), redirect_uri="http://localhost:47831")
    expect_grant_error(unregistered, "unauthorized_client")


@pytest.mark.parametrize("verifier", ["wrong-" + "x" * 60, "short", "not allowed! " + "x" * 60])
def test_wrong_verifier_gets_no_tokens_and_uses_up_the_code(app: OAuthClient, verifier: str) -> None:
    code = get_code(app)
    expect_grant_error(app.exchange(code, code_verifier=verifier), "invalid_grant")

    expect_grant_error(app.exchange(code), "invalid_grant")


def test_missing_verifier_gets_no_tokens(app: OAuthClient) -> None:
    form = {"grant_type": "authorization_code", "client_id": app.client_id, "redirect_uri": CALLBACK}

    expect_grant_error(app.post("token", **form, code=get_code(app)), "invalid_grant")


def test_code_without_challenge_takes_no_verifier(app: OAuthClient) -> None:
    plain = {"code_challenge": None, "code_challenge_method": None}
    form = {"grant_type": "authorization_code", "client_id": app.client_id, "redirect_uri": CALLBACK}
    expect_grant_error(app.exchange(get_code(app, **plain)), "invalid_grant")

    assert app.post("token", **form, code=get_code(app, **plain)).status == 200


def test_deleted_and_disabled_users_get_no_tokens(pool: PoolUnderTest, app: OAuthClient) -> None:
    pool.create_user("bob")
    code = app.sign_in("bob", PASSWORD).answer["code"]
    pool.call_admin("admin_delete_user", "bob")
    expect_grant_error(app.exchange(code), "invalid_grant")
    code = get_code(app)
    pool.call_admin("admin_disable_user", "ann")

    expect_grant_error(app.exchange(code), "invalid_grant")


def test_wrong_callback_or_client_stays_on_the_error_page(app: OAuthClient) -> None:
    for changes, error in (
        ({"redirect_uri": "http://localhost:47831"}, "redirect_mismatch"),
        ({"redirect_uri": "http://127.0.0.1:47831/"}, "redirect_mismatch"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": None}, "invalid_request"),
    ):
        reply = app.browser.request(app.url(**changes))
        assert reply.location.startswith(f"{app.browser.base_url}/error?error={error}")
        page = app.browser.open(reply.location)
        assert (page.status, page.error) == (400, error)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid orders/read"}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "too-short"}, "invalid_request"),
        ({"identity_provider": "Nobody"}, "invalid_request"),
        ({"idp_identifier": "nobody.example"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
)
def test_app_is_told_of_other_errors(app: OAuthClient, changes: dict[str, str | None], error: str) -> None:
    for path in ("/oauth2/authorize", "/login"):
        if error == "login_required" and path == "/login":
            continue
        answer = app.browser.request(app.url(**changes).replace("/oauth2/authorize", path)).answer
        assert (answer["error"], answer["state"]) == (error, STATE)
        assert "code" not in answer


def test_client_without_oauth_gets_no_code(pool: PoolUnderTest) -> None:
    app = create_app(pool, AllowedOAuthFlowsUserPoolClient=False)

    assert app.browser.request(app.url()).answer["error"] == "unauthorized_client"


def test_parameter_that_occurs_twice_is_rejected(app: OAuthClient) -> None:
    reply = app.browser.request(f"{app.url()}&redirect_uri=https%3A%2F%2Fevil.example%2F")

    assert reply.location == f"{app.browser.base_url}/error?error=invalid_request"


def test_pool_without_domain_has_no_pages(pool: PoolUnderTest, app: OAuthClient) -> None:
    domain = pool.aws.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Domain"]
    code = get_code(app)
    pool.aws.delete_user_pool_domain(UserPoolId=pool.pool_id, Domain=domain)

    assert "error=invalid_client" in app.browser.request(app.url()).location
    expect_grant_error(app.exchange(code), "invalid_client")


def test_query_of_the_redirect_uri_is_kept(pool: PoolUnderTest) -> None:
    address = "https://app.example.com/callback?tenant=a%26b"
    app = create_app(pool, CallbackURLs=[address])
    reply = app.sign_in("ann", PASSWORD, redirect_uri=address)

    assert reply.location.startswith(f"{address}&code=")


def test_state_comes_back_unchanged(app: OAuthClient) -> None:
    state = 'a b&c=d%20"<é>\r\nSet-Cookie: x=y'

    assert app.sign_in("ann", PASSWORD, state=state).answer["state"] == state
    assert "state" not in app.sign_in("ann", PASSWORD, state=None).answer


def test_refresh_keeps_the_scopes(pool: PoolUnderTest, app: OAuthClient) -> None:
    tokens = get_tokens(app, scope=f"openid email {API_SCOPE}")
    form = {"grant_type": "refresh_token", "client_id": app.client_id}
    refreshed = app.post("token", **form, refresh_token=tokens["refresh_token"]).json

    assert "refresh_token" not in refreshed
    assert claims_of(refreshed["access_token"])["scope"] == f"openid email {API_SCOPE}"
    assert claims_of(refreshed["id_token"])["email"] == "ann@example.com"
    reply = pool.aws.get_tokens_from_refresh_token(
        ClientId=app.client_id, RefreshToken=tokens["refresh_token"]
    )
    access = claims_of(reply["AuthenticationResult"]["AccessToken"])
    assert access["scope"] == f"openid email {API_SCOPE}"
    expect_grant_error(app.post("token", **form, refresh_token="unknown"), "invalid_grant")


def test_rotation_returns_a_new_refresh_token(pool: PoolUnderTest) -> None:
    app = create_app(
        pool,
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"],
    )
    first = get_tokens(app)["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": app.client_id}
    second = app.post("token", **form, refresh_token=first).json["refresh_token"]

    assert second != first
    expect_grant_error(app.post("token", **form, refresh_token=first), "invalid_grant")
    assert app.post("token", **form, refresh_token=second).status == 200


def test_client_secret_is_checked_in_the_header_and_in_the_form(make_pool: MakePool) -> None:
    pool = make_pool(client={"GenerateSecret": True})
    pool.create_user()
    app = create_app(pool)
    client, secret = app.client_id, pool.client_secret
    assert secret is not None
    form = {
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code_verifier": app.verifier,
    }
    code = get_code(app)
    expect_grant_error(app.post("token", **form, code=code, client_id=client), "invalid_client")
    wrong = app.post("token", **form, code=code, client_id=client, client_secret="wrong")
    expect_grant_error(wrong, "invalid_client")
    expect_grant_error(app.post("token", (client, "wrong"), **form, code=code), "invalid_client")
    mixed = app.post("token", (client, secret), **form, code=code, client_id="other")
    expect_grant_error(mixed, "invalid_client")
    broken = app.browser.request("/oauth2/token", {**form, "code": code}, Authorization="Basic é")
    expect_grant_error(broken, "invalid_client")

    assert app.post("token", (client, secret), **form, code=code).status == 200
    posted = app.post("token", **form, code=get_code(app), client_id=client, client_secret=secret)
    assert posted.status == 200


def test_client_without_secret_sends_none(app: OAuthClient) -> None:
    expect_grant_error(app.exchange(get_code(app), client_secret="invented"), "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}, "invalid_grant"),
    ],
)
def test_malformed_token_requests_are_rejected(app: OAuthClient, form: dict[str, str], error: str) -> None:
    expect_grant_error(app.post("token", **form, client_id=app.client_id), error)


def test_token_endpoint_takes_forms_only(app: OAuthClient) -> None:
    reply = app.browser.request("/oauth2/token", {}, Content_Type="application/json")

    expect_grant_error(reply, "invalid_request")
    assert app.browser.request("/oauth2/token").status == 405


def test_tokens_are_not_cached(app: OAuthClient) -> None:
    reply = app.exchange(get_code(app))

    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Content-Type"] == "application/json"


def test_client_credentials_give_a_token_without_a_user(make_pool: MakePool) -> None:
    pool = make_pool(client={"GenerateSecret": True})
    api = {"ScopeName": "read", "ScopeDescription": "Read orders"}
    pool.aws.create_resource_server(UserPoolId=pool.pool_id, Identifier="orders", Name="Orders", Scopes=[api])
    app = create_app(
        pool, AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["orders/read"], CallbackURLs=[]
    )
    basic = (app.client_id, str(pool.client_secret))
    reply = app.post("token", basic, grant_type="client_credentials")

    claims = claims_of(reply.json["access_token"])
    assert (claims["sub"], claims["scope"]) == (app.client_id, "orders/read")
    assert reply.json.keys() == {"access_token", "expires_in", "token_type"}
    unknown = app.post("token", basic, grant_type="client_credentials", scope="orders/write")
    expect_grant_error(unknown, "invalid_scope")
    with expect_error("NotAuthorizedException"):
        pool.aws.get_user(AccessToken=reply.json["access_token"])


def test_revoked_refresh_token_ends_the_sign_in(pool: PoolUnderTest, app: OAuthClient) -> None:
    tokens = get_tokens(app)
    reply = app.post("revoke", token=tokens["refresh_token"], client_id=app.client_id)

    assert (reply.status, reply.text) == (200, "")
    form = {"grant_type": "refresh_token", "client_id": app.client_id}
    expect_grant_error(app.post("token", **form, refresh_token=tokens["refresh_token"]), "invalid_grant")
    with expect_error("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=tokens["access_token"])


def test_revocation_reports_errors(pool: PoolUnderTest, app: OAuthClient) -> None:
    tokens, client_id = get_tokens(app), app.client_id
    assert app.post("revoke", token="unknown", client_id=client_id).status == 200
    expect_grant_error(app.post("revoke", client_id=client_id), "invalid_request")
    access = app.post("revoke", token=tokens["access_token"], client_id=client_id)
    expect_grant_error(access, "unsupported_token_type")

    reply = app.post("revoke", token=tokens["refresh_token"], client_id="nobody")
    assert (reply.status, reply.json["error"]) == (401, "invalid_client")


def test_user_info_has_the_claims_of_the_scopes(app: OAuthClient) -> None:
    token = get_tokens(app, scope="openid email")["access_token"]
    reply = app.browser.request("/oauth2/userInfo", Authorization=f"Bearer {token}")

    assert reply.json == {
        "sub": claims_of(token)["sub"],
        "email": "ann@example.com",
        "email_verified": "false",
        "username": "ann",
    }


def test_user_info_rejects_other_tokens(pool: PoolUnderTest, app: OAuthClient) -> None:
    assert app.browser.request("/oauth2/userInfo").status == 400
    api_token = pool.get_access_token()
    tokens = get_tokens(app)
    for token in ("not.a.token", api_token, tokens["id_token"]):
        reply = app.browser.request("/oauth2/userInfo", Authorization=f"Bearer {token}")
        assert (reply.status, reply.json["error"]) == (401, "invalid_token")
        assert reply.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


def test_discovery_lists_the_endpoints_of_a_pool_with_a_domain(pool: PoolUnderTest) -> None:
    client = WebClient(pool.server.endpoint_url)
    address = f"/{pool.pool_id}/.well-known/openid-configuration"
    assert "authorization_endpoint" not in client.request(address).json
    app = create_app(pool)
    document = client.request(address).json

    assert document["authorization_endpoint"] == app.url().partition("?")[0]
    for name in ("token_endpoint", "userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"):
        assert document[name].startswith(client.base_url)


def test_only_the_endpoints_for_apps_allow_other_origins(pool: PoolUnderTest, app: OAuthClient) -> None:
    origin = {"Origin": "https://app.example.com"}
    token = get_tokens(app)["access_token"]
    info = app.browser.request("/oauth2/userInfo", Authorization=f"Bearer {token}", **origin)
    assert info.headers["Access-Control-Allow-Origin"] == "*"
    assert info.headers["Access-Control-Allow-Credentials"] is None

    for path in (app.url(), app.url().replace("/oauth2/authorize", "/login"), "/error", "/messages"):
        assert app.browser.request(path, **origin).headers["Access-Control-Allow-Origin"] is None


def test_browsers_may_ask_first_at_the_endpoints_for_apps(app: OAuthClient) -> None:
    host, port = app.browser.base_url.removeprefix("http://").split(":")
    replies = {}
    for path in ("/oauth2/userInfo", "/login", "/messages"):
        connection = HTTPConnection(host, int(port), timeout=60)
        connection.request("OPTIONS", path, headers={"Origin": "https://app.example.com"})
        replies[path] = connection.getresponse()
        connection.close()

    assert replies["/oauth2/userInfo"].status == 204
    assert "Authorization" in replies["/oauth2/userInfo"].headers["Access-Control-Allow-Headers"]
    for path in ("/login", "/messages"):
        assert replies[path].headers["Access-Control-Allow-Origin"] is None
