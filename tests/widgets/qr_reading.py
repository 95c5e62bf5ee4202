"""Reads a QR code from the cells of a terminal, like the camera of a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import zxingcpp

if TYPE_CHECKING:
    from collections.abc import Sequence

Colour = tuple[int, int, int] | str | None
"""Red, green, blue; or as pyte has it, six hex digits or a name; None or ``default``: the terminal's own."""

Cell = tuple[str, Colour, Colour]
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
"""xterm's, by pyte's names."""
_UPPER_AND_LOWER_HALF: Final = {"▄": (False, True), "▀": (True, False), "█": (True, True)}


def decode_cells(cells: Sequence[Sequence[Cell]], *, dark_terminal: bool = True) -> str | None:
    """Return the text of the only QR code in these cells, or None if there is none.

    Light modules on dark ones are not read, as many phones do not. Letters count as empty cells. Where a
    cell has no colours, a dark terminal draws light on dark and a light one dark on light.
    """
    width = max(len(row) for row in cells)
    paper, ink = ((0, 0, 0), (255, 255, 255)) if dark_terminal else ((255, 255, 255), (0, 0, 0))
    picture = bytearray()
    for row in cells:
        halves: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        for character, foreground, background in [*row, *[(" ", None, None)] * (width - len(row))]:
            filled = _UPPER_AND_LOWER_HALF.get(character, (False, False))
            for half, is_filled in zip(halves, filled, strict=True):
                colour = _colour(foreground, ink) if is_filled else _colour(background, paper)
                half.extend([_brightness(colour)] * PIXELS)
        for half in halves:
            picture += bytes(half) * PIXELS
    image = memoryview(bytes(picture)).cast("B", shape=[2 * PIXELS * len(cells), PIXELS * width])
    found = zxingcpp.read_barcodes(
        image,
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        try_invert=False,
        try_rotate=False,
    )
    return str(found[0].text) if len(found) == 1 else None


def _colour(colour: Colour, default: tuple[int, int, int]) -> tuple[int, int, int]:
    if colour is None or colour == "default":
        return default
    if isinstance(colour, tuple):
        return colour
    return _NAMES.get(colour) or (int(colour[0:2], 16), int(colour[2:4], 16), int(colour[4:6], 16))


def _brightness(colour: tuple[int, int, int]) -> int:
    red, green, blue = colour
    return (299 * red + 587 * green + 114 * blue) // 1000
