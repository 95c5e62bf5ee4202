"""Draw what a Textual app shows as an SVG picture, or several such frames as an animation.

Edges and blocks are drawn as shapes, so that no font leaves gaps between lines. Every row of cells is stored
once, whichever frames show it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.segment import Segment
    from rich.style import Style
    from textual.color import Color
    from textual.strip import Strip

CELL_WIDTH, CELL_HEIGHT = 9, 18
FONT_SIZE, BASELINE = 15, 13.5
PADDING = 14
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

LEFT, RIGHT, UP, DOWN = "l", "r", "u", "d"
LINES = {
    "─": LEFT + RIGHT, "│": UP + DOWN, "╭": RIGHT + DOWN, "╮": LEFT + DOWN, "╰": RIGHT + UP, "╯": LEFT + UP,
    "━": LEFT + RIGHT, "┃": UP + DOWN, "┏": RIGHT + DOWN, "┓": LEFT + DOWN, "┗": RIGHT + UP, "┛": LEFT + UP,
}  # fmt: skip
HEAVY = frozenset("━┃┏┓┗┛")
ROUND = frozenset("╭╮╰╯")
BLOCKS = {
    "█": (0.0, 0.0, 1.0, 1.0), "▀": (0.0, 0.0, 1.0, 0.5), "▄": (0.0, 0.5, 1.0, 0.5),
    "▌": (0.0, 0.0, 0.5, 1.0), "▐": (0.5, 0.0, 0.5, 1.0), "▇": (0.0, 0.125, 1.0, 0.875),
}  # fmt: skip
"""The part of a cell that a block fills: x, y, width and height."""


@dataclass(frozen=True)
class Look:
    """The colors and attributes of some cells."""

    color: str
    background: str
    is_bold: bool = False
    is_dim: bool = False
    is_underlined: bool = False

    @classmethod
    def from_style(cls, style: Style | None, screen_colors: tuple[str, str]) -> Look:
        """Read a Rich style; ``screen_colors`` are the colors of text and background without one."""
        color, background = screen_colors
        if style is None:
            return cls(color, background)
        if style.color and style.color.triplet:
            color = style.color.triplet.hex
        if style.bgcolor and style.bgcolor.triplet:
            background = style.bgcolor.triplet.hex
        if style.reverse:
            color, background = background, color
        return cls(color, background, bool(style.bold), bool(style.dim), bool(style.underline))


@dataclass
class Drawing:
    """Frames of one size, each a list of rows, and how long each is shown in seconds."""

    columns: int
    lines: int
    foreground: str
    background: str
    rows: dict[str, str] = field(default_factory=dict)
    """The ID of each row of cells, by its SVG elements."""

    frames: list[tuple[list[str], float]] = field(default_factory=list)

    @classmethod
    def for_screen(cls, columns: int, lines: int, foreground: Color, background: Color) -> Drawing:
        """Start a drawing in the colors of a theme."""
        return cls(columns, lines, foreground.hex.lower(), background.hex.lower())

    def add_frame(self, strips: Sequence[Strip], seconds: float = 0.0) -> None:
        """Add a frame, or lengthen the last one if it shows the same."""
        row_ids = [self._add_row(strip) for strip in strips]
        if self.frames and self.frames[-1][0] == row_ids:
            seconds += self.frames.pop()[1]
        self.frames.append((row_ids, seconds))

    def to_svg(self, title: str) -> str:
        """Return the picture, or an endless animation if there are several frames."""
        width, height = self.columns * CELL_WIDTH, self.lines * CELL_HEIGHT
        outer = (width + 2 * PADDING, height + 2 * PADDING)
        body = "".join(self._frame(at * width, row_ids) for at, (row_ids, _) in enumerate(self.frames))
        film = f'<g class="film">{body}</g>'
        used = {row_id for row_ids, _ in self.frames for row_id in row_ids}
        rows = "".join(f'<g id="{row_id}">{row}</g>' for row, row_id in self.rows.items() if row_id in used)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {outer[0]} {outer[1]}" '
            f'width="{outer[0]}" height="{outer[1]}" role="img" aria-label="{escape(title)}">'
            f"<style>text{{font:{FONT_SIZE}px {FONT};}}.b{{font-weight:bold}}"
            f".d{{opacity:.6}}.u{{text-decoration:underline}}{self._animation(width)}</style>"
            f"<defs>{rows}</defs>"
            f'<rect x="0.5" y="0.5" width="{outer[0] - 1}" height="{outer[1] - 1}" rx="9" '
            f'fill="{self.background}" stroke="#808080" stroke-opacity=".5"/>'
            f'<svg x="{PADDING}" y="{PADDING}" width="{width}" height="{height}">{film}</svg></svg>\n'
        )

    def _frame(self, x: int, row_ids: list[str]) -> str:
        uses = (
            f'<use href="#{row_id}" y="{y * CELL_HEIGHT}"/>'
            for y, row_id in enumerate(row_ids)
            if row_id != self.rows.get("")
        )
        return f'<g transform="translate({x})">{"".join(uses)}</g>'

    def _animation(self, width: int) -> str:
        total = sum(seconds for _, seconds in self.frames)
        if len(self.frames) < 2 or not total:
            return ""
        start, steps = 0.0, []
        for at, (_, seconds) in enumerate(self.frames):
            steps.append(f"{100 * start / total:.2f}%{{transform:translateX({-at * width}px)}}")
            start += seconds
        steps.append(f"100%{{transform:translateX({-(len(self.frames) - 1) * width}px)}}")
        # Each frame jumps to the next one.
        return (
            f".film{{animation:play {total:.2f}s step-end infinite}}@keyframes play{{{''.join(steps)}}}"
            "@media (prefers-reduced-motion:reduce){.film{animation:none;"
            f"transform:translateX({-(len(self.frames) - 1) * width}px)}}}}"
        )

    def _add_row(self, strip: Strip) -> str:
        cells = list(_cells(strip, (self.foreground, self.background)))[: self.columns]
        svg = _backgrounds(cells, self.background) + _shapes(cells) + _texts(cells)
        return self.rows.setdefault(svg, f"r{len(self.rows)}")


def _cells(strip: Iterable[Segment], screen_colors: tuple[str, str]) -> Iterable[tuple[str, Look]]:
    """Yield each cell. The program shows no character that is two cells wide."""
    for text, style, control in strip:
        if not control:
            look = Look.from_style(style, screen_colors)
            yield from ((character, look) for character in text)


def _runs(cells: Sequence[tuple[str, Look]], key: object) -> Iterable[tuple[int, str, Look]]:
    at = 0
    for _, group in groupby(cells, key=key):  # type: ignore[call-overload]
        run = list(group)
        yield at, "".join(character for character, _ in run), run[0][1]
        at += len(run)


def _backgrounds(cells: Sequence[tuple[str, Look]], background: str) -> str:
    return "".join(
        f'<rect x="{at * CELL_WIDTH}" width="{len(text) * CELL_WIDTH}" height="{CELL_HEIGHT}" '
        f'fill="{look.background}" shape-rendering="crispEdges"/>'
        for at, text, look in _runs(cells, key=lambda cell: cell[1].background)
        if look.background != background
    )


def _shapes(cells: Sequence[tuple[str, Look]]) -> str:
    """Draw edges and blocks: one path for all cells of the same color and weight."""
    lines: dict[tuple[str, bool], list[str]] = {}
    blocks: dict[str, list[str]] = {}
    for at, text, look in _runs(cells, key=lambda cell: cell):
        character = text[0]
        if character in LINES:
            path = _line(character, at * CELL_WIDTH, len(text))
            lines.setdefault((look.color, character in HEAVY), []).append(path)
        elif character in BLOCKS:
            path = _block(character, at * CELL_WIDTH, len(text))
            blocks.setdefault(look.color, []).append(path)
    strokes = (
        f'<path d="{"".join(paths)}" fill="none" stroke="{color}" stroke-width="{2.2 if heavy else 1.2}"/>'
        for (color, heavy), paths in lines.items()
    )
    fills = (
        f'<path d="{"".join(paths)}" fill="{color}" shape-rendering="crispEdges"/>'
        for color, paths in blocks.items()
    )
    return "".join((*fills, *strokes))


def _line(character: str, x: int, count: int) -> str:
    middle_x, middle_y = x + CELL_WIDTH / 2, CELL_HEIGHT / 2
    if LINES[character] == LEFT + RIGHT:
        return f"M{x} {middle_y:g}h{count * CELL_WIDTH}"
    path = ""
    for cell in range(count):
        center = middle_x + cell * CELL_WIDTH
        if LINES[character] == UP + DOWN:
            path += f"M{center:g} 0v{CELL_HEIGHT}"
            continue
        side = center + (CELL_WIDTH / 2 if RIGHT in LINES[character] else -CELL_WIDTH / 2)
        end = 0 if UP in LINES[character] else CELL_HEIGHT
        corner = (
            f"Q{center:g} {middle_y:g} {center:g} {(middle_y + end) / 2:g}L" if character in ROUND else "L"
        )
        joint = "" if character in ROUND else f"{center:g} {middle_y:g}L"
        path += f"M{side:g} {middle_y:g}{corner}{joint}{center:g} {end:g}"
    return path


def _block(character: str, x: int, count: int) -> str:
    left, top, width, height = BLOCKS[character]
    run = count if width == 1 else 1
    return "".join(
        f"M{x + (cell + left) * CELL_WIDTH:g} {top * CELL_HEIGHT:g}"
        f"h{run * width * CELL_WIDTH:g}v{height * CELL_HEIGHT:g}h{-run * width * CELL_WIDTH:g}z"
        for cell in range(0, count, run)
    )


def _texts(cells: Sequence[tuple[str, Look]]) -> str:
    """Draw the other characters. Those outside of Latin-1 are fitted to their cell one by one."""
    svg = ""
    for at, text, look in _runs(cells, key=_text_key):
        if not _is_text(text[0]) and not look.is_underlined:
            continue
        classes = "".join(
            letter
            for letter, is_set in (("b", look.is_bold), ("d", look.is_dim), ("u", look.is_underlined))
            if is_set
        )
        marks = f' class="{" ".join(classes)}"' if classes else ""
        for start, part in _words(text):
            x, length = (at + start) * CELL_WIDTH, len(part) * CELL_WIDTH
            adjust = "" if part.isascii() else ' lengthAdjust="spacingAndGlyphs"'
            svg += (
                f'<text x="{x}" y="{BASELINE}" textLength="{length}"{adjust} fill="{look.color}"{marks}>'
                f"{escape(part)}</text>"
            )
    return svg


def _text_key(cell: tuple[str, Look]) -> tuple[bool, Look]:
    character, look = cell
    return _is_text(character), look


def _is_text(character: str) -> bool:
    return character not in LINES and character not in BLOCKS


def _words(text: str) -> Iterable[tuple[int, str]]:
    """Yield the parts of a run that are drawn together, and where each starts; not the spaces around it."""
    at = 0
    for is_latin, group in groupby(text, key=lambda character: ord(character) < 0x100):
        part = "".join(group)
        if not is_latin:
            yield from ((at + index, character) for index, character in enumerate(part))
        else:
            # Not two spaces in a row, which SVG makes one.
            yield from ((at + match.start(), match.group()) for match in re.finditer(r"\S+(?: \S+)*", part))
        at += len(part)
