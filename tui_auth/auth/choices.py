"""The choices a person made in a sign-in, and which of them a new start has still to make again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui_auth.auth.next_step import AuthFactorType

PASSWORD_FACTORS = (AuthFactorType.PASSWORD.value, AuthFactorType.PASSWORD_SRP.value)
CHOICES = ("SELECT_MFA_TYPE", "SELECT_CHALLENGE")
"""The challenges that ask for nothing but a choice."""

Choice = tuple[str, str]
"""A challenge's name, and what was chosen at it."""


@dataclass(frozen=True)
class Choices:
    """``made`` are those that led to the step, ``to_replay`` those that a new start has not come to yet."""

    made: tuple[Choice, ...] = ()
    to_replay: tuple[Choice, ...] = ()

    @property
    def last(self) -> str:
        """What was chosen last. Raises IndexError where nothing was."""
        return self.made[-1][1]

    @property
    def end_with_password(self) -> bool:
        """Whether what was chosen last is to type the password."""
        return bool(self.made) and self.last in PASSWORD_FACTORS

    def and_at(self, challenge_name: str, chosen: str) -> Choices:
        """One more."""
        return replace(self, made=(*self.made, (challenge_name, chosen)))

    def of_first_factor(self, factor: str) -> Choices:
        """A first factor that was preferred counts as chosen, and as the first choice there was."""
        return replace(self, made=(("SELECT_CHALLENGE", factor),))

    def from_the_start(self, kept: int | None = None) -> Choices:
        """Those to begin again with: the first ``kept``, or all, and each has still to be made."""
        return Choices(self.made[:kept], self.made[:kept])

    def without_first(self) -> Choices:
        """The same, where the first is made in another way than by an answer."""
        return replace(self, to_replay=self.made[1:])

    def replayed_at(self, challenge_name: str) -> tuple[str | None, Choices]:
        """The choice to make again at a challenge, or None, and what is left: each is made again once."""
        if not self.to_replay or self.to_replay[0][0] != challenge_name:
            return None, self
        return self.to_replay[0][1], replace(self, to_replay=self.to_replay[1:])
