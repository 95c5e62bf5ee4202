"""Reads a QR code from terminal cells, like a phone's camera."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import zxingcpp

if TYPE_CHECKING:
    from collections.abc import Sequence

CellColor = tuple[int, int, int] | str | None
"""RGB, or pyte's six hex digits or name; None or ``default`` for the terminal's default color."""

Cell = tuple[str, CellColor, CellColor]
"""A character, its foreground and its background."""

PIXELS: Final = 4
"""The width of a cell, and half its height."""

_NAMES: Final = {
    "black": (0, 0, 0),
    "red": (205, 0, 0),
    "green": (0, 205, 0),
    "brown": (205, 205, 0),
    "blue": (0, 0, 238),
    "magenta": (205, 0, 205),
    "cyan": (0, 205, 205),
    "white": (229, 229, 229),
    "brightwhite": (255, 255, 255),
}
"""xterm's colors by pyte's names."""
_UPPER_AND_LOWER_HALF: Final = {"▄": (False, True), "▀": (True, False), "█": (True, True)}


def decode_cells(cells: Sequence[Sequence[Cell]], *, dark_terminal: bool = True) -> str | None:
    """Return the text of the only QR code in these cells, or None if there is none.

    Light modules on a dark background aren't read, since many phones can't read them. Letters count as empty
    cells. In cells without colors, a dark terminal draws light on dark, a light terminal dark on light.
    """
    width = max(len(row) for row in cells)
    paper, ink = ((0, 0, 0), (255, 255, 255)) if dark_terminal else ((255, 255, 255), (0, 0, 0))
    picture = bytearray()
    for row in cells:
        halves: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        for character, foreground, background in [*row, *[(" ", None, None)] * (width - len(row))]:
            filled = _UPPER_AND_LOWER_HALF.get(character, (False, False))
            for half, is_filled in zip(halves, filled, strict=True):
                color = _to_rgb(foreground, ink) if is_filled else _to_rgb(background, paper)
                half.extend([_brightness(color)] * PIXELS)
        for half in halves:
            picture += bytes(half) * PIXELS
    image = memoryview(bytes(picture)).cast("B", shape=[2 * PIXELS * len(cells), PIXELS * width])
    barcodes = zxingcpp.read_barcodes(
        image,
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        try_invert=False,
        try_rotate=False,
    )
    return str(barcodes[0].text) if len(barcodes) == 1 else None


def _to_rgb(color: CellColor, default: tuple[int, int, int]) -> tuple[int, int, int]:
    if color is None or color == "default":
        return default
    if isinstance(color, tuple):
        return color
    return _NAMES.get(color) or (int(color[0:2], 16), int(color[2:4], 16), int(color[4:6], 16))


def _brightness(color: tuple[int, int, int]) -> int:
    red, green, blue = color
    return (299 * red + 587 * green + 114 * blue) // 1000
