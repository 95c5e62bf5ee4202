"""What a service says is quoted in the same words on stderr and on a screen, and can do nothing there."""

from __future__ import annotations

from tui_auth.auth.refusals import refusal
from tui_auth.commands.exit_status import words_for
from tui_auth.flow.error_message import ErrorMessage
from tui_auth.session.refresh import _why

HOSTILE = "\x1b[31mhello"
SHOWN = "␛[31mhello"


def test_a_refusal_without_words_of_ours_is_quoted_alike_on_stderr_and_on_a_screen() -> None:
    error = refusal("BrandNewException", HOSTILE)
    quoted = f"The service says: “BrandNewException: {SHOWN}”."
    assert words_for(error).endswith(quoted)
    assert quoted in ErrorMessage.from_error(error).text


def test_the_reason_for_the_end_of_a_session_is_quoted_like_them() -> None:
    error = refusal("NotAuthorizedException", HOSTILE)
    assert _why(error) == f"The service says: “{SHOWN}”."
