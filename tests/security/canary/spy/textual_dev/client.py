"""The client that an app connects to with ``TEXTUAL=devtools``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


class DevtoolsConnectionError(Exception):
    """An error that is never raised, because this console always answers."""


class DevtoolsLog:
    """A message that Textual logs."""

    def __init__(self, objects_or_string: Any, caller: Any) -> None:
        self.objects_or_string = objects_or_string


class DevtoolsClient:
    """A client that writes all messages to one file."""

    is_connected = verbose = True
    url = "file"

    def __init__(self, host: str) -> None:
        self._file = Path(os.environ["CANARY_SPY"], "devtools.log").open("a")  # noqa: SIM115

    async def connect(self) -> None:
        """Do nothing: the client is always connected."""

    async def disconnect(self) -> None:
        """Do nothing: no message is pending."""

    def log(self, log: DevtoolsLog, *_: Any) -> None:
        """Write the message to the file."""
        self._file.write(f"{log.objects_or_string}\n")
        self._file.flush()
