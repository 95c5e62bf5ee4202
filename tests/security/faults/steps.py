"""Every next step, and who meets it: the table that both matrices walk, in the engine and on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.nightly import EVERY_FAULT
from tests.security.faults.person import Person, somebody_like
from tests.security.faults.proxy import Fault
from tui_auth.auth.next_step import (
    AuthFactorType,
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithOTP,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignInWithTOTPCode,
    ConfirmSignUp,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithTOTPSetup,
    Done,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.pool import PoolServer
from tui_auth.pool.demo_users import DemoPool

_WITHOUT_SRP = {"USER_SRP_AUTH": "USER_PASSWORD_AUTH", "CUSTOM_WITH_SRP": "CUSTOM_WITHOUT_SRP"}


@dataclass(frozen=True)
class Meeting:
    """A next step, the sample user who meets it, and what they choose on the way.

    ``step`` is None for signing in itself. ``proves_password`` keeps SRP where the flow has it: that takes
    the pool some time, so only the steps that are about the password do.
    """

    step: type[NextStep] | None
    username: str
    email_setup: bool = False
    factor: AuthFactorType = AuthFactorType.EMAIL_OTP
    proves_password: bool = False

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.__name__ if self.step else "sign-in"

    def person(self, server: PoolServer, demo: DemoPool) -> Person:
        """Somebody who meets the step and has not met it yet."""
        user = next(each for each in demo.users if each.username == self.username)
        if not self.proves_password:
            user = replace(user, auth_flow=_WITHOUT_SRP.get(user.auth_flow, user.auth_flow))
        return Person(server, somebody_like(server, user), self.email_setup, self.factor)


MEETINGS = (
    Meeting(None, "ann", proves_password=True),
    Meeting(ConfirmSignInWithSMSMFACode, "sam"),
    Meeting(ConfirmSignInWithTOTPCode, "tom"),
    Meeting(ContinueSignInWithTOTPSetup, "tess"),
    Meeting(ContinueSignInWithMFASelection, "mia"),
    Meeting(ConfirmSignInWithCustomChallenge, "quinn"),
    Meeting(ConfirmSignInWithNewPassword, "nora"),
    Meeting(ResetPassword, "rex"),
    Meeting(ConfirmSignUp, "carl"),
    Meeting(ConfirmSignInWithOTP, "emil"),
    Meeting(ContinueSignInWithEmailMFASetup, "max", email_setup=True),
    Meeting(ContinueSignInWithMFASetupSelection, "max"),
    Meeting(ContinueSignInWithFirstFactorSelection, "cleo"),
    Meeting(ConfirmSignInWithPassword, "cleo", factor=AuthFactorType.PASSWORD),
    Meeting(UnknownStep, "luna"),
    Meeting(Done, "ann"),
)


def share(faults: Sequence[Fault], meeting: Meeting) -> Sequence[Fault]:
    """An eighth of the faults, another one at each of eight steps: the engine meets each at every step.

    All of them with EVERY_FAULT=1.
    """
    if EVERY_FAULT:
        return faults
    return faults[MEETINGS.index(meeting) % 8 :: 8]
