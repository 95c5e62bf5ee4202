"""Every setting that names or describes a pool: what it may be, and what it belongs to.

The names are those of the flags with underscores, and the keys of a profile.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tui_auth.auth.app_client import AuthFlow
from tui_auth.config.client_secret import PATH_WANTED, looks_like_a_secret
from tui_auth.config.password_policy import LARGEST_LENGTH, PasswordPolicy
from tui_auth.endpoint import is_safe_endpoint

FLOWS = tuple(map(str, AuthFlow))
STORAGES = ("file", "session", "keyring", "none")
LONGEST_SESSION_MINUTES = 15
"""The longest that an app client's AuthSessionValidity can be."""


class Unfit(ValueError):
    """A value that its setting cannot have; the text says what was expected, and not what was given.

    ``key`` is where in a table of values it stands, where that is known.
    """

    def __init__(self, expected: str = "", key: str = "") -> None:
        super().__init__(expected)
        self.key = key


class Belonging(Enum):
    """What a value describes, so that it is not used for another one of these."""

    POOL = "user pool"
    CLIENT = "app client"
    PERSON = "person"


@dataclass(frozen=True)
class Setting:
    """One setting: how its value is checked and made uniform, and whether text (a flag) can give it."""

    name: str
    belongs_to: Belonging
    check: Callable[[Any], Any]
    from_text: bool = True

    @property
    def flag(self) -> str:
        """The flag of the same name."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable of the same name."""
        return "TUI_AUTH_" + self.name.upper()


def _text(
    expected: str, pattern: str = r"[^\x00-\x1f\x7f]{1,500}", form: Callable[[str], str] = str
) -> Callable[[object], str]:
    matcher = re.compile(pattern, re.ASCII)

    def check(value: object) -> str:
        if not isinstance(value, str) or not matcher.fullmatch(value):
            raise Unfit(expected)
        return form(value)

    return check


def _id(what: str, example: str, pattern: str) -> Callable[[object], str]:
    check = _text(f"{what}, such as {example}", pattern)

    def check_id(value: object) -> str:
        given = check(value)
        if _PLACEHOLDER.search(given):
            raise Unfit(f"{what}, such as {example}, and not a placeholder for one")
        return given

    return check_id


def _texts(expected: str, form: Callable[[str], str], pattern: str) -> Callable[[object], tuple[str, ...]]:
    matcher = re.compile(pattern)

    def check(value: object) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(
            isinstance(item, str) and matcher.fullmatch(item) for item in value
        ):
            raise Unfit(expected)
        return tuple(dict.fromkeys(map(form, value)))

    return check


def _one_of(known: tuple[str, ...]) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise Unfit(f"one of {', '.join(known)}")
        return value

    return check


def _path(value: object) -> str:
    path = _text("the path of a file")(value)
    if looks_like_a_secret(path):
        raise Unfit(PATH_WANTED)
    if path.startswith("~") and os.path.expanduser(path).startswith("~"):  # noqa: PTH111 - which raises
        raise Unfit("the path of a file; there is no user of the name after ~")
    return path


def _endpoint(value: object) -> str:
    if not isinstance(value, str) or not is_safe_endpoint(value):
        raise Unfit("a URL beginning with https://, or http://127.0.0.1:PORT for a pool on this machine")
    return value


def _minutes(value: object) -> float:
    unfit = Unfit(f"a number of minutes from 1 to {LONGEST_SESSION_MINUTES}")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise unfit
    try:
        minutes = float(value)
    except ValueError:
        raise unfit from None
    if not 1 <= minutes <= LONGEST_SESSION_MINUTES:
        raise unfit
    return minutes


def _policy(value: object) -> dict[str, int | bool]:
    known = PasswordPolicy().values()
    expected = (
        f"a table of {', '.join(known)}, "
        f"the first a number from 1 to {LARGEST_LENGTH}, the others true or false"
    )
    if not isinstance(value, Mapping):
        raise Unfit(expected)
    for name, item in value.items():
        if name not in known:
            raise Unfit(f"one of {', '.join(known)}", name)
        if name != "min_length" and not isinstance(item, bool):
            raise Unfit("true or false", name)
        is_number = isinstance(item, int) and not isinstance(item, bool)
        if name == "min_length" and not (is_number and 1 <= item <= LARGEST_LENGTH):
            raise Unfit(f"a number from 1 to {LARGEST_LENGTH}", name)
    return dict(value)


def _metadata(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise Unfit("a table of strings")
    for name, item in value.items():
        if not isinstance(item, str):
            raise Unfit("text in quotes", name)
    return dict(value)


_POOL, _CLIENT, _PERSON = Belonging.POOL, Belonging.CLIENT, Belonging.PERSON
_POOL_ID = r"(?=.{1,55}\Z)(?:[a-z]{2,}(?:-[a-z]+)+-\d+|local)_[0-9a-zA-Z]+"
"""A region and a name: Cognito's own pattern takes YOUR_POOL_ID too. A stand-in may say ``local``."""

_PLACEHOLDER = re.compile(
    r"(?:\A|_)(?P<same>[x0])(?P=same){3,}\Z|\Ayour_|(?:client|pool)_?id\Z", re.ASCII | re.IGNORECASE
)
"""What stands in documents where an id belongs, and has the form of one."""

_ATTRIBUTE = r"[\w:.-]{1,60}"

SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "user_pool_id",
            _POOL,
            _id("a user pool id", "eu-west-1_Ab12Cd34E", _POOL_ID),
        ),
        Setting(
            "client_id",
            _CLIENT,
            _id("an app client id", "1example23456789", r"[\w+]{1,128}"),
        ),
        Setting("client_secret_file", _CLIENT, _path),
        Setting("region", _POOL, _text("a region, such as eu-west-1", r"[a-z][a-z0-9-]{1,39}")),
        Setting("endpoint_url", _POOL, _endpoint),
        Setting(
            "identity_pool_id",
            _POOL,
            _text(
                "an identity pool id, such as eu-west-1:01234567-89ab-cdef-0123-456789abcdef",
                r"[a-z][a-z0-9-]{1,39}:[0-9a-fA-F-]{1,54}",
            ),
        ),
        Setting("username", _PERSON, _text("a user name, without blanks", r"[^\s\x00-\x1f\x7f]{1,128}")),
        Setting("auth_flow", _CLIENT, _one_of(FLOWS)),
        Setting(
            "preferred_first_factor",
            _CLIENT,
            _text("a first factor, such as EMAIL_OTP", r"[A-Za-z0-9_]{1,40}", str.upper),
        ),
        Setting("app_name", _POOL, _text("a short name", r"[^\x00-\x1f\x7f]{1,80}")),
        Setting("session_minutes", _CLIENT, _minutes),
        Setting("storage", _PERSON, _one_of(STORAGES)),
        Setting("client_metadata", _CLIENT, _metadata, from_text=False),
        Setting("password_policy", _POOL, _policy, from_text=False),
        Setting(
            "username_attributes",
            _POOL,
            _texts('a list of attribute names, such as ["email"]', str.lower, _ATTRIBUTE),
            from_text=False,
        ),
        Setting(
            "required_attributes",
            _POOL,
            _texts('a list of attribute names, such as ["email", "name"]', str, _ATTRIBUTE),
            from_text=False,
        ),
        Setting(
            "mfa_methods",
            _POOL,
            _texts('a list of MFA methods, such as ["SMS", "TOTP"]', str.upper, r"[\w-]{1,40}"),
            from_text=False,
        ),
    )
}


def checked(name: str, value: object) -> Any:
    """The value as its setting keeps it. Raises Unfit with what was expected; ``name`` must be known."""
    return SETTINGS[name].check(value)
