"""Passwords: the pool's policy, setting one, checking one."""

from __future__ import annotations

import hmac
import secrets
import string

from tui_auth.auth import srp
from tui_auth.emulator.errors import PoolError, not_authorized
from tui_auth.emulator.model import CONFIRMED, FORCE_CHANGE_PASSWORD, Password, User, UserPool
from tui_auth.emulator.state import State

SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "
DAY = 86400.0


def check_policy(pool: UserPool, words: str) -> None:
    """Raise InvalidPasswordException, in Cognito's words, where a password breaks the pool's policy."""
    policy = pool.settings["Policies"]["PasswordPolicy"]
    demands = (
        (len(words) >= policy["MinimumLength"], "Password not long enough"),
        (
            _has(policy, "RequireUppercase", words, string.ascii_uppercase),
            "Password must have uppercase characters",
        ),
        (
            _has(policy, "RequireLowercase", words, string.ascii_lowercase),
            "Password must have lowercase characters",
        ),
        (_has(policy, "RequireNumbers", words, string.digits), "Password must have numeric characters"),
        (_has(policy, "RequireSymbols", words, SYMBOLS), "Password must have symbol characters"),
        (len(words) <= 256, "Password too long"),
        (
            not any(character.isspace() for character in words),
            "Password must not contain whitespace characters",
        ),
    )
    for met, complaint in demands:
        if not met:
            raise PoolError("InvalidPasswordException", f"Password did not conform with policy: {complaint}")


def _has(policy: dict[str, bool], demand: str, words: str, characters: str) -> bool:
    return not policy.get(demand) or any(character in characters for character in words)


def set_password(state: State, pool: UserPool, user: User, words: str, *, permanent: bool) -> None:
    """Give a user a password that has passed the policy; the status follows.

    Raises PasswordHistoryPolicyViolationException where the pool remembers it.
    """
    policy = pool.settings["Policies"]["PasswordPolicy"]
    kept = int(policy.get("PasswordHistorySize", 0))
    password = Password.of(pool.short_name, user.username, words)
    if kept and permanent and password.inner in user.former_passwords[-kept:]:
        raise PoolError("PasswordHistoryPolicyViolationException", "Password has previously been used")
    user.password = password
    if permanent:
        user.former_passwords.append(password.inner)
        user.status = CONFIRMED
        user.temporary_until = None
    else:
        user.status = FORCE_CHANGE_PASSWORD
        user.temporary_until = state.clock.now() + policy["TemporaryPasswordValidityDays"] * DAY
    user.modified = state.clock.now()


def is_password(pool: UserPool, user: User, words: str) -> bool:
    """Whether these are the words of the user's password."""
    inner = srp.inner_hash(pool.short_name, user.username, words)
    return user.password is not None and hmac.compare_digest(user.password.inner, inner)


def check_password(state: State, pool: UserPool, user: User, words: str) -> None:
    """Raise NotAuthorizedException for a wrong password or a locked user; failures are counted."""
    state.lockout.guard(pool.id, user.username)
    count(state, pool, user, right=is_password(pool, user, words))


def count(state: State, pool: UserPool, user: User, *, right: bool) -> None:
    """Count how a password was judged; raise NotAuthorizedException where it was wrong."""
    if not right:
        state.lockout.failed(pool.id, user.username)
        raise not_authorized()
    state.lockout.succeeded(pool.id, user.username)
    if user.temporary_until is not None and state.clock.now() >= user.temporary_until:
        raise not_authorized("Temporary password has expired and must be reset by an administrator.")


def temporary_password() -> str:
    """A random password that any policy up to twenty characters accepts."""
    letters = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
    return f"{letters}Aa1!"
