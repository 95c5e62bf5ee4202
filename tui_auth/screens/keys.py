"""Every key of every screen, in one table: none is a letter that a paste could type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from tui_auth.widgets.frame import ShownKey


@dataclass(frozen=True)
class Key:
    """One key: what it does (an action), how the key line shows it, and its second name."""

    action: str
    keys: str
    shown: str
    label: str
    matters: int = 5
    priority: bool = False


TABLE: dict[str, Key] = {
    key.action: key
    for key in (
        Key("submit", "enter", "enter", "Continue", matters=9, priority=True),
        Key("copy", "ctrl+y", "^y", "Copy"),
        Key("new_code", "ctrl+r", "^r", "New code"),
        Key("show", "ctrl+t,f2", "^t", "Show"),
        Key("forgot", "ctrl+f", "^f", "Forgot password", priority=True),
        Key("sign_up", "ctrl+k", "^k", "Sign up", matters=4, priority=True),
        Key("invert", "ctrl+n", "^n", "Invert", matters=1),
        Key("layout", "ctrl+l", "^l", "Layout", matters=0),
        Key("newest_code", "ctrl+o", "^o", "Type it", priority=True),
        Key("drawer", "ctrl+s,f3", "^s", "Phone", matters=2),
        Key("wire", "f4", "F4", "Wire", matters=-1),
        Key("back", "escape", "esc", "Back", matters=6),
        Key("help", "ctrl+g,f1", "^g", "Help", matters=7),
        Key("quit", "ctrl+q", "^q", "Quit", matters=8),
    )
}

DEMO_KEYS = ("newest_code", "drawer")


def bindings() -> list[BindingType]:
    """The table as Textual bindings; a screen switches off the ones it does not list."""
    table = [
        Binding(key.keys, key.action, key.label, priority=key.priority, show=False)
        for key in TABLE.values()
        if key.action != "quit"  # the App's: it must work over help and palette too
    ]
    fields = (("tab", "next_field"), ("shift+tab", "previous_field"))
    rows = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8}
    return [
        *table,
        *(Binding(key, action, priority=True, show=False) for key, action in fields),
        *(Binding(key, f"scroll_question({count})", show=False) for key, count in rows.items()),
    ]


def keys_of(listed: Sequence[str], *, in_demo: bool) -> list[str]:
    """The keys of a screen that lists these: the demo's in the demo alone, and what every screen has."""
    keys = [name for name in listed if in_demo or name not in DEMO_KEYS]
    if in_demo and "drawer" not in keys:
        keys.insert(max(0, len(keys) - 2), "drawer")
    keys.insert(max(0, len(keys) - 2), "wire")
    return keys


def shown_keys(names: Sequence[str], label_of: Callable[[str], str]) -> tuple[ShownKey, ...]:
    """The keys of these actions as the key line shows them, each under its label on this screen."""
    return tuple(
        ShownKey(
            TABLE[name].shown,
            label_of(name),
            "app.quit" if name == "quit" else name,
            TABLE[name].matters,
        )
        for name in names
    )
