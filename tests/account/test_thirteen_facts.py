"""The facts about Cognito that decide how an account is shown and changed, one test each."""

from __future__ import annotations

import pytest

from tests.account.conftest import MFA, MakePool, SignedIn, new_totp, sign_in, sign_in_on_device
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, PoolUnderTest, other_code
from tui_auth.account.overview import Missing, MissingReason, fetch_overview
from tui_auth.account.values import MFAPreference, UpdateAttributeStep
from tui_auth.auth.next_step import MFAType
from tui_auth.errors import (
    AuthError,
    CodeMismatchError,
    InvalidParameterError,
    NotAuthorizedError,
    NotSignedInError,
    UnsupportedError,
)

FIRST = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}


def test_1_second_key_leaves_the_first_one_working_until_it_is_verified(ann: SignedIn) -> None:
    old = new_totp(ann)
    new = ann.account.set_up_totp().shared_secret.reveal()
    reply = ann.pool.password_sign_in()
    code = ann.pool.totp_code(old, 1)
    assert "AuthenticationResult" in ann.pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=code)
    with pytest.raises(CodeMismatchError):
        ann.account.verify_totp_setup(other_code(ann.pool.totp_code(new)))
    ann.account.verify_totp_setup(ann.pool.totp_code(new))
    assert ann.account.fetch_mfa_preference().preferred is MFAType.TOTP

    reply = ann.pool.password_sign_in()
    with pytest.raises(ann.pool.aws.exceptions.CodeMismatchException):
        ann.pool.answer(reply, SOFTWARE_TOKEN_MFA_CODE=ann.pool.totp_code(old, -1))
    assert "AuthenticationResult" in ann.pool.answer(
        reply, SOFTWARE_TOKEN_MFA_CODE=ann.pool.totp_code(new, -1)
    )


def test_2_only_what_changes_is_sent(ann: SignedIn) -> None:
    ann.account.update_mfa_preference(sms="PREFERRED")
    ann.clear()
    # The app was never set up, so Cognito would reject even turning it off.
    settings = ann.account.update_mfa_preference(sms="ENABLED", totp="DISABLED", email="ENABLED")

    assert settings.enabled == (MFAType.SMS, MFAType.EMAIL)
    (request,) = ann.requests("SetUserMFAPreference")
    assert request.keys() == {"AccessToken", "EmailMfaSettings"}
    assert request["EmailMfaSettings"] == {"Enabled": True}
    ann.clear()
    ann.account.update_mfa_preference(sms="PREFERRED", totp="DISABLED")
    assert "SetUserMFAPreference" not in ann.calls


def test_3_app_cannot_be_turned_on_before_it_is_set_up(ann: SignedIn) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        ann.account.update_mfa_preference(totp=MFAPreference.PREFERRED)
    assert "isn't set up" in caught.value.message


def test_4_last_factor_that_the_pool_keeps_on_is_reported_as_on(pool: PoolUnderTest) -> None:
    ann = sign_in(pool)
    ann.account.update_mfa_preference(sms="PREFERRED")
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **{**MFA, "MfaConfiguration": "ON"})
    ann.clear()
    settings = ann.account.update_mfa_preference(sms="DISABLED")

    assert settings.enabled == (MFAType.SMS,)
    assert ann.calls == ["GetUserAuthFactors", "SetUserMFAPreference", "GetUserAuthFactors"]


def test_5_only_the_password_needs_the_password(ann: SignedIn) -> None:
    ann.account.update_user_attributes({"name": "Another"})
    ann.account.update_mfa_preference(sms="ENABLED")
    with pytest.raises(NotAuthorizedError) as caught:
        ann.account.update_password("Wrong-Horse-9!", OTHER_PASSWORD)
    assert "current password" in caught.value.message
    ann.account.update_password(PASSWORD, OTHER_PASSWORD)
    ann.account.update_mfa_preference(sms="DISABLED")

    assert ann.pool.password_sign_in(password=OTHER_PASSWORD)["AuthenticationResult"]


@pytest.mark.parametrize(("settings", "is_in_force"), [({}, True), (FIRST, False)])
def test_6_pending_email_is_told_from_one_in_force(
    make_pool: MakePool, settings: dict[str, object], is_in_force: bool
) -> None:
    pool = make_pool(AutoVerifiedAttributes=["email"], **settings)
    pool.create_user(email="ann@example.com", email_verified="true")
    ann = sign_in(pool)
    update = ann.account.update_user_attribute("email", "new@example.com")

    assert update.next_step is UpdateAttributeStep.CONFIRM_ATTRIBUTE_WITH_CODE
    assert (update.is_updated, update.is_in_force) == (False, is_in_force)
    assert update.delivery_details is not None
    assert update.delivery_details.destination == "n***@e***"
    present = ann.account.fetch_user_attributes()["email"]
    assert present == ("new@example.com" if is_in_force else "ann@example.com")
    ann.account.confirm_user_attribute("email", pool.newest_code())
    attributes = ann.account.fetch_user_attributes()
    assert (attributes["email"], attributes["email_verified"]) == ("new@example.com", "true")


def test_7_what_may_be_changed_is_learned_from_the_error(make_pool: MakePool) -> None:
    pool = make_pool(client={"WriteAttributes": ["name"]})
    pool.create_user(email="ann@example.com")
    ann = sign_in(pool)
    with pytest.raises(NotAuthorizedError) as caught:
        ann.account.update_user_attributes({"email": "new@example.com"})
    assert "app client" in caught.value.message
    ann.account.update_user_attributes({"name": "Ann"})
    assert ann.account.fetch_user_attributes()["name"] == "Ann"


def test_8_without_the_scope_nothing_is_sent_but_the_sessions(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make_pool()
    pool.create_user()
    monkeypatch.setattr("tui_auth.emulator.tokens.SCOPE", "openid email")
    ann = sign_in(pool)
    with pytest.raises(NotAuthorizedError) as caught:
        ann.account.fetch_user_attributes()
    assert "aws.cognito.signin.user.admin" in caught.value.message
    assert ann.calls == []
    overview = fetch_overview(ann.account)
    for part in (overview.user, overview.mfa, overview.devices, overview.passkeys):
        assert isinstance(part, Missing)
        assert part.reason is MissingReason.NO_SCOPE
    assert ann.calls == ["ListUserSessions"]
    assert not ann.session.is_forgotten
    assert ann.session.refreshes == 0


def test_9_devices_have_the_name_and_address_of_their_attributes(make_pool: MakePool) -> None:
    pool = make_pool(DeviceConfiguration={"ChallengeRequiredOnNewDevice": False})
    pool.create_user()
    ann = sign_in_on_device(pool)
    other = sign_in_on_device(pool)
    devices = ann.account.fetch_devices()

    assert [device.is_current for device in devices] == [True, False]
    assert {device.name for device in devices} == {"my-laptop"}
    assert {device.last_ip for device in devices} == {"127.0.0.1"}
    ann.account.forget_device(devices[1].key)
    assert [device.is_current for device in ann.account.fetch_devices()] == [True]
    assert ann.forgotten == []
    with pytest.raises(NotSignedInError):
        other.session.refresh()


def test_10_forgetting_this_machine_ends_the_refresh_and_the_stored_device(make_pool: MakePool) -> None:
    pool = make_pool(DeviceConfiguration={"ChallengeRequiredOnNewDevice": False})
    pool.create_user()
    ann = sign_in_on_device(pool)
    ann.account.forget_device()

    assert ann.forgotten == ["device"]
    assert ann.account.fetch_user_attributes()["sub"]
    with pytest.raises(NotSignedInError):
        ann.session.refresh()
    ann.account.forget_device()  # the reply of the first one may have been lost
    assert ann.forgotten == ["device", "device"]


def test_11_new_password_ends_no_session(ann: SignedIn) -> None:
    other = sign_in(ann.pool)
    ann.account.update_password(PASSWORD, OTHER_PASSWORD)
    other.session.refresh()

    assert other.account.fetch_user_attributes()["email"] == "ann@example.com"


def test_12_required_attribute_cannot_be_removed(make_pool: MakePool) -> None:
    required = [{"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True}]
    pool = make_pool(Schema=required)
    pool.create_user(name="Ann", nickname="A")
    ann = sign_in(pool)
    with pytest.raises(InvalidParameterError) as caught:
        ann.account.delete_user_attributes(["name"])
    assert "requires" in caught.value.message
    ann.account.delete_user_attributes(["nickname"])
    assert "nickname" not in ann.account.fetch_user_attributes()


def test_13_id_token_has_the_new_attribute_after_a_change(ann: SignedIn) -> None:
    from tui_auth.auth.tokens import unverified_claims
    from tui_auth.secret import Secret

    ann.account.update_user_attributes({"name": "Ann Another"})
    claims = unverified_claims(Secret(ann.session.token("id"))) or {}

    assert claims["name"] == "Ann Another"
    assert ann.session.refreshes == 1


def test_pool_that_tracks_nothing_says_so(ann: SignedIn) -> None:
    for call in (ann.account.fetch_devices, ann.account.list_user_sessions):
        with pytest.raises(UnsupportedError) as caught:
            call()
        assert isinstance(caught.value, AuthError)
        assert "This user pool doesn't" in caught.value.message
