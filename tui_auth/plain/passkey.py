"""A security key at line prompts."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

from tui_auth.error_kinds import PasskeyProblem
from tui_auth.flow import passkey
from tui_auth.flow.passkey import KeyEvent, KeyStage
from tui_auth.passkeys.problems import passkey_error, pin_error
from tui_auth.plain.prompts import BACK, BackError, Prompts
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.auth.next_step import ContinueSignInWithPasskey
    from tui_auth.errors import PasskeyError
    from tui_auth.flow.outputs import Ceremony, Output
    from tui_auth.flow.sign_in_flow import SignInFlow
    from tui_auth.secret import Secret

WAITING_PROMPT = f"To give up, type {BACK}"


MESSAGES = {
    KeyStage.PLUG_IN: passkey.PLUG_IN,
    KeyStage.CHOOSE_KEY: passkey.CHOOSE_KEY,
    KeyStage.TOUCH: passkey.TOUCH,
}


class PasskeyPrompts:
    """Has the user plug in a security key, enter its PIN and touch it.

    Args:
        prompts: The prompts.
        leave: The answer that gives up after a problem.
        site: The question about the site, and the answers no and yes.
        describe: Returns what went wrong and what helps.
    """

    def __init__(
        self,
        prompts: Prompts,
        *,
        leave: str = passkey.OTHER_WAY,
        site: tuple[str, str, str] = (passkey.SITE_QUESTION, passkey.SITE_NO, passkey.SITE_YES),
        describe: Callable[[PasskeyError], str] = str,
    ) -> None:
        self.prompts = prompts
        self._describe = describe
        self._leave, self._site = leave, site
        self.lines = prompts.lines
        self.problem: PasskeyProblem | None = None
        """What went wrong the last time."""

    def answer(
        self, step: ContinueSignInWithPasskey, make_ceremony: Callable[..., Ceremony], flow: SignInFlow
    ) -> Output:
        """Use a security key and answer the step, or go back to the choice of a factor."""
        self.lines.say(f"{passkey.TITLE} for {safe_line(step.relying_party, limit=passkey.SITE_LIMIT)}.")
        try:
            event = self.use_key(step.relying_party, make_ceremony)
        except BackError:
            return flow.back()
        return flow.answer(event.answer, breadcrumb="passkey") if event.answer else flow.back()

    def use_key(self, relying_party: str, make_ceremony: Callable[..., Ceremony]) -> KeyEvent:
        """Use a security key until that succeeds. Raises BackError if the user gives up."""
        is_confirmed = False
        while (event := self._use_key(make_ceremony, is_confirmed=is_confirmed)).stage is not KeyStage.DONE:
            error = event.error or passkey_error(PasskeyProblem.KEY_REMOVED)
            self.problem = error.problem
            if error.problem is PasskeyProblem.RELYING_PARTY_UNCONFIRMED:
                is_confirmed = self._confirm(safe_line(relying_party, limit=passkey.SITE_LIMIT))
            else:
                self._offer_another_try(self._describe(error))
        return event

    def _use_key(self, make_ceremony: Callable[..., Ceremony], *, is_confirmed: bool) -> KeyEvent:
        """Run one ceremony and return how it ended."""
        events: queue.SimpleQueue[KeyEvent] = queue.SimpleQueue()
        ceremony = make_ceremony(events.put, is_confirmed=is_confirmed)
        ceremony.start()
        try:
            while (event := events.get()).stage not in (KeyStage.DONE, KeyStage.FAILED):
                if event.stage is KeyStage.PIN:
                    ceremony.enter_pin(self._ask_pin(event))
                else:
                    self.lines.say(MESSAGES[event.stage])
                    if events.empty():
                        self.prompts.wait_for(WAITING_PROMPT, lambda: not events.empty())
            return event
        finally:
            ceremony.cancel()

    def _ask_pin(self, event: KeyEvent) -> Secret:
        tries = passkey.format_tries(event.tries_left)
        if event.was_wrong:
            self.lines.say(f"Error: {passkey.PIN_WRONG}")
        prompt = f"{passkey.PIN_LABEL} ({tries})" if tries else passkey.PIN_LABEL
        while problem := pin_error(pin := self.prompts.secret(prompt)):
            self.lines.say(f"Error: {problem}")
        return pin

    def _confirm(self, site: str) -> bool:
        question, *answers = self._site
        self.lines.say(question.format(site))
        self.prompts.show(answers)
        if self.prompts.number(2) == 0:
            raise BackError
        return True

    def _offer_another_try(self, problem: str) -> None:
        self.lines.say(f"Error: {problem}")
        self.prompts.show((passkey.TRY_AGAIN, self._leave))
        if self.prompts.number(2) == 1:
            raise BackError


def prompts_to_register(prompts: Prompts) -> PasskeyPrompts:
    """Return the prompts for a new passkey, which there is no other way to make."""
    return PasskeyPrompts(
        prompts,
        leave="Give up",
        site=(passkey.NEW_SITE_QUESTION, passkey.NEW_SITE_NO, passkey.NEW_SITE_YES),
        describe=passkey.format_registration_problem,
    )
