"""Fast path of the commands that programs run on every call, from a valid session, without heavy imports.

These are ``token``, ``header``, ``exec``, ``kube-credential`` and ``aws-credentials``. The fast path reads
the flags by hand, for argparse takes as long to import as Python takes to start. It understands no settings:
it looks up which session the slow path chose for the same ``state.selection``. Whenever the answer might be
another one, it falls through to the slow path, which decides. It falls through if

    a flag is unknown, repeated, empty or invalid                  ``parse_request``
    nothing is cached for these flags, variables and files         ``_find_session``
    config.toml or an Amplify file has changed since then          ``state.selection``
    a session has begun or ended since then                        ``SessionIndex``, which drops its routes
    there is no current session                                    ``_find_session``
    the note to show has an escape, or is missing                  ``_find_session``
    the session is in a keyring, or nowhere                        ``_open_folder``
    a file has another version, or is missing                      ``_read_members``
    a rule for private files is broken                             StorageError
    the token or the AWS credentials expire too soon               ``_valid_token``, ``_aws_credentials``
    the format needs a module that takes time to import            ``_FORMATTERS``

A property test compares both paths, and a test covers each row.
"""

from __future__ import annotations

import time

from tui_auth.session.state import (
    CURRENT,
    SELECTING_FLAGS,
    SESSION_INDEX,
    TOKEN_KINDS,
    index_folder,
    loads,
    parse_duration,
    required_seconds,
    selection,
    server_now,
)
from tui_auth.storage import paths
from tui_auth.storage.files import PrivateFolder, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMAND_FLAGS = {
    "token": ("--type", "--min-ttl"),
    "header": ("--type", "--min-ttl"),
    "exec": ("--env",),
    "kube-credential": (),
    "aws-credentials": ("--format",),
}
"""The commands with a fast path, and their own flags."""

DEFAULT_VARIABLE = "ACCESS_TOKEN=access"
KUBERNETES_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
REFRESHED_EARLY_SECONDS = 900.0
"""AWS's SDKs ask for new credentials 15 minutes before the old ones expire."""

EARLY_SHARE = 4
_PLAIN_IN_SHELLS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_")
_KUBECTL_BEGINS = '{"kind":"ExecCredential","apiVersion":"'


class Request:
    """The arguments of a command: flags that select a session, other flags, and what ``exec`` runs."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.selecting: dict[str, str] = {}
        self.options: dict[str, str] = {}
        self.variables: list[str] = []
        self.rest: list[str] = []
        self.min_ttl: float | None = None


class Answer:
    """What to print, after a note for stderr, mostly empty; or what ``exec`` runs with which variables."""

    def __init__(self, note: str) -> None:
        self.note = note
        self.text = ""
        self.command: list[str] = []
        self.variables: dict[str, str] = {}


def find_answer(
    command: str, arguments: Sequence[str], environ: Mapping[str, str] = paths.ENVIRON
) -> Answer | None:
    """Return what a command prints or runs with these arguments, or None to fall through."""
    try:
        request = parse_request(command, arguments)
        return _find_answer(request, environ) if request else None
    except (StorageError, OSError, ValueError, KeyError):
        return None


def parse_request(command: str, arguments: Sequence[str]) -> Request | None:
    """Read the arguments of a command, or return None to fall through. Raises ValueError to do so too."""
    request, remaining = Request(command), list(arguments)
    while remaining:
        name, equals, value = remaining.pop(0).partition("=")
        if name == "--" and not equals and command == "exec":
            request.rest = remaining
            break
        if not equals:
            value = remaining.pop(0) if remaining else ""
        is_known = name in (*SELECTING_FLAGS, "--login", *COMMAND_FLAGS[command])
        values = request.selecting if name in SELECTING_FLAGS else request.options
        if not is_known or name in values or not value.strip() or (value.startswith("-") and not equals):
            return None
        if name == "--env":
            request.variables.append(value)
        else:
            values[name] = value
    options = request.options
    if options.get("--type", "access") not in TOKEN_KINDS or bool(request.rest) != (command == "exec"):
        return None
    if options.get("--login", "auto") not in ("auto", "never"):
        return None
    request.min_ttl = parse_duration(options["--min-ttl"]) if "--min-ttl" in options else None
    return request


def _find_answer(request: Request, environ: Mapping[str, str]) -> Answer | None:
    reference, identity_pool, note = _find_session(
        request.selecting, environ, is_for_aws=request.command == "aws-credentials"
    )
    folder, name, session = _read_session(reference, environ)
    answer, options = Answer(note), request.options
    match request.command:
        case "token" | "header":
            token = _valid_token(session, options.get("--type", "access"), request.min_ttl)
            answer.text = format_token(request.command, token)
        case "kube-credential":
            version, expires_at = _kubernetes_version(environ), float(session["id_expires_at"])
            answer.text = format_kubernetes(version, expires_at, _valid_token(session, "id", None))
        case "aws-credentials":
            keys = _aws_credentials(folder, name, identity_pool)
            answer.text = _FORMATTERS[options.get("--format", "process")](keys)
        case "exec":
            answer.command = request.rest
            for variable in request.variables or [DEFAULT_VARIABLE]:
                variable_name, _, kind = variable.partition("=")
                if kind not in TOKEN_KINDS or not (variable_name.isidentifier() and variable_name.isascii()):
                    return None
                answer.variables[variable_name] = _valid_token(session, kind, None)
    return answer


def find_reference(flags: Mapping[str, str], environ: Mapping[str, str] = paths.ENVIRON) -> str:
    """Return the reference of the session that flags select. Raises KeyError or an error to fall through."""
    return _find_session(flags, environ)[0]


def read_valid_token(
    reference: str, kind: str, min_ttl: float | None, environ: Mapping[str, str] = paths.ENVIRON
) -> tuple[str, dict[str, str]]:
    """Return the token of a kind, and the members of its session.

    Raises ValueError, KeyError, StorageError or OSError if the slow path must decide.
    """
    _, _, session = _read_session(reference, environ)
    return _valid_token(session, kind, min_ttl), session


def _read_session(reference: str, environ: Mapping[str, str]) -> tuple[PrivateFolder, str, dict[str, str]]:
    """Return the folder, the name and the members of a session. Raises KeyError if it isn't there."""
    storage, _, name = reference.partition("/")
    folder = _open_folder(storage, environ)
    session = _read_members(folder, f"{name}.json") if folder and name else {}
    if folder is None or not session:
        raise KeyError(storage)
    return folder, name, session


def _find_session(
    flags: Mapping[str, str], environ: Mapping[str, str], *, is_for_aws: bool = False
) -> tuple[str, str, str]:
    """Return the reference of the session that is meant, its identity pool, and the note.

    Raises KeyError to fall through. The identity pool is known for ``aws-credentials`` only.
    """
    index = _read_members(index_folder(environ), SESSION_INDEX)
    key = selection(flags, environ)
    route = CURRENT if not key and not is_for_aws else index[f"route:{'aws:' if is_for_aws else ''}{key}"]
    reference, _, identity_pool = route.partition(" ")
    if reference != CURRENT:
        return reference, identity_pool, ""
    # Without a note, or with one that can't be read here, the slow path says what is due.
    return index[CURRENT], identity_pool, index["current_note"]


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


def _server_now(members: dict[str, str]) -> float:
    """Return Cognito's current time. Raises ValueError if it isn't known."""
    server_time, local_time = float(members["server_time"]), float(members["local_time"])
    now = server_now(server_time, local_time, members["boot"], float(members["uptime"]))
    if now is None:
        raise ValueError
    return now


def _valid_token(session: dict[str, str], kind: str, min_ttl: float | None) -> str:
    """Return the token of a kind. Raises ValueError if it expires too soon, and KeyError if there is none."""
    left = float(session[f"{kind}_expires_at"]) - _server_now(session)
    if left <= 0 or left < required_seconds(float(session[f"{kind}_lifetime"]), min_ttl):
        raise ValueError
    return session[f"{kind}_token"]


def _aws_credentials(folder: PrivateFolder, name: str, identity_pool: str) -> dict[str, str]:
    """Return the members of cached credentials. Raises ValueError if they expire too soon or aren't there."""
    members = _read_members(folder, f"{name}.aws.json")
    if not members or members["identity_pool_id"] != identity_pool:
        raise ValueError
    expires_at = float(members["expires_at"])
    early = min(REFRESHED_EARLY_SECONDS, (expires_at - float(members["server_time"])) / EARLY_SHARE)
    if expires_at - _server_now(members) <= early:
        raise ValueError
    return members


# -- formats -------------------------------------------------------------------------------------------


def format_token(command: str, token: str) -> str:
    """Return the line that ``token`` or ``header`` prints."""
    return f"Authorization: Bearer {token}\n" if command == "header" else f"{token}\n"


def format_kubernetes(version: str, expires_at: float, token: str) -> str:
    """Return an ExecCredential of Kubernetes' client authentication API; no value needs an escape."""
    status = f'{{"expirationTimestamp": "{_format_time(expires_at)}", "token": "{token}"}}'
    return f'{{"apiVersion": "{version}", "kind": "ExecCredential", "status": {status}}}\n'


def _kubernetes_version(environ: Mapping[str, str]) -> str:
    """Return the version that kubectl asks for in the way it writes it. Raises ValueError for another way."""
    request = environ.get("KUBERNETES_EXEC_INFO", "")
    if not request:
        return KUBERNETES_VERSIONS[0]
    version = request.removeprefix(_KUBECTL_BEGINS).partition('"')[0]
    is_plain = request.startswith(_KUBECTL_BEGINS) and request.count('"apiVersion"') == 1
    if not is_plain or "\\" in request or version not in KUBERNETES_VERSIONS:
        raise ValueError
    return version


def _format_time(seconds: float) -> str:
    """Return a time as AWS and Kubernetes write it. Raises ValueError for a fraction: it may be rounded."""
    if seconds != int(seconds):
        raise ValueError
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _format_process(keys: dict[str, str]) -> str:
    """Return what botocore's ProcessProvider reads: version 1, with the expiration."""
    texts = {
        "AccessKeyId": keys["access_key_id"],
        "SecretAccessKey": keys["secret_access_key"],
        "SessionToken": keys["session_token"],
        "Expiration": _format_time(float(keys["expires_at"])),
    }
    return '{"Version": 1, ' + ", ".join(f'"{name}": "{text}"' for name, text in texts.items()) + "}\n"


def _format_env(keys: dict[str, str]) -> str:
    """Return lines for a POSIX shell. Raises ValueError for a value that must be quoted."""
    variables = {
        "AWS_ACCESS_KEY_ID": keys["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": keys["secret_access_key"],
        "AWS_SESSION_TOKEN": keys["session_token"],
        "AWS_CREDENTIAL_EXPIRATION": _format_time(float(keys["expires_at"])),
    }
    if not _PLAIN_IN_SHELLS.issuperset("".join(variables.values())):
        raise ValueError
    return "".join(f"export {name}={value}\n" for name, value in variables.items())


_FORMATTERS = {"process": _format_process, "env": _format_env}
