"""FirstRunFlow: how a user chooses a pool if nothing specifies one, for both front ends.

The user enters the IDs and, if necessary, the file of the client secret and an auth flow. Then the flow tries
them and saves them as a profile. The trial calls Cognito once for a user who can't exist and checks whether
the pool publishes its signing keys. It never signs a user in.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from tui_auth.auth.app_client import Answer, AppClient, AuthFlow, Verdict, probe_flow
from tui_auth.auth.gateway import Address, CognitoGateway, Gateway
from tui_auth.auth.tokens import KeysUnreachableError, fetch_keys, keys_url
from tui_auth.auth.trace import CallTrace, TracingGateway
from tui_auth.config.amplify import read_secret_file
from tui_auth.config.files import (
    SECRET_PATH_EXPECTED,
    ConfigurationError,
    Origin,
    SourceKind,
    looks_like_secret,
    resolve_secret_path,
)
from tui_auth.config.profile_editor import add_profile
from tui_auth.config.profiles import load_profiles
from tui_auth.config.settings import BROWSER_SETTINGS, InvalidValueError, check_region, validate_setting
from tui_auth.errors import AuthError
from tui_auth.flow.interface import INTERNAL_ERROR, ErrorMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_auth.secret import Secret

FLOWS: Final = {flow.value: flow.label for flow in AuthFlow if flow is not AuthFlow.BROWSER}
BROWSER: Final = AuthFlow.BROWSER.value
"""Not one of the flows to choose: it needs a domain, which a flag or a variable specifies."""

USUAL_FLOW: Final = "USER_SRP_AUTH"
DEFAULT_NAME: Final = "main"
"""The name of the profile unless the user types another one."""

QUESTION: Final = "Which user pool do you want to use?"
TRIAL_NOTICE: Final = "Checking the IDs with one request …"
FLOW_QUESTION: Final = "How do users sign in?"
SECRET_PATH_ERROR: Final = f"Enter {SECRET_PATH_EXPECTED}."
NO_AUTH_FLOW: Final = "This app client allows no auth flow for users."
_REGION_SOURCES: Final = Origin(SourceKind.ENVIRONMENT, "--region or TUI_AUTH_REGION")

_SUCCESS_TEXTS: Final = {
    "USER_SRP_AUTH": "App client found. Your password is never sent (SRP).",
    "USER_PASSWORD_AUTH": "App client found. Your password is sent to Cognito.",
    "USER_AUTH": "App client found. Users choose how to sign in.",
    "CUSTOM_WITH_SRP": "App client found. It adds custom challenges to the password.",
    "CUSTOM_WITHOUT_SRP": "App client found. It uses custom challenges instead of a password.",
    BROWSER: "The app client exists. You sign in with a browser.",
}

Field = Literal["pool", "client", "secret", "name"]
"""The input that an error is about."""


@dataclass(frozen=True)
class Candidate:
    """A pool and app client to try with an auth flow. ``secret_file`` is empty without a client secret."""

    user_pool_id: str
    client_id: str
    secret_file: str = ""
    auth_flow: str = USUAL_FLOW


@dataclass(frozen=True)
class RunTrial:
    """Call ``run`` in the background and pass its result to ``FirstRunFlow.receive``."""

    run: Callable[[], TrialResult]


@dataclass(frozen=True)
class AskName:
    """The pool works: show ``text`` and ask for the profile's name."""

    text: str


@dataclass(frozen=True)
class AskAuthFlow:
    """Ask for another auth flow; ``text`` says why."""

    flows: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class AskSecret:
    """Ask for the file that contains the client secret."""

    error: ErrorMessage


@dataclass(frozen=True)
class ShowPoolError:
    """Show an error and ask again for the input it is about."""

    error: ErrorMessage
    field: Field


@dataclass(frozen=True)
class ProfileSaved:
    """The pool is saved as the profile ``name``."""

    name: str


FirstRunOutput = RunTrial | AskName | AskAuthFlow | AskSecret | ShowPoolError | ProfileSaved


@dataclass(frozen=True)
class FlowRejected:
    """The app client exists but doesn't allow this auth flow. ``reason`` is what the user reads."""

    reason: str


TrialResult = AskName | FlowRejected | AskSecret | ShowPoolError
"""The result of one trial."""


class FirstRunFlow:
    """Chooses a pool and saves it as a profile.

    Args:
        settings: The settings that flags and the environment specify, by name.
        make_gateway: Returns the gateway to an address.
        fetch_signing_keys: Fetches the keys that a pool publishes at a URL.
        environ: The environment variables.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        make_gateway: Callable[[Address], Gateway] = CognitoGateway,
        fetch_signing_keys: Callable[[str], object] = fetch_keys,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.settings = settings
        self._make_gateway = make_gateway
        self._fetch_signing_keys = fetch_signing_keys
        self._environ = environ
        self._initial_flow = str(settings.get("auth_flow", USUAL_FLOW))
        self._flows: tuple[str, ...] = ()
        """The auth flows not rejected so far; empty before the first rejection."""
        self._candidate = Candidate("", "", auth_flow=self._initial_flow)
        self.trace = CallTrace()
        """The trials."""
        self._has_succeeded = False

    @property
    def secret_file(self) -> str:
        """The path of the client secret that was tried last; empty if none was."""
        return self._candidate.secret_file

    # -- what the user decides ----------------------------------------------------------------------

    def submit(self, user_pool_id: str, client_id: str, secret_file: str = "") -> FirstRunOutput:
        """Try a pool and app client."""
        previous = self._candidate
        if (user_pool_id, client_id) != (previous.user_pool_id, previous.client_id):
            self.back()  # the selected auth flow belongs to the previous app client
        return self._start_trial(Candidate(user_pool_id, client_id, secret_file, self._candidate.auth_flow))

    def auth_flow_selected(self, auth_flow: str) -> FirstRunOutput:
        """Try the same pool and app client with another auth flow."""
        return self._start_trial(replace(self._candidate, auth_flow=auth_flow))

    def back(self) -> None:
        """Go back to the IDs and discard the selected auth flow."""
        self._flows = ()
        self._candidate = replace(self._candidate, auth_flow=self._initial_flow)

    def save_as(self, name: str) -> FirstRunOutput | None:
        """Save the pool as a profile. Return None if no trial has succeeded."""
        if not self._has_succeeded:
            return None
        try:
            add_profile(name, self._profile_settings(), environ=self._environ)
        except ConfigurationError as error:
            return ShowPoolError(ErrorMessage(str(error)), "name")
        except Exception:
            return ShowPoolError(ErrorMessage(INTERNAL_ERROR), "name")
        return ProfileSaved(name)

    def suggest_profile_name(self) -> str:
        """Return a profile name that isn't taken.

        Raises:
            ConfigurationError: config.toml can't be understood.
        """
        taken = load_profiles(self._environ).names
        names = (DEFAULT_NAME, *(f"{DEFAULT_NAME}-{number}" for number in range(2, len(taken) + 2)))
        return next(name for name in names if name not in taken)

    # -- results of a trial -------------------------------------------------------------------------

    def receive(self, result: TrialResult) -> FirstRunOutput:
        """Return the output for the result of a trial."""
        if isinstance(result, FlowRejected):
            return self._ask_auth_flow(result.reason)
        self._has_succeeded = isinstance(result, AskName)
        return result

    def _ask_auth_flow(self, reason: str) -> FirstRunOutput:
        rejected = self._candidate.auth_flow
        self._flows = tuple(flow for flow in self._flows or FLOWS if flow != rejected)
        if not self._flows:
            self.back()
            return ShowPoolError(ErrorMessage(NO_AUTH_FLOW), "client")
        return AskAuthFlow(self._flows, f"{reason} {FLOW_QUESTION}")

    # -- the trial ----------------------------------------------------------------------------------

    def _start_trial(self, candidate: Candidate) -> RunTrial:
        self._candidate, self._has_succeeded = candidate, False
        return RunTrial(partial(self.run_trial, candidate))

    def run_trial(self, candidate: Candidate) -> TrialResult:
        """Call Cognito once for a user who can't exist, and check that the pool publishes its keys."""
        try:
            path = candidate.secret_file
            secret = read_secret_file(resolve_secret_path(path)) if path else None
        except ConfigurationError as error:
            return ShowPoolError(ErrorMessage(str(error)), "secret")
        try:
            return self._probe(candidate, secret)
        except ConfigurationError as error:
            return ShowPoolError(ErrorMessage(str(error)), "pool")
        except AuthError as error:
            return ShowPoolError(ErrorMessage.from_error(error), "client")
        except Exception:
            return ShowPoolError(ErrorMessage(INTERNAL_ERROR), "client")

    def _probe(self, candidate: Candidate, secret: Secret | None) -> TrialResult:
        client = AppClient(candidate.user_pool_id, candidate.client_id, secret)
        region, endpoint = self.settings.get("region"), self.settings.get("endpoint_url")
        check_region(candidate.user_pool_id, region, _REGION_SOURCES, endpoint)
        gateway = TracingGateway(self._make_gateway(Address(region or client.region, endpoint)))
        with self.trace.call("trial") as span:
            # Cognito checks the app client and its secret before the flow.
            flow = USUAL_FLOW if candidate.auth_flow == BROWSER else candidate.auth_flow
            answer = probe_flow(gateway, client, AuthFlow(flow).api_name)
            span.finish(answer.verdict.name.lower())
        if self._is_missing(candidate.user_pool_id, endpoint, answer):
            error = ErrorMessage("No user pool has this ID. Check it in the Cognito console.")
            return ShowPoolError(error, "pool")
        return _interpret_answer(candidate, answer)

    def _is_missing(self, user_pool_id: str, endpoint: str | None, answer: Answer) -> bool:
        """Return True if the pool doesn't exist, False if it exists or the check fails."""
        if answer.verdict is Verdict.UNREACHABLE:
            return False
        try:
            self._fetch_signing_keys(keys_url(user_pool_id, endpoint))
        except KeysUnreachableError as error:
            return error.is_of_missing_pool(endpoint)
        return False

    def _profile_settings(self) -> dict[str, Any]:
        candidate = self._candidate
        settings = {
            "user_pool_id": candidate.user_pool_id,
            "client_id": candidate.client_id,
            **{name: self.settings[name] for name in ("region", "endpoint_url") if name in self.settings},
        }
        if candidate.secret_file:
            settings["client_secret_file"] = str(resolve_secret_path(candidate.secret_file))
        if candidate.auth_flow != USUAL_FLOW:
            settings["auth_flow"] = candidate.auth_flow
        if candidate.auth_flow == BROWSER:
            settings |= {name: self.settings[name] for name in BROWSER_SETTINGS if name in self.settings}
        return settings


def find_id_error(setting: str, text: str) -> str:
    """Return what is wrong with a text as the value of a setting; empty if it is valid."""
    try:
        validate_setting(setting, text)
    except InvalidValueError as error:
        return f"This should be {error}."
    return ""


def find_secret_path_error(path: str) -> str:
    """Return what is wrong with a text as the path of the client secret; empty if it is valid."""
    return SECRET_PATH_ERROR if looks_like_secret(path) else ""


def _interpret_answer(candidate: Candidate, answer: Answer) -> TrialResult:  # noqa: PLR0911 - one for each
    match answer.verdict:
        case Verdict.ALLOWED:
            return AskName(_SUCCESS_TEXTS[candidate.auth_flow])
        case Verdict.NOT_ALLOWED if candidate.auth_flow == BROWSER:
            return AskName(_SUCCESS_TEXTS[BROWSER])
        case Verdict.NOT_ALLOWED:
            return FlowRejected(f"This app client doesn't allow {candidate.auth_flow}.")
        case Verdict.NO_TRIGGERS:
            return FlowRejected("The user pool has no custom challenges.")
        case Verdict.SECRET_MISSING:
            text = "This app client has a secret. Save it in a file and enter the path."
            return AskSecret(ErrorMessage(text))
        case Verdict.SECRET_WRONG | Verdict.SECRET_NOT_WANTED if candidate.secret_file:
            return ShowPoolError(ErrorMessage("This secret doesn't match the app client."), "secret")
        case Verdict.NO_SUCH_CLIENT:
            error = ErrorMessage("No app client has this ID in the pool's region.")
        case _:
            error = ErrorMessage.from_error(answer.error) if answer.error else ErrorMessage(INTERNAL_ERROR)
    return ShowPoolError(error, "client")
