"""Whether this is the nightly run, which tries every case of what a usual run tries a fixed selection of."""

from __future__ import annotations

import os
from typing import Final

EVERY_KILL: Final = os.environ.get("EVERY_KILL") == "1"
"""Kill at every call and start forty processes at once; set EVERY_KILL=1."""
