"""A refusal as the person reads it: our sentence, and the service's own words where ours say too little."""

from __future__ import annotations

from dataclasses import dataclass

from tui_auth.auth.errors import TRY_AGAIN, AuthError, ErrorField
from tui_auth.terminal.safe_text import quote_service

OWN_FAULT = "Something went wrong in tui-auth itself, not with your answer."
_QUOTE_LIMIT = 160


@dataclass(frozen=True)
class Problem:
    """What happened and what to do, and which of the things typed it is about.

    ``enter_repeats`` is true where Enter, in whichever field, sends the same again.
    """

    text: str
    concern: ErrorField = ErrorField.ANSWER
    enter_repeats: bool = False

    @classmethod
    def of(cls, error: AuthError, *, again: str = "Enter") -> Problem:
        """The problem of a refusal. The service's words are quoted only where ours cannot say what it was.

        ``again`` is the key that asks the same again; empty where none does.
        """
        parts = [error.message]
        if error.quote:
            parts.append(quote_service(error.quote, limit=_QUOTE_LIMIT))
        is_open = error.recovery_suggestion == TRY_AGAIN and bool(again)
        parts.append(f"{again} tries it again." if is_open else error.recovery_suggestion)
        repeats = error.may_have_arrived and again == "Enter"
        return cls(" ".join(part for part in parts if part), error.field, repeats)
