"""The pages of an account with the devices and the sessions: see ``account_pages``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui_auth.flow import account_texts as texts
from tui_auth.flow.account_pages import ActionsPage, Back, ListPage, Open, Row, Run, Say
from tui_auth.flow.messages import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_auth.account.values import UserDevice, UserSession
    from tui_auth.flow.account_pages import AccountContext, Output


class DevicesPage(ListPage):
    """The devices that the user pool remembers."""

    title, crumb = "Devices", "devices"
    explanation = (
        "You may not need a second factor on a remembered device. Its name comes from the program that "
        "registered it. Some user pools list only the devices that their users chose to remember."
    )

    def __init__(self, context: AccountContext, devices: Sequence[UserDevice]) -> None:
        super().__init__(context)
        self.devices = list(devices)

    @property
    def task(self) -> str:  # type: ignore[override]  # it depends on the list
        """What the list is."""
        return "Choose one to forget it." if self.devices else "The user pool remembers no devices."

    def load(self) -> Sequence[Run]:
        return [Run(self._read, in_background=True)]

    def _read(self) -> Output:
        self.devices = self.account.fetch_devices()
        return None

    def rows(self) -> Sequence[Row]:
        return [Row(*texts.format_device(device)) for device in self.devices]

    def select(self, position: int) -> Output:
        device = self.devices[position]
        name, used = texts.format_device(device)
        note = "This session then ends when its token expires." if device.is_current else ""
        forget = Run(partial(self._forget, device))
        return Open(ActionsPage(self.context, name, used, [(Row("Forget this device", note), forget)]))

    def _forget(self, device: UserDevice) -> Output:
        self.account.forget_device(device.key)
        return Back(texts.THIS_DEVICE_FORGOTTEN if device.is_current else texts.DEVICE_FORGOTTEN)


class SessionsPage(ListPage):
    """Where the user is signed in."""

    title, crumb = "Sessions", "sessions"
    explanation = (
        "Each line is a sign-in with one of this user pool's app clients. The program's name is what it "
        "reports, and the place is Cognito's guess. The list is a few seconds old. To end this session, sign "
        "out."
    )

    def __init__(self, context: AccountContext, sessions: Sequence[UserSession]) -> None:
        super().__init__(context)
        self._sessions = list(sessions)
        self._ended: set[str] = set()

    @property
    def sessions(self) -> Sequence[UserSession]:
        """The sessions, without those that were ended here and that the list still has."""
        return [session for session in self._sessions if session.id not in self._ended]

    @property
    def others(self) -> Sequence[UserSession]:
        """The sessions but this one."""
        return [session for session in self.sessions if not session.is_current]

    @property
    def task(self) -> str:  # type: ignore[override]  # it depends on the list
        """How many there are."""
        question = " Choose one to end it." if self.others else ""
        return f"{texts.format_sessions(self.sessions)}.{question}"

    shortcuts = ("x", "a")

    @property
    def task_with_shortcuts(self) -> str:  # type: ignore[override]  # it depends on the list
        """How many there are, and the keys."""
        keys = "x ends the chosen one, a ends all others." if self.others else "There are no others."
        return f"{texts.format_sessions(self.sessions)}. {keys}"

    def press(self, shortcut: str, position: int) -> Output:
        if shortcut == "x":
            return self.select(position)
        if not self.others:
            return Say(texts.NO_OTHER_SESSIONS)
        return self.select(len(self.sessions))

    def load(self) -> Sequence[Run]:
        return [Run(self._read, in_background=True)]

    def _read(self) -> Output:
        self._sessions = self.account.list_user_sessions()
        return None

    def rows(self) -> Sequence[Row]:
        rows = []
        for session in self.sessions:
            label, note = texts.format_session(session)
            count = len(self._linked(session))
            rows.append(Row(label, f"{note}, {count} linked" if count else note))
        if len(self.others) > 1:
            rows.append(Row(f"End all others ({len(self.others)})", "This session stays."))
        return rows

    def select(self, position: int) -> Output:
        if position >= len(self.sessions):
            end = Run(self._end_others)
            count = len(self.others)
            row = Row(f"End {format_count(count, 'session')}", "This session stays.")
            return Open(ActionsPage(self.context, "End all other sessions", "", [(row, end)]))
        session = self.sessions[position]
        if session.is_current:
            return Say("This is the session you are using. To end it, sign out.", is_error=True)
        what, active = texts.format_session(session)
        actions = [(Row("End this session"), Run(partial(self._end, session, linked=False)))]
        linked = self._linked(session)
        if linked:
            row = Row(
                "End it and the sessions it started",
                f"{format_count(len(linked), 'more session')}.",
            )
            actions.append((row, Run(partial(self._end, session, linked=True))))
        return Open(ActionsPage(self.context, what, active, actions))

    def _linked(self, session: UserSession) -> Sequence[UserSession]:
        """Return the sessions that came from this one."""
        return [other for other in self.sessions if session.id and other.origin_session_id == session.id]

    def _end(self, session: UserSession, *, linked: bool) -> Output:
        ended = [session, *(self._linked(session) if linked else ())]
        self.account.revoke_user_session(session.id, linked=linked)
        self._ended.update(other.id for other in ended)
        return Back("The session is ended.")

    def _end_others(self) -> Output:
        result = self.account.revoke_other_user_sessions()
        self._ended.update(result.ended)
        return Back(texts.format_revocation(result))
