"""Which pool: flags before ``TUI_AUTH_*`` variables, before a profile, before an Amplify file, and so on."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui_auth.config.client_secret import open_to_others, path_of_secret, read_secret_file
from tui_auth.config.errors import ConfigurationError, NoPoolNamed, fault_in, shown
from tui_auth.config.password_policy import PasswordPolicy
from tui_auth.config.pool_search import CurrentSession, PoolSearch, no_session
from tui_auth.config.settings import SETTINGS
from tui_auth.config.sources import Origin, SourceKind
from tui_auth.secret import Secret

POOL_FLAGS = {
    "user_pool_id": ("ID", "such as eu-west-1_Ab12Cd34E"),
    "client_id": ("ID", "the app client's id"),
    "client_secret_file": ("FILE", "a file with the app client's secret"),
    "region": ("REGION", "where the pool is, if its id does not say it"),
    "endpoint_url": ("URL", "https, or http on this machine"),
    "identity_pool_id": ("ID", "for AWS credentials"),
}
"""The settings that name a pool: what the value of each one's flag is called, and what its help says."""

_ASKED_ON_THE_FIRST_SCREEN = frozenset(
    {"user_pool_id", "client_id", "client_secret_file", "region", "endpoint_url", "auth_flow"}
)


@dataclass(frozen=True)
class PoolChoice:
    """The pool, app client and endpoint that were named, and what else is known of them.

    ``client_secret_file`` is where the secret is read, which may be an Amplify file. ``session_minutes`` is
    how long a step waits for its answer. ``origins`` says where each value came from. ``notes`` are sentences
    for stderr: the file that was taken, and what was passed by.
    """

    user_pool_id: str
    client_id: str
    client_secret: Secret | None = None
    region: str | None = None
    endpoint_url: str | None = None
    identity_pool_id: str | None = None
    client_secret_file: Path | None = None
    username: str | None = None
    auth_flow: str | None = None
    preferred_first_factor: str | None = None
    app_name: str | None = None
    session_minutes: float | None = None
    storage: str | None = None
    client_metadata: Mapping[str, str] = field(default_factory=dict)
    password_policy: PasswordPolicy | None = None
    username_attributes: tuple[str, ...] = ()
    required_attributes: tuple[str, ...] = ()
    mfa_methods: tuple[str, ...] = ()
    profile: str | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def username_label(self) -> str:
        """What the field for the name is called: what people of this pool sign in with."""
        match sorted(self.username_attributes):
            case ["email"]:
                return "E-mail"
            case ["phone_number"]:
                return "Phone"
            case ["email", "phone_number"]:
                return "E-mail or phone"
        return "Username"


def add_pool_arguments(parser: ArgumentParser) -> None:
    """The flags that name a pool. No secret is ever taken from one."""
    group = parser.add_argument_group("which pool")
    group.add_argument("--profile", metavar="PROFILE", help="a pool kept under a name; see tui-auth profile")
    for name, (metavar, says) in POOL_FLAGS.items():
        group.add_argument(SETTINGS[name].flag, metavar=metavar, help=says)


def choose_pool(
    arguments: Namespace,
    environ: Mapping[str, str] = os.environ,
    *,
    current_session: CurrentSession = no_session,
    folder: Path | None = None,
    reads_secret: bool = True,
) -> PoolChoice:
    """The pool that is meant, from the first of these that names one, joined with what the others know of it.

    Flags; ``TUI_AUTH_*``; the profile of ``--profile``, ``TUI_AUTH_PROFILE`` or else the default one; an
    Amplify file in ``folder`` (where we are) or above, up to home; the current session; the only profile
    there is. What was not asked for by name is only looked at where the pool is not known yet. Unless one of
    these says another, the region is the pool id's own and the endpoint the one of AWS's variables. The
    secret's file is not opened unless ``reads_secret``. Raises NoPoolNamed where they name none, and
    ConfigurationError, with the place and the cure, for what cannot be used.
    """
    search = PoolSearch(arguments, environ, current_session, folder)
    search.look_everywhere()
    if not search.known.names_a_client:
        raise _nothing_named(search)
    return _choice(search, reads_secret=reads_secret)


def choose_kept_profile(
    name: str, arguments: Namespace, environ: Mapping[str, str] = os.environ
) -> PoolChoice:
    """The pool that was just typed, tried and kept as a profile, whatever pool flags and variables name.

    They hold for what was not asked there, such as the user name. Raises ConfigurationError.
    """
    search = PoolSearch(arguments, environ, no_session, None)
    search.take_profile(search.profiles.profile(name), is_asked_for=True)
    search.take_flags_and_variables(leave_out=_ASKED_ON_THE_FIRST_SCREEN)
    return _choice(search, reads_secret=True)


def named_settings(arguments: Namespace, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The checked settings that flags and ``TUI_AUTH_*`` give, by name. Raises ConfigurationError."""
    search = PoolSearch(arguments, environ, no_session, None)
    search.take_flags_and_variables()
    search.add_aws_endpoint()
    return search.known.settings


def _choice(search: PoolSearch, *, reads_secret: bool) -> PoolChoice:
    search.add_aws_endpoint()
    result = search.known
    result.settings.setdefault("region", result.settings["user_pool_id"].partition("_")[0])
    result.origins.setdefault("region", Origin(SourceKind.DERIVED))
    values = dict(result.settings)
    origin = result.origins["user_pool_id"]
    notes = list(search.notes)
    if origin.kind is SourceKind.AMPLIFY_FILE and origin.file:
        notes.append(f"The user pool is the one in {shown(origin.file)}.")
    if path := values.pop("client_secret_file", None):
        values["client_secret_file"] = secret_file = path_of_secret(path)
        values["client_secret"] = read_secret_file(secret_file) if reads_secret else None
        notes += [note] if reads_secret and (note := open_to_others(secret_file)) else []
    if policy := values.pop("password_policy", None):
        values["password_policy"] = PasswordPolicy.of(policy)
    profile = origin.name if origin.kind is SourceKind.PROFILE else None
    return PoolChoice(**values, profile=profile, origins=result.origins, notes=tuple(notes))


def _nothing_named(search: PoolSearch) -> ConfigurationError:
    result, notes = search.known, tuple(search.notes)
    pool = result.origins.get("user_pool_id")
    if pool and pool.kind is SourceKind.PROFILE and pool.file:
        return fault_in(
            pool.file,
            pool.line,
            'this profile names no app client. Add a line client_id = "…" to it, or give --client-id too.',
        )
    for name, other in (("user_pool_id", "client_id"), ("client_id", "user_pool_id")):
        if name in result.settings:
            missing = SETTINGS[other]
            return NoPoolNamed(
                f"No {missing.belongs_to.value} is named beside the {SETTINGS[name].belongs_to.value} "
                f"of {result.origins[name]}. Give {missing.flag} too.",
                names_one=True,
                notes=notes,
            )
    kept = search.profiles.names
    if kept:
        return NoPoolNamed(
            f"No user pool is named. Choose one with --profile ({', '.join(kept[:8])}), "
            "make one the default (`tui-auth profile use NAME`), or name another: `tui-auth --new-pool`.",
            has_profiles=True,
            notes=notes,
        )
    return NoPoolNamed(
        "No user pool is named. Give --user-pool-id and --client-id, "
        "or run `tui-auth` on a terminal: it asks.",
        notes=notes,
    )
