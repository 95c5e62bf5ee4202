"""What only the nightly run tries, because it takes long; each is switched on by a variable set to 1."""

from __future__ import annotations

import os
from typing import Final

EVERY_KILL: Final = os.environ.get("EVERY_KILL") == "1"
"""Kill at every call, and start forty processes at once instead of ten."""

EVERY_FAULT: Final = os.environ.get("EVERY_FAULT") == "1"
"""Try every fault at each screen and prompt instead of every eighth; takes a quarter of an hour."""

COLD_START: Final = os.environ.get("COLD_START") == "1"
"""Start each program on a terminal with a new interpreter; see tests/terminal/warm_start.py."""
