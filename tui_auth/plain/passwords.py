"""Agreeing on a new password in lines, wherever one is wanted."""

from __future__ import annotations

from tui_auth.config.settings import PasswordPolicy
from tui_auth.plain.prompts import Prompts
from tui_auth.screens.wording import wrong_with_password
from tui_auth.secret import Secret


def agreed_password(prompts: Prompts, policy: PasswordPolicy | None) -> Secret:
    """A new password that was typed twice alike; what the pool's policy wants is said before, where known."""
    if policy:
        prompts.lines.say(f"It needs {', '.join(rule for rule, _ in policy.checklist(''))}.")
    while True:
        first = prompts.secret("New password")
        if complaint := wrong_with_password(first, prompts.secret("Once more")):
            prompts.lines.say(f"Error: {complaint}")
        else:
            return first
