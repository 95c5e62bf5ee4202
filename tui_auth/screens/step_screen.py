"""StepScreen: what the screens of all next steps share. ``screens/steps.py`` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from tui_auth.auth.error_policy import COOL_DOWN_SECONDS
from tui_auth.auth.next_step import DeliveryDetails, NextStep
from tui_auth.flow.error_message import ErrorMessage
from tui_auth.flow.messages import RUN_OUT_PERHAPS
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.themes import later_sheets
from tui_auth.widgets.countdown import Countdown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.widget import Widget

    from tui_auth.auth.challenges import Answer
    from tui_auth.secret import Secret

StepT = TypeVar("StepT", bound=NextStep)


class StepAnswered(Decision):
    """The user's answer to the step. What is secret in it travels in a Secret."""

    def __init__(
        self,
        value: Answer,
        *,
        attributes: Mapping[str, str] | None = None,
        new_password: Secret | None = None,
    ) -> None:
        super().__init__()
        self.value = value
        self.attributes = attributes
        self.new_password = new_password


class NewCodeRequested(Decision):
    """The user wants a new code sent. ``key`` is the key that requests another one."""

    def __init__(self, key: str = "^r") -> None:
        super().__init__()
        self.key = key


class RestartRequested(Decision):
    """The user wants this step started again, knowing what that does."""


LOOK_SECONDS = 2.0
"""How long it may go unnoticed that time has passed, as when a machine wakes up."""


class StepScreen(FormScreen, Generic[StepT]):
    """One next step. Knows the step it shows, and asks nobody but the App."""

    CSS_PATH = later_sheets()
    HAS_SESSION: ClassVar[bool] = True
    """Whether the step waits in a Cognito session, whose life cannot be known."""

    sends_codes: bool = False
    """Whether leaving makes a code worthless that is on its way, so that Esc asks once."""

    def __init__(self, step: StepT, context: ScreenContext) -> None:
        super().__init__(context)
        self.step = step
        self._offers_start = False
        self._assumed_end: float | None = None
        self._asked_to_leave = False
        self._is_cooling = False
        self.carried: Mapping[str, Secret] = {}
        """What was typed on this same step before it was started again, by the id of its field."""

    def on_mount(self) -> None:
        super().on_mount()
        if self.HAS_SESSION:
            self._assumed_end = self.context.now() + self.context.session_seconds
            # By the time of day, again and again: timers stand still while a machine sleeps.
            self.set_timer(self.context.session_seconds, self._say_if_late)
            self.set_interval(LOOK_SECONDS, self._say_if_late)

    def _say_if_late(self) -> None:
        is_late = self._assumed_end is not None and self.context.now() >= self._assumed_end
        if is_late and not (self.busy or self.notice or self._offers_start):
            self.notice = RUN_OUT_PERHAPS

    def watch_busy(self, busy: bool) -> None:
        super().watch_busy(busy)
        if not busy:
            self._say_if_late()

    def typed(self) -> Mapping[str, Secret]:
        """What must not be lost when this step is started again; a code would be worthless by then."""
        return {}

    def code_was_sent(self, details: DeliveryDetails) -> None:
        """Say where a code went that was asked for on this screen."""
        raise NotImplementedError

    def offer_start(self, does: str, why: str = "") -> None:
        """Say that the step has run out, what starting it again does, and that Enter does that.

        ``why`` is for a step that has ended in another way.
        """
        self._offers_start = True
        self.notice = ""
        text = f"{why or 'This step is over.'} Enter starts it again."
        self.error = ErrorMessage(f"{text} {does}".strip(), enter_repeats=True)

    def submit(self) -> None:
        if self._offers_start and not self.busy and not self.is_waiting:
            self._has_sent = True
            self.post_message(RestartRequested())
        else:
            self._asked_to_leave = False
            super().submit()

    def action_back(self) -> None:
        if self.sends_codes and not self._asked_to_leave and not self._offers_start:
            self._asked_to_leave = True
            self.notice = "The code that was sent stops working if you go back. Esc again does that."
        else:
            super().action_back()

    def cool_down(self) -> None:
        """Let a little time pass before another code can be asked for, and show how much."""
        self._is_cooling = True
        self.query_one("#cool-down", Countdown).count_down(COOL_DOWN_SECONDS, "^r again in {}", self._cooled)
        self.update_footer()

    def _cooled(self) -> None:
        self._is_cooling = False
        self.update_footer()

    def active_keys(self) -> Sequence[str]:
        keys = super().active_keys()
        return [name for name in keys if name != "new_code"] if self._is_cooling else keys

    def compose_status(self) -> Iterable[Widget]:
        yield Countdown(id="cool-down", classes="under-field")
        yield from super().compose_status()

    def action_new_code(self) -> None:
        """Ask for a new code."""
        if not self.busy and not self.is_waiting:
            self.post_message(NewCodeRequested())
