"""StepScreen: the base class of the screens in ``screens/steps.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from tui_auth.auth.next_step import COOL_DOWN_SECONDS, DeliveryDetails, NextStep
from tui_auth.flow.messages import MAY_HAVE_EXPIRED, NEW_CODE_HINT
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.keys import KEY_TABLE
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.themes import later_sheets
from tui_auth.widgets.countdown import Countdown
from tui_auth.widgets.field import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.widget import Widget

    from tui_auth.auth.challenges import Answer
    from tui_auth.flow.interface import ErrorMessage
    from tui_auth.secret import Secret

StepT = TypeVar("StepT", bound=NextStep)


class StepAnswered(Decision):
    """The user's answer to the step.

    Args:
        value: The code, password or selected method. Secret values are a Secret.
        attributes: The user attributes that the step requires.
        new_password: The new password of a reset.
    """

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
    """The user wants a new code. ``key`` is the key that repeats the request."""

    def __init__(self, key: str = "^r") -> None:
        super().__init__()
        self.key = key


class RestartRequested(Decision):
    """The user wants to restart this step and has seen the side effect."""


EXPIRY_CHECK_SECONDS = 2.0
"""How often to compare the clock, since timers stop while the machine sleeps."""


class StepScreen(FormScreen, Generic[StepT]):
    """Shows one next step and posts the user's decisions."""

    CSS_PATH = later_sheets()
    HAS_CHALLENGE_SESSION: ClassVar[bool] = True
    """Whether the step has a Cognito session, whose lifetime a client can't read."""

    RESTART_LABEL: ClassVar[str] = "Start again"
    """The button's label once the step has ended."""

    COOL_DOWN_TEXT: ClassVar[str] = "^r again in {}"
    """What is shown until another code can be sent."""

    sends_codes: bool = False
    """Whether going back invalidates a code that was sent, so that Esc warns first."""

    def __init__(self, step: StepT, context: ScreenContext) -> None:
        super().__init__(context)
        self.step = step
        self._offers_restart = False
        self._assumed_expiry: float | None = None
        self._has_warned_about_code = False
        self._is_cooling_down = False
        self.restored_values: Mapping[str, Secret] = {}
        """The values typed on this step before it was restarted, by field ID."""

    def on_mount(self) -> None:
        super().on_mount()
        if self.HAS_CHALLENGE_SESSION:
            self._assumed_expiry = self.context.now() + self.context.session_seconds
            # The interval compares the clock, because timers stop while the machine sleeps.
            self.set_timer(self.context.session_seconds, self._warn_if_expired)
            self.set_interval(EXPIRY_CHECK_SECONDS, self._warn_if_expired)

    def _warn_if_expired(self) -> None:
        is_expired = self._assumed_expiry is not None and self.context.now() >= self._assumed_expiry
        if is_expired and not (self.busy or self.notice or self._offers_restart):
            self.notice = MAY_HAVE_EXPIRED

    def watch_busy(self, busy: bool) -> None:
        super().watch_busy(busy)
        if not busy:
            self._warn_if_expired()

    @property
    def label_group(self) -> str:
        return type(self.step).__name__

    def reusable_values(self) -> Mapping[str, Secret]:
        """Return the values to restore after a restart, by field ID, without codes."""
        return {}

    def show_code_sent(self, details: DeliveryDetails) -> None:
        """Show where the code requested on this screen was sent."""
        raise NotImplementedError

    def offer_restart(self, error: ErrorMessage) -> None:
        """Show that the step has ended and that Enter restarts it."""
        self._offers_restart = True
        self.notice = ""
        self.error = error
        self.update_footer()

    def key_label(self, action: str) -> str:
        if action == "submit" and self._offers_restart:
            return self.RESTART_LABEL
        return super().key_label(action)

    def submit(self) -> None:
        if self._offers_restart and not self.busy and not self.is_waiting:
            self._has_sent = True
            self.post_message(RestartRequested())
        else:
            self._has_warned_about_code = False
            super().submit()

    def action_back(self) -> None:
        if self.sends_codes and not self._has_warned_about_code and not self._offers_restart:
            self._has_warned_about_code = True
            self.notice = "If you go back, the code that was sent stops working. Press Esc again to go back."
        else:
            super().action_back()

    def cool_down(self) -> None:
        """Disable the key for a new code for a while and show a countdown."""
        self._is_cooling_down = True
        self.query_one("#cool-down", Countdown).count_down(
            COOL_DOWN_SECONDS, self.spell_keys(self.COOL_DOWN_TEXT), self._end_cool_down
        )
        self.update_footer()

    def _end_cool_down(self) -> None:
        self._is_cooling_down = False
        self.update_footer()
        self.show_new_code_hint()

    def show_new_code_hint(self) -> None:
        """Show the key for a new code under the code, where a click on it does what the key does."""
        label, hint = self.context.options.labels.get("key.new_code"), self.spell_keys(NEW_CODE_HINT)
        if label:
            hint = f"{KEY_TABLE['new_code'].display_without(self.taken)} {label}"
        for field in self.query("#code").results(Field):
            field.hint_action = "new_code"
            field.hint = hint if "new_code" in self.enabled_keys else ""

    def active_keys(self) -> Sequence[str]:
        keys, is_disabled = super().active_keys(), self._is_cooling_down or self._offers_restart
        return [name for name in keys if name != "new_code"] if is_disabled else keys

    def compose_status(self) -> Iterable[Widget]:
        yield Countdown(id="cool-down")
        yield from super().compose_status()

    def action_new_code(self) -> None:
        """Request a new code."""
        if not self.busy and not self.is_waiting:
            self.post_message(NewCodeRequested())
