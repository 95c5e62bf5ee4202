"""What a service says is quoted in the same words on stderr and on a screen, and can do nothing there."""

from __future__ import annotations

from tui_auth.auth.error_catalog import error_from_response
from tui_auth.cli.exit_status import error_text
from tui_auth.flow.error_message import ErrorMessage
from tui_auth.session.refresh import reason_for_end

HOSTILE = "\x1b[31mhello"
SHOWN = "␛[31mhello"


def test_a_refusal_without_words_of_ours_is_quoted_alike_on_stderr_and_on_a_screen() -> None:
    error = error_from_response("BrandNewException", HOSTILE)
    quoted = f"The service says: “BrandNewException: {SHOWN}”."
    assert error_text(error).endswith(quoted)
    assert quoted in ErrorMessage.from_error(error).text


def test_the_reason_for_the_end_of_a_session_is_quoted_like_them() -> None:
    error = error_from_response("NotAuthorizedException", HOSTILE)
    assert reason_for_end(error) == f"The service says: “{SHOWN}”."
