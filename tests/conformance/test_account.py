"""The account tests of Amplify Swift and the account scenarios of Amplify UI, as a table.

Sources: amplify-swift, AuthIntegrationTests: MFAPreferenceTests, AuthUserAttributesTests, DeviceTests;
amplify-ui, e2e/features/ui/components/account-settings: change-password, delete-user. Where tui-auth differs
on purpose, the row says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.account.conftest import SignedIn
from tests.account.conftest import ann as ann
from tests.account.conftest import make_pool as make_pool
from tests.account.conftest import pool as pool
from tests.account.conftest import rich_ann as rich_ann
from tests.account.conftest import rich_pool as rich_pool
from tests.account.conftest import shared_aws as shared_aws
from tests.account.conftest import shared_server as shared_server
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, expect_error
from tui_auth.account.values import UpdateAttributeStep
from tui_auth.auth.next_step import MFAType
from tui_auth.config.settings import PasswordPolicy
from tui_auth.errors import AuthError, InvalidStateError
from tui_auth.flow.account_overview_page import DeletePage
from tui_auth.flow.account_pages import AccountContext, Leave, Run, Say
from tui_auth.secret import Secret

SMS, TOTP = MFAType.SMS, MFAType.TOTP
Preferences = dict[str, str]


@dataclass(frozen=True)
class Change:
    """What ``update_mfa_preference`` is given, and what ``fetch_mfa_preference`` returns afterwards."""

    requested: Preferences
    enabled: set[MFAType]
    preferred: MFAType | None = None


MFA_PREFERENCES: dict[str, Sequence[Change]] = {
    "testFetchAndUpdateMFAPreferenceForTOTP": (
        Change({"totp": "ENABLED"}, {TOTP}),
        Change({"totp": "PREFERRED"}, {TOTP}, TOTP),
        Change({"totp": "NOT_PREFERRED"}, {TOTP}),
        Change({"totp": "DISABLED"}, set()),
    ),
    "testFetchAndUpdateMFAPreferenceForSMS": (
        Change({"sms": "ENABLED"}, {SMS}),
        Change({"sms": "PREFERRED"}, {SMS}, SMS),
        Change({"sms": "NOT_PREFERRED"}, {SMS}),
        Change({"sms": "DISABLED"}, set()),
    ),
    "testFetchAndUpdateMFAPreferenceForSMSAndTOTP": (
        Change({"sms": "ENABLED", "totp": "ENABLED"}, {SMS, TOTP}),
        Change({"sms": "PREFERRED", "totp": "ENABLED"}, {SMS, TOTP}, SMS),
        Change({"sms": "NOT_PREFERRED", "totp": "PREFERRED"}, {SMS, TOTP}, TOTP),
        Change({"sms": "DISABLED"}, {TOTP}, TOTP),
        Change({"sms": "PREFERRED"}, {SMS, TOTP}, SMS),
    ),
    "testFetchAndUpdateMFAPreferenceForAlreadyPreferredMethod": (
        Change({"sms": "PREFERRED", "totp": "ENABLED"}, {SMS, TOTP}, SMS),
        Change({"sms": "ENABLED", "totp": "ENABLED"}, {SMS, TOTP}, SMS),
    ),
}


def test_fetch_empty_mfa_preference(ann: SignedIn) -> None:
    settings = ann.account.fetch_mfa_preference()
    assert (settings.enabled, settings.preferred) == ((), None)


@pytest.mark.parametrize("name", MFA_PREFERENCES)
def test_mfa_preferences_of_amplify_swift(ann: SignedIn, name: str) -> None:
    key = ann.account.set_up_totp().shared_secret.reveal()
    ann.account.verify_totp_setup(ann.pool.totp_code(key))
    assert ann.account.fetch_mfa_preference().enabled == ()
    for change in MFA_PREFERENCES[name]:
        returned = ann.account.update_mfa_preference(**change.requested)
        settings = ann.account.fetch_mfa_preference()
        assert (set(settings.enabled), settings.preferred) == (change.enabled, change.preferred)
        assert returned == settings


def test_sms_and_totp_marked_as_preferred_is_an_error(ann: SignedIn) -> None:
    # Amplify sends it and Cognito rejects it; tui-auth sends nothing.
    with pytest.raises(InvalidStateError):
        ann.account.update_mfa_preference(sms="PREFERRED", totp="PREFERRED")
    assert "SetUserMFAPreference" not in ann.calls


UPDATES = {
    "testSuccessfulUpdateEmailAttribute": {"email": "new@example.com"},
    "testSuccessfulUpdateOfMultipleAttributes": {"email": "new@example.com", "name": "New Name"},
}


def test_successful_fetch_attribute(ann: SignedIn) -> None:
    assert ann.account.fetch_user_attributes()["email"] == "ann@example.com"


@pytest.mark.parametrize("name", UPDATES)
def test_attribute_updates_of_amplify_swift(ann: SignedIn, name: str) -> None:
    updates = ann.account.update_user_attributes(UPDATES[name], client_metadata={"mydata": "myvalue"})
    attributes = ann.account.fetch_user_attributes()

    assert {key: attributes[key] for key in UPDATES[name]} == UPDATES[name]
    assert updates["email"].next_step is UpdateAttributeStep.CONFIRM_ATTRIBUTE_WITH_CODE
    assert all(update.is_updated for key, update in updates.items() if key != "email")
    assert ann.requests("UpdateUserAttributes")[0]["ClientMetadata"] == {"mydata": "myvalue"}


@pytest.mark.parametrize("is_updated_first", [False, True])
def test_resending_a_code_of_amplify_swift(ann: SignedIn, is_updated_first: bool) -> None:
    if is_updated_first:
        ann.account.update_user_attribute("email", "new@example.com")
    details = ann.account.send_user_attribute_verification_code("email", client_metadata={"my": "data"})
    assert (details.delivery_medium, details.attribute_name) == ("EMAIL", "email")
    assert details.destination == ("n***@e***" if is_updated_first else "a***@e***")


def test_remembered_device_is_listed_with_its_attributes_and_dates(rich_ann: SignedIn) -> None:
    rich_ann.account.remember_device()
    device = next(each for each in rich_ann.account.fetch_devices() if each.is_current)
    assert all((device.key, device.name, device.attributes))
    assert None not in (device.created, device.last_authenticated, device.last_modified)


def test_forgotten_device_is_no_longer_listed(rich_ann: SignedIn) -> None:
    rich_ann.account.remember_device()
    rich_ann.account.forget_device()
    assert not any(device.is_current for device in rich_ann.account.fetch_devices())


# -- Amplify UI -------------------------------------------------------------------------------------


def test_change_password_of_an_authenticated_user(ann: SignedIn) -> None:
    ann.account.update_password(PASSWORD, OTHER_PASSWORD)
    assert ann.pool.password_sign_in(password=OTHER_PASSWORD)["AuthenticationResult"]


def test_change_password_with_wrong_password_requirements() -> None:
    policy = PasswordPolicy(8, True, True, True, True)
    unmet = [rule for rule, is_met in policy.checklist("short") if not is_met]
    assert len(unmet) == 4  # length, numbers, symbols, upper case: shown while typing


def test_delete_an_authenticated_user(ann: SignedIn) -> None:
    page = DeletePage(AccountContext(ann.account, ("ann",)))
    # Amplify UI asks with a button; tui-auth takes the typed name.
    output = page.submit({"name": Secret("ann")})
    assert isinstance(output, Run)
    assert isinstance(output.work(), Leave)
    with expect_error("UserNotFoundException"):
        ann.pool.password_sign_in()


def test_initiate_delete_but_do_not_confirm(ann: SignedIn) -> None:
    page = DeletePage(AccountContext(ann.account, ("ann",)))
    assert isinstance(page.submit({"name": Secret("yes")}), Say)
    assert "DeleteUser" not in ann.calls
    assert ann.pool.password_sign_in()["AuthenticationResult"]


def test_delete_fails_due_to_cognito_error(ann: SignedIn) -> None:
    ann.pool.server.fail_next("DeleteUser", "InternalErrorException", "no")
    output = DeletePage(AccountContext(ann.account, ("ann",))).submit({"name": Secret("ann")})
    assert isinstance(output, Run)
    with pytest.raises(AuthError):
        output.work()
    assert ann.forgotten == []
    assert ann.pool.password_sign_in()["AuthenticationResult"]
