"""How a sign-in begins."""

from __future__ import annotations

from enum import StrEnum


class AuthFlow(StrEnum):
    """The flows of a sign-in, by Amplify's names."""

    USER_SRP_AUTH = "USER_SRP_AUTH"
    USER_PASSWORD_AUTH = "USER_PASSWORD_AUTH"  # noqa: S105 - the flow's name
    USER_AUTH = "USER_AUTH"
    CUSTOM_WITH_SRP = "CUSTOM_WITH_SRP"
    CUSTOM_WITHOUT_SRP = "CUSTOM_WITHOUT_SRP"

    @property
    def needs_password(self) -> bool:
        """Whether the flow cannot begin without a password."""
        return self not in (AuthFlow.CUSTOM_WITHOUT_SRP, AuthFlow.USER_AUTH)

    @property
    def is_custom(self) -> bool:
        """Whether the pool's own functions decide the steps."""
        return self in (AuthFlow.CUSTOM_WITH_SRP, AuthFlow.CUSTOM_WITHOUT_SRP)
