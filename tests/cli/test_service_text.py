"""Messages from Cognito are quoted safely, and the same on stderr and on screens."""

from __future__ import annotations

from tui_auth.auth.error_catalog import error_from_response
from tui_auth.cli.output import error_text
from tui_auth.flow.interface import ErrorMessage
from tui_auth.session.refresh import reason_for_end

HOSTILE = "\x1b[31mhello"
SHOWN = "␛[31mhello"


def test_unknown_error_is_quoted_the_same_on_stderr_and_on_screens() -> None:
    error = error_from_response("BrandNewException", HOSTILE)
    quoted = f"The service says: “BrandNewException: {SHOWN}”."
    assert error_text(error).endswith(quoted)
    assert quoted in ErrorMessage.from_error(error).text


def test_reason_for_an_ended_session_is_quoted() -> None:
    error = error_from_response("NotAuthorizedException", HOSTILE)
    assert reason_for_end(error) == f"The service says: “{SHOWN}”."
