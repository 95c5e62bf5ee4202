"""The colors of the themes: their contrast by WCAG 2.2, and that the style sheets use only tokens."""

from __future__ import annotations

import re
from typing import Final

import pytest
from textual.color import Color
from textual.theme import Theme

from tui_auth.themes import SHEETS, THEMES, styles_folder

COLORED: Final = [theme for theme in THEMES if not theme.ansi]
"""The themes whose colors are known. The others use the terminal's own."""

LEAST_FOR_TEXT: Final = 4.5
LEAST_FOR_EDGES: Final = 3.0
"""WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

GROUNDS: Final = ("background", "surface", "panel")
TEXTS: Final = ("foreground", "text-muted", "primary", "success", "warning", "error")
EDGES: Final = ("secondary", "primary", "success", "error")


def token(theme: Theme, name: str) -> Color:
    """Return the color of a token."""
    return Color.parse(theme.variables.get(name) or getattr(theme, name))


def contrast(first: Color, second: Color) -> float:
    """Return the contrast ratio of two colors by WCAG 2.2."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: Color) -> float:
    """Return the relative luminance by WCAG 2.2."""
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_contrast_is_computed_as_wcag_says() -> None:
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21.0)
    assert contrast(Color.parse("#777777"), Color.parse("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", COLORED, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read(theme: Theme, text: str, ground: str) -> None:
    assert contrast(token(theme, text), token(theme, ground)) >= LEAST_FOR_TEXT


@pytest.mark.parametrize("theme", COLORED, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("edge", EDGES)
def test_edges_and_focus_can_be_seen(theme: Theme, edge: str, ground: str) -> None:
    assert contrast(token(theme, edge), token(theme, ground)) >= LEAST_FOR_EDGES


@pytest.mark.parametrize("theme", COLORED, ids=lambda theme: theme.name)
def test_button_can_be_read_and_seen(theme: Theme) -> None:
    button, text = token(theme, "block-cursor-background"), token(theme, "block-cursor-foreground")
    assert contrast(text, button) >= LEAST_FOR_TEXT
    assert contrast(button, token(theme, "surface")) >= LEAST_FOR_EDGES


@pytest.mark.parametrize("sheet", SHEETS)
def test_style_sheets_use_only_tokens(sheet: str) -> None:
    css = re.sub(r"/\*.*?\*/", "", (styles_folder() / sheet).read_text(), flags=re.DOTALL)
    assert css.count("{") == css.count("}") > 0
    for value in re.findall(r"^\s*(?:color|background|border[\w-]*|[\w-]*-color):(.*);", css, re.MULTILINE):
        assert not re.search(r"#[0-9a-fA-F]{3,8}|rgb|hsl|\bansi_|\$text-(?!muted\b)", value), value
