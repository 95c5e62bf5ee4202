"""Themes, style sheets, and the breakpoints of the full-screen layout."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIRST = ("frame.tcss", "fields.tcss", "choices.tcss")
LATER = ("overlays.tcss", "mfa_setup.tcss", "custom_challenge.tcss", "account.tcss")
SHEETS = (*FIRST, *LATER)

WIDTHS = [(0, "-narrow"), (60, "-normal"), (100, "-roomy"), (120, "-wide")]
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


def _ansi_theme(name: str, *, dark: bool) -> Theme:
    """Return a theme in the terminal's own colors, whose background may be dark or light.

    Edges have the color of text, and the accent is magenta: it is the only one of the eight that can be seen
    on black and on white in the usual palettes. It replaces Textual's theme of the same name.
    """
    return Theme(
        name=name,
        ansi=True,
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        foreground="ansi_default",
        secondary="ansi_default",
        primary="ansi_magenta",
        accent="ansi_magenta",
        success="ansi_green",
        warning="ansi_red",
        error="ansi_red",
        dark=dark,
        variables={
            **BUILTIN_THEMES[name].variables,  # the style sheets of Textual's widgets need them
            "text-muted": "ansi_default",
            "muted-style": "dim",
            "border": "ansi_magenta",
            "border-blurred": "ansi_default",
            "block-cursor-background": "ansi_magenta",
            "block-cursor-foreground": "ansi_bright_white",
            "scrollbar": "ansi_magenta",
            "scrollbar-background": "ansi_default",
        },
    )


VARIABLES = {"muted-style": "not dim"}
"""Our own variables of the style sheets, as they are in Textual's other themes."""

DARK = "tui-auth-dark"
LIGHT = "tui-auth-light"

THEMES = (
    Theme(
        name=DARK,
        background="#0f1317",
        surface="#182028",
        panel="#0c1013",
        foreground="#e3e8ed",
        secondary="#5f7886",
        primary="#6fc3d9",
        accent="#6fc3d9",
        success="#8fd3a0",
        warning="#e5b85c",
        error="#ff9d94",
        dark=True,
        variables={
            "text-muted": "#a3adb5",
            "border": "#6fc3d9",
            "border-blurred": "#5f7886",
            "block-cursor-background": "#6fc3d9",
            "block-cursor-foreground": "#0c1013",
            "scrollbar": "#5f7886",
            "scrollbar-background": "#0f1317",
        },
    ),
    Theme(
        name=LIGHT,
        background="#fcfcfa",
        surface="#e9ebe8",
        panel="#f4f4f1",
        foreground="#1b2227",
        secondary="#757c7a",
        primary="#1a667c",
        accent="#1a667c",
        success="#17602f",
        warning="#7a5600",
        error="#a3231a",
        dark=False,
        variables={
            "text-muted": "#595f61",
            "border": "#1a667c",
            "border-blurred": "#757c7a",
            "block-cursor-background": "#1a667c",
            "block-cursor-foreground": "#ffffff",
            "scrollbar": "#757c7a",
            "scrollbar-background": "#fcfcfa",
        },
    ),
    _ansi_theme("ansi-dark", dark=True),
    _ansi_theme("ansi-light", dark=False),
)
"""The four themes. What a token is for, the same in each:

=========================  ====================================================
``background``             the screen, and the card on it
``surface``                header and footer, the selected option, a block of text to copy
``panel``                  a ground of Textual's own widgets
``secondary``              an edge at rest
``primary``                the one accent: focus, selection, current step
``block-cursor-*``         the primary button and its text
``foreground``             text
``text-muted``             text that supports other text; dim in the ansi themes
``success``, ``error``     a result
``warning``                time that is running out, and warnings
=========================  ====================================================
"""

READABLE_CONTRAST = 4.5
"""The contrast ratio of text in WCAG 2.2, level AA."""


def make_readable(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of any theme, with the colors that our screens use for text changed if necessary.

    Textual's themes have accents for blocks of color, which as text are too pale for some backgrounds.
    """
    changed = dict(variables)
    try:
        grounds = [Color.parse(variables[name]) for name in ("background", "surface")]
        foreground = Color.parse(variables["foreground"])
        button = Color.parse(variables["block-cursor-background"])
        accents = {name: Color.parse(variables[name]) for name in ("primary", "success", "warning", "error")}
    except (ColorParseError, KeyError):
        return changed
    if any(color.ansi is not None for color in (*grounds, foreground, button, *accents.values())):
        return changed  # the terminal's own colors, which only the terminal knows
    for name, color in accents.items():
        mixed = (color.blend(foreground, tenths / 10) for tenths in range(11))
        readable = (mix for mix in mixed if lowest_contrast(mix, grounds) >= READABLE_CONTRAST)
        changed[name] = next(readable, foreground).hex
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    best = black if contrast(black, button) > contrast(white, button) else white
    return changed | {"block-cursor-foreground": best.hex}


def lowest_contrast(color: Color, grounds: Iterable[Color]) -> float:
    """Return the contrast ratio of a color and the ground from which it differs least."""
    return min(contrast(color, ground) for ground in grounds)


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colors, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
