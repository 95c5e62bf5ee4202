"""Sign in with a browser: the screen that waits for its answer, or for a pasted one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from tui_auth.auth.browser_listener import BrowserListener
from tui_auth.auth.next_step import ContinueSignInWithBrowser
from tui_auth.errors import AuthError, ErrorField
from tui_auth.flow.messages import (
    NEVER_GIVE_AWAY,
    PASTE_ADDRESS,
    format_forward,
    format_redirect_hint,
)
from tui_auth.screens.screen_context import CopyRequested
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.secret import Secret
from tui_auth.terminal.environment import is_over_ssh
from tui_auth.terminal.safe_text import safe_line
from tui_auth.threads import in_daemon_thread
from tui_auth.widgets.countdown import Countdown
from tui_auth.widgets.field import Field
from tui_auth.widgets.frame import BalancedText
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.flow.interface import ErrorMessage
    from tui_auth.screens.screen_context import ScreenContext

HINT_SECONDS = 20.0
"""When to explain redirect_mismatch, which only the browser shows: after this long most have signed in."""

HOST_CELLS = 33
"""How long a host may be to stand on the row of its step."""

STOPPED_LISTENING = (
    "tui-auth no longer waits for the browser. ^r starts again; you can still paste the address."
)
NO_SUSPEND = "This terminal can't show the address by itself. ^y copies it."


class AddressInput(TextInput):
    """The address that the browser ended at. A paste of several rows is joined; the end stays in sight."""

    def take_paste(self, text: str) -> None:
        """Replace what was typed by the pasted address without its white space."""
        joined = "".join(character for character in text if character.isprintable() and character != " ")
        self.replace(joined, 0, len(self.value))

    def on_unmount(self) -> None:
        """Clear the address: it has the code in it."""
        self.set_reactive(TextInput.value, "")


class BrowserScreen(StepScreen[ContinueSignInWithBrowser]):
    """Shows the address to open. The browser's own answer or a pasted one goes on, whichever comes first."""

    HAS_CHALLENGE_SESSION = False
    KEYS = ("submit", "newest_code", "copy", "new_code", "show_address", "back", "help", "quit")
    BUSY_TEXT = "Fetching the tokens … ^c stops waiting."
    EXPLANATION = (
        "You sign in on a page of the user pool's domain. The browser then goes to an address on the "
        "computer it runs on.\n\n"
        "If that is this computer, or its port is forwarded to this one, the sign-in continues by itself. If "
        "not, the page doesn't load: copy its address from the address bar and paste it here. "
        f"{NEVER_GIVE_AWAY}"
    )

    def __init__(self, step: ContinueSignInWithBrowser, context: ScreenContext) -> None:
        super().__init__(step, context)
        self._listener: BrowserListener | None = None
        self._problem = ""
        try:
            self._listener = BrowserListener(step)
        except AuthError as error:
            self._problem = error.message if step.short_url else ""

    # -- layout -------------------------------------------------------------------------------------

    @property
    def breadcrumb(self) -> str:
        return "browser"

    @property
    def heading(self) -> tuple[str, str]:
        provider = safe_line(self.step.provider, limit=28)
        title = f"Sign in with {provider}" if provider else "Browser sign-in"
        return title, self._host if self._pastes_first else ""

    @property
    def _host(self) -> str:
        return safe_line(self.step.host, limit=80)

    @property
    def _pastes_first(self) -> bool:
        """Whether the browser is likely on another computer, or its answer can't arrive here."""
        return is_over_ssh() or self._listener is None

    @property
    def explanation(self) -> str:
        forward = format_forward(self.step.short_url) if self._listener else ""
        hint = f"To forward the port, connect with `{forward}`. " if forward else ""
        return f"{self.EXPLANATION}\n\n{hint}{format_redirect_hint(self.step.redirect_uri)}"

    def key_label(self, action: str) -> str:
        labels = {
            "copy": "Copy the whole address",
            "new_code": "Start again",
            "newest_code": "Sign in there",
            "drawer": "Browser",
        }
        return labels.get(action) or super().key_label(action)

    def compose_form(self) -> Iterable[Widget]:
        if self._pastes_first:
            yield from self._elsewhere_first()
        else:
            yield from self._nearby_first()
        field = Field("Address of the last page", AddressInput(), id="address")
        field.set_class(self._listener is None, "browser-part")
        yield field

    def _nearby_first(self) -> Iterable[Widget]:
        """Yield what to do in a browser on this computer, then what to do elsewhere."""
        short_url, host = self.step.short_url, self._host
        link = Content.styled(short_url, Style(link=short_url, bold=True))
        is_long = len(host) > HOST_CELLS
        # There is no row to spare beside a host with a row of its own, or on a small terminal.
        is_tight = is_long or self.app.size.height < 20
        yield Static(Content.assemble("1 Open  " if is_tight else "1 Open this page\n  ", link), markup=False)
        yield Static(f"2 Sign in at\n  {host}" if is_long else f"2 Sign in at {host}", markup=False)
        yield Countdown(id="time-left")
        whole = Content.styled("the whole address", Style(link=self.step.url, underline=True))
        other = Content.assemble(
            "Another computer? ", "Open ", whole, ",\nthen paste the last page's address."
        )
        yield Static(other, classes="quiet browser-part", markup=False)

    def _elsewhere_first(self) -> Iterable[Widget]:
        """Yield what to do in a browser on another computer, then the way through a forward."""
        link = Content.styled("the address", Style(link=self.step.url, underline=True))
        steps = [
            Static(Content.assemble("1  Open ", link, " (^y, ^u) and sign in."), markup=False),
            BalancedText(f"2  {PASTE_ADDRESS}", markup=False),
        ]
        if self._listener is None and self._problem:
            yield Static(self._problem, markup=False)
            steps[0].add_class("browser-part", update=False)
        yield from steps
        if self._listener is not None:
            short_url = self.step.short_url
            link = Content.styled(short_url, Style(link=short_url, bold=True))
            forward = Content.assemble(f"Or with  {format_forward(short_url)}\nopen  ", link)
            yield Static(forward, classes="browser-part", markup=False)

    def compose_status(self) -> Iterable[Widget]:
        if self._pastes_first:
            yield Countdown(id="time-left")
        yield from super().compose_status()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#address", Field).input.focus()
        self.set_timer(HINT_SECONDS, self._explain_mismatch)
        if self._listener is not None:
            self.query_one("#time-left", Countdown).count_down(self.step.expires_in, "Waiting · {} left")
            waiting = self._wait_for_browser(self._listener)
            self.run_worker(waiting, group="browser", exit_on_error=False, description="browser")

    def on_unmount(self) -> None:
        """Free the port."""
        self._stop_listening()

    # -- whichever comes first ----------------------------------------------------------------------

    async def _wait_for_browser(self, listener: BrowserListener) -> None:
        answer = await in_daemon_thread(listener.wait)
        if answer is not None:
            self._answer(answer)
        elif listener is self._listener:
            self._stop_listening()
            self.notice = STOPPED_LISTENING

    def _answer(self, address: Secret) -> None:
        if not self.busy and not self._offers_restart:
            self._has_sent = True
            self.post_message(StepAnswered(address))

    def build_answer(self) -> Message | None:
        field = self.query_one("#address", Field)
        if not field.value.strip():
            self.show_field_error(field, "Paste the address of the last page.")
            return None
        return StepAnswered(Secret(field.value))

    def paste_address(self, address: str) -> None:
        """Put an address into the field; for the demo, whose browser ended where nothing waits."""
        self.query_one("#address", Field).value = address

    def _explain_mismatch(self) -> None:
        if not (self.busy or self.notice or self._offers_restart):
            self.notice = format_redirect_hint(self.step.redirect_uri)

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            for countdown in self.query("#time-left").results(Countdown):
                countdown.stop()

    # -- keys ---------------------------------------------------------------------------------------

    def action_new_code(self) -> None:
        """Start again with another address; the port must be free for that."""
        if not self.busy:
            self._stop_listening()
        super().action_new_code()

    def offer_restart(self, error: ErrorMessage) -> None:
        self._stop_listening()
        super().offer_restart(error)

    def action_copy(self) -> None:
        """Copy the whole address."""
        self.post_message(CopyRequested(self.step.url, "The address"))

    def action_show_address(self) -> None:
        """Show the address by itself on the normal screen, where it can be selected in one piece."""
        from tui_auth.terminal.tty import show_alone

        listener = self._listener
        try:
            with self.app.suspend():
                show_alone(
                    self.step.url,
                    "Enter goes back.",
                    lambda: listener is not None and listener.has_answer,
                )
        except SuspendNotSupported:
            self.notice = NO_SUSPEND

    def field_for(self, error_field: ErrorField) -> Field | None:
        return self.query_one("#address", Field)
