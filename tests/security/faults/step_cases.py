"""Every next step, and who meets it: the table that both matrices walk, in the engine and on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.nightly import EVERY_FAULT
from tests.security.faults.proxy import Fault
from tests.security.faults.scripted_user import ScriptedUser, fresh_user_like
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
class StepCase:
    """A next step, the sample user who meets it, and what they choose on the way.

    ``step`` is None for signing in itself. ``proves_password`` keeps SRP where the flow has it: that takes
    the pool some time, so only the steps that are about the password do.
    """

    step: type[NextStep] | None
    username: str
    chooses_email: bool = False
    factor: AuthFactorType = AuthFactorType.EMAIL_OTP
    proves_password: bool = False

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.__name__ if self.step else "sign-in"

    def scripted_user(self, server: PoolServer, demo: DemoPool) -> ScriptedUser:
        """Somebody who meets the step and has not met it yet."""
        user = next(candidate for candidate in demo.users if candidate.username == self.username)
        if not self.proves_password:
            user = replace(user, auth_flow=_WITHOUT_SRP.get(user.auth_flow, user.auth_flow))
        return ScriptedUser(server, fresh_user_like(server, user), self.chooses_email, self.factor)


STEP_CASES = (
    StepCase(None, "ann", proves_password=True),
    StepCase(ConfirmSignInWithSMSMFACode, "sam"),
    StepCase(ConfirmSignInWithTOTPCode, "tom"),
    StepCase(ContinueSignInWithTOTPSetup, "tess"),
    StepCase(ContinueSignInWithMFASelection, "mia"),
    StepCase(ConfirmSignInWithCustomChallenge, "quinn"),
    StepCase(ConfirmSignInWithNewPassword, "nora"),
    StepCase(ResetPassword, "rex"),
    StepCase(ConfirmSignUp, "carl"),
    StepCase(ConfirmSignInWithOTP, "emil"),
    StepCase(ContinueSignInWithEmailMFASetup, "max", chooses_email=True),
    StepCase(ContinueSignInWithMFASetupSelection, "max"),
    StepCase(ContinueSignInWithFirstFactorSelection, "cleo"),
    StepCase(ConfirmSignInWithPassword, "cleo", factor=AuthFactorType.PASSWORD),
    StepCase(UnknownStep, "luna"),
    StepCase(Done, "ann"),
)


def share(faults: Sequence[Fault], step_case: StepCase) -> Sequence[Fault]:
    """An eighth of the faults, another one at each of eight steps: the engine meets each at every step.

    All of them with EVERY_FAULT=1.
    """
    if EVERY_FAULT:
        return faults
    return faults[STEP_CASES.index(step_case) % 8 :: 8]
