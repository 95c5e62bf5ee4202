"""Every setting of a profile as a flag of ``profile add``, and what its text stands for."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from tui_auth.config.errors import ConfigurationError
from tui_auth.config.pasted_ids import parse_id
from tui_auth.config.resolver import POOL_FLAGS
from tui_auth.config.settings import FLOWS, SETTINGS, STORAGES, InvalidValueError, validate_setting

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
"""The flag of every setting: what its value is called, and what it says in the help."""

_CHOICES = {"auth_flow": FLOWS, "storage": STORAGES}


def add_flags(parser: ArgumentParser) -> None:
    """A flag for every setting."""
    for name, (metavar, says) in _FLAGS.items():
        parser.add_argument(
            SETTINGS[name].flag,
            metavar=metavar,
            required=name in ("user_pool_id", "client_id"),
            choices=_CHOICES.get(name),
            action="append" if name == "client_metadata" else "store",
            help=says,
        )


def settings_of(arguments: Namespace) -> dict[str, Any]:
    """The checked settings that the flags give. Raises ConfigurationError, naming the flag."""
    settings: dict[str, Any] = {}
    for name in _FLAGS:
        given = getattr(arguments, name)
        if given is None:
            continue
        try:
            settings[name] = validate_setting(name, _value(name, given))
        except InvalidValueError as error:
            flag, says = SETTINGS[name].flag, _FLAGS[name][1]
            expected = error if SETTINGS[name].from_text else f"{_FLAGS[name][0]} ({says})"
            raise ConfigurationError(f"{flag}: expected {expected}.") from None
    return settings


def _value(name: str, given: Any) -> Any:
    """What a flag's text stands for, to be checked. Raises InvalidValueError where it is not written so."""
    if SETTINGS[name].from_text:
        return parse_id(name, given)
    if name == "client_metadata":
        pairs = [text.partition("=") for text in given]
        if not all(key and equals for key, equals, _ in pairs):
            raise InvalidValueError
        return {key: value for key, _, value in pairs}
    parts = [part.strip() for part in given.split(",") if part.strip()]
    return dict(map(_rule, parts)) if name == "password_policy" else parts


def _rule(text: str) -> tuple[str, int | bool]:
    name, _, value = text.partition("=")
    if name == "min_length":
        if not value.isdecimal():
            raise InvalidValueError
        return name, int(value)
    if value not in ("", "true", "false"):
        raise InvalidValueError
    return name, value != "false"
