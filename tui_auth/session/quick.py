"""The short way to a token that still holds: two small files read, and nothing imported that is not needed.

A script runs ``tui-auth token`` on every request. Here no settings are understood: where anything but a flag
for a profile names a pool, where a variable of AWS's names an endpoint, where a folder has an Amplify file,
where the file with the profiles has changed, where a rule for private files is broken or a token has nearly
run out, there is no short way, and the long one decides.
"""

from __future__ import annotations

import os

from tui_auth.config.aws_endpoint import aws_endpoint
from tui_auth.session.clock import server_now
from tui_auth.storage import flat_json, paths
from tui_auth.storage.files import PrivateFolder, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENT = "current"
SESSION_INDEX = "index.json"
"""Which sessions there are: see ``tui_auth.session.register``."""

LARGEST_INDEX = 1024 * 1024
"""In bytes: several times what a hundred sessions and as many devices take there."""

AMPLIFY_FILES = ("amplify_outputs.json", "amplifyconfiguration.json", "aws-exports.js")
"""As ``tui_auth.config.amplify`` has them; a test compares the two."""

HARMLESS_VARIABLES = ("TUI_AUTH_PROFILE", "TUI_AUTH_THEME", "TUI_AUTH_PLAIN")
SECONDS_ENOUGH = 300.0
SHARE_OF_LIFE = 5


class Token:
    """A token and what is to be said about it on stderr, mostly nothing."""

    def __init__(self, value: str, note: str) -> None:
        self.value = value
        self.note = note


def seconds_wanted(lifetime: float, asked: float | None) -> float:
    """How long a token must still hold: as asked, else five minutes or a fifth of its life."""
    return min(SECONDS_ENOUGH, lifetime / SHARE_OF_LIFE) if asked is None else asked


def cached_token(
    kind: str, asked: float | None, profile: str, environ: Mapping[str, str] = paths.ENVIRON
) -> Token | None:
    """A token that holds long enough; None where the short way does not lead to one.

    ``kind`` is ``access`` or ``id``, ``asked`` how many seconds it must hold (None: long enough), ``profile``
    the name that a flag gave, or empty.
    """
    if is_told_a_pool(environ):
        return None
    try:
        index = _members(index_folder(environ), SESSION_INDEX)
        reference, note = _reference(index, profile or environ.get("TUI_AUTH_PROFILE", "").strip(), environ)
        storage, _, name = reference.partition("/")
        folder = _folder(storage, environ)
        session = _members(folder, f"{name}.json") if folder and name else {}
        token = session.get(f"{kind}_token", "")
        return Token(token, note) if token and _holds(session, kind, asked) else None
    except (StorageError, OSError, ValueError, KeyError):
        return None


def is_told_a_pool(environ: Mapping[str, str] = paths.ENVIRON) -> bool:
    """Whether a variable names a pool, a user or an endpoint, so that the long way has to be taken."""
    for name in environ:
        if name.startswith("TUI_AUTH_") and name not in HARMLESS_VARIABLES and environ[name]:
            return True
    return aws_endpoint(environ) is not None


def index_folder(environ: Mapping[str, str] = paths.ENVIRON) -> PrivateFolder:
    """The folder of the index. Raises StorageError where there is no home to keep it in."""
    return PrivateFolder(paths.state_folder(environ), largest=LARGEST_INDEX)


def way_of(reference: str, stamp: str) -> str:
    """What the index remembers of a way that was found: where it led, and how config.toml stood before."""
    return f"{reference} {stamp}"


def _reference(index: dict[str, str], profile: str, environ: Mapping[str, str]) -> tuple[str, str]:
    reference, stamp = CURRENT, config_stamp(environ)
    if profile or stamp:
        reference, _, stamp_then = index[f"quick:{profile}"].partition(" ")
        if stamp_then != stamp:
            return "", ""
    # A profile that nobody named may give way to such a file, or something is to be said of it.
    if not profile and _amplify_file_around(environ):
        return "", ""
    if reference != CURRENT:
        return reference, ""
    # Without a note, or with one that cannot be read here, the long way says what is to be said.
    return index[CURRENT], index["current_note"]


def _members(folder: PrivateFolder, name: str) -> dict[str, str]:
    members = flat_json.loads(folder.read(name) or b"")
    return members if members.get("version") == "1" else {}


def _folder(storage: str, environ: Mapping[str, str]) -> PrivateFolder | None:
    if storage == "file":
        return PrivateFolder(paths.state_folder(environ))
    runtime = paths.runtime_folder(environ)
    if storage == "session" and runtime:
        return PrivateFolder(runtime, below=runtime.rpartition("/")[0])
    return None


def _holds(session: dict[str, str], kind: str, asked: float | None) -> bool:
    expires_at, server_time = float(session[f"{kind}_expires_at"]), float(session["server_time"])
    now = server_now(server_time, float(session["local_time"]), session["boot"], float(session["uptime"]))
    if now is None:
        return False
    left = expires_at - now
    return left > 0 and left >= seconds_wanted(float(session[f"{kind}_lifetime"]), asked)


def config_stamp(environ: Mapping[str, str] = paths.ENVIRON) -> str:
    """How config.toml stands: its times, size and inode; empty where there is none."""
    try:
        found = os.stat(f"{paths.config_folder(environ)}/{paths.CONFIG_FILE}")  # noqa: PTH116 - no pathlib here
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"cannot be looked at: {error.errno}"  # whoever reads it says what to do
    return f"{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_size}-{found.st_ino}"


def _amplify_file_around(environ: Mapping[str, str]) -> bool:
    """Whether a file of Amplify's lies here or above, up to home: it may name another pool."""
    folder, home = os.getcwd(), environ.get("HOME", "")  # noqa: PTH109
    while True:
        for name in AMPLIFY_FILES:
            if os.path.exists(f"{folder}/{name}") or os.path.exists(f"{folder}/src/{name}"):  # noqa: PTH110
                return True
        if folder in (home, "/", ""):
            return False
        folder = folder.rpartition("/")[0] or "/"
