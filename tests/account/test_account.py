"""Calls of an account: their tokens, sessions that end meanwhile, lists, and replies of any shape."""

from __future__ import annotations

import asyncio
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.account.conftest import MakePool, MemorySession, SignedIn, sign_in
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, PoolUnderTest
from tests.scripted_gateway import ScriptedGateway, tokens
from tui_auth.account.account import Account
from tui_auth.account.async_account import AsyncAccount
from tui_auth.account.calls import MOST_PAGES
from tui_auth.account.overview import Missing, MissingReason, fetch_overview
from tui_auth.account.values import MFASettings, UserDevice, UserSession, WebAuthnCredential
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.auth.trace import CallTrace
from tui_auth.errors import (
    AuthError,
    ErrorKind,
    InvalidPasswordError,
    InvalidStateError,
    NetworkError,
    NotSignedInError,
    ThrottledError,
    UnsupportedError,
)


class OneToken:
    """A session with one token that never changes."""

    def __init__(self) -> None:
        self.access = tokens("eu-west-1_Ab12Cd34E", "client1")["AuthenticationResult"]["AccessToken"]

    def token(
        self, kind: str = "access", *, min_ttl: float | None = None, rejected: str | None = None
    ) -> str:
        """Return the token."""
        return str(self.access)

    def refresh(self) -> None:
        """Do nothing."""


def scripted(*replies: Any) -> tuple[Account, ScriptedGateway]:
    gateway = ScriptedGateway(*replies)
    return Account(OneToken(), gateway), gateway


def track_sessions(pool: PoolUnderTest) -> None:
    pool.aws.set_user_pool_session_configuration(
        UserPoolId=pool.pool_id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 20}
    )


# -- sessions that end ------------------------------------------------------------------------------


def test_each_call_takes_the_newest_token(ann: SignedIn) -> None:
    first = ann.session.token()
    ann.account.fetch_user_attributes()
    ann.session.refresh()
    ann.account.fetch_user_attributes()
    requests = ann.requests("GetUser")

    assert [request["AccessToken"] for request in requests] == [first, ann.session.token()]


def test_expired_token_is_refreshed_and_the_call_repeated_once(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user(email="ann@example.com")
    ann = sign_in(pool)
    pool.server.clock.advance(3601)
    assert ann.account.fetch_user_attributes()["email"] == "ann@example.com"
    assert ann.calls == ["GetUser", "InitiateAuth", "GetUser"]
    assert len(ann.session.rejected) == 1


def test_session_that_is_revoked_elsewhere_is_forgotten(pool: PoolUnderTest) -> None:
    track_sessions(pool)
    ann, other = sign_in(pool), sign_in(pool)
    other.account.fetch_user_attributes()
    (mine,) = (session.id for session in ann.account.list_user_sessions() if not session.is_current)
    ann.account.revoke_user_session(mine)
    for call in (other.account.list_user_sessions, other.account.fetch_user_attributes):
        with pytest.raises(NotSignedInError):
            call()
    assert other.session.is_forgotten


def test_tokens_that_stay_rejected_end_without_a_loop() -> None:
    revoked = AuthError(
        ErrorKind.NOT_AUTHORIZED,
        "no",
        code="NotAuthorizedException",
        service_message="Access Token has been revoked",
    )
    account, gateway = scripted(revoked, revoked, revoked)
    with pytest.raises(NotSignedInError):
        account.fetch_user()
    assert gateway.operations == ["GetUser", "GetUser"]


def test_wrong_current_password_is_no_ended_session(ann: SignedIn) -> None:
    with pytest.raises(AuthError):
        ann.account.update_password("Wrong-Horse-9!", OTHER_PASSWORD)
    assert ann.calls == ["ChangePassword"]
    assert (ann.session.rejected, ann.session.is_forgotten) == ([], False)


def test_lost_reply_is_not_repeated(ann: SignedIn) -> None:
    ann.pool.server.drop_next("ChangePassword", after_work=True)
    with pytest.raises(NetworkError) as caught:
        ann.account.update_password(PASSWORD, OTHER_PASSWORD)
    assert caught.value.may_have_arrived
    assert ann.calls == ["ChangePassword"]


def test_deleted_account_forgets_the_user(ann: SignedIn) -> None:
    ann.account.delete_user()
    assert ann.forgotten == ["user"]
    with pytest.raises(NotSignedInError):
        ann.account.fetch_user()


# -- attributes and password ------------------------------------------------------------------------


def test_only_attributes_that_differ_are_sent(ann: SignedIn) -> None:
    updates = ann.account.update_user_attributes({"name": "Ann Example", "nickname": "A"})
    (request,) = ann.requests("UpdateUserAttributes")

    assert request["UserAttributes"] == [{"Name": "nickname", "Value": "A"}]
    assert all(update.is_updated for update in updates.values())
    ann.clear()
    ann.account.update_user_attributes({"name": "Ann Example", "nickname": "A"})
    assert ann.calls == ["GetUser"]


def test_empty_value_removes_an_attribute(ann: SignedIn) -> None:
    ann.account.update_user_attributes({"nickname": "A"})
    ann.account.update_user_attributes({"nickname": ""})
    assert not ann.account.fetch_user_attributes().get("nickname")


def test_code_is_sent_again_until_the_limit(ann: SignedIn) -> None:
    details = ann.account.send_user_attribute_verification_code("email")
    assert details.destination == "a***@e***"
    for _ in range(4):
        ann.account.send_user_attribute_verification_code("email")
    with pytest.raises(ThrottledError) as caught:
        ann.account.send_user_attribute_verification_code("email")
    assert caught.value.retry_after


def test_password_used_before_is_an_error_about_the_new_one(make_pool: MakePool) -> None:
    pool = make_pool(Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}})
    pool.create_user()
    ann = sign_in(pool)
    with pytest.raises(InvalidPasswordError) as caught:
        ann.account.update_password(PASSWORD, PASSWORD)
    assert caught.value.field == "new password"


def test_user_without_a_password_sets_one_without_the_current() -> None:
    account, gateway = scripted({})
    account.update_password(None, OTHER_PASSWORD)
    ((_, request),) = gateway.calls
    assert request["PreviousPassword"] is None


# -- second factors ---------------------------------------------------------------------------------


def test_new_app_is_preferred_only_if_nothing_is(ann: SignedIn) -> None:
    ann.account.update_mfa_preference(sms="PREFERRED")
    key = ann.account.set_up_totp()
    ann.account.verify_totp_setup(ann.pool.totp_code(key.shared_secret.reveal()), turn_on=True)
    settings = ann.account.fetch_mfa_preference()

    assert key.username == "ann"
    assert str(settings.preferred) == "MFAType.SMS"
    assert len(settings.enabled) == 2


@pytest.mark.parametrize(
    "values",
    [{"sms": "on"}, {"sms": ""}, {"sms": "PREFERRED", "email": "PREFERRED"}],
)
def test_impossible_preference_is_an_error_before_any_request(ann: SignedIn, values: Any) -> None:
    with pytest.raises(InvalidStateError):
        ann.account.update_mfa_preference(**values)
    assert ann.calls == []


def test_factors_are_read_from_the_user_where_there_is_no_other_operation() -> None:
    missing = UnsupportedError(ErrorKind.CONFIGURATION, "no", code="UnknownOperationException")
    account, gateway = scripted(missing, {"UserMFASettingList": ["SMS_MFA", "NEW_MFA"]})
    settings = account.fetch_mfa_preference()

    assert gateway.operations == ["GetUserAuthFactors", "GetUser"]
    assert [str(factor) for factor in settings.enabled] == ["MFAType.SMS", "NEW_MFA"]


# -- lists ------------------------------------------------------------------------------------------


def test_ending_all_others_leaves_this_session(pool: PoolUnderTest) -> None:
    track_sessions(pool)
    for _ in range(3):
        pool.password_sign_in()
    ann = sign_in(pool)
    result = ann.account.revoke_other_user_sessions()

    assert (len(result.ended), dict(result.failed)) == (3, {})
    (left,) = ann.account.list_user_sessions()
    assert left.is_current


def test_one_failure_leaves_the_others_ended_and_is_reported(pool: PoolUnderTest) -> None:
    track_sessions(pool)
    for _ in range(3):
        pool.password_sign_in()
    ann = sign_in(pool)
    pool.server.fail_next("RevokeUserSession", "InternalErrorException", "no")
    result = ann.account.revoke_other_user_sessions()
    assert (len(result.ended), len(result.failed)) == (2, 1)


def test_without_a_network_the_rest_is_not_tried(pool: PoolUnderTest) -> None:
    track_sessions(pool)
    for _ in range(3):
        pool.password_sign_in()
    ann = sign_in(pool)
    pool.server.fail_next("RevokeUserSession", "TooManyRequestsException", "slow down")
    result = ann.account.revoke_other_user_sessions()
    assert (len(result.ended), len(result.failed)) == (0, 1)
    assert ann.calls.count("RevokeUserSession") == 1


def test_list_that_never_ends_is_read_up_to_a_limit() -> None:
    page = {"Devices": [{"DeviceKey": "k"}], "PaginationToken": "more"}
    account, gateway = scripted(*[page] * 50)
    assert len(account.fetch_devices()) == MOST_PAGES
    assert gateway.calls[1][1]["PaginationToken"] == "more"


def test_passkeys_are_listed_and_deleted_by_their_id() -> None:
    entry = {
        "CredentialId": "abc",
        "FriendlyCredentialName": "YubiKey",
        "RelyingPartyId": "example.com",
        "AuthenticatorTransports": ["usb"],
        "CreatedAt": datetime(2026, 11, 30, tzinfo=UTC),
    }
    account, gateway = scripted({"Credentials": [entry]}, {})
    (passkey,) = account.list_web_authn_credentials()
    account.delete_web_authn_credential(passkey.credential_id)

    assert (passkey.friendly_name, passkey.transports) == ("YubiKey", ("usb",))
    assert gateway.calls[1][1]["CredentialId"] == "abc"


def test_old_botocore_is_told_from_a_pool_without_the_operation(
    pool: PoolUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = CognitoGateway(Address("eu-west-1", pool.server.endpoint_url))
    gateway.connect()
    known = [name for name in gateway._client.meta.service_model.operation_names if "UserSession" not in name]
    monkeypatch.setitem(vars(gateway._client.meta.service_model), "operation_names", known)
    account = Account(sign_in(pool).session, gateway)
    with pytest.raises(UnsupportedError) as caught:
        account.list_user_sessions()

    assert "botocore is too old" in caught.value.message
    assert account.fetch_user().username == "ann"


# -- the overview -----------------------------------------------------------------------------------


def test_overview_has_all_parts_and_says_why_some_are_missing(ann: SignedIn) -> None:
    overview = fetch_overview(ann.account)

    assert not isinstance(overview.user, Missing)
    assert overview.user.attributes["email"] == "ann@example.com"
    assert isinstance(overview.mfa, MFASettings)
    for part in (overview.devices, overview.sessions):
        assert isinstance(part, Missing)
        assert part.reason is MissingReason.NOT_OFFERED
    assert set(ann.calls) >= {"GetUser", "GetUserAuthFactors", "ListDevices", "ListUserSessions"}


def test_overview_without_the_user_is_an_error_and_without_another_part_is_not(ann: SignedIn) -> None:
    ann.pool.server.fail_next("GetUserAuthFactors", "InternalErrorException", "no")
    overview = fetch_overview(ann.account)
    assert isinstance(overview.mfa, Missing)
    assert overview.mfa.reason is MissingReason.FAILED
    ann.pool.server.fail_next("GetUser", "InternalErrorException", "no")
    with pytest.raises(AuthError):
        fetch_overview(ann.account)


# -- Python -----------------------------------------------------------------------------------------


def test_coroutines_do_the_same(ann: SignedIn) -> None:
    account = AsyncAccount(ann.account)

    async def run() -> tuple[dict[str, str], MFASettings]:
        await account.update_user_attributes({"name": "Async Ann"})
        attributes, settings = await asyncio.gather(
            account.fetch_user_attributes(), account.fetch_mfa_preference()
        )
        return attributes, settings

    attributes, settings = asyncio.run(run())
    assert (attributes["name"], settings.enabled) == ("Async Ann", ())


def test_every_method_has_a_coroutine() -> None:
    methods = {name for name in vars(Account) if not name.startswith("_")} - {"trace", "prepare"}
    assert methods <= vars(AsyncAccount).keys()


@pytest.mark.parametrize("is_async", [False, True])
def test_error_leads_to_no_password_or_token(ann: SignedIn, is_async: bool) -> None:
    wrong, new = "Canary-wrong-1!", "Canary-new-2!"
    account = AsyncAccount(ann.account)

    def change() -> None:
        if is_async:
            asyncio.run(account.update_password(wrong, new))
        else:
            ann.account.update_password(wrong, new)

    with pytest.raises(AuthError) as caught:
        change()
    error = caught.value
    assert error.__cause__ is error.__context__ is error.cause is None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [frame for frame in frames if "/tui_auth/" in frame.f_code.co_filename]
    own = [frame for frame in own if "/tests/" not in frame.f_code.co_filename]
    text = "".join(f"{name}={value!r}" for frame in own for name, value in frame.f_locals.items())
    for secret in (wrong, new, ann.session.token()):
        assert secret not in text


def test_calls_are_traced_by_name_only(pool: PoolUnderTest) -> None:
    trace = CallTrace()
    session = MemorySession(pool, dict(pool.password_sign_in()["AuthenticationResult"]))
    account = Account(session, CognitoGateway(Address("eu-west-1", pool.server.endpoint_url)), trace=trace)
    account.fetch_user_attributes()
    account.update_user_attributes({"name": "Canary Name"})

    assert [call.chain for call in trace.calls] == [
        "fetchUserAttributes → GetUser → ok",
        "fetchUserAttributes → GetUser → ok",
        "updateUserAttributes → UpdateUserAttributes → ok",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
MEMBERS = (
    *("DeviceKey", "DeviceAttributes", "DeviceCreateDate", "SessionId", "LastLocation", "CreateDate"),
    *("DeviceType", "ClientId", "CredentialId", "AuthenticatorTransports", "CreatedAt"),
    *("UserMFASettingList", "PreferredMfaSetting"),
)


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON))
def test_replies_of_any_shape_are_read(reply: dict[str, Any]) -> None:
    device, session = UserDevice.from_reply(reply, ""), UserSession.from_reply(reply)
    passkey, settings = WebAuthnCredential.from_reply(reply), MFASettings.from_reply(reply)
    for value in (device.key, device.name, session.id, session.city, passkey.credential_id):
        assert isinstance(value, str)
    assert all(factor for factor in settings.enabled if not isinstance(factor, str))
