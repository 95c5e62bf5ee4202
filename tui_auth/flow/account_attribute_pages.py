"""The pages of an account with the attributes and their codes: see ``account_pages``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui_auth.flow import account_texts as texts
from tui_auth.flow.account_pages import (
    ActionsPage,
    Back,
    FormPage,
    Input,
    InputKind,
    ListPage,
    Open,
    Row,
    Run,
    Say,
)
from tui_auth.flow.checks import find_attribute_error, normalize_attribute
from tui_auth.flow.messages import (
    ATTRIBUTE_HINTS,
    CONTACT_LABELS,
    VERIFIED,
    format_attribute,
    format_delivery,
    format_new_delivery,
)
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui_auth.account.values import UserProfile
    from tui_auth.flow.account_pages import AccountContext, Output, Page, Values
    from tui_auth.secret import Secret


def contact_page(context: AccountContext, name: str, user: UserProfile) -> Page:
    """Return the page of an address: what to do with it, or the form for one that isn't there yet."""
    value = user.attributes.get(name, "")
    form = AttributePage(context, name, value)
    if not value:
        return form
    is_verified = user.is_verified(name)
    actions: list[tuple[Row, Output]] = [(Row("Change it"), Open(form, in_place=True))]
    if not is_verified:
        send = Run(partial(send_code, context, name))
        actions.append((Row("Verify it", "A code is sent to it."), send))
    remove = Run(partial(_remove, context, name))
    actions.append((Row("Remove it", "Some user pools require it."), remove))
    state = "verified" if is_verified else "not verified"
    label = format_attribute(name)
    return ActionsPage(context, f"{label}: {safe_line(value, limit=60)}", f"It is {state}.", actions)


def send_code(context: AccountContext, name: str) -> Output:
    """Send a code to an address and open the page that asks for it."""
    details = context.account.send_user_attribute_verification_code(name)
    return Open(CodePage(context, name, f"{format_delivery(details)}."), in_place=True)


def _remove(context: AccountContext, name: str) -> Output:
    context.account.delete_user_attributes([name])
    return Back(f"{format_attribute(name)} is removed.")


class DetailsPage(ListPage):
    """The attributes that are no address."""

    title, task, crumb = "Other details", "Choose one to change it.", "details"
    explanation = "Cognito rejects changes to attributes that this app client may not change."

    def __init__(self, context: AccountContext, attributes: Mapping[str, str]) -> None:
        super().__init__(context)
        self.attributes = attributes

    @property
    def names(self) -> Sequence[str]:
        """The names of the attributes, the usual ones first."""
        present = [name for name in self.attributes if name not in CONTACT_LABELS]
        shown = [name for name in present if not name.endswith("_verified")]
        return sorted(dict.fromkeys(("name", *shown)), key=lambda name: not texts.is_editable(name))

    def load(self) -> Sequence[Run]:
        return [Run(self._read, in_background=True)]

    def _read(self) -> Output:
        self.attributes = self.account.fetch_user_attributes()
        return None

    def rows(self) -> Sequence[Row]:
        values = {name: safe_line(self.attributes.get(name, ""), limit=60) for name in self.names}
        return [
            Row(format_attribute(name), is_available=texts.is_editable(name), value=value)
            for name, value in values.items()
        ]

    def select(self, position: int) -> Output:
        name = self.names[position]
        if not texts.is_editable(name):
            return Say(f"{format_attribute(name)} can't be changed.", is_error=True)
        return Open(AttributePage(self.context, name, self.attributes.get(name, "")))


class AttributePage(FormPage):
    """Asks for the new value of one attribute."""

    def __init__(self, context: AccountContext, name: str, value: str) -> None:
        super().__init__(context)
        self.name, self.value = name, value
        self.title = f"Change: {format_attribute(name)}" if value else f"Add: {format_attribute(name)}"
        self.crumb = format_attribute(name).lower()
        self.explanation = (
            "A new address may take effect at once, or only after you enter its code. Leave the field "
            "empty to remove the value, if the user pool allows that."
        )

    def inputs(self) -> Sequence[Input]:
        hint = ATTRIBUTE_HINTS.get(self.name, "")
        return [Input("value", format_attribute(self.name), value=self.value, hint=hint)]

    def submit(self, values: Values) -> Output:
        value = normalize_attribute(self.name, values["value"].reveal().strip())
        if value and (problem := find_attribute_error(self.name, value)):
            return Say(problem, is_error=True, field="value")
        return Run(partial(self._save, value))

    def _save(self, value: str) -> Output:
        update = self.account.update_user_attribute(self.name, value)
        text = texts.format_update(update)
        if update.is_updated:
            return Back(text)
        return Open(CodePage(self.context, self.name, text), in_place=True)


class CodePage(FormPage):
    """Asks for the code that verifies an address. Nothing is lost by going back: the code stays valid."""

    crumb, submit_label, can_resend = "code", "Verify", True
    explanation = "The code is valid for a day. A new code replaces it. Press Esc to verify later."

    def __init__(self, context: AccountContext, name: str, sent: str) -> None:
        super().__init__(context)
        self.name = name
        self.title, self.task = "Enter the code", sent

    def inputs(self) -> Sequence[Input]:
        return [Input("code", "Code", InputKind.CODE)]

    def submit(self, values: Values) -> Output:
        return Run(partial(self._verify, values["code"]))

    def _verify(self, code: Secret) -> Output:
        self.account.confirm_user_attribute(self.name, code)
        return Back(VERIFIED.format(f"Your {CONTACT_LABELS[self.name]}"))

    def resend(self) -> Output:
        return Run(self._send)

    def _send(self) -> Output:
        details = self.account.send_user_attribute_verification_code(self.name)
        self.task = format_new_delivery(details)
        return Say(self.task)
