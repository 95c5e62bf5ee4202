"""The account in line prompts: the same pages as in full screen, by their numbers."""

from __future__ import annotations

import pytest

from tests.account.conftest import MakePool, SignedIn, sign_in
from tests.account.conftest import ann as ann
from tests.account.conftest import make_pool as make_pool
from tests.account.conftest import pool as pool
from tests.account.conftest import rich_ann as rich_ann
from tests.account.conftest import rich_pool as rich_pool
from tests.account.conftest import shared_aws as shared_aws
from tests.account.conftest import shared_server as shared_server
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD
from tests.passkeys.people import PASSKEYS, PIN, SITE, touched_key
from tests.plain.test_passkey import HeldKeys
from tests.plain.typist import Typist
from tui_auth.errors import AuthError, NotSignedInError
from tui_auth.flow.account_attribute_pages import CodePage
from tui_auth.flow.account_overview_page import DeletePage, PasswordPage
from tui_auth.flow.account_pages import AccountContext
from tui_auth.flow.interface import PasskeySettings
from tui_auth.plain.account import PlainAccount
from tui_auth.plain.prompts import BackError, Prompts
from tui_auth.secret import Secret


class LiveTypist(Typist):
    """Types lines, of which some are known only when they are asked for: the newest code, an app's code."""

    def __init__(self, signed_in: SignedIn, *typed: str) -> None:
        super().__init__(*typed)
        self.signed_in = signed_in

    def ask(self, prompt: str) -> str:
        line = super().ask(prompt)
        pool = self.signed_in.pool
        if line == "CODE":
            return pool.newest_code()
        if line == "TOTP":
            key = pool.server.state.pools[pool.pool_id].users["ann"].pending_secret
            return pool.totp_code(str(key))
        return line

    def ask_secret(self, prompt: str) -> Secret:
        return Secret(self.ask(f"{prompt} (hidden)"))


def run(signed_in: SignedIn, *typed: str) -> LiveTypist:
    """Open the account, type these lines, then leave it."""
    lines = LiveTypist(signed_in, *typed, "/back")
    PlainAccount(AccountContext(signed_in.account, ("ann",)), Prompts(lines)).run()
    assert lines.typed == []
    return lines


def test_overview_is_a_numbered_list(rich_ann: SignedIn) -> None:
    text = run(rich_ann).text
    for line in (
        "1 Email          ann@example.com",
        "4 Password       change it",
        "5 Second factor  none",
        "6 Devices        3 remembered, this computer is one",
        "7 Sessions       3 active, 2 of them elsewhere",
    ):
        assert line in text.splitlines()


def test_email_is_changed_and_verified_with_a_second_code(rich_ann: SignedIn) -> None:
    lines = run(rich_ann, "1", "2", "new@example.com", "000000", "/new", "CODE")
    assert "changed but not verified yet" in lines.text
    assert "Earlier codes no longer work." in lines.text
    assert "Your email address is verified." in lines.text
    assert "1 Email          new@example.com" in lines.text
    assert rich_ann.account.fetch_user_attributes()["email_verified"] == "true"


def test_password_asks_again_only_for_what_is_wrong(rich_ann: SignedIn) -> None:
    wrong = ("wrong", OTHER_PASSWORD, OTHER_PASSWORD)
    short = (PASSWORD, "short1", "short1")
    lines = run(rich_ann, "4", *wrong, *short, OTHER_PASSWORD, OTHER_PASSWORD, "2")
    assert lines.prompts.count("Current password (hidden)") == 2
    assert "Error: That isn't your current password." in lines.text
    assert "Ended 2 sessions." in lines.text
    assert rich_ann.pool.password_sign_in(password=OTHER_PASSWORD)


def test_app_is_set_up_with_its_key(rich_ann: SignedIn) -> None:
    lines = run(rich_ann, "5", "1", "2", "12345", "TOTP", "/back")
    assert "Type this key into your authenticator app:" in lines.text
    assert "The app is set up." in lines.text
    assert "1 Authenticator app · ✓ on, preferred" in lines.text


def test_session_and_device_end_after_a_second_answer(rich_ann: SignedIn) -> None:
    lines = run(rich_ann, "7", "2", "1", "2", "2", "/back", "6", "1", "2", "/back")
    assert "The session is ended." in lines.text
    assert "The user pool no longer knows" in lines.text
    assert rich_ann.calls.count("RevokeUserSession") == rich_ann.calls.count("ForgetDevice") == 1


@pytest.mark.parametrize("typed", [("2", PIN), ("1", "1", "2", "0000", PIN)], ids=["yes", "no, then yes"])
def test_passkey_is_added_on_a_security_key(make_pool: MakePool, typed: tuple[str, ...]) -> None:
    mfa = {"MfaConfiguration": "OFF", "WebAuthnConfiguration": {"RelyingPartyId": SITE}}
    pool = make_pool(mfa=mfa, Policies=PASSKEYS)
    pool.create_user(email="ann@example.com", email_verified="true")
    ann = sign_in(pool)
    lines = LiveTypist(ann, "8", "1", *typed, "/back", "/back")
    passkeys = PasskeySettings(keys=HeldKeys(touched_key(PIN)))
    PlainAccount(AccountContext(ann.account, ("ann",), passkeys=passkeys), Prompts(lines)).run()

    assert lines.typed == []
    assert f"Add a passkey. For {SITE}" in lines.text
    assert "The passkey is added" in lines.text
    assert len(ann.account.list_web_authn_credentials()) == 1


def test_account_is_deleted_after_the_name(rich_ann: SignedIn) -> None:
    lines = LiveTypist(rich_ann, "9", "bob", "ann")
    PlainAccount(AccountContext(rich_ann.account, ("ann",)), Prompts(lines)).run()
    assert "Error: That isn't your user name." in lines.text
    assert lines.printed[-1] == "Your account is deleted."
    assert rich_ann.forgotten == ["user"]


def test_session_that_ended_elsewhere_leaves_the_account(rich_ann: SignedIn) -> None:
    lines = LiveTypist(rich_ann, "3", "1", "Somebody")
    account = PlainAccount(AccountContext(rich_ann.account, ("ann",)), Prompts(lines))

    def end_session(prompt: str) -> str:
        if "Full name" in prompt:
            rich_ann.pool.call_admin("admin_user_global_sign_out", "ann")
        return LiveTypist.ask(lines, prompt)

    lines.ask = end_session  # type: ignore[method-assign]
    with pytest.raises(NotSignedInError):
        account.run()
    assert rich_ann.session.is_forgotten


def test_error_in_the_account_is_said_and_the_page_asks_again(rich_ann: SignedIn) -> None:
    rich_ann.pool.server.fail_next("UpdateUserAttributes", "InternalErrorException", "no")
    lines = run(rich_ann, "3", "1", "Ann Two", "Ann Two", "/back")
    assert lines.text.count("Error: ") == 1
    assert "Full name is saved." in lines.text


# -- one page, for a command ------------------------------------------------------------------------


def ask(signed_in: SignedIn, page: object, *typed: str) -> str:
    settings = AccountContext(signed_in.account, ("ann",))
    return PlainAccount(settings, Prompts(LiveTypist(signed_in, *typed))).ask(page)  # type: ignore[arg-type]


def settings_of(signed_in: SignedIn) -> AccountContext:
    return AccountContext(signed_in.account, ("ann",))


def test_command_asks_until_the_code_is_right(ann: SignedIn) -> None:
    ann.account.send_user_attribute_verification_code("email")
    text = ask(ann, CodePage(settings_of(ann), "email", ""), "000000", "CODE")
    assert text == "Your email address is verified."


def test_command_ends_with_what_was_done_or_with_the_error(ann: SignedIn) -> None:
    page = PasswordPage(settings_of(ann), has_password=True)
    assert ask(ann, page, PASSWORD, OTHER_PASSWORD, OTHER_PASSWORD).startswith("Your password is changed.")
    with pytest.raises(BackError):
        ask(ann, DeletePage(settings_of(ann)), "/back")
    ann.pool.server.fail_next("DeleteUser", "InternalErrorException", "no")
    with pytest.raises(AuthError):
        ask(ann, DeletePage(settings_of(ann)), "ann")
