"""Describe the password policy of a user pool, and check a password against it.

Source: PasswordPolicyType in Cognito's API reference; the names are those of amplify_outputs.json.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        if self.require_lowercase:
            rules.append(("a lower-case letter", any("a" <= character <= "z" for character in password)))
        if self.require_uppercase:
            rules.append(("an upper-case letter", any("A" <= character <= "Z" for character in password)))
        if self.require_numbers:
            rules.append(("a digit", any("0" <= character <= "9" for character in password)))
        if self.require_symbols:
            rules.append(
                ("a symbol, such as ! or -", any(character in SYMBOLS for character in password.strip()))
            )
        return rules
