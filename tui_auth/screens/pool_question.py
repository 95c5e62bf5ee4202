"""What is asked where nothing names a pool: one wording for the full screen and for line prompts.

Imports no Textual.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui_auth.auth.app_client import AuthFlow
from tui_auth.config.settings import SECRET_PATH_EXPECTED, InvalidValueError, validate_setting

PASSWORD_NEVER_SENT = AuthFlow.USER_SRP_AUTH.label
PASSWORD_SENT = AuthFlow.USER_PASSWORD_AUTH.label
FLOWS = {str(flow): flow.label for flow in AuthFlow}
USUAL_FLOW = str(AuthFlow.USER_SRP_AUTH)

QUESTION = "Which user pool do you sign in to?"
TRYING = "Trying it: one call that signs nobody in …"
FLOW_QUESTION = "How do people sign in?"
NO_PATH = f"This field wants {SECRET_PATH_EXPECTED}."
NO_FLOW = "This app client allows no flow that a person could use."


@dataclass(frozen=True)
class Candidate:
    """A pool and app client to be tried with a flow. ``secret_file`` is empty where none was asked for."""

    user_pool_id: str
    client_id: str
    secret_file: str = ""
    auth_flow: str = USUAL_FLOW


def wrong_with(setting: str, text: str) -> str:
    """What keeps a text from being the value of a setting; empty where nothing does."""
    try:
        validate_setting(setting, text)
    except InvalidValueError as error:
        return f"This should be {error}."
    return ""


def flows_left(left: tuple[str, ...], refused: str) -> tuple[str, ...]:
    """The flows not refused so far; ``left`` is empty before the first refusal."""
    return tuple(flow for flow in left or FLOWS if flow != refused)
