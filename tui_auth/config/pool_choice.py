"""Which pool: flags before ``TUI_AUTH_*`` variables, before a profile, before an Amplify file, and so on."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_auth.config.aws_endpoint import aws_endpoint
from tui_auth.config.client_secret import read_secret_file as read_secret_file
from tui_auth.config.errors import ConfigurationError as ConfigurationError
from tui_auth.config.errors import NoPoolNamed, shown
from tui_auth.config.password_policy import PasswordPolicy
from tui_auth.config.places import home_folder
from tui_auth.config.settings import SETTINGS, Setting, Unfit, checked
from tui_auth.config.sources import Joined, Origin, Source, SourceKind
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from tui_auth.config.amplify import AmplifyFile
    from tui_auth.config.profiles import Profile, Profiles

CurrentSession = Callable[[], Mapping[str, Any] | None]
"""Gives the settings of the last successful sign-in, named as in settings.py; None where there is none."""


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


def no_session() -> None:
    """The answer of a program that keeps no sessions."""


def add_pool_arguments(parser: ArgumentParser) -> None:
    """The flags that name a pool. No secret is ever taken from one."""
    group = parser.add_argument_group("which pool")
    group.add_argument("--profile", metavar="PROFILE", help="a pool kept under a name; see tui-auth profile")
    group.add_argument("--user-pool-id", metavar="ID", help="such as eu-west-1_Ab12Cd34E")
    group.add_argument("--client-id", metavar="ID", help="the app client's id")
    group.add_argument("--client-secret-file", metavar="FILE", help="a file with the app client's secret")
    group.add_argument("--region", metavar="REGION", help="where the pool is, if its id does not say it")
    group.add_argument("--endpoint-url", metavar="URL", help="https, or http on this machine")
    group.add_argument("--identity-pool-id", metavar="ID", help="for AWS credentials")


def choose_pool(
    arguments: Namespace,
    environ: Mapping[str, str] = os.environ,
    *,
    current_session: CurrentSession = no_session,
    folder: Path | None = None,
) -> PoolChoice:
    """The pool that is meant, from the first of these that names one, joined with what the others know of it.

    Flags; ``TUI_AUTH_*``; the profile of ``--profile``, ``TUI_AUTH_PROFILE`` or else the default one; an
    Amplify file in ``folder`` (where we are) or above, up to home; the current session; the only profile
    there is. What was not asked for by name is only looked at where the pool is not known yet. Unless one of
    these says another, the region is the pool id's own and the endpoint the one of AWS's variables. Raises
    NoPoolNamed where they name none, and ConfigurationError, with the place and the cure, for what cannot be
    used.
    """
    search = _Search(arguments, environ, current_session, folder or Path.cwd())
    result = Joined()
    for source in search.sources(result):
        result.add(source)
    if not result.names_a_client:
        raise _nothing_named(result, search)
    _add_aws_endpoint(result, environ)
    result.settings.setdefault("region", result.settings["user_pool_id"].partition("_")[0])
    result.origins.setdefault("region", Origin(SourceKind.DERIVED))
    return _choice(result, search)


def named_settings(arguments: Namespace, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The checked settings that flags and ``TUI_AUTH_*`` give, by name. Raises ConfigurationError."""
    search = _Search(arguments, environ, no_session, Path())
    result = Joined()
    for values in (search.flag_values(), search.variable_values()):
        result.add(Source(SourceKind.FLAG, *_read(values)))
    _add_aws_endpoint(result, environ)
    return result.settings


class _Search:
    """Looks into one source after another, each only where those before it name no pool."""

    def __init__(
        self,
        arguments: Namespace,
        environ: Mapping[str, str],
        current_session: CurrentSession,
        folder: Path,
    ) -> None:
        self.arguments = arguments
        self.environ = environ
        self.current_session = current_session
        self.folder = folder
        self.profile: Profile | None = None
        self.amplify: AmplifyFile | None = None
        self.notes: list[str] = []

    @cached_property
    def profiles(self) -> Profiles:
        """What config.toml holds, read when it is first asked for."""
        from tui_auth.config.profiles import load_profiles

        return load_profiles(self.environ)

    def sources(self, known: Joined) -> Iterator[Source]:
        """The sources in their order; ``known`` is what those so far gave."""
        yield Source(SourceKind.FLAG, *_read(self.flag_values()))
        yield Source(SourceKind.ENVIRONMENT, *_read(self.variable_values()))
        if source := self._named_profile():
            yield source
        for look in (self._default_profile, self._amplify_file, self._session, self._only_profile):
            if known.names_a_client:
                return
            if source := look():
                yield source
                if look == self._session:
                    yield from self._profiles_of(known)

    def flag_values(self) -> Iterator[tuple[Setting, str, Origin]]:
        """What the flags give, as it was typed."""
        for setting in SETTINGS.values():
            value = getattr(self.arguments, setting.name, None) if setting.from_text else None
            if value:
                yield setting, str(value).strip(), Origin(SourceKind.FLAG, setting.flag)

    def variable_values(self) -> Iterator[tuple[Setting, str, Origin]]:
        """What the environment gives, as it stands there."""
        for setting in SETTINGS.values():
            value = self.environ.get(setting.variable, "").strip() if setting.from_text else ""
            if value:
                yield setting, value, Origin(SourceKind.ENVIRONMENT, setting.variable)

    def _named_profile(self) -> Source | None:
        flag = getattr(self.arguments, "profile", None)
        name = flag or self.environ.get("TUI_AUTH_PROFILE", "").strip()
        return self._source_of(self.profiles.profile(name), is_asked_for=True) if name else None

    def _default_profile(self) -> Source | None:
        profile = self.profiles.default_profile()
        if profile is None:
            return None
        self._note_what_the_default_hides(profile)
        return self._source_of(profile, is_asked_for=False)

    def _only_profile(self) -> Source | None:
        names = self.profiles.names
        return (
            self._source_of(self.profiles.profile(names[0]), is_asked_for=False) if len(names) == 1 else None
        )

    def _session(self) -> Source | None:
        settings = self.current_session()
        if not settings:
            return None
        origins = dict.fromkeys(settings, Origin(SourceKind.CURRENT_SESSION))
        return Source(SourceKind.CURRENT_SESSION, settings, origins, is_asked_for=False)

    def _profiles_of(self, known: Joined) -> Iterator[Source]:
        """What a profile knows of the current session's pool and client, which the session does not."""
        ids = {name: known.settings.get(name) for name in ("user_pool_id", "client_id")}
        for name, written in self.profiles.written.items():
            if all(written.get(key) == value for key, value in ids.items()):
                with suppress(ConfigurationError):  # nobody asked for this one
                    yield self._source_of(self.profiles.profile(name), is_asked_for=False)
                return

    def _note_what_the_default_hides(self, profile: Profile) -> None:
        from tui_auth.config.amplify import files_around

        hidden = next(files_around(self.folder, Path(home_folder(self.environ))), None)
        if hidden is not None:
            self.notes.append(
                f"Using the profile {profile.name}, which is the default; {shown(hidden)} was passed by. "
                "`tui-auth profile use --none` ends that."
            )

    def _source_of(self, profile: Profile, *, is_asked_for: bool) -> Source:
        self.profile = profile
        place = {
            name: Origin(SourceKind.PROFILE, profile.name, profile.path, profile.lines.get(name))
            for name in profile.settings
        }
        return Source(SourceKind.PROFILE, profile.settings, place, is_asked_for)

    def _amplify_file(self) -> Source | None:
        from tui_auth.config.amplify import find_amplify_file

        search = find_amplify_file(self.folder, Path(home_folder(self.environ)))
        self.notes += search.passed_by
        if search.file is None:
            return None
        self.amplify = file = search.file
        settings = {name: found.value for name, found in file.settings.items()}
        origins = {
            name: Origin(SourceKind.AMPLIFY_FILE, "", file.path, found.line)
            for name, found in file.settings.items()
        }
        if file.client_secret is not None:
            settings["client_secret_file"] = str(file.path)
            origins["client_secret_file"] = Origin(SourceKind.AMPLIFY_FILE, "", file.path)
        return Source(SourceKind.AMPLIFY_FILE, settings, origins, is_asked_for=False)


def _read(
    values: Iterator[tuple[Setting, str, Origin]],
) -> tuple[dict[str, Any], dict[str, Origin]]:
    settings, origins = dict[str, Any](), dict[str, Origin]()
    for setting, value, origin in values:
        try:
            settings[setting.name] = checked(setting.name, value)
        except Unfit as error:
            raise ConfigurationError(f"{origin}: expected {error}.") from None
        origins[setting.name] = origin
    return settings, origins


def _add_aws_endpoint(result: Joined, environ: Mapping[str, str]) -> None:
    """Take the endpoint that AWS's own variables name, where nothing of ours does."""
    found = aws_endpoint(environ)
    if found is None or "endpoint_url" in result.settings:
        return
    name, url = found
    origin = Origin(SourceKind.ENVIRONMENT, name)
    settings, origins = _read(iter([(SETTINGS["endpoint_url"], url.strip(), origin)]))
    result.settings |= settings
    result.origins |= origins


def _choice(result: Joined, search: _Search) -> PoolChoice:
    values = dict(result.settings)
    origin = result.origins["user_pool_id"]
    notes = list(search.notes)
    if origin.kind is SourceKind.AMPLIFY_FILE and origin.file:
        notes.append(f"The user pool is the one in {shown(origin.file)}.")
    if path := values.pop("client_secret_file", None):
        values["client_secret_file"] = secret_file = Path(path).expanduser().absolute()
        values["client_secret"] = read_secret_file(secret_file)
    if policy := values.pop("password_policy", None):
        values["password_policy"] = PasswordPolicy.of(policy)
    used = search.profile if origin.kind is SourceKind.PROFILE else None
    return PoolChoice(
        **values, profile=used.name if used else None, origins=result.origins, notes=tuple(notes)
    )


def _nothing_named(result: Joined, search: _Search) -> NoPoolNamed:
    for name, other in (("user_pool_id", "client_id"), ("client_id", "user_pool_id")):
        if name in result.settings:
            missing = SETTINGS[other]
            return NoPoolNamed(
                f"No {missing.belongs_to.value} is named beside the {SETTINGS[name].belongs_to.value} "
                f"of {result.origins[name]}. Give {missing.flag} too."
            )
    kept = search.profiles.names
    if kept:
        return NoPoolNamed(
            f"No user pool is named. Choose one with --profile ({', '.join(kept[:8])}), "
            "or make one the default: `tui-auth profile use NAME`.",
            has_profiles=True,
        )
    return NoPoolNamed(
        "No user pool is named. Give --user-pool-id and --client-id, "
        "or run `tui-auth` on a terminal: it asks."
    )
