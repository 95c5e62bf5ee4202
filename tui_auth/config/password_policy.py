"""What a pool wants of a password, in words, and which of it a password has.

Source: PasswordPolicyType in Cognito's API reference; the names are those of amplify_outputs.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")
"""The characters that Cognito counts as symbols; a blank only inside a password."""

LARGEST_LENGTH = 99


@dataclass(frozen=True)
class PasswordPolicy:
    """The rules of a user pool. ``min_length`` is in characters."""

    min_length: int = 8
    require_lowercase: bool = False
    require_uppercase: bool = False
    require_numbers: bool = False
    require_symbols: bool = False

    @classmethod
    def of(cls, values: Mapping[str, int | bool]) -> PasswordPolicy:
        """The policy of a checked ``password_policy`` setting; what is absent there is not asked."""
        return cls(**values)  # type: ignore[arg-type]  # checked by the setting

    def values(self) -> dict[str, int | bool]:
        """The policy as the values of a ``password_policy`` setting."""
        return asdict(self)

    def checklist(self, password: str) -> list[tuple[str, bool]]:
        """Each rule in words, and whether the password keeps it, in the order a person reads them."""
        rules = [(f"at least {self.min_length} characters", len(password) >= self.min_length)]
        if self.require_lowercase:
            rules.append(("a lower-case letter", any("a" <= each <= "z" for each in password)))
        if self.require_uppercase:
            rules.append(("an upper-case letter", any("A" <= each <= "Z" for each in password)))
        if self.require_numbers:
            rules.append(("a digit", any("0" <= each <= "9" for each in password)))
        if self.require_symbols:
            rules.append(("a symbol, such as ! or -", any(each in SYMBOLS for each in password.strip())))
        return rules
