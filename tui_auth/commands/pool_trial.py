"""Try a pool with one call that signs nobody in, tell what works, and keep it as a profile.

One policy for the first screen and for line prompts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tui_auth.auth.app_client import AppClient
from tui_auth.auth.errors import AuthError
from tui_auth.auth.gateway import Address, CognitoGateway, Gateway
from tui_auth.auth.signature import KeysUnreachable, fetch_keys, keys_url
from tui_auth.commands.doctor.probe import API_FLOWS, Answer, Verdict, probe_flow
from tui_auth.config.client_secret import path_of_secret, read_secret_file
from tui_auth.config.errors import ConfigurationError
from tui_auth.config.profile_file import add_profile
from tui_auth.config.profiles import load_profiles
from tui_auth.config.region import check_region
from tui_auth.flow.error_message import INTERNAL_ERROR, ErrorMessage
from tui_auth.screens.pool_question import USUAL_FLOW, Candidate
from tui_auth.secret import Secret

FIRST_NAME = "main"
"""What a pool is kept as unless the person types another name."""

_NAMES_A_REGION = "--region or TUI_AUTH_REGION"

_WORKS = {
    "USER_SRP_AUTH": "The client answers. The password never leaves this program (SRP).",
    "USER_PASSWORD_AUTH": "The client answers. The password is sent to Cognito.",
    "USER_AUTH": "The client answers, and offers what each user has: a password, a code …",
    "CUSTOM_WITH_SRP": "The client answers, and asks its own questions after the password.",
    "CUSTOM_WITHOUT_SRP": "The client answers, and asks its own questions in place of a password.",
}


@dataclass(frozen=True)
class Works:
    """The pool answered; what will work."""

    says: str


@dataclass(frozen=True)
class FlowRefused:
    """The app client is there, but cannot be used with this flow; ``why`` says so."""

    why: str


@dataclass(frozen=True)
class SecretWanted:
    """The app client has a secret, and none was given."""

    problem: ErrorMessage


@dataclass(frozen=True)
class Refused:
    """It will not do as it stands; ``about`` is what to change: "pool", "client" or "secret"."""

    problem: ErrorMessage
    about: str


Outcome = Works | FlowRefused | SecretWanted | Refused


@dataclass(frozen=True)
class PoolTrial:
    """Tries pools. ``named`` are the settings that flags and environment give, by name."""

    named: Mapping[str, Any]
    gateway_to: Callable[[Address], Gateway] = CognitoGateway
    keys_at: Callable[[str], object] = fetch_keys
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def try_out(self, candidate: Candidate) -> Outcome:
        """One call for a user who cannot exist, and a look at whether the pool publishes its keys."""
        try:
            secret = _secret_in(candidate)
        except ConfigurationError as error:
            return Refused(ErrorMessage(str(error)), "secret")
        try:
            return self._outcome(candidate, secret)
        except ConfigurationError as error:
            return Refused(ErrorMessage(str(error)), "pool")
        except AuthError as error:
            return Refused(ErrorMessage.from_error(error), "client")
        except Exception:
            return Refused(ErrorMessage(INTERNAL_ERROR), "client")

    def free_name(self) -> str:
        """A name that no profile has. Raises ConfigurationError where config.toml cannot be understood."""
        taken = load_profiles(self.environ).names
        names = (FIRST_NAME, *(f"{FIRST_NAME}-{number}" for number in range(2, len(taken) + 2)))
        return next(name for name in names if name not in taken)

    def keep(self, name: str, candidate: Candidate) -> None:
        """Keep what was tried as a profile. Raises ConfigurationError where that cannot be done."""
        settings = {
            "user_pool_id": candidate.user_pool_id,
            "client_id": candidate.client_id,
            **{each: self.named[each] for each in ("region", "endpoint_url") if each in self.named},
        }
        if candidate.secret_file:
            settings["client_secret_file"] = str(path_of_secret(candidate.secret_file))
        if candidate.auth_flow != USUAL_FLOW:
            settings["auth_flow"] = candidate.auth_flow
        add_profile(name, settings, environ=self.environ)

    def _outcome(self, candidate: Candidate, secret: Secret | None) -> Outcome:
        client = AppClient(candidate.user_pool_id, candidate.client_id, secret)
        region, endpoint = self.named.get("region"), self.named.get("endpoint_url")
        check_region(candidate.user_pool_id, region, _NAMES_A_REGION, endpoint)
        gateway = self.gateway_to(Address(region or client.region, endpoint))
        answer = probe_flow(gateway, client, API_FLOWS.get(candidate.auth_flow, candidate.auth_flow))
        if self._is_missing(candidate.user_pool_id, endpoint, answer):
            return Refused(
                ErrorMessage("There is no user pool of this id. Compare it with the console."), "pool"
            )
        return _meaning(candidate, answer)

    def _is_missing(self, user_pool_id: str, endpoint: str | None, answer: Answer) -> bool:
        """Whether the pool is known not to be there; false too where that cannot be told."""
        if answer.verdict is Verdict.UNREACHABLE:
            return False
        try:
            self.keys_at(keys_url(user_pool_id, endpoint))
        except KeysUnreachable as error:
            return error.is_of_no_pool(endpoint)
        return False


def _secret_in(candidate: Candidate) -> Secret | None:
    path = candidate.secret_file
    return read_secret_file(path_of_secret(path)) if path else None


def _meaning(candidate: Candidate, answer: Answer) -> Outcome:
    match answer.verdict:
        case Verdict.ALLOWED:
            return Works(_WORKS[candidate.auth_flow])
        case Verdict.NOT_ALLOWED:
            return FlowRefused(f"This app client does not allow {candidate.auth_flow}.")
        case Verdict.NO_TRIGGERS:
            return FlowRefused("The pool has no questions of its own.")
        case Verdict.SECRET_MISSING:
            return SecretWanted(
                ErrorMessage("This app client has a secret. Put it into a file and type that file's path.")
            )
        case Verdict.SECRET_WRONG | Verdict.SECRET_NOT_WANTED if candidate.secret_file:
            return Refused(ErrorMessage("This secret does not fit the app client."), "secret")
        case Verdict.NO_SUCH_CLIENT:
            problem = ErrorMessage("There is no such app client in the pool's region.")
        case _:
            problem = ErrorMessage.from_error(answer.error) if answer.error else ErrorMessage(INTERNAL_ERROR)
    return Refused(problem, "client")
