"""Read a screen: its own words, and the widgets that are cut off or scroll."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.widgets import Static

from tui_auth.widgets.field import Choice, Field
from tui_auth.widgets.frame import Card, CardActions, ScreenFooter, ScreenHeader, ServerText
from tui_auth.widgets.qr_code import QRCode
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import App
    from textual.widget import Widget

VALUES: Final = frozenset(
    ("ann", "acme", "laptop", "operators", "on-call", "main", "tui-auth", "moon_phase", "push_mfa")
)
"""Names and server values in the views, which aren't the program's own words."""


def own_words(app: App[Any]) -> list[str]:
    """Return the program's own words on the screen, which say what to do and why.

    Without labels, keys, breadcrumbs, values and server text, and without errors and notices.
    """
    rows = [list("".join(part.text for part in row)) for row in app.screen._compositor.render_strips()]
    for region in (*_regions_with_other_text(app), *_regions_with_errors(app)):
        area = region.intersection(app.screen.region)
        for y in range(area.y, area.bottom):
            rows[y][area.x : area.right] = " " * area.width
    return _own_words_in(" ".join("".join(row) for row in rows))


def words_of_errors(app: App[Any]) -> list[str]:
    """Return the words of the errors and notices on the screen."""
    fields = [field.error for field in app.screen.query(Field)]
    lines = [
        str(line.content) for line in app.screen.query("#problem, #notice").results(Static) if line.display
    ]
    return _own_words_in(" ".join([*fields, *lines]))


def _own_words_in(text: str) -> list[str]:
    words = (word.strip("()[]“”\"'.,:;?!…") for word in text.split())
    return [word for word in words if _is_own_word(word)]


def _regions_with_other_text(app: App[Any]) -> Iterator[Region]:
    yield from (widget.content_region for widget in _widgets_with_other_text(app))
    for card in app.screen.query(Card):
        yield Region(card.region.x, card.region.y, card.region.width, 1)
    for field in app.screen.query(Field):
        yield Region(field.region.x, field.region.y, field.region.width, 1)


def _regions_with_errors(app: App[Any]) -> Iterator[Region]:
    yield from (line.region for line in app.screen.query("#problem, #notice"))
    for field in app.screen.query(Field):
        if field.error:
            yield Region(field.region.x, field.region.y + 3, field.region.width, field.region.height - 3)


def _widgets_with_other_text(app: App[Any]) -> Iterator[Widget]:
    for kind in (ScreenHeader, ScreenFooter, CardActions, TextInput, Choice):
        yield from app.screen.query(kind)
    yield from app.screen.query(ServerText)
    for picture in app.screen.query(QRCode):
        if picture.is_shown:
            yield picture
    yield from app.screen.query("#key, #next-commands, UserRow, Drawer")


def _is_own_word(word: str) -> bool:
    if word.startswith("^") or word.lower() in VALUES:
        return False
    return any(map(str.isalpha, word)) and not any(sign in word for sign in "*@/=_")


def find_scrolling(app: App[Any]) -> list[str]:
    """Return the ID or type of each widget that has more content than it shows."""
    kinds = (VerticalScroll, ScrollView)
    return [
        widget.id or type(widget).__name__
        for widget in app.screen.query("*")
        if isinstance(widget, kinds) and widget.region and widget.max_scroll_y
    ]


def find_cut_off(app: App[Any]) -> list[str]:
    """Return the ID or type of each widget outside the screen or too small for its text."""
    names = []
    for widget in app.screen.query("*"):
        if not widget.region or not isinstance(widget, Static | TextInput | Choice | QRCode):
            continue
        needed = widget.get_content_height(app.size, app.size, widget.content_size.width)
        if not app.screen.region.contains_region(widget.region) or needed > widget.content_size.height:
            names.append(widget.id or type(widget).__name__)
    return names
