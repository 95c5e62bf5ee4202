"""Whatever a pool replies, a step or an AuthError comes of it, and every step can be drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, partial
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.arbitrary import (
    CHALLENGES,
    CODES,
    OPERATIONS,
    anything,
    challenge_of,
    challenged,
    finished,
    refusals,
    replies,
    taken,
)
from tests.faults.hands import SIZE, WatchedApp
from tests.faults.sequences import strangers_in
from tests.screens.conftest import CLIENT, POOL, until
from tests.scripted_gateway import ScriptedGateway
from tui_auth.auth import gateway
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.auth import Auth
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.device import Device
from tui_auth.auth.errors import AuthError
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.auth.next_step import (
    NEXT_STEPS,
    ConfirmSignUp,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    Done,
    NextStep,
    ResetPassword,
)
from tui_auth.auth.refusals import refusal
from tui_auth.flow.error_message import INTERNAL_ERROR
from tui_auth.flow.settings import SignInSettings
from tui_auth.plain.prompts import Back
from tui_auth.plain.sign_in import PlainSignIn
from tui_auth.secret import Secret

ASKED = {
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


class Wire(CognitoGateway):
    """The real gateway and botocore's real parser, with an answer in place of the network."""

    def __init__(self) -> None:
        super().__init__(Address("eu-west-1", "http://127.0.0.1:9"))
        self.status, self.headers, self.body = 200, dict[str, str](), b""

    def reply(self, request: Any, **_: Any) -> AWSResponse:
        """What botocore takes for the server's answer."""
        response = AWSResponse(request.url, self.status, self.headers, None)
        response._content = self.body
        return response


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    made = Wire()
    monkeypatch.setattr(gateway, "_send", made.reply)
    made.connect()
    return made


def written(value: object) -> bytes:
    """A value as JSON, surrogates and numbers without end included."""
    return json.dumps(value, default=str).encode("utf-8", "surrogatepass")


bodies = st.one_of(
    replies.map(written), refusals.map(written), anything.map(written), st.binary(max_size=60), st.just(b"")
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
def test_any_body_with_any_status_is_a_reply_or_an_auth_error(
    wire: Wire, operation: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    wire.status, wire.headers, wire.body = status, headers, body
    try:
        assert isinstance(wire.call(operation, ASKED[operation]), Mapping)
    except AuthError as error:
        message = error.message
    else:
        message = "a reply"
    assert message
    assert isinstance(wire.now(), float)


AFTERWARDS = 40
"""How many refusals follow the script: more than any one answer can meet."""

DEVICE = Device("eu-west-1_device", "-group", Secret("device-password"))
Replies = list[dict[str, Any] | tuple[str, str]]
conversations: st.SearchStrategy[Replies] = st.lists(
    st.one_of(
        replies, challenged, challenged, taken, st.tuples(st.sampled_from(CODES), st.text(max_size=30))
    ),
    min_size=1,
    max_size=8,
)


def converse(told: Replies, flow: AuthFlow) -> list[NextStep]:
    """The steps that a sign-in comes by where the pool says all this."""
    script = [item if isinstance(item, dict) else refusal(*item) for item in told]
    scripted = ScriptedGateway(*script, *[refusal("InternalErrorException", "")] * AFTERWARDS)
    attempt = Auth(POOL, CLIENT, gateway=scripted).attempt()
    steps: list[NextStep] = []
    with suppress(AuthError):
        attempt.sign_in("ann", Secret("pw"), auth_flow=flow, device=DEVICE)
    while len(scripted.replies) > AFTERWARDS:
        left = len(scripted.replies)
        steps += [attempt.step] if attempt.step is not None else []
        try:
            _answer(attempt, flow)
        except AuthError:
            if len(scripted.replies) == left:
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
@given(told=conversations, flow=st.sampled_from(AuthFlow))
def test_any_conversation_leads_to_steps_or_auth_errors(told: Replies, flow: AuthFlow) -> None:
    for step in converse(told, flow):
        assert isinstance(step, NEXT_STEPS)


SAMPLE = 1
reset_or_unconfirmed = st.tuples(
    st.sampled_from(["PasswordResetRequiredException", "UserNotConfirmedException"]), st.just("")
)


@cache
def sample_of_steps() -> list[NextStep]:
    """Some of the steps that arbitrary conversations lead to, of each kind."""
    found: dict[type[NextStep], list[NextStep]] = {}

    def collect(first: st.SearchStrategy[Any]) -> None:
        @settings(WITHOUT_LIMIT, max_examples=20)
        @given(told=st.tuples(first, taken).map(list))
        def conversed(told: Replies) -> None:
            for step in converse(told, AuthFlow.USER_AUTH):
                found.setdefault(type(step), []).append(step)

        conversed()

    for first in (finished, reset_or_unconfirmed, *map(challenge_of, CHALLENGES)):
        collect(first)
    # The later ones are the larger ones.
    return [step for steps in found.values() for step in steps[-SAMPLE:]]


async def test_every_step_that_comes_of_it_can_be_drawn() -> None:
    steps = sample_of_steps()
    assert {type(step) for step in steps} == set(NEXT_STEPS)
    auth = Auth(POOL, CLIENT, gateway=ScriptedGateway())
    app = WatchedApp(auth, SignInSettings(pool="acme-staff"))
    async with app.run_test(size=SIZE) as pilot:
        for step in steps:
            app.flow.attempt = auth.attempt()
            app.presenter.carry_out(app.flow.arrive(step))
            await until(pilot, partial(_asks, app, step))
            await pilot.press("f1")
            await pilot.pause()
            assert strangers_in("".join(app.terminal.received)) == [], step
            assert INTERNAL_ERROR not in app.text()
            app.presenter.carry_out(app.flow.leave())
            await pilot.pause()


def _asks(app: WatchedApp, step: NextStep) -> bool:
    return getattr(app.asking_screen, "step", None) is step


def test_every_step_that_comes_of_it_can_be_said_in_lines() -> None:
    for step in sample_of_steps():
        lines = Said()
        plain = PlainSignIn(Auth(POOL, CLIENT, gateway=ScriptedGateway()), SignInSettings(pool="p"), lines)
        if not isinstance(step, Done):
            plain._carry_out(plain.flow.arrive(step))
            with pytest.raises((EOFError, Back)):
                plain._answer_step()
        assert strangers_in("\n".join(lines.said)) == [], step


class Said:
    """Lines that are read and never answered."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str = "") -> None:
        self.said.append(text)

    def ask(self, prompt: str) -> str:
        self.said.append(prompt)
        raise EOFError

    def wait(self, seconds: float) -> None:
        pass

    def ask_secret(self, prompt: str) -> Secret:
        self.said.append(prompt)
        raise EOFError
