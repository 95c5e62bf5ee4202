"""What a sign-in was told beside the pool: by flags, profile or demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.config.password_policy import PasswordPolicy

ASSUMED_SESSION_SECONDS = 180.0
"""Cognito's default AuthSessionValidity; the real one cannot be known from outside."""


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
