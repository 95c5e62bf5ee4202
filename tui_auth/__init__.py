"""tui-auth: sign in to an Amazon Cognito user pool from a terminal, through every challenge."""

from __future__ import annotations

# Importing typing for this takes 3 ms, and scripts may run `tui-auth token` for every request.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tui_auth.account.account import Account
    from tui_auth.account.async_account import AsyncAccount
    from tui_auth.api import AsyncAuth, AsyncBrowserSignIn, Auth, Done
    from tui_auth.auth.auth import BrowserSignIn
    from tui_auth.auth.next_step import (
        AuthFactorType,
        ConfirmSignInWithCustomChallenge,
        ConfirmSignInWithNewPassword,
        ConfirmSignInWithOTP,
        ConfirmSignInWithPassword,
        ConfirmSignInWithSMSMFACode,
        ConfirmSignInWithTOTPCode,
        ConfirmSignUp,
        ContinueSignInWithBrowser,
        ContinueSignInWithEmailMFASetup,
        ContinueSignInWithFirstFactorSelection,
        ContinueSignInWithMFASelection,
        ContinueSignInWithMFASetupSelection,
        ContinueSignInWithPasskey,
        ContinueSignInWithTOTPSetup,
        DeliveryDetails,
        MFAType,
        ResetPassword,
        SignInResult,
        SignUpResult,
        UnknownStep,
    )
    from tui_auth.auth.step_descriptions import StepDescription, describe_step
    from tui_auth.auth.tokens import Tokens
    from tui_auth.error_kinds import (
        ErrorField,
        ErrorKind,
        PasskeyProblem,
    )
    from tui_auth.errors import (
        AuthError,
        ChallengeExpiredError,
        CodeExpiredError,
        CodeMismatchError,
        ConfigurationError,
        InvalidParameterError,
        InvalidPasswordError,
        InvalidStateError,
        NetworkError,
        NotAuthorizedError,
        NotSignedInError,
        PasskeyError,
        StorageError,
        ThrottledError,
        TokenVerificationError,
        TuiAuthError,
        UnsupportedError,
        UsernameExistsError,
        UserNotConfirmedError,
        UserNotFoundError,
    )
    from tui_auth.secret import Secret
    from tui_auth.session.aws import AwsCredentials
    from tui_auth.session.record import SessionInfo
    from tui_auth.session_api import Session, list_sessions, open_session

__version__ = "0.1.0"

# Names are imported on first access, because `tui-auth token` must start fast.
_NAMES = {
    "tui_auth.api": "AsyncAuth AsyncBrowserSignIn Auth Done",
    "tui_auth.auth.auth": "BrowserSignIn",
    "tui_auth.account.account": "Account",
    "tui_auth.account.async_account": "AsyncAccount",
    "tui_auth.auth.next_step": """
        AuthFactorType ConfirmSignInWithCustomChallenge ConfirmSignInWithNewPassword ConfirmSignInWithOTP
        ConfirmSignInWithPassword ConfirmSignInWithSMSMFACode ConfirmSignInWithTOTPCode ConfirmSignUp
        ContinueSignInWithEmailMFASetup ContinueSignInWithFirstFactorSelection
        ContinueSignInWithMFASelection ContinueSignInWithMFASetupSelection ContinueSignInWithPasskey
        ContinueSignInWithBrowser ContinueSignInWithTOTPSetup DeliveryDetails MFAType ResetPassword
        SignInResult SignUpResult UnknownStep
    """,
    "tui_auth.auth.step_descriptions": "StepDescription describe_step",
    "tui_auth.auth.tokens": "Tokens",
    "tui_auth.error_kinds": "ErrorField ErrorKind PasskeyProblem",
    "tui_auth.errors": """
        AuthError ChallengeExpiredError CodeExpiredError CodeMismatchError ConfigurationError
        InvalidParameterError InvalidPasswordError InvalidStateError NetworkError NotAuthorizedError
        NotSignedInError PasskeyError StorageError ThrottledError TokenVerificationError TuiAuthError
        UnsupportedError UserNotConfirmedError UserNotFoundError UsernameExistsError
    """,
    "tui_auth.secret": "Secret",
    "tui_auth.session.aws": "AwsCredentials",
    "tui_auth.session.record": "SessionInfo",
    "tui_auth.session_api": "Session list_sessions open_session",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = [
    "Account",
    "AsyncAccount",
    "AsyncAuth",
    "AsyncBrowserSignIn",
    "Auth",
    "AuthError",
    "AuthFactorType",
    "AwsCredentials",
    "BrowserSignIn",
    "ChallengeExpiredError",
    "CodeExpiredError",
    "CodeMismatchError",
    "ConfigurationError",
    "ConfirmSignInWithCustomChallenge",
    "ConfirmSignInWithNewPassword",
    "ConfirmSignInWithOTP",
    "ConfirmSignInWithPassword",
    "ConfirmSignInWithSMSMFACode",
    "ConfirmSignInWithTOTPCode",
    "ConfirmSignUp",
    "ContinueSignInWithBrowser",
    "ContinueSignInWithEmailMFASetup",
    "ContinueSignInWithFirstFactorSelection",
    "ContinueSignInWithMFASelection",
    "ContinueSignInWithMFASetupSelection",
    "ContinueSignInWithPasskey",
    "ContinueSignInWithTOTPSetup",
    "DeliveryDetails",
    "Done",
    "ErrorField",
    "ErrorKind",
    "InvalidParameterError",
    "InvalidPasswordError",
    "InvalidStateError",
    "MFAType",
    "NetworkError",
    "NotAuthorizedError",
    "NotSignedInError",
    "PasskeyError",
    "PasskeyProblem",
    "ResetPassword",
    "Secret",
    "Session",
    "SessionInfo",
    "SignInResult",
    "SignUpResult",
    "StepDescription",
    "StorageError",
    "ThrottledError",
    "TokenVerificationError",
    "Tokens",
    "TuiAuthError",
    "UnknownStep",
    "UnsupportedError",
    "UserNotConfirmedError",
    "UserNotFoundError",
    "UsernameExistsError",
    "describe_step",
    "list_sessions",
    "open_session",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
