"""The dark and the light theme of tui-auth."""

from __future__ import annotations

from textual.theme import Theme

DARK = "tui-auth-dark"
LIGHT = "tui-auth-light"

THEMES = (
    Theme(
        name=DARK,
        primary="#6cb6c8",
        secondary="#5d7481",
        accent="#e0b35a",
        foreground="#d8dee4",
        background="#101418",
        surface="#182027",
        panel="#1f2932",
        success="#7cc38b",
        warning="#e0b35a",
        error="#f08a80",
        dark=True,
        variables={"block-cursor-background": "#2f5866", "block-cursor-foreground": "#f2f6f8"},
    ),
    Theme(
        name=LIGHT,
        primary="#1f6f86",
        secondary="#6d8592",
        accent="#8a5a00",
        foreground="#1b2227",
        background="#f7f7f4",
        surface="#ecece6",
        panel="#e1e3dd",
        success="#22703a",
        warning="#8a5a00",
        error="#b3261e",
        dark=False,
        variables={"block-cursor-background": "#1f6f86", "block-cursor-foreground": "#ffffff"},
    ),
)
