"""``tui-auth account``: show and change the account of the signed-in user.

Every action works on the stored session and never signs in. Only ``password``, ``delete``, ``verify``,
``set --verify`` and ``mfa replace-app`` ask on a terminal; without one they say which flag takes the answer.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

from tui_auth.cli.output import CommandFailedError
from tui_auth.cli.parser import add_session_arguments
from tui_auth.cli.session_access import open_session
from tui_auth.exit_codes import ExitCode
from tui_auth.session.sessions import Sessions

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Callable

    from tui_auth.account.account import Account
    from tui_auth.session.sessions import StoredSession

ACTIONS = {
    "show": "show the attributes, the second factors, and how many devices, sessions and passkeys there are",
    "set": "change attributes, such as name or email",
    "verify": "verify the email address or the phone number with a code",
    "mfa": "list the second factors, turn one on or off, or replace the authenticator app",
    "devices": "list the devices that the user pool remembers, or forget one",
    "sessions": "list where you are signed in, or end other sessions",
    "passkeys": "list the passkeys, add one on a security key, or delete one",
    "password": "change the password",
    "delete": "delete the account",
}
FACTOR_WORDS = ("app", "sms", "email")


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Show and change the account of the signed-in user. Without an action, it opens your account on the "
        "terminal; without a terminal, it prints the same as show.\n\n"
        "No action signs in. Exit status 4 means that you aren't signed in, or that the session was ended "
        "elsewhere; 5 that Cognito rejected the change; 10 that an answer is necessary and there is no "
        "terminal to ask on."
    )
    add_session_arguments(parser)
    parser.add_argument("--plain", action="store_true", help="use line prompts instead of the full screen")
    commands = parser.add_subparsers(dest="action", metavar="|".join(ACTIONS))

    showing = _command(commands, "show")
    _add_json(showing)

    setting = _command(commands, "set")
    setting.add_argument(
        "attributes",
        metavar="NAME=VALUE",
        nargs="+",
        type=_attribute,
        help="an attribute by Cognito's name, such as email=ann@example.com; an empty value removes it",
    )
    setting.add_argument("--verify", action="store_true", help="ask for the code if one is sent")
    _add_json(setting)

    verifying = _command(commands, "verify")
    verifying.add_argument("name", metavar="email|phone_number", choices=("email", "phone_number"))
    verifying.add_argument(
        "--stdin", action="store_true", help="read the code from the first line of stdin; send none"
    )

    factors = _command(commands, "mfa")
    factors.add_argument(
        "change",
        nargs="?",
        metavar="on|off|prefer|replace-app",
        choices=("on", "off", "prefer", "replace-app"),
    )
    factors.add_argument("factor", nargs="?", metavar="app|sms|email|none", choices=(*FACTOR_WORDS, "none"))
    _add_json(factors)

    devices = _command(commands, "devices")
    devices.add_argument("change", nargs="?", metavar="forget", choices=("forget",))
    devices.add_argument("key", nargs="?", metavar="KEY|this", help="the device key, or this computer")
    _add_json(devices)

    sessions = _command(commands, "sessions")
    sessions.add_argument("change", nargs="?", metavar="revoke", choices=("revoke",))
    sessions.add_argument("ids", nargs="*", metavar="ID", help="the sessions to end")
    sessions.add_argument("--others", action="store_true", help="end all sessions but this one")
    sessions.add_argument("--linked", action="store_true", help="end the sessions that came from them, too")
    _add_json(sessions)

    passkeys = _command(commands, "passkeys")
    passkeys.add_argument(
        "change", nargs="?", metavar="list|add|delete", choices=("list", "add", "delete"), default="list"
    )
    passkeys.add_argument("id", nargs="?", metavar="ID", help="the credential ID")
    _add_json(passkeys)

    password = _command(commands, "password")
    password.add_argument(
        "--stdin",
        action="store_true",
        help="read the current and the new password from the first two lines of stdin; the first is empty "
        "for a user without a password",
    )

    deleting = _command(commands, "delete")
    deleting.add_argument(
        "--yes-delete",
        metavar="NAME",
        help="delete the account of this user without asking; for scripts",
    )


def _command(commands: _SubParsersAction[Any], name: str) -> ArgumentParser:
    description = f"{ACTIONS[name][0].upper()}{ACTIONS[name][1:]}."
    parser: ArgumentParser = commands.add_parser(name, help=ACTIONS[name], description=description)
    add_session_arguments(parser, is_subcommand=True)
    return parser


def _add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _attribute(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ArgumentTypeError("expected NAME=VALUE")
    return name, value


def run(arguments: Namespace) -> int:
    """Run the action on the session that the flags specify."""
    _check_usage(arguments)
    sessions = Sessions()
    session = open_session(arguments, sessions)
    _, stored = session.locate()
    from tui_auth.cli import account_actions

    action: Callable[[Account, StoredSession, Namespace], int] = vars(account_actions)[
        arguments.action or "open_pages"
    ]
    return action(session.account(), stored, arguments)


def _check_usage(arguments: Namespace) -> None:
    """Raise CommandFailedError for arguments that are missing or don't go together."""
    problem = ""
    match arguments.action:
        case "mfa":
            problem = _mfa_problem(arguments.change, arguments.factor)
        case "devices" if arguments.change and not arguments.key:
            problem = "Which device? Specify its key, or `this` for this computer."
        case "sessions":
            if arguments.change and bool(arguments.ids) is arguments.others:
                problem = "Specify the IDs of the sessions to end, or --others."
            elif not arguments.change and (arguments.others or arguments.linked):
                problem = "--others and --linked are for `tui-auth account sessions revoke`."
        case "passkeys" if arguments.change == "delete" and not arguments.id:
            problem = "Which passkey? Specify its ID; `tui-auth account passkeys` lists them."
    if problem:
        raise CommandFailedError(ExitCode.USAGE, problem)


def _mfa_problem(change: str | None, factor: str | None) -> str:
    if change in ("on", "off") and factor not in FACTOR_WORDS:
        return f"Which second factor? `tui-auth account mfa {change} {'|'.join(FACTOR_WORDS)}`."
    if change == "prefer" and factor is None:
        return "Which second factor? `tui-auth account mfa prefer app|sms|email|none`."
    return "replace-app takes no second factor." if change == "replace-app" and factor else ""
