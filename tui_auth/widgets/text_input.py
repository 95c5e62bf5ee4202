"""Inputs of one row for plain text and for secrets, and ImmediateKeys, which Choice shares."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from textual.actions import SkipAction
from textual.geometry import Size
from textual.reactive import reactive
from textual.widgets import Input

from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.message import Message
    from textual.screen import Screen
    from textual.widget import Widget

    _Base = Widget
else:
    _Base = object


class ImmediateKeys(_Base):
    """Mixin for a widget whose key bindings run at once, in the order of typing.

    Textual passes a key with a binding up to the app before its action runs. Characters typed fast behind
    ^u, Backspace or an arrow key would be handled before it. Actions in ``SCREEN_ACTIONS`` are left to the
    screen.
    """

    SCREEN_ACTIONS: ClassVar[frozenset[str]] = frozenset()

    async def _on_key(self, event: events.Key) -> None:
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if binding.action in self.SCREEN_ACTIONS:
                return
            event.stop()
            event.prevent_default()
            with suppress(SkipAction):
                await self.run_action(binding.action)
            return
        await super()._on_key(event)


class TextInput(ImmediateKeys, Input):
    """One row of text without a border. The screen handles Enter; no message has the text.

    Textual's Changed, Submitted and Blurred carry the text to anything that logs messages, so this input
    doesn't post them. ``note`` is a sentence about what just happened to the text, such as a shortened
    paste; the next change clears it.
    """

    ALLOW_SELECT = False
    SCREEN_ACTIONS = frozenset({"submit", "copy"})
    FIELD_CLASS: ClassVar[str] = ""
    """The CSS class of the Field around it, such as the one for a short field."""

    note: reactive[str] = reactive("", repaint=False, init=False)

    def __init__(
        self,
        value: str = "",
        *,
        password: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        self._is_edited_by_hand = False
        super().__init__(value or None, password=password, validate_on=(), id=id, compact=True)
        self.set_reactive(Input.cursor_blink, False)

    def post_message(self, message: Message) -> bool:
        """Post a message unless it carries what was typed."""
        if isinstance(message, (Input.Changed, Input.Submitted, Input.Blurred)):
            return False
        return super().post_message(message)

    async def action_submit(self) -> None:
        """Leave Enter to the screen."""
        raise SkipAction

    def action_copy(self) -> None:
        """Leave the key to the screen and the app: ^c leaves, it does not copy."""
        raise SkipAction

    def action_paste(self) -> None:
        """Paste the program's own clipboard; do nothing if that is empty."""
        self.take_paste(self.app.clipboard)

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()  # Input's own handler would paste a second time
        event.stop()
        self.take_paste(event.text)

    def take_paste(self, text: str) -> None:
        """Replace the selection by the first line of ``text`` without its control characters."""
        lines = split_pasted_lines(text)
        if not lines:
            return
        line = remove_control_characters(lines[0])
        self.replace(line, *self.selection)
        if len(lines) > 1:
            self.note = "Only the first line was pasted."
        elif line != lines[0]:
            self.note = "Control characters in the paste were left out."

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace the characters between two positions and put the cursor behind the new ones."""
        self._is_edited_by_hand = True
        try:
            super().replace(text, start, end)
        finally:
            self._is_edited_by_hand = False

    def watch_value(self, value: str) -> None:
        """Clear the note, and put the cursor at the end of a text that the program has set."""
        self.note = ""
        if not self._is_edited_by_hand:
            self.cursor_position = len(value)


def split_pasted_lines(text: str) -> list[str]:
    """Split a paste into its lines, without empty ones. Only CR, LF and TAB break lines.

    A password manager may copy user name and password with a TAB between them.
    """
    return [line for line in re.split(r"[\r\n\t]", text) if line]


def remove_control_characters(text: str) -> str:
    """Remove the control characters (Unicode category Cc)."""
    return "".join(character for character in text if unicodedata.category(character) != "Cc")


class SecretInput(TextInput):
    """A password, or an answer that may be one, shown as bullets until it is revealed.

    The text is stored exactly as typed, including spaces at its ends. It can't be copied or cut, is in no
    message, and is cleared when the widget is removed. It is concealed again when the focus leaves the
    input, and so also when it is submitted.
    """

    def __init__(
        self,
        value: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(value, password=True, id=id)

    @property
    def secret(self) -> Secret:
        """The typed text."""
        return Secret(self.value)

    @property
    def is_revealed(self) -> bool:
        """Whether the text can be read on the screen."""
        return not self.password

    def reveal(self) -> None:
        """Show the text."""
        self._show(True)

    def conceal(self) -> None:
        """Show bullets in place of the text."""
        self._show(False)

    def _show(self, reveal: bool) -> None:
        if reveal != self.is_revealed:
            self.password = not reveal
            # Bullets and letters may differ in width; Input measures only when the value changes.
            self.virtual_size = Size(self.content_width, 1)
            if self.has_focus:
                self._watch_selection(self.selection)

    def _position_to_cell(self, position: int) -> int:
        return super()._position_to_cell(position) if self.is_revealed else position

    @property
    def selected_text(self) -> str:
        """Always empty, because Textual copies a selection by this property."""
        return ""

    def action_cut(self) -> None:
        """Delete the selection without copying it."""
        self.delete_selection()

    def _on_blur(self, event: events.Blur) -> None:
        self.conceal()

    def on_unmount(self) -> None:
        """Clear the text."""
        self.set_reactive(Input.value, "")


def focusable_inputs(screen: Screen[Any]) -> list[TextInput]:
    """Return the inputs that can have the focus now, from top to bottom."""
    return [widget for widget in screen.query(TextInput) if widget.focusable]


def call_after_typed_keys(
    screen: Screen[Any], inputs: Sequence[Widget], callback: Callable[[], None]
) -> None:
    """Call ``callback`` on the screen after all inputs, in order, have handled their keys.

    A key that binds with priority, such as Enter, reaches the screen before any field sees it. Characters
    typed before it may still be in the queue of a field, so a form is read only after all fields are done.
    """
    if inputs:
        inputs[0].call_later(call_after_typed_keys, screen, inputs[1:], callback)
    else:
        screen.call_later(callback)
