"""The keys of all screens in one table. None of them is a character that a paste could type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from tui_auth.terminal.character_set import key_sign
from tui_auth.widgets.frame import KeyHint

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence


@dataclass(frozen=True)
class Key:
    """One key, or one action with its keys.

    Attributes:
        action: The Textual action it runs.
        keys: Textual's names of the keys, separated by commas.
        display: The first key as the screen shows it.
        label: What it does.
        is_in_card: Whether it is shown in the card, beside what it changes.
        comes_before_fields: Whether the screen gets the key before the focused field does.
        spare: Another key, shown only if the host program has taken the others.
    """

    action: str
    keys: str
    display: str
    label: str
    is_in_card: bool = False
    comes_before_fields: bool = False
    spare: str = ""

    @property
    def names(self) -> list[str]:
        """Textual's names of all its keys, the preferred ones first."""
        return [*self.keys.split(","), *([self.spare] if self.spare else [])]

    def first_of(self, taken: Collection[str]) -> str:
        """Return the first key that isn't taken; if all are, the first."""
        return next((name for name in self.names if name not in taken), self.names[0])

    def display_without(self, taken: Collection[str]) -> str:
        """Return the first key that isn't taken, as the screen shows it."""
        name = self.first_of(taken)
        return key_sign(self.display) if name == self.names[0] else display_key(name)


KEY_TABLE: dict[str, Key] = {
    key.action: key
    for key in (
        Key("submit", "enter", "↵", "Continue", comes_before_fields=True),
        Key("copy", "ctrl+y", "^y", "Copy", is_in_card=True, spare="f6"),
        Key("account", "ctrl+a", "^a", "Your account", is_in_card=True),
        Key("new_code", "ctrl+r", "^r", "Send a new code", is_in_card=True, spare="f5"),
        Key("show", "ctrl+t,f2", "^t", "Show password"),
        Key(
            "forgot", "ctrl+f", "^f", "Forgot password", is_in_card=True, comes_before_fields=True, spare="f7"
        ),
        Key(
            "sign_up", "ctrl+k", "^k", "Create account", is_in_card=True, comes_before_fields=True, spare="f8"
        ),
        Key(
            "browser", "ctrl+b", "^b", "In a browser", is_in_card=True, comes_before_fields=True, spare="f11"
        ),
        Key(
            "show_address",
            "ctrl+u",
            "^u",
            "Show the address alone",
            is_in_card=True,
            comes_before_fields=True,
        ),
        Key("invert", "ctrl+n", "^n", "Invert QR code", spare="f9"),
        Key("layout", "ctrl+l", "^l", "Resize QR code", spare="f10"),
        Key("newest_code", "ctrl+o", "^o", "Fill in the code", is_in_card=True, comes_before_fields=True),
        Key("drawer", "ctrl+s,f3", "^s", "Phone and inbox"),
        Key("call_trace", "f4", "F4", "Call trace", spare="f12"),
        Key("back", "escape", "esc", "Back"),
        Key("help", "ctrl+g,f1", "^g", "Help"),
        Key("quit", "ctrl+q", "^q", "Quit"),
        Key("leave", "ctrl+c", "^c", "Stop waiting, or quit"),
        Key("command_palette", "ctrl+p", "^p", "Commands"),
    )
}

DEMO_KEYS = ("newest_code", "drawer")

APP_KEYS = ("quit", "leave", "command_palette")
"""The keys that the app binds: they must work over the help and the palette too."""


def display_key(name: str) -> str:
    """Return a key as the screen shows it."""
    return f"^{name.removeprefix('ctrl+')}" if name.startswith("ctrl+") else name.upper()


def build_bindings() -> list[BindingType]:
    """Build the Textual bindings of the whole table; a screen disables the keys it doesn't list."""
    table = [
        Binding(",".join(key.names), key.action, key.label, priority=key.comes_before_fields, show=False)
        for key in KEY_TABLE.values()
        if key.action not in APP_KEYS
    ]
    fields = (("tab", "next_field"), ("shift+tab", "previous_field"))
    rows = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8}
    return [
        *table,
        *(Binding(key, action, priority=True, show=False) for key, action in fields),
        *(Binding(key, f"scroll_card({count})", show=False) for key, count in rows.items()),
        Binding("ctrl+c", "stop_waiting", priority=True, show=False),  # a program of ours gets it first
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


def footer_hints(
    actions: Sequence[str],
    key_label: Callable[[str], str],
    move: tuple[str, str],
    taken: Collection[str] = (),
) -> tuple[KeyHint, ...]:
    """Build the footer: submit, back or quit, move, drawer, and last the help.

    Args:
        actions: The actions that do something now.
        key_label: Returns the label of an action.
        move: The key that moves within the form, and its label; empty if there is nothing to move to.
        taken: The keys that the host program has taken.
    """
    leave = "back" if "back" in actions else "quit"
    hints = [_hint(name, key_label, taken) for name in ("submit", leave) if name in actions]
    if move[0]:
        hints.append(KeyHint(*move, "next_field"))
    hints += [_hint(name, key_label, taken) for name in ("drawer", "help") if name in actions]
    return tuple(hints)


def card_hints(
    actions: Sequence[str], key_label: Callable[[str], str], taken: Collection[str] = ()
) -> tuple[KeyHint, ...]:
    """Build the hints of the card: what else can be done there."""
    return tuple(_hint(name, key_label, taken) for name in actions if KEY_TABLE[name].is_in_card)


def _hint(name: str, key_label: Callable[[str], str], taken: Collection[str]) -> KeyHint:
    return KeyHint(
        KEY_TABLE[name].display_without(taken), key_label(name), "app.quit" if name == "quit" else name
    )
