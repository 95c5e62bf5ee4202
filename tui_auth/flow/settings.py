"""SignInSettings: how to sign in, from flags, the profile or the demo."""

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
"""Cognito's default AuthSessionValidity. No API tells an unauthenticated client the real value."""

_COGNITO_HOST = r"cognito-idp(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)"
"""Only Cognito's hosts: anyone can run a load balancer on amazonaws.com."""


@dataclass(frozen=True)
class SignInSettings:
    """How to sign in, for both front ends.

    Attributes:
        pool: The pool's name on the screen.
        pool_origin: The pool's ID and the setting it comes from; empty if unknown.
        username: The user name to fill in.
        username_label: The label of the user name, such as E-mail.
        auth_flow: The auth flow to start with.
        preferred_first_factor: PREFERRED_CHALLENGE of USER_AUTH; None for the pool's choice.
        client_metadata: Passed to the pool's Lambda triggers.
        app_name: The issuer that an authenticator app shows.
        environment_badge: The badge before the pool, such as DEMO; empty for Cognito.
        session_seconds: How long a step is assumed to wait for its answer.
        theme: The name of the theme.
        leaves_when_done: Whether the program exits at Done without showing it.
        username_attributes: The attributes that users sign in with; empty if unknown.
        required_attributes: The attributes that a new account requires; empty if unknown.
        mfa_methods: The pool's MFA methods by their raw names; empty if unknown.
        password_policy: The pool's password policy; None if unknown.
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
        """The attributes to ask for at sign-up: the required ones and the destinations of codes."""
        for_sms = ("phone_number",) if "SMS" in self.mfa_methods else ()
        names = dict.fromkeys(("email", *self.required_attributes, *for_sms))
        # With a single username attribute, Cognito sets it from the user name.
        from_username = self.username_attributes if len(self.username_attributes) == 1 else ()
        return tuple(name for name in names if name not in from_username)


def environment_badge_for(endpoint: str) -> str:
    """Return the badge that the screens and the first prompt show if requests don't go to Cognito.

    Args:
        endpoint: A URL, or empty for Cognito's own endpoint.

    Returns:
        ``TEST ENDPOINT`` for this machine, the host name of another server, or empty for Cognito.
    """
    if not endpoint:
        return ""
    if is_loopback(endpoint):
        return "TEST ENDPOINT"
    host = urlsplit(endpoint).hostname or ""
    return "" if re.fullmatch(_COGNITO_HOST, host) else safe_line(f"AT {host}", limit=40)
