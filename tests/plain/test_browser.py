"""Signing in with a browser at line prompts, against the emulator: a cookie jar is the browser."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.auth.test_browser_sign_in import Site
from tests.auth.test_browser_sign_in import site as site
from tests.emulator.conftest import make_pool as make_pool
from tests.emulator.conftest import shared_aws as shared_aws
from tests.emulator.conftest import shared_server as shared_server
from tests.plain.typist import Typist
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.browser_listener import BrowserListener, find_port_problem
from tui_auth.auth.managed_login import ManagedLogin
from tui_auth.auth.next_step import ContinueSignInWithBrowser, Done
from tui_auth.flow.interface import SignInSettings
from tui_auth.plain.sign_in import PlainSignIn
from tui_auth.secret import Secret


class Surfer(Typist):
    """A typist with a browser: an answer may be a function of the address that was printed last."""

    def __init__(self, site: Site, *answers: str | Callable[[str], str | None]) -> None:
        super().__init__()
        self.site = site
        self.answers = list(answers)

    @property
    def url(self) -> str:
        """The address that was printed last, alone on its line."""
        return [text for text in self.printed if text.startswith(f"{self.site.browser.base_url}/oauth2/")][-1]

    def ask(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if not self.answers:
            raise EOFError
        answer = self.answers.pop(0)
        assert isinstance(answer, str)
        return answer

    def ask_address(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        if not self.answers:
            raise EOFError
        answer = self.answers.pop(0)
        typed = answer(self.url) if callable(answer) else answer
        return super().ask_address(prompt, has_arrived) if typed is None else Secret(typed)


def run(surfer: Surfer, *, flow: AuthFlow = AuthFlow.BROWSER, **settings: Any) -> Done | None:
    """Return the result of the sign-in, or None if the answers ended before."""
    site = surfer.site
    login = ManagedLogin(site.pool.server.endpoint_url, redirect_uri=site.redirect_uri)
    values: dict[str, Any] = {"pool": "acme", "auth_flow": flow, "managed_login": login, **settings}
    try:
        return PlainSignIn(site.auth(), SignInSettings(**values), surfer).run()
    except EOFError:
        return None


def paste(site: Site) -> Callable[[str], str]:
    """Sign in and return the address that the browser ends at."""
    return lambda url: site.sign_in(url).location


def test_address_is_alone_on_its_line_and_the_pasted_answer_signs_in(site: Site) -> None:
    surfer = Surfer(site, paste(site))
    done = run(surfer)
    assert done is not None
    assert done.claims.username == "ann"
    position = surfer.printed.index(surfer.url)
    assert (surfer.printed[position - 1], surfer.printed[position + 1]) == ("", "")
    assert "Don't share that address" in surfer.text
    assert f"If the browser says redirect_mismatch, add {site.redirect_uri}" in surfer.text


def test_answer_of_the_browser_ends_the_prompt(site: Site) -> None:
    def surf(url: str) -> None:
        address = site.sign_in(url).location
        threading.Thread(target=site.send_answer, args=(address,), daemon=True).start()

    surfer = Surfer(site, surf)
    done = run(surfer)
    assert done is not None
    assert done.claims.username == "ann"
    assert "The browser has answered." in surfer.text


def test_wrong_answers_ask_again_and_new_begins_again(site: Site) -> None:
    first: list[str] = []

    def open_first(url: str) -> str:
        first.append(site.sign_in(url).location)
        return "/new"

    def open_again(url: str) -> str:
        return site.browser.request(url).location  # the browser is signed in by now

    surfer = Surfer(site, "hello", open_first, lambda url: first[0], open_again)
    assert run(surfer) is not None
    assert "Error: That isn't an address." in surfer.text
    assert "Error: That address belongs to an earlier sign-in" in surfer.text
    assert surfer.text.count("Open this address in a browser") == 2


def test_cancelled_at_the_provider_asks_for_enter_and_begins_again(site: Site) -> None:
    def cancel(url: str) -> str:
        reply = site.browser.send(site.browser.open(url), cancel="yes")
        while reply.location.startswith(site.browser.base_url):
            reply = site.browser.request(reply.location)
        return reply.location

    login = ManagedLogin(site.pool.server.endpoint_url, site.redirect_uri, provider="AcmeSSO")
    surfer = Surfer(site, cancel, "", "/back")
    assert run(surfer, managed_login=login) is None
    assert "Error: You canceled at the identity provider." in surfer.text
    assert surfer.text.count("with AcmeSSO:") == 2


def test_back_offers_the_providers(site: Site) -> None:
    surfer = Surfer(site, "/back", "2", lambda url: "/back")
    assert run(surfer, identity_providers=("AcmeSSO",)) is None
    assert "2 With AcmeSSO, in a browser" in surfer.text
    assert "identity_provider=AcmeSSO" in surfer.url


def test_first_prompt_of_another_flow_offers_the_browser(site: Site) -> None:
    surfer = Surfer(site, "/browser", paste(site))
    done = run(surfer, flow=AuthFlow.USER_SRP_AUTH)
    assert done is not None
    assert "Type /browser to sign in with a browser." in surfer.text


def test_prompt_for_a_password_offers_the_browser_too(site: Site) -> None:
    surfer = Surfer(site, "/browser", paste(site))
    done = run(surfer, flow=AuthFlow.USER_SRP_AUTH, username="bob")
    assert done is not None
    assert done.claims.username == "ann"


def test_without_a_domain_the_command_is_no_command(site: Site) -> None:
    surfer = Surfer(site, "/browser")
    assert run(surfer, flow=AuthFlow.USER_SRP_AUTH, managed_login=None) is None
    assert "Error: /browser doesn't work here." in surfer.text


def test_port_in_use_is_said_and_pasting_works(site: Site) -> None:
    with BrowserListener(ContinueSignInWithBrowser("", site.redirect_uri, Secret("other"))):
        surfer = Surfer(site, paste(site))
        assert run(surfer) is not None
    assert "is in use, so nothing waits there" in surfer.text
    assert "leads there too" not in surfer.text


@pytest.mark.parametrize("ending", ["signed in", "left"])
def test_port_is_free_afterwards(site: Site, ending: str) -> None:
    run(Surfer(site, *([paste(site)] if ending == "signed in" else [])))
    assert find_port_problem(site.redirect_uri) == ""
