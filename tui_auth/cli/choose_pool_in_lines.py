"""The first run at line prompts: the same questions as the first screen's, in lines."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from tui_auth.cli.exit_status import CommandFailedError
from tui_auth.cli.pool_trial import FlowRefused, PoolTrial, Refused, SecretWanted, Works
from tui_auth.config.errors import ConfigurationError
from tui_auth.config.pasted_ids import parse_pasted_ids
from tui_auth.config.resolver import ResolvedPool, explicit_settings, resolve_saved_profile
from tui_auth.config.settings import looks_like_secret
from tui_auth.exit_codes import ExitCode
from tui_auth.plain.prompts import BACK, Back, Lines, Prompts
from tui_auth.screens.pool_question import (
    FLOW_QUESTION,
    FLOWS,
    NO_FLOW,
    NO_PATH,
    QUESTION,
    TRYING,
    USUAL_FLOW,
    Candidate,
    flows_left,
    wrong_with,
)
from tui_auth.settings import environment_badge_for

_LABELS = {"user_pool_id": "User pool", "client_id": "App client"}


class PlainChoosePool:
    """One conversation, from the ids to the name of the profile.

    ``named`` are the settings that flags and environment give: what is known there need not be typed.
    """

    def __init__(self, lines: Lines, named: Mapping[str, Any], trial: PoolTrial) -> None:
        self.lines = lines
        self.prompts = Prompts(lines, nothing_typed="Type something, or end with ^D.")
        self.trial = trial
        self._mark = environment_badge_for(str(named.get("endpoint_url", "")))
        self._ids = {name: str(named.get(name, "")) for name in _LABELS}
        self._about = "pool"
        self._secret_file = str(named.get("client_secret_file", ""))
        self._auth_flow = str(named.get("auth_flow", USUAL_FLOW))

    def run(self) -> str:
        """The name of the profile the pool is kept as. EOFError where the person ends it before that."""
        question = f"{self._mark}: {QUESTION}" if self._mark else QUESTION
        self.lines.say(f"{question} Type its id, or paste its ARN or the address of its page in the console.")
        self.lines.say(f"Enter takes what stands in brackets; {BACK} goes back to here.")
        while True:
            try:
                candidate = self._one_that_works(self._ask_for_ids())
                if candidate is not None:
                    return self._kept(candidate)
            except Back:
                self._about = "pool"
                # Another client may have no secret: what was named is not brought up again.
                self._secret_file = ""
                self.lines.say(QUESTION)

    def _ask_for_ids(self) -> Candidate:
        # After a refusal the client is asked for again, unless it was the pool's; /back leads to the pool.
        named_both = self._about == "pool" and self._ask_for("user_pool_id")
        if not named_both:
            self._ask_for("client_id")
        return Candidate(
            self._ids["user_pool_id"], self._ids["client_id"], self._secret_file, self._auth_flow
        )

    def _ask_for(self, setting: str) -> bool:
        """Ask until there is such an id; whether the answer held the other one too."""
        while True:
            typed = self.prompts.line(_LABELS[setting], self._ids[setting])
            found = parse_pasted_ids(typed)
            both = {"user_pool_id": found.user_pool_id, "client_id": found.client_id}
            # One id and nothing else is taken for the one that was asked for.
            held = {setting: typed} if typed in both.values() or not any(both.values()) else both
            if complaint := wrong_with(setting, held.get(setting) or ""):
                self.lines.say(f"Error: {complaint}")
                continue
            self._ids |= {name: value for name, value in held.items() if value}
            if all(held.get(name) for name in _LABELS):
                self.lines.say("".join(f"{_LABELS[name]}: {self._ids[name]}\n" for name in _LABELS).rstrip())
                return True
            return False

    def _one_that_works(self, candidate: Candidate) -> Candidate | None:
        """The pool with what it needs to be signed in to; None where other ids are wanted."""
        left: tuple[str, ...] = ()
        while True:
            self.lines.say(TRYING)
            match self.trial.try_out(candidate):
                case Works(says):
                    self.lines.say(says)
                    return candidate
                case FlowRefused(why):
                    left = flows_left(left, candidate.auth_flow)
                    if not left:
                        self.lines.say(f"Error: {NO_FLOW}")
                        return None
                    self.lines.say(f"{why} {FLOW_QUESTION}")
                    flow = self._chosen(left)
                    candidate = Candidate(
                        candidate.user_pool_id, candidate.client_id, candidate.secret_file, flow
                    )
                case SecretWanted(problem):
                    self.lines.say(f"Error: {problem.text}")
                    candidate = self._with_secret(candidate)
                case Refused(problem, "secret"):
                    self.lines.say(f"Error: {problem.text}")
                    candidate = self._with_secret(candidate)
                case Refused(problem, about):
                    self._about = about
                    self.lines.say(f"Error: {problem.text}")
                    return None

    def _with_secret(self, candidate: Candidate) -> Candidate:
        while looks_like_secret(path := self.prompts.line("Secret file", candidate.secret_file)):
            self.lines.say(f"Error: {NO_PATH}")
        return Candidate(candidate.user_pool_id, candidate.client_id, path, candidate.auth_flow)

    def _chosen(self, flows: tuple[str, ...]) -> str:
        self.prompts.show([FLOWS[flow] for flow in flows])
        return flows[self.prompts.number(len(flows))]

    def _kept(self, candidate: Candidate) -> str:
        while True:
            name = self.prompts.line("Keep as", self.trial.free_name())
            try:
                self.trial.keep(name, candidate)
            except ConfigurationError as error:
                self.lines.say(f"Error: {error}")
            else:
                self.lines.say(f"Kept as the profile {name}.")
                return name


def ask_for_pool_in_lines(arguments: Namespace) -> ResolvedPool:
    """Ask on the terminal, in lines, and keep the answer as a profile.

    Raises CommandFailedError where the person left, and ConfigurationError as ``resolve_saved_profile`` does.
    """
    from tui_auth.terminal.environment import harden_process
    from tui_auth.terminal.signals import exit_on_signals
    from tui_auth.terminal.tty_prompt import TtyPrompt

    harden_process()
    named = explicit_settings(arguments)
    with TtyPrompt() as lines, exit_on_signals():
        try:
            arguments.profile = name = PlainChoosePool(lines, named, PoolTrial(named)).run()
        except EOFError:
            raise CommandFailedError(ExitCode.CANCELLED) from None
    return resolve_saved_profile(name, arguments)
