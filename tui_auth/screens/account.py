"""AccountRoot: the account of a signed-in user as screens, in any Textual program."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on

from tui_auth.errors import AuthError, ErrorField, TuiAuthError
from tui_auth.flow.account_factor_pages import AppPage
from tui_auth.flow.account_overview_page import OverviewPage
from tui_auth.flow.account_pages import Back, FormPage, Leave, ListPage, Open, Page, Run, Say
from tui_auth.flow.account_passkey_pages import RegistrationPage
from tui_auth.flow.interface import INTERNAL_ERROR, ErrorMessage
from tui_auth.flow.messages import STOPPED
from tui_auth.screens.account_page import (
    AccountPageScreen,
    AppScreen,
    CodeWanted,
    FormSubmitted,
    RowChosen,
    ShortcutPressed,
)
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.guest import GuestScreen
from tui_auth.screens.passkey import CredentialMade, RegistrationRestarted, RegistrationScreen
from tui_auth.screens.screen_context import (
    CopyRequested,
    Decision,
    FormClosed,
    ScreenContext,
    ScreenOptions,
    StopRequested,
    copy_to_clipboard,
)
from tui_auth.screens.step_screen import StepAnswered
from tui_auth.secret import Secret
from tui_auth.terminal.full_screen import FullScreenApp
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.screen import Screen

    from tui_auth.flow.account_pages import AccountContext, Output
    from tui_auth.screens.screen_context import Companion

PageScreen = AccountPageScreen | AppScreen | RegistrationScreen


class AccountRoot(AccountPageScreen):
    """The overview of an account. Opens, closes and ends the pages above it on the stack.

    Args:
        settings: The account.
        pool_label: The name of the pool on the screen.
        username: The user's name on the screen.
        environment_badge: The badge of an endpoint other than Cognito's.
        on_end: Called in place of ``dismiss``, with the sentence that explains the end, mostly empty, and
            the error that ended it, mostly None.
        companion: The demo around the account.
        hidden_actions: The actions that no screen offers.
        labels: Texts in place of ours.
    """

    REQUESTS: ClassVar[str] = "account"

    def __init__(
        self,
        settings: AccountContext,
        *,
        pool_label: str = "",
        username: str = "",
        environment_badge: str = "",
        on_end: Callable[[str, TuiAuthError | None], None] | None = None,
        companion: Companion | None = None,
        hidden_actions: frozenset[str] = frozenset(),
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self._on_end = on_end
        self.ended_by: TuiAuthError | None = None
        """The error that ended it, such as NotSignedInError for a session that was ended elsewhere."""
        context = ScreenContext(
            pool=pool_label,
            now=time.time,
            username=username,
            environment_badge=environment_badge,
            app_name=settings.app_name,
            password_policy=settings.password_policy,
            trace=settings.account.trace,
            companion=companion,
            options=ScreenOptions(
                controller=self, can_leave=True, hidden_actions=hidden_actions, labels=dict(labels or {})
            ),
        )
        super().__init__(OverviewPage(settings), context)

    def key_label(self, action: str) -> str:
        return "Leave" if action == "back" else super().key_label(action)

    def on_mount(self) -> None:
        """Read what the overview shows. Each value appears when it is there."""
        super().on_mount()
        self._read_again(self)

    # -- screens ------------------------------------------------------------------------------------

    @property
    def pages(self) -> list[PageScreen]:
        """This screen and the pages above it, the topmost last."""
        return [screen for screen in self._stack if isinstance(screen, PageScreen)]

    @property
    def _stack(self) -> list[Screen[Any]]:
        stack = self.app.screen_stack
        return stack[stack.index(self) :] if self in stack else []

    def _close_overlays(self) -> None:
        """Close our help and the call trace, so that the pages can change."""
        while isinstance(self._stack[-1], GuestScreen) and not isinstance(self._stack[-1], PageScreen):
            self.app.pop_screen()

    def _hold_keys(self) -> None:
        if isinstance(self.app, FullScreenApp):
            self.app.type_ahead.hold()

    def _open(self, page: Page, *, in_place: bool) -> None:
        self._hold_keys()
        self._close_overlays()
        crumbs = tuple(screen.page.crumb for screen in self.pages[: -1 if in_place else None])
        context = replace(self.context, breadcrumbs=crumbs[-2:])
        screen: PageScreen
        if isinstance(page, AppPage):
            screen = AppScreen(page, context)
        elif isinstance(page, RegistrationPage):
            screen = RegistrationScreen(page, context)
        else:
            screen = AccountPageScreen(page, context)
        if in_place and len(self.pages) > 1:
            self.app.switch_screen(screen)
        else:
            self.app.push_screen(screen)

    def _go_back(self, output: Back) -> None:
        self._hold_keys()
        self._close_overlays()
        if len(self.pages) > 1:
            self.app.pop_screen()
        screen = self.pages[-1]
        screen.error, screen.notice = None, output.notice
        screen.redraw()
        if output.is_changed:
            for changed in self.pages:
                self._read_again(changed)

    def end(self, text: str = "", error: TuiAuthError | None = None) -> None:
        """Close the pages and this screen."""
        self.ended_by = error
        self.workers.cancel_node(self)
        if self._on_end:
            self._on_end(text, error)
            return
        while len(self._stack) > 1:
            self.app.pop_screen()
        self.dismiss(None)

    # -- what the user decides ----------------------------------------------------------------------

    @on(Decision)
    def _decide(self, decision: Decision) -> None:
        decision.stop()
        if not self._stack:
            return
        screen = self.pages[-1]
        page = screen.page
        match decision:
            case FormScreen.BackRequested() | StopRequested() if screen.busy:
                self.stop_waiting()
            case FormScreen.BackRequested() if screen is self:
                self.end()
            case FormScreen.BackRequested():
                self._go_back(Back(is_changed=False))
            case RowChosen() if isinstance(page, ListPage):
                self._carry_out(page.select(decision.position), screen)
            case ShortcutPressed() if isinstance(page, ListPage):
                self._carry_out(page.press(decision.key, decision.position), screen)
            case FormSubmitted() if isinstance(page, FormPage):
                self._carry_out(page.submit(decision.values), screen)
            case StepAnswered(value=Secret() as code) if isinstance(page, FormPage):
                self._carry_out(page.submit({"code": code}), screen)
            case CredentialMade() if isinstance(page, RegistrationPage):
                self._carry_out(page.register(decision.credential), screen)
            case RegistrationRestarted() if isinstance(page, RegistrationPage):
                self._carry_out(page.restart(), screen)
            case CodeWanted() if isinstance(page, FormPage):
                self._carry_out(page.resend(), screen)

    def stop_waiting(self) -> None:
        """Stop waiting for the request in flight. What it changes, it changes."""
        self.workers.cancel_group(self, self.REQUESTS)
        screen = self.pages[-1]
        screen.busy = False
        screen.notice = STOPPED
        for changed in self.pages:
            self._read_again(changed)

    def on_form_closed(self, event: FormClosed) -> None:
        """Do nothing: the stack has the pages that are open."""
        event.stop()

    def on_copy_requested(self, event: CopyRequested) -> None:
        """Send the text to the terminal's clipboard."""
        event.stop()
        self._start(partial(copy_to_clipboard, self.app, event, lambda: self.pages[-1]), "clipboard")

    # -- requests -----------------------------------------------------------------------------------

    def _carry_out(self, output: Output, screen: PageScreen) -> None:
        """Show an output on the page whose answer or request it is."""
        match output:
            case None:
                screen.redraw()
            case Open():
                self._open(output.page, in_place=output.in_place)
            case Back():
                self._go_back(output)
            case Run(in_background=True):
                self._start(partial(self._read, output, screen), f"read-{id(output.work)}")
            case Run():
                screen.busy = True
                self._start(partial(self._request, output, screen), self.REQUESTS)
            case Say(is_error=True, field=name) if name:
                screen.show_input_error(name, output.text)
            case Say(is_error=True):
                screen.error = ErrorMessage(output.text, ErrorField.FORM)
            case Say():
                screen.redraw()
                screen.notice = output.text
            case Leave():
                self.end(output.text)

    def _start(self, work: Callable[[], Any], group: str) -> None:
        function: Any = work  # mypy doesn't match it with any of the types that Textual accepts
        self.run_worker(function, exclusive=True, group=group, exit_on_error=False, description=group)

    def _read_again(self, screen: PageScreen) -> None:
        for run in screen.page.load():
            self._carry_out(run, screen)

    async def _read(self, run: Run, screen: PageScreen) -> None:
        """Read a part of a page in the background, and draw it when it is there."""
        try:
            await in_daemon_thread(run.work)
        except AuthError as error:
            if screen in self.pages and not screen.error:
                screen.error = ErrorMessage.from_error(error, retry_key="")
        except TuiAuthError as error:
            self.end(str(error), error)
        else:
            if screen in self.pages:
                screen.redraw()

    async def _request(self, run: Run, screen: PageScreen) -> None:
        """Run a request while the page is busy, and show what it leads to."""
        failure: Exception | None = None
        output: Output = None
        try:
            output = await in_daemon_thread(run.work)
        except Exception as error:
            failure = error
        if screen not in self.pages:
            return
        screen.busy = False
        match failure:
            case None:
                self._carry_out(output, screen)
            case AuthError():
                self._show_error(failure, screen)
            case TuiAuthError():
                self.end(str(failure), failure)
            case _:
                screen.error = ErrorMessage(INTERNAL_ERROR, ErrorField.FORM)

    def _show_error(self, error: AuthError, screen: PageScreen) -> None:
        message = ErrorMessage.from_error(error)
        if isinstance(screen.page, ListPage):
            message = replace(message, field=ErrorField.FORM)
        if error.retry_after:
            screen.wait(error.retry_after, message)
        else:
            screen.error = message
