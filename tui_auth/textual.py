"""SignIn: the sign-in screens for any Textual program.

::

    from tui_auth import Auth
    from tui_auth.textual import SignIn

    @work
    async def start(self) -> None:
        done = await self.push_screen_wait(SignIn(Auth.from_profile("acme")))

The screens are those of ``tui-auth sign-in``. ``docs/textual.md`` describes what a program can rely on.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from tui_auth.auth.app_client import AuthFlow
from tui_auth.config.aws_settings import effective_endpoint
from tui_auth.errors import ErrorKind, InvalidStateError
from tui_auth.flow.interface import SignInSettings, environment_badge_for
from tui_auth.screens.guest import GuestScreen
from tui_auth.screens.screen_context import ScreenOptions
from tui_auth.screens.sign_in_root import SignInRoot, load_rest
from tui_auth.terminal.full_screen import SETTLED_AFTER_SECONDS
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from textual.app import ComposeResult
    from textual.screen import Screen

    from tui_auth.auth.auth import Auth
    from tui_auth.auth.next_step import AuthFactorType, Done
    from tui_auth.flow.sign_in_flow import SignInFlow
    from tui_auth.screens.form_screen import FormScreen

__all__ = ["SignIn"]

T = TypeVar("T")


class SignIn(SignInRoot):
    """Signs a user in, through every step that the user pool asks for.

    Push it with ``push_screen_wait``, or with ``push_screen`` and a callback. The result is Done, or None if
    the user left or the program closed the screens.

    Args:
        auth: The user pool and app client to sign in to.
        username: The user name to fill in.
        pool_label: The name of the pool on the screen; by default its ID.
        auth_flow: The auth flow to start with; by default that of ``auth``.
        preferred_first_factor: PREFERRED_CHALLENGE of USER_AUTH; by default that of ``auth``.
        app_name: The issuer that an authenticator app shows; by default ``pool_label``.
        client_metadata: Passed to the pool's Lambda triggers.
        hide_sign_up: Whether users can't create an account here.
        hide_forgot_password: Whether users can't ask for a password reset here.
        initial: The form to open first.

    Raises:
        InvalidStateError: ``auth_flow`` isn't a flow.
    """

    def __init__(
        self,
        auth: Auth,
        *,
        username: str = "",
        pool_label: str = "",
        auth_flow: AuthFlow | str | None = None,
        preferred_first_factor: AuthFactorType | str | None = None,
        app_name: str = "",
        client_metadata: Mapping[str, str] | None = None,
        hide_sign_up: bool = False,
        hide_forgot_password: bool = False,
        initial: Literal["sign_in", "sign_up", "forgot_password"] = "sign_in",
    ) -> None:
        client = auth.client
        factor = preferred_first_factor or auth.default_first_factor
        settings = SignInSettings(
            pool=pool_label or client.user_pool_id,
            username=username,
            auth_flow=_parse_flow(auth_flow or auth.default_auth_flow),
            preferred_first_factor=str(factor) if factor else None,
            client_metadata=client_metadata or auth.default_client_metadata or {},
            app_name=app_name,
            environment_badge=environment_badge_for(effective_endpoint(client.endpoint_url)),
            leaves_when_done=True,
        )
        hidden = ["quit", *["sign_up"] * hide_sign_up, *["forgot"] * hide_forgot_password]
        super().__init__(
            auth,
            settings,
            self._new_flow,
            options=ScreenOptions(can_leave=True, hidden_actions=frozenset(hidden)),
        )
        self._initial = initial
        self._mode: str | None = None
        self._ours: list[Screen[Any]] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stack_changed = asyncio.Event()
        self._has_ended = False

    def _new_flow(self) -> SignInFlow:
        from tui_auth.flow.sign_in_flow import SignInFlow

        return SignInFlow(self.auth, self.settings)

    def compose(self) -> ComposeResult:
        # Textual has styled this screen, the first of ours, before it was known as ours.
        self.app.stylesheet.apply(self)
        yield from super().compose()

    def on_mount(self) -> None:
        """Open the first form, and load the rest soon after it is drawn."""
        self._mode = self.app.current_mode
        self.app.screen_change_signal.subscribe(self, self._note_change)
        self.set_timer(SETTLED_AFTER_SECONDS, self._connect)

    def _connect(self) -> None:
        self.start_worker(partial(in_daemon_thread, partial(load_rest, self.auth)), "connect", "connect")

    # -- the end ------------------------------------------------------------------------------------

    def end(self, done: Done | None) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._ours.clear()
            super().end(done)

    def on_form_screen_closed(self, event: FormScreen.Closed) -> None:
        """End if the program has closed a screen of the sign-in."""
        if event.screen in self._ours and event.screen not in self.screen_stack and self.app.is_running:
            self.end(None)

    def _pop_result_callback(self) -> None:
        # ``pop_screen`` and ``switch_screen`` drop the callback, and the program would wait forever.
        self._resolve()
        super()._pop_result_callback()

    def on_unmount(self) -> None:
        """Return None if the program has removed the screen, and cancel what is running."""
        self._resolve()
        for task in self._tasks.values():
            task.cancel()

    def _resolve(self) -> None:
        self._has_ended = True
        for callback in self._result_callbacks:
            if callback.future is None or not callback.future.done():
                callback(None)

    # -- the host of the presenter ------------------------------------------------------------------

    @property
    def screen_stack(self) -> list[Screen[Any]]:
        """This screen and those above it, also while the program shows another mode."""
        try:
            stack = self.app.get_screen_stack(self._mode)
        except KeyError:
            return []
        return stack[stack.index(self) :] if self in stack else []

    def push_screen(self, screen: Screen[Any]) -> None:
        self._ours.append(screen)
        super().push_screen(screen)

    def switch_screen(self, screen: Screen[Any]) -> None:
        self._forget_top()
        self._ours.append(screen)
        super().switch_screen(screen)

    def pop_screen(self) -> None:
        self._forget_top()
        super().pop_screen()

    def _forget_top(self) -> None:
        top = self.screen_stack[-1]
        if top in self._ours:
            self._ours.remove(top)

    def start_worker(
        self, work: Callable[[], Coroutine[Any, Any, None]], group: str, description: str
    ) -> None:
        """Run the work as a task, which the program doesn't know: it may cancel all of its workers."""
        self.cancel_workers(group)
        self._tasks[group] = asyncio.create_task(work(), name=description)

    def cancel_workers(self, group: str) -> None:
        task = self._tasks.pop(group, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    async def run_in_thread(self, function: Callable[[], T]) -> T:
        """Run the function on a thread; return its result once no other screen covers ours."""
        result = await in_daemon_thread(function)
        while not self._has_ended and not self._is_on_top:
            self._stack_changed.clear()
            await self._stack_changed.wait()
        return result

    @property
    def _is_on_top(self) -> bool:
        is_shown = self.app.current_mode == self._mode
        return is_shown and all(isinstance(screen, GuestScreen) for screen in self.screen_stack)

    def _note_change(self, _: Screen[Any]) -> None:
        self._stack_changed.set()


def _parse_flow(name: AuthFlow | str) -> AuthFlow:
    try:
        return AuthFlow(name)
    except ValueError:
        known = ", ".join(AuthFlow)
        raise InvalidStateError(
            ErrorKind.INVALID_STATE, "Unknown auth flow.", f"Choose one of {known}."
        ) from None
