"""How far a sign-in has come: all that an attempt keeps from one call to the next."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

from tui_auth.auth.exchange import Exchange
from tui_auth.auth.learned import Learned
from tui_auth.auth.next_step import DeliveryDetails, Done, NextStep
from tui_auth.secret import Secret


@dataclass(repr=False, eq=False)
class Progress:
    """The state of one sign-in; an operation works on a ``copy()``, which then takes its place or is dropped.

    What a copy shares with its origin must not change under either: each field here and in the exchange is
    given a new value, and no value is changed. ``learned`` alone is shared on purpose.
    """

    exchange: Exchange
    learned: Learned
    step: NextStep | None = None
    half_done: bool = False
    """Whether Cognito has taken the first half of what was asked, and would refuse it a second time: a
    verified token, a reset, a confirmed sign-up. The next try goes on after it."""

    password_was_refused: bool = False
    """Whether a password was refused at this step, so that its session may be gone."""

    set_password: Secret | None = None
    """The new password of a reset that is half done."""

    sign_up_session: Secret | None = None
    """What signs in at once whoever signed up."""

    def copy(self) -> Progress:
        """One to work on, while this one stays as it is."""
        return replace(self, exchange=copy.copy(self.exchange))

    def arrive(self, outcome: NextStep | DeliveryDetails) -> None:
        """An operation succeeded; where it only had a code sent, the step is the same."""
        self.half_done = self.password_was_refused = False
        self.set_password = None
        self.learned.hashed(self.exchange.proof)
        if isinstance(outcome, Done):
            self.forget()
        if not isinstance(outcome, DeliveryDetails):
            self.step = outcome

    def forget(self) -> None:
        """Drop everything that was kept for a restart."""
        self.exchange.forget()
        self.sign_up_session = self.set_password = None
        # Another one: a fork that still waits keeps what it needs.
        self.learned = Learned()
