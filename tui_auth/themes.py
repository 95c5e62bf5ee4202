"""Themes, style sheets, and the breakpoints of the full-screen layout."""

from __future__ import annotations

from pathlib import Path, PurePath

from textual.theme import Theme

FIRST = ("frame.tcss", "fields.tcss")
LATER = ("overlays.tcss", "choices.tcss", "mfa_setup.tcss", "custom_challenge.tcss")
SHEETS = (*FIRST, *LATER)

WIDTHS = [(0, "-narrow"), (60, "-normal"), (120, "-wide")]
HEIGHTS = [(0, "-short"), (20, "-regular"), (30, "-tall")]
"""Textual's breakpoints in cells, and the CSS class of each."""


def styles_folder() -> Path:
    """Return the folder with the .tcss files.

    Raises:
        FileNotFoundError: Neither folder exists.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "styles", package.parent / "styles"):
        if (folder / SHEETS[0]).is_file():
            return folder
    raise FileNotFoundError("the styles folder of tui-auth is missing; install it again")


def style_sheets(*additional: str) -> list[str | PurePath]:
    """Return the style sheets of all screens, and the additional ones."""
    return _sheet_paths(*SHEETS, *additional)


def first_sheets() -> list[str | PurePath]:
    """Return the style sheets of the sign-in screen, which Textual parses before the first frame."""
    return _sheet_paths(*FIRST)


def later_sheets() -> list[str | PurePath]:
    """Return the style sheets of all other screens."""
    return _sheet_paths(*LATER)


def _sheet_paths(*names: str) -> list[str | PurePath]:
    folder = styles_folder()
    return [folder / name for name in names]


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
