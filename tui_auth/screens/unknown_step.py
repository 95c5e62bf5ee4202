"""The screen of UnknownStep: a challenge that came into the world after this version."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from tui_auth import __version__
from tui_auth.auth.next_step import UnknownStep
from tui_auth.flow.messages import rows_of
from tui_auth.screens.copying import CopyAsked
from tui_auth.screens.custom_challenge import AskedScreen
from tui_auth.terminal.safe_text import safe_line


class UnknownStepScreen(AskedScreen[UnknownStep]):
    """What is known of a step that this version does not know."""

    KEYS = ("submit", "show", "copy", "back", "help", "quit")
    ANSWER_HINT = "sent as ANSWER"
    EXPLANATION = (
        "Cognito asks for a challenge that is newer than this program. Its name and parameters are shown as "
        "they came. If you know what it wants, an answer can be sent as ANSWER; a newer tui-auth may know "
        "the step."
    )

    @property
    def name_of_challenge(self) -> str:
        """The challenge's name, made safe."""
        return safe_line(self.step.challenge_name, limit=60)

    @property
    def breadcrumb(self) -> str:
        return "unknown step"

    def introduction(self) -> Iterable[Widget]:
        yield Static(
            f"The pool asks for a step this version ({__version__}) does not know.",
            classes="headline",
            markup=False,
        )
        yield Static(f"Challenge {self.name_of_challenge}", classes="fact", markup=False)

    def action_copy(self) -> None:
        """Copy this page: name and parameters, nothing typed."""
        lines = [f"tui-auth {__version__}", f"challenge {self.name_of_challenge}"]
        lines += [f"{name}: {value}" for name, value in rows_of(self.step.additional_info)]
        self.post_message(CopyAsked("\n".join(lines), "This page"))
