"""The managed login pages: passwords, challenges, the browser's session, and who may send a form."""

from __future__ import annotations

import re
from email.message import Message
from html import unescape
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from tests.emulator.conftest import MakePool, create_pool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, TOTP, PoolUnderTest, other_code
from tests.emulator.web_client import (
    ACME_SSO,
    CALLBACK,
    OAUTH_SETTINGS,
    SIGNED_OUT,
    STATE,
    OAuthClient,
    Reply,
    WebClient,
    create_app,
)
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.managed_login import PATHS, serve
from tui_auth.emulator.web import WebRequest

SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}
ENABLED = {"Enabled": True, "PreferredMfa": True}
PARAMETERS = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "identity_provider",
    "idp_identifier",
    "login_hint",
    "logout_uri",
    "error",
]
FIELDS = [
    "_csrf",
    "username",
    "password",
    "code",
    "challenge_session",
    "email",
    "answer",
    "cancel",
    "grant_type",
    "client_secret",
    "token",
    "refresh_token",
    "code_verifier",
]
EXPIRED = "This page has expired. Try again."


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(
        mfa={
            "MfaConfiguration": "OPTIONAL",
            "SmsMfaConfiguration": SMS,
            "SoftwareTokenMfaConfiguration": TOTP,
            "EmailMfaConfiguration": {},
        }
    )
    pool.create_user_with_phone(email="ann@example.com", email_verified="true")
    return pool


@pytest.fixture
def app(pool: PoolUnderTest) -> OAuthClient:
    return create_app(pool)


@pytest.fixture(scope="module")
def fuzzed_app(shared_server: CognitoEmulator, shared_aws: Any) -> OAuthClient:
    return create_app(create_pool(shared_server, shared_aws), providers=[ACME_SSO])


def expect_code(reply: Reply) -> None:
    """Expect that the user is signed in, and the app has a code."""
    assert reply.answer.keys() == {"code", "state"}
    assert reply.answer["state"] == STATE


def test_authorization_leads_to_the_login_page_with_the_same_query(app: OAuthClient) -> None:
    reply = app.browser.request(app.url())

    assert reply.location == app.url().replace("/oauth2/authorize", "/login")
    assert app.browser.open(app.url()).title == "Sign in"


def test_password_signs_in(pool: PoolUnderTest, app: OAuthClient) -> None:
    code = app.sign_in("ann", PASSWORD).answer["code"]
    token = app.exchange(code).json["access_token"]

    assert pool.aws.get_user(AccessToken=token)["Username"] == "ann"


def test_wrong_password_keeps_the_user_name_and_can_be_corrected(app: OAuthClient) -> None:
    reply = app.sign_in("ann", OTHER_PASSWORD)

    assert (reply.status, reply.error) == (400, "Incorrect username or password.")
    assert reply.page.fields["username"] == "ann"
    assert "password" not in {name for name, value in reply.page.fields.items() if value}
    expect_code(app.browser.send(reply, password=PASSWORD))


def test_login_page_needs_no_auth_flow_of_the_client(pool: PoolUnderTest) -> None:
    app = create_app(pool, ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"])

    expect_code(app.sign_in("ann", PASSWORD))


def test_client_with_a_secret_signs_in_on_the_page(make_pool: MakePool) -> None:
    pool = make_pool(client={"GenerateSecret": True})
    pool.create_user("ann", "Temporary-1!", permanent=False)
    app = create_app(pool)
    reply = app.sign_in("ann", "Temporary-1!")

    expect_code(app.browser.send(reply, new_password=PASSWORD, confirm_password=PASSWORD))


@pytest.mark.parametrize(("name", "password"), [("nobody", PASSWORD), ("", PASSWORD), ("ann", "")])
def test_missing_users_and_inputs_are_errors(app: OAuthClient, name: str, password: str) -> None:
    reply = app.sign_in(name, password)

    assert reply.status == 400
    assert reply.error


def test_locked_out_user_stays_on_the_page(app: OAuthClient) -> None:
    reply = app.sign_in("ann", OTHER_PASSWORD)
    for _ in range(4):
        reply = app.browser.send(reply, password=OTHER_PASSWORD)

    assert app.browser.send(reply, password=PASSWORD).error == "Password attempts exceeded"


def test_login_hint_fills_in_the_user_name(app: OAuthClient) -> None:
    page = app.browser.open(app.url(login_hint='ann"><b>')).page

    assert page.fields["username"] == 'ann"><b>'


@pytest.mark.parametrize(
    ("preference", "title"),
    [
        ("SMSMfaSettings", "Enter the code we sent"),
        ("EmailMfaSettings", "Enter the code we sent"),
        ("SoftwareTokenMfaSettings", "Enter the code of your app"),
    ],
)
def test_second_factor_is_asked_for(
    pool: PoolUnderTest, app: OAuthClient, preference: str, title: str
) -> None:
    secret = pool.set_up_totp() if preference.startswith("Software") else None
    pool.set_mfa_preference("ann", **{preference: ENABLED})
    reply = app.sign_in("ann", PASSWORD)
    assert reply.title == title
    code = pool.totp_code(secret) if secret else pool.newest_code()
    wrong = app.browser.send(reply, code=other_code(code))
    assert (wrong.status, wrong.title) == (400, title)
    assert wrong.error

    expect_code(app.browser.send(wrong, code=f"{code[:3]} {code[3:]}"))


def test_user_chooses_the_second_factor(pool: PoolUnderTest, app: OAuthClient) -> None:
    secret = pool.set_up_totp()
    enabled = {"Enabled": True}
    pool.set_mfa_preference("ann", SMSMfaSettings=enabled, SoftwareTokenMfaSettings=enabled)
    reply = app.sign_in("ann", PASSWORD)
    assert reply.title == "Confirm it's you"
    assert app.browser.send(reply, answer="EMAIL_OTP").title == "Confirm it's you"
    reply = app.browser.send(reply, answer="SOFTWARE_TOKEN_MFA")

    expect_code(app.browser.send(reply, code=pool.totp_code(secret)))


def test_destination_of_a_code_is_masked(pool: PoolUnderTest, app: OAuthClient) -> None:
    pool.set_mfa_preference("ann", SMSMfaSettings=ENABLED)
    reply = app.sign_in("ann", PASSWORD)

    assert "+*********1234" in reply.text
    assert "+4915550001234" not in reply.text


def test_new_password_is_required_and_repeated(make_pool: MakePool) -> None:
    required = [{"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True}]
    pool = make_pool(Schema=required)
    pool.create_user("ann", "Temporary-1!", permanent=False)
    app = create_app(pool)
    reply = app.sign_in("ann", "Temporary-1!")
    assert reply.title == "Change your password"
    name = {"userAttributes.name": "Ann"}
    different = app.browser.send(reply, new_password=PASSWORD, confirm_password=OTHER_PASSWORD, **name)
    assert different.error == "The passwords don't match."
    weak = app.browser.send(different, new_password="weak-pw", confirm_password="weak-pw", **name)
    assert weak.error.startswith("Password did not conform with policy")

    reply = app.browser.send(weak, new_password=PASSWORD, confirm_password=PASSWORD, **name)
    expect_code(reply)
    assert pool.password_sign_in()["AuthenticationResult"]


def test_authenticator_app_is_set_up(make_pool: MakePool) -> None:
    pool = make_pool(mfa={"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOTP})
    pool.create_user()
    app = create_app(pool)
    reply = app.sign_in("ann", PASSWORD)
    assert reply.title == "Set up an authenticator app"
    secret = reply.page.texts["code"].replace(" ", "")
    uri = f"otpauth://totp/tests:ann?secret={secret}&issuer=tests"
    assert segno.make(uri, micro=False).svg_inline(omitsize=True, border=2, title="QR code") in reply.text
    code = pool.totp_code(secret)
    wrong = app.browser.send(reply, code=other_code(code))
    assert wrong.page.texts["code"].replace(" ", "") == secret
    expect_code(app.browser.send(wrong, code=code))
    app.browser.cookies.clear()

    assert app.sign_in("ann", PASSWORD).title == "Enter the code of your app"


def test_email_is_set_up_as_second_factor(make_pool: MakePool) -> None:
    both = {"SoftwareTokenMfaConfiguration": TOTP, "EmailMfaConfiguration": {}}
    pool = make_pool(mfa={"MfaConfiguration": "ON", **both})
    pool.create_user()
    app = create_app(pool)
    reply = app.sign_in("ann", PASSWORD)
    assert reply.title == "Set up multi-factor authentication"
    unclear = app.browser.send(reply, answer="EMAIL_OTP", email="not an address")
    assert unclear.title == "Set up multi-factor authentication"
    assert app.browser.send(unclear, answer="SOFTWARE_TOKEN_MFA").title == "Set up an authenticator app"
    app.browser.cookies.clear()
    reply = app.browser.send(app.sign_in("ann", PASSWORD), answer="EMAIL_OTP", email="ann@example.com")

    expect_code(app.browser.send(reply, code=pool.newest_code()))


def test_expired_challenge_begins_again(own_pool: MakePool) -> None:
    pool = own_pool(mfa={"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": SMS})
    pool.create_user_with_phone()
    pool.set_mfa_preference("ann", SMSMfaSettings=ENABLED)
    app = create_app(pool)
    reply = app.sign_in("ann", PASSWORD)
    code = pool.newest_code()
    pool.server.clock.advance(181)
    reply = app.browser.send(reply, code=code)

    assert (reply.title, reply.error) == ("Sign in", "Your sign-in has expired. Sign in again.")


def test_answered_challenge_is_over(pool: PoolUnderTest, app: OAuthClient) -> None:
    pool.set_mfa_preference("ann", SMSMfaSettings=ENABLED)
    page = app.sign_in("ann", PASSWORD)
    expect_code(app.browser.send(page, code=pool.newest_code()))
    app.browser.open(app.url(prompt="login"))
    fresh = app.browser.open(app.url(prompt="login")).page.fields["_csrf"]

    assert app.browser.send(page, code=pool.newest_code(), _csrf=fresh).title == "Sign in"


def test_challenge_of_the_api_cannot_be_answered_on_the_page(pool: PoolUnderTest, app: OAuthClient) -> None:
    pool.set_mfa_preference("ann", SMSMfaSettings=ENABLED)
    session = pool.password_sign_in()["Session"]
    page = app.browser.open(app.url())
    reply = app.browser.send(page, challenge_session=session, code=pool.newest_code())

    assert reply.status == 400
    assert "code=" not in reply.text


def test_triggers_run(own_pool: MakePool) -> None:
    sources: list[str] = []

    class Triggers:
        @staticmethod
        def record(event: dict[str, Any], context: Any) -> dict[str, Any]:
            sources.append(event["triggerSource"])
            if event["userName"] == "eve" and event["triggerSource"].startswith("PreAuth"):
                raise ValueError("go <away>")
            return event

        pre_authentication = post_authentication = pre_token_generation = record

    arn = "arn:aws:lambda:eu-west-1:000000000000:function:f"
    names = ("PreAuthentication", "PostAuthentication", "PreTokenGeneration")
    pool = own_pool(LambdaConfig=dict.fromkeys(names, arn))
    pool.server.triggers = Triggers
    pool.create_user()
    pool.create_user("eve")
    app = create_app(pool)
    app.exchange(app.sign_in("ann", PASSWORD).answer["code"])

    expected = ["PreAuthentication_Authentication", "PostAuthentication_Authentication"]
    assert sources == [*expected, "TokenGeneration_HostedAuth"]
    assert app.sign_in("eve", PASSWORD).error == "PreAuthentication failed with error go <away>."


def test_browser_stays_signed_in_for_an_hour(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    app = create_app(pool)
    expect_code(app.sign_in("ann", PASSWORD))
    pool.server.clock.advance(3599)
    expect_code(app.browser.request(app.url()))
    expect_code(app.browser.request(app.url(prompt="none")))
    pool.server.clock.advance(1)

    assert app.browser.request(app.url(prompt="none")).answer["error"] == "login_required"
    assert app.browser.open(app.url()).title == "Sign in"


def test_prompt_login_asks_again(app: OAuthClient) -> None:
    expect_code(app.sign_in("ann", PASSWORD))
    page = app.browser.open(app.url(prompt="login"))

    assert page.title == "Sign in"
    expect_code(app.browser.send(page, username="ann", password=PASSWORD))


def test_session_of_a_browser_is_for_one_pool(app: OAuthClient, make_pool: MakePool) -> None:
    expect_code(app.sign_in("ann", PASSWORD))
    other = create_app(make_pool())
    other.browser = app.browser

    assert other.browser.open(other.url()).title == "Sign in"


def test_other_clients_of_the_pool_share_the_session(pool: PoolUnderTest, app: OAuthClient) -> None:
    settings = {**OAUTH_SETTINGS, "ClientName": "other"}
    created = pool.aws.create_user_pool_client(UserPoolId=pool.pool_id, **settings)
    other = OAuthClient(created["UserPoolClient"]["ClientId"], app.browser)
    expect_code(app.sign_in("ann", PASSWORD))

    expect_code(other.browser.request(other.url()))


def test_browser_is_no_device_of_the_user(make_pool: MakePool) -> None:
    pool = make_pool(DeviceConfiguration={"ChallengeRequiredOnNewDevice": True})
    pool.create_user()
    app = create_app(pool)
    token = app.exchange(app.sign_in("ann", PASSWORD).answer["code"]).json["access_token"]

    assert "device_key" not in jwt.decode(token, options={"verify_signature": False})
    assert not pool.server.state.pools[pool.pool_id].users["ann"].devices


def test_session_of_a_disabled_or_deleted_user_is_over(pool: PoolUnderTest, app: OAuthClient) -> None:
    expect_code(app.sign_in("ann", PASSWORD))
    pool.call_admin("admin_disable_user", "ann")
    assert app.browser.open(app.url()).title == "Sign in"
    pool.call_admin("admin_enable_user", "ann")
    expect_code(app.browser.request(app.url()))
    pool.call_admin("admin_delete_user", "ann")
    pool.create_user()

    assert app.browser.open(app.url()).title == "Sign in"


def test_logout_ends_the_session_and_leads_to_the_app(app: OAuthClient) -> None:
    expect_code(app.sign_in("ann", PASSWORD))
    query = urlencode({"client_id": app.client_id, "logout_uri": SIGNED_OUT})
    reply = app.browser.request(f"/logout?{query}")

    assert reply.location == SIGNED_OUT
    assert app.browser.request(app.url(prompt="none")).answer["error"] == "login_required"


def test_logout_can_lead_to_another_sign_in(app: OAuthClient) -> None:
    expect_code(app.sign_in("ann", PASSWORD))
    reply = app.browser.open(app.url().replace("/oauth2/authorize", "/logout"))

    assert reply.title == "Sign in"
    assert app.browser.open(app.url()).title == "Sign in"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"logout_uri": "https://evil.example/"}, "redirect_mismatch"),
        ({"logout_uri": CALLBACK}, "redirect_mismatch"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"redirect_uri": "https://evil.example/"}, "redirect_mismatch"),
    ],
)
def test_logout_leads_nowhere_else(app: OAuthClient, changes: dict[str, str], error: str) -> None:
    expect_code(app.sign_in("ann", PASSWORD))
    query = urlencode({"client_id": app.client_id, **changes})
    assert f"/error?error={error}" in app.browser.request(f"/logout?{query}").location

    expect_code(app.browser.request(app.url()))


def test_form_of_another_site_is_rejected(app: OAuthClient) -> None:
    page = app.browser.open(app.url())
    fields = {"username": "ann", "password": PASSWORD}
    for changes in ({"_csrf": ""}, {"_csrf": "guessed"}):
        assert app.browser.send(page, **fields, **changes).status == 403
    stranger = WebClient(app.browser.base_url)
    reply = stranger.send(page, **fields)
    assert (reply.status, reply.error) == (403, EXPIRED)
    stranger.open(app.url())
    assert stranger.send(page, **fields).status == 403

    expect_code(app.browser.send(page, **fields))


def test_rejected_form_can_be_sent_again(app: OAuthClient) -> None:
    page = app.browser.open(app.url())
    stranger = WebClient(app.browser.base_url)
    reply = stranger.send(page, username="ann", password=PASSWORD)

    expect_code(stranger.send(reply, username="ann", password=PASSWORD))


def test_cookie_changes_with_the_sign_in(app: OAuthClient) -> None:
    page = app.browser.open(app.url())
    (before,) = list(app.browser.cookies)
    expect_code(app.browser.send(page, username="ann", password=PASSWORD))
    (after,) = list(app.browser.cookies)

    assert before.name == after.name
    assert before.value != after.value
    again = app.browser.open(app.url(prompt="login"))
    expect_code(app.browser.send(again, username="ann", password=PASSWORD))
    for cookie in (before, after):
        former = WebClient(app.browser.base_url)
        former.cookies.set_cookie(cookie)
        assert former.open(app.url()).title == "Sign in"


def test_cookie_is_out_of_reach_for_scripts_and_other_sites(app: OAuthClient) -> None:
    header = app.browser.open(app.url()).headers["Set-Cookie"]
    name, _, attributes = header.partition("=")

    assert name == f"cognito-{urlsplit(app.browser.base_url).port}"
    assert {"Path=/", "HttpOnly", "SameSite=Lax"} <= set(attributes.split("; "))
    assert "Domain" not in header


def test_pages_cannot_be_framed_cached_or_scripted(app: OAuthClient) -> None:
    headers = app.browser.open(app.url()).headers

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert policy.endswith("form-action 'self' http://localhost:47831")


def test_texts_are_escaped(make_pool: MakePool) -> None:
    pool = make_pool()
    app = create_app(pool)
    attack = "<script>alert(1)</script>"
    page = app.browser.open(app.url(login_hint=attack, state=attack, lang=attack))
    wrong = app.browser.send(page, username=f'"{attack}', password=attack)
    error = app.browser.open(f"/error?{urlencode({'error': attack})}")

    for reply in (page, wrong, error):
        assert "<script" not in reply.text
    assert error.error == attack
    assert "to continue to tests" in page.text
    assert wrong.page.fields["username"] == f'"{attack}'


def test_page_is_labeled_and_needs_no_script(app: OAuthClient) -> None:
    text = app.browser.open(app.url()).text

    assert '<html lang="en">' in text
    assert "<script" not in text
    assert 'autocomplete="username"' in text
    assert 'autocomplete="current-password"' in text
    labels = re.findall(r'<label for="(\w+)">', text)
    assert labels == re.findall(r'<input id="(\w+)"', text) == ["username", "password"]


def test_pages_answer_only_to_loopback_host_names(app: OAuthClient) -> None:
    parts = urlsplit(app.url())
    for path in (f"{parts.path}?{parts.query}", f"/login?{parts.query}", "/error", "/logout"):
        connection = HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        connection.request("GET", path, headers={"Host": "attacker.example"})
        assert connection.getresponse().status == 403
        connection.close()


def test_client_without_providers_has_no_login_page(pool: PoolUnderTest) -> None:
    app = create_app(pool, SupportedIdentityProviders=[])
    page = app.browser.open(app.url())

    assert (page.status, page.title) == (400, "Login pages unavailable")


def test_client_without_pool_users_takes_no_password(pool: PoolUnderTest) -> None:
    app = create_app(pool)
    page = app.browser.open(app.url())
    settings = {**OAUTH_SETTINGS, "SupportedIdentityProviders": []}
    pool.aws.update_user_pool_client(UserPoolId=pool.pool_id, ClientId=pool.client_id, **settings)

    assert app.browser.send(page, username="ann", password=PASSWORD).title == "Login pages unavailable"


def test_form_goes_to_the_page_it_came_from(app: OAuthClient) -> None:
    page = app.browser.open(app.url())

    assert unescape(page.page.action) == page.url.removeprefix(app.browser.base_url)


@given(
    path=st.sampled_from(sorted(PATHS)),
    method=st.sampled_from(["GET", "POST"]),
    parameters=st.dictionaries(st.sampled_from(PARAMETERS), st.text(max_size=20), max_size=8),
    fields=st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=20), max_size=6),
    junk=st.binary(max_size=30),
    header=st.text(st.characters(codec="latin-1"), max_size=30),
)
def test_no_request_is_an_internal_error(
    fuzzed_app: OAuthClient,
    shared_server: CognitoEmulator,
    path: str,
    method: str,
    parameters: dict[str, str],
    fields: dict[str, str],
    junk: bytes,
    header: str,
) -> None:
    valid = dict(parse_qsl(urlsplit(fuzzed_app.url()).query))
    headers = Message()
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    headers["Cookie"] = header
    headers["Authorization"] = f"Basic {header}"
    query = urlencode({**valid, **parameters}) + junk.decode("latin-1")
    body = urlencode({**valid, **fields}).encode() + junk
    reply = serve(shared_server.state, WebRequest(method, path, query, headers, body))

    assert reply.status < 500
    assert "\n" not in reply.headers.get("Location", "")
