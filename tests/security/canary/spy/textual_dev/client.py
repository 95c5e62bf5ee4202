"""The client that an app with ``TEXTUAL=devtools`` connects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


class DevtoolsConnectionError(Exception):
    """Never raised: this console always answers."""


class DevtoolsLog:
    """What Textual hands over to be logged."""

    def __init__(self, objects_or_string: Any, caller: Any) -> None:
        self.objects_or_string = objects_or_string


class DevtoolsClient:
    """Writes everything to one file."""

    is_connected = verbose = True
    url = "file"

    def __init__(self, host: str) -> None:
        self._file = Path(os.environ["CANARY_SPY"], "devtools.log").open("a")  # noqa: SIM115

    async def connect(self) -> None:
        """It always is."""

    async def disconnect(self) -> None:
        """Nothing is left to send."""

    def log(self, log: DevtoolsLog, *_: Any) -> None:
        """Write it down."""
        self._file.write(f"{log.objects_or_string}\n")
        self._file.flush()
