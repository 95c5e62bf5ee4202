"""The texts that both front ends show."""

from __future__ import annotations

import pyotp
import pytest

from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import (
    AuthFactorType,
    ContinueSignInWithFirstFactorSelection,
    DeliveryDetails,
    MFAType,
)
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.flow import checks, errors, messages
from tui_auth.secret import Secret

KEY, NOW = Secret("ABCD2345" * 6 + "ABCD"), 1_790_000_000.0
THROTTLED = error_from_response("TooManyRequestsException", "")


def error_with(retry_after: float | None) -> AuthError:
    return AuthError(ErrorKind.THROTTLED, "Wait.", retry_after=retry_after)


@pytest.mark.parametrize(
    ("retry_after", "times", "seconds"),
    [(None, 0, 5), (None, 1, 10), (None, 3, 40), (7.0, 2, 28), (60.0, 3, 480), (1.0, 8, 256), (1.0, 9, 256)],
)
def test_each_consecutive_wait_is_twice_as_long(
    retry_after: float | None, times: int, seconds: float
) -> None:
    assert errors.compute_retry_delay(error_with(retry_after), times) == seconds


@pytest.mark.parametrize("times", [4, 8, 100])
def test_no_wait_is_longer_than_15_minutes(times: int) -> None:
    assert errors.compute_retry_delay(error_with(60.0), times) == 15 * 60


@pytest.mark.parametrize(
    ("medium", "destination", "text"),
    [
        ("SMS", "+***23", "Code sent by SMS to +***23"),
        ("email", "a***@e***", "Code sent by email to a***@e***"),
        ("PIGEON", None, "Code sent by PIGEON"),
        (None, "a***", "Code sent to a***"),
        (None, None, "Code sent to you"),
    ],
)
def test_code_destination_is_shown_if_known(medium: str | None, destination: str | None, text: str) -> None:
    details = DeliveryDetails(destination, medium)
    assert messages.format_delivery(details) == text
    assert messages.format_delivery(details, account_may_not_exist=True) == f"{text}, if the account exists"
    assert messages.format_new_delivery(details) == f"{text}. Earlier codes no longer work."


def test_reset_code_text_does_not_reveal_an_account() -> None:
    details = DeliveryDetails("a***@e***", "EMAIL")
    hidden = "Code sent by email to a***@e***, if the account exists"
    assert messages.format_reset_delivery(details) == f"{hidden}."
    assert (
        messages.format_reset_delivery(details, is_repeated=True)
        == f"{hidden}. Earlier codes no longer work."
    )
    assert (
        messages.format_reset_delivery(details, account_may_not_exist=False)
        == "Code sent by email to a***@e***."
    )


def test_new_code_text_does_not_reveal_an_account() -> None:
    assert messages.format_new_code_notice().startswith("A new code is on its way")
    assert messages.format_new_code_notice(account_may_not_exist=True).startswith(
        "If the account exists, a new code is on its way"
    )


def test_unknown_method_has_its_raw_name() -> None:
    assert messages.format_method(MFAType.SMS) == "Code by SMS"
    assert messages.format_method("PUSH_MFA") == "PUSH_MFA (unknown to this version)"
    assert messages.format_mfa_method("TOTP") == "Code from an authenticator app"
    assert messages.format_mfa_method("PUSH") == "PUSH"
    assert messages.format_attribute("birthdate") == "Birthday"
    assert messages.format_attribute("custom:team") == "custom:team"
    assert messages.format_missing_attribute("email") == "This user pool requires this attribute: Email."


def test_only_passkeys_are_unusable_in_a_terminal() -> None:
    passkey, code = AuthFactorType.WEB_AUTHN, AuthFactorType.EMAIL_OTP
    assert messages.has_only_passkeys(ContinueSignInWithFirstFactorSelection((passkey,)))
    assert not messages.has_only_passkeys(ContinueSignInWithFirstFactorSelection((passkey, code)))


def test_challenge_rows_omit_cognito_parameters_and_count_the_rest() -> None:
    sent = {"USERNAME": "ann", "USER_ID_FOR_SRP": "ann"} | {f"row{number}": "x" for number in range(33)}
    rows = messages.format_challenge_rows(sent)
    assert rows[0] == ("row0", "x")
    assert rows[-2:] == [("row29", "x"), ("…", "3 more")]
    assert len(messages.format_challenge_rows({f"row{number}": "x" for number in range(30)})) == 30


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("a-1", "a-2", messages.PASSWORDS_DIFFER),
        (" a-1", " a-1", messages.PASSWORD_SPACES),
        ("a 1", "a 1", ""),
    ],
)
def test_new_password_must_be_repeated_without_outer_spaces(first: str, second: str, text: str) -> None:
    assert checks.find_new_password_error(Secret(first), Secret(second)) == text


@pytest.mark.parametrize("attribute", ["email", "custom:team-2"])
def test_required_attribute_is_parsed_from_the_error(attribute: str) -> None:
    text = f"Attributes did not conform to the schema: {attribute}: The attribute is required\n"
    assert errors.parse_missing_attribute(error_from_response("InvalidParameterException", text)) == attribute
    assert (
        errors.parse_missing_attribute(error_from_response("InvalidParameterException", "email: invalid"))
        is None
    )


def test_challenge_error_quotes_a_nonempty_message() -> None:
    quoted = errors.format_challenge_error(error_from_response("NotAuthorizedException", "Wrong pet."))
    assert quoted == "The user pool ended this sign-in. It says: “Wrong pet.” Sign in again."
    silent = errors.format_challenge_error(error_from_response("NotAuthorizedException", ""))
    assert silent == "The user pool ended this sign-in. Sign in again."


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (None, ""),
        (0.0, ""),
        (20.0, ""),
        (-20.0, ""),
        (21.0, "This computer's clock is 21 seconds slow"),
        (-300.4, "This computer's clock is 300 seconds fast"),
    ],
)
def test_clock_offset_is_reported_above_20_seconds(offset: float | None, text: str) -> None:
    assert errors.format_clock_offset(offset) == text


def test_wrong_clock_is_mentioned_only_as_a_possible_cause() -> None:
    wrong_code = error_from_response("CodeMismatchException", "")
    wrong_proof = error_from_response(
        "NotAuthorizedException", "Incorrect username or password."
    ).as_rejected_proof()
    slow = "This computer's clock is 90 seconds slow"
    assert errors.format_clock_hint(wrong_code, 90.0, is_totp_code=True) == f"{slow}, so its codes are wrong."
    assert errors.format_clock_hint(wrong_code, 90.0) == ""
    assert errors.format_clock_hint(wrong_code, 0.0, is_totp_code=True) == ""
    assert errors.format_clock_hint(THROTTLED, 90.0, is_totp_code=True) == ""
    assert errors.format_clock_hint(wrong_proof, 90.0).startswith(f"{slow}, which tui-auth corrected for.")
    assert errors.format_clock_hint(wrong_proof, 0.0) == ""


@pytest.mark.parametrize(("length", "groups_per_line"), [(22, [6]), (28, [7]), (32, [4, 4]), (52, [7, 6])])
def test_totp_key_has_groups_of_four_in_lines_of_about_the_same_length(
    length: int, groups_per_line: list[int]
) -> None:
    key = "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[at % 32] for at in range(length))
    lines = messages.format_totp_key(key).split("\n")
    assert [len(line.split()) for line in lines] == groups_per_line
    assert all(len(group) == 4 for group in " ".join(lines).split()[:-1])
    assert "".join(" ".join(lines).split()) == key


@pytest.mark.parametrize(
    ("code_age", "clock_offset", "text"),
    [
        (0, 0.0, "That code was already used or has expired. Enter the next one."),
        (30, 0.0, "That code was already used or has expired. Enter the next one."),
        (-30, 0.0, "That code was already used or has expired. Enter the next one."),
        (60, 0.0, "That code is 1 minute old. Enter the newest code, or set that device's clock."),
        (-300, 0.0, "That code is 5 minutes early. Enter the newest code, or set that device's clock."),
        (300, 300.0, "That code is 5 minutes old. Enter the newest code, or set this computer's clock."),
        (300, 360.0, "That code is 5 minutes old. Enter the newest code, or set that device's clock."),
        (300, None, "That code is 5 minutes old. Enter the newest code, or set that device's clock."),
    ],
)
def test_code_of_another_time_says_which_clock_is_wrong(
    code_age: int, clock_offset: float | None, text: str
) -> None:
    code = Secret(pyotp.TOTP(KEY.reveal()).at(int(NOW) - code_age))
    for name in ("EnableSoftwareTokenMFAException", "CodeMismatchException"):
        error = error_from_response(name, "")
        assert errors.format_totp_setup_error(error, code, KEY, NOW, clock_offset) == text


def test_only_wrong_codes_are_compared_with_the_key() -> None:
    wrong_code = error_from_response("CodeMismatchException", "")
    elsewhere = Secret(pyotp.TOTP("KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU").at(int(NOW)))
    text = errors.format_totp_setup_error(wrong_code, elsewhere, KEY, NOW, 0.0)
    assert text == "That code doesn't match. Enter the one the app shows now."
    assert errors.format_totp_setup_error(THROTTLED, elsewhere, KEY, NOW, 0.0) is None
