"""Is there a user pool of this id? With a wrong one no password fits, and Cognito says nothing but that."""

from __future__ import annotations

from tui_auth.auth.errors import AuthError
from tui_auth.endpoint import is_loopback


class PoolPresence:
    """Looks, once and only after a refused proof of a password, whether the pool publishes its keys.

    ``endpoint_url`` is None for AWS's own. Behind another endpoint that is not on this machine nothing is
    looked at: there the keys need not be.
    """

    def __init__(self, user_pool_id: str, endpoint_url: str | None) -> None:
        self._user_pool_id = user_pool_id
        self._endpoint_url = endpoint_url
        self._may_be_missing = endpoint_url is None or is_loopback(endpoint_url)

    def explain(self, error: AuthError) -> AuthError:
        """The refusal itself or, where the pool is known not to be there, that."""
        if error.is_refused_proof and self._may_be_missing:
            if self._is_missing():
                from tui_auth.auth.refusals import no_such_pool

                return no_such_pool()
            self._may_be_missing = False
        return error

    def _is_missing(self) -> bool:
        # Only now: the way to the keys takes long to import, and few need it here.
        from tui_auth.auth.signature import KeysUnreachable, fetch_keys, keys_url

        try:
            fetch_keys(keys_url(self._user_pool_id, self._endpoint_url))
        except KeysUnreachable as error:
            return error.is_of_no_pool(self._endpoint_url)
        return False
