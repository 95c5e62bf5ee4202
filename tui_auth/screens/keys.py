"""The keys of all screens in one table. None of them is a character that a paste could type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from tui_auth.widgets.frame import KeyHint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Key:
    """One key, or one action with its keys.

    Attributes:
        action: The Textual action it runs.
        keys: Textual's names of the keys, separated by commas.
        display: The first key as the footer shows it.
        label: What it does, as the footer says it.
        priority: How long the footer keeps it when there is too little room; higher stays longer.
        comes_before_fields: Whether the screen gets the key before the focused field does.
    """

    action: str
    keys: str
    display: str
    label: str
    priority: int = 5
    comes_before_fields: bool = False


KEY_TABLE: dict[str, Key] = {
    key.action: key
    for key in (
        Key("submit", "enter", "enter", "Continue", priority=9, comes_before_fields=True),
        Key("copy", "ctrl+y", "^y", "Copy"),
        Key("new_code", "ctrl+r", "^r", "New code"),
        Key("show", "ctrl+t,f2", "^t", "Show"),
        Key("forgot", "ctrl+f", "^f", "Forgot password", comes_before_fields=True),
        Key("sign_up", "ctrl+k", "^k", "Sign up", priority=4, comes_before_fields=True),
        Key("invert", "ctrl+n", "^n", "Invert", priority=1),
        Key("layout", "ctrl+l", "^l", "Layout", priority=0),
        Key("newest_code", "ctrl+o", "^o", "Type it", comes_before_fields=True),
        Key("drawer", "ctrl+s,f3", "^s", "Phone", priority=2),
        Key("call_trace", "f4", "F4", "Wire", priority=-1),
        Key("back", "escape", "esc", "Back", priority=6),
        Key("help", "ctrl+g,f1", "^g", "Help", priority=7),
        Key("quit", "ctrl+q", "^q", "Quit", priority=8),
    )
}

DEMO_KEYS = ("newest_code", "drawer")


def build_bindings() -> list[BindingType]:
    """Build the Textual bindings of the whole table; a screen disables the keys it doesn't list."""
    table = [
        Binding(key.keys, key.action, key.label, priority=key.comes_before_fields, show=False)
        for key in KEY_TABLE.values()
        if key.action != "quit"  # the app binds it: it must work over help and palette too
    ]
    fields = (("tab", "next_field"), ("shift+tab", "previous_field"))
    rows = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8}
    return [
        *table,
        *(Binding(key, action, priority=True, show=False) for key, action in fields),
        *(Binding(key, f"scroll_question({count})", show=False) for key, count in rows.items()),
    ]


def select_keys(actions: Sequence[str], *, is_demo: bool) -> list[str]:
    """Return the keys of a screen: those it lists, and those of every screen.

    The keys of the demo are included only in the demo.
    """
    keys = [name for name in actions if is_demo or name not in DEMO_KEYS]
    if is_demo and "drawer" not in keys:
        keys.insert(max(0, len(keys) - 2), "drawer")
    keys.insert(max(0, len(keys) - 2), "call_trace")
    return keys


def build_key_hints(actions: Sequence[str], key_label: Callable[[str], str]) -> tuple[KeyHint, ...]:
    """Build the footer's hints for these actions; ``key_label`` gives the label of an action."""
    return tuple(
        KeyHint(
            KEY_TABLE[name].display,
            key_label(name),
            "app.quit" if name == "quit" else name,
            KEY_TABLE[name].priority,
        )
        for name in actions
    )
