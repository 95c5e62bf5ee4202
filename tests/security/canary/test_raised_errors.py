"""No error of a public call leads to a password, a code, a token or the client secret."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from inspect import getmembers, isfunction
from typing import Any

import pytest

from tests.auth.reply_server import ReplyServer, running_reply_server
from tests.scripted_gateway import challenge, tokens
from tui_auth.auth import error_catalog
from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import Done
from tui_auth.errors import AuthError, TuiAuthError

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"
CLIENT_SECRET = "canary-client-secret"
PASSWORD, NEW_PASSWORD, CODE = "Canary-password-1!", "Canary-new-password-2!", "canary-code"
SESSION, KEY = "canary-challenge-session-0123456789", "CANARYKEY" + "A" * 43
FORGED = tokens(POOL, CLIENT, iss="https://elsewhere.example")
TOKENS = tokens(POOL, CLIENT)
SECRETS = (
    CLIENT_SECRET,
    PASSWORD,
    NEW_PASSWORD,
    CODE,
    SESSION,
    KEY,
    *(FORGED["AuthenticationResult"][name] for name in ("AccessToken", "IdToken")),
    *(TOKENS["AuthenticationResult"][name] for name in ("AccessToken", "IdToken")),
)
FLOW = "USER_PASSWORD_AUTH"


def error_body(code: str, message: str = "said the service") -> tuple[int, bytes]:
    return 400, json.dumps({"__type": code, "message": message}).encode()


FAILURES = {
    **{code: error_body(code) for code in error_catalog._BY_CODE},
    "an invalid session": error_body("NotAuthorizedException", "Invalid session for the user."),
    "an unknown exception": error_body("SomethingNewException"),
    "a server error": (500, b'{"__type": "SomethingNewException", "message": "no"}'),
    "a page": (200, b"<html>sign in to this network</html>"),
    "an error page": (502, b"<html>bad gateway</html>"),
    "no object": (200, b"[]"),
    "neither a challenge nor tokens": (200, json.dumps({"Session": SESSION, "SecretCode": KEY}).encode()),
    "tokens of another pool": (200, json.dumps(FORGED).encode()),
    "a challenge that loops": (
        200,
        json.dumps(challenge("PASSWORD_VERIFIER", SESSION, SRP_B="zz", SALT="1")).encode(),
    ),
    "a choice of nothing": (200, json.dumps(challenge("SELECT_MFA_TYPE", SESSION)).encode()),
    "no answer": None,
}

Call = Callable[[Auth], object]
CALLS: dict[str, tuple[dict[str, Any] | None, Call]] = {
    "sign_in": (None, lambda auth: auth.sign_in("ann", PASSWORD, auth_flow=FLOW)),
    "sign_in with SRP": (None, lambda auth: auth.sign_in("ann", PASSWORD)),
    "confirm_sign_in with a code": (
        challenge("SMS_MFA", SESSION),
        lambda auth: auth.confirm_sign_in(CODE),
    ),
    "confirm_sign_in with a new password": (
        challenge("NEW_PASSWORD_REQUIRED", SESSION),
        lambda auth: auth.confirm_sign_in(NEW_PASSWORD, user_attributes={"name": "Ann"}),
    ),
    "confirm_sign_in with a wrong choice": (
        challenge("SELECT_MFA_TYPE", SESSION, MFAS_CAN_CHOOSE='["SMS_MFA"]'),
        lambda auth: auth.confirm_sign_in(CODE),
    ),
    "confirm_sign_in with no choice": (
        challenge("SELECT_MFA_TYPE", SESSION, MFAS_CAN_CHOOSE='["SMS_MFA"]'),
        lambda auth: auth.confirm_sign_in(""),
    ),
    "confirm_sign_in out of order": (None, lambda auth: auth.confirm_sign_in(CODE)),
    "sign_up": (None, lambda auth: auth.sign_up("ann", PASSWORD, user_attributes={"name": "Ann"})),
    "reset_password": (None, lambda auth: auth.reset_password("ann")),
    "confirm_reset_password": (
        None,
        lambda auth: auth.confirm_reset_password("ann", NEW_PASSWORD, CODE),
    ),
    "confirm_sign_up": (None, lambda auth: auth.confirm_sign_up("ann", CODE)),
    "resend_sign_up_code": (None, lambda auth: auth.resend_sign_up_code("ann")),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ReplyServer]:
    with running_reply_server() as running:
        yield running


def texts_of(error: BaseException, seen: set[int]) -> Iterator[str]:
    """Yield all that an error leads to: its texts and attributes, and the locals of the program's frames."""
    if id(error) in seen:
        return
    seen.add(id(error))
    yield repr(error.args)
    yield repr(vars(error))
    kept = traceback.TracebackException.from_exception(error, capture_locals=True)
    for frame in kept.stack:
        if frame.filename != __file__:
            yield f"{frame.name}: {frame.locals}"
    for other in (error.__cause__, error.__context__, getattr(error, "cause", None)):
        if other is not None:
            yield from texts_of(other, seen)


def fail(auth: Auth, call: Call) -> AuthError | None:
    try:
        call(auth)
    except AuthError as error:
        return error
    return None


@pytest.mark.parametrize("name", CALLS)
def test_no_failure_of_a_call_leads_to_a_secret(server: ReplyServer, name: str) -> None:
    first_reply, call = CALLS[name]
    failed = 0
    answering = Auth(POOL, CLIENT, CLIENT_SECRET, endpoint_url=server.url)
    closed = Auth(POOL, CLIENT, CLIENT_SECRET, endpoint_url="http://127.0.0.1:9")
    for failure in FAILURES.values():
        auth = answering if failure or first_reply else closed
        if first_reply:
            server.status, server.reply = 200, json.dumps(first_reply).encode()
            auth.sign_in("ann", PASSWORD, auth_flow=FLOW)
        server.status, server.reply = failure or (503, b"")
        error = fail(auth, call)
        if error is not None:
            failed += 1
            kept = "\n".join(texts_of(error, set()))
            assert [secret for secret in SECRETS if secret in kept] == [], kept
            assert error.__cause__ is None
            assert error.__context__ is None
    assert failed >= len(FAILURES) - 6


def test_every_public_call_is_tried() -> None:
    tried = {name.partition(" ")[0] for name in CALLS} | {
        "attempt",
        "fork",
        "remember_device",
        "sign_in_with_browser",
    }
    assert {name for name, _ in getmembers(Auth, isfunction) if not name.startswith("_")} <= tried


def test_remembering_a_device_leads_to_no_token(server: ReplyServer) -> None:
    auth = Auth(POOL, CLIENT, endpoint_url=server.url)
    metadata = {"NewDeviceMetadata": {"DeviceKey": "eu-west-1_d", "DeviceGroupKey": "g"}}
    reply = {"AuthenticationResult": {**TOKENS["AuthenticationResult"], **metadata}}
    server.status, server.reply = 200, json.dumps(reply).encode()
    done = auth.sign_in("ann", PASSWORD, auth_flow=FLOW).next_step
    assert isinstance(done, Done)
    server.status, server.reply = error_body("NotAuthorizedException")
    with pytest.raises(TuiAuthError) as raised:
        auth.remember_device(done)
    kept = "\n".join(texts_of(raised.value, set()))
    assert [secret for secret in SECRETS if secret in kept] == []


def test_error_of_an_attempt_leads_to_no_secret(server: ReplyServer) -> None:
    attempt = Auth(POOL, CLIENT, CLIENT_SECRET, endpoint_url=server.url).attempt()
    server.status, server.reply = error_body("NotAuthorizedException")
    with suppress(AuthError):
        attempt.confirm(CODE)
    with pytest.raises(AuthError) as raised:
        attempt.confirm(CODE)
    kept = "\n".join(texts_of(raised.value, set()))
    assert [secret for secret in SECRETS if secret in kept] == []


@pytest.mark.parametrize("way", ["with an answer", "with another's answer", "by listening"])
def test_error_of_a_browser_leads_to_no_code_and_no_verifier(server: ReplyServer, way: str) -> None:
    auth = Auth(POOL, CLIENT, CLIENT_SECRET, domain=server.url, redirect_uri="https://app.example.com/cb")
    sign_in = auth.sign_in_with_browser()
    assert auth._attempt is not None
    authorization = auth._attempt._engine.authorization
    assert authorization is not None
    state = authorization.state.reveal() if way == "with an answer" else "other"
    server.status, server.reply = 400, b'{"error": "invalid_grant"}'
    address = f"https://app.example.com/cb?code={CODE}&state={state}"
    call = sign_in.listen if way == "by listening" else partial(sign_in.complete, address)
    with pytest.raises(AuthError) as raised:
        call()
    kept = "\n".join(texts_of(raised.value, set()))
    secrets = [CODE, CLIENT_SECRET, authorization.verifier.reveal()]
    assert [secret for secret in secrets if secret in kept] == [], kept
    assert raised.value.__context__ is None
