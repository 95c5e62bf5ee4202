"""The account in full screen: each page, what it changes, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from textual.app import App

from tests.account.conftest import MakePool, SignedIn, new_totp, sign_in
from tests.account.conftest import ann as ann
from tests.account.conftest import make_pool as make_pool
from tests.account.conftest import pool as pool
from tests.account.conftest import rich_ann as rich_ann
from tests.account.conftest import rich_pool as rich_pool
from tests.account.conftest import shared_aws as shared_aws
from tests.account.conftest import shared_server as shared_server
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, other_code
from tests.passkeys.people import PASSKEYS, PIN, SITE
from tests.pilot import press, screen_text, type_text, until
from tests.plain.test_passkey import HeldKeys
from tui_auth import Done
from tui_auth.account.values import UserSession
from tui_auth.api import Auth as PublicAuth
from tui_auth.app import TuiAuthApp
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.config.resolver import ResolvedPool
from tui_auth.config.settings import PasswordPolicy
from tui_auth.demo.software_key import SoftwareKey
from tui_auth.emulator.session_tracking import VISITOR, Visitor
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.errors import NotSignedInError
from tui_auth.first_run_app import AccountApp
from tui_auth.flow.account_list_pages import SessionsPage
from tui_auth.flow.account_pages import AccountContext, ListPage, Run
from tui_auth.flow.account_pages import Open as OpenPage
from tui_auth.flow.interface import PasskeySettings, SignInSettings
from tui_auth.flow.passkey import NOTES, PIN_LABEL, PIN_WRONG, TOUCH
from tui_auth.passkeys.problems import TEXTS
from tui_auth.screens.account import AccountRoot
from tui_auth.session.record import SessionOrigin
from tui_auth.session_api import Session
from tui_auth.textual import AccountScreen
from tui_auth.widgets.field import Choice

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

SIZES = [(80, 23), (120, 40), (40, 15)]


class FakeRecord:
    """What the program reads of a session besides the account."""

    origin = SessionOrigin("eu-west-1_Ab12Cd34E", "client1", "eu-west-1", profile="acme")
    display_name = "ann"


class Stage:
    """An account on the screen."""

    def __init__(self, signed_in: SignedIn, pilot: Pilot[Any]) -> None:
        self.signed_in = signed_in
        self.pilot = pilot
        self.app: AccountApp = pilot.app  # type: ignore[assignment]

    @property
    def root(self) -> AccountRoot:
        (root,) = (screen for screen in self.app.screen_stack if isinstance(screen, AccountRoot))
        return root

    @property
    def text(self) -> str:
        return screen_text(self.app)

    async def see(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        await until(self.pilot, lambda: all(text in self.text for text in texts), f"not seen: {texts}")

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)

    async def type(self, text: str) -> None:
        await type_text(self.pilot, text)

    async def enter(self, text: str) -> None:
        """Type a text and press Enter."""
        await self.type(text)
        await self.press("enter")


Open = Callable[[SignedIn], Any]


def has_read_sessions(app: App[Any]) -> bool:
    """Return whether the overview says how many sessions are active."""
    options = [option for choice in app.screen.query(Choice) for option in choice.options]
    return any("active" in f"{option.label} {option.note}" for option in options)


@asynccontextmanager
async def open_account(
    signed_in: SignedIn, size: tuple[int, int] = (80, 23), **settings: Any
) -> AsyncIterator[Stage]:
    account = AccountContext(signed_in.account, ("ann",), app_name="acme", **settings)
    app = AccountApp(account, FakeRecord(), theme="tui-auth-dark")  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        stage = Stage(signed_in, pilot)
        await until(pilot, lambda: "…" not in stage.text or size[0] < 60)
        yield stage
        assert app._exception is None


@pytest.mark.parametrize("size", SIZES)
async def test_overview_fills_in_and_opens_pages_by_number(rich_ann: SignedIn, size: tuple[int, int]) -> None:
    async with open_account(rich_ann, size) as stage:
        await stage.see("Your account", "Email", "ann@example.com")
        await until(stage.pilot, lambda: has_read_sessions(stage.app))
        await stage.press("7")
        await stage.see("essions", "this session")
        await stage.press("escape")
        await stage.see("Your account")
        await stage.press("escape")
    assert stage.app.return_value == ""


async def test_part_that_is_not_offered_is_skipped_and_says_why(ann: SignedIn) -> None:
    async with open_account(ann) as stage:
        await stage.see("not offered by this user pool")
        email = {part.text.strip(): part.style for part in stage.root.query_one(Choice).render_line(0)}
        assert email["Email"] != email["ann@example.com"], "a value is quieter than its label"
        await stage.press("6")
        await stage.see("This user pool doesn't remember devices.")
        choice = stage.root.query_one(Choice)
        await stage.press("home", *["down"] * 4)
        assert choice.highlighted == 4
        await stage.press("down")
        assert choice.highlighted > 6


async def test_values_appear_while_the_others_are_still_read(ann: SignedIn) -> None:
    lock = ann.pool.server.state.lock
    settings = AccountContext(ann.account, ("ann",))
    app = AccountApp(settings, FakeRecord(), theme="tui-auth-dark")  # type: ignore[arg-type]
    with lock:
        async with app.run_test(size=(80, 23)) as pilot:
            stage = Stage(ann, pilot)
            await stage.see("Email", "…", "Password", "change it")
            await stage.press("1")
            await stage.see("Cognito hasn't answered yet.")
            await stage.press("4")
            await stage.see("Change your password")
            lock.release()
            try:
                await stage.press("escape")
                await stage.see("ann@example.com")
            finally:
                lock.acquire()


# -- attributes -------------------------------------------------------------------------------------


async def test_new_email_is_saved_and_verified(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("1", "2")
        await stage.see("Change: Email")
        await stage.press("ctrl+u")
        await stage.enter("nobody")
        await stage.see("Enter an email address")
        await stage.press("ctrl+u")
        await stage.enter("new@example.com")
        await stage.see("changed but not verified yet", "n***@e***")
        await stage.enter(other_code(rich_ann.pool.newest_code()))
        await stage.see("✗")
        await stage.press("ctrl+r")
        await stage.see("Earlier codes no longer work")
        await stage.enter(rich_ann.pool.newest_code())
        await stage.see("Your account", "Your email address is verified.", "new@example.com")
    assert rich_ann.account.fetch_user_attributes()["email_verified"] == "true"


async def test_name_is_changed_among_the_other_details(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("3")
        await stage.see("Full name", "Ann Example")
        await stage.press("enter")
        await stage.press("ctrl+u")
        await stage.enter("Ann Another")
        await stage.see("Full name is saved.", "Ann Another")


async def test_attribute_that_the_pool_requires_stays(ann: SignedIn) -> None:
    ann.pool.server.fail_next("DeleteUserAttributes", "InvalidParameterException", "cannot be deleted")
    async with open_account(ann) as stage:
        await stage.press("1", "3")
        await stage.see("The user pool requires that attribute")


# -- password ---------------------------------------------------------------------------------------


async def test_password_is_changed_and_other_sessions_end_on_request(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("4")
        await stage.see("Current password")
        await stage.enter("Wrong-Horse-9!")
        await stage.enter(OTHER_PASSWORD)
        await stage.enter(OTHER_PASSWORD)
        await stage.see("That isn't your current password.")
        await stage.press("ctrl+u")
        await stage.enter(PASSWORD)
        await stage.press("enter", "enter")
        await stage.see("Your password is changed", "End all other sessions (2)")
        await stage.press("2")
        await stage.see("Your account", "Ended 2 sessions.")
    assert len(rich_ann.account.list_user_sessions()) == 1
    assert rich_ann.requests("ChangePassword")[-1]["ProposedPassword"] == OTHER_PASSWORD


# -- second factors ---------------------------------------------------------------------------------


async def test_factor_is_turned_on_preferred_and_off(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("5", "2")
        await stage.see("SMS", "Turn it on")
        await stage.press("2")
        await stage.see("SMS is on.")
        await stage.press("2")
        await stage.see("Prefer it", "Then your password alone signs you in.")
        await stage.press("2")
        await stage.see("Second factors: SMS (preferred).")
        await stage.press("2", "2")
        await stage.see("SMS is off.")
    assert rich_ann.account.fetch_mfa_preference().enabled == ()


async def test_app_is_replaced_with_the_qr_code_and_a_first_code(rich_ann: SignedIn) -> None:
    old = new_totp(rich_ann)
    async with open_account(rich_ann) as stage:
        await stage.press("5", "1")
        await stage.see("Set up a new app", "The old app works until the new one is verified.")
        await stage.press("2")
        await stage.see("New authenticator app", "Type the code the app shows.")
        user = rich_ann.pool.server.state.pools[rich_ann.pool.pool_id].users["ann"]
        assert user.software_token is not None
        assert user.software_token.secret == old
        new = str(user.pending_secret)
        await stage.enter(other_code(rich_ann.pool.totp_code(new)))
        await stage.see("✗")
        await stage.enter(rich_ann.pool.totp_code(new))
        await stage.see("The new app is set up.")
        assert user.software_token.secret == new


# -- devices, sessions, passkeys --------------------------------------------------------------------


async def test_forgetting_this_machine_says_what_follows(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("6")
        await stage.see("my-laptop · this computer")
        position = [device.is_current for device in rich_ann.account.fetch_devices()].index(True) + 1
        await stage.press(str(position))
        await stage.see("Forget this device", "ends when its token expires")
        await stage.press("2")
        await stage.see("This session ends when its token expires")
    assert rich_ann.forgotten == ["device"]


async def test_session_is_ended_by_a_second_key_and_leaves_the_list(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("7")
        await stage.see("3 active, 2 of them elsewhere")
        await stage.press("1")
        await stage.see("This is the session you are using.")
        await stage.press("2")
        await stage.see("Leave it as it is", "End this session")
        await stage.press("enter")  # the first answer does nothing
        await stage.see("3 active")
        assert "RevokeUserSession" not in rich_ann.calls
        await stage.press("2", "2")
        await stage.see("The session is ended.", "2 active, 1 of them elsewhere")


async def test_sessions_are_ended_by_x_and_a_with_a_second_key(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("7")
        await stage.see("x ends the chosen one, a ends all others")
        await stage.press("x")
        await stage.see("This is the session you are using.")
        await stage.press("down", "x")
        await stage.see("End this session")
        await stage.press("x", "a", "enter")  # no keys of this page, and the first answer does nothing
        await stage.see("x ends the chosen one")
        assert "RevokeUserSession" not in rich_ann.calls
        await stage.press("x", "2")
        await stage.see("The session is ended.", "2 active, 1 of them elsewhere")
        await stage.press("a")
        await stage.see("End all other sessions", "This session stays.")
        await stage.press("2")
        await stage.see("Ended 1 session.", "There are no others.")
        await stage.press("a")
        await stage.see("You have no other sessions.")
    assert rich_ann.calls.count("RevokeUserSession") == 2
    assert rich_ann.account.fetch_user()


def test_session_is_ended_with_those_that_came_from_it(
    rich_ann: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = [
        UserSession.from_reply({"SessionId": "sso1", "SessionType": "SSO"}),
        UserSession.from_reply({"SessionId": "tkn2", "SessionType": "TOKEN", "OriginSessionId": "sso1"}),
        UserSession.from_reply({"SessionId": "tkn3", "SessionType": "TOKEN"}),
    ]
    page = SessionsPage(AccountContext(rich_ann.account, ("ann",)), sessions)
    assert [row.note.endswith(", 1 linked") for row in page.rows()] == [True, False, False, False]
    question = page.press("x", 0)
    assert isinstance(question, OpenPage)
    assert isinstance(question.page, ListPage)
    end = question.page.select(2)
    assert isinstance(end, Run)
    ended: dict[str, object] = {}
    monkeypatch.setattr(
        rich_ann.account, "revoke_user_session", lambda name, linked: ended.update({name: linked})
    )
    end.work()
    assert ended == {"sso1": True}
    assert [session.id for session in page.sessions] == ["tkn3"]


async def test_device_name_of_others_is_shown_without_controls(rich_ann: SignedIn) -> None:
    reset = VISITOR.set(
        Visitor("\x1b]0;pwned\x07 \u202eevil [bold]x[/]", "198.51.100.9", "\x1b[31mParis", "F")
    )
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": rich_ann.pool.client_id,
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
    }
    rich_ann.pool.server.call("InitiateAuth", request)
    VISITOR.reset(reset)
    async with open_account(rich_ann, (120, 40)) as stage:
        await stage.press("7")
        await stage.see("pwned", "[bold]x[/]")
        assert not {"\x1b", "\x07", "\u202e"} & {*stage.text}


async def test_passkeys_are_listed_and_deleted(rich_ann: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui_auth.account.values import WebAuthnCredential

    keys = [WebAuthnCredential("abc", "YubiKey\x1b[2J", "example.com")]
    account = rich_ann.account
    monkeypatch.setattr(account, "list_web_authn_credentials", lambda: list(keys))
    monkeypatch.setattr(
        account, "delete_web_authn_credential", lambda name: keys.remove(keys[0]) if name == "abc" else None
    )
    async with open_account(rich_ann) as stage:
        await stage.press("8")
        await stage.see("YubiKey", "example.com")
        await stage.press("1", "2")
        await stage.see("The passkey is deleted.", "You have no passkeys.")


@pytest.fixture
def ann_with_a_key(make_pool: MakePool) -> SignedIn:
    """Ann, who may add passkeys."""
    pool = make_pool(
        mfa={"MfaConfiguration": "OFF", "WebAuthnConfiguration": {"RelyingPartyId": SITE}}, Policies=PASSKEYS
    )
    pool.create_user(email="ann@example.com", email_verified="true")
    return sign_in(pool)


async def test_passkey_is_added_on_a_security_key(ann_with_a_key: SignedIn) -> None:
    key, trusted = SoftwareKey(PIN), list[str]()
    passkeys = PasskeySettings(keys=HeldKeys(key), remember=trusted.append)
    server = ann_with_a_key.pool.server
    async with open_account(ann_with_a_key, passkeys=passkeys) as stage:
        await stage.press("8")
        await stage.see("You have no passkeys.")
        await stage.press("1")
        await stage.see("Is that the site you sign in to?", SITE)
        await stage.press("enter")  # no is the first answer
        await stage.see("You have no passkeys.")
        await stage.press("1")
        await stage.see("Is that the site")
        await stage.press("2")
        await stage.see(f"For {SITE}", PIN_LABEL)
        await stage.enter("0000")
        await stage.see(PIN_WRONG)
        await stage.enter(PIN)
        await stage.see(TOUCH)
        server.fail_next("CompleteWebAuthnRegistration", "WebAuthnChallengeNotFoundException", "gone")
        key.touch()
        await stage.see("Try again")
        await stage.press("enter")  # with new options, and without the question
        await stage.see(PIN_LABEL)
        await stage.enter(PIN)
        await stage.see(TOUCH)
        key.touch()
        await stage.see("The passkey is added", "Choose one to delete it, or add one.")
    assert trusted == [SITE]
    assert len(ann_with_a_key.account.list_web_authn_credentials()) == 1


async def test_leaving_a_new_passkey_ends_the_use_of_the_key(ann_with_a_key: SignedIn) -> None:
    key = SoftwareKey()
    async with open_account(ann_with_a_key, passkeys=PasskeySettings(SITE, keys=HeldKeys(key))) as stage:
        await stage.press("8", "1")
        await stage.see(TOUCH)
        await stage.press("escape")
        await stage.see("You have no passkeys.")
        await until(stage.pilot, lambda: not key.touch_is_due.is_set())
    assert key.credentials == []


async def test_where_no_key_can_be_used_the_page_says_why(ann_with_a_key: SignedIn) -> None:
    keys = HeldKeys(problem=PasskeyProblem.OVER_SSH)
    async with open_account(ann_with_a_key, passkeys=PasskeySettings(SITE, keys=keys)) as stage:
        await stage.press("8")
        await stage.see(NOTES[PasskeyProblem.OVER_SSH])
        await stage.press("1")
        await stage.see(TEXTS[PasskeyProblem.OVER_SSH][0])
        assert "another way" not in stage.text
    assert "StartWebAuthnRegistration" not in ann_with_a_key.calls


# -- the end ----------------------------------------------------------------------------------------


async def test_account_is_deleted_only_after_the_name(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("9")
        await stage.see("Delete your account")
        await stage.press("enter")
        await stage.see("That isn't your user name.")
        await stage.enter("bob")
        await stage.see("That isn't your user name.")
        assert "DeleteUser" not in rich_ann.calls
        await stage.press("ctrl+u")
        await stage.enter("ann")
        await until(stage.pilot, lambda: stage.app.return_value is not None)
    assert stage.app.return_value == "Your account is deleted."
    assert rich_ann.forgotten == ["user"]


async def test_session_that_ends_elsewhere_ends_the_account(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("3")
        await stage.press("enter")
        await stage.press("ctrl+u")
        rich_ann.pool.call_admin("admin_user_global_sign_out", "ann")
        await stage.enter("Somebody")
        await until(stage.pilot, lambda: stage.app.ended_by is not None)
    assert isinstance(stage.app.ended_by, NotSignedInError)
    assert rich_ann.session.is_forgotten


async def test_waiting_can_be_stopped_and_the_change_may_have_arrived(rich_ann: SignedIn) -> None:
    lock = rich_ann.pool.server.state.lock
    async with open_account(rich_ann) as stage:
        await stage.press("3", "enter")
        await stage.press("ctrl+u")
        lock.acquire()
        try:
            await stage.enter("Stopped Ann")
            await stage.see("Asking Cognito")
            await stage.press("escape")
            await stage.see("may or may not have arrived")
        finally:
            lock.release()
        await stage.press("escape")
        await stage.see("Other details")


async def test_lost_reply_and_too_many_requests_are_shown(rich_ann: SignedIn) -> None:
    server = rich_ann.pool.server
    async with open_account(rich_ann) as stage:
        await stage.press("3", "enter", "ctrl+u")
        server.drop_next("UpdateUserAttributes")
        await stage.enter("Ann Two")
        await stage.see("may or may not have arrived")
        server.fail_next("UpdateUserAttributes", "TooManyRequestsException", "Rate exceeded")
        await stage.press("enter")
        await stage.see("Try again in")


async def test_help_explains_the_page_and_the_trace_names_the_calls(rich_ann: SignedIn) -> None:
    async with open_account(rich_ann) as stage:
        await stage.press("7", "ctrl+g")
        await stage.see("The list is a few seconds old")
        await stage.press("escape")
        await stage.press("f4")
        await stage.see("ListUserSessions")


async def test_two_accounts_of_one_session_go_on_after_each_others_refresh(rich_ann: SignedIn) -> None:
    other = sign_in(rich_ann.pool)
    async with open_account(other) as stage:
        rich_ann.session.refresh()
        await stage.press("7")
        await stage.see("this session")


# -- from Done, and in another program --------------------------------------------------------------


async def test_done_opens_the_account_and_is_there_again_afterwards(rich_ann: SignedIn) -> None:
    pool = rich_ann.pool
    auth = Auth(pool.pool_id, pool.client_id, endpoint_url=pool.server.endpoint_url)
    settings = SignInSettings(pool="acme", username="ann", auth_flow=AuthFlow.USER_PASSWORD_AUTH)
    app = TuiAuthApp(auth, settings)
    async with app.run_test(size=(80, 23)) as pilot:
        await until(pilot, lambda: "Password" in screen_text(app))
        await press(pilot, *PASSWORD, "enter")
        await until(pilot, lambda: "Signed in as ann" in screen_text(app) and "^a" in screen_text(app))
        await press(pilot, "ctrl+a")
        await until(pilot, lambda: "ann@example.com" in screen_text(app) and "Delete" in screen_text(app))
        await press(pilot, "3")
        await until(pilot, lambda: "Other details" in screen_text(app) and "Full name" in screen_text(app))
        await press(pilot, "escape")
        await press(pilot, "escape")
        await until(pilot, lambda: "Signed in as ann" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: app.return_value is not None)


class HostApp(App[None]):
    """Another program, which shows the account."""

    CSS = "Screen { background: red; } #card { width: 10; }"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.results: list[object] = []

    def on_mount(self) -> None:
        screen = AccountScreen(self.session, pool_label="acme", labels={"program": "Shop"})
        self.push_screen(screen, self.results.append)


async def test_another_program_shows_the_account_and_goes_on(rich_ann: SignedIn) -> None:
    pool = rich_ann.pool
    auth = PublicAuth(pool.pool_id, pool.client_id, endpoint_url=pool.server.endpoint_url)
    auth.pool = ResolvedPool(
        pool.pool_id,
        pool.client_id,
        passkey_relying_party=SITE,
        password_policy=PasswordPolicy(min_length=12),
    )
    step = auth.sign_in("ann", PASSWORD, auth_flow="USER_PASSWORD_AUTH").next_step
    assert isinstance(step, Done)
    assert step.session is not None
    app = HostApp(step.session)
    async with app.run_test(size=(80, 23)) as pilot:
        await until(pilot, lambda: "ann@example.com" in screen_text(app) and has_read_sessions(app))
        assert "Shop · acme TEST ENDPOINT · ann@example.com" in screen_text(app), "as in SignIn"
        context = next(screen for screen in app.screen_stack if isinstance(screen, AccountScreen)).settings
        assert context.endpoint_url == pool.server.endpoint_url
        assert context.passkeys.relying_party == SITE
        assert context.password_policy == PasswordPolicy(min_length=12)
        await press(pilot, "7")
        await until(pilot, lambda: "this session" in screen_text(app))
        await press(pilot, "escape")
        await until(pilot, lambda: "Your account" in screen_text(app))
        await press(pilot, "escape")
        await until(pilot, lambda: app.results == [None])
        assert len(app.screen_stack) == 1
