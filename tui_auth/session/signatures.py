"""Check that tokens were signed by their pool, whose keys are cached for a day."""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.tokens import (
    KeySet,
    KeysUnreachableError,
    UnknownKeyError,
    WrongSignatureError,
    check_signature,
    fetch_keys,
    keys_url,
    parse_key_set,
)
from tui_auth.storage import paths
from tui_auth.storage.files import PrivateFolder, StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.tokens import Tokens

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
        raise AuthError(
            ErrorKind.SERVICE,
            "The tokens were not signed by this user pool, so they were discarded.",
            "Compare pool ID and endpoint. Is there a proxy in between?",
        ) from None


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
    if (
        keys is None
        or not isinstance(fetched_at, int | float)
        or not 0 <= time.time() - fetched_at < CACHED_SECONDS
    ):
        return None
    return {"keys": keys["keys"]}


def _folder(environ: Mapping[str, str]) -> PrivateFolder:
    return PrivateFolder(paths.cache_folder(environ))


def _name(url: str) -> str:
    return f"{hashlib.sha256(url.encode()).hexdigest()}.jwks.json"
