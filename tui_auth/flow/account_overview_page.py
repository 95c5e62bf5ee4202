"""The first page of an account, and those of the password and of the deletion: see ``account_pages``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_auth.account.overview import SECTIONS, Missing, fetch_section
from tui_auth.flow import account_texts as texts
from tui_auth.flow.account_attribute_pages import DetailsPage, contact_page
from tui_auth.flow.account_factor_pages import FactorsPage
from tui_auth.flow.account_list_pages import DevicesPage, SessionsPage, end_all_others
from tui_auth.flow.account_pages import (
    LABEL_CELLS,
    ActionsPage,
    Back,
    FormPage,
    Input,
    InputKind,
    Leave,
    ListPage,
    Open,
    Row,
    Run,
    Say,
)
from tui_auth.flow.account_passkey_pages import PasskeysPage
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tui_auth.account.values import UserProfile
    from tui_auth.flow.account_pages import AccountContext, Output, Page, Values
    from tui_auth.secret import Secret

LOADING, STILL_READING = "…", "Cognito hasn't answered yet. Choose it again in a moment."


@dataclass
class OverviewParts:
    """The parts of the overview as far as they are read; None is still being read."""

    user: Any = None
    mfa: Any = None
    devices: Any = None
    sessions: Any = None
    passkeys: Any = None


class OverviewPage(ListPage):
    """All that there is, in nine lines that open a page each."""

    title = "Your account"
    crumb = "account"
    explanation = (
        "Choose what to see or change. What this user pool doesn't offer is in gray. Cognito asks for your "
        "password again only to change the password, so don't leave a signed-in terminal alone."
    )

    def __init__(self, settings: AccountContext) -> None:
        super().__init__(settings)
        self.parts = OverviewParts()

    def load(self) -> Sequence[Run]:
        return [Run(partial(self._read, name), in_background=True) for name in SECTIONS]

    def _read(self, name: str) -> Output:
        setattr(self.parts, name, fetch_section(self.account, name))
        return None

    @property
    def attributes(self) -> Mapping[str, str]:
        """The attributes, as far as they are known."""
        user: UserProfile | Missing | None = self.parts.user
        return {} if user is None or isinstance(user, Missing) else user.attributes

    def rows(self) -> Sequence[Row]:
        parts, user = self.parts, self.parts.user
        others = sum(texts.is_editable(name) and name not in texts.CONTACT_NAMES for name in self.attributes)
        is_known = _may_be_there(user)
        details = _value(user, lambda _: f"{others} more" if others else "none")
        lines = [
            ("Email", _value(user, lambda _: self._contact("email")), is_known),
            ("Phone", _value(user, lambda _: self._contact("phone_number")), is_known),
            ("Other details", details, is_known),
            ("Password", "change it", True),
            ("Second factor", _value(parts.mfa, texts.format_factors), _may_be_there(parts.mfa)),
            ("Devices", _value(parts.devices, texts.format_devices), _may_be_there(parts.devices)),
            ("Sessions", _value(parts.sessions, texts.format_sessions), _may_be_there(parts.sessions)),
            ("Passkeys", _value(parts.passkeys, texts.format_passkeys), _may_be_there(parts.passkeys)),
            ("Delete", "the whole account", True),
        ]
        return [Row(f"{label:<{LABEL_CELLS}}{value}", "", is_open) for label, value, is_open in lines]

    def _contact(self, name: str) -> str:
        value = self.attributes.get(name)
        if not value:
            return "none"
        is_verified = self.attributes.get(f"{name}_verified") == "true"
        return safe_line(value, limit=50) + ("" if is_verified else "  not verified")

    def select(self, position: int) -> Output:
        settings, parts = self.settings, self.parts
        part = self._part(position)
        if not (position in self.ALWAYS_THERE or _is_there(part)):
            is_missing = isinstance(part, Missing)
            return Say(texts.error_message(part.error) if is_missing else STILL_READING, is_error=is_missing)
        match position:
            case 0 | 1:
                return Open(contact_page(settings, texts.CONTACT_NAMES[position], self.attributes))
            case 2:
                return Open(DetailsPage(settings, self.attributes))
            case 3:
                configured = getattr(parts.mfa, "configured", ())
                has_password = not configured or "PASSWORD" in configured
                return Open(PasswordPage(settings, has_password=has_password, sessions=parts.sessions))
            case 4:
                return Open(FactorsPage(settings, parts.mfa, self.attributes))
        pages: tuple[Callable[[], Page], ...] = (
            lambda: DevicesPage(settings, parts.devices),
            lambda: SessionsPage(settings, parts.sessions),
            lambda: PasskeysPage(settings, parts.passkeys),
            lambda: DeletePage(settings),
        )
        return Open(pages[position - 5]())

    ALWAYS_THERE = (3, 8)
    """The positions of the password and the deletion."""

    def _part(self, position: int) -> Any:
        parts = self.parts
        user, mfa = parts.user, parts.mfa
        return (user, user, user, user, mfa, parts.devices, parts.sessions, parts.passkeys, user)[position]


def _may_be_there(part: object) -> bool:
    """Return whether a part is there or is still being read."""
    return not isinstance(part, Missing)


def _is_there(part: object) -> bool:
    return part is not None and not isinstance(part, Missing)


def _value(part: Any, describe: Callable[[Any], str]) -> str:
    return LOADING if part is None else texts.format_part(part, describe)


class PasswordPage(FormPage):
    """Asks for the current password and a new one."""

    title, crumb, submit_label = "Change your password", "password", "Change password"
    explanation = "Sessions elsewhere stay signed in; you can end them afterwards."

    def __init__(self, settings: AccountContext, *, has_password: bool, sessions: Any = None) -> None:
        super().__init__(settings)
        self.has_password = has_password
        self.sessions = sessions

    def inputs(self) -> Sequence[Input]:
        current = [Input("old", "Current password", InputKind.SECRET)] if self.has_password else []
        return [*current, Input("new", "New password", InputKind.NEW_PASSWORD)]

    def submit(self, values: Values) -> Output:
        return Run(partial(self._change, values.get("old"), values["new"]))

    def _change(self, old: Secret | None, new: Secret) -> Output:
        self.account.update_password(old, new)
        others = [session for session in _entries(self.sessions) if not session.is_current]
        if not others:
            return Back(texts.PASSWORD_CHANGED)
        end = Run(partial(end_all_others, self.settings))
        row = Row(f"End all other sessions ({len(others)})", "They must sign in with the new password.")
        return Open(
            ActionsPage(
                self.settings, "✓ Your password is changed", "Other sessions stay signed in.", [(row, end)]
            ),
            in_place=True,
        )


def _entries(part: Any) -> Sequence[Any]:
    return part if _is_there(part) else ()


class DeletePage(FormPage):
    """Asks for the user name before the account is deleted."""

    title, task, crumb, submit_label = "Delete your account", texts.DELETE_WARNING, "delete", "Delete account"
    explanation = "A deleted account can't be restored. Esc keeps it."

    def inputs(self) -> Sequence[Input]:
        return [Input("name", "Your user name", hint="Type it to delete the account.")]

    def submit(self, values: Values) -> Output:
        if values["name"].reveal().strip() not in self.settings.names:
            return Say(texts.OTHER_NAME, is_error=True, field="name")
        return Run(self._delete)

    def _delete(self) -> Output:
        self.account.delete_user()
        return Leave(texts.ACCOUNT_DELETED)
