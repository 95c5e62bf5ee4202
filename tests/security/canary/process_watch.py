"""Sample a running process: arguments, environment, limits and short-lived files."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from tests.security.canary.leak_places import LeakPlaces

_PAUSE_SECONDS: Final = 0.02
_PROC: Final = Path("/proc")


class ProcessWatch:
    """Sample a process and its children until the context ends.

    ``folder`` is a folder with temporary files, such as TMPDIR.
    """

    def __init__(self, pid: int, folder: Path | None = None) -> None:
        self._pid = pid
        self._folder = folder
        self._contents: dict[str, set[bytes]] = {}
        self.samples = 0
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample_until_stopped, name="process-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._error is not None:
            raise AssertionError("the watch ended before the program did") from self._error

    def contents(self, source: str) -> set[bytes]:
        """Return the contents seen of ``cmdline``, ``environ``, ``limits``, ``comm`` or ``files``."""
        return set(self._contents.get(source, ()))

    def add_to(self, places: LeakPlaces) -> None:
        """Add the samples to the places to search."""
        for source, contents in self._contents.items():
            for number, content in enumerate(sorted(contents)):
                places.add(f"/proc {source}: {number}", content.replace(b"\0", b"\n"))

    @property
    def core_limits(self) -> set[str]:
        """Return the soft limits on core files in the samples."""
        lines = (line for content in self.contents("limits") for line in content.decode().splitlines())
        return {line.split()[4] for line in lines if line.startswith("Max core file size")}

    def _sample_until_stopped(self) -> None:
        try:
            self._sample()
        except Exception as error:
            self._error = error

    def _sample(self) -> None:
        while not self._stop.wait(_PAUSE_SECONDS):
            for pid in self._process_tree(self._pid):
                for source in ("cmdline", "environ", "limits", "comm"):
                    self._record(source, _PROC / str(pid) / source)
            with suppress(OSError):  # a folder may be removed while it is listed
                for path in self._folder.rglob("*") if self._folder else ():
                    if path.is_file() and not path.is_symlink():
                        self._record("files", path)
            self.samples += 1

    def _process_tree(self, pid: int) -> list[int]:
        pids = [pid]
        with suppress(OSError, ValueError):
            for task in (_PROC / str(pid) / "task").iterdir():
                for child in (task / "children").read_text().split():
                    pids += self._process_tree(int(child))
        return pids

    def _record(self, source: str, path: Path) -> None:
        with suppress(OSError):  # the process has ended, or protects itself as it should
            if content := path.read_bytes():
                self._contents.setdefault(source, set()).add(content)
