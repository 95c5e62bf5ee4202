"""What is true for every screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.geometry import Offset

from tests.pilot import press, resize, screen_text, until
from tests.snapshots.gallery import VIEWS, View
from tests.snapshots.reading import cut, scrolls, words_of_ours
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
"""The views that ask something; the help doesn't."""

every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)


def asking(app: App[Any]) -> FormScreen:
    """Return the screen that asks, below any overlay."""
    return next(screen for screen in reversed(app.screen_stack) if isinstance(screen, FormScreen))


def keys_left_out(app: App[Any]) -> set[str]:
    """Return the keys of the screen that don't fit into its footer."""
    line = asking(app).query_one(ScreenFooter)
    return {key.key for key in line.keys} - {key.key for key in line._fit_keys()[0]}


def first_line(app: App[Any]) -> Offset:
    """Return where the form begins."""
    first = next(child for child in app.screen.query_one("#question").children if child.region)
    return first.region.offset


@every_view
async def test_screen_is_complete_short_and_explained_at_every_size(view: View) -> None:
    app, asks = view.app(), view in QUESTIONS
    async with app.run_test(size=(120, 40)) as pilot:
        await view.reach(pilot)
        if asks:
            has_air(app, view)
        await resize(pilot, 80, 23)
        top = Offset(42, 0) if view.name.startswith("totp-set-up") else Offset(3, 4)
        await until(pilot, lambda: not asks or first_line(app) == top)
        assert not cut(app)
        assert not scrolls(app)
        assert keys_left_out(app) <= {"F4"}
        words = words_of_ours(app)
        assert len(words) <= MOST_WORDS or not asks, " ".join(words)
        await is_explained(app, pilot)
        if asks:
            await resize(pilot, 40, 15)
            await keeps_in_sight_what_matters(app, pilot, view)


def has_air(app: App[Any], view: View) -> None:
    """Check that a large terminal cuts and crowds nothing, and no field is wider than its content."""
    assert not cut(app)
    assert not scrolls(app)
    assert not keys_left_out(app)
    assert all(widget.size.width <= 40 for widget in app.screen.query(TextInput))
    assert all(widget.outer_size.width <= 56 for widget in app.screen.query(Choice))
    assert first_line(app) == Offset(8, 6) or view.name.startswith("totp-set-up")


async def keeps_in_sight_what_matters(app: App[Any], pilot: Pilot[Any], view: View) -> None:
    """Check that a small terminal shows what is typed, and the keys to submit and to leave."""
    await until(pilot, lambda: is_focus_in_sight(app), screen_text(app))
    assert "enter" in screen_text(app) or not isinstance(app.focused, TextInput | Choice)
    assert "^q" in screen_text(app)
    if view.name == "demo":
        assert "A name of my own" not in screen_text(app)
        await press(pilot, "pagedown")
        await until(pilot, lambda: "A name of my own" in screen_text(app))


async def is_explained(app: App[Any], pilot: Pilot[Any]) -> None:
    """Check that F1 explains the step, and that the palette has only useful commands."""
    screen = asking(app)
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
    assert not scrolls(app)
    await press(pilot, "escape")
    await until(pilot, lambda: app.screen is screen)


def is_focus_in_sight(app: App[Any]) -> bool:
    """Return whether the focused widget is completely visible, or nothing has the focus."""
    question = app.screen.query_one("#question").region
    return app.focused is None or question.contains_region(app.focused.region)
