"""A terminal emulator for tests: pyte, with workarounds for its errors."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

import pyte

# One complete escape sequence. Strings (OSC, DCS, APC, PM, SOS) end with ST or, like in xterm, BEL.
_SEQUENCE: Final = re.compile(
    r"\x1b(?:"
    r"\[(?P<prefix>[<=>?]?)(?P<numbers>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|[PX^_][^\x1b]*\x1b\\"
    r"|[()*+%#][0-9A-Za-z@]"
    r"|[0-9=>A-OQ-WYZ\\`-~]"
    r")"
)
ALTERNATE_SCREEN: Final = 1049
MOUSE_MODES: Final = frozenset({1000, 1002, 1003, 1006, 1015, 1016})
BRACKETED_PASTE: Final = 2004
CURSOR: Final = 25


_EDGES_TO_SPACES: Final = str.maketrans("╭─╮│╰╯┏━┓┃┗┛▌", " " * 13, "▄")


def unwrap(screen: str) -> str:
    """Return the text of a screen with single spaces, whatever its wrapping, without edges and QR codes."""
    return " ".join(screen.translate(_EDGES_TO_SPACES).split())


@dataclass(frozen=True)
class Cell:
    """A cell's character and attributes. A color is ``default``, an ANSI name or six hex digits."""

    char: str
    foreground: str
    background: str
    reverse: bool
    bold: bool


class Emulator:
    """A screen and an alternate screen of ``rows`` by ``columns``, and the modes a program has set.

    pyte has no alternate screen, prints ``CSI < u`` and the contents of device control strings as text, and
    parses ``CSI > m`` as colors. This class handles these sequences itself.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._incomplete = ""
        self._main = pyte.Screen(columns, rows)
        self._alternate = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._main)
        self._rows: dict[int, dict[int, str]] = {}
        self.modes: set[int] = {7, CURSOR}
        self.kitty_flags: list[int] = []
        self.title = ""
        self.clipboard: list[str] = []
        """The base64 payloads of all OSC 52 sequences received."""

    @property
    def screen(self) -> pyte.Screen:
        """The visible screen."""
        return self._alternate if ALTERNATE_SCREEN in self.modes else self._main

    def resize(self, rows: int, columns: int) -> None:
        """Resize the terminal; pyte cuts off text that no longer fits."""
        for screen in (self._main, self._alternate):
            screen.resize(rows, columns)

    def text(self) -> str:
        """Return the visible rows without trailing spaces."""
        screen = self.screen
        rows = self._rows.setdefault(id(screen), {})
        # A test that waits for text calls this often, so only rows drawn since the last call are built again.
        for row in screen.dirty:
            line = screen.buffer[row]
            rows[row] = "".join(line[column].data for column in range(screen.columns)).rstrip()
        screen.dirty.clear()
        return "\n".join(rows[row] for row in range(screen.lines))

    def cells(self) -> list[list[Cell]]:
        """Return all cells, row by row."""
        screen = self.screen
        return [
            [
                Cell(char.data, char.fg, char.bg, char.reverse, char.bold)
                for char in (screen.buffer[row][column] for column in range(screen.columns))
            ]
            for row in range(screen.lines)
        ]

    def feed(self, data: bytes) -> None:
        """Process bytes. An incomplete sequence waits for the rest; another ESC aborts it.

        tmux drops output that its client doesn't read fast enough, even in the middle of a sequence.
        """
        text = self._incomplete + self._decode(data)
        self._incomplete = ""
        position = 0
        while (escape := text.find("\x1b", position)) >= 0:
            self._stream.feed(text[position:escape])
            match = _SEQUENCE.match(text, escape)
            if match is not None:
                self._sequence(match)
                position = match.end()
                continue
            position = text.find("\x1b", escape + 1)
            if position < 0 or position == len(text) - 1:
                self._incomplete = text[escape:]
                return
        self._stream.feed(text[position:])

    def _sequence(self, match: re.Match[str]) -> None:
        sequence, final = match[0], match["final"]
        if match["osc"] is not None:
            self._operating_system_command(match["osc"])
        elif final is None:
            if sequence[1] not in "PX^_":
                self._stream.feed(sequence)
        elif final == "u":
            self._kitty(match["prefix"], match["numbers"])
        elif match["prefix"] == "?" and final in "hl" and not match["between"]:
            for mode in match["numbers"].split(";"):
                self._mode(int(mode or 0), on=final == "h")
            self._stream.feed(sequence)
        elif match["prefix"] in ("", "?") and not match["between"] and ":" not in match["numbers"]:
            self._stream.feed(sequence)

    def _mode(self, mode: int, *, on: bool) -> None:
        if mode == ALTERNATE_SCREEN and on and mode not in self.modes:
            self._alternate.reset()
        (self.modes.add if on else self.modes.discard)(mode)
        if mode == ALTERNATE_SCREEN:
            self._stream = pyte.Stream(self.screen)

    def _kitty(self, prefix: str, numbers: str) -> None:
        if prefix == ">":
            self.kitty_flags.append(int(numbers or 0))
        elif prefix == "<":
            count = min(int(numbers or 1), len(self.kitty_flags))
            del self.kitty_flags[len(self.kitty_flags) - count :]

    def _operating_system_command(self, command: str) -> None:
        number, _, argument = command.partition(";")
        if number in ("0", "2"):
            self.title = argument
        elif number == "52":
            self.clipboard.append(argument.partition(";")[2])
