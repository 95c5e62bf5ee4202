"""Line prompts before the sign-in: for a user pool, or whether to continue a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.config.pasted_ids import parse_pasted_ids
from tui_auth.flow.first_run_flow import (
    FLOWS,
    QUESTION,
    TRIAL_NOTICE,
    AskAuthFlow,
    AskName,
    AskSecret,
    FirstRunFlow,
    FirstRunOutput,
    ProfileSaved,
    RunTrial,
    ShowPoolError,
    find_id_error,
    find_secret_path_error,
)
from tui_auth.flow.signed_in import ACTIONS, SignedInAction, action_labels, question_about
from tui_auth.plain.prompts import BACK, BackError, Lines, Prompts

if TYPE_CHECKING:
    from tui_auth.session.record import SessionRecord

_LABELS = {"user_pool_id": "User pool", "client_id": "App client"}


class PlainFirstRun:
    """Asks for a pool. Settings from flags and the environment are the defaults of the prompts."""

    def __init__(self, lines: Lines, flow: FirstRunFlow, *, environment_badge: str = "") -> None:
        self.lines = lines
        self.prompts = Prompts(lines, empty_line_text="Type an answer, or press ^D to quit.")
        self.flow = flow
        self._badge = environment_badge
        self._ids = {name: str(flow.settings.get(name, "")) for name in _LABELS}
        self._field = "pool"
        self._secret_file = str(flow.settings.get("client_secret_file", ""))

    def run(self) -> str:
        """Ask for a pool and save it. Return the name of its profile.

        Raises:
            EOFError: The user pressed ^D.
        """
        question = f"{self._badge}: {QUESTION}" if self._badge else QUESTION
        self.lines.say(f"{question} Enter the pool ID, or paste the pool's ARN or console URL.")
        self.lines.say(f"Press Enter to accept the value in brackets. Type {BACK} to go back.")
        while True:
            try:
                if name := self._ask_pool():
                    return name
            except BackError:
                self._field = "pool"
                # Another app client may have no secret, so the specified one is discarded.
                self._secret_file = ""
                self.lines.say(QUESTION)

    def _ask_pool(self) -> str:
        """Return the name of the profile, or an empty string to ask for the IDs again."""
        # After an error about the app client, ask only for the app client. /back leads to the pool.
        has_both = self._field == "pool" and self._ask_id("user_pool_id")
        if not has_both:
            self._ask_id("client_id")
        self.flow.back()
        output: FirstRunOutput | None
        output = self.flow.submit(self._ids["user_pool_id"], self._ids["client_id"], self._secret_file)
        while output is not None:
            match output:
                case ProfileSaved(name):
                    self.lines.say(f"Stored as profile {name}.")
                    return name
                case ShowPoolError(error, "pool" | "client" as field):
                    self.lines.say(f"Error: {error.text}")
                    self._field = field
                    return ""
            output = self._carry_out(output)
        return ""

    def _carry_out(self, output: FirstRunOutput) -> FirstRunOutput | None:
        match output:
            case RunTrial(run):
                self.lines.say(TRIAL_NOTICE)
                return self.flow.receive(run())
            case AskName(text):
                self.lines.say(text)
                return self._ask_name()
            case AskAuthFlow(flows, text):
                self.lines.say(text)
                self.prompts.show([FLOWS[flow] for flow in flows])
                return self.flow.auth_flow_selected(flows[self.prompts.number(len(flows))])
            case AskSecret(error) | ShowPoolError(error, "secret"):
                return self._ask_secret(error.text)
            case ShowPoolError(error):
                self.lines.say(f"Error: {error.text}")
                return self._ask_name()
        return None

    def _ask_name(self) -> FirstRunOutput | None:
        return self.flow.save_as(self.prompts.line("Profile name", self.flow.suggest_profile_name()))

    def _ask_secret(self, problem: str) -> FirstRunOutput:
        while problem:
            self.lines.say(f"Error: {problem}")
            path = self.prompts.line("Secret file", self.flow.secret_file)
            problem = find_secret_path_error(path)
        return self.flow.submit(self._ids["user_pool_id"], self._ids["client_id"], path)

    def _ask_id(self, setting: str) -> bool:
        """Ask for an ID until it is valid. Return whether the answer contained the other ID too."""
        while True:
            typed = self.prompts.line(_LABELS[setting], self._ids[setting])
            pasted = parse_pasted_ids(typed)
            both = {"user_pool_id": pasted.user_pool_id, "client_id": pasted.client_id}
            # A lone ID is the requested one, whichever kind it looks like.
            ids = {setting: typed} if typed in both.values() or not any(both.values()) else both
            if problem := find_id_error(setting, ids.get(setting) or ""):
                self.lines.say(f"Error: {problem}")
                continue
            self._ids |= {name: value for name, value in ids.items() if value}
            if all(ids.get(name) for name in _LABELS):
                self.lines.say("".join(f"{_LABELS[name]}: {self._ids[name]}\n" for name in _LABELS).rstrip())
                return True
            return False


def ask_about_session(lines: Lines, record: SessionRecord) -> SignedInAction:
    """Say who is signed in and ask what to do about it. Raises EOFError at ^D."""
    prompts = Prompts(lines, empty_line_text="Type a number, or press ^D to quit.")
    lines.say(question_about(record))
    prompts.show(action_labels(record))
    while True:
        try:
            return ACTIONS[prompts.number(len(ACTIONS))]
        except BackError:
            lines.say("This is the first prompt. Type a number, or press ^D to quit.")
