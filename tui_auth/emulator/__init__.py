"""The local emulator of Cognito, for the demo and for tests.

``CognitoEmulator`` is loaded on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui_auth.emulator.errors import CognitoError as CognitoError
    from tui_auth.emulator.server import CognitoEmulator as CognitoEmulator


_MODULES = {"CognitoEmulator": "server", "CognitoError": "errors"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"tui_auth.emulator.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
