"""The first page of an account, and those of the password and of the deletion: see ``account_pages``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_auth.account.overview import SECTIONS, Missing, fetch_section
from tui_auth.flow import account_texts as texts
from tui_auth.flow.account_attribute_pages import DetailsPage, contact_page
from tui_auth.flow.account_factor_pages import FactorsPage
from tui_auth.flow.account_list_pages import DevicesPage, SessionsPage
from tui_auth.flow.account_pages import (
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
from tui_auth.flow.messages import CONTACT_LABELS
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


@dataclass(frozen=True)
class OverviewRow:
    """One line of the overview.

    Attributes:
        label: What it is about.
        part: The part of ``OverviewParts`` that it shows; None if it is always there.
        describe: Returns its value, once the part is there.
        open_page: Returns the page that it opens.
    """

    label: str
    part: str | None
    describe: Callable[[OverviewPage], str]
    open_page: Callable[[OverviewPage], Page]


class OverviewPage(ListPage):
    """All that there is, in lines that open a page each."""

    title = "Your account"
    crumb = "account"
    explanation = (
        "Choose what to see or change. What this user pool doesn't offer is in gray. Cognito asks for your "
        "password again only to change the password, so don't leave a signed-in terminal alone."
    )

    def __init__(self, context: AccountContext) -> None:
        super().__init__(context)
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
        return [
            Row(row.label, "", not isinstance(self._part(row), Missing), self._value(row))
            for row in OVERVIEW_ROWS
        ]

    def select(self, position: int) -> Output:
        row = OVERVIEW_ROWS[position]
        match self._part(row):
            case None if row.part:
                return Say(STILL_READING)
            case Missing(error=error):
                return Say(texts.error_message(error), is_error=True)
        return Open(row.open_page(self))

    def _part(self, row: OverviewRow) -> Any:
        return getattr(self.parts, row.part) if row.part else None

    def _value(self, row: OverviewRow) -> str:
        part = self._part(row)
        if part is None and row.part:
            return LOADING
        return texts.format_part(part, lambda _: row.describe(self))


def _describe_contact(name: str, page: OverviewPage) -> str:
    value = page.attributes.get(name)
    if not value:
        return "none"
    return safe_line(value, limit=50) + ("" if page.parts.user.is_verified(name) else "  not verified")


def _describe_details(page: OverviewPage) -> str:
    count = sum(texts.is_editable(name) and name not in CONTACT_LABELS for name in page.attributes)
    return f"{count} more" if count else "none"


def _open_contact(name: str, page: OverviewPage) -> Page:
    return contact_page(page.context, name, page.parts.user)


def _open_password(page: OverviewPage) -> Page:
    configured = getattr(page.parts.mfa, "configured", ())
    has_password = not configured or "PASSWORD" in configured
    return PasswordPage(page.context, has_password=has_password, sessions=page.parts.sessions)


OVERVIEW_ROWS = (
    OverviewRow("Email", "user", partial(_describe_contact, "email"), partial(_open_contact, "email")),
    OverviewRow(
        "Phone", "user", partial(_describe_contact, "phone_number"), partial(_open_contact, "phone_number")
    ),
    OverviewRow(
        "Other details", "user", _describe_details, lambda page: DetailsPage(page.context, page.attributes)
    ),
    OverviewRow("Password", None, lambda _: "change it", _open_password),
    OverviewRow(
        "Second factor",
        "mfa",
        lambda page: texts.format_factors(page.parts.mfa),
        lambda page: FactorsPage(page.context, page.parts.mfa, page.attributes),
    ),
    OverviewRow(
        "Devices",
        "devices",
        lambda page: texts.format_devices(page.parts.devices),
        lambda page: DevicesPage(page.context, page.parts.devices),
    ),
    OverviewRow(
        "Sessions",
        "sessions",
        lambda page: texts.format_sessions(page.parts.sessions),
        lambda page: SessionsPage(page.context, page.parts.sessions),
    ),
    OverviewRow(
        "Passkeys",
        "passkeys",
        lambda page: texts.format_passkeys(page.parts.passkeys),
        lambda page: PasskeysPage(page.context, page.parts.passkeys),
    ),
    OverviewRow("Delete", None, lambda _: "the whole account", lambda page: DeletePage(page.context)),
)


class PasswordPage(FormPage):
    """Asks for the current password and a new one."""

    title, crumb, submit_label = "Change your password", "password", "Change password"
    explanation = "Sessions elsewhere stay signed in; you can end them afterwards."

    def __init__(self, context: AccountContext, *, has_password: bool, sessions: Any = None) -> None:
        super().__init__(context)
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
        end = Run(self._end_others)
        row = Row(f"End all other sessions ({len(others)})", "They must sign in with the new password.")
        return Open(
            ActionsPage(
                self.context, "✓ Your password is changed", "Other sessions stay signed in.", [(row, end)]
            ),
            in_place=True,
        )

    def _end_others(self) -> Output:
        return Back(texts.format_revocation(self.account.revoke_other_user_sessions()))


def _entries(part: Any) -> Sequence[Any]:
    return () if part is None or isinstance(part, Missing) else part


class DeletePage(FormPage):
    """Asks for the user name before the account is deleted."""

    title, task, crumb, submit_label = "Delete your account", texts.DELETE_WARNING, "delete", "Delete account"
    explanation = "A deleted account can't be restored. Esc keeps it."

    def inputs(self) -> Sequence[Input]:
        return [Input("name", "Your user name", hint="Type it to delete the account.")]

    def submit(self, values: Values) -> Output:
        if values["name"].reveal().strip() not in self.context.names:
            return Say(texts.WRONG_USER_NAME, is_error=True, field="name")
        return Run(self._delete)

    def _delete(self) -> Output:
        self.account.delete_user()
        return Leave(texts.ACCOUNT_DELETED)
