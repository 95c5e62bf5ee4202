"""What one of Cognito's refusals means: the AuthError for an error reply, and what can be asked of one.

Our own sentences, which stand in refusal_words.py, never contain text of the server: that travels apart, in
``service_message``, for whoever shows it to make safe.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.refusal_words import (
    BY_CODE,
    BY_TEXT,
    FLOW_OFF,
    NO_POOL,
    NO_SUCH_USER,
    POLICY,
    UNKNOWN,
    WRONG_CREDENTIALS,
    Words,
)

_FLOW = re.compile(r"(?P<name>[A-Z_]{4,40}) flow not enabled for this client")


def is_wrong_credentials(error: AuthError) -> bool:
    """Whether name and password do not go together, as far as the service says."""
    return error.message == WRONG_CREDENTIALS.message


def is_refused_password(error: AuthError) -> bool:
    """Whether a proof of a password was looked at and not taken; a lock has the same code, but no answer."""
    return error.code == "NotAuthorizedException" and error.kind is not ErrorKind.THROTTLED


def is_confirmed_already(error: AuthError) -> bool:
    """Whether a sign-up needs no code any more: what ResendConfirmationCode says of it."""
    return error.code == "InvalidParameterException" and "already confirmed" in error.service_message


def is_confirmed_before(error: AuthError) -> bool:
    """Whether a sign-up was confirmed before its code came: what ConfirmSignUp says of it."""
    said = error.service_message
    is_done = "status is CONFIRMED" in said or "is not UNCONFIRMED" in said
    return error.code == "NotAuthorizedException" and is_done


def is_unknown_device(error: AuthError) -> bool:
    """Whether Cognito has forgotten the device whose key was sent, or refused its proof."""
    is_gone = error.code == "ResourceNotFoundException" and "Device does not exist" in error.service_message
    return is_gone or error.is_refused_device


def without_password(error: AuthError) -> AuthError:
    """The refusal of a name that came without a password: the password cannot be what is wrong."""
    if error.code != "UserNotFoundException":
        return error
    return AuthError(
        NO_SUCH_USER.kind,
        NO_SUCH_USER.message,
        NO_SUCH_USER.suggestion,
        code=error.code,
        service_message=error.service_message,
    )


def no_such_pool() -> AuthError:
    """The refusal where a pool id is known to be nobody's; Cognito itself would speak of the password."""
    return AuthError(NO_POOL.kind, NO_POOL.message, NO_POOL.suggestion)


def refusal(
    code: str, service_message: str, *, status: int = 400, cause: Exception | None = None
) -> AuthError:
    """The AuthError for an error reply: ``code`` is its ``__type``, ``service_message`` its ``message``."""
    words = _words(code, service_message, status)
    return AuthError(
        words.kind,
        words.message,
        words.suggestion,
        code=code,
        service_message=service_message,
        concern=words.concern,
        cause=cause,
        retry_after=words.retry_after,
        may_have_arrived=status >= 500,
        quote=_quote(code, service_message, words),
    )


def _quote(code: str, service_message: str, words: Words) -> str:
    if not words.is_vague:
        return ""
    return f"{code}: {service_message}" if words is UNKNOWN else service_message


def _words(code: str, service_message: str, status: int) -> Words:
    if code == "InvalidParameterException" and (flow := _FLOW.match(service_message)):
        suggestion = FLOW_OFF.suggestion.replace("add it", f"add ALLOW_{flow['name']}", 1)
        return replace(
            FLOW_OFF, message=f"This app client does not allow {flow['name']}.", suggestion=suggestion
        )
    for fragment, words in BY_TEXT.get(code, ()):
        if fragment in service_message:
            return words
    if code == "InvalidPasswordException":
        for fragment, sentence in POLICY.items():
            if fragment in service_message:
                return replace(
                    BY_CODE[code], message=sentence, suggestion="Change it and try again.", is_vague=False
                )
    if code in BY_CODE:
        return BY_CODE[code]
    if status >= 500:
        return BY_CODE["InternalErrorException"]
    return UNKNOWN
