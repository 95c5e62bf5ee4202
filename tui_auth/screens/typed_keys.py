"""When a form may be read: once its fields have worked off the keys they still hold.

Enter and the keys that leave a form are taken before any field sees them. What was typed before them may
still wait in the queue of a field, so each is waited for in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.screen import Screen
from textual.widget import Widget

from tui_auth.widgets.field import TextInput


def inputs_of(screen: Screen[Any]) -> list[TextInput]:
    """The fields one can type into just now, from the top."""
    return [widget for widget in screen.query(TextInput) if widget.focusable]


def after_typed_keys(screen: Screen[Any], inputs: Sequence[Widget], then: Callable[[], None]) -> None:
    """Call ``then`` on the screen once each of these, one after the other, has no key left."""
    if inputs:
        inputs[0].call_later(after_typed_keys, screen, inputs[1:], then)
    else:
        screen.call_later(then)
