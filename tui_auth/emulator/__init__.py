"""The embedded user pool: a local Cognito for the demo and the tests.

``PoolServer`` is loaded when it is first asked for, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui_auth.emulator.errors import PoolError as PoolError
    from tui_auth.emulator.server import PoolServer as PoolServer

_HOMES = {"PoolServer": "tui_auth.emulator.server", "PoolError": "tui_auth.emulator.errors"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
