"""What the fast path and the slow path share: how state files are written, Cognito's clock, valid tokens.

Scripts print a cached token often, and ``import json`` takes half as long as Python takes to start. So state
files are JSON objects with one member a line, which can be read without a JSON parser.

Tokens expire by Cognito's clock, estimated from a sample taken when they arrived. This machine's clock may be
wrong, and may be corrected later, so the difference measured then says nothing now. Within one boot the
seconds since then are counted by a clock that nobody sets (CLOCK_BOOTTIME). That one stands still while a
virtual machine is paused, and the wall clock is corrected afterwards. So the later of the two counts: a token
refreshed early does less harm than an expired one.
"""

from __future__ import annotations

import os
import time
from errno import ENOENT

from tui_auth.config.aws_settings import ENDPOINT_VARIABLES, IGNORE_VARIABLE
from tui_auth.storage import paths
from tui_auth.storage.files import PrivateFolder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CURRENT = "current"
SESSION_INDEX = paths.SESSION_INDEX

LARGEST_INDEX = 1024 * 1024
"""In bytes: several times what a hundred sessions and as many devices take there."""

HARMLESS_VARIABLES = ("TUI_AUTH_THEME", "TUI_AUTH_PLAIN")
SELECTING_FLAGS = (
    "--profile",
    "--username",
    "--user-pool-id",
    "--client-id",
    "--client-secret-file",
    "--region",
    "--endpoint-url",
    "--identity-pool-id",
)
TOKEN_KINDS = ("access", "id")
LONGEST_REQUIREMENT_SECONDS = 300.0
LIFETIME_SHARE = 5

CLOCK_TOLERANCE_SECONDS = 20.0
"""A difference between this machine's clock and Cognito's that does no harm."""

_UNITS = {"s": 1, "m": 60, "h": 3600}
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_WENT_BACK_SECONDS = 5.0


def dumps(members: Mapping[str, object]) -> bytes:
    """Return a JSON object with one line for each member, as UTF-8."""
    import json

    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in members.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def loads(content: bytes) -> dict[str, str]:
    """Return the members that are plain texts, without quotes, or numbers, as written by ``dumps``.

    Members with an escape, lists, objects, and anything ``dumps`` would write differently are left out.
    """
    members = {}
    for line in content.decode("latin-1").split("\n"):
        name, colon, value = line.removesuffix(",").partition('": ')
        is_plain = line.isprintable() and line.isascii() and "\\" not in line
        if not colon or not name.startswith('"') or not is_plain:
            continue
        if len(value) > 1 and value[0] == value[-1] == '"':
            members[name[1:]] = value[1:-1]
        elif value[:1].isdigit():
            members[name[1:]] = value
    return members


def index_folder(environ: Mapping[str, str] = paths.ENVIRON) -> PrivateFolder:
    return PrivateFolder(paths.state_folder(environ), largest=LARGEST_INDEX)


def selection(flags: Mapping[str, str], environ: Mapping[str, str] = paths.ENVIRON) -> str:
    """Return, in hexadecimal, all that decides which session a command means; empty if nothing does.

    These are the flags of ``SELECTING_FLAGS``, variables, config.toml and the Amplify files here and above,
    each file with its times, size and inode. Raises OSError if the working folder was removed.
    """
    parts = [f"{name}={value}" for name, value in flags.items()]
    for name, value in environ.items():
        is_ours = name.startswith("TUI_AUTH_") and name not in HARMLESS_VARIABLES
        if value and (is_ours or name in (*ENDPOINT_VARIABLES, IGNORE_VARIABLE)):
            parts.append(f"{name}={value}")
    config = f"{paths.config_folder(environ)}/{paths.CONFIG_FILE}"
    parts += _stamps([config], config.rpartition("/")[0])
    folder, home = os.getcwd(), environ.get("HOME", "")  # noqa: PTH109 - no pathlib here
    while True:
        names = paths.AMPLIFY_FILE_NAMES
        parts += _stamps(
            [*(f"{folder}/{name}" for name in names), *(f"{folder}/src/{name}" for name in names)]
        )
        if folder in (home, "/", ""):
            break
        folder = folder.rpartition("/")[0] or "/"
    return "\0".join(sorted(parts)).encode("utf-8", "surrogateescape").hex()


def _stamps(files: Iterable[str], folder: str = "") -> list[str]:
    """Return a text for each file that exists, which changes with it, or if others can change its folder."""
    stamps = []
    for file in files:
        try:
            status = os.stat(file)  # noqa: PTH116
            times = f"{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_size}-{status.st_ino}"
            stamps.append(f"{file} {times}")
            if folder:
                above = os.stat(folder)  # noqa: PTH116
                stamps.append(f"{folder} {above.st_mode} {above.st_uid}")
        except OSError as error:
            if error.errno != ENOENT or os.path.lexists(file):
                stamps.append(f"{file} can't be checked: {error.errno}")  # the slow path says what to do
    return stamps


# -- valid tokens --------------------------------------------------------------------------------------


def parse_duration(text: str) -> float:
    """Return a duration such as ``300``, ``90s``, ``5m`` or ``1h`` in seconds. Raises ValueError."""
    number, unit = (text[:-1], _UNITS[text[-1]]) if text[-1:] in _UNITS else (text, 1)
    if not number.isdecimal() or len(number) > 9:
        raise ValueError("a duration looks like 300, 90s, 5m or 1h")
    return float(number) * unit


def required_seconds(lifetime: float, min_ttl: float | None) -> float:
    """Return how long a token must still be valid: ``min_ttl``, else five minutes or a fifth of its life."""
    return min(LONGEST_REQUIREMENT_SECONDS, lifetime / LIFETIME_SHARE) if min_ttl is None else min_ttl


def since_boot() -> tuple[str, float]:
    """Return the ID of this boot and the seconds since, with sleep; ``("", 0.0)`` if unknown."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    if clock is None:
        return "", 0.0
    try:
        with open(_BOOT_ID, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes long to import
            boot = file.read(64).strip()
        return boot, time.clock_gettime(clock)
    except (OSError, ValueError):
        return "", 0.0


def server_now(server_time: float, local_time: float, boot: str, uptime: float) -> float | None:
    """Return Cognito's current time, or None if this machine's clock has gone back.

    Args:
        server_time: Cognito's time at the sample, in seconds since the epoch.
        local_time: this machine's time at the sample.
        boot: the boot ID at the sample, from ``since_boot``.
        uptime: the seconds since boot at the sample.
    """
    boot_now, uptime_now = since_boot()
    if boot and boot == boot_now and uptime_now >= uptime:
        return server_time + max(uptime_now - uptime, time.time() - local_time)
    passed = time.time() - local_time
    return server_time + passed if passed > -_WENT_BACK_SECONDS else None
