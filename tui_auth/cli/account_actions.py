"""The actions of ``tui-auth account``, one function each. Each prints what came of it and returns the status.

Data goes to stdout. What was done is said on stderr.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tui_auth.account.overview import fetch_overview
from tui_auth.account.values import MFA_KEYWORDS, MFAPreference
from tui_auth.cli import account_facts as facts
from tui_auth.cli.output import CommandFailedError, error_text, say, status_for, tell, write_out
from tui_auth.cli.parser import read_secret_line
from tui_auth.cli.sign_in_now import (
    choose_theme,
    line_prompts,
    passkey_settings,
    prepare_full_screen,
    wants_line_prompts,
)
from tui_auth.exit_codes import ExitCode
from tui_auth.flow import account_texts as texts
from tui_auth.flow.account_attribute_pages import CodePage
from tui_auth.flow.account_factor_pages import AppPage
from tui_auth.flow.account_overview_page import DeletePage, PasswordPage
from tui_auth.flow.account_pages import AccountContext
from tui_auth.flow.checks import find_attribute_error, find_password_error, normalize_attribute
from tui_auth.flow.interface import PasskeySettings, environment_badge_for
from tui_auth.flow.messages import CONTACT_LABELS, VERIFIED, format_attribute, format_count, format_delivery
from tui_auth.secret import Secret
from tui_auth.session.finder import find_pool_settings
from tui_auth.session.sessions import Sessions
from tui_auth.terminal.environment import TerminalKind, find_terminal

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from tui_auth.account.account import Account
    from tui_auth.account.values import MFASettings
    from tui_auth.flow.account_pages import Page
    from tui_auth.session.sessions import StoredSession


def open_pages(account: Account, stored: StoredSession, arguments: Namespace) -> int:
    """Open the account on the terminal: in full screen or in line prompts. Without a terminal, print it."""
    kind = find_terminal().kind
    if kind is TerminalKind.NONE:
        return show(account, stored, arguments)
    context = _context(account, stored, arguments)
    if kind is TerminalKind.LINES or wants_line_prompts(arguments):
        from tui_auth.plain.account import PlainAccount
        from tui_auth.plain.prompts import Prompts

        with line_prompts() as lines:
            PlainAccount(context, Prompts(lines)).run()
        return ExitCode.OK
    if not prepare_full_screen("Your account"):
        return ExitCode.UNSUPPORTED_STEP
    from tui_auth.first_run_app import AccountApp

    record = stored.record
    badge = environment_badge_for(record.origin.endpoint)
    app = AccountApp(context, record, theme=choose_theme(), environment_badge=badge)
    status = app.run_in_terminal()
    if app.ended_by is not None:
        raise app.ended_by
    if app.return_value:
        _done(app.return_value)
    return status


def show(account: Account, stored: StoredSession, arguments: Namespace) -> int:
    """Print the overview."""
    overview = fetch_overview(account)
    if getattr(arguments, "json", False):
        return _print_json(facts.overview_facts(overview))
    return write_out(facts.overview_text(overview))


def set(account: Account, stored: StoredSession, arguments: Namespace) -> int:  # noqa: A001 - the action's name
    """Change attributes. Return 10 if a code was sent that can't be asked for here."""
    values = dict(arguments.attributes)
    for name, value in values.items():
        if not texts.is_editable(name):
            raise CommandFailedError(ExitCode.USAGE, f"{format_attribute(name)} can't be changed.")
        values[name] = normalize_attribute(name, value)
        if value and (problem := find_attribute_error(name, values[name])):
            raise CommandFailedError(ExitCode.USAGE, problem)
    updates = account.update_user_attributes(values)
    for update in updates.values():
        _done(texts.format_update(update))
    if arguments.json and (status := _print_json(facts.update_facts(updates))):
        return status
    pending = [update.name for update in updates.values() if not update.is_updated]
    for name in CONTACT_LABELS:
        if values.get(name) and name not in pending:
            _done(f"No code was sent. To verify it, run `tui-auth account verify {name}`.")
    if not pending:
        return ExitCode.OK
    if not arguments.verify:
        _done(f"To verify it, run `tui-auth account verify {pending[0]}`.")
        return ExitCode.OK
    if not _can_ask():
        _done(f"Pipe the code in: `tui-auth account verify {pending[0]} --stdin`.")
        return ExitCode.UNSUPPORTED_STEP
    for name in pending:
        _ask(CodePage(_context(account, stored), name, ""))
    return ExitCode.OK


def verify(account: Account, stored: StoredSession, arguments: Namespace) -> int:
    """Verify an address: with the code on stdin, else send one and ask for it on the terminal."""
    if arguments.stdin:
        _reject_terminal_on_stdin("the code")
        code = read_secret_line()
        if not code:
            raise CommandFailedError(ExitCode.USAGE, "There is no code on stdin. Pipe it in as one line.")
        account.confirm_user_attribute(arguments.name, Secret(code.reveal().strip()))
        _say_verified(arguments.name)
        return ExitCode.OK
    details = account.send_user_attribute_verification_code(arguments.name)
    _done(f"{format_delivery(details)}.")
    if not _can_ask():
        _done(f"Then run `tui-auth account verify {arguments.name} --stdin`.")
        return ExitCode.OK
    _ask(CodePage(_context(account, stored), arguments.name, ""))
    return ExitCode.OK


def mfa(account: Account, stored: StoredSession, arguments: Namespace) -> int:
    """List the second factors, or change one. Return 5 if the pool didn't do what was asked."""
    if arguments.change is None:
        return _print_mfa(account.fetch_mfa_preference(), arguments)
    if arguments.change == "replace-app":
        _require_terminal("You have to see the new key", "Run it on a terminal.")
        is_replacement = account.fetch_mfa_preference().has_software_token
        context, details = _context(account, stored), account.set_up_totp()
        _ask(AppPage(context, details, is_replacement=is_replacement))
        return ExitCode.OK
    before = account.fetch_mfa_preference()
    if arguments.change == "prefer":
        return _prefer(account, before, arguments)
    is_on = arguments.change == "on"
    preference = MFAPreference.ENABLED if is_on else MFAPreference.DISABLED
    after = account.update_mfa_preference(**{_keyword(arguments.factor): preference})
    factor = facts.FACTORS[arguments.factor]
    _done(texts.format_mfa_change(before, after, factor, on=is_on))
    if arguments.json and (status := _print_json(facts.mfa_facts(after))):
        return status
    return ExitCode.OK if (factor in after.enabled) is is_on else ExitCode.REJECTED


def _keyword(word: str) -> str:
    return MFA_KEYWORDS[facts.FACTORS[word]]


def _prefer(account: Account, before: MFASettings, arguments: Namespace) -> int:
    words = {factor: word for word, factor in facts.FACTORS.items()}
    after = before
    wanted = facts.FACTORS.get(arguments.factor)
    if wanted is not None:
        after = account.update_mfa_preference(**{_keyword(arguments.factor): MFAPreference.PREFERRED})
    elif before.preferred in words:
        word = words[before.preferred]  # type: ignore[index]
        after = account.update_mfa_preference(**{_keyword(word): MFAPreference.NOT_PREFERRED})
    _done(f"Second factors: {texts.format_factors(after)}.")
    if arguments.json and (status := _print_json(facts.mfa_facts(after))):
        return status
    return ExitCode.OK if after.preferred == wanted else ExitCode.REJECTED


def _print_mfa(settings: MFASettings, arguments: Namespace) -> int:
    return _print_json(facts.mfa_facts(settings)) if arguments.json else write_out(facts.mfa_text(settings))


def devices(account: Account, stored: StoredSession, arguments: Namespace) -> int:
    """List the devices, or forget one."""
    if arguments.change == "forget":
        listed = account.fetch_devices()
        is_this = arguments.key == "this" or any(
            device.is_current for device in listed if device.key == arguments.key
        )
        account.forget_device(None if is_this else arguments.key)
        _done(texts.THIS_DEVICE_FORGOTTEN if is_this else texts.DEVICE_FORGOTTEN)
        return ExitCode.OK
    found = account.fetch_devices()
    if arguments.json:
        return _print_json({"devices": facts.device_facts(found)})
    entries = [(device.key, texts.format_device(device)) for device in found]
    return write_out(facts.list_text(entries, "The user pool remembers no devices."))


def sessions(account: Account, stored: StoredSession, arguments: Namespace) -> int:
    """List the sessions, or end some. Return the status of the first failure."""
    found = account.list_user_sessions()
    if arguments.change is None:
        if arguments.json:
            return _print_json({"sessions": facts.session_facts(found)})
        entries = [(session.id, texts.format_session(session)) for session in found]
        return write_out(facts.list_text(entries, "The user pool lists no sessions."))
    if arguments.others:
        result = account.revoke_other_user_sessions(linked=arguments.linked)
        for session_id, error in result.failed.items():
            say(f"{session_id}: {error_text(error)}")
        count = len(result.ended)
        if count or result.failed:
            _done(f"Ended {format_count(count, 'session')}.")
        else:
            _done(texts.NO_OTHER_SESSIONS)
        return status_for(next(iter(result.failed.values()))) if result.failed else ExitCode.OK
    if any(session.is_current for session in found if session.id in arguments.ids):
        raise CommandFailedError(
            ExitCode.USAGE, "One of them is this session. To end it, run `tui-auth sign-out`."
        )
    for session_id in arguments.ids:
        account.revoke_user_session(session_id, linked=arguments.linked)
        _done(f"Ended {session_id}.")
    return ExitCode.OK


def passkeys(account: Account, stored: StoredSession, arguments: Namespace) -> int:
    """List the passkeys, add one on a security key, or delete one."""
    if arguments.change == "add":
        from tui_auth.cli.passkey_registration import register_passkey

        _require_terminal("You have to touch the security key and type its PIN", "Run this on a terminal.")
        credential_id = register_passkey(account, stored, arguments)
        _done("The passkey is on your security key. `tui-auth account passkeys` lists it.")
        if arguments.json:
            listed = account.list_web_authn_credentials()
            added = [passkey for passkey in listed if passkey.credential_id == credential_id]
            return _print_json({"credentials": facts.passkey_facts(added)})
        return ExitCode.OK
    if arguments.change == "delete":
        account.delete_web_authn_credential(arguments.id)
        _done("The passkey is deleted. Remove it from your security key or password manager, too.")
        return ExitCode.OK
    found = account.list_web_authn_credentials()
    if arguments.json:
        return _print_json({"credentials": facts.passkey_facts(found)})
    entries = [(passkey.credential_id, texts.format_passkey(passkey)) for passkey in found]
    return write_out(facts.list_text(entries, "You have no passkeys."))


def password(account: Account, stored: StoredSession, arguments: Namespace) -> int:
    """Change the password: from two lines on stdin, else asked for on the terminal."""
    if arguments.stdin:
        _reject_terminal_on_stdin("the passwords")
        old, new = read_secret_line(), read_secret_line()
        if not new:
            raise CommandFailedError(
                ExitCode.USAGE, "Pipe two lines in: the current password and the new one."
            )
        if problem := find_password_error(new):
            raise CommandFailedError(ExitCode.USAGE, problem)
        account.update_password(old or None, new)
        _done(texts.PASSWORD_CHANGED)
    else:
        _require_terminal("You have to type the passwords", "Or pipe them in as two lines, with --stdin.")
        configured = account.fetch_mfa_preference().configured
        has_password = not configured or "PASSWORD" in configured
        _ask(PasswordPage(_context(account, stored, arguments), has_password=has_password))
    _done("To sign out everywhere else, run `tui-auth account sessions revoke --others`.")
    return ExitCode.OK


def delete(account: Account, stored: StoredSession, arguments: Namespace) -> int:
    """Delete the account after the user name was typed."""
    record = stored.record
    if arguments.yes_delete is not None:
        if arguments.yes_delete.strip() not in (record.display_name, record.username):
            raise CommandFailedError(ExitCode.USAGE, texts.WRONG_USER_NAME)
        account.delete_user()
        _done(texts.ACCOUNT_DELETED)
    else:
        _require_terminal("You have to type your user name", "Or use --yes-delete NAME.")
        _ask(DeletePage(_context(account, stored)))
    return ExitCode.OK


def _context(account: Account, stored: StoredSession, arguments: Namespace | None = None) -> AccountContext:
    """Return what the pages of the account need; what is configured about the pool if arguments are given."""
    record = stored.record
    pool = find_pool_settings(vars(arguments), Sessions(), record) if arguments else None
    return AccountContext.from_record(
        account,
        record,
        app_name=record.origin.profile or record.origin.user_pool_id,
        password_policy=pool.password_policy if pool else None,
        passkeys=passkey_settings(pool) if pool else PasskeySettings(),
    )


def _ask(page: Page) -> None:
    """Ask on the terminal until a page is answered, and say what was done. Going back, or ^D, cancels."""
    from tui_auth.plain.account import PlainAccount
    from tui_auth.plain.prompts import BackError, Prompts

    with line_prompts() as lines:
        try:
            lines.say(PlainAccount(page.context, Prompts(lines)).ask(page))
        except BackError:
            raise CommandFailedError(ExitCode.CANCELED) from None


def _say_verified(name: str) -> None:
    _done(VERIFIED.format(f"Your {CONTACT_LABELS[name]}"))


def _can_ask() -> bool:
    return find_terminal().kind is not TerminalKind.NONE


def _require_terminal(why: str, otherwise: str) -> None:
    if not _can_ask():
        raise CommandFailedError(
            ExitCode.UNSUPPORTED_STEP, f"{why}, and there is no terminal here. {otherwise}"
        )


def _reject_terminal_on_stdin(what: str) -> None:
    if sys.stdin is not None and sys.stdin.isatty():
        raise CommandFailedError(
            ExitCode.USAGE,
            f"--stdin reads {what} from a pipe, not from a terminal. Leave it out to be asked.",
        )


def _done(sentence: str) -> None:
    """Say on stderr what was done."""
    tell(sentence, by="")


def _print_json(value: Mapping[str, Any]) -> int:
    return write_out(json.dumps(value, indent=2) + "\n")
