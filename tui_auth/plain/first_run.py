"""PlainFirstRun: drives the first run in line prompts, from the IDs to the name of the profile."""

from __future__ import annotations

from tui_auth.config.pasted_ids import parse_pasted_ids
from tui_auth.flow.first_run_flow import (
    FLOWS,
    QUESTION,
    TRYING,
    AskAuthFlow,
    AskName,
    AskSecret,
    FirstRunFlow,
    FirstRunOutput,
    ProfileSaved,
    RunTrial,
    ShowPoolError,
    complain_about_id,
    complain_about_secret_path,
)
from tui_auth.plain.prompts import BACK, BackError, Lines, Prompts

_LABELS = {"user_pool_id": "User pool", "client_id": "App client"}


class PlainFirstRun:
    """Asks for a pool, in lines. What flags and the environment specify needn't be typed."""

    def __init__(self, lines: Lines, flow: FirstRunFlow, *, environment_badge: str = "") -> None:
        self.lines = lines
        self.prompts = Prompts(lines, nothing_typed="Type something, or end with ^D.")
        self.flow = flow
        self._badge = environment_badge
        self._ids = {name: str(flow.named.get(name, "")) for name in _LABELS}
        self._field = "pool"
        self._secret_file = str(flow.named.get("client_secret_file", ""))

    def run(self) -> str:
        """Return the name of the profile that the pool is saved as.

        Raises:
            EOFError: The user ended the prompts before that.
        """
        question = f"{self._badge}: {QUESTION}" if self._badge else QUESTION
        self.lines.say(f"{question} Type its id, or paste its ARN or the address of its page in the console.")
        self.lines.say(f"Enter takes what stands in brackets; {BACK} goes back to here.")
        while True:
            try:
                if name := self._choose():
                    return name
            except BackError:
                self._field = "pool"
                # Another client may have no secret: the one specified isn't used again.
                self._secret_file = ""
                self.lines.say(QUESTION)

    def _choose(self) -> str:
        """Return the name of the profile; empty if the IDs must be asked for again."""
        # After an error the client is asked for again, unless it is the pool's; /back leads to the pool.
        has_both = self._field == "pool" and self._ask_for("user_pool_id")
        if not has_both:
            self._ask_for("client_id")
        self.flow.back()
        output: FirstRunOutput | None
        output = self.flow.submit(self._ids["user_pool_id"], self._ids["client_id"], self._secret_file)
        while output is not None:
            match output:
                case ProfileSaved(name):
                    self.lines.say(f"Kept as the profile {name}.")
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
                self.lines.say(TRYING)
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
        return self.flow.save_as(self.prompts.line("Keep as", self.flow.free_name()))

    def _ask_secret(self, complaint: str) -> FirstRunOutput:
        while complaint:
            self.lines.say(f"Error: {complaint}")
            path = self.prompts.line("Secret file", self.flow.secret_file)
            complaint = complain_about_secret_path(path)
        return self.flow.submit(self._ids["user_pool_id"], self._ids["client_id"], path)

    def _ask_for(self, setting: str) -> bool:
        """Ask for an ID until there is one, and return whether the answer held the other one too."""
        while True:
            typed = self.prompts.line(_LABELS[setting], self._ids[setting])
            pasted = parse_pasted_ids(typed)
            both = {"user_pool_id": pasted.user_pool_id, "client_id": pasted.client_id}
            # One ID and nothing else is taken for the one that was asked for.
            ids = {setting: typed} if typed in both.values() or not any(both.values()) else both
            if complaint := complain_about_id(setting, ids.get(setting) or ""):
                self.lines.say(f"Error: {complaint}")
                continue
            self._ids |= {name: value for name, value in ids.items() if value}
            if all(ids.get(name) for name in _LABELS):
                self.lines.say("".join(f"{_LABELS[name]}: {self._ids[name]}\n" for name in _LABELS).rstrip())
                return True
            return False
