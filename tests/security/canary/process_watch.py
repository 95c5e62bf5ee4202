"""Looks over a process's shoulder while it runs: arguments, environment, limits, short-lived files."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from tests.security.canary.hiding_places import HidingPlaces

_PAUSE_SECONDS: Final = 0.02
_PROC: Final = Path("/proc")


class ProcessWatch:
    """A context manager. Samples the process and its children until it is left.

    ``folder`` is one in which files may come and go, such as TMPDIR.
    """

    def __init__(self, pid: int, folder: Path | None = None) -> None:
        self._pid = pid
        self._folder = folder
        self._seen: dict[str, set[bytes]] = {}
        self.samples = 0
        self._fault: Exception | None = None
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._look_until_told, name="process-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()
        if self._fault is not None:
            raise AssertionError("the watch ended before the program did") from self._fault

    def seen(self, what: str) -> set[bytes]:
        """Every content that was seen of ``cmdline``, ``environ``, ``limits``, ``stat`` or ``files``."""
        return set(self._seen.get(what, ()))

    def add_to(self, places: HidingPlaces) -> None:
        """What was seen, as places to search."""
        for what, contents in self._seen.items():
            for number, content in enumerate(sorted(contents)):
                places.add(f"/proc {what}: {number}", content.replace(b"\0", b"\n"))

    @property
    def core_limits(self) -> set[str]:
        """The soft limits on core files that were seen."""
        lines = (line for content in self.seen("limits") for line in content.decode().splitlines())
        return {line.split()[4] for line in lines if line.startswith("Max core file size")}

    def _look_until_told(self) -> None:
        try:
            self._look()
        except Exception as fault:
            self._fault = fault

    def _look(self) -> None:
        while not self._enough.wait(_PAUSE_SECONDS):
            for pid in self._family(self._pid):
                for what in ("cmdline", "environ", "limits", "comm"):
                    self._note(what, _PROC / str(pid) / what)
            with suppress(OSError):  # a folder may go while it is looked through
                for path in self._folder.rglob("*") if self._folder else ():
                    if path.is_file() and not path.is_symlink():
                        self._note("files", path)
            self.samples += 1

    def _family(self, pid: int) -> list[int]:
        family = [pid]
        with suppress(OSError, ValueError):
            for task in (_PROC / str(pid) / "task").iterdir():
                for child in (task / "children").read_text().split():
                    family += self._family(int(child))
        return family

    def _note(self, what: str, path: Path) -> None:
        with suppress(OSError):  # it has ended, or is closed to us as it should be
            if content := path.read_bytes():
                self._seen.setdefault(what, set()).add(content)
