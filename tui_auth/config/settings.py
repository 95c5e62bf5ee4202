"""The settings that specify or describe a pool, and how their values are validated.

A setting's name is its flag with underscores, and its key in a profile.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from string import ascii_lowercase, ascii_uppercase, digits
from typing import TYPE_CHECKING, Any

from tui_auth.auth.app_client import CLIENT_ID, USER_POOL_ID, AuthFlow
from tui_auth.config.files import (
    SECRET_PATH_EXPECTED,
    ConfigurationError,
    Origin,
    SourceKind,
    looks_like_secret,
)
from tui_auth.endpoint import is_safe_endpoint
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from argparse import ArgumentParser

SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")
"""The characters that Cognito counts as symbols; a space only inside a password."""

MAX_MIN_LENGTH = 99


@dataclass(frozen=True)
class PasswordPolicy:
    """The rules of a user pool. ``min_length`` is in characters."""

    min_length: int = 8
    require_lowercase: bool = False
    require_uppercase: bool = False
    require_numbers: bool = False
    require_symbols: bool = False

    @classmethod
    def from_setting(cls, values: Mapping[str, int | bool]) -> PasswordPolicy:
        """Return the policy of a validated ``password_policy`` setting; absent rules don't apply."""
        return cls(**values)  # type: ignore[arg-type]  # validated with the setting

    def to_setting(self) -> dict[str, int | bool]:
        """Return the policy as the value of a ``password_policy`` setting."""
        return asdict(self)

    def checklist(self, password: str) -> list[tuple[str, bool]]:
        """Return each rule as a phrase, and whether the password satisfies it."""
        rules = [(f"at least {self.min_length} characters", len(password) >= self.min_length)]
        for is_required, phrase, characters in (
            (self.require_lowercase, "a lowercase letter", ascii_lowercase),
            (self.require_uppercase, "an uppercase letter", ascii_uppercase),
            (self.require_numbers, "a digit", digits),
            (self.require_symbols, "a symbol, such as ! or -", SYMBOLS),
        ):
            if is_required:
                rules.append((phrase, any(character in characters for character in password.strip())))
        return rules


VARIABLE_PREFIX = "TUI_AUTH_"
FLOWS = tuple(flow.value for flow in AuthFlow)
FIRST_FACTORS = ("PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")
"""PREFERRED_CHALLENGE of InitiateAuth with USER_AUTH."""

STORAGES = ("file", "session", "keyring", "none")
MAX_SESSION_MINUTES = 15
"""The maximum of an app client's AuthSessionValidity."""

EMULATOR_REGION = "local"
"""What pool IDs of some local emulators have in place of the region."""


class InvalidValueError(ValueError):
    """A value that its setting can't have; the message says what was expected, without the value.

    ``key`` is the key within a table of values, if it is known.
    """

    def __init__(self, expected: str = "", key: str = "") -> None:
        super().__init__(expected)
        self.key = key


class Scope(Enum):
    """What a value is about, so that it isn't used for another pool, app client or user."""

    POOL = "user pool"
    CLIENT = "app client"
    USER = "person"


@dataclass(frozen=True)
class Setting:
    """A setting: how its value is validated and normalized, and whether a flag or variable can set it."""

    name: str
    scope: Scope
    check: Callable[[Any], Any]
    from_text: bool = True

    @property
    def flag(self) -> str:
        """The flag of the same name."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable of the same name."""
        return VARIABLE_PREFIX + self.name.upper()


def _check(
    expected: str, accepts: Callable[[str], object], form: Callable[[str], str] = str
) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or not accepts(value):
            raise InvalidValueError(expected)
        return form(value)

    return check


def _text(
    expected: str, pattern: str = r"[^\x00-\x1f\x7f]{1,500}", form: Callable[[str], str] = str
) -> Callable[[object], str]:
    return _check(expected, re.compile(pattern, re.ASCII).fullmatch, form)


def _one_of(known: tuple[str, ...]) -> Callable[[object], str]:
    return _check(f"one of {', '.join(known)}", known.__contains__)


def _first_factor(value: object) -> str:
    factor = value.upper() if isinstance(value, str) else ""
    if factor not in FIRST_FACTORS:
        closest = closest_match(factor, FIRST_FACTORS)
        known = ", ".join(FIRST_FACTORS)
        raise InvalidValueError(f"{closest}, or another of {known}" if closest else f"one of {known}")
    return factor


def _id(what: str, example: str, pattern: str) -> Callable[[object], str]:
    check = _text(f"{what}, such as {example}", pattern)

    def check_id(value: object) -> str:
        text = check(value)
        if _PLACEHOLDER.search(text):
            raise InvalidValueError(f"{what}, such as {example}, not a placeholder")
        return text

    return check_id


def _texts(expected: str, form: Callable[[str], str], pattern: str) -> Callable[[object], tuple[str, ...]]:
    matcher = re.compile(pattern)

    def check(value: object) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(
            isinstance(item, str) and matcher.fullmatch(item) for item in value
        ):
            raise InvalidValueError(expected)
        return tuple(dict.fromkeys(map(form, value)))

    return check


def _path(value: object) -> str:
    path = _text("the path of a file")(value)
    if looks_like_secret(path):
        raise InvalidValueError(SECRET_PATH_EXPECTED)
    if path.startswith("~") and os.path.expanduser(path).startswith("~"):  # noqa: PTH111 - which raises
        raise InvalidValueError("the path of a file; the user after ~ doesn't exist")
    return path


def _domain(value: object) -> str:
    # Loaded here: most commands have no domain.
    from tui_auth.auth.managed_login import parse_domain

    text = _text("the domain of the user pool, such as acme.auth.eu-west-1.amazoncognito.com")(value)
    try:
        return parse_domain(text)
    except ValueError:
        raise InvalidValueError(
            "the domain of the user pool, such as acme.auth.eu-west-1.amazoncognito.com"
        ) from None


def _callback(value: object) -> str:
    from tui_auth.auth.managed_login import is_redirect_uri

    return _check("a URL that starts with https://, or http://localhost:PORT/", is_redirect_uri)(value)


def _scopes(value: object) -> tuple[str, ...]:
    """Check a list of scopes, or a text with blanks between them as OAuth writes it."""
    scopes = value.split() if isinstance(value, str) else value
    if not isinstance(scopes, list | tuple) or not all(
        isinstance(scope, str) and _SCOPE.fullmatch(scope) for scope in scopes
    ):
        raise InvalidValueError('scopes with spaces between them, such as "openid email"')
    return tuple(dict.fromkeys(scopes))


def _minutes(value: object) -> float:
    try:
        minutes = (
            float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
        )
    except (ValueError, OverflowError):
        minutes = 0.0
    if not 1 <= minutes <= MAX_SESSION_MINUTES:
        raise InvalidValueError(f"a number of minutes from 1 to {MAX_SESSION_MINUTES}")
    return minutes


def _policy(value: object) -> dict[str, int | bool]:
    known = PasswordPolicy().to_setting()
    expected = (
        f"a table of {', '.join(known)}, "
        f"the first a number from 1 to {MAX_MIN_LENGTH}, the others true or false"
    )
    if not isinstance(value, Mapping):
        raise InvalidValueError(expected)
    for name, item in value.items():
        if name not in known:
            raise InvalidValueError(f"one of {', '.join(known)}", name)
        if name != "min_length" and not isinstance(item, bool):
            raise InvalidValueError("true or false", name)
        is_number = isinstance(item, int) and not isinstance(item, bool)
        if name == "min_length" and not (is_number and 1 <= item <= MAX_MIN_LENGTH):
            raise InvalidValueError(f"a number from 1 to {MAX_MIN_LENGTH}", name)
    return dict(value)


def _metadata(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidValueError("a table of strings")
    for name, item in value.items():
        if not isinstance(item, str):
            raise InvalidValueError("text in quotes", name)
    return dict(value)


_POOL, _CLIENT, _USER = Scope.POOL, Scope.CLIENT, Scope.USER
_PLACEHOLDER = re.compile(
    r"(?:\A|_)(?P<same>[x0])(?P=same){3,}\Z|\Ayour_|(?:client|pool)_?id\Z", re.ASCII | re.IGNORECASE
)
"""Placeholders in documentation that have the form of an ID."""

_PROVIDER = r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,30}[^\s\x00-\x1f\x7f])?"
"""ProviderName of CreateIdentityProvider: up to 32 characters."""

_SCOPE = re.compile(r"[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+(?:/[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+)?", re.ASCII)
_ATTRIBUTE = r"[\w:.-]{1,60}"

_DOMAIN = r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*"
_REGION = r"local|[a-z]{2,10}(-[a-z]{2,20}){1,3}-[0-9]{1,2}"
"""Narrow, because error messages repeat a region: a secret in its place must not pass."""

SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("user_pool_id", _POOL, _id("a user pool ID", "eu-west-1_Ab12Cd34E", USER_POOL_ID)),
        Setting("client_id", _CLIENT, _id("an app client ID", "1example23456789", CLIENT_ID)),
        Setting("client_secret_file", _CLIENT, _path),
        Setting("region", _POOL, _text("a region, such as eu-west-1", _REGION)),
        Setting(
            "endpoint_url",
            _POOL,
            _check(
                "a URL that starts with https://, or http://127.0.0.1:PORT for a local emulator",
                is_safe_endpoint,
            ),
        ),
        Setting(
            "identity_pool_id",
            _POOL,
            _text(
                "an identity pool ID, such as eu-west-1:01234567-89ab-cdef-0123-456789abcdef",
                r"[a-z][a-z0-9-]{1,39}:[0-9a-fA-F-]{1,54}",
            ),
        ),
        Setting("username", _USER, _text("a user name without spaces", r"[^\s\x00-\x1f\x7f]{1,128}")),
        Setting("auth_flow", _CLIENT, _one_of(FLOWS)),
        Setting(
            "preferred_first_factor",
            _CLIENT,
            _first_factor,
        ),
        Setting(
            "passkey_relying_party",
            _POOL,
            _text("the domain of the pool's passkeys, such as auth.example.com", _DOMAIN),
        ),
        Setting("app_name", _POOL, _text("a short name", r"[^\x00-\x1f\x7f]{1,80}")),
        Setting("session_minutes", _CLIENT, _minutes),
        Setting("storage", _USER, _one_of(STORAGES)),
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
        Setting("domain", _POOL, _domain),
        Setting("redirect_uri", _CLIENT, _callback),
        Setting("logout_uri", _CLIENT, _callback),
        Setting("scopes", _CLIENT, _scopes),
        Setting("provider", _CLIENT, _text("the name of an identity provider, such as Google", _PROVIDER)),
        Setting("idp_identifier", _CLIENT, _text("an identifier, such as example.com", r"[\w.@+-]{1,64}")),
        Setting("login_hint", _USER, _text("a user name without spaces", r"[^\s\x00-\x1f\x7f]{1,128}")),
        Setting("prompt", _CLIENT, _one_of(("login", "none", "select_account", "consent"))),
        Setting(
            "identity_providers",
            _POOL,
            _texts('a list of identity providers, such as ["Google"]', str, _PROVIDER),
            from_text=False,
        ),
    )
}


BROWSER_SETTINGS = (
    *("domain", "redirect_uri", "logout_uri", "scopes", "provider", "idp_identifier"),
    *("login_hint", "prompt", "identity_providers"),
)
"""The settings of a sign-in in a browser."""

POOL_FLAGS = {
    "user_pool_id": ("ID", "the user pool ID, such as eu-west-1_Ab12Cd34E"),
    "client_id": ("ID", "the app client ID"),
    "client_secret_file": ("FILE", "a file with the client secret"),
    "region": ("REGION", "the region; default: the one in the pool ID"),
    "endpoint_url": ("URL", "a Cognito endpoint: https, or http on this computer"),
    "identity_pool_id": ("ID", "the identity pool for AWS credentials"),
}
"""The settings that specify a pool: the placeholder and the help text of each one's flag."""

KNOWN_VARIABLES = (
    *(setting.variable for setting in SETTINGS.values() if setting.from_text),
    *(VARIABLE_PREFIX + name for name in ("PROFILE", "THEME", "PLAIN")),
)


def add_pool_arguments(parser: ArgumentParser) -> None:
    """Add the flags that specify a pool. No secret is ever taken from a flag."""
    group = parser.add_argument_group("which pool")
    group.add_argument("--profile", metavar="PROFILE", help="a named pool; see tui-auth profile")
    for name, (metavar, says) in POOL_FLAGS.items():
        group.add_argument(SETTINGS[name].flag, metavar=metavar, help=says)


def validate_setting(name: str, value: object) -> Any:
    """Return the normalized value of a known setting. Raises InvalidValueError."""
    return SETTINGS[name].check(value)


def region_of_pool(user_pool_id: str) -> str | None:
    """Return the region in a pool ID (``Id`` of UserPoolType), or None if it is an emulator's."""
    region = user_pool_id.partition("_")[0]
    return None if region == EMULATOR_REGION else region


def check_region(user_pool_id: str, region: str | None, origin: Origin, endpoint_url: str | None) -> str:
    """Return a note if requests go to another region than the pool's, which has a replica there; else "".

    ``origin`` is where the region was specified. A custom endpoint overrides the region.

    Raises:
        ConfigurationError: It was not chosen with the pool, by a flag or in a profile.
    """
    pool_region = region_of_pool(user_pool_id)
    if not region or pool_region in (None, region) or endpoint_url is not None:
        return ""
    conflict = f"{origin} specifies {region}, but the user pool {user_pool_id} is in {pool_region}."
    if origin.kind in CHOSEN_WITH_POOL:
        return f"{conflict} Requests go to its replica in {region}."
    raise ConfigurationError(f"{conflict} Remove the region there, or use --region {pool_region}.")


CHOSEN_WITH_POOL = (SourceKind.FLAG, SourceKind.PROFILE, SourceKind.CURRENT_SESSION)
"""Where a region other than the pool's is that of a replica; elsewhere it is another pool's."""


def closest_match(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most similar to a word, or contains it; empty if none does.

    Case doesn't count. A word that is part of a known one must have three letters.
    """
    # Takes long to import, and most words are spelled correctly.
    from difflib import get_close_matches

    names = {name.casefold(): name for name in known}
    folded = word.casefold()
    part = folded.strip("-")
    containing = [name for name in names if len(part) >= 3 and part in name]
    return next((names[name] for name in (*get_close_matches(folded, names, 1), *containing)), "")


def unknown_variable_warnings(environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield a sentence for each TUI_AUTH_ variable that doesn't exist, with the closest one. No values."""
    for name in sorted(environ):
        if name.startswith(VARIABLE_PREFIX) and name not in KNOWN_VARIABLES and environ[name]:
            # Without the prefix, which would make all of them similar.
            words = [known.removeprefix(VARIABLE_PREFIX) for known in KNOWN_VARIABLES]
            closest = closest_match(name.removeprefix(VARIABLE_PREFIX).upper(), words)
            advice = f". Did you mean {VARIABLE_PREFIX}{closest}?" if closest else ", so it was ignored."
            yield f"tui-auth has no variable {safe_line(name, limit=60)}{advice}"
