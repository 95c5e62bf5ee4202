"""A sign-in in lines from the first prompt to the tokens, without a terminal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyotp
import pytest

from tests.plain.typist import CLIENT, POOL, Conversation, Typist
from tests.scripted_gateway import ScriptedGateway, challenge, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.next_step import Done
from tui_auth.flow.error_message import INTERNAL_ERROR
from tui_auth.plain import steps
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
    """Time as the prompts see it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(steps, "time", SimpleNamespace(monotonic=lambda: self.now))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_name_password_and_code_lead_to_the_tokens() -> None:
    talk = Conversation(SMS, DONE, typed=("hunter2", "123 456"), environment_badge="DEMO")
    assert isinstance(talk.run(), Done)
    assert talk.lines.asked == ["Password (hidden)", "Code"]
    assert talk.lines.said == [
        "DEMO: Sign in to acme-staff",
        "Username: ann (/back asks for another)",
        "/forgot resets a forgotten password, /sign-up makes an account.",
        "Code sent by SMS to +***23. /new sends another.",
    ]
    assert talk.sent(0)["AuthParameters"]["PASSWORD"] == Secret("hunter2")
    assert talk.responses() == {"SMS_MFA_CODE": Secret("123456")}


def test_a_sign_in_takes_its_settings_and_the_remembered_device_along() -> None:
    talk = Conversation(SMS, typed=("hunter2",), client_metadata={"who": "asks"})
    talk.device = Device("eu-west-1_device", "group", Secret("x"))
    talk.run()
    assert talk.sent()["ClientMetadata"] == {"who": "asks"}
    assert talk.sent()["AuthParameters"]["DEVICE_KEY"] == "eu-west-1_device"


def test_a_preferred_first_factor_is_asked_for() -> None:
    talk = Conversation(
        challenge("EMAIL_OTP"), typed=("",), auth_flow=AuthFlow.USER_AUTH, preferred_first_factor="EMAIL_OTP"
    )
    talk.run()
    assert talk.sent(0)["AuthParameters"]["PREFERRED_CHALLENGE"] == "EMAIL_OTP"


def test_the_name_is_asked_for_where_none_is_known() -> None:
    talk = Conversation(SMS, typed=("", "/back", "bob", "hunter2"), username="", username_label="E-mail")
    talk.run()
    assert talk.lines.asked[:4] == ["E-mail", "E-mail", "E-mail", "Password (hidden)"]
    assert talk.sent()["AuthParameters"]["USERNAME"] == "bob"
    assert talk.sign_in.username == "bob"


def test_back_at_the_password_asks_for_another_name() -> None:
    talk = Conversation(SMS, typed=("/back", "bob", "hunter2"))
    talk.run()
    assert talk.lines.asked[:3] == ["Password (hidden)", "Username", "Password (hidden)"]
    assert talk.sent()["AuthParameters"]["USERNAME"] == "bob"


def test_without_a_password_nothing_is_sent_again_by_itself() -> None:
    talk = Conversation(WRONG, PET, typed=("",), auth_flow=AuthFlow.CUSTOM_WITHOUT_SRP)
    talk.run()
    assert talk.lines.asked == ["Enter signs in, /back asks for another name", "Answer (hidden)"]
    assert talk.lines.said.count("/forgot resets a forgotten password, /sign-up makes an account.") == 0
    talk = Conversation(WRONG, PET, typed=("/back", "bob"), auth_flow=AuthFlow.CUSTOM_WITHOUT_SRP)
    talk.run()
    assert talk.lines.asked[1] == "Username"
    assert talk.sent()["AuthParameters"]["USERNAME"] == "bob"


def test_a_wrong_password_is_asked_for_again() -> None:
    talk = Conversation(WRONG, SMS, typed=("hunter1", "hunter2"))
    talk.run()
    assert "Error: Incorrect username or password." in talk.lines.said
    assert talk.lines.asked[:2] == ["Password (hidden)"] * 2
    assert talk.sent()["AuthParameters"]["PASSWORD"] == Secret("hunter2")
    assert talk.lines.text.count("/forgot resets") == 1


def test_a_wrong_code_is_asked_for_again() -> None:
    talk = Conversation(SMS, WRONG_CODE, DONE, typed=("hunter2", "111111", "222222"))
    assert isinstance(talk.run(), Done)
    assert "Error: That code is not right. Check it and try again." in talk.lines.said
    assert talk.responses() == {"SMS_MFA_CODE": Secret("222222")}


def test_waits_in_a_row_become_longer_until_an_answer_is_taken() -> None:
    typed = ("hunter2", "111111", "222222", "333333", "x")
    talk = Conversation(SMS, THROTTLED, THROTTLED, PET, THROTTLED, typed=typed)
    talk.run()
    assert talk.lines.waited == [5, 10, 5]
    assert "Try again in 10 seconds." in talk.lines.said


def test_an_expired_session_starts_again_at_enter() -> None:
    talk = Conversation(SMS, EXPIRED, SMS, DONE, typed=("hunter2", "111111", "", "222222"))
    assert isinstance(talk.run(), Done)
    assert talk.lines.asked == ["Password (hidden)", "Code", "Enter, or /back", "Code"]
    assert any(line.startswith("Enter starts this step again. ") for line in talk.lines.said)


def test_a_refused_answer_to_a_question_of_the_pool_leads_back_to_sign_in() -> None:
    talk = Conversation(
        PET, error_from_response("NotAuthorizedException", "Wrong pet."), SMS, typed=("pw", "rex", "pw")
    )
    talk.run()
    assert "Error: The service ended this sign-in. It says: “Wrong pet.” Sign in again." in talk.lines.said
    assert talk.gateway.operations == ["InitiateAuth", "RespondToAuthChallenge", "InitiateAuth"]


def test_a_question_of_the_pool_is_shown_as_its_words() -> None:
    talk = Conversation(PET, DONE, typed=("pw", "rex"))
    assert isinstance(talk.run(), Done)
    assert talk.lines.said[-2:] == ["The service asks:", "  | question: Pet?"]
    assert talk.responses() == {"ANSWER": Secret("rex")}


def test_a_step_of_an_unknown_kind_is_named() -> None:
    talk = Conversation(challenge("MOON_PHASE", phase="full"), DONE, typed=("pw", "x"))
    assert isinstance(talk.run(), Done)
    assert talk.lines.said[-4:] == [
        "The pool asks for a step this version does not know.",
        "Challenge MOON_PHASE",
        "The service asks:",
        "  | phase: full",
    ]


def test_a_fault_of_our_own_keeps_the_step_and_shows_no_value() -> None:
    talk = Conversation(SMS, KeyError("hunter2"), DONE, typed=("hunter2", "111111", "222222"))
    assert isinstance(talk.run(), Done)
    assert f"Error: {INTERNAL_ERROR}" in talk.lines.said
    assert "hunter2" not in talk.lines.text


def test_back_at_a_step_leads_to_sign_in() -> None:
    talk = Conversation(SMS, SMS, typed=("hunter2", "/back", "hunter2"))
    talk.run()
    assert talk.lines.asked == ["Password (hidden)", "Code", "Password (hidden)", "Code"]
    assert "may count already" not in talk.lines.text


def test_leaving_a_new_password_that_may_be_set_says_so() -> None:
    ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes="[]")
    talk = Conversation(ask, LOST, typed=("pw", "New-1", "New-1", "/back"))
    talk.run()
    assert "The new password may count already: sign in with it." in talk.lines.said


class TestNewCodes:
    def test_a_new_code_is_sent_and_said(self, clock: Clock) -> None:
        talk = Conversation(SMS, SMS, DONE, typed=("hunter2", "/new", "123456"))
        assert isinstance(talk.run(), Done)
        assert talk.lines.said[-1] == "A new code is on its way; earlier ones stopped working."
        assert talk.gateway.operations == ["InitiateAuth", "InitiateAuth", "RespondToAuthChallenge"]

    @pytest.mark.parametrize(("passed", "left"), [(0, 30), (0.5, 30), (12, 18), (29.5, 1)])
    def test_another_one_is_not_sent_within_30_seconds(self, clock: Clock, passed: float, left: int) -> None:
        talk = Conversation(SMS, SMS, SMS, typed=("hunter2", "/new", "/new"))
        self.type_late(talk, clock, passed)
        assert talk.lines.said[-1] == f"Error: A new code was sent just now. /new again in {left} s."
        assert len(talk.gateway.calls) == 2

    def test_another_one_is_sent_after_30_seconds(self, clock: Clock) -> None:
        talk = Conversation(SMS, SMS, SMS, typed=("hunter2", "/new", "/new"))
        self.type_late(talk, clock, 30)
        assert len(talk.gateway.calls) == 3
        assert "sent just now" not in talk.lines.text

    @staticmethod
    def type_late(talk: Conversation, clock: Clock, passed: float) -> None:
        """Run, with so many seconds before what is typed third."""
        ask = talk.lines.ask

        def late(prompt: str) -> str:
            clock.now += passed if len(talk.lines.asked) == 2 else 0
            return ask(prompt)

        talk.lines.ask = late  # type: ignore[method-assign]
        talk.run()

    def test_after_a_sign_up_too(self, clock: Clock) -> None:
        typed = ("hunter2", "/new", "/new", "123456")
        talk = Conversation(UNCONFIRMED, DELIVERED, {}, DONE, typed=typed)
        assert isinstance(talk.run(), Done)
        assert talk.lines.said[-3:] == [
            "This account is not confirmed yet. /new sends another.",
            "Code sent by e-mail to a***@e***. Earlier ones stopped working.",
            "Error: A new code was sent just now. /new again in 30 s.",
        ]
        assert talk.sent(2)["ConfirmationCode"] == Secret("123456")

    def test_a_sign_up_confirmed_elsewhere_needs_no_code(self, clock: Clock) -> None:
        confirmed = error_from_response("InvalidParameterException", "User is already confirmed.")
        talk = Conversation(UNCONFIRMED, confirmed, DONE, typed=("hunter2", "/new"))
        assert isinstance(talk.run(), Done)


class TestChoices:
    def test_a_second_factor_is_chosen_by_its_number(self) -> None:
        talk = Conversation(MFA_CHOICE, DONE, typed=("pw", "3", "2"))
        assert isinstance(talk.run(), Done)
        assert talk.lines.said[-4:] == [
            "How do you want to confirm it is you?",
            "1 Text message (SMS)",
            "2 Authenticator app",
            "Error: Type 1 or 2.",
        ]
        assert talk.responses() == {"ANSWER": "SOFTWARE_TOKEN_MFA"}

    def test_a_passkey_cannot_be_chosen(self) -> None:
        ask = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["WEB_AUTHN", "EMAIL_OTP"]}
        talk = Conversation(ask, challenge("EMAIL_OTP"), typed=("1", "2"), auth_flow=AuthFlow.USER_AUTH)
        talk.run()
        assert "Error: A passkey cannot be used from a terminal. Choose another way." in talk.lines.said
        assert talk.responses() == {"ANSWER": "EMAIL_OTP"}

    def test_a_user_with_only_a_passkey_is_told_and_another_name_is_asked_for(self) -> None:
        ask = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["WEB_AUTHN"]}
        talk = Conversation(ask, typed=(), auth_flow=AuthFlow.USER_AUTH)
        talk.run()
        assert (
            "This user has only a passkey, which no terminal can use. An administrator can set a password."
            in talk.lines.said
        )
        assert talk.lines.asked == ["Username"]

    def test_the_password_is_asked_for_where_it_was_chosen(self) -> None:
        ask = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["PASSWORD", "EMAIL_OTP"]}
        talk = Conversation(ask, DONE, typed=("1", "hunter2"), auth_flow=AuthFlow.USER_AUTH)
        assert isinstance(talk.run(), Done)
        assert talk.responses() == {"ANSWER": "PASSWORD", "PASSWORD": Secret("hunter2")}

    def test_what_can_be_set_up_is_offered_and_sms_is_explained(self) -> None:
        ask = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]')
        typed = ("pw", "2", "ann@example.org")
        talk = Conversation(ask, challenge("EMAIL_OTP"), typed=typed)
        talk.run()
        question = "This pool wants a second factor. Which one do you want to set up?"
        assert f"{question}\nFor SMS, ask an administrator." in talk.lines.said
        assert talk.lines.asked[2] == "E-mail address for your codes"
        assert talk.responses() == {"EMAIL": "ann@example.org"}


class TestAuthenticators:
    def test_a_code_from_the_app_is_asked_for_by_the_devices_name(self) -> None:
        ask = challenge("SOFTWARE_TOKEN_MFA", FRIENDLY_DEVICE_NAME="laptop")
        talk = Conversation(ask, DONE, typed=("pw", "123456"))
        assert isinstance(talk.run(), Done)
        assert talk.lines.said[-1] == "Code from your authenticator app (laptop)."

    def test_a_wrong_clock_explains_a_refused_code(self) -> None:
        talk = Conversation(challenge("SOFTWARE_TOKEN_MFA"), WRONG_CODE, typed=("pw", "123456"))
        talk.gateway.clock_offset = 120.0
        talk.run()
        assert any(
            line.endswith("This machine's clock is 120 seconds slow; codes made on it are off.")
            for line in talk.lines.said
        )

    def test_a_new_key_is_shown_in_groups_with_its_account(self) -> None:
        replies = ({"SecretCode": KEYS[0], "Session": "2"}, {"Status": "SUCCESS", "Session": "3"}, DONE)
        talk = Conversation(NEW_KEY, *replies, typed=("pw", "123456"), app_name="Acme")
        assert isinstance(talk.run(), Done)
        assert talk.lines.said[-3:] == [
            "Add this key to your authenticator app, as a time-based one:",
            "ABCD 2345 ABCD 2345\n" * 3 + "ABCD",
            "Account: Acme: ann",
        ]
        assert talk.lines.asked[1] == "Code the app shows"

    def test_a_code_of_another_moment_is_explained(self) -> None:
        talk = Conversation(NEW_KEY, {"SecretCode": KEYS[0], "Session": "2"}, WRONG_CODE, typed=("pw",))
        now = talk.gateway.now()
        talk.gateway.now = lambda: now  # type: ignore[method-assign]
        talk.lines.typed.append(pyotp.TOTP(KEYS[0]).at(int(now) - 600))
        talk.run()
        assert any(line.startswith("Error: It fits 10 minutes ago") for line in talk.lines.said)

    def test_a_wrong_code_after_a_new_key_is_not_compared_with_the_key(self) -> None:
        key = ({"SecretCode": KEYS[0], "Session": "2"}, {"Status": "SUCCESS", "Session": "3"})
        talk = Conversation(NEW_KEY, *key, SMS, WRONG_CODE, typed=("pw", "123456", "111111"))
        talk.run()
        assert "Error: That code is not right. Check it and try again." in talk.lines.said

    def test_a_second_key_says_that_the_first_is_no_use(self) -> None:
        replies = (
            NEW_KEY,
            {"SecretCode": KEYS[0], "Session": "2"},
            NEW_KEY,
            {"SecretCode": KEYS[1], "Session": "3"},
        )
        talk = Conversation(*replies, typed=("pw", "/back", "pw"))
        talk.run()
        assert talk.lines.text.count("A new key: delete an earlier “acme-staff: ann” from the app.") == 1


class TestReset:
    def test_a_forgotten_password_is_reset_with_a_code_that_is_sent(self, clock: Clock) -> None:
        typed = ("/forgot", "2", "/new", "123456", "New-1", "New-1")
        talk = Conversation(DELIVERED, {}, DONE, typed=typed)
        assert isinstance(talk.run(), Done)
        hidden = "If there is such an account: code sent by e-mail to a***@e***"
        assert f"{hidden}." in talk.lines.said
        assert "Error: A new code was sent just now. /new again in 30 s." in talk.lines.said
        assert "must be reset" not in talk.lines.text
        assert talk.gateway.operations == ["ForgotPassword", "ConfirmForgotPassword", "InitiateAuth"]
        sent = talk.sent(1)
        assert (sent["ConfirmationCode"], sent["Password"]) == (Secret("123456"), Secret("New-1"))

    def test_another_code_says_that_the_first_stopped_working(self, clock: Clock) -> None:
        talk = Conversation(DELIVERED, DELIVERED, typed=("/forgot", "1", "/new"))
        talk.run()
        assert talk.lines.said[-1].endswith("; earlier ones stopped working.")

    def test_the_name_is_asked_for_first(self) -> None:
        talk = Conversation(typed=("/forgot", "bob", "1"), username="")
        talk.run()
        assert talk.lines.asked[:3] == ["Username", "Username", "Number"]
        assert talk.sign_in.username == "bob"

    def test_a_password_that_must_be_reset_is_said(self) -> None:
        talk = Conversation(RESET_NEEDED, DELIVERED, {}, DONE, typed=("pw", "2", "1", "New-1", "New-1"))
        assert isinstance(talk.run(), Done)
        assert "Your password must be reset before you can sign in." in talk.lines.said
        assert "Code sent by e-mail to a***@e***." in talk.lines.said

    def test_only_what_was_refused_is_asked_again(self) -> None:
        weak = error_from_response("InvalidPasswordException", "Password not long enough")
        typed = ("pw", "1", "111111", "New-1", "New-1", "222222", "333333", "New-22", "New-22")
        talk = Conversation(RESET_NEEDED, WRONG_CODE, weak, {}, DONE, typed=typed)
        assert isinstance(talk.run(), Done)
        assert talk.lines.asked.count("New password (hidden)") == 2, "a wrong code keeps the password"
        assert talk.lines.asked.count("Number") == 1
        assert talk.sent(3)["Password"] == Secret("New-22")

    def test_an_unconfirmed_account_is_confirmed_before_its_code_is_sent(self) -> None:
        talk = Conversation(RESET_NEEDED, UNCONFIRMED, typed=("pw", "2"))
        talk.run()
        assert talk.gateway.operations == ["InitiateAuth", "ForgotPassword"]


class TestNewPassword:
    def test_a_temporary_password_is_replaced_with_the_attributes_the_pool_needs(self) -> None:
        ask = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes='["userAttributes.name"]')
        talk = Conversation(ask, DONE, typed=("pw", "New-1", "New-1", "Ann"))
        assert isinstance(talk.run(), Done)
        assert talk.lines.said[-1] == "Choose a new password; yours was temporary."
        assert talk.lines.asked[-1] == "Name (needed by this pool)"
        assert talk.responses() == {"NEW_PASSWORD": Secret("New-1"), "userAttributes.name": "Ann"}


class TestSignUp:
    def sign_up(self, *replies: Any, typed: tuple[str, ...], **settings: Any) -> Conversation:
        talk = Conversation(*replies, typed=("/sign-up", *typed), username="", **settings)
        talk.run()
        return talk

    def test_name_password_and_attributes_make_an_account(self) -> None:
        signed_up = {"UserConfirmed": False, "Session": "s", **DELIVERED}
        talk = self.sign_up(
            signed_up,
            typed=("zoe", "New-1", "New-1", "", "1990-01-31"),
            required_attributes=("birthdate",),
            client_metadata={"who": "asks"},
        )
        assert talk.lines.asked[:6] == [
            "Username",
            "Username",
            "New password (hidden)",
            "Once more (hidden)",
            "E-mail (Enter leaves it out)",
            "Birthday, as 2001-12-31",
        ]
        assert talk.sent()["UserAttributes"] == [{"Name": "birthdate", "Value": "1990-01-31"}]
        assert talk.sent()["ClientMetadata"] == {"who": "asks"}
        assert talk.sign_in.username == "zoe"
        assert "Make an account (/back goes back to sign-in)" in talk.lines.said
        assert talk.lines.said[-1].startswith(
            "This account is not confirmed yet. Code sent by e-mail to a***@e***."
        )

    def test_from_the_password_prompt_too(self) -> None:
        talk = Conversation(typed=("/sign-up", "zoe"))
        talk.run()
        assert talk.lines.asked == ["Password (hidden)", "Username", "New password (hidden)"]

    @pytest.mark.parametrize(
        ("error", "asked_again"),
        [
            (error_from_response("UsernameExistsException", ""), ["Username"]),
            (
                error_from_response("InvalidPasswordException", ""),
                ["New password (hidden)", "Once more (hidden)"],
            ),
            (error_from_response("AliasExistsException", ""), ["E-mail (Enter leaves it out)"]),
            (
                error_from_response("InvalidParameterException", "Invalid email address"),
                ["E-mail (Enter leaves it out)"],
            ),
            (
                error_from_response("InvalidParameterException", "birthdate: The attribute is required"),
                ["Birthday, as 2001-12-31"],
            ),
            (LOST, ["Enter tries it again, /back goes back to sign-in"]),
        ],
    )
    def test_only_what_was_refused_is_asked_again(self, error: AuthError, asked_again: list[str]) -> None:
        typed = ("zoe", "New-1", "New-1", "zoe@example.org")
        talk = self.sign_up(error, typed=(*typed, "x" if len(asked_again) == 1 else "New-2"))
        assert talk.lines.asked[5 : 5 + len(asked_again)] == asked_again

    def test_a_pool_that_needs_an_attribute_is_said(self) -> None:
        error = error_from_response("InvalidParameterException", "birthdate: The attribute is required")
        talk = self.sign_up(error, typed=("zoe", "New-1", "New-1", ""))
        assert "Error: This pool also needs: Birthday." in talk.lines.said

    @pytest.mark.parametrize("kind", [ErrorKind.NOT_AUTHORIZED, ErrorKind.CONFIGURATION])
    def test_where_no_account_can_be_made_it_is_back_at_sign_in(self, kind: ErrorKind) -> None:
        talk = self.sign_up(AuthError(kind, "SignUp is not permitted."), typed=("zoe", "New-1", "New-1", ""))
        assert talk.lines.said[-1] == "Sign in to acme-staff"

    def test_back_leads_to_sign_in(self) -> None:
        talk = self.sign_up(typed=("/back",))
        assert talk.lines.asked == ["Username", "Username", "Username"]
        assert talk.lines.said[-1] == "Sign in to acme-staff"


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

    def test_yes_has_the_pool_remember_the_machine(self) -> None:
        lines, gateway = self.ask({}, typed=("", "3", "1"))
        assert gateway.operations[-1] == "UpdateDeviceStatus"
        assert lines.said == [
            "Shall the pool remember this machine?",
            "1 Yes, it is mine",
            "2 No",
            "Type 1 or 2.",
            "Error: Type 1 or 2.",
            "The pool remembers this machine.",
        ]

    @pytest.mark.parametrize("typed", [("2",), ("/back",), ()])
    def test_no_and_no_answer_leave_it_as_it_is(self, typed: tuple[str, ...]) -> None:
        lines, gateway = self.ask(typed=typed)
        assert gateway.operations == ["InitiateAuth", "ConfirmDevice"]
        assert lines.said[-1] == "2 No"

    def test_a_refusal_is_said_and_changes_nothing_else(self) -> None:
        lines, _ = self.ask(THROTTLED, typed=("1",))
        assert lines.said[-1] == (
            "Error: The pool did not remember this machine. Cognito is asked too often just now."
        )


def test_a_command_that_needs_a_session_gets_the_tokens() -> None:
    talk = Conversation(SMS, DONE, typed=("hunter2", "123456"), leaves_when_done=True)
    assert isinstance(talk.run(), Done)
