"""The action for each error at each step."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.error_policy import ErrorAction, action_for_error
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSMSMFACode,
    DeliveryDetails,
    NextStep,
    UnknownStep,
)
from tui_auth.errors import AuthError, ErrorKind

SMS = ConfirmSignInWithSMSMFACode(DeliveryDetails("+***", "SMS"))
QUESTION = ConfirmSignInWithCustomChallenge(MappingProxyType({"question": "Pet?"}))
UNKNOWN = UnknownStep("MOON_PHASE")
NO_ANSWER = AuthError(ErrorKind.NETWORK, "No answer came.", may_have_arrived=True)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("CodeMismatchException", "Invalid code or auth state for the user."),
        ("ExpiredCodeException", "Your software token has already been used once."),
        ("InvalidPasswordException", "Password did not conform with policy: Password not long enough"),
        ("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"),
    ],
)
@pytest.mark.parametrize("step", [SMS, QUESTION, ConfirmSignInWithNewPassword()])
def test_wrong_answer_keeps_the_step(code: str, text: str, step: NextStep) -> None:
    assert action_for_error(error_from_response(code, text), step, can_restart=True) is ErrorAction.STAY


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect username or password.",
        "Invalid session for the user.",
        "Invalid session for the user, session is expired.",
        "Password attempts exceeded",
        "User is disabled.",
        "My secret says no",
        "",
    ],
)
@pytest.mark.parametrize("step", [QUESTION, UNKNOWN])
def test_not_authorized_in_a_custom_challenge_leads_to_sign_in(text: str, step: NextStep) -> None:
    error = error_from_response("NotAuthorizedException", text)
    assert action_for_error(error, step, can_restart=True) is ErrorAction.SIGN_IN


@pytest.mark.parametrize(
    "text", ["Invalid session for the user.", "Invalid session for the user, session can only be used once."]
)
def test_expired_challenge_session_offers_a_restart(text: str) -> None:
    error = error_from_response("NotAuthorizedException", text)
    assert action_for_error(error, SMS, can_restart=True) is ErrorAction.RESTART
    assert action_for_error(error, SMS, can_restart=False) is ErrorAction.SIGN_IN


def test_disabled_user_goes_back_to_sign_in() -> None:
    assert (
        action_for_error(
            error_from_response("NotAuthorizedException", "User is disabled."), SMS, can_restart=True
        )
        is ErrorAction.SIGN_IN
    )


def test_wrong_password_keeps_the_password_step() -> None:
    wrong = error_from_response("NotAuthorizedException", "Incorrect username or password.")
    assert action_for_error(wrong, ConfirmSignInWithPassword(), can_restart=True) is ErrorAction.STAY
    assert action_for_error(wrong, SMS, can_restart=True) is ErrorAction.SIGN_IN


def test_forgotten_device_offers_a_restart() -> None:
    forgotten = error_from_response("ResourceNotFoundException", "Device does not exist.")
    assert action_for_error(forgotten, SMS, can_restart=True) is ErrorAction.RESTART
    assert action_for_error(forgotten, SMS, can_restart=False) is ErrorAction.SIGN_IN


@pytest.mark.parametrize("step", [None, SMS])
@pytest.mark.parametrize("code", ["TooManyRequestsException", "LimitExceededException"])
def test_throttling_leads_to_a_wait(code: str, step: NextStep | None) -> None:
    assert action_for_error(error_from_response(code, ""), step, can_restart=True) is ErrorAction.WAIT


def test_locked_user_waits_at_sign_in() -> None:
    locked = error_from_response("NotAuthorizedException", "Password attempts exceeded")
    assert action_for_error(locked, None, can_restart=False) is ErrorAction.WAIT


@pytest.mark.parametrize("step", [None, SMS, QUESTION])
def test_lost_reply_keeps_the_step(step: NextStep | None) -> None:
    assert action_for_error(NO_ANSWER, step, can_restart=True) is ErrorAction.STAY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("USER_SRP_AUTH flow not enabled for this client", "allow USER_SRP_AUTH"),
        (
            "Client c is configured with secret but SECRET_HASH was not received",
            "has a secret, but none was given",
        ),
        ("Unable to verify secret hash for client c", "doesn't match this app client"),
    ],
)
def test_wrong_app_client_names_the_setting(text: str, expected: str) -> None:
    code = "InvalidParameterException" if "flow" in text else "NotAuthorizedException"
    error = error_from_response(code, text)
    assert error.kind is ErrorKind.CONFIGURATION
    assert expected in str(error)


def test_own_messages_do_not_quote_the_service() -> None:
    error = error_from_response("BrandNewException", "\x1b[31mhello", status=400)
    assert "\x1b" not in str(error)
    assert error.quote == "BrandNewException: \x1b[31mhello"
