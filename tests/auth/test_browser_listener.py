"""The listener that the browser ends at: what it leads to, what it takes, and what it rejects."""

from __future__ import annotations

import http.client
import os
import resource
import socket
import threading
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.auth.browser_answers import CODE, answer_to, begin
from tui_auth.auth.browser_listener import WRONG_WORDS, BrowserListener
from tui_auth.auth.managed_login import ManagedLogin
from tui_auth.auth.next_step import ContinueSignInWithBrowser
from tui_auth.errors import InvalidStateError

if TYPE_CHECKING:
    from collections.abc import Iterator


def free_port() -> int:
    """Return a port that is free on both loopback addresses at the moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def step() -> ContinueSignInWithBrowser:
    redirect_uri = f"http://localhost:{free_port()}/callback"
    return begin(ManagedLogin("https://login.example.com", redirect_uri=redirect_uri))[1]


@pytest.fixture
def listener(step: ContinueSignInWithBrowser) -> Iterator[BrowserListener]:
    with BrowserListener(step) as listener:
        yield listener


def get(
    step: ContinueSignInWithBrowser, target: str, *, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, str]:
    """Send a request to the listener; underscores in header names are dashes."""
    port = urlsplit(step.short_url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, headers={"Host": f"localhost:{port}", **names})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read().decode()


def target_of(address: str) -> str:
    return "/callback?" + address.partition("?")[2]


def path_of(step: ContinueSignInWithBrowser) -> str:
    """Return the path of the short address: its word."""
    return urlsplit(step.short_url).path


@pytest.mark.usefixtures("listener")
def test_short_address_redirects_to_the_sign_in_page(step: ContinueSignInWithBrowser) -> None:
    for path in (path_of(step), path_of(step).upper()):
        status, headers, _ = get(step, path)
        assert (status, headers["Location"]) == (302, step.url)
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("listener")
@pytest.mark.parametrize("path", ["/", "/callback"])
def test_address_without_the_word_leads_nowhere_and_says_why(
    step: ContinueSignInWithBrowser, path: str
) -> None:
    for _ in range(2 * WRONG_WORDS):
        status, headers, page = get(step, path)
        assert (status, headers["Location"]) == (404, None)
        assert "4 more characters" in page
        assert path_of(step).strip("/") not in page
    assert get(step, path_of(step))[0] == 302


def test_few_wrong_words_close_the_short_address_and_not_the_way_back(
    step: ContinueSignInWithBrowser, listener: BrowserListener
) -> None:
    for number in range(WRONG_WORDS):
        assert get(step, path_of(step))[0] == 302
        status, _, page = get(step, f"/000{number}")
        assert status == 404
        assert "Compare its last 4 characters" in page
    for path in (path_of(step), "/zzzz"):
        status, headers, page = get(step, path)
        assert (status, headers["Location"]) == (403, None)
        assert "Start again in the terminal" in page
    assert get(step, target_of(answer_to(step)))[0] == 200
    assert listener.has_answer


def test_answer_is_taken_once(step: ContinueSignInWithBrowser, listener: BrowserListener) -> None:
    address = answer_to(step)
    status, headers, page = get(step, target_of(address))
    assert status == 200
    assert "Go back to the terminal" in page
    assert 'history.replaceState(null, "", "/")' in page
    assert CODE not in page
    assert headers["Referrer-Policy"] == "no-referrer"
    answer = listener.wait(20)
    assert answer is not None
    assert answer.reveal() == address
    for target in (target_of(address), "/", path_of(step)):
        assert get(step, target)[0] == 410
    second = listener.wait(20)
    assert second is not None
    assert second.reveal() == address


def test_error_of_the_provider_is_an_answer_too(
    step: ContinueSignInWithBrowser, listener: BrowserListener
) -> None:
    status, _, page = get(step, target_of(answer_to(step, error="access_denied")))
    assert status == 200
    assert "You aren’t signed in" in page
    assert listener.has_answer


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        (f"/callback?code={CODE}&state=other", {}, 400),
        (f"/callback?code={CODE}", {}, 400),
        ("/callback?error=access_denied&state=guess", {}, 400),
        ("/callback?x=1", {}, 400),
        ("/favicon.ico", {}, 404),
        ("/", {"Host": "evil.example:47831"}, 421),
        ("/", {"Host": "localhost"}, 421),
        ("/", {"Host": ""}, 421),
        ("/", {"Sec_Fetch_Dest": "iframe"}, 403),
        ("/", {"Sec_Fetch_Dest": "empty"}, 403),
        ("/" + "x" * 9000, {}, 414),
    ],
)
def test_senseless_request_ends_nothing(
    step: ContinueSignInWithBrowser,
    listener: BrowserListener,
    target: str,
    headers: dict[str, str],
    status: int,
) -> None:
    assert get(step, target, **headers)[0] == status
    assert not listener.has_answer
    assert get(step, target_of(answer_to(step)))[0] == 200


def test_right_answer_under_another_host_name_is_rejected(
    step: ContinueSignInWithBrowser, listener: BrowserListener
) -> None:
    assert get(step, target_of(answer_to(step)), Host="rebound.example")[0] == 421
    assert get(step, target_of(answer_to(step)), Sec_Fetch_Dest="image")[0] == 403
    assert not listener.has_answer


@pytest.mark.usefixtures("listener")
def test_page_of_another_origin_gets_no_permission_to_read(step: ContinueSignInWithBrowser) -> None:
    for target in ("/", "/callback?x=1", target_of(answer_to(step))):
        _, headers, _ = get(step, target, Origin="https://evil.example")
        assert not [name for name in headers if name.lower().startswith("access-control")]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert get(step, "/", method="OPTIONS", Origin="https://evil.example")[0] == 501
    assert get(step, "/", method="POST")[0] == 501


def test_slow_client_keeps_nobody_out(step: ContinueSignInWithBrowser, listener: BrowserListener) -> None:
    port = urlsplit(step.short_url).port
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"GET /callback?code=")
        assert get(step, target_of(answer_to(step)))[0] == 200
    assert listener.has_answer


def test_other_machines_cannot_connect(listener: BrowserListener) -> None:
    addresses = [server.socket.getsockname()[0] for server in listener._servers]
    assert set(addresses) <= {"127.0.0.1", "::1"}
    for server in listener._servers:
        assert not server.socket.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)


def test_port_in_use_is_reported_and_left_alone(step: ContinueSignInWithBrowser) -> None:
    with BrowserListener(step), pytest.raises(InvalidStateError, match=r"Port \d+ is in use"):
        BrowserListener(step)


def test_port_is_free_after_no_thread_could_start(
    step: ContinueSignInWithBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        with pytest.raises(InvalidStateError, match="can't start another thread") as raised:
            BrowserListener(step)
    assert raised.value is not None  # its frames keep the listener, and so the port if it isn't closed
    BrowserListener(step).close()


def test_close_frees_the_port_and_ends_the_wait(step: ContinueSignInWithBrowser) -> None:
    first = BrowserListener(step)
    first.close()
    first.close()
    assert first.wait(20) is None
    with BrowserListener(step) as second:
        assert get(step, path_of(step))[0] == 302
        assert not second.has_answer


def test_time_that_is_over_frees_the_port_and_ends_the_wait(step: ContinueSignInWithBrowser) -> None:
    with BrowserListener(replace(step, expires_in=0.0)) as listener:
        assert listener.wait(20) is None
        listener._thread.join(20)
        with BrowserListener(step):
            assert get(step, path_of(step))[0] == 302


def test_request_beside_a_close_breaks_neither(step: ContinueSignInWithBrowser) -> None:
    for _ in range(50):
        listener = BrowserListener(step)
        with listener, closing(socket.socket()) as client:
            client.connect(("127.0.0.1", urlsplit(step.short_url).port))
            listener.close()


def test_listener_works_in_a_process_with_many_open_files(step: ContinueSignInWithBrowser) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        with BrowserListener(step):
            assert get(step, path_of(step))[0] == 302
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_listener_is_at_the_host_of_the_redirect_uri(host: str) -> None:
    login = ManagedLogin.at("acme", "eu-west-1", redirect_uri=f"http://{host}:{free_port()}/callback")
    step = begin(login)[1]
    with BrowserListener(step) as listener:
        for address in ("127.0.0.1", "::1") if host == "localhost" else (host.strip("[]"),):
            port = urlsplit(step.redirect_uri).port
            with closing(http.client.HTTPConnection(address, port, timeout=20)) as connection:
                connection.request("GET", "/callback?x=1", headers={"Host": f"{host}:{port}"})
                assert connection.getresponse().status == 400
        assert not listener.has_answer


def test_browser_that_ends_elsewhere_is_not_waited_for() -> None:
    elsewhere = ManagedLogin("https://login.example.com", redirect_uri="https://app.example.com/cb")
    with pytest.raises(InvalidStateError):
        BrowserListener(begin(elsewhere)[1])
