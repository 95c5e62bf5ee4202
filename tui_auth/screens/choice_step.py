"""What the screens of a choice share: one line a method, with a number key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final, TypeVar

from rich.style import Style
from textual import events, on
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import OptionList, Static

from tui_auth.auth.challenges import Answer
from tui_auth.auth.next_step import NextStep
from tui_auth.flow.messages import MFA_QUESTION, name_of
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.widgets.immediate_keys import ImmediateKeys

StepT = TypeVar("StepT", bound=NextStep)
_REVERSED: Final = Style(reverse=True)


class Choice(ImmediateKeys, OptionList, can_focus=True):
    """Numbered lines. The number, or a click, posts ``Picked``; Enter is the screen's."""

    LEFT_TO_THE_SCREEN = frozenset({"select"})

    class Picked(Message):
        """A line was picked by its number or by the mouse; it is highlighted."""

    def __init__(self, lines: Sequence[str], id: str = "choice") -> None:  # noqa: A002 - Textual's name
        super().__init__(*(f"{number} {line}" for number, line in enumerate(lines, 1)), markup=False, id=id)
        self.highlighted = 0

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        # By hand: a style sheet's text-style does not get here, and without colours nothing else does.
        is_chosen = any(each.style and each.style.meta.get("option") == self.highlighted for each in strip)
        return strip.apply_style(_REVERSED) if self.app.no_color and is_chosen else strip

    async def _on_key(self, event: events.Key) -> None:
        number = int(event.key) if event.key in tuple("123456789") else 0
        if 0 < number <= self.option_count:
            event.stop()
            self.highlighted = number - 1
            self.post_message(self.Picked())
        else:
            await super()._on_key(event)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Picked())


class ChoiceScreen(StepScreen[StepT]):
    """One of several methods."""

    KEYS = ("submit", "back", "help", "quit")
    QUESTION: ClassVar[str] = MFA_QUESTION
    SUBMIT_LABEL = "Choose"

    @property
    def methods(self) -> Sequence[Answer]:
        """What there is to choose from."""
        raise NotImplementedError

    def question(self) -> Iterable[Widget]:
        yield Static(self.QUESTION, classes="headline", markup=False)
        yield Choice([name_of(method) for method in self.methods])

    def on_mount(self) -> None:
        super().on_mount()
        self.set_focus(self.query_one(Choice))

    @on(Choice.Picked)
    def _chosen(self, event: Message) -> None:
        event.stop()
        self.submit()

    def decide(self) -> Message | None:
        chosen = self.query_one(Choice).highlighted
        return self.take(self.methods[chosen]) if chosen is not None else None

    def take(self, method: Answer) -> Message | None:
        """What choosing a method does."""
        return StepAnswered(method)
