"""Tests that each fault of the domain's token endpoint is reported, and the next try gets the tokens."""

from __future__ import annotations

import pytest

from tests.emulator.web_client import WebClient
from tests.security.faults.catalog import FAULTS_IN_REPLY, FAULTS_WITHOUT_REPLY, FOREIGN_REPLIES, LOST_REPLIES
from tests.security.faults.conftest import RecordProperty, deadline_for
from tests.security.faults.proxy import Fault, FaultProxy
from tests.security.faults.test_engine import error_message_of
from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import ContinueSignInWithBrowser, Done, NextStep
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import PASSWORD, DemoPool

NO_REPLY = "The domain didn't reply. The code may already be used."
NOT_COGNITO = "The reply isn't from Cognito."
MESSAGES = {**dict.fromkeys(LOST_REPLIES, NO_REPLY), **dict.fromkeys(FOREIGN_REPLIES, NOT_COGNITO)}


class TokenRequests:
    """Sign-ins of ann in a browser, whose requests for tokens go through the proxy."""

    def __init__(self, server: CognitoEmulator, demo: DemoPool, proxy: FaultProxy) -> None:
        self._server, self._proxy = server, proxy
        ids = demo.user_pool_id, demo.client_id
        self._auth = Auth(*ids, endpoint_url=server.endpoint_url, domain=proxy.url)

    def address_for(self, step: NextStep | None) -> str:
        """Sign in on the page, without the proxy, and return the address that the browser ends at."""
        assert isinstance(step, ContinueSignInWithBrowser)
        browser = WebClient(self._server.endpoint_url)
        page = browser.open(step.url.replace(self._proxy.url, self._server.endpoint_url))
        return browser.send(page, username="ann", password=PASSWORD).location

    def check(self, fault: Fault) -> None:
        """Check that the request reports its fault, and that the next try gets the tokens."""
        login, attempt, hits = self._auth.managed_login, self._auth.attempt(), self._proxy.hits
        assert login
        address = self.address_for(attempt.sign_in_with_browser(login))
        self._proxy.arm(fault, documents=True)
        with deadline_for(fault):
            message = error_message_of(lambda: attempt.confirm(address))
        self._proxy.disarm()
        assert self._proxy.hits == hits + 1
        assert MESSAGES.get(fault.name, "") in (message or ""), message
        if message is None:
            assert isinstance(attempt.step, Done)
        else:
            assert isinstance(attempt.confirm(self.address_for(attempt.restart())), Done)


@pytest.mark.timeout(300)
def test_fault_of_the_token_endpoint_gives_a_message_and_can_be_retried(
    server: CognitoEmulator, demo: DemoPool, proxy: FaultProxy, record_property: RecordProperty
) -> None:
    requests, failures = TokenRequests(server, demo, proxy), list[str]()
    faults = (*FAULTS_WITHOUT_REPLY, *FAULTS_IN_REPLY)
    for fault in faults:
        try:
            requests.check(fault)
        except Exception as error:
            failures.append(f"{fault.name}: {error!r}")
    record_property(
        "cases", ("fault matrix, token endpoint of a domain", "steps", len(faults), len(failures))
    )
    assert not failures, "\n".join(failures)
    assert proxy.redirected_connections == 0, "a redirect was followed"
    assert not server.internal_errors
