"""What happens to a session when its sign-in is done: its signatures checked, a place chosen, kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_auth.auth.device import Device
from tui_auth.config.aws_endpoint import endpoint_of
from tui_auth.config.pool_choice import PoolChoice
from tui_auth.session.devices import device_of
from tui_auth.session.sessions import Kept, Sessions, origin_of
from tui_auth.storage.files import StorageError
from tui_auth.storage.stores import StorageKind

if TYPE_CHECKING:
    from tui_auth.auth.next_step import Done

UNCHECKED = "The pool's keys could not be fetched, so the tokens' signatures were not checked."


@dataclass(frozen=True)
class Keeping:
    """For one sign-in to the pool that was chosen. ``now`` is Cognito's time (``gateway.now``).

    ``when_kept`` is called once the session is kept, or could not be. Files and network are waited for: to be
    called on a thread where a screen is drawn meanwhile.
    """

    choice: PoolChoice
    now: Callable[[], float]
    sessions: Sessions
    when_kept: Callable[[], None] = lambda: None

    def device(self, username: str) -> Device | None:
        """This machine as the pool knows it, for ``sign_in``; None where it does not, or nobody can tell."""
        endpoint = endpoint_of(self.choice.endpoint_url, self.sessions.environ)
        try:
            return device_of(self.sessions.register, endpoint, self.choice.user_pool_id, username)
        except StorageError:
            return None

    def signatures_hold(self, done: Done) -> bool:
        """True if the pool signed the tokens, False if its keys cannot be had: then say so and go on.

        Raises AuthError if it did not sign them: then nobody is signed in.
        """
        # Brings an HTTP client with it, which no first screen needs.
        from tui_auth.session.signatures import signatures_hold

        endpoint = endpoint_of(self.choice.endpoint_url, self.sessions.environ)
        return signatures_hold(done.tokens, self.choice.user_pool_id, endpoint, self.sessions.environ)

    @property
    def storage(self) -> StorageKind | None:
        """Where to keep the session, as a flag, the profile or an earlier answer says; None: to be asked."""
        if self.choice.storage:
            return StorageKind(self.choice.storage)
        try:
            return self.sessions.register.storage_for(self.choice.profile or "")
        except StorageError:
            return None

    def keep(self, done: Done, signed_in_as: str, storage: StorageKind, *, signature_checked: bool) -> Kept:
        """Keep the session and make it the current one. What goes wrong is in the result, never raised."""
        kept = self.sessions.keep(
            done,
            origin_of(self.choice, signed_in_as, self.sessions.environ),
            storage,
            server_time=self.now(),
            signature_checked=signature_checked,
        )
        self.when_kept()
        return kept

    def remember(self, storage: StorageKind) -> None:
        """The person chose this place: the next session of the profile is kept there without a question."""
        try:
            self.sessions.register.remember_storage(self.choice.profile or "", storage)
        except StorageError:
            return  # the question comes again, which is no harm
