"""Store the session of a finished sign-in: check its signatures, choose a storage, save."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tui_auth.auth.tokens import (
    KeySet,
    KeysUnreachableError,
    Tokens,
    UnknownKeyError,
    WrongSignatureError,
    check_signature,
    fetch_keys,
    keys_url,
    not_signed_error,
    parse_key_set,
)
from tui_auth.config.aws_settings import effective_endpoint
from tui_auth.endpoint import pool_region
from tui_auth.session.index import find_device
from tui_auth.session.record import SessionOrigin, browser_origin
from tui_auth.storage import paths
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.stores import StorageKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_auth.auth.devices import Device
    from tui_auth.auth.managed_login import ManagedLogin
    from tui_auth.auth.next_step import Done
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.session.sessions import SaveResult, Sessions


CACHED_SECONDS = 24 * 3600


def check_signatures(
    tokens: Tokens, user_pool_id: str, endpoint: str = "", environ: Mapping[str, str] = os.environ
) -> bool:
    """Return True if the pool signed both tokens, False if its keys can't be fetched and so nothing is known.

    Raises AuthError (service) if it didn't sign them. ``endpoint`` is empty for AWS's own.
    """
    url = keys_url(user_pool_id, endpoint or None)
    keys = _cached_keys(url, environ)
    try:
        if keys is not None:
            try:
                return _check(tokens, keys)
            except UnknownKeyError:
                pass  # pools rotate their keys
        return _check(tokens, _fetch_keys(url, environ))
    except KeysUnreachableError:
        return False
    except (WrongSignatureError, UnknownKeyError):
        raise not_signed_error() from None


def _check(tokens: Tokens, keys: KeySet) -> bool:
    check_signature(tokens.access_token, keys)
    check_signature(tokens.id_token, keys)
    return True


def _fetch_keys(url: str, environ: Mapping[str, str]) -> KeySet:
    keys = fetch_keys(url)
    content = json.dumps({"fetched_at": time.time(), "keys": keys["keys"]}).encode()
    try:
        _folder(environ).write(_name(url), content)
    except StorageError:
        return keys  # without a cache, fetch them each time
    return keys


def _cached_keys(url: str, environ: Mapping[str, str]) -> KeySet | None:
    try:
        content = _folder(environ).read(_name(url))
        keys = parse_key_set(json.loads(content)) if content else None
    except (StorageError, ValueError, RecursionError):
        return None
    fetched_at = keys.get("fetched_at") if keys else None
    if not keys or not isinstance(fetched_at, int | float):
        return None
    now = time.time()
    return {"keys": keys["keys"]} if now - CACHED_SECONDS < fetched_at <= now else None


def _folder(environ: Mapping[str, str]) -> PrivateFolder:
    return PrivateFolder(paths.cache_folder(environ))


def _name(url: str) -> str:
    return f"{hashlib.sha256(url.encode()).hexdigest()}.jwks.json"


SIGNATURES_UNCHECKED = (
    "The user pool's keys couldn't be fetched, so the signatures of the tokens weren't checked."
)


@dataclass(frozen=True)
class SessionPersistence:
    """Stores the session of one sign-in, once its signatures are checked and a storage is chosen.

    Files and network are waited for: while a screen is drawn, call it on another thread.

    Attributes:
        choice: the pool of the sign-in.
        now: Cognito's time (``gateway.now``).
        sessions: where to store it.
        on_saved: called once the session is stored, or couldn't be.
    """

    choice: ResolvedPool
    now: Callable[[], float]
    sessions: Sessions
    on_saved: Callable[[], None] = lambda: None

    def device(self, username: str) -> Device | None:
        """Return this machine as the pool knows it, for ``sign_in``; None if it doesn't, or if unknown."""
        endpoint = effective_endpoint(self.choice.endpoint_url, self.sessions.environ)
        self.sessions.reload()
        try:
            index = self.sessions.index
            return find_device(index, endpoint, self.choice.user_pool_id, username, self.sessions.environ)
        except StorageError:
            return None

    def check_signatures(self, done: Done) -> bool:
        """Return True if the pool signed the tokens, False if its keys can't be fetched: say so and go on.

        Raises AuthError if it didn't sign them: then nobody is signed in.
        """
        endpoint = effective_endpoint(self.choice.endpoint_url, self.sessions.environ)
        return check_signatures(done.tokens, self.choice.user_pool_id, endpoint, self.sessions.environ)

    @property
    def storage(self) -> StorageKind | None:
        """Where to store the session, from a flag, the profile or an earlier answer; None to ask."""
        if self.choice.storage:
            return StorageKind(self.choice.storage)
        self.sessions.reload()
        try:
            return self.sessions.index.storage_for(self.choice.profile or "")
        except StorageError:
            return None

    def save(
        self, done: Done, signed_in_as: str, storage: StorageKind, *, signature_checked: bool
    ) -> SaveResult:
        """Store the session and make it the current one. Never raises: the result has what went wrong."""
        browser = browser_origin(_login_of(self.choice), done)
        result = self.sessions.save(
            done,
            build_origin(self.choice, signed_in_as, self.sessions.environ, browser=browser),
            storage,
            server_time=self.now(),
            signature_checked=signature_checked,
        )
        self.on_saved()
        return result

    def remember_storage(self, storage: StorageKind) -> None:
        """Store the next sessions of the profile there without a question."""
        try:
            self.sessions.set_storage(self.choice.profile or "", storage)
        except StorageError:
            return  # the question comes again, which does no harm


def _login_of(choice: ResolvedPool) -> ManagedLogin | None:
    if not choice.browser.get("domain"):
        return None
    from tui_auth.auth.managed_login import ManagedLogin

    return ManagedLogin.from_settings(choice.browser, choice.region or pool_region(choice.user_pool_id))


def build_origin(
    choice: ResolvedPool,
    signed_in_as: str,
    environ: Mapping[str, str] = os.environ,
    *,
    browser: Mapping[str, str] = MappingProxyType({}),
) -> SessionOrigin:
    """Return what later commands need of the pool of a sign-in under this name."""
    return SessionOrigin(
        user_pool_id=choice.user_pool_id,
        client_id=choice.client_id,
        region=choice.region or choice.user_pool_id.partition("_")[0],
        endpoint=effective_endpoint(choice.endpoint_url, environ),
        client_secret_file=str(choice.client_secret_file or ""),
        identity_pool_id=choice.identity_pool_id or "",
        signed_in_as=signed_in_as,
        profile=choice.profile or "",
        **browser,
    )
