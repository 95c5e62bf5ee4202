"""The search for a pool: one source after another, and what each gives."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_auth.config.aws_endpoint import aws_endpoint
from tui_auth.config.errors import ConfigurationError, fault_in, shown
from tui_auth.config.pasted import id_in
from tui_auth.config.settings import SETTINGS, Setting, Unfit, checked
from tui_auth.config.sources import Joined, Origin, Source, SourceKind
from tui_auth.storage.paths import home_folder

if TYPE_CHECKING:
    from tui_auth.config.profiles import Profile, Profiles

CurrentSession = Callable[[], Mapping[str, Any] | None]
"""Gives the settings of the last successful sign-in, named as in settings.py; None where there is none."""


def no_session() -> None:
    """The answer of a program that keeps no sessions."""


class PoolSearch:
    """Looks into one source after another, each only where those before it name no pool.

    ``known`` is what they gave, joined.
    """

    def __init__(
        self,
        arguments: Namespace,
        environ: Mapping[str, str],
        current_session: CurrentSession,
        folder: Path | None,
    ) -> None:
        self.arguments = arguments
        self.environ = environ
        self.current_session = current_session
        self.known = Joined()
        self.notes: list[str] = []
        self._given_folder = folder

    @cached_property
    def profiles(self) -> Profiles:
        """What config.toml holds, read when it is first asked for."""
        from tui_auth.config.profiles import load_profiles

        return load_profiles(self.environ)

    @cached_property
    def folder(self) -> Path | None:
        """Where we are; None where that folder was removed, and so has no files."""
        try:
            return self._given_folder or Path.cwd()
        except FileNotFoundError:
            return None

    def look_everywhere(self) -> None:
        """Ask the sources in their order, those that nobody named only while no pool is known."""
        self.take_flags_and_variables()
        self._take_named_profile()
        for look in (
            self._take_default_profile,
            self._take_amplify_file,
            self._take_session,
            self._take_only_profile,
        ):
            if self.known.names_a_client:
                return
            look()

    def take_flags_and_variables(self, leave_out: frozenset[str] = frozenset()) -> None:
        """Take what they give, each flag and each variable for itself."""
        for kind, values in (
            (SourceKind.FLAG, self._flag_values()),
            (SourceKind.ENVIRONMENT, self._variable_values()),
        ):
            self.known.add(Source(kind, *_read(each for each in values if each[0].name not in leave_out)))

    def take_profile(self, profile: Profile, *, is_asked_for: bool) -> None:
        """Take what a profile gives, if it is about the pool that is known."""
        place = {
            name: Origin(SourceKind.PROFILE, profile.name, profile.path, profile.lines.get(name))
            for name in profile.settings
        }
        self.known.add(Source(SourceKind.PROFILE, profile.settings, place, is_asked_for))

    def add_aws_endpoint(self) -> None:
        """Take the endpoint that AWS's own variables name, where nothing of ours does."""
        found = aws_endpoint(self.environ)
        if found is None or "endpoint_url" in self.known.settings:
            return
        name, url = found
        origin = Origin(SourceKind.ENVIRONMENT, name)
        settings, origins = _read([(SETTINGS["endpoint_url"], url.strip(), origin)])
        self.known.settings |= settings
        self.known.origins |= origins

    def _flag_values(self) -> Iterator[tuple[Setting, str, Origin]]:
        for setting in SETTINGS.values():
            value = getattr(self.arguments, setting.name, None) if setting.from_text else None
            if value is not None:
                given = id_in(setting.name, _not_empty(setting.flag, value))
                yield setting, given, Origin(SourceKind.FLAG, setting.flag)

    def _variable_values(self) -> Iterator[tuple[Setting, str, Origin]]:
        for setting in SETTINGS.values():
            value = self.environ.get(setting.variable, "").strip() if setting.from_text else ""
            if value:
                yield setting, value, Origin(SourceKind.ENVIRONMENT, setting.variable)

    def _take_named_profile(self) -> None:
        flag = getattr(self.arguments, "profile", None)
        given = _not_empty("--profile", flag) if flag is not None else ""
        name = given or self.environ.get("TUI_AUTH_PROFILE", "").strip()
        if not name:
            return
        profile = self.profiles.profile(name)
        if "user_pool_id" not in profile.settings and "user_pool_id" not in self.known.settings:
            raise fault_in(
                profile.path,
                profile.lines.get(""),
                'this profile names no user pool. Add a line user_pool_id = "…" to it, '
                "or give --user-pool-id too.",
            )
        for setting in ("user_pool_id", "client_id") if given else ():
            origin = self.known.origins.get(setting)
            differs = self.known.settings.get(setting) != profile.settings.get(setting)
            if origin and origin.kind is SourceKind.ENVIRONMENT and differs:
                self.notes.append(f"{origin} comes before the profile {name}. Unset it to use the profile.")
        self.take_profile(profile, is_asked_for=True)

    def _take_default_profile(self) -> None:
        profile = self.profiles.default_profile()
        if profile is None:
            return
        if "user_pool_id" not in self.known.settings:
            self._note_what_the_default_hides(profile)
        self.take_profile(profile, is_asked_for=False)

    def _take_only_profile(self) -> None:
        names = self.profiles.names
        if len(names) == 1:
            self.take_profile(self.profiles.profile(names[0]), is_asked_for=False)

    def _take_session(self) -> None:
        settings = self.current_session()
        if settings:
            origins = dict.fromkeys(settings, Origin(SourceKind.CURRENT_SESSION))
            self.known.add(Source(SourceKind.CURRENT_SESSION, settings, origins, is_asked_for=False))
            self._take_what_a_profile_adds()

    def _take_what_a_profile_adds(self) -> None:
        """What a profile knows of the current session's pool and client, which the session does not."""
        ids = {name: self.known.settings.get(name) for name in ("user_pool_id", "client_id")}
        for name, written in self.profiles.written.items():
            if all(written.get(key) == value for key, value in ids.items()):
                with suppress(ConfigurationError):  # nobody asked for this one
                    self.take_profile(self.profiles.profile(name), is_asked_for=False)
                return

    def _note_what_the_default_hides(self, profile: Profile) -> None:
        from tui_auth.config.amplify import files_around, is_plain_file

        if self.folder is None:
            return
        around = files_around(self.folder, Path(home_folder(self.environ)))
        hidden = next(filter(is_plain_file, around), None)
        if hidden is not None:
            self.notes.append(
                f"Using the profile {profile.name}, which is the default; {shown(hidden)} was passed by. "
                "`tui-auth profile use --none` ends that."
            )

    def _take_amplify_file(self) -> None:
        from tui_auth.config.amplify import find_amplify_file

        if self.folder is None:
            return
        search = find_amplify_file(self.folder, Path(home_folder(self.environ)))
        self.notes += search.passed_by
        file = search.file
        if file is None:
            return
        self.notes += file.left_out
        settings = {name: found.value for name, found in file.settings.items()}
        origins = {
            name: Origin(SourceKind.AMPLIFY_FILE, "", file.path, found.line)
            for name, found in file.settings.items()
        }
        if file.client_secret is not None:
            settings["client_secret_file"] = str(file.path)
            origins["client_secret_file"] = Origin(SourceKind.AMPLIFY_FILE, "", file.path)
        self.known.add(Source(SourceKind.AMPLIFY_FILE, settings, origins, is_asked_for=False))


def _not_empty(flag: str, value: object) -> str:
    """A flag's value. Raises ConfigurationError where there is none, as of a variable that is not set."""
    text = str(value).strip()
    if not text:
        raise ConfigurationError(f"{flag} is empty. Give a value, or leave the flag out.")
    return text


def _read(
    values: Iterable[tuple[Setting, str, Origin]],
) -> tuple[dict[str, Any], dict[str, Origin]]:
    settings, origins = dict[str, Any](), dict[str, Origin]()
    for setting, value, origin in values:
        try:
            settings[setting.name] = checked(setting.name, value)
        except Unfit as error:
            raise ConfigurationError(f"{origin}: expected {error}.") from None
        origins[setting.name] = origin
    return settings, origins
