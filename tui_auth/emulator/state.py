"""Everything one server holds, and the lock around it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.clock import Clock
from tui_auth.emulator.errors import not_found
from tui_auth.emulator.limits import Limits
from tui_auth.emulator.lockout import Lockout
from tui_auth.emulator.messages import Outbox
from tui_auth.emulator.sessions import Sessions
from tui_auth.emulator.signing_keys import SigningKeys
from tui_auth.emulator.srp_exchange import Exchanges

if TYPE_CHECKING:
    from tui_auth.emulator.codes import Code
    from tui_auth.emulator.identity import Identity, IdentityPool
    from tui_auth.emulator.model import AppClient, UserPool
    from tui_auth.emulator.refresh_tokens import Grant

FAILED_CUSTOM_CHALLENGE = "Incorrect username or password."


@dataclass
class State:
    """The server's memory. Handlers run one at a time, under ``lock``."""

    region: str
    clock: Clock
    triggers: Any = None
    failed_custom_challenge_text: str = FAILED_CUSTOM_CHALLENGE
    pools: dict[str, UserPool] = field(default_factory=dict)
    clients: dict[str, AppClient] = field(default_factory=dict)
    identity_pools: dict[str, IdentityPool] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    codes: dict[tuple[str, str, str], Code] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    revoked_origins: set[str] = field(default_factory=set)
    keys: SigningKeys = field(default_factory=SigningKeys)
    masking_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.clock)
        self.exchanges = Exchanges(self.clock)
        self.outbox = Outbox(self.clock)
        self.lockout = Lockout(self.clock)
        self.limits = Limits(self.clock)

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let others in while a trigger runs: it may call the pool itself."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    def pool(self, pool_id: str) -> UserPool:
        """The user pool with an id; ResourceNotFoundException if there is none."""
        try:
            return self.pools[pool_id]
        except KeyError:
            raise not_found(f"User pool {pool_id} does not exist.") from None

    def client(self, client_id: str, pool_id: str | None = None) -> AppClient:
        """The app client with an id, of a pool if one is named; ResourceNotFoundException if none."""
        client = self.clients.get(client_id)
        if client is None or (pool_id is not None and client.pool is not self.pool(pool_id)):
            raise not_found(f"User pool client {client_id} does not exist.")
        return client
