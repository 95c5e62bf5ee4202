"""A remembered device, as data: what is kept of it beside the tokens."""

from __future__ import annotations

from dataclasses import dataclass

from tui_auth.secret import Secret


@dataclass(frozen=True)
class Device:
    """A device of one user: its key and its group key, both opaque, and the password made for it here."""

    key: str
    group_key: str
    password: Secret
