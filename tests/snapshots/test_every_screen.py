"""Checks that hold for every screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.geometry import Offset

from tests.pilot import press, resize, screen_text, until
from tests.snapshots.gallery import VIEWS, View
from tests.snapshots.reading import find_cut_off, find_scrolling, own_words
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.help import HelpScreen
from tui_auth.widgets.field import Choice
from tui_auth.widgets.frame import ScreenFooter
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from textual.app import App
    from textual.pilot import Pilot

MOST_WORDS = 25
QUESTIONS = [view for view in VIEWS if view.name != "help"]
"""The views with a form; the help has none."""

every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)


def find_form_screen(app: App[Any]) -> FormScreen:
    """Return the screen with the form, below any overlay."""
    return next(screen for screen in reversed(app.screen_stack) if isinstance(screen, FormScreen))


def find_omitted_keys(app: App[Any]) -> set[str]:
    """Return the keys of the screen that its footer has no room for."""
    line = find_form_screen(app).query_one(ScreenFooter)
    return {key.key for key in line.keys} - {key.key for key in line._fit_keys()[0]}


def find_form_offset(app: App[Any]) -> Offset:
    """Return the offset of the form's first visible widget."""
    first = next(child for child in app.screen.query_one("#question").children if child.region)
    return first.region.offset


@every_view
async def test_screen_is_complete_short_and_explained_at_every_size(view: View) -> None:
    app, is_question = view.app(), view in QUESTIONS
    async with app.run_test(size=(120, 40)) as pilot:
        await view.reach(pilot)
        if is_question:
            assert_spacious(app, view)
        await resize(pilot, 80, 23)
        top = Offset(42, 0) if view.name.startswith("totp-set-up") else Offset(3, 4)
        await until(pilot, lambda: not is_question or find_form_offset(app) == top)
        assert not find_cut_off(app)
        assert not find_scrolling(app)
        assert find_omitted_keys(app) <= {"F4"}
        screen_words = own_words(app)
        assert len(screen_words) <= MOST_WORDS or not is_question, " ".join(screen_words)
        await assert_explained(app, pilot)
        if is_question:
            await resize(pilot, 40, 15)
            await assert_focus_and_keys_visible(app, pilot, view)


def assert_spacious(app: App[Any], view: View) -> None:
    """Check that nothing is cut off on a large terminal, and that fields aren't too wide."""
    assert not find_cut_off(app)
    assert not find_scrolling(app)
    assert not find_omitted_keys(app)
    assert all(widget.size.width <= 40 for widget in app.screen.query(TextInput))
    assert all(widget.outer_size.width <= 56 for widget in app.screen.query(Choice))
    assert find_form_offset(app) == Offset(8, 6) or view.name.startswith("totp-set-up")


async def assert_focus_and_keys_visible(app: App[Any], pilot: Pilot[Any], view: View) -> None:
    """Check that a small terminal shows the focused field and the keys to submit and to leave."""
    await until(pilot, lambda: is_focus_visible(app), screen_text(app))
    assert "enter" in screen_text(app) or not isinstance(app.focused, TextInput | Choice)
    assert "^q" in screen_text(app)
    if view.name == "demo":
        assert "Another user name" not in screen_text(app)
        await press(pilot, "end")
        await until(pilot, lambda: "Another user name" in screen_text(app))


async def assert_explained(app: App[Any], pilot: Pilot[Any]) -> None:
    """Check that F1 explains the step, and that the palette has only useful commands."""
    screen = find_form_screen(app)
    assert len(screen.EXPLANATION.split()) > 10
    if app.ENABLE_COMMAND_PALETTE:
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert titles == ["Theme", "Help", "Wire", "Quit"]
    if not isinstance(app.screen, HelpScreen):
        await press(pilot, "f1")
    await until(pilot, lambda: isinstance(app.screen, HelpScreen))
    await until(pilot, lambda: screen.EXPLANATION.split()[-1] in screen_text(app), screen_text(app))
    for name in screen.enabled_keys:
        assert screen.key_label(name) in screen_text(app)
    assert not find_scrolling(app)
    await press(pilot, "escape")
    await until(pilot, lambda: app.screen is screen)


def is_focus_visible(app: App[Any]) -> bool:
    """Return whether the focused widget is completely visible, or no widget has the focus."""
    question = app.screen.query_one("#question").region
    return app.focused is None or question.contains_region(app.focused.region)
