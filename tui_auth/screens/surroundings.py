"""Surroundings: what a screen is told beside its step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from textual.widget import Widget

from tui_auth.auth.trace import CallTrace
from tui_auth.config.settings import PasswordPolicy


@dataclass(frozen=True)
class Surroundings:
    """What a screen knows beside its step: where one is, and what the program was told.

    ``now`` gives the server's time in seconds since the epoch; ``session_seconds`` is how long a step is
    assumed to wait for its answer, ``key_is_another`` whether this user was shown a key for an authenticator
    before, ``is_password_known`` false where a pool may be acting as if there were such a user. ``has_list``,
    ``beside`` and ``newest_code`` are the demo's: a list before sign-in, widgets at the side, and the newest
    code (None: there is none; empty: it was scanned).
    """

    pool: str
    now: Callable[[], float]
    username: str = ""
    mark: str = ""
    app_name: str = ""
    trail: tuple[str, ...] = ()
    session_seconds: float = 180.0
    was_started_again: bool = False
    key_is_another: bool = False
    times_asked: int = 1
    can_start_again: bool = True
    is_password_known: bool = True
    reset_was_asked: bool = False
    preferred_first_factor: str = ""
    password_policy: PasswordPolicy | None = None
    clock_offset: Callable[[], float | None] = field(default=lambda: None)
    wire: CallTrace = field(default_factory=CallTrace)
    has_list: bool = False
    beside: Callable[[], Iterable[Widget]] = tuple
    newest_code: Callable[[], str | None] | None = None
