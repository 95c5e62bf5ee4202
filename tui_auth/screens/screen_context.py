"""What a screen is given, and what it gives back: its context, and the decision of the user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

from tui_auth.auth.trace import CallTrace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.widget import Widget

    from tui_auth.config.settings import PasswordPolicy


class Decision(Message):
    """What the user decided on a screen: an input of the sign-in flow."""


@dataclass(frozen=True)
class ScreenContext:
    """What a screen knows besides its step: the pool, the settings, and how far the sign-in has come.

    The flow's ``StepContext`` describes the fields they share.

    Attributes:
        pool: How the screen calls the pool.
        now: Cognito's time in seconds since the epoch.
        username: The name as it was typed.
        environment_badge: A word before the pool, such as DEMO.
        app_name: What an authenticator app shows.
        session_seconds: How long a step is assumed to wait for its answer.
        has_list: Whether a list comes before sign-in, as in the demo.
        beside: The widgets beside the form, as in the demo.
        newest_code: The newest code, in the demo. None: there is none; empty: it was scanned.
    """

    pool: str
    now: Callable[[], float]
    username: str = ""
    environment_badge: str = ""
    app_name: str = ""
    breadcrumbs: tuple[str, ...] = ()
    session_seconds: float = 180.0
    was_restarted: bool = False
    is_replacement_totp_key: bool = False
    times_asked: int = 1
    can_restart: bool = True
    is_password_known: bool = True
    reset_was_requested: bool = False
    preferred_first_factor: str = ""
    password_policy: PasswordPolicy | None = None
    clock_offset: Callable[[], float | None] = field(default=lambda: None)
    wire: CallTrace = field(default_factory=CallTrace)
    has_list: bool = False
    beside: Callable[[], Iterable[Widget]] = tuple
    newest_code: Callable[[], str | None] | None = None
