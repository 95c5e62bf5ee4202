"""Fast path of ``token`` and ``header``: print a cached token with two small reads and no heavy imports.

A script runs ``tui-auth token`` on every request. The fast path reads the flags by hand, for argparse takes
as long to import as Python takes to start, and understands no settings. Whenever the answer might be another
one, it falls through to the slow path, which decides. It falls through if

    a flag is unknown, repeated or invalid               ``parse_request``
    a variable specifies a pool, a user or an endpoint   ``specifies_pool``
    an Amplify file is in this folder or above           ``_has_amplify_file``, unless a profile is specified
    config.toml has changed since the route was cached   ``_find_session``
    the profile has no cached route                      ``_find_session``
    there is no current session                          ``_find_session``
    the note to show has an escape, or is missing        ``_find_session``
    the session is in a keyring, or nowhere              ``_open_folder``
    a file has another version, or is missing            ``_read_members``
    a rule for private files is broken                   StorageError
    the token expires too soon, or this is unknown       ``_is_valid``

A property test compares both paths, and a test covers each row.
"""

from __future__ import annotations

import os

from tui_auth.session.state import (
    CURRENT,
    SESSION_INDEX,
    TOKEN_KINDS,
    config_stamp,
    index_folder,
    loads,
    parse_duration,
    required_seconds,
    server_now,
    specifies_pool,
)
from tui_auth.storage import paths
from tui_auth.storage.files import PrivateFolder, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FLAGS = ("--type", "--min-ttl", "--profile", "--login")


class TokenRequest:
    """The flags of ``token`` and ``header``. ``min_ttl`` is in seconds, None for long enough."""

    def __init__(self, kind: str, min_ttl: float | None, profile: str) -> None:
        self.kind = kind
        self.min_ttl = min_ttl
        self.profile = profile


class CachedToken:
    """A token, and a note for stderr, mostly empty."""

    def __init__(self, value: str, note: str) -> None:
        self.value = value
        self.note = note


def find_token(arguments: Sequence[str], environ: Mapping[str, str] = paths.ENVIRON) -> CachedToken | None:
    """Return the token that these arguments ask for, or None to fall through to the slow path."""
    request = parse_request(arguments)
    return None if request is None else cached_token(request, environ)


def parse_request(arguments: Sequence[str]) -> TokenRequest | None:
    """Read the arguments of ``token`` and ``header``, or return None to fall through."""
    values: dict[str, str] = {}
    remaining = iter(arguments)
    for argument in remaining:
        name, equals, value = argument.partition("=")
        if name not in _FLAGS or name in values:
            return None
        values[name] = value if equals else next(remaining, "")
    kind, min_ttl = values.get("--type", "access"), values.get("--min-ttl")
    if kind not in TOKEN_KINDS or values.get("--login", "auto") not in ("auto", "never"):
        return None
    if "--profile" in values and not values["--profile"]:
        return None
    try:
        seconds = None if min_ttl is None else parse_duration(min_ttl)
    except ValueError:
        return None
    return TokenRequest(kind, seconds, values.get("--profile", ""))


def cached_token(request: TokenRequest, environ: Mapping[str, str] = paths.ENVIRON) -> CachedToken | None:
    """Return a valid token of the session that is meant, or None to fall through."""
    if specifies_pool(environ):
        return None
    try:
        index = _read_members(index_folder(environ), SESSION_INDEX)
        profile = request.profile or environ.get("TUI_AUTH_PROFILE", "").strip()
        reference, note = _find_session(index, profile, environ)
        storage, _, name = reference.partition("/")
        folder = _open_folder(storage, environ)
        session = _read_members(folder, f"{name}.json") if folder and name else {}
        token = session.get(f"{request.kind}_token", "")
        return CachedToken(token, note) if token and _is_valid(session, request) else None
    except (StorageError, OSError, ValueError, KeyError):
        return None


def format_token(command: str, token: str) -> str:
    """Return the line that ``token`` or ``header`` prints."""
    return f"Authorization: Bearer {token}\n" if command == "header" else f"{token}\n"


def _find_session(index: dict[str, str], profile: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the reference of the session that is meant, and the note; an empty reference to fall through."""
    reference, stamp = CURRENT, config_stamp(environ)
    if profile or stamp:
        reference, _, cached_stamp = index[f"route:{profile}"].partition(" ")
        if cached_stamp != stamp:
            return "", ""
    # A profile that nobody specified may give way to such a file, or a message is due.
    if not profile and _has_amplify_file(environ):
        return "", ""
    if reference != CURRENT:
        return reference, ""
    # Without a note, or with one that can't be read here, the slow path says what is due.
    return index[CURRENT], index["current_note"]


def _read_members(folder: PrivateFolder, name: str) -> dict[str, str]:
    members = loads(folder.read(name) or b"")
    return members if members.get("version") == "1" else {}


def _open_folder(storage: str, environ: Mapping[str, str]) -> PrivateFolder | None:
    if storage == "file":
        return PrivateFolder(paths.state_folder(environ))
    runtime = paths.runtime_folder(environ)
    if storage == "session" and runtime:
        return PrivateFolder(runtime, below=runtime.rpartition("/")[0])
    return None


def _is_valid(session: dict[str, str], request: TokenRequest) -> bool:
    expires_at, server_time = float(session[f"{request.kind}_expires_at"]), float(session["server_time"])
    now = server_now(server_time, float(session["local_time"]), session["boot"], float(session["uptime"]))
    if now is None:
        return False
    left = expires_at - now
    return left > 0 and left >= required_seconds(float(session[f"{request.kind}_lifetime"]), request.min_ttl)


def _has_amplify_file(environ: Mapping[str, str]) -> bool:
    """Check whether an Amplify file is here or above, up to home: it may specify another pool."""
    folder, home = os.getcwd(), environ.get("HOME", "")  # noqa: PTH109
    while True:
        for name in paths.AMPLIFY_FILE_NAMES:
            if os.path.exists(f"{folder}/{name}") or os.path.exists(f"{folder}/src/{name}"):  # noqa: PTH110
                return True
        if folder in (home, "/", ""):
            return False
        folder = folder.rpartition("/")[0] or "/"
