"""The places where a program could leak a secret: its output, files and process.

places = LeakPlaces()
places.add_terminal(program)
places.add_folder("home", home)
assert not places.search(canaries, allowed_places={"key": "terminal"})
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
    """A leaked secret: its name, its form and the place. Never the secret itself."""

    canary: str
    form: str
    place: str


class LeakPlaces:
    """The places of one case, named "kind" or "kind: name", such as "home: .cache/log"."""

    def __init__(self) -> None:
        self._places: dict[str, bytes] = {}

    @property
    def count(self) -> int:
        """Return the number of places to search."""
        return len(self._places)

    @property
    def names(self) -> list[str]:
        """Return the names of the places."""
        return list(self._places)

    def text(self, place: str) -> str:
        """Return the text in a place."""
        return self._places[place].decode("utf-8", "replace")

    def add(self, place: str, content: bytes | str) -> None:
        """Add a place and its content."""
        self._places[place] = (
            content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        )

    def add_terminal(self, program: PtyProgram, screens: Iterable[str] = ()) -> None:
        """Add a terminal: bytes, text without escape sequences, screens, clipboard and final state.

        ``screens`` are the screens shown while the program ran.
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
        """Add every file below a folder: its name, its content, and its target if it is a link."""
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
        """Add a file, which must exist."""
        self.add(kind, path.read_bytes())

    def add_tmux(self, socket: Path) -> None:
        """Add a tmux server: each pane with scrollback and alternate screen, and each buffer."""
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
        """Search all places for the canaries and return the leaks.

        A JWT counts as a leak too.

        Args:
            canaries: The secrets to search for.
            allowed_places: By canary name, the kinds of place that may show it. An encoded copy on a
                terminal still counts as a leak, unless "clipboard" is allowed too.
            token_places: The kinds of place that may contain a JWT.
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
    """Return a screen followed by its rows joined, in case a long word was wrapped."""
    return screen + "\n" + "".join(line.strip() for line in screen.splitlines())


def _tmux(socket: Path, *arguments: str) -> bytes:
    return subprocess.run(["tmux", "-S", socket, *arguments], capture_output=True, check=False).stdout
