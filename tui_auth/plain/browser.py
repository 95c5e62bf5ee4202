"""Sign in with a browser, in line prompts: the address alone on its line, and the answer that comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.auth.browser_listener import BrowserListener
from tui_auth.errors import AuthError
from tui_auth.flow import messages
from tui_auth.plain.prompts import NEW_CODE
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from tui_auth.auth.next_step import ContinueSignInWithBrowser
    from tui_auth.flow.outputs import Output
    from tui_auth.flow.sign_in_flow import SignInFlow
    from tui_auth.plain.prompts import Prompts


class BrowserPrompts:
    """Asks for the address that the browser ended at, while the listener waits for the browser itself."""

    def __init__(self, prompts: Prompts, flow: SignInFlow) -> None:
        self.prompts = prompts
        self.flow = flow
        self._step: ContinueSignInWithBrowser | None = None
        self._listener: BrowserListener | None = None

    def ask(self, step: ContinueSignInWithBrowser) -> Output:
        """Ask for the answer to the step and send it. The address is printed once for each try."""
        if step is not self._step:
            self._begin(step)
        listener = self._listener
        typed = self.prompts.address(
            "Address", lambda: listener is not None and listener.has_answer, (NEW_CODE,)
        )
        if typed is None and listener is not None:
            self.prompts.lines.say("The browser has answered.")
            typed = listener.wait(0)
        if typed is None or typed.reveal() == NEW_CODE:
            self.stop()
            return self.flow.new_code()
        return self.flow.answer(typed)

    def stop(self) -> None:
        """Free the port."""
        if self._listener:
            self._listener.close()
        self._step = self._listener = None

    def _begin(self, step: ContinueSignInWithBrowser) -> None:
        self.stop()
        self._step = step
        lines = self.prompts.lines
        try:
            self._listener = BrowserListener(step)
        except AuthError as error:
            if step.short_url:
                lines.say(error.message)
        place = f" at {safe_line(step.host, limit=100)}" if step.host else ""
        provider = f" with {safe_line(step.provider, limit=40)}" if step.provider else ""
        lines.say(f"Open this address in a browser to sign in{place}{provider}:")
        # Nothing else is on its line or touches it, so that a terminal finds and selects the address alone.
        for text in ("", step.url, ""):
            lines.say(text)
        if self._listener:
            forward = messages.format_forward(step.short_url)
            lines.say(f"On this computer, or with {forward}, {step.short_url} leads there too.")
        for text in (
            "On another computer the last page won't load. Paste its address here.",
            messages.NEVER_GIVE_AWAY,
            messages.format_redirect_hint(step.redirect_uri),
            f"Type {NEW_CODE} to start again.",
        ):
            lines.say(text)
