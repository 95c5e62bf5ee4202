"""Read a screen: its own words, and the widgets that are cut off or scroll."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textual.containers import VerticalScroll
from textual.scroll_view import ScrollView
from textual.widgets import Static

from tui_auth.widgets.field import Choice
from tui_auth.widgets.frame import CardActions, ScreenFooter, ScreenHeader, ServerText
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
    """Return the program's own words on the screen, without keys, values and server text."""
    rows = [list("".join(part.text for part in row)) for row in app.screen._compositor.render_strips()]
    for widget in _widgets_with_other_text(app):
        area = widget.content_region.intersection(app.screen.region)
        for y in range(area.y, area.bottom):
            rows[y][area.x : area.right] = " " * area.width
    words = (word.strip("()[]“”\"'.,:;?!…") for word in " ".join("".join(row) for row in rows).split())
    return [word for word in words if _is_own_word(word)]


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
