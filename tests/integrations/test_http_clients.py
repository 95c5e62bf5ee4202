"""BearerAuth of httpx and requests, and ``Session.bearer``, against a server that rejects tokens."""

from __future__ import annotations

import asyncio
import copy
import io
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import requests

from tests.integrations.conftest import Api
from tests.session.machine import Machine
from tui_auth import NotSignedInError, Session
from tui_auth.integrations.httpx import BearerAuth as HttpxAuth
from tui_auth.integrations.requests import BearerAuth as RequestsAuth

Send = Callable[..., int]
"""Sends a request with a session and returns the status."""


def by_httpx(url: str, session: Session, kind: Any = "access", content: Any = None) -> int:
    with httpx.Client(auth=HttpxAuth(session, kind), follow_redirects=True) as client:
        return client.post(url, content=content).status_code


def by_async_httpx(url: str, session: Session, kind: Any = "access", content: Any = None) -> int:
    async def send() -> int:
        async with httpx.AsyncClient(auth=HttpxAuth(session, kind), follow_redirects=True) as client:
            return (await client.post(url, content=content)).status_code

    return asyncio.run(send())


def by_requests(url: str, session: Session, kind: Any = "access", content: Any = None) -> int:
    return requests.post(url, auth=RequestsAuth(session, kind), data=content, timeout=30).status_code


clients = pytest.mark.parametrize("send", [by_httpx, by_async_httpx, by_requests])


@clients
def test_request_carries_the_token_of_the_kind(send: Send, session: Session, api: Api) -> None:
    assert send(api.url, session) == 200
    assert send(api.url, session, "id") == 200
    assert api.tokens == [session.token(), session.token("id")]


@clients
def test_rejected_token_is_replaced_and_the_request_sent_again_once(
    send: Send, session: Session, api: Api, machine: Machine
) -> None:
    first = session.token()
    api.rejected.add(first)
    assert send(api.url, session, content=b"a body") == 200
    assert api.tokens == [first, session.token()]
    assert [request.body for request in api.requests] == [b"a body", b"a body"]
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


@clients
def test_second_401_is_the_answer(send: Send, session: Session, api: Api) -> None:
    api.rejects_all = True
    assert send(api.url, session) == 401
    assert len(api.requests) == 2


@clients
def test_403_is_the_answer(send: Send, session: Session, api: Api, machine: Machine) -> None:
    api.status = 403
    assert send(api.url, session) == 403
    assert len(api.requests) == 1
    assert not machine.get_calls("GetTokensFromRefreshToken")


@clients
def test_token_that_another_client_got_meanwhile_is_used(
    send: Send, session: Session, api: Api, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.rejected.add(session.token())
    original = api.answer

    def refresh_elsewhere(request: Any) -> int:
        if not api.requests:
            copy.copy(session).refresh()
        return original(request)

    monkeypatch.setattr(api, "answer", refresh_elsewhere)
    assert send(api.url, session) == 200
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


@clients
def test_other_host_of_a_redirect_gets_no_token(
    send: Send, session: Session, api: Api, other_api: Api, machine: Machine
) -> None:
    other_api.rejects_all = True
    api.redirect_to = other_api.url.replace("127.0.0.1", "localhost")
    assert send(api.url, session) == 401
    assert other_api.tokens
    assert not any(other_api.tokens)
    assert len(api.requests) == 1, "the other host's 401 says nothing about a token that it never got"


@clients
def test_without_a_session_nothing_is_sent(send: Send, session: Session, api: Api, machine: Machine) -> None:
    session.token()
    machine.run("sign-out")
    with pytest.raises(NotSignedInError):
        send(api.url, session)
    assert not api.requests


def parts() -> Iterator[bytes]:
    yield b"first "
    yield b"second"


async def async_parts() -> AsyncIterator[bytes]:
    for part in parts():
        yield part


@pytest.mark.parametrize(
    ("send", "stream"), [(by_httpx, parts), (by_async_httpx, async_parts), (by_requests, parts)]
)
def test_stream_is_not_sent_again(send: Send, stream: Any, session: Session, api: Api) -> None:
    api.rejected.add(session.token())
    assert send(api.url, session, content=stream()) == 401
    assert [request.body for request in api.requests] == [b"first second"]


def test_file_of_requests_is_rewound(session: Session, api: Api) -> None:
    api.rejected.add(session.token())
    file = io.BytesIO(b"header body")
    file.seek(7)
    assert by_requests(api.url, session, content=file) == 200
    assert [request.body for request in api.requests] == [b"body", b"body"]


def test_repeated_response_of_requests_has_its_history(session: Session, api: Api) -> None:
    first = session.token()
    api.rejected.add(first)
    with requests.Session() as client:
        client.auth = RequestsAuth(session)
        response = client.get(api.url, timeout=30)
    assert [earlier.status_code for earlier in response.history] == [401]
    assert response.request.headers["Authorization"] == f"Bearer {session.token()}"


def test_own_auth_object_serves_every_client(session: Session, api: Api) -> None:
    async def send() -> int:
        async with httpx.AsyncClient(auth=session.bearer) as client:
            return (await client.get(api.url)).status_code

    assert requests.get(api.url, auth=session.bearer, timeout=30).status_code == 200
    assert httpx.get(api.url, auth=session.bearer).status_code == 200
    assert asyncio.run(send()) == 200
    assert api.tokens == [session.token()] * 3
