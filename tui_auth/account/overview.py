"""The overview of an account: five parts, read at once or one by one; a part that fails has the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_auth.account.error_texts import MissingScopeError
from tui_auth.errors import AuthError, UnsupportedError, drops_secrets
from tui_auth.threads import run_together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_auth.account.account import Account
    from tui_auth.account.values import (
        MFASettings,
        UserDevice,
        UserProfile,
        UserSession,
        WebAuthnCredential,
    )

SECTIONS = {
    "user": "fetch_user",
    "mfa": "fetch_mfa_preference",
    "devices": "fetch_devices",
    "sessions": "list_user_sessions",
    "passkeys": "list_web_authn_credentials",
}
"""The parts of ``Overview`` in order, and the methods of ``Account`` that read them."""


class MissingReason(StrEnum):
    """Why a part of the overview isn't there."""

    NOT_OFFERED = "not offered"
    NO_SCOPE = "no scope"
    FAILED = "failed"


@dataclass(frozen=True)
class Missing:
    """A part of the overview that can't be had, and Cognito's error."""

    reason: MissingReason
    error: AuthError


@dataclass(frozen=True)
class Overview:
    """All that can be seen of a user. Each part is there, or Missing with the reason."""

    user: UserProfile | Missing
    mfa: MFASettings | Missing
    devices: Sequence[UserDevice] | Missing
    sessions: Sequence[UserSession] | Missing
    passkeys: Sequence[WebAuthnCredential] | Missing


@drops_secrets
def fetch_overview(account: Account) -> Overview:
    """Return all that can be seen, with five calls at once.

    Raises:
        NotSignedInError: The session has ended.
        AuthError: The user can't be read. Any other part that can't be is Missing.
        StorageError: The session can't be read.
    """
    account.prepare()  # one refresh for all, if one is needed
    overview = Overview(*run_together([partial(fetch_section, account, name) for name in SECTIONS]))
    if isinstance(overview.user, Missing) and overview.user.reason is MissingReason.FAILED:
        raise overview.user.error
    return overview


@drops_secrets
def fetch_section(account: Account, name: str) -> Any:
    """Return one part of the overview by its name, or Missing with the reason."""
    try:
        return getattr(account, SECTIONS[name])()
    except MissingScopeError as error:
        return Missing(MissingReason.NO_SCOPE, error.without_secrets())
    except UnsupportedError as error:
        return Missing(MissingReason.NOT_OFFERED, error.without_secrets())
    except AuthError as error:
        return Missing(MissingReason.FAILED, error.without_secrets())
