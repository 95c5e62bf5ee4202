"""Whole sign-ins in a browser against the emulator, with a cookie jar for a browser and the Python API."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.auth.test_browser_listener import free_port
from tests.emulator.conftest import MakePool
from tests.emulator.conftest import make_pool as make_pool
from tests.emulator.conftest import shared_aws as shared_aws
from tests.emulator.conftest import shared_server as shared_server
from tests.emulator.harness import PASSWORD, PoolUnderTest
from tests.emulator.web_client import ACME_SSO, Reply, WebClient, create_app
from tui_auth import AsyncAuth, Auth
from tui_auth.auth.auth import BrowserSignIn
from tui_auth.auth.next_step import Done, SignInResult
from tui_auth.auth.tokens import provider_of, scopes_of
from tui_auth.errors import (
    CodeExpiredError,
    InvalidParameterError,
    InvalidStateError,
    NetworkError,
    NotAuthorizedError,
    UnsupportedError,
)

API_SCOPE = "aws.cognito.signin.user.admin"


class Site:
    """A user pool with a domain, an app that ends on this machine, and a browser."""

    def __init__(self, pool: PoolUnderTest, **client: Any) -> None:
        self.pool = pool
        self.redirect_uri = f"http://localhost:{free_port()}/"
        create_app(pool, providers=[ACME_SSO], CallbackURLs=[self.redirect_uri], **client)
        self.browser = WebClient(pool.server.endpoint_url)

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of ``Auth``."""
        return {
            "user_pool_id": self.pool.pool_id,
            "client_id": self.pool.client_id,
            "client_secret": self.pool.client_secret,
            "endpoint_url": self.pool.server.endpoint_url,
            "domain": self.pool.server.endpoint_url,
            "redirect_uri": self.redirect_uri,
        }

    def auth(self, **changes: Any) -> Auth:
        return Auth(**{**self.settings, **changes})

    def sign_in(self, url: str, username: str = "ann", password: str = PASSWORD) -> Reply:
        """Open an address and send the login page's form; return what follows the password."""
        return self.browser.send(self.browser.open(url), username=username, password=password)

    def send_answer(self, address: str) -> Reply:
        """Follow the redirect to this machine."""
        return WebClient(self.redirect_uri.rstrip("/")).request(address)


@pytest.fixture
def site(make_pool: MakePool) -> Site:
    pool = make_pool()
    pool.create_user_with_phone(email="ann@example.com", name="Ann")
    return Site(pool)


def done_of(result: SignInResult) -> Done:
    assert isinstance(result.next_step, Done)
    assert result.is_signed_in
    return result.next_step


def test_pasted_address_signs_in_with_nothing_listening(site: Site) -> None:
    sign_in = site.auth().sign_in_with_browser()
    address = site.sign_in(sign_in.url).location
    done = done_of(sign_in.complete(f"{address[:60]}\n{address[60:]}"))
    assert done.claims.username == "ann"
    assert API_SCOPE in scopes_of(done.tokens.access_token)
    assert done.tokens.refresh_token is not None
    session = done.session  # type: ignore[attr-defined]  # the Done of the Python API
    assert session.token() == done.tokens.access_token.reveal()
    assert site.pool.aws.get_user(AccessToken=done.tokens.access_token.reveal())["Username"] == "ann"


def test_short_address_leads_to_the_page_and_the_answer_back(site: Site) -> None:
    sign_in = site.auth().sign_in_with_browser()
    with ThreadPoolExecutor(1) as program:
        listening = program.submit(sign_in.listen, 60)
        login_page = _open_short_address(site, sign_in)
        address = site.browser.send(login_page, username="ann", password=PASSWORD).location
        page = site.send_answer(address)
        assert (page.status, page.title) == (200, "Go back to the terminal")
        assert done_of(listening.result(60)).claims.username == "ann"


def _open_short_address(site: Site, sign_in: BrowserSignIn) -> Reply:
    """Open the short address as soon as the program listens there."""
    while True:
        try:
            return site.browser.open(site.send_answer(sign_in.short_url).location)
        except OSError:
            continue


def test_federated_user_signs_in_and_is_known_by_the_provider(site: Site) -> None:
    sign_in = site.auth().sign_in_with_browser("AcmeSSO", scopes=["openid", "email"])
    page = site.browser.open(sign_in.url)
    assert "AcmeSSO" in page.text
    reply = site.browser.send(page, email="dana@acme.example")
    while reply.location.startswith(site.browser.base_url):
        reply = site.browser.request(reply.location)
    done = done_of(sign_in.complete(reply.location))
    assert done.claims.username.startswith("AcmeSSO_")
    assert provider_of(done.tokens.id_token) == "AcmeSSO"
    assert scopes_of(done.tokens.access_token) == ("openid", "email")


def test_cancelled_at_the_provider(site: Site) -> None:
    sign_in = site.auth().sign_in_with_browser(idp_identifier="acme.example")
    page = site.browser.open(sign_in.url)
    reply = site.browser.send(page, cancel="yes")
    while reply.location.startswith(site.browser.base_url):
        reply = site.browser.request(reply.location)
    with pytest.raises(NotAuthorizedError, match="You canceled at the identity provider"):
        sign_in.complete(reply.location)


def test_second_factor_is_asked_on_the_page(make_pool: MakePool) -> None:
    pool = make_pool(mfa={"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}})
    pool.create_user_with_phone()
    key = pool.set_up_totp()
    pool.set_mfa_preference(SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    site = Site(pool)
    sign_in = site.auth().sign_in_with_browser()
    code_page = site.sign_in(sign_in.url)
    assert code_page.status == 200
    address = site.browser.send(code_page, code=pool.totp_code(key)).location
    assert done_of(sign_in.complete(address)).claims.username == "ann"


def test_browser_with_a_session_answers_at_once_unless_prompted(site: Site) -> None:
    first = site.auth().sign_in_with_browser()
    first.complete(site.sign_in(first.url).location)
    again = site.auth().sign_in_with_browser()
    assert done_of(again.complete(site.browser.request(again.url).location)).claims.username == "ann"
    asked = site.auth().sign_in_with_browser(prompt="login")
    assert site.browser.open(asked.url).title == "Sign in"


def test_code_works_once_and_only_with_its_own_verifier(site: Site) -> None:
    sign_in = site.auth().sign_in_with_browser()
    address = site.sign_in(sign_in.url).location
    stolen = site.auth().sign_in_with_browser()
    with pytest.raises(InvalidParameterError, match="belongs to an earlier sign-in"):
        stolen.complete(address)
    state, other = (parameters.reveal() for parameters in (sign_in._step.state, stolen._step.state))
    with pytest.raises(CodeExpiredError):
        stolen.complete(address.replace(state, other))
    with pytest.raises(CodeExpiredError, match="expired or was already used"):
        sign_in.complete(address)


def test_unregistered_callback_is_shown_by_the_browser_alone(site: Site) -> None:
    sign_in = site.auth(redirect_uri="http://localhost:1/").sign_in_with_browser()
    reply = site.browser.request(sign_in.url)
    assert "error=redirect_mismatch" in reply.location
    with pytest.raises(UnsupportedError, match="doesn't allow http://localhost:1/"):
        sign_in.complete(reply.location)


def test_scope_that_the_client_lacks_comes_back_as_an_error(site: Site) -> None:
    sign_in = site.auth().sign_in_with_browser(scopes=["openid", "other/scope"])
    with pytest.raises(UnsupportedError, match="one of the scopes"):
        sign_in.complete(site.browser.request(sign_in.url).location)


def test_client_with_a_secret(make_pool: MakePool) -> None:
    pool = make_pool(client={"GenerateSecret": True})
    pool.create_user_with_phone()
    site = Site(pool)
    sign_in = site.auth().sign_in_with_browser()
    assert done_of(sign_in.complete(site.sign_in(sign_in.url).location)).claims.username == "ann"
    without = site.auth(client_secret=None).sign_in_with_browser(prompt="login")
    with pytest.raises(Exception, match="doesn't accept the app client"):
        without.complete(site.sign_in(without.url).location)


def test_browser_that_does_not_come_in_time(site: Site) -> None:
    with pytest.raises(NetworkError, match="No answer came from the browser"):
        site.auth().sign_in_with_browser().listen(0.01)


def test_auth_without_a_domain_says_so(site: Site) -> None:
    with pytest.raises(InvalidStateError, match="no domain"):
        site.auth(domain=None).sign_in_with_browser()
    with pytest.raises(InvalidStateError, match="sign_in_with_browser"):
        site.auth().sign_in("ann", auth_flow="BROWSER")


async def test_coroutines_listen_complete_and_can_be_cancelled(site: Site) -> None:
    async with AsyncAuth(**site.settings) as auth:
        sign_in = auth.sign_in_with_browser()
        waiting = asyncio.create_task(sign_in.listen())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        listening = asyncio.create_task(sign_in.listen())
        await asyncio.sleep(0)  # it is bound once the task has started
        address = await asyncio.to_thread(lambda: site.sign_in(sign_in.url).location)
        await asyncio.to_thread(site.send_answer, address)
        assert done_of(await listening).claims.username == "ann"
        second = auth.sign_in_with_browser(prompt="login")
        address = await asyncio.to_thread(lambda: site.sign_in(second.url).location)
        assert done_of(await second.complete(address)).claims.username == "ann"


def test_listener_waits_as_long_as_it_is_told_to_and_frees_the_port(site: Site) -> None:
    sign_in = site.auth().sign_in_with_browser()
    with sign_in.open_listener(3600.0) as listener:
        assert listener._step.expires_in == 3600.0
    for _ in range(2):
        with pytest.raises(NetworkError, match="in time"):
            sign_in.listen(0.01)
