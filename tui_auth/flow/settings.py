"""What a sign-in was told beside the pool: by flags, profile or demo."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tui_auth.auth.app_client import AuthFlow
from tui_auth.endpoint import is_loopback
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.config.settings import PasswordPolicy

ASSUMED_SESSION_SECONDS = 180.0
"""Cognito's default AuthSessionValidity; the real one cannot be known from outside."""

_COGNITO_HOST = r"cognito-idp(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)"
"""Not every host of AWS: a load balancer there may be anybody's."""


@dataclass(frozen=True)
class SignInSettings:
    """How to sign in, for the full screen and for line prompts.

    ``pool`` is how the pool is called on the screen, ``pool_origin`` says which one it is and where it was
    named, ``environment_badge`` is a word before it (DEMO), ``app_name`` what an authenticator app shows.
    ``leaves_when_done`` closes the screen by itself at Done. What is known of the pool, empty where nothing
    is: the attributes that people sign in with, those that a new account needs, the second factors by their
    raw names.
    """

    pool: str
    pool_origin: str = ""
    username: str = ""
    username_label: str = "Username"
    auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH
    preferred_first_factor: str | None = None
    client_metadata: Mapping[str, str] = field(default_factory=dict)
    app_name: str = ""
    environment_badge: str = ""
    session_seconds: float = ASSUMED_SESSION_SECONDS
    theme: str = "tui-auth-dark"
    leaves_when_done: bool = False
    username_attributes: tuple[str, ...] = ()
    required_attributes: tuple[str, ...] = ()
    mfa_methods: tuple[str, ...] = ()
    password_policy: PasswordPolicy | None = None

    @property
    def sign_up_attributes(self) -> tuple[str, ...]:
        """What a sign-up asks for: the attributes the pool is known to need, and where it may send codes."""
        by_sms = ("phone_number",) if "SMS" in self.mfa_methods else ()
        asked = dict.fromkeys(("email", *self.required_attributes, *by_sms))
        # Cognito takes the one attribute that people sign in with from the name.
        known = self.username_attributes if len(self.username_attributes) == 1 else ()
        return tuple(name for name in asked if name not in known)


def environment_badge_for(endpoint: str) -> str:
    """Return the badge that every screen, and the first prompt, show when requests don't go to Cognito.

    Args:
        endpoint: A URL, or empty for Cognito's own endpoint.

    Returns:
        ``TEST ENDPOINT`` for this machine, the host's name for another server, empty for Cognito.
    """
    if not endpoint:
        return ""
    if is_loopback(endpoint):
        return "TEST ENDPOINT"
    host = urlsplit(endpoint).hostname or ""
    return "" if re.fullmatch(_COGNITO_HOST, host) else safe_line(f"AT {host}", limit=40)
