"""The managed login pages in a real Chromium, from the address to the code in the address bar."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, TOTP, PoolUnderTest
from tests.emulator.web_client import ACME_SSO, OAuthClient, create_app
from tests.webdriver import ENTER, TAB, Chromium
from tests.webdriver import chromium_process as chromium_process

BUTTON = "form button"
SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}


@pytest.fixture
def callback() -> Iterator[str]:
    """Return a callback address at which nothing listens, and nothing can begin to."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://localhost:{reserved.getsockname()[1]}/"


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(mfa={"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": SMS})
    pool.create_user_with_phone()
    return pool


@pytest.fixture
def app(pool: PoolUnderTest, callback: str) -> OAuthClient:
    app = create_app(pool, providers=[ACME_SSO], CallbackURLs=[callback], LogoutURLs=[callback])
    app.redirect_uri = callback
    return app


def answer(browser: Chromium, app: OAuthClient) -> dict[str, str]:
    """Return the parameters in the address bar after the browser has left the pages."""
    assert browser.address.startswith(app.redirect_uri), (browser.address, browser.text)
    return {name: value for name, (value,) in parse_qs(urlsplit(browser.address).query).items()}


def expect_tokens(browser: Chromium, app: OAuthClient) -> None:
    reply = app.exchange(answer(browser, app)["code"])
    assert reply.status == 200, reply.text


def enter_password(browser: Chromium, password: str = PASSWORD) -> None:
    browser.fill("#username", "ann")
    browser.fill("#password", password)
    browser.click(BUTTON)


def test_wrong_password_can_be_corrected(chromium_process: Chromium, app: OAuthClient) -> None:
    browser = chromium_process
    browser.open(app.url())
    enter_password(browser, OTHER_PASSWORD)
    assert browser.text_of("[role=alert]") == "Incorrect username or password."
    browser.fill("#password", PASSWORD)
    browser.click(BUTTON)

    expect_tokens(browser, app)


def test_keyboard_is_enough(chromium_process: Chromium, app: OAuthClient) -> None:
    browser = chromium_process
    browser.open(app.url())
    browser.type(f"ann{TAB}{PASSWORD}{ENTER}")
    browser.wait_for_address(app.redirect_uri)

    expect_tokens(browser, app)


def test_code_by_sms_is_asked_for(chromium_process: Chromium, pool: PoolUnderTest, app: OAuthClient) -> None:
    browser = chromium_process
    pool.set_mfa_preference("ann", SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    browser.open(app.url())
    enter_password(browser)
    assert browser.text_of("h1") == "Enter the code we sent"
    browser.fill("#code", pool.newest_code())
    browser.click(BUTTON)

    expect_tokens(browser, app)


def test_authenticator_app_is_set_up(chromium_process: Chromium, make_pool: MakePool, callback: str) -> None:
    browser = chromium_process
    pool = make_pool(mfa={"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOTP})
    pool.create_user("ann", "Temporary-1!", permanent=False)
    app = create_app(pool, CallbackURLs=[callback])
    app.redirect_uri = callback
    browser.open(app.url())
    enter_password(browser, "Temporary-1!")
    assert browser.text_of("h1") == "Change your password"
    browser.fill("#new_password", PASSWORD)
    browser.fill("#confirm_password", PASSWORD)
    browser.click(BUTTON)
    assert browser.text_of("h1") == "Set up an authenticator app"
    secret = browser.text_of("code").replace(" ", "")
    browser.fill("#code", pyotp.TOTP(secret).at(int(pool.server.clock.now())))
    browser.click(BUTTON)

    expect_tokens(browser, app)


def test_user_of_a_provider_signs_in(chromium_process: Chromium, app: OAuthClient) -> None:
    browser = chromium_process
    browser.open(app.url())
    browser.click("a.button")
    assert browser.text_of("h1") == "Sign in to AcmeSSO"
    browser.fill("#email", "dana@acme.example")
    browser.click(BUTTON)

    expect_tokens(browser, app)


def test_cancel_at_the_provider_reaches_the_app(chromium_process: Chromium, app: OAuthClient) -> None:
    browser = chromium_process
    browser.open(app.url(identity_provider="AcmeSSO"))
    browser.click("[name=cancel]")

    assert answer(browser, app)["error"] == "access_denied"


def test_browser_stays_signed_in_until_logout(chromium_process: Chromium, app: OAuthClient) -> None:
    browser = chromium_process
    browser.open(app.url())
    enter_password(browser)
    browser.open(app.url())
    expect_tokens(browser, app)
    query = urlencode({"client_id": app.client_id, "logout_uri": app.redirect_uri})
    browser.open(f"{app.browser.base_url}/logout?{query}")
    assert browser.address == app.redirect_uri
    browser.open(app.url(prompt="none"))

    assert answer(browser, app)["error"] == "login_required"


def test_unregistered_callback_stays_in_the_browser(chromium_process: Chromium, app: OAuthClient) -> None:
    browser = chromium_process
    browser.open(app.url(redirect_uri=app.redirect_uri.rstrip("/")))

    assert browser.text_of("[role=alert]") == "redirect_mismatch"
    assert browser.address.startswith(f"{app.browser.base_url}/error?error=redirect_mismatch")


def test_style_follows_the_color_scheme(chromium_process: Chromium, app: OAuthClient) -> None:
    browser = chromium_process
    browser.open(app.url())
    colors = []
    for scheme in ("light", "dark"):
        browser.prefer_color_scheme(scheme)
        colors.append((browser.css("main", "background-color"), browser.css("main", "color")))

    assert colors == [
        ("rgba(255, 255, 255, 1)", "rgba(27, 34, 39, 1)"),
        ("rgba(24, 32, 40, 1)", "rgba(227, 232, 237, 1)"),
    ]


def test_address_of_the_callback_has_no_session(
    chromium_process: Chromium, app: OAuthClient, tmp_path: Path
) -> None:
    """Cookies know no port: what listens at the callback must not get the browser's session."""
    browser = chromium_process
    browser.open(app.url())
    enter_password(browser)

    hosts = {cookie["domain"] for cookie in browser.cookies_of(app.browser.base_url)}
    assert hosts == {"127.0.0.1"}
    assert browser.cookies_of(app.redirect_uri) == []
