"""A list of numbered lines to choose one from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.style import Style
from textual import events, on
from textual.message import Message
from textual.widgets import OptionList

from tui_auth.widgets.text_input import ImmediateKeys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

_REVERSED: Final = Style(reverse=True)


class Choice(ImmediateKeys, OptionList, can_focus=True):
    """Numbered lines. Posts ``Picked`` for a number key or a click; the screen handles Enter."""

    SCREEN_ACTIONS = frozenset({"select"})

    class Picked(Message):
        """A line was picked by its number or with the mouse; it is highlighted."""

    def __init__(self, lines: Sequence[str], id: str = "choice") -> None:  # noqa: A002 - Textual's name
        super().__init__(*(f"{number} {line}" for number, line in enumerate(lines, 1)), markup=False, id=id)
        self.highlighted = 0

    def render_line(self, y: int) -> Strip:
        """Reverse the highlighted line if there are no colors."""
        strip = super().render_line(y)
        # Textual doesn't draw the text-style that a style sheet gives this line, and without colors nothing
        # else marks it.
        is_highlighted = any(
            segment.style and segment.style.meta.get("option") == self.highlighted for segment in strip
        )
        return strip.apply_style(_REVERSED) if self.app.no_color and is_highlighted else strip

    async def _on_key(self, event: events.Key) -> None:
        number = int(event.key) if event.key in tuple("123456789") else 0
        if 0 < number <= self.option_count:
            event.stop()
            self.highlighted = number - 1
            self.post_message(self.Picked())
        else:
            await super()._on_key(event)

    @on(OptionList.OptionSelected)
    def _pick_clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Picked())
