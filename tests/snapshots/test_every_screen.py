"""Checks that hold for every screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.geometry import Region

from tests.pilot import press, resize, screen_rows, screen_text, until
from tests.snapshots.gallery import VIEWS, View
from tests.snapshots.reading import find_cut_off, find_scrolling, own_words, words_of_errors
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.help import HelpScreen
from tui_auth.widgets.field import Choice
from tui_auth.widgets.frame import Card, ScreenFooter
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from textual.app import App
    from textual.pilot import Pilot

MOST_WORDS, MOST_WORDS_OF_ERRORS = 25, 20
"""Of the form, without its options: what to do, and why. And of the errors and notices on it."""
QUESTIONS = [view for view in VIEWS if view.name != "help"]
"""The views with a form; the help has none."""

every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)


def find_form_screen(app: App[Any]) -> FormScreen:
    """Return the screen with the form, below any overlay."""
    return next(screen for screen in reversed(app.screen_stack) if isinstance(screen, FormScreen))


def find_omitted_keys(app: App[Any]) -> set[str]:
    """Return the keys and labels of the footer for which it has no room."""
    footer = find_form_screen(app).query_one(ScreenFooter)
    shown = {(hint.key, hint.label) for _, _, hint in footer.places()}
    return {f"{hint.key} {hint.label}" for hint in footer.keys if (hint.key, hint.label) not in shown}


def find_card(app: App[Any]) -> Region:
    """Return the region of the card."""
    return app.screen.query_one(Card).region


@every_view
async def test_screen_is_complete_short_and_explained_at_every_size(view: View) -> None:
    app, is_question = view.app(), view in QUESTIONS
    async with app.run_test(size=(120, 40)) as pilot:
        await view.reach(pilot)
        if is_question:
            assert_spacious(app, view)
        await resize(pilot, 80, 23)
        has_qr_code = view.name.startswith("totp-set-up")
        left = 41 if has_qr_code else 1 if view.name == "demo" else 14
        await until(pilot, lambda: not is_question or find_card(app).x == left, screen_text(app))
        assert not find_cut_off(app)
        assert not find_scrolling(app)
        assert not find_omitted_keys(app)
        if is_question and not (has_qr_code or view.name == "demo"):
            assert_in_place(find_card(app), view)
        screen_words = own_words(app)
        assert len(screen_words) <= MOST_WORDS or not is_question, " ".join(screen_words)
        assert len(words_of_errors(app)) <= MOST_WORDS_OF_ERRORS, " ".join(words_of_errors(app))
        await assert_explained(app, pilot)
        if is_question:
            await resize(pilot, 40, 15)
            await assert_focus_and_keys_visible(app, pilot, view)
            await resize(pilot, 80, 23)
            await until(pilot, lambda: not find_scrolling(app), screen_text(app))
            assert find_card(app).bottom <= 22, "a card that was scrolled has its place again"


def assert_spacious(app: App[Any], view: View) -> None:
    """Check that nothing is cut off on a large terminal, and that fields aren't too wide."""
    assert not find_cut_off(app)
    assert not find_scrolling(app)
    assert not find_omitted_keys(app)
    if not view.name.startswith(("totp-set-up", "demo")):
        card = find_card(app)
        assert (card.x, card.y, card.width) == (32, 9, 56)


CROWDED = (
    *("new-password", "sign-up", "reset-with-code", "sign-in-locked", "done-where-to-keep", "done-kept"),
    "sign-in-with-providers",
    "browser",
)
"""The views whose card needs more rows than there are below its usual place."""


def assert_in_place(card: Region, view: View) -> None:
    """Check that a card has its usual place, or is as high as the screen."""
    assert (card.width, card.y) == (52, 3) or (view.name in CROWDED and card.bottom == 22), card


async def assert_focus_and_keys_visible(app: App[Any], pilot: Pilot[Any], view: View) -> None:
    """Check that a small terminal shows the focused field and the keys to submit and to leave."""
    await until(pilot, lambda: is_focus_visible(app), screen_text(app))
    assert "↵" in screen_rows(app)[-1] or not isinstance(app.focused, TextInput | Choice)
    assert {"esc", "^q"} & set(screen_rows(app)[-1].split())
    assert "^g" in screen_rows(app)[-1]
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
        assert titles == ["Theme", "Help", "Call trace"]
    if not isinstance(app.screen, HelpScreen):
        await press(pilot, "f1")
    await until(pilot, lambda: isinstance(app.screen, HelpScreen))
    await until(pilot, lambda: screen.explanation.split()[-1] in screen_text(app), screen_text(app))
    for name in screen.enabled_keys:
        assert screen.key_label(name) in screen_text(app)
    assert not find_scrolling(app)
    await press(pilot, "escape")
    await until(pilot, lambda: app.screen is screen)


def is_focus_visible(app: App[Any]) -> bool:
    """Return whether the focused widget is completely visible, or no widget has the focus."""
    card = app.screen.query_one(Card).region
    return app.focused is None or card.contains_region(app.focused.region)
