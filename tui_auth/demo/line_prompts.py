"""The demo in line prompts: the list of sample users, and every step with the phone's codes as text."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_auth.auth.next_step import ContinueSignInWithBrowser, ContinueSignInWithTOTPSetup
from tui_auth.demo.phone import InboxMessage
from tui_auth.demo.service import APP_NAME, KEY_PIN, OTHER_USER, OTHER_USER_KEY, DemoService
from tui_auth.flow.passkey import PIN_LABEL, TOUCH
from tui_auth.plain.prompts import BackError, Lines, Prompts
from tui_auth.plain.sign_in import PlainSignIn
from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.emulator.demo_users import DemoUser

BROWSER = "sign in with the demo's browser"
INTRODUCTION = (
    "Demo: the user pool, the phone and the inbox are inside this program.\n"
    "Nothing is sent or stored. Enter takes the value in brackets.\n"
    "^D goes back to this list. At the list it ends the demo."
)


def run_in_lines(service: DemoService, lines: Lines) -> None:
    """Show the list and sign in as the users that are chosen, until ^D."""
    lines.say(INTRODUCTION)
    user_list = _format_list(service)
    lines.say(user_list)
    prompts = Prompts(lines, empty_line_text=user_list)
    while True:
        try:
            choice = prompts.line("Key or user name")
        except BackError:
            lines.say(user_list)
            continue
        except EOFError:
            return
        user = service.find_user(choice)
        if user is None and choice != OTHER_USER_KEY:
            lines.say(
                f"Error: There is no sample user “{safe_line(choice, limit=40)}”. Enter shows the list."
            )
            continue
        with suppress(EOFError):
            _sign_in(service, lines, user)


def _format_list(service: DemoService) -> str:
    rows = [f"{user.key} {user.username}: {user.description}" for user in service.users]
    return "\n".join([*rows, f"{OTHER_USER_KEY} {OTHER_USER}"])


def _sign_in(service: DemoService, lines: Lines, user: DemoUser | None) -> None:
    auth, settings = service.prepare_sign_in(user)
    demo_lines = DemoLines(lines, service, user)
    settings = replace(settings, username=user.username if user else "")
    sign_in = demo_lines.sign_in = PlainSignIn(auth, settings, demo_lines)
    done = sign_in.run()
    name = safe_line(done.claims.name_for(sign_in.username), limit=80)
    lines.say(f"Signed in as {name}. Choose another user, or press Enter for the list.")


class DemoLines:
    """A terminal that offers the sample password and the phone's codes as the defaults of the prompts."""

    def __init__(self, lines: Lines, service: DemoService, user: DemoUser | None) -> None:
        self._lines = lines
        self._service = service
        self._user = user
        self.sign_in: PlainSignIn | None = None

    def say(self, text: str = "") -> None:
        """Print one or more lines. The demo touches its security key as soon as that is asked for."""
        self._lines.say(text)
        if text == TOUCH and self._service.keys.key.touch():
            self._lines.say("The demo has touched its security key.")

    def ask(self, prompt: str) -> str:
        """Read a line. An empty one is the current code, if the prompt asks for a code."""
        code = self._current_code() if prompt.startswith("Code") else ""
        return self._lines.ask(f"{prompt} [{code}]" if code else prompt).strip() or code

    def ask_secret(self, prompt: str) -> Secret:
        """Read a line without echo. An empty one is the sample user's password, if that is asked for."""
        if prompt.startswith(PIN_LABEL):
            return self._lines.ask_secret(f"{prompt} [{KEY_PIN}]") or Secret(KEY_PIN)
        user, sign_in = self._user, self.sign_in
        if prompt != "Password" or user is None or sign_in is None or sign_in.username != user.username:
            return self._lines.ask_secret(prompt)
        return self._lines.ask_secret(f"{prompt} [{user.password}]") or Secret(user.password)

    def ask_address(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        """Read a pasted address; None if it arrived another way. Enter uses the demo's browser."""
        typed = self._lines.ask_address(f"{prompt} [{BROWSER}]", has_arrived)
        user, step = self._user, self.sign_in.flow.step if self.sign_in else None
        if typed is None or typed or user is None or not isinstance(step, ContinueSignInWithBrowser):
            return typed
        page = self._service.browser.sign_in(step, user.username, user.password)
        self.say(f"The demo's browser shows: {page.title}.")
        return Secret(page.address) if page.is_dead else None

    def wait_for(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        """Wait until something happens that isn't typed."""
        return self._lines.wait_for(prompt, has_arrived)

    def wait(self, seconds: float) -> None:
        """Wait, and discard what is typed meanwhile."""
        self._lines.wait(seconds)

    def _current_code(self) -> str:
        """Return the code that the step asks for, after saying where it comes from."""
        if self.sign_in is None:
            return ""
        flow, phone = self.sign_in.flow, self._service.phone
        step = flow.step
        if isinstance(step, ContinueSignInWithTOTPSetup) and phone.scan(
            step.setup_details.get_setup_uri(APP_NAME)
        ):
            self.say("The demo phone has added this key.")
        current = phone.current_code(flow.username, step)
        if current is None:
            return ""
        is_email = isinstance(current, InboxMessage) and current.medium == "EMAIL"
        place = "in the demo inbox" if is_email else "on the demo phone"
        self.say(f"The code {place} is {current.code}.")
        return current.code
