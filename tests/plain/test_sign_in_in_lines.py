"""A sign-in in line prompts, from the first prompt to the tokens, without a terminal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyotp
import pytest

from tests.plain.typist import CLIENT, POOL, ScriptedDialog, Typist
from tests.scripted_gateway import ScriptedGateway, challenge, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import Done
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.flow import messages
from tui_auth.flow.interface import INTERNAL_ERROR
from tui_auth.plain import sign_in
from tui_auth.plain.prompts import EMPTY_LINE_TEXT, FIRST_PROMPT_TEXT, OTHER_COMMANDS
from tui_auth.plain.sign_in import ask_about_device
from tui_auth.secret import Secret

DONE = tokens(POOL, CLIENT)
SMS = challenge("SMS_MFA", CODE_DELIVERY_DELIVERY_MEDIUM="SMS", CODE_DELIVERY_DESTINATION="+***23")
PET = challenge("CUSTOM_CHALLENGE", question="Pet?", USERNAME="ann")
MFA_CHOICE = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA"]')
NEW_KEY = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
DELIVERED = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}}
KEYS = ("ABCD2345" * 6 + "ABCD", "2345ABCD" * 6 + "2345")

WRONG = error_from_response("NotAuthorizedException", "Incorrect username or password.")
WRONG_CODE = error_from_response("CodeMismatchException", "")
THROTTLED = error_from_response("TooManyRequestsException", "")
EXPIRED = error_from_response("NotAuthorizedException", "Invalid session for the user, session is expired.")
RESET_NEEDED = error_from_response("PasswordResetRequiredException", "")
UNCONFIRMED = error_from_response("UserNotConfirmedException", "")
LOST = AuthError(ErrorKind.NETWORK, "No answer came.", may_have_arrived=True)


class Clock:
    """The monotonic clock of the prompts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(sign_in, "time", SimpleNamespace(monotonic=lambda: self.now))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_sign_in_with_password_and_code() -> None:
    dialog = ScriptedDialog(SMS, DONE, typed=("hunter2", "123 456"), environment_badge="DEMO")
    assert isinstance(dialog.run(), Done)
    assert dialog.lines.prompts == ["Password (hidden)", "Code"]
    assert dialog.lines.printed == [
        "DEMO: Sign in to acme-staff",
        "Username: ann (type /back to change it)",
        OTHER_COMMANDS,
        "Code sent by SMS to +***23. Type /new to get a new code.",
    ]
    assert dialog.sent(0)["AuthParameters"]["PASSWORD"] == Secret("hunter2")
    assert dialog.responses() == {"SMS_MFA_CODE": Secret("123456")}


def test_settings_and_remembered_device_are_sent() -> None:
    dialog = ScriptedDialog(SMS, typed=("hunter2",), client_metadata={"who": "asks"})
    dialog.device = Device("eu-west-1_device", "group", Secret("x"))
    dialog.run()
    assert dialog.sent()["ClientMetadata"] == {"who": "asks"}
    assert dialog.sent()["AuthParameters"]["DEVICE_KEY"] == "eu-west-1_device"


def test_preferred_first_factor_is_sent() -> None:
    dialog = ScriptedDialog(
        challenge("EMAIL_OTP"), typed=("",), auth_flow=AuthFlow.USER_AUTH, preferred_first_factor="EMAIL_OTP"
    )
    dialog.run()
    assert dialog.sent(0)["AuthParameters"]["PREFERRED_CHALLENGE"] == "EMAIL_OTP"


def test_user_name_is_asked_for_if_unknown() -> None:
    dialog = ScriptedDialog(SMS, typed=("", "/back", "bob", "hunter2"), username="", username_label="E-mail")
    dialog.run()
    assert dialog.lines.prompts[:4] == ["E-mail", "E-mail", "E-mail", "Password (hidden)"]
    assert dialog.sent()["AuthParameters"]["USERNAME"] == "bob"
    assert dialog.sign_in.username == "bob"


def test_back_at_the_password_asks_for_the_user_name() -> None:
    dialog = ScriptedDialog(SMS, typed=("/back", "bob", "hunter2"))
    dialog.run()
    assert dialog.lines.prompts[:3] == ["Password (hidden)", "Username", "Password (hidden)"]
    assert dialog.sent()["AuthParameters"]["USERNAME"] == "bob"


def test_passwordless_sign_in_waits_for_enter_before_a_retry() -> None:
    dialog = ScriptedDialog(WRONG, PET, typed=("",), auth_flow=AuthFlow.CUSTOM_WITHOUT_SRP)
    dialog.run()
    assert dialog.lines.prompts == [
        "Press Enter to sign in, or type /back to change the user name",
        "Answer (hidden)",
    ]
    assert dialog.lines.printed.count(OTHER_COMMANDS) == 0
    dialog = ScriptedDialog(WRONG, PET, typed=("/back", "bob"), auth_flow=AuthFlow.CUSTOM_WITHOUT_SRP)
    dialog.run()
    assert dialog.lines.prompts[1] == "Username"
    assert dialog.sent()["AuthParameters"]["USERNAME"] == "bob"


def test_password_is_asked_for_again_if_wrong() -> None:
    dialog = ScriptedDialog(WRONG, SMS, typed=("hunter1", "hunter2"))
    dialog.run()
    assert "Error: Incorrect username or password." in dialog.lines.printed
    assert dialog.lines.prompts[:2] == ["Password (hidden)"] * 2
    assert dialog.sent()["AuthParameters"]["PASSWORD"] == Secret("hunter2")
    assert dialog.lines.text.count("/forgot") == 1


def test_code_is_asked_for_again_if_wrong() -> None:
    dialog = ScriptedDialog(SMS, WRONG_CODE, DONE, typed=("hunter2", "111111", "222222"))
    assert isinstance(dialog.run(), Done)
    assert f"Error: {WRONG_CODE}" in dialog.lines.printed
    assert dialog.responses() == {"SMS_MFA_CODE": Secret("222222")}


def test_consecutive_waits_grow_until_an_answer_is_accepted() -> None:
    typed = ("hunter2", "111111", "222222", "333333", "x")
    dialog = ScriptedDialog(SMS, THROTTLED, THROTTLED, PET, THROTTLED, typed=typed)
    dialog.run()
    assert dialog.lines.waited == [5, 10, 5]
    assert "Try again in 10 seconds." in dialog.lines.printed


def test_enter_restarts_an_expired_session() -> None:
    dialog = ScriptedDialog(SMS, EXPIRED, SMS, DONE, typed=("hunter2", "111111", "", "222222"))
    assert isinstance(dialog.run(), Done)
    assert dialog.lines.prompts == [
        "Password (hidden)",
        "Code",
        "Press Enter to restart, or type /back",
        "Code",
    ]
    assert any("Press Enter to get a new one." in line for line in dialog.lines.printed)


def test_rejected_custom_challenge_answer_leads_to_sign_in() -> None:
    dialog = ScriptedDialog(
        PET, error_from_response("NotAuthorizedException", "Wrong pet."), SMS, typed=("pw", "rex", "pw")
    )
    dialog.run()
    assert (
        "Error: The user pool ended this sign-in. It says: “Wrong pet.” Sign in again."
        in dialog.lines.printed
    )
    assert dialog.gateway.operations == ["InitiateAuth", "RespondToAuthChallenge", "InitiateAuth"]


def test_custom_challenge_shows_the_parameters() -> None:
    dialog = ScriptedDialog(PET, DONE, typed=("pw", "rex"))
    assert isinstance(dialog.run(), Done)
    assert dialog.lines.printed[-2:] == ["The user pool asks:", "  | question: Pet?"]
    assert dialog.responses() == {"ANSWER": Secret("rex")}


def test_unknown_challenge_shows_its_name() -> None:
    dialog = ScriptedDialog(challenge("MOON_PHASE", phase="full"), DONE, typed=("pw", "x"))
    assert isinstance(dialog.run(), Done)
    assert dialog.lines.printed[-4:] == [
        "This version of tui-auth doesn't support the challenge that the user pool sent.",
        "Challenge: MOON_PHASE",
        "The user pool asks:",
        "  | phase: full",
    ]


def test_internal_error_keeps_the_step_and_shows_no_value() -> None:
    dialog = ScriptedDialog(SMS, KeyError("hunter2"), DONE, typed=("hunter2", "111111", "222222"))
    assert isinstance(dialog.run(), Done)
    assert f"Error: {INTERNAL_ERROR}" in dialog.lines.printed
    assert "hunter2" not in dialog.lines.text


def test_back_from_a_step_leads_to_sign_in() -> None:
    dialog = ScriptedDialog(SMS, SMS, typed=("hunter2", "/back", "hunter2"))
    dialog.run()
    assert dialog.lines.prompts == ["Password (hidden)", "Code", "Password (hidden)", "Code"]
    assert "may be in effect already" not in dialog.lines.text


def test_leaving_reports_that_the_new_password_may_be_set() -> None:
    ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes="[]")
    dialog = ScriptedDialog(ask, LOST, typed=("pw", "New-1", "New-1", "/back"))
    dialog.run()
    assert "The new password may be in effect already. Try to sign in with it." in dialog.lines.printed


class TestNewCodes:
    def test_new_code_is_sent_and_reported(self, clock: Clock) -> None:
        dialog = ScriptedDialog(SMS, SMS, DONE, typed=("hunter2", "/new", "123456"))
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.printed[-1] == "A new code is on its way. Use that one."
        assert dialog.gateway.operations == ["InitiateAuth", "InitiateAuth", "RespondToAuthChallenge"]

    @pytest.mark.parametrize(("passed", "left"), [(0, 30), (0.5, 30), (12, 18), (29.5, 1)])
    def test_no_other_code_is_sent_within_30_seconds(self, clock: Clock, passed: float, left: int) -> None:
        dialog = ScriptedDialog(SMS, SMS, SMS, typed=("hunter2", "/new", "/new"))
        self.type_late(dialog, clock, passed)
        assert dialog.lines.printed[-1] == f"Error: A new code was just sent. Type /new again in {left} s."
        assert len(dialog.gateway.calls) == 2

    def test_another_code_is_sent_after_30_seconds(self, clock: Clock) -> None:
        dialog = ScriptedDialog(SMS, SMS, SMS, typed=("hunter2", "/new", "/new"))
        self.type_late(dialog, clock, 30)
        assert len(dialog.gateway.calls) == 3
        assert "just sent" not in dialog.lines.text

    @staticmethod
    def type_late(dialog: ScriptedDialog, clock: Clock, passed: float) -> None:
        """Run, and let these seconds pass before the third line is typed."""
        ask = dialog.lines.ask

        def late(prompt: str) -> str:
            clock.now += passed if len(dialog.lines.prompts) == 2 else 0
            return ask(prompt)

        dialog.lines.ask = late  # type: ignore[method-assign]
        dialog.run()

    def test_sign_up_code_has_a_cool_down_too(self, clock: Clock) -> None:
        typed = ("hunter2", "/new", "/new", "123456")
        dialog = ScriptedDialog(UNCONFIRMED, DELIVERED, {}, DONE, typed=typed)
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.printed[-3:] == [
            "Your account isn't confirmed yet. Type /new to get a new code.",
            "Code sent by email to a***@e***. Earlier codes no longer work.",
            "Error: A new code was just sent. Type /new again in 30 s.",
        ]
        assert dialog.sent(2)["ConfirmationCode"] == Secret("123456")

    def test_already_confirmed_sign_up_needs_no_code(self, clock: Clock) -> None:
        confirmed = error_from_response("InvalidParameterException", "User is already confirmed.")
        dialog = ScriptedDialog(UNCONFIRMED, confirmed, DONE, typed=("hunter2", "/new"))
        assert isinstance(dialog.run(), Done)


class TestChoices:
    def test_second_factor_is_selected_by_number(self) -> None:
        dialog = ScriptedDialog(MFA_CHOICE, DONE, typed=("pw", "3", "2"))
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.printed[-4:] == [
            "How do you want to confirm that it's you?",
            "1 Code by SMS",
            "2 Code from an authenticator app",
            "Error: Type 1 or 2.",
        ]
        assert dialog.responses() == {"ANSWER": "SOFTWARE_TOKEN_MFA"}

    def test_selected_password_factor_asks_for_the_password(self) -> None:
        ask = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["PASSWORD", "EMAIL_OTP"]}
        dialog = ScriptedDialog(ask, DONE, typed=("1", "hunter2"), auth_flow=AuthFlow.USER_AUTH)
        assert isinstance(dialog.run(), Done)
        assert dialog.responses() == {"ANSWER": "PASSWORD", "PASSWORD": Secret("hunter2")}

    def test_mfa_setup_lists_methods_and_explains_sms(self) -> None:
        ask = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]')
        typed = ("pw", "2", "ann@example.org")
        dialog = ScriptedDialog(ask, challenge("EMAIL_OTP"), typed=typed)
        dialog.run()
        question = "This user pool requires a second factor. Which one do you want to set up?"
        assert f"{question}\nFor SMS, ask an administrator." in dialog.lines.printed
        assert dialog.lines.prompts[2] == "Email address for your codes"
        assert dialog.responses() == {"EMAIL": "ann@example.org"}


class TestAuthenticators:
    def test_totp_prompt_has_the_device_name(self) -> None:
        ask = challenge("SOFTWARE_TOKEN_MFA", FRIENDLY_DEVICE_NAME="laptop")
        dialog = ScriptedDialog(ask, DONE, typed=("pw", "123456"))
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.printed[-1] == "Code from your authenticator app (laptop)."

    def test_wrong_clock_explains_a_rejected_code(self) -> None:
        dialog = ScriptedDialog(challenge("SOFTWARE_TOKEN_MFA"), WRONG_CODE, typed=("pw", "123456"))
        dialog.gateway.clock_offset = 120.0
        dialog.run()
        assert any(
            line.endswith("This computer's clock is 120 seconds slow, so its codes are wrong.")
            for line in dialog.lines.printed
        )

    def test_new_totp_key_is_shown_in_groups_with_its_account(self) -> None:
        replies = ({"SecretCode": KEYS[0], "Session": "2"}, {"Status": "SUCCESS", "Session": "3"}, DONE)
        dialog = ScriptedDialog(NEW_KEY, *replies, typed=("pw", "123456"), app_name="Acme")
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.printed[-3:] == [
            "Add this key to your authenticator app (time-based, TOTP):",
            "ABCD 2345 ABCD 2345 ABCD 2345 ABCD\n2345 ABCD 2345 ABCD 2345 ABCD",
            "Account: Acme: ann",
        ]
        assert dialog.lines.prompts[1] == "Code from the app"

    def test_code_of_another_time_is_explained(self) -> None:
        dialog = ScriptedDialog(NEW_KEY, {"SecretCode": KEYS[0], "Session": "2"}, WRONG_CODE, typed=("pw",))
        now = dialog.gateway.now()
        dialog.gateway.now = lambda: now  # type: ignore[method-assign]
        dialog.lines.typed.append(pyotp.TOTP(KEYS[0]).at(int(now) - 600))
        dialog.run()
        assert any(line.startswith("Error: That code is 10 minutes old") for line in dialog.lines.printed)

    def test_later_wrong_code_is_not_compared_with_the_key(self) -> None:
        key = ({"SecretCode": KEYS[0], "Session": "2"}, {"Status": "SUCCESS", "Session": "3"})
        dialog = ScriptedDialog(NEW_KEY, *key, SMS, WRONG_CODE, typed=("pw", "123456", "111111"))
        dialog.run()
        assert f"Error: {WRONG_CODE}" in dialog.lines.printed

    def test_second_totp_key_says_that_the_first_is_obsolete(self) -> None:
        replies = (
            NEW_KEY,
            {"SecretCode": KEYS[0], "Session": "2"},
            NEW_KEY,
            {"SecretCode": KEYS[1], "Session": "3"},
        )
        dialog = ScriptedDialog(*replies, typed=("pw", "/back", "pw"))
        dialog.run()
        assert dialog.lines.text.count("A new key. Delete the old “acme-staff: ann”.") == 1


class TestReset:
    def test_forgotten_password_is_reset_with_a_code(self, clock: Clock) -> None:
        typed = ("/forgot", "1", "/new", "123456", "New-1", "New-1")
        dialog = ScriptedDialog(DELIVERED, {}, DONE, typed=typed)
        assert isinstance(dialog.run(), Done)
        hidden = "Code sent by email to a***@e***, if the account exists"
        assert f"{hidden}." in dialog.lines.printed
        assert "Error: A new code was just sent. Type /new again in 30 s." in dialog.lines.printed
        assert "must be reset" not in dialog.lines.text
        assert dialog.gateway.operations == ["ForgotPassword", "ConfirmForgotPassword", "InitiateAuth"]
        sent = dialog.sent(1)
        assert (sent["ConfirmationCode"], sent["Password"]) == (Secret("123456"), Secret("New-1"))

    def test_repeated_code_says_that_earlier_ones_stopped_working(self, clock: Clock) -> None:
        dialog = ScriptedDialog(DELIVERED, DELIVERED, typed=("/forgot", "2", "/new"))
        dialog.run()
        assert dialog.lines.printed[-1].endswith(". Earlier codes no longer work.")

    def test_forgot_asks_for_the_user_name_first(self) -> None:
        dialog = ScriptedDialog(typed=("/forgot", "bob", "1"), username="")
        dialog.run()
        assert dialog.lines.prompts[:3] == ["Username", "Username", "Number"]
        assert dialog.sign_in.username == "bob"

    def test_required_reset_is_reported(self) -> None:
        dialog = ScriptedDialog(
            RESET_NEEDED, DELIVERED, {}, DONE, typed=("pw", "1", "111111", "New-1", "New-1")
        )
        assert isinstance(dialog.run(), Done)
        assert "Your password must be reset before you can sign in." in dialog.lines.printed
        assert "Code sent by email to a***@e***." in dialog.lines.printed

    def test_only_rejected_values_are_asked_for_again(self) -> None:
        weak = error_from_response("InvalidPasswordException", "Password not long enough")
        typed = ("pw", "2", "111111", "New-1", "New-1", "222222", "New-22", "New-22")
        dialog = ScriptedDialog(RESET_NEEDED, WRONG_CODE, weak, {}, DONE, typed=typed)
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.prompts.count("New password (hidden)") == 2, "a wrong code keeps the password"
        assert dialog.lines.prompts.count("Code") == 2, "a rejected password keeps the code"
        assert dialog.lines.prompts.count("Number") == 1
        assert dialog.sent(3)["Password"] == Secret("New-22")

    def test_unconfirmed_account_is_confirmed_before_the_reset(self) -> None:
        dialog = ScriptedDialog(RESET_NEEDED, UNCONFIRMED, typed=("pw", "1"))
        dialog.run()
        assert dialog.gateway.operations == ["InitiateAuth", "ForgotPassword"]


class TestNewPassword:
    def test_new_password_is_sent_with_required_attributes(self) -> None:
        ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes='["userAttributes.name"]')
        dialog = ScriptedDialog(ask, DONE, typed=("pw", "New-1", "New-1", "Ann"))
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.printed[-1] == "Choose a new password; yours was temporary."
        assert dialog.lines.prompts[-1] == "Full name"
        assert dialog.responses() == {"NEW_PASSWORD": Secret("New-1"), "userAttributes.name": "Ann"}


class TestSignUp:
    def sign_up(self, *replies: Any, typed: tuple[str, ...], **settings: Any) -> ScriptedDialog:
        dialog = ScriptedDialog(*replies, typed=("/sign-up", *typed), username="", **settings)
        dialog.run()
        return dialog

    def test_sign_up_with_password_and_attributes(self) -> None:
        signed_up = {"UserConfirmed": False, "Session": "s", **DELIVERED}
        dialog = self.sign_up(
            signed_up,
            typed=("zoe", "New-1", "New-1", "", "1990-01-31"),
            required_attributes=("birthdate",),
            client_metadata={"who": "asks"},
        )
        assert dialog.lines.prompts[:6] == [
            "Username",
            "Username",
            "New password (hidden)",
            "Repeat password (hidden)",
            "Email (optional, Enter to skip)",
            "Birthday, such as 2001-12-31",
        ]
        assert dialog.sent()["UserAttributes"] == [{"Name": "birthdate", "Value": "1990-01-31"}]
        assert dialog.sent()["ClientMetadata"] == {"who": "asks"}
        assert dialog.sign_in.username == "zoe"
        assert "Create an account. Type /back to go back to sign-in." in dialog.lines.printed
        assert dialog.lines.printed[-1].startswith(
            "Your account isn't confirmed yet. Code sent by email to a***@e***."
        )

    def test_sign_up_can_start_at_the_password_prompt(self) -> None:
        dialog = ScriptedDialog(typed=("/sign-up", "zoe"))
        dialog.run()
        assert dialog.lines.prompts == ["Password (hidden)", "Username", "New password (hidden)"]

    @pytest.mark.parametrize(
        ("error", "repeated_prompts"),
        [
            (error_from_response("UsernameExistsException", ""), ["Username"]),
            (
                error_from_response("InvalidPasswordException", ""),
                ["New password (hidden)", "Repeat password (hidden)"],
            ),
            (error_from_response("AliasExistsException", ""), ["Email (optional, Enter to skip)"]),
            (
                error_from_response("InvalidParameterException", "Invalid email address"),
                ["Email (optional, Enter to skip)"],
            ),
            (
                error_from_response("InvalidParameterException", "birthdate: The attribute is required"),
                ["Birthday, such as 2001-12-31"],
            ),
            (LOST, ["Press Enter to try again, or type /back"]),
        ],
    )
    def test_only_rejected_values_are_asked_for_again(
        self, error: AuthError, repeated_prompts: list[str]
    ) -> None:
        typed = ("zoe", "New-1", "New-1", "zoe@example.org")
        dialog = self.sign_up(error, typed=(*typed, "x" if len(repeated_prompts) == 1 else "New-2"))
        assert dialog.lines.prompts[5 : 5 + len(repeated_prompts)] == repeated_prompts

    def test_missing_required_attribute_is_reported(self) -> None:
        error = error_from_response("InvalidParameterException", "birthdate: The attribute is required")
        dialog = self.sign_up(error, typed=("zoe", "New-1", "New-1", ""))
        assert "Error: This user pool requires this attribute: Birthday." in dialog.lines.printed

    @pytest.mark.parametrize("kind", [ErrorKind.NOT_AUTHORIZED, ErrorKind.CONFIGURATION])
    def test_rejected_sign_up_leads_to_sign_in(self, kind: ErrorKind) -> None:
        dialog = self.sign_up(
            AuthError(kind, "SignUp is not permitted."), typed=("zoe", "New-1", "New-1", "")
        )
        assert dialog.lines.printed[-1] == "Sign in to acme-staff"

    def test_back_from_sign_up_leads_to_sign_in(self) -> None:
        dialog = self.sign_up(typed=("/back",))
        assert dialog.lines.prompts == ["Username", "Username", "Username"]
        assert dialog.lines.printed[-1] == "Sign in to acme-staff"


class TestRememberedDevices:
    def ask(self, *replies: Any, typed: tuple[str, ...]) -> tuple[Typist, ScriptedGateway]:
        metadata = {"NewDeviceMetadata": {"DeviceKey": "eu-west-1_device", "DeviceGroupKey": "group"}}
        signed_in = {"AuthenticationResult": {**DONE["AuthenticationResult"], **metadata}}
        gateway = ScriptedGateway(signed_in, {"UserConfirmationNecessary": True}, *replies)
        auth = Auth(POOL, CLIENT, gateway=gateway)
        done = auth.sign_in("ann", Secret("pw"), auth_flow=AuthFlow.USER_PASSWORD_AUTH).next_step
        assert isinstance(done, Done)
        lines = Typist(*typed)
        ask_about_device(auth, done, lines)
        return lines, gateway

    def test_yes_remembers_the_device(self) -> None:
        lines, gateway = self.ask({}, typed=("", "3", "1"))
        assert gateway.operations[-1] == "UpdateDeviceStatus"
        assert lines.printed == [
            "Should Cognito remember this device?",
            "1 Yes, it's mine",
            "2 No",
            "Type 1 or 2.",
            "Error: Type 1 or 2.",
            "Cognito remembers this device.",
        ]

    @pytest.mark.parametrize("typed", [("2",), ("/back",), ()])
    def test_no_or_no_answer_does_not_remember_the_device(self, typed: tuple[str, ...]) -> None:
        lines, gateway = self.ask(typed=typed)
        assert gateway.operations == ["InitiateAuth", "ConfirmDevice"]
        assert lines.printed[-1] == "2 No"

    def test_device_error_is_reported(self) -> None:
        lines, _ = self.ask(THROTTLED, typed=("1",))
        assert lines.printed[-1] == (
            "Error: Cognito couldn't remember this device. Cognito is getting too many requests right now."
        )


def test_flow_that_leaves_when_done_returns_the_tokens() -> None:
    dialog = ScriptedDialog(SMS, DONE, typed=("hunter2", "123456"), leaves_when_done=True)
    assert isinstance(dialog.run(), Done)


class TestOneQuestionAtATime:
    """After an error only what it is about is asked for again."""

    NAMED = '["userAttributes.name","userAttributes.phone_number"]'

    def test_rejected_attribute_of_a_new_password(self) -> None:
        ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes=self.NAMED)
        rejected = error_from_response("InvalidParameterException", "Invalid phone number format.")
        typed = ("pw", "New-1", "New-1", "Ann", "+15555550123", "+15555550124")
        dialog = ScriptedDialog(ask, rejected, DONE, typed=typed)
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.prompts[-1].startswith("Phone")
        assert dialog.responses() == {
            "NEW_PASSWORD": Secret("New-1"),
            "userAttributes.name": "Ann",
            "userAttributes.phone_number": "+15555550124",
        }

    def test_rejected_new_password(self) -> None:
        ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes=self.NAMED)
        weak = error_from_response("InvalidPasswordException", "Password not long enough")
        typed = ("pw", "New-1", "New-1", "Ann", "+15555550123", "New-22", "New-22")
        dialog = ScriptedDialog(ask, weak, DONE, typed=typed)
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.text.count("Choose a new password") == 1
        assert dialog.responses()["NEW_PASSWORD"] == Secret("New-22")

    def test_lost_reply_is_repeated_with_enter(self) -> None:
        ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes="[]")
        dialog = ScriptedDialog(ask, LOST, DONE, typed=("pw", "New-1", "New-1", ""))
        assert isinstance(dialog.run(), Done)
        assert dialog.lines.prompts[-1] == "Press Enter to try again, or type /back"

    def test_impossible_attribute_is_asked_for_at_once(self) -> None:
        ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes='["userAttributes.phone_number"]')
        typed = ("pw", "New-1", "New-1", "555 0123", "+1 555 555-0123")
        dialog = ScriptedDialog(ask, DONE, typed=typed)
        assert isinstance(dialog.run(), Done)
        assert f"Error: {messages.PHONE_EXPECTED}" in dialog.lines.printed
        assert dialog.responses()["userAttributes.phone_number"] == "+15555550123"

    def test_wrong_password_does_not_repeat_the_heading(self) -> None:
        dialog = ScriptedDialog(WRONG, SMS, typed=("hunter1", "hunter2"))
        dialog.run()
        assert dialog.lines.printed.count("Sign in to acme-staff") == 1

    @pytest.mark.parametrize(
        ("ask", "text"),
        [
            (SMS, "Code sent by SMS"),
            (challenge("SOFTWARE_TOKEN_MFA"), "Code from your authenticator app"),
            (UNCONFIRMED, "isn't confirmed yet"),
        ],
    )
    def test_wrong_code_does_not_sound_like_another_code(self, ask: Any, text: str) -> None:
        dialog = ScriptedDialog(ask, WRONG_CODE, WRONG_CODE, typed=("pw", "111111", "222222"))
        dialog.run()
        assert dialog.lines.text.count(text) == 1

    def test_new_code_is_announced(self, clock: Clock) -> None:
        dialog = ScriptedDialog(SMS, SMS, typed=("pw", "/new"))
        dialog.run()
        assert dialog.lines.text.count("Code sent by SMS") == 2


class TestStartPrompts:
    def test_empty_user_name_is_reported(self) -> None:
        dialog = ScriptedDialog(typed=("",), username="")
        dialog.run()
        assert dialog.lines.printed[-1] == EMPTY_LINE_TEXT

    def test_back_at_the_first_prompt_says_how_to_quit(self) -> None:
        dialog = ScriptedDialog(typed=("/back",), username="")
        dialog.run()
        assert dialog.lines.printed[-1] == FIRST_PROMPT_TEXT

    def test_forgot_at_the_user_name_has_a_heading(self) -> None:
        dialog = ScriptedDialog(typed=("/forgot", "bob"), username="")
        dialog.run()
        assert messages.RESET_REQUESTED in dialog.lines.printed

    def test_reset_of_an_unknown_user_asks_for_the_name(self) -> None:
        unknown = error_from_response("UserNotFoundException", "User does not exist.")
        dialog = ScriptedDialog(unknown, typed=("/forgot", "bob", "1"), username="")
        dialog.run()
        assert dialog.lines.prompts[-2:] == ["Number", "Username"]

    def test_requested_reset_offers_to_send_a_code_first(self) -> None:
        dialog = ScriptedDialog(DELIVERED, typed=("/forgot", "1"))
        dialog.run()
        assert dialog.gateway.operations == ["ForgotPassword"]
        assert "1 Send a code" in dialog.lines.printed

    def test_impossible_totp_code_is_not_sent(self) -> None:
        dialog = ScriptedDialog(challenge("SOFTWARE_TOKEN_MFA"), DONE, typed=("pw", "12345", "123456"))
        assert isinstance(dialog.run(), Done)
        assert len(dialog.gateway.calls) == 2
        assert f"Error: {messages.TOTP_CODE_EXPECTED}" in dialog.lines.printed

    def test_password_with_a_space_at_an_end_is_not_sent(self) -> None:
        dialog = ScriptedDialog(SMS, typed=("hunter2 ", "hunter2"))
        dialog.run()
        assert len(dialog.gateway.calls) == 1
        assert dialog.lines.prompts[:2] == ["Password (hidden)"] * 2

    def test_phone_number_as_user_name_has_a_hint(self) -> None:
        dialog = ScriptedDialog(
            typed=("555 0123", "+1555"),
            username="",
            username_label="Phone",
            username_attributes=("phone_number",),
            auth_flow=AuthFlow.CUSTOM_WITHOUT_SRP,
        )
        dialog.gateway.replies.append(PET)
        dialog.run()
        assert dialog.lines.prompts[:2] == ["Phone, such as +15555550123"] * 2
        assert dialog.sent(0)["AuthParameters"]["USERNAME"] == "+1555"

    def test_account_without_a_password(self) -> None:
        signed_up = {"UserConfirmed": False, "Session": "s", **DELIVERED}
        dialog = ScriptedDialog(
            signed_up,
            typed=("/sign-up", "zoe", "1", "zoe@example.org"),
            username="",
            auth_flow=AuthFlow.USER_AUTH,
        )
        dialog.run()
        assert dialog.lines.prompts == [
            "Username",
            "Username",
            "Number",
            "Email (optional, Enter to skip)",
            "Code",
        ]
        assert dialog.sent().get("Password") is None
