"""The call trace: each call with its operations and next step, by name only."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.scripted_gateway import ScriptedGateway, challenge
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import ContinueSignInWithMFASelection as Selection
from tui_auth.auth.next_step import DeliveryDetails, MFAType
from tui_auth.auth.trace import Call, CallTrace, Operation, describe_outcome, mask_destination
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool, provision
from tui_auth.errors import AuthError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[CognitoEmulator]:
    """Start a local emulator."""
    with CognitoEmulator() as running:
        yield running


@pytest.fixture(scope="module")
def demo(server: CognitoEmulator) -> DemoPool:
    """Create the demo users."""
    return provision(server)


@pytest.fixture
def auth(server: CognitoEmulator, demo: DemoPool) -> Auth:
    """Return an Auth for the user pool of most demo users."""
    return Auth(demo.user_pool_id, demo.client_id, endpoint_url=server.endpoint_url)


def get_password(demo: DemoPool, name: str) -> str:
    """Return the password of a demo user."""
    return next(user.password for user in demo.users if user.username == name)


def test_sign_in_is_traced_as_amplify_documents_it(auth: Auth, demo: DemoPool) -> None:
    auth.sign_in("sam", get_password(demo, "sam"), auth_flow="USER_PASSWORD_AUTH")
    assert [call.chain for call in auth.trace.calls] == [
        "signIn → InitiateAuth → SMS_MFA → ConfirmSignInWithSMSMFACode(+***3321)"
    ]


def test_silent_password_proof_is_traced(auth: Auth, demo: DemoPool) -> None:
    auth.sign_in("ann", get_password(demo, "ann"))
    [call] = auth.trace.calls
    assert call.chain == (
        "signIn → InitiateAuth → PASSWORD_VERIFIER → RespondToAuthChallenge → tokens → Done"
    )
    assert call.operations[0].about == "USER_SRP_AUTH"
    assert {"USERNAME", "SRP_A"} <= set(call.operations[0].fields)


def test_error_is_traced_once_by_cognitos_code(auth: Auth, demo: DemoPool) -> None:
    auth.sign_in("sam", get_password(demo, "sam"))
    with pytest.raises(AuthError):
        auth.confirm_sign_in("000000")
    assert auth.trace.calls[-1].chain == ("confirmSignIn → RespondToAuthChallenge → CodeMismatchException")


def test_trace_contains_no_value(auth: Auth, demo: DemoPool, server: CognitoEmulator) -> None:
    password = get_password(demo, "sam")
    auth.sign_in("sam", password)
    code = str(server.messages[-1]["code"])
    result = auth.confirm_sign_in(code)
    assert result.is_signed_in
    trace_text = repr(auth.trace.calls)
    assert "SMS_MFA_CODE" in trace_text
    for secret in ("sam", password, code, "eyJ"):
        assert secret not in trace_text


def test_invalid_challenge_name_is_not_traced() -> None:
    trace, gateway = CallTrace(), ScriptedGateway(challenge("\x1b]52;c;aGk=\x07 secret"))
    auth = Auth("eu-west-1_Ab12Cd34E", "client", gateway=gateway, trace=trace)
    auth.sign_in("ann", "a password", auth_flow="USER_PASSWORD_AUTH")
    assert trace.calls[0].chain == "signIn → InitiateAuth → ? → UnknownStep(?)"


@pytest.mark.parametrize(
    ("destination", "masked"),
    [
        ("+*********3321", "+***3321"),
        ("a***@e***", "a***@e***"),
        ("+491555010332", "***0332"),
        ("short", "***"),
        ("\x1b[2J", "?"),
        (None, "?"),
    ],
)
def test_destination_is_always_masked(destination: str | None, masked: str) -> None:
    assert mask_destination(destination) == masked


def test_choices_and_sent_codes_are_described() -> None:
    assert describe_outcome(Selection((MFAType.SMS, "CARRIER_PIGEON"))) == (
        "ContinueSignInWithMFASelection(SMS_MFA, CARRIER_PIGEON)"
    )
    assert describe_outcome(DeliveryDetails("a***@e***", "EMAIL", "email")) == "code sent(a***@e***)"


def test_listener_gets_each_change_until_it_is_removed() -> None:
    trace = CallTrace()
    calls: list[Call] = []
    remove_listener = trace.listen(calls.append)
    with trace.call("signIn") as span:
        span.finish("Done")
    remove_listener()
    with trace.call("signIn"):
        pass
    assert [call.chain for call in calls] == ["signIn", "signIn → Done"]


def test_calls_of_different_threads_do_not_mix(auth: Auth, demo: DemoPool) -> None:
    names = ("ann", "sam", "ann", "sam")
    sign_ins = [
        Thread(target=auth.attempt().sign_in, args=(name, None), kwargs={"auth_flow": AuthFlow.USER_AUTH})
        for name in names
    ]
    for thread in sign_ins:
        thread.start()
    for thread in sign_ins:
        thread.join()
    assert [len(call.operations) for call in auth.trace.calls] == [1] * len(names)


def test_trace_has_the_last_hundred_calls() -> None:
    trace = CallTrace()
    for _ in range(130):
        with trace.call("signIn"):
            pass
    assert [call.number for call in trace.calls] == list(range(31, 131))


@pytest.mark.parametrize(
    ("call", "chain"),
    [
        (
            Call(
                1,
                "signIn",
                (Operation("InitiateAuth", answer="SMS_MFA"),),
                "ConfirmSignInWithSMSMFACode(+***3321)",
            ),
            "signIn → InitiateAuth → SMS_MFA → ConfirmSignInWithSMSMFACode(+***3321)",
        ),
        (
            Call(1, "signIn", (Operation("InitiateAuth", answer="HUNTER_2"),), "UnknownStep(HUNTER_2)"),
            "signIn → InitiateAuth → (unknown) → UnknownStep(unknown)",
        ),
        (
            Call(1, "signIn", (Operation("InitiateAuth", answer="Hunter2Exception"),), "Hunter2Exception"),
            "signIn → InitiateAuth → (unknown)",
        ),
        (
            Call(1, "signIn", (), "ContinueSignInWithMFASelection(SMS_MFA, HUNTER_2)"),
            "signIn → ContinueSignInWithMFASelection(SMS_MFA, unknown)",
        ),
        (
            Call(1, "signIn", (), "ConfirmSignInWithOTP(hunter***2)"),
            "signIn → ConfirmSignInWithOTP(unknown)",
        ),
        (Call(1, "signIn", (Operation("InitiateAuth"),)), "signIn → InitiateAuth → …"),
    ],
)
def test_names_that_only_the_server_knows_are_left_out(call: Call, chain: str) -> None:
    assert call.with_known_names().chain == chain
