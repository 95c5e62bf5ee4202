"""How a person signs in to a pool that was chosen: the flags, and what is known of the pool."""

from __future__ import annotations

import os
from argparse import Namespace

from tui_auth.auth.app_client import AuthFlow
from tui_auth.cli.full_screen import theme
from tui_auth.config.environment import effective_endpoint
from tui_auth.config.resolver import ResolvedPool
from tui_auth.config.sources import SourceKind
from tui_auth.flow.settings import (
    ASSUMED_SESSION_SECONDS,
    SignInSettings,
    environment_badge_for,
)
from tui_auth.terminal.safe_text import safe_line

_LONGEST_ORIGIN = 100
"""In characters: a line or two of the help."""


def sign_in_settings(choice: ResolvedPool, arguments: Namespace, *, leaves_when_done: bool) -> SignInSettings:
    """How to sign in, from the flags and what is known of the pool."""
    endpoint = effective_endpoint(choice.endpoint_url)
    return SignInSettings(
        pool=" ".join(part for part in (choice.profile, choice.user_pool_id) if part),
        pool_origin=_pool_origin(choice),
        environment_badge=environment_badge_for(endpoint),
        username=choice.username or "",
        username_label=choice.username_label,
        auth_flow=AuthFlow(choice.auth_flow or AuthFlow.USER_SRP_AUTH),
        preferred_first_factor=choice.preferred_first_factor,
        app_name=choice.app_name or choice.profile or "",
        client_metadata={**choice.client_metadata, **dict(arguments.client_metadata)},
        session_seconds=choice.session_minutes * 60 if choice.session_minutes else ASSUMED_SESSION_SECONDS,
        theme=theme(os.environ.get("TUI_AUTH_THEME")),
        leaves_when_done=leaves_when_done,
        username_attributes=choice.username_attributes,
        required_attributes=choice.required_attributes,
        mfa_methods=choice.mfa_methods,
        password_policy=choice.password_policy,
    )


def _pool_origin(choice: ResolvedPool) -> str:
    """Which pool it is and what named it, if that is known; of a long path the end, with the file's name."""
    if "user_pool_id" not in choice.origins:
        return ""
    named_by = choice.origins["user_pool_id"]
    # The session may have ended by now; that it was the last holds in any case.
    origin = "the last sign-in" if named_by.kind is SourceKind.CURRENT_SESSION else str(named_by)
    end = origin if len(origin) <= _LONGEST_ORIGIN else "…" + origin[1 - _LONGEST_ORIGIN :]
    return safe_line(f"Pool: {choice.user_pool_id}, from {end}.", limit=200)
