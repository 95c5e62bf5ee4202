"""What holds for every screen, whatever it asks."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App
from textual.geometry import Offset
from textual.pilot import Pilot

from tests.pilot import press, resize, screen_text, until
from tests.snapshots.gallery import VIEWS, View
from tests.snapshots.reading import cut, scrolls, words_of_ours
from tui_auth.screens.choice_step import Choice
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.help import HelpScreen
from tui_auth.widgets.field import TextInput
from tui_auth.widgets.frame import KeyLine

MOST_WORDS = 25
QUESTIONS = [view for view in VIEWS if view.name != "help"]
"""The views that ask; help is explanation, which one asks for."""

every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)


def asking(app: App[Any]) -> FormScreen:
    """The screen that asks, whatever lies over it."""
    return next(screen for screen in reversed(app.screen_stack) if isinstance(screen, FormScreen))


def keys_left_out(app: App[Any]) -> set[str]:
    """The keys of the screen that its key line has no room for."""
    line = asking(app).query_one(KeyLine)
    return {key.shown for key in line.keys} - {key.shown for key in line._fitting()[0]}


def first_line(app: App[Any]) -> Offset:
    """Where the question begins."""
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
    """In a large terminal nothing is cut or crowded, and no field is wider than what goes into it."""
    assert not cut(app)
    assert not scrolls(app)
    assert not keys_left_out(app)
    assert all(widget.size.width <= 40 for widget in app.screen.query(TextInput))
    assert all(widget.outer_size.width <= 56 for widget in app.screen.query(Choice))
    assert first_line(app) == Offset(8, 6) or view.name.startswith("totp-set-up")


async def keeps_in_sight_what_matters(app: App[Any], pilot: Pilot[Any], view: View) -> None:
    """In a terminal made small one sees what is typed, and how to send it and to leave."""
    await until(pilot, lambda: is_focus_in_sight(app), screen_text(app))
    assert "enter" in screen_text(app) or not isinstance(app.focused, TextInput | Choice)
    assert "^q" in screen_text(app)
    if view.name == "demo":
        assert "A name of my own" not in screen_text(app)
        await press(pilot, "pagedown")
        await until(pilot, lambda: "A name of my own" in screen_text(app))


async def is_explained(app: App[Any], pilot: Pilot[Any]) -> None:
    """F1 explains the step, and the palette holds only what is useful there."""
    screen = asking(app)
    assert len(screen.EXPLANATION.split()) > 10
    if app.ENABLE_COMMAND_PALETTE:
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert titles == ["Theme", "Help", "Wire", "Quit"]
    if not isinstance(app.screen, HelpScreen):
        await press(pilot, "f1")
    await until(pilot, lambda: isinstance(app.screen, HelpScreen))
    await until(pilot, lambda: screen.EXPLANATION.split()[-1] in screen_text(app), screen_text(app))
    for name in screen._keys_here():
        assert screen.label_of(name) in screen_text(app)
    assert not scrolls(app)
    await press(pilot, "escape")
    await until(pilot, lambda: app.screen is screen)


def is_focus_in_sight(app: App[Any]) -> bool:
    """Whether what is typed into can be seen whole; true where nothing is."""
    question = app.screen.query_one("#question").region
    return app.focused is None or question.contains_region(app.focused.region)
