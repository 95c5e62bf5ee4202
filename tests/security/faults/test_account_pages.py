"""Tests that each page of an account reports each fault in our words and goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.account.conftest import MakePool, MemorySession, sign_in_on_device
from tests.account.conftest import make_pool as make_pool
from tests.account.conftest import rich_pool as rich_pool
from tests.account.conftest import shared_aws as shared_aws
from tests.account.conftest import shared_server as shared_server
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, PoolUnderTest
from tests.passkeys.people import PASSKEYS, SITE, Someone, touched_key
from tests.pilot import press, screen_text, until
from tests.plain.test_passkey import HeldKeys
from tests.screens.test_account import FakeRecord
from tests.security.faults.catalog import (
    FAULTS_IN_REPLY,
    FAULTS_WITHOUT_REPLY,
    MESSAGES,
    fault_share,
)
from tests.security.faults.conftest import RecordProperty, deadline_for
from tests.security.faults.proxy import Fault, FaultProxy
from tests.security.faults.terminal_output import unexpected_output
from tui_auth.account.account import Account
from tui_auth.account.overview import SECTIONS, fetch_section
from tui_auth.account.values import UserProfile
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.errors import AuthError, NotSignedInError, PasskeyError
from tui_auth.first_run_app import AccountApp
from tui_auth.flow.account_attribute_pages import AttributePage, CodePage, contact_page
from tui_auth.flow.account_factor_pages import FactorsPage
from tui_auth.flow.account_list_pages import DevicesPage, SessionsPage
from tui_auth.flow.account_overview_page import DeletePage, PasswordPage
from tui_auth.flow.account_pages import AccountContext, ListPage, Open, Output, Run
from tui_auth.flow.account_passkey_pages import PasskeysPage, RegistrationPage
from tui_auth.flow.interface import INTERNAL_ERROR, PasskeySettings
from tui_auth.passkeys.ceremony import make_credential
from tui_auth.passkeys.relying_party import RelyingParty
from tui_auth.secret import Secret


@pytest.fixture
def account_proxy(rich_pool: PoolUnderTest) -> Iterator[FaultProxy]:
    with FaultProxy(rich_pool.server.endpoint_url) as proxy:
        yield proxy


def open_settings(pool: PoolUnderTest, proxy: FaultProxy) -> AccountContext:
    session = MemorySession(pool, dict(pool.password_sign_in()["AuthenticationResult"]))
    account = Account(session, CognitoGateway(Address("eu-west-1", proxy.url)))
    return AccountContext(account, ("ann",))


def run(output: Output) -> Output:
    """Run the requests that an output leads to."""
    while isinstance(output, Run):
        output = output.work()
    return output


def choose(page: ListPage, *positions: int) -> Output:
    """Choose a row of a page, and of the pages that it opens."""
    output: Output = None
    current: object = page
    for position in positions:
        assert isinstance(current, ListPage)
        output = run(current.select(position))
        current = output.page if isinstance(output, Open) else None
    return output


def read_all(settings: AccountContext) -> None:
    for name in SECTIONS:
        fetch_section(settings.account, name)


Request = Callable[[AccountContext], object]


def factors(settings: AccountContext) -> FactorsPage:
    mfa = settings.account.fetch_mfa_preference()
    return FactorsPage(settings, mfa, settings.account.fetch_user_attributes())


def choose_action(settings: AccountContext) -> Output:
    """Remove the email address."""
    page = contact_page(settings, "email", UserProfile("ann", {"email": "a@b.c", "email_verified": "true"}))
    assert isinstance(page, ListPage)
    return choose(page, 2)


PAGES: dict[str, Request] = {
    "overview": read_all,
    "attribute": lambda s: run(AttributePage(s, "name", "").submit({"value": Secret("Ann B")})),
    "address": lambda s: choose_action(s),
    "code": lambda s: run(CodePage(s, "email", "").submit({"code": Secret("000000")})),
    "another code": lambda s: run(CodePage(s, "email", "").resend()),
    "password": lambda s: run(
        PasswordPage(s, has_password=True).submit({"old": Secret(PASSWORD), "new": Secret(OTHER_PASSWORD)})
    ),
    "second factors": lambda s: choose(factors(s), 1, 1),
    "new app": lambda s: choose(factors(s), 0, 1),
    "devices": lambda s: choose(DevicesPage(s, s.account.fetch_devices()), 0, 1),
    "sessions": lambda s: choose(SessionsPage(s, s.account.list_user_sessions()), 1, 1),
    "passkeys": lambda s: PasskeysPage(s, s.account.list_web_authn_credentials()),
    "deletion": lambda s: run(DeletePage(s).submit({"name": Secret("ann")})),
}


@pytest.mark.parametrize("name", PAGES)
def test_page_reports_each_fault_in_our_words(
    name: str, rich_pool: PoolUnderTest, account_proxy: FaultProxy, record_property: RecordProperty
) -> None:
    faults = fault_share((*FAULTS_WITHOUT_REPLY, *FAULTS_IN_REPLY), name, PAGES)
    failures: list[str] = []
    for number, fault in enumerate(faults):
        users = rich_pool.server.state.pools[rich_pool.pool_id].users
        if "ann" in users:
            users["ann"].mfa_enabled.clear()
        else:
            rich_pool.create_user(email="ann@example.com", email_verified="true", name="Ann")
        rich_pool.call_admin("admin_set_user_password", "ann", Password=PASSWORD, Permanent=True)
        rich_pool.server.state.limits.times.clear()
        for _ in range(2):
            sign_in_on_device(rich_pool)
        settings = open_settings(rich_pool, account_proxy)
        if problem := problem_of(PAGES[name], settings, fault, account_proxy, after=number % 2):
            failures.append(f"{fault.name}: {problem}")
    record_property("cases", ("fault matrix, account", "pages", len(faults), len(failures)))
    assert not failures, "\n".join(failures)


def test_new_passkey_reports_each_fault_in_our_words(
    make_pool: MakePool, record_property: RecordProperty
) -> None:
    mfa = {"MfaConfiguration": "OFF", "WebAuthnConfiguration": {"RelyingPartyId": SITE}}
    pool = make_pool(mfa=mfa, Policies=PASSKEYS)
    pool.create_user(email="ann@example.com", email_verified="true")

    def add(settings: AccountContext) -> None:
        output = run(PasskeysPage(settings, []).select(0))
        assert isinstance(output, Open)
        assert isinstance(output.page, RegistrationPage)
        trusted = RelyingParty(output.page.relying_party)
        if trusted.id != SITE:
            return  # a fault has changed it, so the key isn't used
        credential = make_credential(touched_key(), output.page.options, trusted, Someone())
        run(output.page.register(credential))

    faults, failures = (*FAULTS_WITHOUT_REPLY, *FAULTS_IN_REPLY), list[str]()
    with FaultProxy(pool.server.endpoint_url) as proxy:
        for number, fault in enumerate(faults):
            pool.server.state.limits.times.clear()
            settings = replace(open_settings(pool, proxy), passkeys=PasskeySettings(SITE, keys=HeldKeys()))
            if problem := problem_of(add, settings, fault, proxy, after=number % 2):
                failures.append(f"{fault.name}: {problem}")
    record_property("cases", ("fault matrix, account", "new passkey", len(faults), len(failures)))
    assert not failures, "\n".join(failures)


def problem_of(
    request: Request, settings: AccountContext, fault: Fault, proxy: FaultProxy, after: int
) -> str:
    """Return what is wrong with how a page meets a fault; empty if nothing."""
    hits = proxy.hits
    with proxy.armed(fault, after=after), deadline_for(fault):
        try:
            request(settings)
        except AuthError as error:
            expected = MESSAGES.get(fault.name, "") if proxy.hits > hits else ""
            is_ours = not unexpected_output(error.message) and bool(error.message)
            return "" if expected in error.message and is_ours else repr(error.message)
        except (NotSignedInError, PasskeyError):
            return ""
        except AssertionError:
            return ""  # a list of another length, because the fault has changed it
        except Exception as error:
            return repr(error)
    return ""


KEYS: dict[str, tuple[str, ...]] = {
    "attribute": ("3", "enter", "ctrl+u", "A", "n", "enter"),
    "address": ("1", "3"),
    "password": ("4", *PASSWORD, "enter", *OTHER_PASSWORD, "enter", *OTHER_PASSWORD, "enter"),
    "second factor": ("5", "2", "2"),
    "new app": ("5", "1", "2"),
    "device": ("6", "1", "2"),
    "session": ("7", "2", "2"),
    "deletion": ("9", "a", "n", "n", "enter"),
}
"""The keys from the overview to a request."""


@pytest.mark.parametrize("name", KEYS)
async def test_screen_shows_a_lost_reply_and_goes_on(
    name: str, rich_pool: PoolUnderTest, account_proxy: FaultProxy
) -> None:
    fault = next(fault for fault in FAULTS_WITHOUT_REPLY if fault.name == "closed without a byte")
    for _ in range(2):
        sign_in_on_device(rich_pool)
    settings = open_settings(rich_pool, account_proxy)
    app = AccountApp(settings, FakeRecord(), theme="tui-auth-dark")  # type: ignore[arg-type]
    async with app.run_test(size=(80, 23)) as pilot:
        await until(pilot, lambda: "…" not in screen_text(app).replace("Asking Cognito …", ""))
        *before, last = KEYS[name]
        for key in before:
            await press(pilot, key)
        with account_proxy.armed(fault):
            await press(pilot, last)
            await until(pilot, lambda: "may or may not have arrived" in screen_text(app))
        assert INTERNAL_ERROR not in screen_text(app)
        await press(pilot, "escape", "escape", "escape")
        await until(pilot, lambda: "Your account" in screen_text(app) or app.return_value is not None)
        assert app._exception is None
