"""SignIn and AccountScreen: the screens of a sign-in and of an account for any Textual program.

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
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.next_step import NEXT_STEPS
from tui_auth.config.aws_settings import effective_endpoint
from tui_auth.config.resolver import ResolvedPool
from tui_auth.errors import AuthError, ConfigurationError, ErrorKind, InvalidStateError, StorageError
from tui_auth.flow.account_pages import AccountContext
from tui_auth.flow.after_sign_in import SessionSaver
from tui_auth.flow.interface import (
    ASSUMED_SESSION_SECONDS,
    INTERNAL_ERROR,
    ErrorMessage,
    PasskeySettings,
    SignInSettings,
    environment_badge_for,
)
from tui_auth.flow.outputs import ShowSaved, ShowStep, StepContext
from tui_auth.screens.account import AccountRoot
from tui_auth.screens.done import DoneScreen
from tui_auth.screens.guest import GuestScreen
from tui_auth.screens.keys import APP_KEYS, DEMO_KEYS, KEY_TABLE
from tui_auth.screens.screen_context import ScreenOptions
from tui_auth.screens.sign_in_presenter import SignInPresenter
from tui_auth.screens.sign_in_root import SignInRoot, load_rest
from tui_auth.session.sessions import SaveResult
from tui_auth.storage.stores import NOT_STORED, STORAGE_LABELS, StorageKind
from tui_auth.terminal.full_screen import SETTLED_AFTER_SECONDS
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping

    from textual.app import ComposeResult
    from textual.screen import Screen
    from textual.widget import Widget

    from tui_auth.api import Auth, Done
    from tui_auth.auth import next_step
    from tui_auth.auth.devices import Device
    from tui_auth.flow.outputs import Output
    from tui_auth.flow.sign_in_flow import SignInFlow
    from tui_auth.screens.screen_context import Decision, FormClosed
    from tui_auth.session_api import Session

__all__ = ["LABELS", "AccountScreen", "SignIn"]

T = TypeVar("T")

_GROUPS = ("SignIn", "SignUp", *(step.__name__ for step in NEXT_STEPS))
_ACTIONS = [action for action in KEY_TABLE if action not in (*APP_KEYS, *DEMO_KEYS, "submit", "account")]
LABELS = frozenset(
    {
        *("program", "SignIn.username", "SignIn.password", "SignIn.leave"),
        *(f"{group}.{part}" for group in _GROUPS for part in ("title", "task", "submit")),
        *(f"key.{action}" for action in _ACTIONS),
    }
)
"""The keys that ``SignIn`` takes in ``labels``; ``docs/textual.md`` describes them."""


class SignIn(SignInRoot):
    """Signs a user in, through every step that the user pool asks for.

    Push it with ``push_screen_wait``, or with ``push_screen`` and a callback. The result is Done, or None if
    the user left or the host program closed one of the screens.

    Args:
        auth: The user pool and app client to sign in to.
        username: The user name to fill in; by default that of the profile.
        pool_label: The name of the pool on the screen; by default that of the profile, else the pool's ID.
        auth_flow: The auth flow to start with; by default that of ``auth``.
        preferred_first_factor: PREFERRED_CHALLENGE of USER_AUTH; by default that of ``auth``.
        app_name: The issuer that an authenticator app shows; by default that of the profile, else
            ``pool_label``.
        client_metadata: Passed to the pool's Lambda triggers; by default that of ``auth``.
        hide_sign_up: Whether users can't create an account here.
        hide_forgot_password: Whether users can't ask for a password reset here.
        initial: The form to open first.
        header: Returns new widgets of the host program to show above every form.
        footer: Returns new widgets of the host program to show below every form.
        labels: Texts in place of those of tui-auth, by their keys in ``LABELS``.
        save: Where to store the session before the result is returned: "file"; "session", until the user
            logs out of this machine; "keyring"; or "ask" to let the user choose. None: ``Done.session`` is
            in memory. If it can't be stored, the screen says why, and the result is returned all the same.

    Raises:
        InvalidStateError: ``auth_flow`` isn't an auth flow.
        ConfigurationError: ``labels`` has an unknown key, or ``save`` is something else.
    """

    def __init__(
        self,
        auth: Auth,
        *,
        username: str = "",
        pool_label: str = "",
        auth_flow: AuthFlow | str | None = None,
        preferred_first_factor: next_step.AuthFactorType | str | None = None,
        app_name: str = "",
        client_metadata: Mapping[str, str] | None = None,
        hide_sign_up: bool = False,
        hide_forgot_password: bool = False,
        initial: Literal["sign_in", "sign_up", "forgot_password"] = "sign_in",
        save: Literal["file", "session", "keyring", "ask"] | None = None,
        header: Callable[[], Widget | Iterable[Widget]] | None = None,
        footer: Callable[[], Widget | Iterable[Widget]] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        client, labels = auth.client, _check_labels(labels)
        if save not in (None, "file", "session", "keyring", "ask"):
            raise ConfigurationError("save must be file, session, keyring or ask.")
        factor = preferred_first_factor or auth.default_first_factor
        pool = auth.pool or ResolvedPool(client.user_pool_id, client.client_id)
        settings = SignInSettings(
            pool=pool_label or pool.profile or client.user_pool_id,
            username=username or pool.username or "",
            username_label=labels.get("SignIn.username", pool.username_label),
            auth_flow=_parse_flow(auth_flow or auth.default_auth_flow),
            preferred_first_factor=str(factor) if factor else None,
            client_metadata=client_metadata or auth.default_client_metadata or {},
            app_name=app_name or pool.app_name or "",
            environment_badge=environment_badge_for(effective_endpoint(client.endpoint_url)),
            session_seconds=pool.session_minutes * 60 if pool.session_minutes else ASSUMED_SESSION_SECONDS,
            leaves_when_done=save != "ask",
            username_attributes=pool.username_attributes,
            required_attributes=pool.required_attributes,
            mfa_methods=pool.mfa_methods,
            password_policy=pool.password_policy,
            managed_login=auth.managed_login,
            identity_providers=pool.browser.get("identity_providers", ()),
            passkeys=PasskeySettings.from_pool(pool),
        )
        hidden = ["quit", "account", *["sign_up"] * hide_sign_up, *["forgot"] * hide_forgot_password]
        options = ScreenOptions(
            can_leave=True,
            hidden_actions=frozenset(hidden),
            labels=labels,
            header=header,
            footer=footer,
        )
        super().__init__(auth, settings, self._new_flow, options=options)
        self._initial = initial
        self._saver = _GuestSaver(auth, None if save == "ask" else StorageKind(save)) if save else None
        self._must_save = save not in (None, "ask")
        self._mode: str | None = None
        self._ours: list[Screen[Any]] = []
        """The screens above this one that the host program hasn't closed."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stack_changed = asyncio.Event()
        self._has_ended = False
        self._result: Done | None = None

    @cached_property
    def presenter(self) -> SignInPresenter:
        return _GuestPresenter(self, self._new_flow())

    def _new_flow(self) -> SignInFlow:
        from tui_auth.flow.sign_in_flow import SignInFlow

        return SignInFlow(self.auth, self.settings, self._saver)

    def compose(self) -> ComposeResult:
        # Textual has styled this screen, the first of ours, before it was known as ours.
        self.app.stylesheet.apply(self)
        yield from super().compose()

    def on_mount(self) -> None:
        """Open the first form, and load the rest soon after it is drawn."""
        self._mode = self.app.current_mode
        self.app.screen_change_signal.subscribe(self, self._follow_stack)
        self.set_timer(SETTLED_AFTER_SECONDS, self._connect)
        if self._initial != "sign_in":
            is_sign_up = self._initial == "sign_up"
            self.call_after_refresh(self.action_sign_up if is_sign_up else self.action_forgot)

    def _connect(self) -> None:
        self.start_worker(self._load_rest, "connect", "connect")

    async def _load_rest(self) -> None:
        try:
            await in_daemon_thread(partial(load_rest, self.auth))
        except AuthError as error:
            if screen := self.form_screen:
                screen.error = ErrorMessage.from_error(error)

    def label_for_key(self, action: str) -> str:
        return self.label_for("leave", "Leave") if action == "back" else super().label_for_key(action)

    # -- the end ------------------------------------------------------------------------------------

    def finish(self, done: next_step.Done) -> None:
        if self._must_save:
            self.start_worker(partial(self._save, done), "save", "save the session")
        else:
            self.end(done)

    async def _save(self, done: next_step.Done) -> None:
        assert self._saver is not None
        save = partial(self._saver.save_where_configured, done, self.flow.username)
        result = await self.run_in_thread(save)
        if result is None or not result.problem:
            self.end(done)
            return
        if not isinstance(self.form_screen, DoneScreen):
            self.presenter.carry_out(ShowStep(done, StepContext()))
        show = partial(self.presenter.carry_out, ShowSaved("", result.problem, ""))
        # DoneScreen mounts its widgets in its own task, which may not have run when this screen has its first
        # turn. After the second they are there.
        self.call_after_refresh(self.call_after_refresh, show)

    def end(self, done: next_step.Done | None) -> None:
        if not self._has_ended:
            self._has_ended, self._result = True, cast("Done | None", done)
            self._ours.clear()
            self._close()

    def _close(self) -> None:
        """Return the result, and close our screens unless one of the host program's covers them."""
        self._resolve(self._result)
        if self._is_on_top and len(self.app.screen_stack) > 1:
            for _ in self.screen_stack:
                self.app.pop_screen()

    def _resolve(self, result: Done | None) -> None:
        for callback in self._result_callbacks:
            if callback.future is not None and not callback.future.done():
                callback(result)

    def on_form_closed(self, event: FormClosed) -> None:
        """End if the host program has closed a form of the sign-in."""
        event.stop()
        if event.screen in self._ours and event.screen not in self.screen_stack:
            self.end(None)

    def _pop_result_callback(self) -> None:
        # ``pop_screen`` and ``switch_screen`` drop the callback, and the host program would wait forever.
        self._resolve(None)
        super()._pop_result_callback()

    def on_unmount(self) -> None:
        """Forget the sign-in. If the host program has removed this screen in another way, return None."""
        self._has_ended = True
        if not self.app._exit:
            self._resolve(None)
        for task in self._tasks.values():
            task.cancel()
        if self.has_decided:
            self.flow.drop()

    # -- the host of the presenter ------------------------------------------------------------------

    @property
    def screen_stack(self) -> list[Screen[Any]]:
        """This screen and those above it, also while the host program shows another mode."""
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
        """Run the work as a task, which the host program doesn't know: it may cancel all of its workers."""
        self.cancel_workers(group)
        self._tasks[group] = task = asyncio.create_task(work(), name=description)
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # else asyncio logs it

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
        is_shown, stack = self.app.current_mode == self._mode, self.screen_stack
        return is_shown and bool(stack) and all(isinstance(screen, GuestScreen) for screen in stack)

    def _follow_stack(self, _: Screen[Any]) -> None:
        self._stack_changed.set()
        if self._has_ended:
            self._close()


class _GuestPresenter(SignInPresenter):
    """A presenter that ends as soon as nothing is left to ask.

    Its internal errors don't end the host program.
    """

    def carry_out(self, output: Output) -> None:
        is_saved = isinstance(output, ShowSaved) and not output.problem
        super().carry_out(replace(output, notice="") if isinstance(output, ShowSaved) else output)
        screen, done = self.host.form_screen, self.flow.done
        if is_saved and done and isinstance(screen, DoneScreen) and not screen.is_asking:
            self.host.finish(done)

    def decide(self, decision: Decision) -> None:
        try:
            super().decide(decision)
        except Exception:
            if screen := self.host.form_screen:
                screen.busy = False
                screen.error = ErrorMessage(INTERNAL_ERROR)


class _GuestSaver(SessionSaver):
    """Stores ``Done.session``.

    Args:
        auth: The user pool and app client.
        storage: Where; None to ask the user.
    """

    def __init__(self, auth: Auth, storage: StorageKind | None) -> None:
        self._auth = auth
        self._kind = storage

    def device(self, username: str) -> Device | None:
        from tui_auth.session.index import find_device
        from tui_auth.session.sessions import Sessions

        client = self._auth.client
        sessions, endpoint = Sessions(), effective_endpoint(client.endpoint_url)
        try:
            return find_device(sessions.index, endpoint, client.user_pool_id, username, sessions.environ)
        except StorageError:
            return None

    def check_signatures(self, done: next_step.Done) -> None:
        """Do nothing: ``Auth`` has checked them."""

    def is_checked(self, done: next_step.Done) -> bool:
        return True

    def save_where_configured(self, done: next_step.Done, signed_in_as: str) -> SaveResult | None:
        return self.save_in(done, signed_in_as, self._kind) if self._kind else None

    def save_in(self, done: next_step.Done, signed_in_as: str, storage: StorageKind) -> SaveResult:
        problem = ""
        if storage is not StorageKind.NONE:
            try:
                cast("Done", done).session.save(cast("Any", storage.value))
            except (ConfigurationError, StorageError) as error:
                problem = str(error).removeprefix(NOT_STORED).strip()
            except Exception:  # the task that waits for this would end without a result
                problem = INTERNAL_ERROR
        location = "" if problem or storage is StorageKind.NONE else STORAGE_LABELS[storage]
        return SaveResult(None, location, problem)  # type: ignore[arg-type]  # the flow reads the texts alone


class AccountScreen(AccountRoot):
    """Shows the account of a signed-in user: attributes, password, second factors, passkeys and more.

    Push it with ``push_screen`` or ``push_screen_wait``. The result is always None; ``ended_by`` is the error
    that ended it, such as NotSignedInError after the session was ended elsewhere, or None.

    Args:
        session: The session, from ``open_session`` or ``Done.session``.
        pool_label: The name of the pool on the screen; by default that of the profile, else the pool's ID.
        app_name: The issuer that an authenticator app shows; by default ``pool_label``.
        labels: Texts in place of those of tui-auth: ``program``, and the keys that begin with ``key.``.

    Raises:
        NotSignedInError: There is no session.
        StorageError: It can't be read.
        ConfigurationError: Its profile or settings are invalid.
    """

    def __init__(
        self,
        session: Session,
        *,
        pool_label: str = "",
        app_name: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> None:
        record = session.locate()[1].record
        label = pool_label or record.origin.profile or record.origin.user_pool_id
        super().__init__(
            AccountContext.from_session(session, record, app_name=app_name or label),
            pool_label=label,
            username=record.email or record.username,
            environment_badge=environment_badge_for(record.origin.endpoint),
            hidden_actions=frozenset({"quit"}),
            labels=_check_labels(labels),
        )


def _check_labels(labels: Mapping[str, str] | None) -> dict[str, str]:
    if unknown := (labels or {}).keys() - LABELS:
        raise ConfigurationError(f"Unknown labels: {', '.join(sorted(unknown))}.")
    return dict(labels or {})


def _parse_flow(name: AuthFlow | str) -> AuthFlow:
    try:
        return AuthFlow(name)
    except ValueError:
        known = ", ".join(AuthFlow)
        raise InvalidStateError(
            ErrorKind.INVALID_STATE, "Unknown auth flow.", f"Choose one of {known}."
        ) from None
