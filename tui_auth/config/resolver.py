"""Resolve which pool a command uses: flags, TUI_AUTH_* variables, a profile, an Amplify file, a session."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_auth.config.aws_settings import aws_endpoint
from tui_auth.config.files import (
    SECRET_FILE_ADVICE,
    ConfigurationError,
    NoPoolError,
    Origin,
    SourceKind,
    amplify_files_above,
    display_path,
    error_in_file,
    is_plain_file,
    permission_warning,
    resolve_secret_path,
)
from tui_auth.config.pasted_ids import parse_id
from tui_auth.config.settings import (
    BROWSER_SETTINGS,
    SETTINGS,
    InvalidValueError,
    PasswordPolicy,
    Scope,
    validate_setting,
)
from tui_auth.storage.paths import home_folder

if TYPE_CHECKING:
    from tui_auth.config.profiles import Profile, Profiles
    from tui_auth.secret import Secret

_SETTINGS_OF_FIRST_SCREEN = frozenset(
    {"user_pool_id", "client_id", "client_secret_file", "region", "endpoint_url", "auth_flow"}
)


@dataclass(frozen=True)
class ResolvedPool:
    """The pool, app client and endpoint that a command uses, and what else is known about them.

    Attributes:
        client_secret_file: The file that the secret is read from, which may be an Amplify file.
        passkey_relying_party: The only site that a passkey may be used for.
        session_minutes: How long a step waits for its answer.
        browser: The settings of managed login by name; without ``domain`` there is none.
        origins: Where each value came from.
        notes: Sentences for stderr: the file that is used, and the files that were skipped.
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
    passkey_relying_party: str | None = None
    app_name: str | None = None
    session_minutes: float | None = None
    storage: str | None = None
    client_metadata: Mapping[str, str] = field(default_factory=dict)
    password_policy: PasswordPolicy | None = None
    username_attributes: tuple[str, ...] = ()
    required_attributes: tuple[str, ...] = ()
    mfa_methods: tuple[str, ...] = ()
    browser: Mapping[str, Any] = field(default_factory=dict)
    profile: str | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def username_label(self) -> str:
        """The label of the user name's field: what users of this pool sign in with."""
        email, phone = "email", "phone_number"
        labels = {(email,): "Email", (phone,): "Phone", (email, phone): "Email or phone"}
        return labels.get(tuple(sorted(self.username_attributes)), "Username")


Flags = Mapping[str, Any]
"""Flags by their names without dashes, such as ``user_pool_id``: ``vars()`` of what argparse returns."""

LoadCurrentSettings = Callable[[], Mapping[str, Any] | None]
"""Returns the settings of the last successful sign-in, named as in settings.py, or None."""


def no_session() -> None:
    """Return None: there is no current session."""


def resolve_pool(
    flags: Flags,
    environ: Mapping[str, str] = os.environ,
    *,
    current_session: LoadCurrentSettings = no_session,
    folder: Path | None = None,
    reads_secret: bool = True,
) -> ResolvedPool:
    """Return the pool from the first source that specifies one, with what the other sources add to it.

    The sources are: flags; ``TUI_AUTH_*``; the profile of ``--profile``, ``TUI_AUTH_PROFILE`` or else the
    default one; an Amplify file in the folder or above, up to home; the current session; the only profile.
    Those that the user didn't name count only while the pool is unknown. By default the region is that of the
    pool ID, and the endpoint is that of AWS's variables.

    Args:
        flags: The flags; one that is None or missing doesn't count.
        environ: The environment variables.
        current_session: Returns the settings of the last sign-in.
        folder: Where the search for Amplify files begins; by default the working directory.
        reads_secret: Whether to open the client secret's file.

    Raises:
        NoPoolError: No source specifies a pool and an app client.
        ConfigurationError: A value or a file can't be used.
    """
    resolver = PoolResolver(flags, environ, current_session, folder)
    resolver.merge_all()
    if not resolver.is_complete:
        raise _no_pool_error(resolver)
    return _resolved(resolver, reads_secret=reads_secret)


def resolve_saved_profile(name: str, flags: Flags, environ: Mapping[str, str] = os.environ) -> ResolvedPool:
    """Return the pool of a profile that was just created on the first screen, whatever flags specify.

    Flags and variables still count for what that screen doesn't ask, such as the user name. Raises
    ConfigurationError.
    """
    resolver = PoolResolver(flags, environ)
    resolver.merge_profile(resolver.profiles.profile(name), is_explicit=True)
    resolver.merge_flags_and_variables(except_for=_SETTINGS_OF_FIRST_SCREEN)
    return _resolved(resolver, reads_secret=True)


def explicit_settings(flags: Flags, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the validated settings of flags and ``TUI_AUTH_*``, by name. Raises ConfigurationError."""
    resolver = PoolResolver(flags, environ)
    resolver.merge_flags_and_variables()
    resolver.merge_aws_endpoint()
    return resolver.settings


class PoolResolver:
    """Merges one source after another: each setting is from the first that has it for this pool and client.

    ``settings`` are validated, and ``origins`` says where each is from.
    """

    def __init__(
        self,
        flags: Flags,
        environ: Mapping[str, str],
        current_session: LoadCurrentSettings = no_session,
        folder: Path | None = None,
    ) -> None:
        self.settings: dict[str, Any] = {}
        self.origins: dict[str, Origin] = {}
        self.notes: list[str] = []
        self._flags = flags
        self._environ = environ
        self._current_session = current_session
        self._folder = folder

    @cached_property
    def profiles(self) -> Profiles:
        """The profiles in config.toml, read on first use."""
        from tui_auth.config.profiles import load_profiles

        return load_profiles(self._environ)

    @cached_property
    def folder(self) -> Path | None:
        """The folder of the search for Amplify files; None if the working directory was removed."""
        try:
            return self._folder or Path.cwd()
        except FileNotFoundError:
            return None

    @property
    def is_complete(self) -> bool:
        """Whether both user pool and app client are known."""
        return "user_pool_id" in self.settings and "client_id" in self.settings

    def merge_all(self) -> None:
        """Merge all sources in order, those that the user didn't name only while no pool is known."""
        self.merge_flags_and_variables()
        self._merge_named_profile()
        for merge in (
            self._merge_default_profile,
            self._merge_amplify_file,
            self._merge_session,
            self._merge_only_profile,
        ):
            if self.is_complete:
                return
            merge()

    def merge_flags_and_variables(self, except_for: frozenset[str] = frozenset()) -> None:
        """Merge the flags and variables; each counts on its own."""
        names = [name for name, setting in SETTINGS.items() if setting.from_text and name not in except_for]
        for name in names:
            flag = SETTINGS[name].flag
            if (value := self._flags.get(name)) is not None:
                text = parse_id(name, _not_empty(flag, value))
                self._set(name, text, Origin(SourceKind.FLAG, flag))
        for name in names:
            variable = SETTINGS[name].variable
            if value := self._environ.get(variable, "").strip():
                self._set(name, value, Origin(SourceKind.ENVIRONMENT, variable))

    def merge_profile(self, profile: Profile, *, is_explicit: bool) -> None:
        """Merge what a profile adds to the known pool."""
        origins = {
            name: Origin(SourceKind.PROFILE, profile.name, profile.path, profile.lines.get(name))
            for name in profile.settings
        }
        self._add(profile.settings, origins, is_explicit=is_explicit)

    def merge_aws_endpoint(self) -> None:
        """Use the endpoint of AWS's own variables if no source specifies one."""
        if "endpoint_url" not in self.settings and (endpoint := aws_endpoint(self._environ)):
            name, url = endpoint
            self._set("endpoint_url", url.strip(), Origin(SourceKind.ENVIRONMENT, name))

    def _set(self, name: str, value: str, origin: Origin) -> None:
        """Validate the value of a flag or variable, and use it if the setting isn't known yet."""
        try:
            valid = validate_setting(name, value)
        except InvalidValueError as error:
            raise ConfigurationError(f"{origin}: expected {error}.") from None
        if name not in self.settings:
            self.settings[name], self.origins[name] = valid, origin

    def _add(
        self, settings: Mapping[str, Any], origins: Mapping[str, Origin], *, is_explicit: bool = False
    ) -> None:
        """Add the settings that aren't known yet and fit the known pool and app client.

        A source about another pool adds only settings of the user, and only if it is explicit: an app client,
        a region or a password policy of one pool is wrong for every other. ``is_explicit`` is false for a
        source that the user didn't name, such as the default profile.
        """

        def agrees(*names: str) -> bool:
            shared = [name for name in names if name in self.settings and name in settings]
            return all(self.settings[name] == settings[name] for name in shared)

        fits = {Scope.POOL: agrees("user_pool_id"), Scope.CLIENT: agrees("user_pool_id", "client_id")}
        fits[Scope.USER] = is_explicit or fits[Scope.POOL]
        for name, value in settings.items():
            if name not in self.settings and fits[SETTINGS[name].scope]:
                self.settings[name], self.origins[name] = value, origins[name]

    def _merge_named_profile(self) -> None:
        flag = self._flags.get("profile")
        flag_value = _not_empty("--profile", flag) if flag is not None else ""
        name = flag_value or self._environ.get("TUI_AUTH_PROFILE", "").strip()
        if not name:
            return
        if name not in self.profiles.tables:
            raise self.profiles.unknown_profile(name, "--profile" if flag_value else "TUI_AUTH_PROFILE")
        profile = self.profiles.profile(name)
        if "user_pool_id" not in profile.settings and "user_pool_id" not in self.settings:
            raise error_in_file(
                profile.path,
                profile.lines.get(""),
                'this profile has no user pool. Add a line user_pool_id = "…" to it, or use --user-pool-id.',
            )
        for setting in ("user_pool_id", "client_id") if flag_value else ():
            origin = self.origins.get(setting)
            differs = self.settings.get(setting) != profile.settings.get(setting)
            if origin and origin.kind is SourceKind.ENVIRONMENT and differs:
                self.notes.append(f"{origin} overrides the profile {name}. Unset it to use the profile.")
        self.merge_profile(profile, is_explicit=True)

    def _merge_default_profile(self) -> None:
        profile = self.profiles.default_profile()
        if profile is None:
            return
        if "user_pool_id" not in self.settings:
            self._note_hidden_amplify_file(profile)
        self.merge_profile(profile, is_explicit=False)

    def _merge_only_profile(self) -> None:
        names = self.profiles.names
        if len(names) == 1:
            self.merge_profile(self.profiles.profile(names[0]), is_explicit=False)

    def _merge_session(self) -> None:
        settings = self._current_session()
        if settings:
            self._add(settings, dict.fromkeys(settings, Origin(SourceKind.CURRENT_SESSION)))
            self._merge_profile_of_session()

    def _merge_profile_of_session(self) -> None:
        """Merge the profile of the current session's pool and app client: a session stores fewer settings."""
        for name, values in self.profiles.tables.items():
            if all(values.get(key) == self.settings.get(key) for key in ("user_pool_id", "client_id")):
                with suppress(ConfigurationError):  # the user didn't name it
                    self.merge_profile(self.profiles.profile(name), is_explicit=False)
                return

    def _note_hidden_amplify_file(self, profile: Profile) -> None:
        if self.folder is None:
            return
        files = amplify_files_above(self.folder, Path(home_folder(self._environ)))
        hidden = next(filter(is_plain_file, files), None)
        if hidden is not None:
            self.notes.append(
                f"Using the default profile {profile.name}; {display_path(hidden)} was ignored. "
                "`tui-auth profile use --none` removes the default."
            )

    def _merge_amplify_file(self) -> None:
        if self.folder is None:
            return
        home = Path(home_folder(self._environ))
        if next(amplify_files_above(self.folder, home), None) is None:
            return
        # Most folders have no such file, and its reader takes long to import.
        from tui_auth.config.amplify import find_amplify_file

        search = find_amplify_file(self.folder, home)
        self.notes += search.notes
        file = search.file
        if file is None:
            return
        self.notes += file.warnings
        settings = {name: entry.value for name, entry in file.settings.items()}
        lines = {name: entry.line for name, entry in file.settings.items()}
        if file.client_secret is not None:
            settings["client_secret_file"] = str(file.path)
        self._add(
            settings,
            {name: Origin(SourceKind.AMPLIFY_FILE, "", file.path, lines.get(name)) for name in settings},
        )


def _not_empty(flag: str, value: object) -> str:
    """Return a flag's value. Raises ConfigurationError if it is empty, as with an unset shell variable."""
    text = str(value).strip()
    if not text:
        raise ConfigurationError(f"{flag} is empty. Specify a value, or leave it out.")
    return text


def _resolved(resolver: PoolResolver, *, reads_secret: bool) -> ResolvedPool:
    resolver.merge_aws_endpoint()
    values = dict(resolver.settings)
    values.setdefault("region", values["user_pool_id"].partition("_")[0])
    resolver.origins.setdefault("region", Origin(SourceKind.DERIVED))
    origin = resolver.origins["user_pool_id"]
    notes = [*resolver.notes, *_keep_secret_from_strangers(values, resolver.origins)]
    if origin.kind is SourceKind.AMPLIFY_FILE and origin.file:
        notes.append(f"The user pool is the one in {display_path(origin.file)}.")
    if path := values.pop("client_secret_file", None):
        values["client_secret_file"] = secret_file = resolve_secret_path(path)
        if reads_secret:
            values["client_secret"] = _read_secret(secret_file, resolver.origins["client_secret_file"])
            notes += filter(None, [permission_warning(secret_file)])
    if policy := values.pop("password_policy", None):
        values["password_policy"] = PasswordPolicy.from_setting(policy)
    values["browser"] = {name: values.pop(name) for name in BROWSER_SETTINGS if name in values}
    profile = origin.name if origin.kind is SourceKind.PROFILE else None
    return ResolvedPool(**values, profile=profile, origins=resolver.origins, notes=tuple(notes))


def _keep_secret_from_strangers(values: dict[str, Any], origins: Mapping[str, Origin]) -> list[str]:
    """Remove the domain, or raise ConfigurationError for the endpoint, of an Amplify file without the secret.

    Both get the client secret, and the file may be anybody's: the folder of a download is enough. One that
    brings its own secret can have it.
    """
    secret, notes = origins.get("client_secret_file"), list[str]()
    if secret is None:
        return notes
    for name in ("domain", "endpoint_url"):
        origin = origins.get(name)
        if origin is None or origin.kind is not SourceKind.AMPLIFY_FILE or origin.file == secret.file:
            continue
        text = f"{{}} in {origin} would get the client secret from {secret}"
        cure = f"To allow it, use {SETTINGS[name].flag}."
        if name == "endpoint_url":
            raise ConfigurationError(f"{text.format('The endpoint')}. {cure}")
        del values[name]
        notes.append(f"{text.format('The domain')}, so it isn't used. {cure}")
    return notes


def _read_secret(path: Path, origin: Origin) -> Secret:
    """Return the app client's secret. Raises ConfigurationError that begins with the setting of the file."""
    from tui_auth.config.amplify import read_secret_file

    # The path of a flag or variable may be the secret itself, so one that leads nowhere isn't repeated.
    if origin.kind in (SourceKind.FLAG, SourceKind.ENVIRONMENT) and not os.path.lexists(path):
        raise ConfigurationError(f"{origin}: this file doesn't exist. {SECRET_FILE_ADVICE}")
    try:
        return read_secret_file(path)
    except ConfigurationError as error:
        raise ConfigurationError(f"{origin}: {error}") from None


def _no_pool_error(resolver: PoolResolver) -> ConfigurationError:
    notes = tuple(resolver.notes)
    pool = resolver.origins.get("user_pool_id")
    if pool and pool.kind is SourceKind.PROFILE and pool.file:
        return error_in_file(
            pool.file,
            pool.line,
            'this profile has no app client. Add a line client_id = "…" to it, or use --client-id.',
        )
    for name, other in (("user_pool_id", "client_id"), ("client_id", "user_pool_id")):
        if name in resolver.settings:
            missing = SETTINGS[other]
            return NoPoolError(
                f"No {missing.scope.value} is specified with the {SETTINGS[name].scope.value} from "
                f"{resolver.origins[name]}. Use {missing.flag} too.",
                is_partial=True,
                notes=notes,
            )
    names = resolver.profiles.names
    if names:
        return NoPoolError(
            f"No user pool is specified. Choose one with --profile ({', '.join(names[:8])}), "
            "make one the default (`tui-auth profile use NAME`), "
            "or choose another with `tui-auth --new-pool`.",
            has_profiles=True,
            notes=notes,
        )
    return NoPoolError(
        "No user pool is specified. Use --user-pool-id and --client-id, "
        "or run `tui-auth` on a terminal to choose one.",
        notes=notes,
    )
