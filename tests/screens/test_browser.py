"""Signing in with a browser: the first screen, and the screen that waits for whichever answer comes first."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from tests.auth.browser_answers import CODE, answer_to, parameters_of, token_reply
from tests.auth.reply_server import ReplyServer, running_reply_server
from tests.auth.test_browser_listener import free_port
from tests.pilot import paste, press, screen_rows, until
from tests.screens.conftest import PilotedApp, app_with
from tests.snapshots.reading import find_cut_off, find_scrolling, own_words
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.managed_login import ManagedLogin
from tui_auth.auth.next_step import ContinueSignInWithBrowser
from tui_auth.screens import browser
from tui_auth.screens.browser import BrowserScreen
from tui_auth.screens.screen_context import CopyRequested
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.sign_in_root import SignInRoot
from tui_auth.secret import Secret

SIZE = (80, 23)


@pytest.fixture
def domain() -> Iterator[ReplyServer]:
    with running_reply_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"):
        monkeypatch.delenv(name, raising=False)


def browser_app(domain: str = "https://login.example.com", **settings: Any) -> PilotedApp:
    """Return an app that can sign in at the domain, with a free port to listen on."""
    redirect_uri = settings.pop("redirect_uri", f"http://localhost:{free_port()}/")
    login = ManagedLogin(domain, redirect_uri=redirect_uri, provider=settings.pop("provider", ""))
    return app_with(managed_login=login, **settings)


def step_of(app: PilotedApp) -> ContinueSignInWithBrowser:
    assert isinstance(app.screen, BrowserScreen)
    return app.screen.step


def open_in_browser(address: str) -> int:
    """Do what a browser does that was sent to the address on this machine; return the status."""
    host, _, target = address.removeprefix("http://").partition("/")
    with closing(http.client.HTTPConnection(host, timeout=20)) as connection:
        connection.request("GET", f"/{target}", headers={"Host": host})
        return connection.getresponse().status


@contextmanager
def port_of(redirect_uri: str) -> Iterator[None]:
    """Occupy the port of a redirect URI."""
    port = int(redirect_uri.rstrip("/").rpartition(":")[2])
    with closing(socket.create_server(("127.0.0.1", port))):
        yield


# -- the first screen -----------------------------------------------------------------------------------


async def test_without_a_domain_there_is_no_browser() -> None:
    app = app_with()
    async with app.run_test(size=SIZE) as pilot:
        assert "In a browser" not in app.text()
        await press(pilot, "ctrl+b")
        assert isinstance(app.screen, SignInScreen)
        assert app.is_asking


async def test_key_opens_the_browser_screen_and_esc_leads_back() -> None:
    app = browser_app()
    async with app.run_test(size=SIZE) as pilot:
        assert "^b In a browser" in app.text()
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        assert "1 Open this page" in app.text()
        assert "2 Sign in at login.example.com" in app.text()
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen) and app.is_asking)


async def test_each_provider_is_a_choice_beside_the_password() -> None:
    app = browser_app(identity_providers=("AcmeSSO", "LoginWithAmazon"))
    async with app.run_test(size=SIZE) as pilot:
        assert "With AcmeSSO, in a browser" in app.text()
        assert "Sign in ↵" in app.text()
        await press(pilot, "tab", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        assert parameters_of(step_of(app).url)["identity_provider"] == "LoginWithAmazon"


async def test_enter_in_the_password_still_signs_in_with_it() -> None:
    app = browser_app(identity_providers=("AcmeSSO",))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"pw", "enter")
        await until(pilot, lambda: bool(app.gateway.calls))
        assert app.gateway.operations == ["InitiateAuth"]


async def test_profile_that_wants_a_browser_begins_at_once_and_asks_after_esc() -> None:
    app = browser_app(flow=AuthFlow.BROWSER, identity_providers=("AcmeSSO",))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen) and app.is_asking)
        assert "Password" not in app.text()
        await press(pilot, "2")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        assert parameters_of(step_of(app).url)["identity_provider"] == "AcmeSSO"


# -- whichever comes first ------------------------------------------------------------------------------


async def test_answer_of_the_browser_goes_on_by_itself(domain: ReplyServer) -> None:
    app = browser_app(domain.url)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        step = step_of(app)
        domain.reply = token_reply(step)
        assert step.short_url in app.text()
        assert open_in_browser(answer_to(step)) == 200
        await until(pilot, lambda: "AcmeSSO_ann" in app.text())
    with pytest.raises(OSError):
        open_in_browser(step.short_url)


async def test_pasted_address_in_two_rows_is_one_answer(domain: ReplyServer) -> None:
    app = browser_app(domain.url)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        step = step_of(app)
        domain.reply = token_reply(step)
        address = answer_to(step)
        await paste(pilot, f"{address[:50]}\n  {address[50:]}\n")
        await press(pilot, "enter")
        await until(pilot, lambda: "AcmeSSO_ann" in app.text())
    assert len(domain.requests) == 1


async def test_wrong_address_stays_in_the_field_with_the_reason() -> None:
    app = browser_app()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        await press(pilot, "enter")
        assert "Paste the address of the last page." in app.text()
        await paste(pilot, CODE)
        await press(pilot, "enter")
        await until(pilot, lambda: "only the code" in app.text())
        assert step_of(app).short_url


async def test_cancelled_at_the_provider_says_so_and_enter_begins_again() -> None:
    app = browser_app()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        first = step_of(app)
        assert open_in_browser(answer_to(first, error="access_denied")) == 200
        await until(pilot, lambda: "You canceled at the identity provider." in app.text())
        assert "Press Enter to start it again." in app.text()
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen) and step_of(app) is not first)
        assert open_in_browser(step_of(app).short_url) == 302
        assert open_in_browser(answer_to(first)) == 400


async def test_begin_again_makes_another_address(domain: ReplyServer) -> None:
    app = browser_app(domain.url)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        first = step_of(app)
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen) and step_of(app) is not first)
        second = step_of(app)
        assert second.state != first.state
        await paste(pilot, answer_to(first))
        await press(pilot, "enter")
        await until(pilot, lambda: "belongs to an earlier sign-in" in app.text())
        domain.reply = token_reply(second)
        assert open_in_browser(answer_to(second)) == 200
        await until(pilot, lambda: "AcmeSSO_ann" in app.text())


# -- what the screen says -------------------------------------------------------------------------------


async def test_port_in_use_leaves_the_pasted_address() -> None:
    redirect_uri = f"http://localhost:{free_port()}/"
    app = browser_app(redirect_uri=redirect_uri)
    with port_of(redirect_uri):
        async with app.run_test(size=SIZE) as pilot:
            await press(pilot, "ctrl+b")
            await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
            assert "is in use, so nothing waits there" in app.text()
            assert "Paste its address here" in app.text()


async def test_redirect_mismatch_is_explained_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "HINT_SECONDS", 0.01)
    app = browser_app()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        await until(pilot, lambda: "If the browser says redirect_mismatch, add http" in app.text())


async def test_over_ssh_pasting_comes_first_and_the_forward_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    for connection in ("", "10.0.0.1 1 10.0.0.2 22"):
        monkeypatch.setenv("SSH_CONNECTION", connection)
        app = browser_app(redirect_uri=f"http://localhost:{(port := free_port())}/")
        async with app.run_test(size=SIZE) as pilot:
            await press(pilot, "ctrl+b")
            await until(pilot, lambda app=app: isinstance(app.screen, BrowserScreen))  # type: ignore[misc]
            texts.append(app.text())
    local, remote = texts
    assert local.index("http://localhost:") < local.index("the whole address")
    assert remote.index("1 Open the address") < remote.index(f"ssh -L {port}:localhost:{port} HOST")


async def test_addresses_are_links_and_can_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    app, copied = browser_app(), list[CopyRequested]()
    monkeypatch.setattr(SignInRoot, "on_copy_requested", lambda self, event: copied.append(event))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        step = step_of(app)
        strips = app.screen._compositor.render_strips()
        links = {segment.style.link for strip in strips for segment in strip if segment.style}
        assert {step.url, step.short_url} <= links
        await press(pilot, "ctrl+y")
        assert [event.text for event in copied] == [step.url]


@pytest.mark.parametrize("connection", ["", "10.0.0.1 1 10.0.0.2 22"])
async def test_everything_fits_a_small_terminal_in_few_words(
    connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", connection)
    app = browser_app("https://acme.auth.eu-west-1.amazoncognito.com", provider="AcmeSSO")
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        rows = screen_rows(app)
        assert any("Sign in with AcmeSSO" in row for row in rows)
        assert any("^r Start again" in row for row in rows)
        assert any(" min " in row and " left" in row for row in rows)
        assert not find_cut_off(app)
        assert not find_scrolling(app)
        values = {"acme.auth.eu-west-1.amazoncognito.com", "AcmeSSO", "ssh", "-L", "HOST", "min", "s"}
        words = [word for word in own_words(app) if word not in values and "localhost:" not in word]
        assert len(words) <= 25, words
        assert isinstance(app.screen, BrowserScreen)
        app.screen._explain_mismatch()
        await until(pilot, lambda: "as a callback URL." in app.text())
        assert "and sign in" in app.text() or "Another computer?" in app.text()


async def test_answer_is_in_no_field_after_the_sign_in(domain: ReplyServer) -> None:
    app = browser_app(domain.url)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        screen, step = app.screen, step_of(app)
        domain.reply = token_reply(step)
        await paste(pilot, answer_to(step))
        await press(pilot, "enter")
        await until(pilot, lambda: "AcmeSSO_ann" in app.text())
        assert [node.value for node in screen.query(browser.AddressInput)] == []
        assert all(Secret(CODE).reveal() not in repr(call) for call in app.auth.trace.calls)
