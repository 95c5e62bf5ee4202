"""ErrorMessage: an error as both front ends show it."""

from __future__ import annotations

from dataclasses import dataclass

from tui_auth.errors import TRY_AGAIN, AuthError, ErrorField, ErrorKind
from tui_auth.terminal.safe_text import quote_service

INTERNAL_ERROR = "Something went wrong in tui-auth itself, not with your answer."
_QUOTE_LIMIT = 160


@dataclass(frozen=True)
class ErrorMessage:
    """What happened, what to do, and which of the user's inputs is affected.

    Attributes:
        text: The sentence or two to show.
        field: The input that the error is about.
        enter_repeats: Whether Enter sends the same request again, from any field.
        missing_attribute: The user attribute that the pool requires for a new account; usually empty.
        kind: The kind of the error; None if it didn't come from Cognito or the network.
        code: The name of Cognito's exception; None if there is none.
    """

    text: str
    field: ErrorField = ErrorField.ANSWER
    enter_repeats: bool = False
    missing_attribute: str = ""
    kind: ErrorKind | None = None
    code: str | None = None

    @classmethod
    def from_error(cls, error: AuthError, *, retry_key: str = "Enter") -> ErrorMessage:
        """Describe an error. Quotes Cognito's message only if ours doesn't say what happened.

        Args:
            error: The error of a request.
            retry_key: The key that sends the same request again; empty if no key does.
        """
        parts = [error.message]
        if error.quote:
            parts.append(quote_service(error.quote, limit=_QUOTE_LIMIT))
        can_retry = error.recovery_suggestion == TRY_AGAIN and bool(retry_key)
        parts.append(f"{retry_key} tries it again." if can_retry else error.recovery_suggestion)
        repeats = error.may_have_arrived and retry_key == "Enter"
        text = " ".join(part for part in parts if part)
        return cls(text, error.field, repeats, kind=error.kind, code=error.code)
