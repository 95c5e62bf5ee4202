"""Reads a screen: its own words, what is cut, what scrolls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textual.containers import VerticalScroll
from textual.scroll_view import ScrollView
from textual.widgets import Static

from tui_auth.widgets.field import Choice
from tui_auth.widgets.frame import ScreenFooter, ScreenHeader, ServerText
from tui_auth.widgets.qr_code import QRCode
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import App
    from textual.widget import Widget

VALUES: Final = frozenset(
    ("ann", "acme", "laptop", "operators", "on-call", "main", "tui-auth", "moon_phase", "push_mfa")
)
"""Text in the views that isn't ours: names, and text of a server."""


def words_of_ours(app: App[Any]) -> list[str]:
    """Return our own words on the screen: no keys, no values, no text of a server."""
    rows = [list("".join(part.text for part in row)) for row in app.screen._compositor.render_strips()]
    for widget in _not_ours(app):
        area = widget.content_region.intersection(app.screen.region)
        for y in range(area.y, area.bottom):
            rows[y][area.x : area.right] = " " * area.width
    words = (word.strip("()[]“”\"'.,:;?!…") for word in " ".join("".join(row) for row in rows).split())
    return [word for word in words if _is_ours(word)]


def _not_ours(app: App[Any]) -> Iterator[Widget]:
    for kind in (ScreenHeader, ScreenFooter, TextInput):
        yield from app.screen.query(kind)
    yield from app.screen.query(ServerText)
    for picture in app.screen.query(QRCode):
        if picture.is_shown:
            yield picture
    yield from app.screen.query("#key, #next-commands, UserLine, Drawer")


def _is_ours(word: str) -> bool:
    if word.startswith("^") or word.lower() in VALUES:
        return False
    return any(map(str.isalpha, word)) and not any(sign in word for sign in "*@/=_")


def scrolls(app: App[Any]) -> list[str]:
    """Return what has more content than it shows, by ID or type."""
    kinds = (VerticalScroll, ScrollView)
    return [
        widget.id or type(widget).__name__
        for widget in app.screen.query("*")
        if isinstance(widget, kinds) and widget.region and widget.max_scroll_y
    ]


def cut(app: App[Any]) -> list[str]:
    """Return what is outside of the screen or has too little room for its text, by ID or type."""
    seen = []
    for widget in app.screen.query("*"):
        if not widget.region or not isinstance(widget, Static | TextInput | Choice | QRCode):
            continue
        needed = widget.get_content_height(app.size, app.size, widget.content_size.width)
        if not app.screen.region.contains_region(widget.region) or needed > widget.content_size.height:
            seen.append(widget.id or type(widget).__name__)
    return seen
