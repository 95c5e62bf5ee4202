"""The QR code of a TOTP setup URI, drawn so that a camera can read it from any terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.filter import NoColor
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_auth.secret import Secret

_SECRET_IN_URI: Final = re.compile(r"(?P<before>.*[?&]secret=)(?P<secret>[^&]+)(?P<after>.*)")
_BLACK, _WHITE = "#000000", "#ffffff"
_NOTE_COLUMNS = 24

Modules = tuple[bytes, ...]
"""The rows of a QR code; each byte is a module, 1 for dark."""


class Drawing(Enum):
    """How the QR code is drawn."""

    HALF_BLOCKS = "half blocks"
    FULL_BLOCKS = "full blocks"
    NOTHING = "nothing"


@dataclass(frozen=True)
class _Picture:
    modules: Modules
    quiet_zone: int
    drawing: Drawing

    @property
    def side(self) -> int:
        return len(self.modules) + 2 * self.quiet_zone

    @property
    def size(self) -> Size:
        """Columns and rows on the terminal. The last row of half blocks may be half empty."""
        if self.drawing is Drawing.HALF_BLOCKS:
            return Size(self.side, (self.side + 1) // 2)
        return Size(2 * self.side, self.side)

    def is_dark(self, x: int, y: int) -> bool:
        x, y = x - self.quiet_zone, y - self.quiet_zone
        inside = 0 <= x < len(self.modules) and 0 <= y < len(self.modules)
        return inside and self.modules[y][x] == 1

    def row(self, y: int) -> Iterator[tuple[bool, bool]]:
        """Yield for each cell of a terminal row whether its upper and its lower half are dark."""
        for x in range(self.size.width):
            if self.drawing is Drawing.HALF_BLOCKS:
                yield self.is_dark(x, 2 * y), self.is_dark(x, 2 * y + 1)
            else:
                yield (self.is_dark(x // 2, y),) * 2


class QRCode(Widget):
    """A TOTP setup URI as a QR code, complete or not at all.

    If it doesn't fit, the URI without issuer is drawn (``short_uri``), then with a narrower quiet zone. If
    that doesn't fit either, a note shows which terminal size is needed. The URIs are cleared when the widget
    is removed.

    Args:
        setup_uri: The setup URI.
        short_uri: A shorter URI of the same key.
        room_beside: The columns of the container that stay free with ``width: auto``.
        room_below: The rows of the container that stay free with ``height: auto``.
        has_half_blocks: Whether the terminal can draw half blocks; otherwise a module takes two whole cells.
    """

    ALLOW_SELECT = False

    class Resized(Message):
        """The size has changed, and ``is_shown`` may have too."""

    drawing: reactive[Drawing] = reactive(Drawing.HALF_BLOCKS, layout=True, init=False)
    inverted: reactive[bool] = reactive(False, init=False)

    def __init__(
        self,
        setup_uri: Secret,
        short_uri: Secret | None = None,
        *,
        room_beside: int = 30,
        room_below: int = 12,
        has_half_blocks: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self.room_beside = room_beside
        self.room_below = room_below
        self._drawings = [
            drawing for drawing in Drawing if has_half_blocks or drawing is not Drawing.HALF_BLOCKS
        ]
        self.set_reactive(QRCode.drawing, self._drawings[0])
        self._uris: tuple[Secret, ...] = (setup_uri, short_uri) if short_uri else (setup_uri,)
        self._symbols: list[Modules] | None = None
        self._last_container: Size | None = None
        self._was_drawn: bool | None = None
        self._strips: dict[tuple[object, ...], list[Strip]] = {}

    # -- what is shown --------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Report the new size, in which the QR code may fit or no longer fit."""
        self.post_message(self.Resized())

    @property
    def is_shown(self) -> bool:
        """Whether the QR code is drawn."""
        return self._picture(self.size) is not None

    @property
    def needed_size(self) -> Size:
        """Columns and rows of the smallest QR code; 0 by 0 if the URI is too long for any."""
        return min((picture.size for picture in self._pictures(self._drawings[0])), default=Size(0, 0))

    @property
    def preferred_size(self) -> Size:
        """Columns and rows of the QR code with its whole margin; 0 by 0 if the URI is too long for any."""
        return next((picture.size for picture in self._pictures(self._drawings[0])), Size(0, 0))

    @property
    def note(self) -> str:
        """Why there is no QR code; empty if there is one, or if it is hidden."""
        return "" if self.is_shown else self._note_in(self._container)

    def invert(self) -> None:
        """Swap black and white."""
        self.inverted = not self.inverted

    def next_layout(self) -> None:
        """Change to the next drawing that fits: half blocks, full blocks, nothing."""
        drawings = self._drawings
        drawing = drawings[(drawings.index(self.drawing) + 1) % len(drawings)]
        if drawing is Drawing.FULL_BLOCKS and not self._fit_picture(drawing, self._room_in(self._container)):
            drawing = Drawing.NOTHING
        self.drawing = drawing

    def on_unmount(self) -> None:
        """Clear the URIs and everything drawn from them."""
        self._uris = ()
        self._symbols = []
        self._strips.clear()

    # -- what fits ------------------------------------------------------------------------------------

    def _room_in(self, container: Size) -> Size:
        """Return the part of a container that the QR code may fill."""
        beside = self.room_beside if self.styles.is_auto_width else 0
        below = self.room_below if self.styles.is_auto_height else 0
        return Size(max(0, container.width - beside), max(0, container.height - below))

    @property
    def _container(self) -> Size:
        return self._last_container or self.size

    def _remember_container(self, container: Size) -> None:
        if container != self._last_container:
            self._last_container = container
            self.refresh()  # the note has this size, which may change when the widget's own does not

    def _picture(self, room: Size) -> _Picture | None:
        if self.drawing is Drawing.NOTHING:
            return None
        return self._fit_picture(self.drawing, room) or self._fit_picture(self._drawings[0], room)

    def _fit_picture(self, drawing: Drawing, room: Size) -> _Picture | None:
        for picture in self._pictures(drawing):
            if picture.size.width <= room.width and picture.size.height <= room.height:
                return picture
        return None

    def _pictures(self, drawing: Drawing) -> Iterator[_Picture]:
        """Yield the pictures to try, best first."""
        if self._symbols is None:
            self._symbols = [modules for uri in self._uris if (modules := build_symbol(uri))]
        for quiet_zone in (2, 1):
            for modules in self._symbols:
                yield _Picture(modules, quiet_zone, drawing)

    # -- layout and drawing ---------------------------------------------------------------------------

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the width of the QR code that fits, or of the note."""
        self._remember_container(container)
        if picture := self._picture(self._room_in(container)):
            return picture.size.width
        return 0 if self.drawing is Drawing.NOTHING else min(_NOTE_COLUMNS, container.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height of the QR code that fits into this width, or of the note."""
        self._remember_container(container)
        if picture := self._picture(Size(width, self._room_in(container).height)):
            return picture.size.height
        return len(self._note_lines(width, container))

    def render_line(self, y: int) -> Strip:
        """Draw one row of the QR code, or of the note in its place."""
        picture = self._picture(self.size)
        if (picture is not None) != self._was_drawn:
            # Textual sometimes gives a widget another size without a Resize event.
            self._was_drawn = picture is not None
            self.post_message(self.Resized())
        if picture:
            rows = self._draw(picture)
        else:
            lines = self._note_lines(self.size.width, self._container)
            rows = [Strip([Segment(line, self.rich_style)]) for line in lines]
        strip = rows[y] if y < len(rows) else Strip([])
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    def _note_lines(self, width: int, container: Size) -> list[str]:
        note = self._note_in(container)
        return [line.plain for line in Content(note).wrap(max(1, width))] if note else []

    def _note_in(self, container: Size) -> str:
        if self.drawing is Drawing.NOTHING:
            return ""
        columns, rows = self.needed_size
        if not columns:
            return "This key is too long for a QR code."
        # Terminal sizes, since the user can change those; beside the form the QR code needs the least.
        width, height = self.app.size
        columns += self.room_beside + width - container.width - self.gutter.width
        rows += height - container.height
        return f"The QR code needs {columns} columns by {rows} rows; this terminal has {width} by {height}."

    def _draw(self, picture: _Picture) -> list[Strip]:
        # If colors are filtered out (NO_COLOR in an ANSI theme), cells with the same glyph look alike.
        in_glyphs = any(isinstance(line_filter, NoColor) for line_filter in self.app.get_line_filters())
        key = (picture.size, picture.quiet_zone, picture.drawing, self.inverted, in_glyphs)
        if key not in self._strips:
            paint = self._draw_in_glyphs if in_glyphs else self._draw_in_colors
            self._strips[key] = [paint(picture, y) for y in range(picture.size.height)]
        return self._strips[key]

    def _draw_in_colors(self, picture: _Picture, y: int) -> Strip:
        # The lower half block leaves the fewest gaps between rows with real fonts.
        glyph = "▄" if picture.drawing is Drawing.HALF_BLOCKS else " "
        segments = []
        for (upper, lower), cells in groupby(picture.row(y)):
            style = Style(color=self._color(lower), bgcolor=self._color(upper))
            segments.append(Segment(glyph * len(list(cells)), style))
        return Strip(segments)

    def _color(self, is_dark: bool) -> str:
        return _BLACK if is_dark != self.inverted else _WHITE

    def _draw_in_glyphs(self, picture: _Picture, y: int) -> Strip:
        glyphs = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
        cells = ((upper != self.inverted, lower != self.inverted) for upper, lower in picture.row(y))
        return Strip([Segment("".join(glyphs[cell] for cell in cells), self.rich_style)])


def build_symbol(uri: Secret) -> Modules | None:
    """Return the QR code of a setup URI, or None if the URI is too long for any QR code.

    The error level is L or better. The secret becomes an own segment: base32 fits into QR's alphanumeric
    mode, which takes 5.5 instead of 8 bits a character (ISO/IEC 18004) and saves two rows of the terminal.
    """
    import segno  # takes 60 ms, and only this screen needs it

    text = uri.reveal()
    match = _SECRET_IN_URI.fullmatch(text)
    segments: Any = [part for part in match.groups() if part] if match else text
    try:
        code = segno.make(segments, error="l", micro=False)
    except segno.DataOverflowError:
        return None
    return tuple(bytes(row) for row in code.matrix)
