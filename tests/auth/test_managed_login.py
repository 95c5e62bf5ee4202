"""Managed login: the address to open, what is accepted as its answer, and the token request."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from tests.auth.browser_answers import CLIENT, CODE, answer_to, begin, parameters_of, token_reply
from tests.auth.reply_server import ReplyServer, running_reply_server
from tui_auth.auth import token_endpoint
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.error_policy import ErrorAction, action_for_error
from tui_auth.auth.managed_login import ManagedLogin, parse_domain
from tui_auth.auth.next_step import ContinueSignInWithBrowser, Done
from tui_auth.auth.tokens import provider_of, scopes_of
from tui_auth.auth.trace import CallTrace
from tui_auth.errors import (
    AuthError,
    CodeExpiredError,
    ConfigurationError,
    InvalidParameterError,
    NetworkError,
    NotAuthorizedError,
    TokenVerificationError,
    UnsupportedError,
)
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGIN = ManagedLogin("https://login.example.com")


@pytest.fixture
def domain() -> Iterator[ReplyServer]:
    with running_reply_server() as server:
        yield server


# -- the address to open --------------------------------------------------------------------------------


def test_address_asks_for_a_code_with_state_nonce_and_pkce() -> None:
    attempt, step = begin(LOGIN)
    assert step.url.startswith("https://login.example.com/oauth2/authorize?")
    parameters = parameters_of(step.url)
    assert parameters.keys() == {
        *("response_type", "client_id", "redirect_uri", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert parameters["response_type"] == "code"
    assert parameters["code_challenge_method"] == "S256"
    assert parameters["redirect_uri"] == "http://localhost:47831/"
    assert parameters["client_id"] == CLIENT
    authorization = attempt._engine.authorization
    assert authorization is not None
    digest = hashlib.sha256(authorization.verifier.reveal_bytes()).digest()
    assert base64.urlsafe_b64decode(parameters["code_challenge"] + "=") == digest
    assert len(authorization.verifier.reveal()) == 64
    assert authorization.verifier.reveal() not in step.url


def test_each_try_has_a_new_state_nonce_and_verifier() -> None:
    attempt, first = begin(LOGIN)
    second = attempt.restart()
    assert isinstance(second, ContinueSignInWithBrowser)
    names = ("state", "nonce", "code_challenge")
    one, other = parameters_of(first.url), parameters_of(second.url)
    assert all(one[name] != other[name] for name in names)
    with pytest.raises(InvalidParameterError, match="belongs to an earlier sign-in"):
        attempt.confirm(answer_to(first))


def test_settings_become_parameters() -> None:
    login = ManagedLogin(
        "https://login.example.com",
        scopes=("openid", "acme/orders.read"),
        provider="AcmeSSO",
        login_hint="ann@example.com",
        prompt="login",
    )
    parameters = parameters_of(begin(login)[1].url)
    assert parameters["scope"] == "openid acme/orders.read"
    assert parameters["identity_provider"] == "AcmeSSO"
    assert (parameters["login_hint"], parameters["prompt"]) == ("ann@example.com", "login")
    by_identifier = ManagedLogin("https://login.example.com", provider="A", idp_identifier="example.com")
    parameters = parameters_of(begin(by_identifier)[1].url)
    assert parameters["idp_identifier"] == "example.com"
    assert "identity_provider" not in parameters


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("acme", "https://acme.auth.eu-west-1.amazoncognito.com"),
        ("Login.Example.com/", "https://login.example.com"),
        ("https://acme.auth.eu-west-1.amazoncognito.com", "https://acme.auth.eu-west-1.amazoncognito.com"),
        ("http://localhost:9229", "http://localhost:9229"),
        ("http://127.0.0.1:9229/", "http://127.0.0.1:9229"),
    ],
)
def test_domain_is_a_prefix_a_host_or_a_url(text: str, url: str) -> None:
    assert ManagedLogin.at(text, "eu-west-1").domain == url


@pytest.mark.parametrize(
    "text",
    ["", "http://login.example.com", "https://a:b@login.example.com", "https://x.example/path", "a b", "-a"],
)
def test_other_domains_are_rejected_before_anything_is_sent(text: str) -> None:
    with pytest.raises(ValueError, match="no domain"):
        parse_domain(text)
    with pytest.raises(ConfigurationError):
        ManagedLogin.at(text, "eu-west-1")


@pytest.mark.parametrize(
    "uri",
    [
        *("http://example.com/", "myapp://signed-in", "https://x.example/#a", "http://["),
        *("http://127.0.0.2:47831/", "http://localhost:0/", "http://[::2]:47831/"),
    ],
)
def test_other_redirect_uris_are_rejected(uri: str) -> None:
    with pytest.raises(ConfigurationError):
        ManagedLogin.at("acme", "eu-west-1", redirect_uri=uri)


def test_browser_that_ends_elsewhere_has_no_short_address() -> None:
    one, other = begin(LOGIN)[1].short_url, begin(LOGIN)[1].short_url
    assert one[:-4] == other[:-4] == "http://localhost:47831/"
    assert one != other
    elsewhere = ManagedLogin("https://login.example.com", redirect_uri="https://app.example.com/cb")
    assert begin(elsewhere)[1].short_url == ""


# -- what is pasted -------------------------------------------------------------------------------------


def code_in(text: str, attempt: Attempt) -> str:
    authorization = attempt._engine.authorization
    assert authorization is not None
    return authorization.code_in(Secret(text)).reveal()


def test_address_is_found_however_it_was_pasted() -> None:
    attempt, step = begin(LOGIN)
    state = step.state.reveal()
    chance = random.Random(7)
    pairs = [f"code={CODE}", f"state={state}", "session_state=x", "lang=en"]
    for _ in range(300):
        chance.shuffle(pairs)
        query = chance.choice(["&", "&amp;"]).join(pairs)
        start = chance.choice(
            ["http://localhost:47831/?", "localhost:47831/?", "https://app.example.com/cb?", "?", ""]
        )
        text = list(f"{start}{query}{chance.choice(['', '#', '#_=_'])}")
        for _ in range(chance.randrange(6)):
            text.insert(
                chance.randrange(len(text) + 1), chance.choice([" ", "\n", "\r\n", "\t", "\u200b", "\x1b"])
            )
        before, after = chance.choice([("", ""), ('"', '"'), ("<", ">"), ("'", "',"), ("“", "”"), ("(", ")")])
        assert code_in(f"{before}{''.join(text)}{after}", attempt) == CODE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CODE, "only the code"),
        (f"code={CODE}", "only the code"),
        (f"http://localhost:47831/?code={CODE}", "only the code"),
        (f"http://localhost:47831/?code={CODE}&state=other", "belongs to an earlier sign-in"),
        (f"http://localhost:47831/?code={CODE}&state=", "only the code"),
        ("http://localhost:47831/?error=access_denied&state=other", "belongs to an earlier sign-in"),
        ("http://localhost:47831/", "no code="),
        ("hello", "isn't an address"),
        ("hello, world of garbage", "isn't an address"),
        ("", "isn't an address"),
        ("=" * 20_000, "no code="),
        ("?" + "&".join(f"a{n}=1" for n in range(100)), "no code="),
    ],
)
def test_what_is_no_answer_is_rejected_by_what_it_is(text: str, message: str) -> None:
    attempt, step = begin(LOGIN)
    with pytest.raises(InvalidParameterError, match=message) as raised:
        attempt.confirm(text)
    assert CODE not in str(raised.value)
    assert action_for_error(raised.value, step, can_restart=True) is ErrorAction.STAY


def test_parameter_that_is_there_twice_does_not_count() -> None:
    attempt, step = begin(LOGIN)
    for text in (f"{answer_to(step)}&state=other", f"{answer_to(step)}&code={CODE}"):
        with pytest.raises(InvalidParameterError):
            attempt.confirm(text)


def test_address_of_the_sign_in_page_says_so() -> None:
    attempt, step = begin(LOGIN)
    with pytest.raises(InvalidParameterError, match="address of the sign-in page"):
        attempt.confirm(step.url)
    for address in (step.short_url, f"  <{step.short_url}>\n", step.short_url.removeprefix("http://")):
        with pytest.raises(InvalidParameterError, match="address of the sign-in page"):
            attempt.confirm(address)


@pytest.mark.parametrize(
    ("parameters", "kind", "message"),
    [
        ({"error": "access_denied"}, NotAuthorizedError, "You canceled"),
        (
            {"error": "invalid_request", "error_description": "User cancelled"},
            NotAuthorizedError,
            "You canceled",
        ),
        ({"error": "unauthorized_client"}, UnsupportedError, "authorization code grant"),
        ({"error": "invalid_scope"}, UnsupportedError, "one of the scopes"),
        (
            {"error": "server_error", "error_description": "PreSignUp failed"},
            AuthError,
            "failed in the browser",
        ),
    ],
)
def test_error_of_the_provider_has_its_sentence(
    parameters: dict[str, str], kind: type[AuthError], message: str
) -> None:
    attempt, step = begin(LOGIN)
    with pytest.raises(kind, match=message) as raised:
        attempt.confirm(answer_to(step, **parameters))
    assert isinstance(raised.value, AuthError)
    assert action_for_error(raised.value, step, can_restart=attempt.can_restart) is ErrorAction.RESTART


def test_redirect_mismatch_names_the_callback_to_add() -> None:
    attempt, _ = begin(LOGIN)
    with pytest.raises(AuthError, match="doesn't allow http://localhost:47831/") as raised:
        attempt.confirm(f"https://login.example.com/error?error=redirect_mismatch&client_id={CLIENT}")
    assert raised.value.code == "redirect_mismatch"


# -- the token request ----------------------------------------------------------------------------------


def test_code_becomes_tokens(domain: ReplyServer) -> None:
    trace = CallTrace()
    attempt, step = begin(ManagedLogin(domain.url), trace=trace)
    domain.reply = token_reply(step)
    done = attempt.confirm(answer_to(step))
    assert isinstance(done, Done)
    assert done.claims.username == attempt.username == "AcmeSSO_ann"
    assert provider_of(done.tokens.id_token) == "AcmeSSO"
    assert scopes_of(done.tokens.access_token) == ("openid", "email", "acme/orders.read")
    assert done.tokens.refresh_token == Secret("refresh-token")
    ((headers, body),) = domain.requests
    sent = {name: value for name, (value,) in parse_qs(body.decode()).items()}
    assert sent.keys() == {"grant_type", "client_id", "redirect_uri", "code", "code_verifier"}
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    challenge = parameters_of(step.url)["code_challenge"]
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
    assert "Authorization" not in headers
    assert [call.chain for call in trace.calls] == [
        "signInWithRedirect → authorize → ok → ContinueSignInWithBrowser",
        "confirmSignIn → token → tokens → Done",
    ]
    assert attempt._engine.authorization is None


def test_client_secret_is_in_the_authorization_header_alone(domain: ReplyServer) -> None:
    attempt, step = begin(ManagedLogin(domain.url), client_secret="very-secret")
    domain.reply = token_reply(step)
    attempt.confirm(answer_to(step))
    ((headers, body),) = domain.requests
    assert headers["Authorization"] == f"Basic {base64.b64encode(f'{CLIENT}:very-secret'.encode()).decode()}"
    assert b"very-secret" not in body


@pytest.mark.parametrize("nonce", ["other", None, 7])
def test_tokens_with_another_nonce_are_thrown_away(domain: ReplyServer, nonce: object) -> None:
    attempt, step = begin(ManagedLogin(domain.url))
    domain.reply = token_reply(step, nonce=nonce)
    with pytest.raises(TokenVerificationError, match="another sign-in"):
        attempt.confirm(answer_to(step))
    assert attempt.step is step


def test_tokens_of_another_pool_are_thrown_away(domain: ReplyServer) -> None:
    attempt, step = begin(ManagedLogin(domain.url))
    domain.reply = token_reply(step, iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other1234")
    with pytest.raises(TokenVerificationError):
        attempt.confirm(answer_to(step))


def test_without_openid_the_scope_is_named(domain: ReplyServer) -> None:
    attempt, step = begin(ManagedLogin(domain.url))
    domain.reply = json.dumps({**json.loads(token_reply(step)), "id_token": None}).encode()
    with pytest.raises(ConfigurationError, match="openid"):
        attempt.confirm(answer_to(step))


@pytest.mark.parametrize(
    ("status", "reply", "kind", "message"),
    [
        (400, b'{"error": "invalid_grant"}', CodeExpiredError, "expired or was already used"),
        (400, b'{"error": "invalid_client"}', AuthError, "doesn't accept the app client"),
        (401, b'{"error": "invalid_client"}', AuthError, "doesn't accept the app client"),
        (400, b'{"error": "odd", "error_message": "why"}', AuthError, "gave no tokens"),
        (500, b"<html>", NetworkError, "n't from Cognito"),
        (200, b"<html>", NetworkError, "n't from Cognito"),
        (200, b"[]", NetworkError, "n't from Cognito"),
        (200, b"1" * (1024 * 1024 + 2), NetworkError, "n't from Cognito"),
        (302, b"", NetworkError, "n't from Cognito"),
    ],
)
def test_error_of_the_token_endpoint_has_its_sentence(
    domain: ReplyServer, status: int, reply: bytes, kind: type[AuthError], message: str
) -> None:
    attempt, step = begin(ManagedLogin(domain.url))
    domain.status, domain.reply = status, reply
    domain.headers = {"Location": f"{domain.url}/elsewhere"} if status == 302 else {}
    with pytest.raises(kind, match=message) as raised:
        attempt.confirm(answer_to(step))
    assert CODE not in str(raised.value)
    assert len(domain.requests) == 1, "neither repeated nor redirected"


def test_only_the_start_of_an_endless_reply_is_read(
    domain: ReplyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt, step = begin(ManagedLogin(domain.url))
    domain.reply, sizes = b"1" * (4 * 1024 * 1024), list[int]()
    judge = token_endpoint._result

    def record(status: int, content: bytes) -> Mapping[str, Any]:
        sizes.append(len(content))
        return judge(status, content)

    monkeypatch.setattr(token_endpoint, "_result", record)
    with pytest.raises(NetworkError):
        attempt.confirm(answer_to(step))
    assert sizes == [token_endpoint.LARGEST_REPLY + 1]


def test_domain_that_refuses_the_connection_says_so() -> None:
    with running_reply_server() as server:
        url = server.url
    attempt, step = begin(ManagedLogin(url))
    with pytest.raises(NetworkError, match="the connection was refused"):
        attempt.confirm(answer_to(step))


def test_logout_address_names_the_client_and_a_registered_address() -> None:
    login = ManagedLogin("https://login.example.com", logout_uri="https://app.example.com/bye")
    assert parameters_of(login.logout_url(CLIENT)) == {
        "client_id": CLIENT,
        "logout_uri": "https://app.example.com/bye",
    }
    assert parameters_of(LOGIN.logout_url(CLIENT)) == {
        "client_id": CLIENT,
        "response_type": "code",
        "redirect_uri": "http://localhost:47831/",
    }
