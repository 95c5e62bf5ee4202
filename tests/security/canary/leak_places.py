"""Where to look for a secret once the program has run: all that it wrote, showed, left behind or was.

places = HidingPlaces()
places.add_terminal(program)
places.add_folder("home", home)
assert not places.search(canaries, may_stand={"key": "terminal"})
"""

from __future__ import annotations

import base64
import os
import re
import stat
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.security.canary.canaries import READABLE_FORMS, Canary, Content
from tests.terminal.pty_program import PtyProgram

_ESCAPE_SEQUENCES: Final = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[P^_X][^\x1b]*\x1b\\|.)"
)
_OSC_52: Final = re.compile(rb"\x1b\]52;[^;]*;([A-Za-z0-9+/=]*)")
_JWT: Final = re.compile(rb"eyJ[\w-]{15,}\.[\w-]{15,}")
_MAX_FILE_BYTES: Final = 8 << 20


@dataclass(frozen=True)
class Finding:
    """A secret where it must not be: its name, how it is written there, and the place. Never the secret."""

    canary: str
    form: str
    place: str


class LeakPlaces:
    """The places of one case. A place has a kind ("terminal", "stderr", "home", …) and, after it, a name."""

    def __init__(self) -> None:
        self._places: dict[str, bytes] = {}

    @property
    def count(self) -> int:
        """How many places there are to search."""
        return len(self._places)

    @property
    def names(self) -> list[str]:
        """The places by name."""
        return list(self._places)

    def text(self, place: str) -> str:
        """What stands in a place."""
        return self._places[place].decode("utf-8", "replace")

    def add(self, place: str, content: bytes | str) -> None:
        """One place and what stands there."""
        self._places[place] = (
            content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        )

    def add_terminal(self, program: PtyProgram, screens: Iterable[str] = ()) -> None:
        """A terminal: its bytes, their text without sequences, the screens seen, the clipboard, what stays.

        ``pictures`` are screens as they were seen while the program ran.
        """
        received = program.received
        self.add("terminal: bytes", received)
        self.add("terminal: text", _ESCAPE_SEQUENCES.sub(b"", received))
        for number, screen in enumerate(screens):
            self.add(f"terminal: screen {number}", _with_joined_rows(screen))
        for number, encoded in enumerate(_OSC_52.findall(received)):
            with suppress(ValueError):
                self.add(f"clipboard: {number}", base64.b64decode(encoded))
        self.add("left on the terminal: screen", _with_joined_rows(program.screen_text()))
        self.add("left on the terminal: title", program.emulator.title)

    def add_folder(self, kind: str, folder: Path) -> None:
        """Every file below a folder: its path, its content, and where it leads if it is a link."""
        for path in sorted(folder.rglob("*")):
            name = f"{kind}: {path.relative_to(folder)}"
            self.add(f"{name} (name)", os.fsencode(path.name))
            with suppress(OSError):
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    self.add(f"{name} (link)", os.fsencode(path.readlink()))
                elif stat.S_ISREG(mode):
                    with path.open("rb") as file:
                        self.add(name, file.read(_MAX_FILE_BYTES))

    def add_file(self, kind: str, path: Path) -> None:
        """One file, which must be there."""
        self.add(kind, path.read_bytes())

    def add_tmux(self, socket: Path) -> None:
        """A tmux: every pane with its scrollback and its other screen, and every buffer."""
        panes = _tmux(socket, "list-panes", "-a", "-F", "#{pane_id}").split()
        for pane in panes:
            name = pane.decode()
            self.add(f"scrollback: {name}", _tmux(socket, "capture-pane", "-p", "-J", "-S", "-", "-t", name))
            self.add(f"tmux screen: {name}", _tmux(socket, "capture-pane", "-p", "-a", "-q", "-t", name))
        for buffer in _tmux(socket, "list-buffers", "-F", "#{buffer_name}").split():
            content = _tmux(socket, "show-buffer", "-b", buffer.decode())
            self.add(f"tmux buffer: {buffer.decode()}", content)
        self.add("tmux environment", _tmux(socket, "show-environment", "-g"))

    def search(
        self,
        canaries: Iterable[Canary],
        *,
        allowed_places: Mapping[str, str | tuple[str, ...]] | None = None,
        token_places: tuple[str, ...] = (),
    ) -> list[Finding]:
        """Every canary in every place, but for those that may stand there.

        ``may_stand`` gives for a canary's name the kinds of place that show it for a person to read; on a
        terminal that means as it is, for what is sent in base64 nobody reads there, unless the clipboard is
        among the kinds. Whatever looks like a
        token is found too, unless the kind of place is among ``tokens_may_stand``.
        """
        allowed = allowed_places or {}
        findings: list[Finding] = []
        for place, data in self._places.items():
            kind, content = place.partition(":")[0], Content(data)
            if kind not in token_places and _JWT.search(data):
                findings.append(Finding("a token", "as it is", place))
            for canary in canaries:
                forms = canary.forms_in(content)
                kinds = allowed.get(canary.name, ())
                kinds = (kinds,) if isinstance(kinds, str) else kinds
                if kind in kinds:
                    forms -= READABLE_FORMS if kind == "terminal" and "clipboard" not in kinds else forms
                findings += [Finding(canary.name, form, place) for form in sorted(forms)]
        return findings


def _with_joined_rows(screen: str) -> str:
    """A screen, and once more with its rows joined as if a long word had been broken."""
    return screen + "\n" + "".join(line.strip() for line in screen.splitlines())


def _tmux(socket: Path, *arguments: str) -> bytes:
    return subprocess.run(["tmux", "-S", socket, *arguments], capture_output=True, check=False).stdout
