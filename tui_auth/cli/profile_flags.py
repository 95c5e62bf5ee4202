"""The flags of ``tui-auth profile add``: one for each setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.config.errors import ConfigurationError
from tui_auth.config.pasted_ids import parse_id
from tui_auth.config.resolver import POOL_FLAGS
from tui_auth.config.settings import FLOWS, SETTINGS, STORAGES, InvalidValueError, validate_setting

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

_FLAGS: dict[str, tuple[str | None, str]] = {
    **POOL_FLAGS,
    "username": ("NAME", "filled in on the first screen"),
    "auth_flow": ("FLOW", f"how to begin: {', '.join(FLOWS)}; the first unless given"),
    "preferred_first_factor": ("FACTOR", "for USER_AUTH, such as EMAIL_OTP"),
    "app_name": ("NAME", "what an authenticator app shows"),
    "session_minutes": ("MINUTES", "how long a step waits: the client's session duration; 3 unless given"),
    "storage": (None, "where to keep sessions; asked unless given"),
    "client_metadata": ("KEY=VALUE", "passed to the pool's Lambda functions; may stand several times"),
    "password_policy": ("RULES", "such as min_length=10,require_numbers; shown where one is chosen"),
    "username_attributes": ("NAMES", "what people sign in with, such as email,phone_number"),
    "required_attributes": ("NAMES", "what a new account needs, such as email,name"),
    "mfa_methods": ("METHODS", "the pool's second factors, such as SMS,TOTP"),
}
"""The placeholder and the help text of each setting's flag."""

_CHOICES = {"auth_flow": FLOWS, "storage": STORAGES}


def add_setting_flags(parser: ArgumentParser) -> None:
    """Add a flag for each setting."""
    for name, (metavar, says) in _FLAGS.items():
        parser.add_argument(
            SETTINGS[name].flag,
            metavar=metavar,
            required=name in ("user_pool_id", "client_id"),
            choices=_CHOICES.get(name),
            action="append" if name == "client_metadata" else "store",
            help=says,
        )


def parse_setting_flags(arguments: Namespace) -> dict[str, Any]:
    """Return the validated settings of the flags. Raises ConfigurationError, which names the flag."""
    settings: dict[str, Any] = {}
    for name in _FLAGS:
        text = getattr(arguments, name)
        if text is None:
            continue
        try:
            settings[name] = validate_setting(name, _parse(name, text))
        except InvalidValueError as error:
            flag, says = SETTINGS[name].flag, _FLAGS[name][1]
            expected = error if SETTINGS[name].from_text else f"{_FLAGS[name][0]} ({says})"
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
