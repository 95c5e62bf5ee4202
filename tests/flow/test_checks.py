"""What the flow checks before it sends a request, and what an error is about."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flow.conftest import CLIENT, POOL, DrivenFlow, flow_with
from tests.scripted_gateway import Reply, challenge, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import ConfirmSignUp, ResetPassword
from tui_auth.errors import AuthError, ErrorField, ErrorKind
from tui_auth.flow import messages
from tui_auth.flow.checks import find_attribute_error, normalize_attribute
from tui_auth.flow.errors import find_attribute
from tui_auth.flow.interface import ErrorMessage
from tui_auth.flow.outputs import ShowError, ShowSignIn, ShowStep
from tui_auth.secret import Secret

DONE = tokens(POOL, CLIENT)
SMS = challenge("SMS_MFA", CODE_DELIVERY_DELIVERY_MEDIUM="SMS")
EMAIL = challenge("EMAIL_OTP", CODE_DELIVERY_DELIVERY_MEDIUM="EMAIL")
TOTP = challenge("SOFTWARE_TOKEN_MFA")
NEW_PASSWORD = challenge(
    "NEW_PASSWORD_REQUIRED", requiredAttributes='["userAttributes.name","userAttributes.phone_number"]'
)
RESET = error_from_response("PasswordResetRequiredException", "")
UNCONFIRMED = error_from_response("UserNotConfirmedException", "")
PASSWORD = Secret("Correct-Horse-9")


def error_of(output: Any) -> ErrorMessage:
    """Return the error that an output shows at the step."""
    assert isinstance(output, ShowError)
    return output.error


def at_step(*replies: Reply, **settings: Any) -> DrivenFlow:
    """Return a flow after sign-in, at the step of the first reply."""
    flow = flow_with(*replies, **settings)
    assert isinstance(flow.sign_in_as_ann(), ShowStep)
    return flow


class TestCodes:
    @pytest.mark.parametrize("reply", [SMS, EMAIL, RESET, UNCONFIRMED])
    @pytest.mark.parametrize("code", ["zz", "12", "12345678901", "12345a", "12345²", "\x1b"])
    def test_impossible_code_is_not_sent(self, reply: Reply, code: str) -> None:
        flow = at_step(reply)
        error = error_of(flow.answer(Secret(code), new_password=PASSWORD))
        assert (error.text, error.field) == (messages.CODE_EXPECTED, ErrorField.ANSWER)
        assert flow.operations == ["InitiateAuth"]
        assert flow.pending is None

    @pytest.mark.parametrize("code", ["1234", "123456", "12345678"])
    def test_code_of_any_usual_length_is_sent(self, code: str) -> None:
        flow = at_step(SMS, DONE)
        assert isinstance(flow.run(flow.answer(Secret(code))), ShowStep)

    @pytest.mark.parametrize("code", ["12345", "1234567", "12345x", "12345²"])
    def test_totp_code_has_six_digits(self, code: str) -> None:
        flow = at_step(TOTP)
        assert error_of(flow.answer(Secret(code))).text == messages.TOTP_CODE_EXPECTED
        assert flow.operations == ["InitiateAuth"]

    def test_answer_during_a_request_changes_nothing(self) -> None:
        new_key = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
        wrong = error_from_response("CodeMismatchException", "")
        flow = at_step(new_key, {"SecretCode": "A" * 52, "Session": "2"}, wrong)
        request = flow.answer(Secret("111111"))
        assert flow.answer(Secret("222222")) is None
        assert flow._totp_code == Secret("111111"), "the code that was sent is diagnosed"
        flow.run(request)


class TestPasswords:
    @pytest.mark.parametrize("password", [" Correct-9", "Correct-9 ", "Correct-9\t"])
    def test_space_at_an_end_is_reported_before_an_attempt_is_spent(self, password: str) -> None:
        flow = flow_with()
        error = error_of(flow.sign_in("ann", Secret(password)))
        assert (error.text, error.field) == (messages.PASSWORD_SPACES, ErrorField.ANSWER)
        assert (flow.operations, flow.attempt) == ([], None)

    def test_space_inside_is_allowed(self) -> None:
        flow = flow_with(DONE)
        assert isinstance(flow.run(flow.sign_in("ann", Secret("Correct Horse 9"))), ShowStep)

    @pytest.mark.parametrize("reply", [NEW_PASSWORD, RESET])
    def test_new_password_with_a_space_at_an_end_is_not_sent(self, reply: Reply) -> None:
        flow, bad = at_step(reply), Secret("Correct-9 ")
        output = flow.answer(Secret("123456"), new_password=bad) if reply is RESET else flow.answer(bad)
        error = error_of(output)
        assert (error.text, error.field) == (messages.PASSWORD_SPACES, ErrorField.NEW_PASSWORD)
        assert flow.operations == ["InitiateAuth"]

    def test_password_as_first_factor_is_checked_too(self) -> None:
        ask = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["PASSWORD", "EMAIL_OTP"]}
        flow = flow_with(ask, auth_flow=AuthFlow.USER_AUTH)
        flow.run(flow.sign_in("ann", None))
        flow.run(flow.answer("PASSWORD"))
        assert error_of(flow.answer(Secret("Correct-9 "))).text == messages.PASSWORD_SPACES


class TestAttributes:
    @pytest.mark.parametrize(
        ("code", "text", "attribute"),
        [
            ("InvalidParameterException", "Invalid phone number format.", "phone_number"),
            ("InvalidParameterException", "Invalid email address format.", "email"),
            (
                "InvalidParameterException",
                "Attributes did not conform to the schema: birthdate: Value too long",
                "birthdate",
            ),
            ("InvalidParameterException", "Attributes are wrong", ""),
            (
                "AliasExistsException",
                "An account with the given phone_number already exists.",
                "phone_number",
            ),
            ("CodeMismatchException", "Invalid phone_number", ""),
        ],
    )
    def test_error_names_its_attribute(self, code: str, text: str, attribute: str) -> None:
        names = ("email", "phone_number", "birthdate", "name")
        assert find_attribute(error_from_response(code, text), names) == attribute

    def test_error_about_an_attribute_of_the_new_password_step(self) -> None:
        rejected = error_from_response("InvalidParameterException", "Invalid phone number format.")
        flow = at_step(NEW_PASSWORD, rejected)
        attributes = {"name": "Ann", "phone_number": "+15555550123"}
        error = error_of(flow.run(flow.answer(PASSWORD, attributes=attributes)))
        assert (error.field, error.attribute) == (ErrorField.ATTRIBUTES, "phone_number")

    @pytest.mark.parametrize(
        ("attributes", "attribute"),
        [
            ({"name": "Ann"}, "phone_number"),
            ({"name": "", "phone_number": "+15555550123"}, "name"),
            ({"name": "Ann", "phone_number": "5555550123"}, "phone_number"),
        ],
    )
    def test_missing_or_impossible_attribute_is_not_sent(
        self, attributes: dict[str, str], attribute: str
    ) -> None:
        flow = at_step(NEW_PASSWORD)
        error = error_of(flow.answer(PASSWORD, attributes=attributes))
        assert (error.field, error.attribute) == (ErrorField.ATTRIBUTES, attribute)
        assert flow.operations == ["InitiateAuth"]

    @pytest.mark.parametrize(
        ("name", "value", "is_possible"),
        [
            ("phone_number", "+15555550123", True),
            ("phone_number", "15555550123", False),
            ("email", "ann@example.org", True),
            ("email", "ann.example.org", False),
            ("birthdate", "2001-12-31", True),
            ("birthdate", "31.12.2001", False),
            ("name", "Ann", True),
        ],
    )
    def test_values_that_cognito_always_rejects(self, name: str, value: str, is_possible: bool) -> None:
        assert (find_attribute_error(name, value) == "") is is_possible

    def test_phone_number_loses_its_separators(self) -> None:
        assert normalize_attribute("phone_number", "+1 (555) 555-0123") == "+15555550123"
        assert normalize_attribute("name", "+1 (555)") == "+1 (555)"


class TestSignUp:
    def sign_up(
        self, flow: DrivenFlow, username: str, password: Secret | None = PASSWORD, **values: str
    ) -> Any:
        flow.open_sign_up("")
        return flow.run(flow.sign_up(username, password, values))

    def test_missing_required_attribute_is_not_sent(self) -> None:
        flow = flow_with(required_attributes=("given_name", "email"))
        error = error_of(self.sign_up(flow, "zoe", email="zoe@example.org"))
        assert (error.field, error.attribute) == (ErrorField.ATTRIBUTES, "given_name")
        assert flow.operations == []

    def test_email_address_is_sent_in_lower_case(self) -> None:
        flow = flow_with({"UserConfirmed": False}, username_attributes=("email",))
        self.sign_up(flow, "Zoe@Example.ORG", email="Zoe@Example.ORG")
        sent = flow.gateway.calls[0][1]
        assert sent["Username"] == "zoe@example.org"
        assert sent["UserAttributes"] == [{"Name": "email", "Value": "zoe@example.org"}]

    def test_user_name_keeps_its_spelling(self) -> None:
        flow = flow_with({"UserConfirmed": False})
        self.sign_up(flow, "Zoe")
        assert flow.gateway.calls[0][1]["Username"] == "Zoe"

    def test_email_address_is_signed_in_as_typed(self) -> None:
        flow = flow_with(DONE, username_attributes=("email",))
        flow.run(flow.sign_in("Zoe@Example.ORG", PASSWORD))
        assert flow.gateway.calls[0][1]["AuthParameters"]["USERNAME"] == "Zoe@Example.ORG"

    @pytest.mark.parametrize("decide", ["sign_in", "sign_up", "reset_password"])
    def test_phone_number_needs_its_country_code(self, decide: str) -> None:
        flow = flow_with(username_attributes=("phone_number",))
        arguments: Any = {"sign_in": (PASSWORD,), "sign_up": (PASSWORD, {}), "reset_password": ()}[decide]
        error = error_of(getattr(flow, decide)("555 555-0123", *arguments))
        assert (error.text, error.field) == (messages.PHONE_EXPECTED, ErrorField.USERNAME)
        assert flow.operations == []

    def test_phone_number_is_sent_without_separators(self) -> None:
        flow = flow_with(DONE, username_attributes=("phone_number", "email"))
        flow.run(flow.sign_in("+1 555 555-0123", PASSWORD))
        assert flow.gateway.calls[0][1]["AuthParameters"]["USERNAME"] == "+15555550123"

    def test_account_without_a_password(self) -> None:
        flow = flow_with({"UserConfirmed": False, "Session": "s"}, auth_flow=AuthFlow.USER_AUTH)
        output = self.sign_up(flow, "zoe", None, email="zoe@example.org")
        assert isinstance(output, ShowStep)
        assert isinstance(output.step, ConfirmSignUp)
        assert flow.gateway.calls[0][1].get("Password") is None

    def test_password_is_required_where_it_is_the_only_factor(self) -> None:
        flow = flow_with()
        error = error_of(self.sign_up(flow, "zoe", None))
        assert (error.text, error.field) == (messages.NEW_PASSWORD_REQUIRED, ErrorField.NEW_PASSWORD)
        assert flow.operations == []


class TestErrorsAboutNoField:
    @pytest.mark.parametrize("kind", [ErrorKind.CONFIGURATION, ErrorKind.NETWORK])
    def test_error_that_no_other_password_changes_is_not_about_the_password(self, kind: ErrorKind) -> None:
        flow = flow_with(AuthError(kind, "No answer came."))
        assert error_of(flow.sign_in_as_ann()).field is ErrorField.FORM

    def test_wrong_password_is_about_the_password(self) -> None:
        flow = flow_with(error_from_response("NotAuthorizedException", "Incorrect username or password."))
        assert error_of(flow.sign_in_as_ann()).field is ErrorField.ANSWER

    def test_reset_of_an_unknown_user_leads_to_sign_in(self) -> None:
        flow = flow_with(error_from_response("UserNotFoundException", "User does not exist."))
        output = flow.reset_password("nobody")
        assert isinstance(output, ShowStep)
        assert isinstance(output.step, ResetPassword)
        output = flow.run(flow.new_code())
        assert isinstance(output, ShowSignIn)
        assert output.error is not None
        assert "password" not in output.error.text, "none was sent"
