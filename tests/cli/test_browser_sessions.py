"""Sessions from a sign-in in a browser: status, refresh, sign-out, the next sign-in, and doctor."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from tests.auth.test_browser_listener import free_port
from tests.emulator.web_client import ACME_SSO, OAUTH_SETTINGS, WebClient
from tests.session.machine import FLOWS, PASSWORD, Machine, pool_flags
from tui_auth.auth import managed_login
from tui_auth.auth.app_client import AppClient
from tui_auth.auth.auth import Auth
from tui_auth.auth.managed_login import Authorization
from tui_auth.auth.next_step import Done
from tui_auth.config.resolver import ResolvedPool
from tui_auth.errors import AuthError, ErrorKind, NetworkError
from tui_auth.secret import Secret
from tui_auth.session import NotSignedInError
from tui_auth.session.persistence import SessionPersistence
from tui_auth.session.refresh import RefreshResult, ensure_fresh
from tui_auth.storage.stores import StorageKind

API_SCOPE = "aws.cognito.signin.user.admin"
BYE = "https://acme.example/bye"


class BrowserMachine:
    """A machine whose pool has a domain and AcmeSSO, and a client that ends in a browser on it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        target = {"UserPoolId": machine.user_pool_id}
        machine.server.call("CreateUserPoolDomain", {**target, "Domain": "acme"})
        machine.server.call("CreateIdentityProvider", {**target, **ACME_SSO})
        self.redirect_uri = f"http://localhost:{free_port()}/"
        choice = machine.create_client(
            ExplicitAuthFlows=FLOWS,
            **{
                **OAUTH_SETTINGS,
                "CallbackURLs": [self.redirect_uri],
                "LogoutURLs": [BYE],
                "SupportedIdentityProviders": ["COGNITO", "AcmeSSO"],
            },
        )
        domain = machine.server.endpoint_url
        self.choice = replace(choice, browser={"domain": domain, "redirect_uri": self.redirect_uri})

    def auth(self, choice: ResolvedPool) -> Auth:
        browser = choice.browser
        return Auth(
            choice.user_pool_id,
            choice.client_id,
            endpoint_url=choice.endpoint_url,
            domain=browser["domain"],
            redirect_uri=browser["redirect_uri"],
        )

    def sign_in(self, provider: str = "", **browser: Any) -> Done:
        """Sign in as ann, or as dana of a provider, and store the session."""
        choice = replace(self.choice, browser={**self.choice.browser, **browser})
        auth = self.auth(choice)
        sign_in, web = auth.sign_in_with_browser(provider or None), WebClient(choice.browser["domain"])
        page = web.open(sign_in.url)
        if provider:
            reply = web.send(page, email="dana@acme.example")
        else:
            reply = web.send(page, username=self.machine.create_user(), password=PASSWORD)
        while reply.location.startswith(web.base_url):
            reply = web.request(reply.location)
        done = sign_in.complete(reply.location).next_step
        assert isinstance(done, Done)
        persistence = SessionPersistence(choice, auth.gateway.now, self.machine.sessions)
        assert auth._attempt is not None
        result = persistence.save(done, auth._attempt.username, StorageKind.FILE, signature_checked=True)
        assert not result.problem
        return done


@pytest.fixture
def browser(machine: Machine) -> BrowserMachine:
    return BrowserMachine(machine)


def test_status_shows_provider_and_scopes(browser: BrowserMachine) -> None:
    browser.sign_in("AcmeSSO")
    facts = json.loads(browser.machine.run("status", "--json").stdout)
    assert facts["provider"] == "AcmeSSO"
    assert {"openid", "email", API_SCOPE} <= set(facts["scopes"])
    text = browser.machine.run("status").stdout
    assert "Provider      AcmeSSO\n" in text
    assert "Scopes        openid email" in text
    assert "Signed in as  AcmeSSO_dana@acme.example\n" in text


def test_status_of_another_session_names_neither(machine: Machine) -> None:
    machine.sign_in()
    facts = json.loads(machine.run("status", "--json").stdout)
    assert (facts["provider"], facts["scopes"]) == (None, [API_SCOPE])
    text = machine.run("status").stdout
    assert "Provider" not in text
    assert "Scopes" not in text


def test_session_is_refreshed_and_keeps_its_scopes(browser: BrowserMachine) -> None:
    done = browser.sign_in()
    result = browser.machine.run("token", "--force-refresh")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() != done.tokens.access_token.reveal()
    stored = browser.machine.find_session().record
    assert stored.scopes == browser.machine.find_session().record.scopes
    assert "openid" in stored.scopes
    assert stored.origin.domain == browser.choice.browser["domain"]


class PoolThatRejects:
    """A gateway to a pool that doesn't know the refresh tokens of its domain."""

    clock_offset = None

    def now(self) -> float:
        return time.time()

    def connect(self) -> None:
        """Do nothing."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        raise AuthError(
            ErrorKind.NOT_AUTHORIZED,
            "Cognito rejected the token.",
            code="NotAuthorizedException",
            service_message="Invalid Refresh Token.",
        )


def refresh_at_domain(browser: BrowserMachine) -> RefreshResult:
    """Refresh the session, with a pool that rejects its refresh token."""
    machine = browser.machine
    return ensure_fresh(
        machine.sessions, machine.find_session(), force=True, gateway=lambda record: PoolThatRejects()
    )


def test_refresh_token_that_only_the_domain_accepts_is_used_there(browser: BrowserMachine) -> None:
    done = browser.sign_in()
    record = refresh_at_domain(browser).record
    assert record.access_token != done.tokens.access_token
    assert record.refresh_token == done.tokens.refresh_token
    assert browser.machine.is_accepted(record.access_token.reveal())
    assert browser.machine.find_session().record.access_token == record.access_token


def test_refresh_token_that_nobody_accepts_ends_the_session(browser: BrowserMachine) -> None:
    browser.sign_in()
    browser.machine.server.state.grants.clear()
    with pytest.raises(NotSignedInError, match="Invalid Refresh Token"):
        refresh_at_domain(browser)
    with pytest.raises(NotSignedInError):
        browser.machine.find_session()


def test_domain_that_cannot_be_reached_leaves_the_session(browser: BrowserMachine) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        gone = f"http://127.0.0.1:{unused.getsockname()[1]}"
    browser.sign_in()
    stored = browser.machine.find_session()
    record = replace(stored.record, origin=replace(stored.record.origin, domain=gone))
    assert not browser.machine.sessions.replace(stored, record)
    with pytest.raises(NetworkError, match="The domain didn't reply to the refresh"):
        refresh_at_domain(browser)
    assert browser.machine.find_session().record.refresh_token == record.refresh_token


@pytest.mark.parametrize("logout_uri", ["", BYE])
def test_sign_out_shows_the_address_that_ends_the_browsers_session(
    browser: BrowserMachine, logout_uri: str
) -> None:
    done = browser.sign_in(logout_uri=logout_uri)
    result = browser.machine.run("sign-out")
    assert result.returncode == 0
    assert "Signed out ann." in result.stderr
    assert "Your browser may still be signed in." in result.stderr
    address = result.stderr.splitlines()[-1]
    assert address.startswith(f"{browser.choice.browser['domain']}/logout?")
    reply = WebClient(browser.choice.browser["domain"]).request(address)
    assert reply.location.startswith(logout_uri or f"{browser.choice.browser['domain']}/login")
    assert not browser.machine.is_accepted(done.tokens.access_token.reveal())


def test_sign_out_everywhere_works_on_it(browser: BrowserMachine) -> None:
    done = browser.sign_in()
    result = browser.machine.run("sign-out", "--everywhere")
    assert result.returncode == 0, result.stderr
    assert "on all devices" in result.stderr
    assert not browser.machine.is_accepted(done.tokens.access_token.reveal())


def test_sign_out_everywhere_shows_the_address_for_another_clients_browser_session(
    browser: BrowserMachine,
) -> None:
    browser.sign_in()
    machine = browser.machine
    machine.sign_in(machine.create_client(ExplicitAuthFlows=FLOWS), "ann")
    result = machine.run("sign-out", "--everywhere")
    assert result.returncode == 0, result.stderr
    address = result.stderr.splitlines()[-1]
    assert address.startswith(
        f"{browser.choice.browser['domain']}/logout?client_id={browser.choice.client_id}"
    )


def test_identity_pool_takes_it(browser: BrowserMachine) -> None:
    browser.choice = browser.machine.add_identity_pool(browser.choice)
    browser.sign_in("AcmeSSO")
    result = browser.machine.run("aws-credentials")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["AccessKeyId"]


def test_session_without_a_browser_names_no_address(machine: Machine) -> None:
    machine.sign_in()
    assert "browser" not in machine.run("sign-out").stderr


def test_password_sign_in_beside_a_domain_leads_to_no_browser(browser: BrowserMachine) -> None:
    machine = browser.machine
    done = machine.reach_done(browser.choice, machine.create_user())
    persistence = SessionPersistence(browser.choice, machine.server.clock.now, machine.sessions)
    assert not persistence.save(done, "ann", StorageKind.FILE, signature_checked=True).problem
    assert "auth_flow" not in machine.find_session().record.sign_in_settings
    assert "browser" not in machine.run("sign-out").stderr


def test_next_sign_in_goes_through_the_browser_again(browser: BrowserMachine) -> None:
    browser.sign_in()
    settings = browser.machine.find_session().record.sign_in_settings
    assert settings["auth_flow"] == "BROWSER"
    assert settings["domain"] == browser.choice.browser["domain"]
    assert settings["redirect_uri"] == browser.redirect_uri


def test_session_of_an_earlier_version_is_still_read(machine: Machine) -> None:
    machine.sign_in()
    (path,) = [path for path in machine.home.rglob("*.json") if len(path.stem) >= 64]
    members = json.loads(path.read_text())
    for name in ("domain", "redirect_uri", "logout_uri"):
        del members[name]
    path.write_text(json.dumps(members))
    assert machine.run("status").returncode == 0


# -- secrets --------------------------------------------------------------------------------------------


def test_code_address_and_verifier_are_in_no_file(
    browser: BrowserMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets: list[str] = []
    ask = managed_login.token_request

    def record(authorization: Authorization, client: AppClient, code: Secret) -> dict[str, Any]:
        secrets.extend(value.reveal() for value in (code, authorization.verifier, authorization.state))
        return ask(authorization, client, code)

    monkeypatch.setattr("tui_auth.auth.sign_in.token_request", record)
    browser.sign_in()
    assert len(secrets) == 3
    content = b"".join(path.read_bytes() for path in browser.machine.home.rglob("*") if path.is_file())
    assert b"access_token" in content
    assert [secret for secret in secrets if secret.encode() in content] == []


@pytest.mark.parametrize("flag", ["--code", "--address", "--state", "--code-verifier"])
def test_no_flag_takes_a_code_or_an_address(machine: Machine, flag: str) -> None:
    result = machine.run("sign-in", "--browser", flag, "hunter2")
    assert result.returncode == 2
    assert "hunter2" not in result.stderr


# -- doctor and arguments -------------------------------------------------------------------------------


def findings_of(browser: BrowserMachine, *arguments: str) -> dict[str, dict[str, Any]]:
    domain = browser.choice.browser["domain"]
    flags = (*pool_flags(browser.choice), "--domain", domain, *arguments)
    result = browser.machine.run("doctor", "--json", *flags)
    return {check["about"]: check for check in json.loads(result.stdout)["checks"]}


def test_doctor_checks_domain_callback_and_client(browser: BrowserMachine) -> None:
    checks = findings_of(browser, "--redirect-uri", browser.redirect_uri)
    assert "takes this app client" in checks["domain"]["says"]
    assert checks["domain"]["ok"] is checks["callback"]["ok"] is True


def test_doctor_names_a_callback_that_is_not_registered(browser: BrowserMachine) -> None:
    checks = findings_of(browser, "--redirect-uri", "http://localhost:1/")
    assert "doesn't allow http://localhost:1/" in checks["domain"]["says"]
    assert "callback URLs" in checks["domain"]["do"]


def test_doctor_names_a_scope_and_a_domain_of_another_pool(browser: BrowserMachine) -> None:
    flags = ("--redirect-uri", browser.redirect_uri)
    checks = findings_of(browser, *flags, "--scopes", "other/scope")
    assert "one of the scopes" in checks["domain"]["says"]
    other = replace(browser.choice, client_id="unknown1client")
    domain = browser.choice.browser["domain"]
    result = browser.machine.run("doctor", *pool_flags(other), "--domain", domain, *flags)
    assert "The domain doesn't know this app client." in result.stdout


def test_doctor_only_notes_a_domain_that_the_sign_in_does_not_use(browser: BrowserMachine) -> None:
    values = {
        "user_pool_id": browser.choice.user_pool_id,
        "client_id": browser.choice.client_id,
        "endpoint_url": browser.choice.endpoint_url,
        "domain": f"http://127.0.0.1:{free_port()}",
    }
    config = browser.machine.home / ".config" / "tui-auth" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    for flow, is_problem in (("USER_SRP_AUTH", None), ("BROWSER", False)):
        lines = [f'{name} = "{value}"' for name, value in {**values, "auth_flow": flow}.items()]
        config.write_text("\n".join(["[profiles.acme]", *lines, ""]))
        report = json.loads(browser.machine.run("doctor", "--json", "--profile", "acme").stdout)
        (domain,) = [check for check in report["checks"] if check["about"] == "domain"]
        assert domain["ok"] is is_problem


def test_doctor_says_if_nothing_answers_at_the_domain(browser: BrowserMachine) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    checks = findings_of(browser, "--domain", dead)
    assert "the connection was refused" in checks["domain"]["says"]


@pytest.mark.parametrize("flags", [("--browser",), ("--provider", "AcmeSSO")])
def test_browser_without_a_domain_or_with_a_password_is_an_error(
    machine: Machine, flags: tuple[str, ...]
) -> None:
    choice = machine.create_client()
    result = machine.run(
        "sign-in", *pool_flags(choice), *flags, "--username", "ann", "--password-stdin", stdin="pw\n"
    )
    assert result.returncode == 2
    assert "takes no password" in result.stderr
    result = machine.run("sign-in", *pool_flags(choice), *flags)
    assert result.returncode == 3
    assert "--domain" in result.stderr
