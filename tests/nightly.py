"""Switches for the slow checks of the nightly run; set a variable to 1 to enable it."""

from __future__ import annotations

import os
from typing import Final

EVERY_KILL: Final = os.environ.get("EVERY_KILL") == "1"
"""Kill at every system call, and start forty processes at once instead of ten."""

EVERY_FAULT: Final = os.environ.get("EVERY_FAULT") == "1"
"""Try every fault at each screen and prompt instead of every eighth; takes 15 minutes."""

COLD_START: Final = os.environ.get("COLD_START") == "1"
"""Start each program on a terminal with a new interpreter; see tests/terminal/warm_start.py."""
