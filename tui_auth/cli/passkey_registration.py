"""``tui-auth account passkeys add``: make a passkey of the signed-in user on a security key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui_auth.cli.output import CommandFailedError
from tui_auth.cli.sign_in_now import line_prompts, passkey_settings
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.exit_codes import ExitCode
from tui_auth.flow.interface import PasskeySettings
from tui_auth.flow.passkey import SITE_LIMIT, RegistrationCeremony, format_registration_problem
from tui_auth.passkeys.keys import default_keys
from tui_auth.passkeys.problems import passkey_error
from tui_auth.passkeys.relying_party import requested_relying_party
from tui_auth.plain.passkey import prompts_to_register
from tui_auth.plain.prompts import BackError, Prompts
from tui_auth.session.finder import find_pool_settings
from tui_auth.session.sessions import Sessions
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from argparse import Namespace

    from tui_auth.account.account import Account
    from tui_auth.session.sessions import StoredSession

_NO_KEY_HERE = (PasskeyProblem.NO_KEY, PasskeyProblem.RELYING_PARTY_UNCONFIRMED)


def register_passkey(account: Account, stored: StoredSession, arguments: Namespace) -> str:
    """Register a passkey and return its credential ID.

    Raises:
        CommandFailedError: No key can be used here (10), the user gave up (6), or the key rejected it or the
            pool asks for another site than the profile specifies (5).
        AuthError: Cognito rejected it.
    """
    problem = default_keys().problem()
    if problem is not None and problem.needs_another_way:
        raise _failed(problem)
    options = account.start_web_authn_registration()
    endpoint_url = stored.record.origin.endpoint or None
    pool = find_pool_settings(vars(arguments), Sessions(), stored.record)
    settings = passkey_settings(pool) if pool else PasskeySettings()
    make_ceremony = partial(RegistrationCeremony, options, settings, endpoint_url)
    with line_prompts() as lines:
        prompts, site = prompts_to_register(Prompts(lines)), requested_relying_party(options)
        lines.say(f"Add a passkey for {safe_line(site, limit=SITE_LIMIT)}.")
        try:
            event = prompts.use_key(site, make_ceremony)
        except BackError:
            raise _failed(prompts.problem) from None
    credential = event.credential or {}
    account.complete_web_authn_registration(credential)
    return str(credential.get("id", ""))


def _failed(problem: PasskeyProblem | None) -> CommandFailedError:
    """Return how the command fails; what went wrong was said at the prompts, unless no key can be used."""
    if problem is None or problem is PasskeyProblem.CANCELED:
        return CommandFailedError(ExitCode.CANCELED)
    is_about_here = problem.needs_another_way or problem in _NO_KEY_HERE
    status = ExitCode.UNSUPPORTED_STEP if is_about_here else ExitCode.REJECTED
    return CommandFailedError(status, format_registration_problem(passkey_error(problem)))
