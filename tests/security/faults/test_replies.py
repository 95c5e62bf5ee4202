"""Tests that any reply gives a step or an AuthError, and that every step can be shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.screens.conftest import CLIENT, POOL, until
from tests.scripted_gateway import ScriptedGateway
from tests.security.faults.arbitrary_replies import (
    CHALLENGES,
    CODES,
    OPERATIONS,
    accepted_setups,
    anything,
    challenge_replies,
    error_replies,
    replies,
    replies_with_challenge,
    token_replies,
)
from tests.security.faults.pilot_driver import SIZE, WatchedApp
from tests.security.faults.terminal_output import unexpected_output
from tui_auth.auth import gateway
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.auth.managed_login import ManagedLogin
from tui_auth.auth.next_step import (
    NEXT_STEPS,
    ConfirmSignUp,
    ContinueSignInWithBrowser,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithPasskey,
    Done,
    NextStep,
    ResetPassword,
)
from tui_auth.errors import AuthError
from tui_auth.flow.interface import INTERNAL_ERROR, SignInSettings
from tui_auth.plain.prompts import BackError
from tui_auth.plain.sign_in import PlainSignIn
from tui_auth.secret import Secret

REQUESTS = {
    "InitiateAuth": {"AuthFlow": "USER_AUTH", "ClientId": "c"},
    "RespondToAuthChallenge": {"ChallengeName": "SMS_MFA", "ClientId": "c"},
    "AssociateSoftwareToken": {},
    "VerifySoftwareToken": {"UserCode": "123456"},
    "ForgotPassword": {"ClientId": "c", "Username": "ann"},
    "ConfirmForgotPassword": {
        "ClientId": "c",
        "Username": "ann",
        "ConfirmationCode": "1",
        "Password": "p",
    },
    "SignUp": {"ClientId": "c", "Username": "ann", "Password": "p"},
    "ConfirmSignUp": {"ClientId": "c", "Username": "ann", "ConfirmationCode": "1"},
    "ResendConfirmationCode": {"ClientId": "c", "Username": "ann"},
    "ConfirmDevice": {"AccessToken": "t", "DeviceKey": "eu-west-1_d"},
    "UpdateDeviceStatus": {"AccessToken": "t", "DeviceKey": "eu-west-1_d"},
    "GetTokensFromRefreshToken": {"RefreshToken": "t", "ClientId": "c"},
    "RevokeToken": {"Token": "t", "ClientId": "c"},
}
WITHOUT_LIMIT = settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


class GatewayWithReply(CognitoGateway):
    """The real gateway and botocore's parser, with a reply instead of the network."""

    def __init__(self) -> None:
        super().__init__(Address("eu-west-1", "http://127.0.0.1:9"))
        self.status, self.headers, self.body = 200, dict[str, str](), b""

    def reply(self, request: Any, **_: Any) -> AWSResponse:
        """Return the reply as botocore's HTTP response."""
        response = AWSResponse(request.url, self.status, self.headers, None)
        response._content = self.body
        return response


@pytest.fixture
def gateway_with_reply(monkeypatch: pytest.MonkeyPatch) -> GatewayWithReply:
    created_gateway = GatewayWithReply()
    monkeypatch.setattr(gateway, "_send", created_gateway.reply)
    created_gateway.connect()
    return created_gateway


def as_json(value: object) -> bytes:
    """Encode a value as JSON, with surrogates and infinite numbers."""
    return json.dumps(value, default=str).encode("utf-8", "surrogatepass")


bodies = st.one_of(
    replies.map(as_json),
    error_replies.map(as_json),
    anything.map(as_json),
    st.binary(max_size=60),
    st.just(b""),
)
headers = st.dictionaries(
    st.sampled_from(["date", "x-amzn-errortype", "content-type", "x-amzn-query-error"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
    max_size=3,
)


@WITHOUT_LIMIT
@given(
    operation=st.sampled_from(OPERATIONS),
    status=st.sampled_from([200, 201, 204, 301, 400, 403, 404, 429, 500, 503, 599]),
    headers=headers,
    body=bodies,
)
def test_any_body_and_status_gives_a_reply_or_an_auth_error(
    gateway_with_reply: GatewayWithReply, operation: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    gateway_with_reply.status, gateway_with_reply.headers, gateway_with_reply.body = status, headers, body
    try:
        assert isinstance(gateway_with_reply.call(operation, REQUESTS[operation]), Mapping)
    except AuthError as error:
        message = error.message
    else:
        message = "a reply"
    assert message
    assert isinstance(gateway_with_reply.now(), float)


TRAILING_ERRORS = 40
"""The number of errors after the script: more than any one answer can consume."""

DEVICE = Device("eu-west-1_device", "-group", Secret("device-password"))
Replies = list[dict[str, Any] | tuple[str, str]]
conversations: st.SearchStrategy[Replies] = st.lists(
    st.one_of(
        replies,
        challenge_replies,
        challenge_replies,
        accepted_setups,
        st.tuples(st.sampled_from(CODES), st.text(max_size=30)),
    ),
    min_size=1,
    max_size=8,
)


def converse(script: Replies, flow: AuthFlow) -> list[NextStep]:
    """Return the steps of a sign-in to a pool with these replies."""
    gateway_replies = [item if isinstance(item, dict) else error_from_response(*item) for item in script]
    scripted = ScriptedGateway(
        *gateway_replies, *[error_from_response("InternalErrorException", "")] * TRAILING_ERRORS
    )
    attempt = Auth(POOL, CLIENT, gateway=scripted).attempt()
    steps: list[NextStep] = []
    with suppress(AuthError):
        attempt.sign_in("ann", Secret("pw"), auth_flow=flow, device=DEVICE)
    while len(scripted.replies) > TRAILING_ERRORS:
        remaining = len(scripted.replies)
        steps += [attempt.step] if attempt.step is not None else []
        try:
            _answer(attempt, flow)
        except AuthError:
            if len(scripted.replies) == remaining:
                break
    return [*steps, attempt.step] if attempt.step is not None else steps


def _answer(attempt: Attempt, flow: AuthFlow) -> None:
    match attempt.step:
        case None | Done():
            attempt.sign_in("ann", Secret("pw"), auth_flow=flow, device=DEVICE)
        case ResetPassword():
            attempt.reset_password()
            attempt.confirm_reset_password(Secret("New-1"), Secret("123456"))
        case ConfirmSignUp():
            attempt.resend_sign_up_code()
            attempt.confirm_sign_up(Secret("123456"))
        case ContinueSignInWithMFASelection(methods) | ContinueSignInWithMFASetupSelection(methods):
            attempt.confirm(methods[0])
        case ContinueSignInWithFirstFactorSelection(factors):
            attempt.confirm(factors[-1])
        case _:
            attempt.confirm(Secret("123456"), user_attributes={"name": "Ann"})


@WITHOUT_LIMIT
@given(script=conversations, flow=st.sampled_from(AuthFlow))
def test_any_replies_lead_to_steps_or_auth_errors(script: Replies, flow: AuthFlow) -> None:
    for step in converse(script, flow):
        assert isinstance(step, NEXT_STEPS)


STEPS_PER_KIND = 1
reset_or_unconfirmed = st.tuples(
    st.sampled_from(["PasswordResetRequiredException", "UserNotConfirmedException"]), st.just("")
)


@cache
def sample_of_steps() -> list[NextStep]:
    """Return some of the steps, of each type, that arbitrary replies lead to."""
    steps_by_type: dict[type[NextStep], list[NextStep]] = {}

    def collect(first: st.SearchStrategy[Any]) -> None:
        @settings(WITHOUT_LIMIT, max_examples=20)
        @given(script=st.tuples(first, accepted_setups).map(list))
        def collect_steps(script: Replies) -> None:
            for step in converse(script, AuthFlow.USER_AUTH):
                steps_by_type.setdefault(type(step), []).append(step)

        collect_steps()

    for first in (token_replies, reset_or_unconfirmed, *map(replies_with_challenge, CHALLENGES)):
        collect(first)
    # Hypothesis generates larger examples later.
    return [step for steps in steps_by_type.values() for step in steps[-STEPS_PER_KIND:]]


async def test_every_resulting_step_can_be_drawn() -> None:
    login = ManagedLogin("https://login.example.com", redirect_uri="https://app.example.com/")
    attempt = Auth(POOL, CLIENT, gateway=ScriptedGateway()).attempt()
    passkey = ContinueSignInWithPasskey("login.example.com", '{"challenge": "AAAA"}')
    steps = [*sample_of_steps(), attempt.sign_in_with_browser(login), passkey]
    assert {type(step) for step in steps} == set(NEXT_STEPS)
    auth = Auth(POOL, CLIENT, gateway=ScriptedGateway())
    app = WatchedApp(auth, SignInSettings(pool="acme-staff"))
    async with app.run_test(size=SIZE) as pilot:
        for step in steps:
            app.flow.attempt = auth.attempt()
            app.presenter.carry_out(app.flow.arrive(step))
            await until(pilot, partial(_prompt_count, app, step))
            await pilot.press("f1")
            await pilot.pause()
            if not isinstance(step, ContinueSignInWithBrowser):  # which links its own address (OSC 8)
                assert unexpected_output("".join(app.terminal.received)) == [], step
            app.terminal.received.clear()
            assert INTERNAL_ERROR not in app.text()
            app.presenter.carry_out(app.flow.leave())
            await pilot.pause()


def _prompt_count(app: WatchedApp, step: NextStep) -> bool:
    return getattr(app.form_screen, "step", None) is step


def test_every_resulting_step_can_be_printed() -> None:
    for step in sample_of_steps():
        lines = UnansweredLines()
        plain = PlainSignIn(Auth(POOL, CLIENT, gateway=ScriptedGateway()), SignInSettings(pool="p"), lines)
        if not isinstance(step, Done):
            plain._carry_out(plain.flow.arrive(step))
            with pytest.raises((EOFError, BackError)):
                plain._answer_step()
        assert unexpected_output("\n".join(lines.output)) == [], step


class UnansweredLines:
    """Line prompts that are never answered."""

    def __init__(self) -> None:
        self.output: list[str] = []

    def say(self, text: str = "") -> None:
        self.output.append(text)

    def ask(self, prompt: str) -> str:
        self.output.append(prompt)
        raise EOFError

    def wait(self, seconds: float) -> None:
        pass

    def ask_address(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret:
        return Secret(self.ask(prompt))

    def wait_for(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret:
        return Secret("/back")

    def ask_secret(self, prompt: str) -> Secret:
        self.output.append(prompt)
        raise EOFError
