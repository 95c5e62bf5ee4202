"""tui-auth: sign in to an Amazon Cognito user pool from a terminal, through every challenge."""

from __future__ import annotations

# Importing typing for this takes 3 ms, and scripts may run `tui-auth token` for every request.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tui_auth.auth.auth import Auth as Auth
    from tui_auth.auth.next_step import (
        AuthFactorType as AuthFactorType,
    )
    from tui_auth.auth.next_step import (
        ConfirmSignInWithCustomChallenge as ConfirmSignInWithCustomChallenge,
    )
    from tui_auth.auth.next_step import (
        ConfirmSignInWithNewPassword as ConfirmSignInWithNewPassword,
    )
    from tui_auth.auth.next_step import (
        ConfirmSignInWithOTP as ConfirmSignInWithOTP,
    )
    from tui_auth.auth.next_step import (
        ConfirmSignInWithPassword as ConfirmSignInWithPassword,
    )
    from tui_auth.auth.next_step import (
        ConfirmSignInWithSMSMFACode as ConfirmSignInWithSMSMFACode,
    )
    from tui_auth.auth.next_step import (
        ConfirmSignInWithTOTPCode as ConfirmSignInWithTOTPCode,
    )
    from tui_auth.auth.next_step import (
        ConfirmSignUp as ConfirmSignUp,
    )
    from tui_auth.auth.next_step import (
        ContinueSignInWithEmailMFASetup as ContinueSignInWithEmailMFASetup,
    )
    from tui_auth.auth.next_step import (
        ContinueSignInWithFirstFactorSelection as ContinueSignInWithFirstFactorSelection,
    )
    from tui_auth.auth.next_step import (
        ContinueSignInWithMFASelection as ContinueSignInWithMFASelection,
    )
    from tui_auth.auth.next_step import (
        ContinueSignInWithMFASetupSelection as ContinueSignInWithMFASetupSelection,
    )
    from tui_auth.auth.next_step import (
        ContinueSignInWithTOTPSetup as ContinueSignInWithTOTPSetup,
    )
    from tui_auth.auth.next_step import (
        DeliveryDetails as DeliveryDetails,
    )
    from tui_auth.auth.next_step import (
        Done as Done,
    )
    from tui_auth.auth.next_step import (
        MFAType as MFAType,
    )
    from tui_auth.auth.next_step import (
        ResetPassword as ResetPassword,
    )
    from tui_auth.auth.next_step import (
        SignInResult as SignInResult,
    )
    from tui_auth.auth.next_step import (
        UnknownStep as UnknownStep,
    )
    from tui_auth.auth.tokens import Tokens as Tokens
    from tui_auth.errors import AuthError as AuthError
    from tui_auth.errors import ErrorKind as ErrorKind
    from tui_auth.secret import Secret as Secret

__version__ = "0.1.0"

# Names are imported on first access, because `tui-auth token` must start fast.
_MODULES = {
    "Auth": "tui_auth.auth.auth",
    "AuthError": "tui_auth.errors",
    "ErrorKind": "tui_auth.errors",
    "Secret": "tui_auth.secret",
    "Tokens": "tui_auth.auth.tokens",
    **dict.fromkeys(
        (
            "AuthFactorType",
            "ConfirmSignInWithCustomChallenge",
            "ConfirmSignInWithNewPassword",
            "ConfirmSignInWithOTP",
            "ConfirmSignInWithPassword",
            "ConfirmSignInWithSMSMFACode",
            "ConfirmSignInWithTOTPCode",
            "ConfirmSignUp",
            "ContinueSignInWithEmailMFASetup",
            "ContinueSignInWithFirstFactorSelection",
            "ContinueSignInWithMFASelection",
            "ContinueSignInWithMFASetupSelection",
            "ContinueSignInWithTOTPSetup",
            "DeliveryDetails",
            "Done",
            "MFAType",
            "ResetPassword",
            "SignInResult",
            "UnknownStep",
        ),
        "tui_auth.auth.next_step",
    ),
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
