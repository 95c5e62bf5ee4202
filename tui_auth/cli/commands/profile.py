"""``tui-auth profile``: manage named pool configurations, and show where each value comes from."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_auth.cli.output import CommandFailedError, tell, write_out
from tui_auth.cli.parser import BROWSER_FLAGS, SIGN_IN_FLAGS, add_setting_flags
from tui_auth.config.amplify import read_amplify_file, read_secret_file
from tui_auth.config.files import (
    SECRET_FILE_ADVICE,
    ConfigurationError,
    Origin,
    SourceKind,
    display_path,
    error_in_file,
    resolve_secret_path,
)
from tui_auth.config.pasted_ids import parse_id
from tui_auth.config.profile_editor import (
    ProfileExistsError,
    add_profile,
    check_profile_name,
    remove_profile,
    use_profile,
)
from tui_auth.config.profiles import Profiles, load_profiles
from tui_auth.config.resolver import resolve_pool
from tui_auth.config.settings import (
    POOL_FLAGS,
    SETTINGS,
    InvalidValueError,
    add_pool_arguments,
    check_region,
    validate_setting,
)
from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction


_FLAGS: dict[str, tuple[str | None, str]] = {
    **POOL_FLAGS,
    **SIGN_IN_FLAGS,
    **BROWSER_FLAGS,
    "logout_uri": ("URL", "the sign-out URL that the browser ends at"),
    "identity_providers": ("NAMES", "the identity providers to offer, such as Google,AcmeSSO"),
    "session_minutes": ("MINUTES", "the app client's authentication flow session duration; default: 3"),
    "storage": (None, "where to store sessions; default: ask"),
    "client_metadata": ("KEY=VALUE", "pass to the pool's Lambda triggers; repeatable"),
    "passkey_relying_party": ("DOMAIN", "the only site that a passkey may be used for"),
    "password_policy": ("RULES", "the password policy, such as min_length=10,require_numbers"),
    "username_attributes": ("NAMES", "the attributes that users sign in with, such as email,phone_number"),
    "required_attributes": ("NAMES", "the attributes that a new account requires, such as email,name"),
    "mfa_methods": ("METHODS", "the pool's MFA methods, such as SMS,TOTP"),
}
"""The placeholder and the help text of each setting's flag."""


def parse_setting_flags(arguments: Namespace) -> dict[str, Any]:
    """Return the validated settings of the flags.

    Raises:
        ConfigurationError: A value is invalid; the message has the flag.
    """
    settings: dict[str, Any] = {}
    for name in _FLAGS:
        text = getattr(arguments, name)
        if text is None:
            continue
        try:
            settings[name] = validate_setting(name, _parse(name, text))
        except InvalidValueError as error:
            flag, help_text = SETTINGS[name].flag, _FLAGS[name][1]
            expected = error if SETTINGS[name].from_text else f"{_FLAGS[name][0]} ({help_text})"
            raise ConfigurationError(f"{flag}: expected {expected}.") from None
    return settings


def _parse(name: str, text: Any) -> Any:
    """Parse a flag's text into a value to validate. Raises InvalidValueError."""
    if SETTINGS[name].from_text:
        return parse_id(name, text)
    if name == "client_metadata":
        pairs = [pair.partition("=") for pair in text]
        if not all(key and equals for key, equals, _ in pairs):
            raise InvalidValueError
        return {key: value for key, _, value in pairs}
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return dict(map(_parse_rule, parts)) if name == "password_policy" else parts


def _parse_rule(text: str) -> tuple[str, int | bool]:
    name, _, value = text.partition("=")
    if name == "min_length":
        if not value.isdecimal():
            raise InvalidValueError
        return name, int(value)
    if value not in ("", "true", "false"):
        raise InvalidValueError
    return name, value != "false"


_DESCRIPTION = (
    "A profile is a named pool configuration. Profiles are in config.toml in your configuration folder."
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = _DESCRIPTION
    force = "replace an existing profile of this name with all its settings"
    commands = parser.add_subparsers(dest="action", metavar="list|add|use|show|remove|import", required=True)

    listing = _command(commands, "list", "list the profiles; * marks the default")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.add_argument("--names", action="store_true", help="print only the names, one per line")

    adding = _command(commands, "add", "add a profile")
    adding.add_argument("name", metavar="NAME")
    add_setting_flags(adding, _FLAGS, required=("user_pool_id", "client_id"))
    adding.add_argument("--force", action="store_true", help=force)

    using = _command(commands, "use", "make a profile the default")
    selection = using.add_mutually_exclusive_group(required=True)
    selection.add_argument("name", metavar="PROFILE", nargs="?")
    selection.add_argument("--none", action="store_true", help="have no default profile")

    showing = _command(commands, "show", "show a profile, or the settings that a command uses here")
    showing.add_argument("name", metavar="PROFILE", nargs="?")
    showing.add_argument("--origin", action="store_true", help="show where each value comes from")
    showing.add_argument("--json", action="store_true", help="print JSON")
    add_pool_arguments(showing)

    removing = _command(commands, "remove", "remove a profile")
    removing.add_argument("name", metavar="PROFILE")

    importing = _command(commands, "import", "add a profile from an Amplify file")
    importing.add_argument("file", metavar="FILE", type=Path)
    importing.add_argument(
        "--name", metavar="NAME", help="the name; default: the name of the project's folder"
    )
    importing.add_argument("--force", action="store_true", help=force)


def run(arguments: Namespace) -> int:
    """Run the subcommand. Return 0, or 3 if the configuration is invalid."""
    actions = {"list": _list, "add": _add, "use": _use, "show": _show, "remove": _remove, "import": _import}
    actions[arguments.action](arguments)
    return ExitCode.OK


def _command(commands: _SubParsersAction[Any], name: str, help_text: str) -> ArgumentParser:
    description = f"{help_text[0].upper()}{help_text[1:]}."
    parser: ArgumentParser = commands.add_parser(name, help=help_text, description=description)
    return parser


def _list(arguments: Namespace) -> None:
    profiles = load_profiles()
    if arguments.names:
        _print("\n".join(profiles.printable_names))
        return
    rows = [_profile_row(profiles, name) for name in profiles.names]
    if arguments.json:
        _print_json({"default": profiles.default, "profiles": rows})
        return
    if not rows:
        _say("You have no profiles. Add one with `tui-auth profile add`.")
    width = max(map(len, profiles.names), default=0)
    for row in rows:
        marker = "*" if row["name"] == profiles.default else " "
        ids = (row.get("user_pool_id") or "no user pool", row.get("client_id") or "no app client")
        columns = row.get("problem") or "  ".join(ids)
        _print(f"{marker} {safe_line(row['name'], limit=64):<{width}}  {columns}")


def _profile_row(profiles: Profiles, name: str) -> dict[str, Any]:
    try:
        settings = profiles.profile(name).settings
    except ConfigurationError as error:
        return {"name": name, "problem": str(error)}
    return {"name": name, **{key: settings.get(key) for key in ("user_pool_id", "client_id")}}


def _add(arguments: Namespace) -> None:
    settings = parse_setting_flags(arguments)
    _check_region(settings, Origin(SourceKind.FLAG, "--region"))
    if secret := settings.get("client_secret_file"):
        settings["client_secret_file"] = secret = str(resolve_secret_path(secret))
    _add_or_explain(arguments.name, settings, replace=arguments.force)
    if secret and not os.path.lexists(secret):  # it may be the secret itself, so it isn't repeated
        _say(f"--client-secret-file: the file doesn't exist yet. {SECRET_FILE_ADVICE}")
    elif secret:
        _warn_if_unreadable(secret)


def _check_region(settings: Mapping[str, Any], origin: Origin) -> None:
    """Print a note about a replica's region. Raises ConfigurationError as ``check_region``."""
    region, endpoint = settings.get("region"), settings.get("endpoint_url")
    if note := check_region(settings["user_pool_id"], region, origin, endpoint):
        _say(note)


def _add_or_explain(name: str, settings: Mapping[str, Any], *, replace: bool, **more: Any) -> None:
    """Add a profile and say where; mention --force in the error for a taken name."""
    try:
        path = add_profile(name, settings, replace=replace, **more)
    except ProfileExistsError:
        raise ConfigurationError(
            f"Profile “{name}” already exists. Choose another name, or replace it with --force."
        ) from None
    _say(f"Stored profile {name} in {display_path(path)}. Sign in with `tui-auth --profile {name}`.")


def _use(arguments: Namespace) -> None:
    if arguments.name:
        profile = load_profiles().profile(arguments.name)
        for key, example in (("user_pool_id", "eu-west-1_Ab12Cd34E"), ("client_id", "1example23456789")):
            if key not in profile.settings:
                problem = f'this profile has no {key}, so it can\'t be the default. Add {key} = "{example}".'
                raise error_in_file(profile.path, profile.lines.get(""), problem)
    use_profile(None if arguments.none else arguments.name)
    if arguments.none:
        names = load_profiles().names
        name = safe_line(names[0], limit=64) if names else ""
        hint = f" Commands still use {name}, your only profile, if nothing else specifies a pool."
        _say("There is no default profile now." + (hint if len(names) == 1 else ""))
    else:
        _say(f"{arguments.name} is now the default. Flags, TUI_AUTH_* variables and --profile override it.")


def _remove(arguments: Namespace) -> None:
    secret = remove_profile(arguments.name)
    _say(f"Removed profile {arguments.name}" + (f" and {display_path(secret)}." if secret else "."))


def _import(arguments: Namespace) -> None:
    path: Path = arguments.file.absolute()
    if not os.path.lexists(path):
        raise ConfigurationError("This file doesn't exist. Specify the path of a file that Amplify wrote.")
    file = read_amplify_file(path)
    if file is None:
        raise error_in_file(path, None, "it specifies no user pool in any form that Amplify writes.")
    for name in ("user_pool_id", "client_id"):
        if name not in file.settings:
            scope = SETTINGS[name].scope.value
            raise error_in_file(path, None, f"it specifies no {scope}. Use `tui-auth profile add`.")
    settings = {key: entry.value for key, entry in file.settings.items()}
    if region := file.settings.get("region"):
        try:
            _check_region(settings, Origin(SourceKind.AMPLIFY_FILE, file=path, line=region.line))
        except ConfigurationError as error:  # don't fail: the tool that wrote the file may write it again
            _say(f"Ignoring the region: {error}")
            del settings["region"]
    for sentence in file.warnings:
        _say(sentence)
    name = check_profile_name(arguments.name) if arguments.name else _default_name(path)
    comment = f"from {safe_line(str(path), limit=300)}"
    _add_or_explain(
        name, settings, comment=comment, client_secret=file.client_secret, replace=arguments.force
    )
    if file.client_secret:
        secret_file = load_profiles().profile(name).settings["client_secret_file"]
        _say(f"The client secret is in {display_path(Path(secret_file))}. Only you and root can read it.")


def _default_name(path: Path) -> str:
    """Return the name of the project's folder as a profile name."""
    path = path.resolve()
    folder = path.parent.parent if path.parent.name in ("src", "app", "lib") else path.parent
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.name).strip("-_")[:64]
    return name or "imported"


def _show(arguments: Namespace) -> None:
    names = ("profile", *POOL_FLAGS)
    flag = next(("--" + name.replace("_", "-") for name in names if getattr(arguments, name) is not None), "")
    if arguments.name and flag:
        message = f"A profile name can't be combined with {flag}"
        raise CommandFailedError(ExitCode.USAGE, f"{message}. Leave out one of them.")
    values = _profile_values(arguments.name) if arguments.name else _resolved_values(arguments)
    if "client_secret_file" in values:
        _warn_if_unreadable(values["client_secret_file"][0])
    if arguments.json:
        _print_json(
            {
                name: {"value": value, "origin": origin} if arguments.origin else value
                for name, (value, origin) in values.items()
            }
        )
        return
    width = max(map(len, values), default=0)
    texts = {name: _format_value(value) for name, (value, _) in values.items()}
    column = min(max(map(len, texts.values()), default=0), 60) if arguments.origin else 0
    for name, (_, origin) in values.items():
        _print(f"{name:<{width}}  {texts[name]:<{column}}" + (f"  {origin}" if arguments.origin else ""))


def _warn_if_unreadable(secret_file: str) -> None:
    try:
        read_secret_file(secret_file)
    except ConfigurationError as error:
        _say(f"Fix this before you sign in: {error}")


def _profile_values(name: str) -> dict[str, tuple[Any, str]]:
    profile = load_profiles().profile(name)
    return {
        key: (value, f"{display_path(profile.path)}:{profile.lines.get(key) or profile.lines['']}")
        for key, value in profile.settings.items()
    }


def _resolved_values(arguments: Namespace) -> dict[str, tuple[Any, str]]:
    from tui_auth.session.sessions import Sessions

    choice = resolve_pool(vars(arguments), current_session=Sessions().current_settings, reads_secret=False)
    for note in choice.notes:
        _say(note)
    try:
        origin = choice.origins["region"]
        if note := check_region(choice.user_pool_id, choice.region, origin, choice.endpoint_url):
            _say(note)
    except ConfigurationError as error:
        _say(f"Fix this before you sign in: {error}")
    values: dict[str, tuple[Any, str]] = {}
    for name in SETTINGS:
        if name in choice.origins:
            value = choice.browser[name] if name in choice.browser else getattr(choice, name)
            value = value.to_setting() if name == "password_policy" and value else value
            values[name] = (str(value) if isinstance(value, Path) else value, str(choice.origins[name]))
    return values


def _format_value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_format_value(member)}" for key, member in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_format_value, value)) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return safe_line(value, limit=300)


def _print(line: str) -> None:
    if line and (status := write_out(line + "\n")):
        raise CommandFailedError(status)


def _print_json(value: object) -> None:
    _print(json.dumps(value, indent=2))


def _say(sentence: str) -> None:
    tell(safe_line(sentence, limit=1000), by="")
