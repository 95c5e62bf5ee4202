"""SignInFlow: errors, late replies, going back, new codes and Done."""

from __future__ import annotations

import threading
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest

from tests.flow.conftest import CLIENT, POOL, DrivenFlow, flow_with
from tests.scripted_gateway import challenge, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import (
    NEXT_STEPS,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignUp,
    ContinueSignInWithMFASelection,
    DeliveryDetails,
    Done,
    ResetPassword,
)
from tui_auth.errors import AuthError, ErrorField, ErrorKind
from tui_auth.flow import messages
from tui_auth.flow.interface import INTERNAL_ERROR
from tui_auth.flow.outputs import (
    AskAboutDevice,
    AskStorage,
    Finish,
    OfferRestart,
    RunRequest,
    ShowCodeSent,
    ShowError,
    ShowNotice,
    ShowSaved,
    ShowSignIn,
    ShowSignUp,
    ShowStep,
    ShowUnsaved,
    StepContext,
    WaitBeforeRetry,
)
from tui_auth.flow.sign_in_flow import PendingRequest, collapse
from tui_auth.screens.screen_context import ScreenContext
from tui_auth.screens.steps import SCREENS
from tui_auth.secret import Secret
from tui_auth.session.persistence import SIGNATURES_UNCHECKED
from tui_auth.storage.stores import StorageKind

SMS = challenge("SMS_MFA", CODE_DELIVERY_DELIVERY_MEDIUM="SMS", CODE_DELIVERY_DESTINATION="+*******0123")
PET = challenge("CUSTOM_CHALLENGE", question="Pet?", USERNAME="ann")
CHOICE = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA"]')
NEW_PASSWORD = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes="[]")
NEW_KEY = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
DELIVERED = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}}
DONE = tokens(POOL, CLIENT)
CODE = Secret("123456")

EXPIRED = error_from_response("NotAuthorizedException", "Invalid session for the user, session is expired.")
WRONG_CODE = error_from_response("CodeMismatchException", "")
THROTTLED = error_from_response("TooManyRequestsException", "")
LOST = AuthError(ErrorKind.NETWORK, "No answer came.", "Try again.", may_have_arrived=True)


def at_sms(*replies: Any, **settings: Any) -> DrivenFlow:
    """Return a flow at the SMS code."""
    flow = flow_with(SMS, *replies, **settings)
    assert isinstance(flow.sign_in_as_ann(), ShowStep)
    return flow


def pending(flow: DrivenFlow, output: Any) -> PendingRequest:
    """Return the request of an output."""
    assert isinstance(output, RunRequest)
    assert flow.pending is output.request
    return output.request


def test_every_step_has_a_screen() -> None:
    assert set(SCREENS) == set(NEXT_STEPS)


def test_screen_context_has_every_field_of_step_context() -> None:
    names = {field.name for field in fields(StepContext)}
    assert names <= {field.name for field in fields(ScreenContext)}


@pytest.mark.parametrize(
    ("breadcrumbs", "shown"),
    [
        ((), ()),
        (("code", "code"), ("code ×2",)),
        (("question", "question", "code", "question"), ("question ×2", "code", "question")),
    ],
)
def test_repeated_steps_are_one_breadcrumb_with_a_count(
    breadcrumbs: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    assert collapse(breadcrumbs) == shown


class TestSteps:
    def test_answer_leads_to_the_next_step_with_breadcrumbs(self) -> None:
        flow = flow_with(CHOICE, SMS, DONE)
        first = flow.sign_in_as_ann()
        assert isinstance(first, ShowStep)
        assert isinstance(first.step, ContinueSignInWithMFASelection)
        second = flow.run(flow.answer("SMS_MFA", breadcrumb="choice"))
        assert isinstance(second, ShowStep)
        assert second.context.breadcrumbs == ("password", "choice")
        end = flow.run(flow.answer(CODE, breadcrumb="code"))
        assert isinstance(end, ShowStep)
        assert isinstance(end.step, Done)
        assert flow.done is end.step

    def test_repeated_challenges_are_counted(self) -> None:
        flow = flow_with(PET, PET, SMS, auth_flow=AuthFlow.CUSTOM_WITHOUT_SRP)
        counts = []
        output = flow.run(flow.sign_in("ann", None))
        for _ in range(2):
            assert isinstance(output, ShowStep)
            counts.append(output.context.challenge_count)
            output = flow.run(flow.answer(Secret("rex"), breadcrumb="question"))
        assert isinstance(output, ShowStep)
        assert counts == [1, 2]
        assert output.context.breadcrumbs == ("username", "question")

    @pytest.mark.parametrize("code", ["PasswordResetRequiredException", "UserNotConfirmedException"])
    def test_step_before_password_verification_has_no_breadcrumbs(self, code: str) -> None:
        output = flow_with(error_from_response(code, "")).sign_in_as_ann()
        assert isinstance(output, ShowStep)
        assert output.context.breadcrumbs == ()

    def test_second_totp_key_replaces_the_first(self) -> None:
        keys = [{"SecretCode": letter * 52, "Session": "2"} for letter in "ABB"]
        flow = flow_with(NEW_KEY, keys[0], NEW_KEY, keys[1], NEW_KEY, keys[2])
        replaces = []
        for _ in range(3):
            output = flow.sign_in_as_ann()
            assert isinstance(output, ShowStep)
            replaces.append(output.context.is_replacement_totp_key)
            flow.leave()
        assert replaces == [False, True, False]

    def test_flow_finishes_at_done_if_it_leaves_when_done(self) -> None:
        flow = flow_with(DONE, leaves_when_done=True)
        output = flow.sign_in_as_ann()
        assert isinstance(output, Finish)
        assert flow.done is output.done


class TestErrors:
    def test_wrong_code_stays_at_the_step(self) -> None:
        flow = at_sms(WRONG_CODE, DONE)
        output = flow.run(flow.answer(CODE))
        assert isinstance(output, ShowError)
        assert isinstance(flow.step, ConfirmSignInWithSMSMFACode)
        assert isinstance(flow.run(flow.answer(CODE)), ShowStep)

    def test_expired_session_offers_a_restart_and_sends_nothing(self) -> None:
        flow = at_sms(EXPIRED, SMS)
        output = flow.run(flow.answer(CODE))
        assert isinstance(output, OfferRestart)
        assert output.error.text == "This code has expired. Press Enter to get a new one."
        assert flow.operations.count("InitiateAuth") == 1
        again = flow.run(flow.restart())
        assert isinstance(again, ShowStep)
        assert again.context.was_restarted

    @pytest.mark.parametrize("text", ["Wrong pet.", "Invalid session for the user, session is expired."])
    def test_rejected_custom_challenge_leads_to_sign_in(self, text: str) -> None:
        flow = flow_with(PET, error_from_response("NotAuthorizedException", text))
        flow.sign_in_as_ann()
        output = flow.run(flow.answer(Secret("rex")))
        assert isinstance(output, ShowSignIn)
        assert output.error is not None
        assert output.error.field is ErrorField.FORM
        assert text in output.error.text
        assert (flow.step, flow.attempt) == (None, None)

    def test_consecutive_waits_grow_until_the_next_step(self) -> None:
        flow = at_sms(THROTTLED, THROTTLED, PET, THROTTLED)
        outputs = [flow.run(flow.answer(CODE)) for _ in range(4)]
        waits = [output.seconds for output in outputs if isinstance(output, WaitBeforeRetry)]
        assert waits == [5, 10, 5]

    def test_internal_error_stays_at_the_step_and_shows_no_value(self) -> None:
        flow = at_sms(KeyError("hunter2"))
        output = flow.run(flow.answer(CODE))
        assert isinstance(output, ShowError)
        assert output.error.text == INTERNAL_ERROR

    @pytest.mark.parametrize(("key", "text"), [("Enter", "Press Enter to try again."), ("", "Try again.")])
    def test_lost_reply_names_the_key_that_repeats_the_request(self, key: str, text: str) -> None:
        flow = at_sms(LOST, enter_key=key)
        output = flow.run(flow.answer(CODE))
        assert isinstance(output, ShowError)
        assert output.error.text == f"No answer came. {text}"
        assert output.error.enter_repeats is (key == "Enter")

    def test_lost_new_code_request_names_its_key(self) -> None:
        flow = at_sms(LOST)
        output = flow.run(flow.new_code(key="^r"))
        assert isinstance(output, ShowError)
        assert output.error.text == "No answer came. Press ^r to try again."
        assert not output.error.enter_repeats

    def test_tokens_with_an_invalid_signature_lead_to_sign_in(self) -> None:
        flow = at_sms(DONE, saver=Saver(signature_error=AuthError(ErrorKind.SERVICE, "Not signed.")))
        output = flow.run(flow.answer(CODE))
        assert isinstance(output, ShowSignIn)
        assert output.error is not None
        assert output.error.text == "Not signed."
        assert flow.done is None

    def test_required_attribute_is_reported_once(self) -> None:
        error = error_from_response("InvalidParameterException", "birthdate: The attribute is required")
        flow = flow_with(error, error)
        assert flow.open_sign_up("zoe") == ShowSignUp("zoe")
        first = flow.run(flow.sign_up("zoe", Secret("New-1"), {}))
        second = flow.run(flow.sign_up("zoe", Secret("New-1"), {}))
        assert isinstance(first, ShowError)
        assert isinstance(second, ShowError)
        assert (first.error.text, first.error.field) == (
            "This user pool requires this attribute: Birthday.",
            ErrorField.FORM,
        )
        assert first.error.attribute == second.error.attribute == "birthdate"
        assert second.error.field is ErrorField.ATTRIBUTES, "the form has asked for it now"
        assert flow.operations == ["SignUp"], "what is known to be rejected isn't sent"


class TestRepliesAndCancellation:
    def test_only_one_request_is_in_flight(self) -> None:
        flow = at_sms()
        request = pending(flow, flow.answer(CODE))
        assert flow.answer(CODE) is None
        assert flow.sign_in("bob", CODE) is None
        assert flow.reset_password("bob") is None
        assert flow.open_sign_up("bob") is None
        assert flow.sign_up("bob", CODE, {}) is None
        assert flow.pending is request

    @pytest.mark.parametrize("reply", [ConfirmSignUp(), EXPIRED, KeyError("x"), DeliveryDetails(None, None)])
    def test_late_reply_is_ignored(self, reply: Any) -> None:
        flow = at_sms()
        step = flow.step
        request = pending(flow, flow.answer(CODE))
        assert isinstance(flow.cancel(), ShowNotice)
        attempt = flow.attempt
        assert flow.receive(request, reply) is None
        assert (flow.step, flow.attempt, flow.pending) == (step, attempt, None)

    def test_late_request_does_not_advance_the_attempt(self) -> None:
        flow = at_sms(DONE)
        request = pending(flow, flow.answer(CODE))
        flow.cancel()
        late = threading.Thread(target=request.send)
        late.start()
        late.join()
        assert flow.attempt is not None
        assert flow.attempt.step is flow.step

    def test_arrived_reply_is_not_discarded(self) -> None:
        flow = at_sms(DONE)
        request = pending(flow, flow.answer(CODE))
        reply = request.send()
        notice = flow.cancel()
        assert isinstance(notice, ShowNotice)
        assert "Cognito has answered" in notice.text
        assert isinstance(flow.receive(request, reply), ShowStep)

    def test_sent_request_holds_no_secret(self) -> None:
        flow = at_sms(DONE)
        request = pending(flow, flow.answer(CODE))
        request.send()
        assert request._calls == []


class TestGoingBack:
    def at_a_code_after_a_choice(self, *replies: Any) -> DrivenFlow:
        flow = flow_with(CHOICE, SMS, *replies)
        flow.sign_in_as_ann()
        flow.run(flow.answer("SMS_MFA", breadcrumb="choice"))
        return flow

    def test_back_leads_to_the_choice_and_then_to_sign_in_again(self) -> None:
        flow = self.at_a_code_after_a_choice(CHOICE)
        output = flow.run(flow.back())
        assert isinstance(output, ShowStep)
        assert isinstance(output.step, ContinueSignInWithMFASelection)
        assert output.context.breadcrumbs == ("password",)
        assert flow.retry_key == "Enter"
        assert isinstance(flow.back(), ShowSignIn)

    def test_failed_back_is_not_retried(self) -> None:
        flow = self.at_a_code_after_a_choice(LOST)
        output = flow.run(flow.back())
        assert isinstance(output, ShowError)
        assert output.error.text.endswith("Press Esc to go to sign-in.")
        assert isinstance(flow.back(), ShowSignIn)
        assert len(flow.operations) == 3

    def test_back_during_a_wait_sends_nothing(self) -> None:
        flow = self.at_a_code_after_a_choice(THROTTLED)
        flow.run(flow.answer(CODE))
        assert isinstance(flow.back(is_waiting=True), ShowSignIn)
        assert len(flow.operations) == 3

    def test_back_cancels_the_request_in_flight(self) -> None:
        flow = self.at_a_code_after_a_choice(CHOICE)
        late = pending(flow, flow.answer(CODE))
        output = flow.run(flow.back())
        assert isinstance(output, ShowStep)
        assert flow.receive(late, EXPIRED) is None

    def test_leaving_reports_possible_changes(self) -> None:
        flow = flow_with(NEW_PASSWORD, LOST)
        flow.sign_in_as_ann()
        flow.run(flow.answer(Secret("New-1")))
        output = flow.leave()
        assert output == ShowSignIn(
            None, "The new password may be in effect already. Try to sign in with it."
        )
        flow = at_sms()
        flow.answer(CODE)
        assert flow.leave() == ShowSignIn(None, "Stopped waiting. The request may or may not have arrived.")


class TestNewCodesAndAccounts:
    def test_new_sms_code_restarts_the_step(self) -> None:
        flow = at_sms(SMS)
        output = flow.run(flow.new_code(key="^r"))
        assert isinstance(output, ShowStep)
        assert output.context.was_restarted
        assert flow.operations == ["InitiateAuth", "InitiateAuth"]

    def test_step_without_restart_needs_a_new_sign_in(self) -> None:
        flow = flow_with(PET, auth_flow=AuthFlow.CUSTOM_WITHOUT_SRP)
        flow.run(flow.sign_in("ann", None))
        output = flow.new_code()
        assert isinstance(output, ShowError)
        assert "need to sign in again" in output.error.text

    def test_requested_reset_sends_no_code_yet(self) -> None:
        flow = flow_with(DELIVERED, {}, DONE)
        output = flow.reset_password("ann")
        assert isinstance(output, ShowStep)
        assert isinstance(output.step, ResetPassword)
        assert output.context.reset_was_requested
        assert flow.operations == []
        assert isinstance(flow.run(flow.new_code(key="Enter")), ShowCodeSent)
        assert isinstance(flow.run(flow.answer(CODE, new_password=Secret("New-1"))), ShowStep)
        assert flow.operations == ["ForgotPassword", "ConfirmForgotPassword", "InitiateAuth"]

    def test_new_sign_up_code_is_resent(self) -> None:
        flow = flow_with(error_from_response("UserNotConfirmedException", ""), DELIVERED, {}, DONE)
        flow.sign_in_as_ann()
        assert isinstance(flow.run(flow.new_code()), ShowCodeSent)
        assert isinstance(flow.run(flow.answer(CODE)), ShowStep)
        assert flow.operations[1:3] == ["ResendConfirmationCode", "ConfirmSignUp"]

    def test_lost_sign_up_reply_recognizes_the_account(self) -> None:
        exists = error_from_response("UsernameExistsException", "User already exists")
        flow = flow_with(LOST, exists, error_from_response("UserNotConfirmedException", ""))
        flow.open_sign_up("ann")
        assert isinstance(flow.run(flow.sign_up("ann", Secret("New-1"), {})), ShowError)
        output = flow.run(flow.sign_up("ann", Secret("New-1"), {}))
        assert isinstance(output, ShowStep)
        assert isinstance(output.step, ConfirmSignUp)
        assert output.context.breadcrumbs == ("sign-up",)


class Saver:
    """A saver that records what it saves."""

    def __init__(
        self, result: Any = None, *, signature_error: AuthError | None = None, problem: str = ""
    ) -> None:
        self.result = result
        self.problem = problem
        self.signature_error = signature_error
        self.selected: list[StorageKind] = []

    def device(self, username: str) -> None:
        """Return no remembered device."""

    def check_signatures(self, done: Done) -> None:
        if self.signature_error:
            raise self.signature_error

    def is_checked(self, done: Done) -> bool:
        return False

    def save_where_configured(self, done: Done, signed_in_as: str) -> Any:
        return self.result

    def save_in(self, done: Done, signed_in_as: str, storage: StorageKind) -> Any:
        self.selected.append(storage)
        return SimpleNamespace(location="in a file", problem=self.problem, warning="")


class TestDone:
    def test_nothing_is_saved_without_a_saver(self) -> None:
        flow = flow_with(DONE)
        flow.sign_in_as_ann()
        assert flow.run(flow.after_done()) == ShowUnsaved()

    def test_configured_storage_saves_the_session(self) -> None:
        flow = flow_with(DONE, saver=Saver(SimpleNamespace(location="here", problem="p", warning="u")))
        flow.sign_in_as_ann()
        assert flow.run(flow.after_done()) == ShowSaved("here", "p", "u", SIGNATURES_UNCHECKED)

    def test_user_selects_the_storage_if_none_is_configured(self) -> None:
        saver = Saver()
        flow = flow_with(DONE, saver=saver)
        flow.sign_in_as_ann()
        output = flow.run(flow.after_done())
        assert isinstance(output, AskStorage)
        assert output.notice == SIGNATURES_UNCHECKED
        assert flow.run(flow.storage_selected(StorageKind.FILE)) == ShowSaved(
            "in a file", "", "", messages.STORAGE_REMEMBERED
        )
        assert saver.selected == [StorageKind.FILE]

    def test_user_selects_another_storage_if_the_first_fails(self) -> None:
        saver = Saver(problem="The keyring is locked.")
        flow = flow_with(DONE, saver=saver)
        flow.sign_in_as_ann()
        flow.run(flow.after_done())
        output = flow.run(flow.storage_selected(StorageKind.FILE))
        assert isinstance(output, AskStorage)
        assert saver.problem in output.notice
        assert StorageKind.FILE not in output.kinds
        assert StorageKind.NONE in output.kinds

    def test_nothing_is_saved_before_done(self) -> None:
        flow = at_sms(saver=Saver())
        assert flow.after_done() is None
        assert flow.storage_selected(StorageKind.FILE) is None
        assert flow.device_answered(True) is None

    @pytest.mark.parametrize("remember", [True, False])
    def test_flow_that_leaves_when_done_asks_about_the_device_first(self, remember: bool) -> None:
        metadata = {"NewDeviceMetadata": {"DeviceKey": "eu-west-1_device", "DeviceGroupKey": "group"}}
        signed_in = {"AuthenticationResult": {**DONE["AuthenticationResult"], **metadata}}
        flow = flow_with(signed_in, {"UserConfirmationNecessary": True}, {}, leaves_when_done=True)
        flow.sign_in_as_ann()
        assert flow.after_done() == AskAboutDevice()
        assert isinstance(flow.run(flow.device_answered(remember)), Finish)
        assert ("UpdateDeviceStatus" in flow.operations) is remember
