"""The pages of an account with the second factors: see ``account_pages``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui_auth.account.values import MFA_KEYWORDS, MFAPreference
from tui_auth.auth.next_step import MFAType
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
from tui_auth.flow.checks import TOTP_DIGITS, find_code_error
from tui_auth.flow.messages import CONTACT_LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui_auth.account.values import MFASettings
    from tui_auth.auth.next_step import TOTPSetupDetails
    from tui_auth.flow.account_pages import AccountContext, Output, Values

_ADDRESS = {MFAType.SMS: "phone_number", MFAType.EMAIL: "email"}


class FactorsPage(ListPage):
    """The second factors, each on or off."""

    title, task, crumb = "Second factor", "Proves that it's you, after the password.", "second factor"
    explanation = (
        "Turn second factors on and off, or prefer one: Cognito asks for it first. A user pool that requires "
        "a second factor keeps the last one on. Lost your phone? An administrator of the user pool can "
        "remove the app (AdminDeleteSoftwareToken)."
    )

    def __init__(self, context: AccountContext, factors: MFASettings, attributes: Mapping[str, str]) -> None:
        super().__init__(context)
        self.factors = factors
        self.attributes = attributes

    def load(self) -> Sequence[Run]:
        return [Run(self._read, in_background=True)]

    def _read(self) -> Output:
        self.factors = self.account.fetch_mfa_preference()
        return None

    def rows(self) -> Sequence[Row]:
        return [Row(texts.FACTOR_NAMES[factor], self._state(factor)) for factor in texts.FACTOR_NAMES]

    def _state(self, factor: MFAType) -> str:
        if factor in self.factors.enabled:
            return "✓ on, preferred" if factor is self.factors.preferred else "✓ on"
        if factor is MFAType.TOTP:
            return "off, set up" if self.factors.has_software_token else "off, not set up"
        has_address = bool(self.attributes.get(_ADDRESS[factor]))
        return "off" if has_address else f"off, needs your {CONTACT_LABELS[_ADDRESS[factor]]}"

    def select(self, position: int) -> Output:
        factor = list(texts.FACTOR_NAMES)[position]
        is_on, name = factor in self.factors.enabled, texts.FACTOR_NAMES[factor]
        actions: list[tuple[Row, Output]] = []
        is_possible = factor is not MFAType.TOTP or self.factors.has_software_token
        if is_on and factor is not self.factors.preferred:
            row = Row("Prefer it", "Cognito asks for it first.")
            actions.append((row, self._change(factor, MFAPreference.PREFERRED)))
        if not is_on and is_possible:
            actions.append((Row("Turn it on"), self._change(factor, MFAPreference.ENABLED)))
        if factor is MFAType.TOTP:
            label = "Set up a new app" if self.factors.has_software_token else "Set up an app"
            note = texts.OLD_APP_WORKS if self.factors.has_software_token else "You get a QR code and a key."
            actions.append((Row(label, note), Run(self._set_up_app)))
        if is_on:
            note = texts.LAST_FACTOR if len(self.factors.enabled) == 1 else ""
            actions.append((Row("Turn it off", note), self._change(factor, MFAPreference.DISABLED)))
        return Open(
            ActionsPage(self.context, name, f"It is {self._state(factor).removeprefix('✓ ')}.", actions)
        )

    def _change(self, factor: MFAType, preference: MFAPreference) -> Run:
        return Run(partial(self._send, factor, preference))

    def _send(self, factor: MFAType, preference: MFAPreference) -> Output:
        before, keyword = self.factors, MFA_KEYWORDS[factor]
        self.factors = self.account.update_mfa_preference(**{keyword: preference})
        if preference is MFAPreference.PREFERRED:
            return Back(f"Second factors: {texts.format_factors(self.factors)}.")
        is_on = preference is not MFAPreference.DISABLED
        return Back(texts.format_mfa_change(before, self.factors, factor, on=is_on))

    def _set_up_app(self) -> Output:
        return Open(
            AppPage(self.context, self.account.set_up_totp(), is_replacement=self.factors.has_software_token),
            in_place=True,
        )


class AppPage(FormPage):
    """Shows the key of a new authenticator app and asks for its first code."""

    crumb, submit_label = "app", "Verify"
    explanation = (
        "Scan the QR code, or type the key into the app as time-based. Then type the code that the app "
        "shows. Anyone with this key can generate your codes. Esc changes nothing."
    )

    def __init__(self, context: AccountContext, details: TOTPSetupDetails, *, is_replacement: bool) -> None:
        super().__init__(context)
        self.details = details
        self.is_replacement = is_replacement
        self.title = "New authenticator app" if is_replacement else "Set up your authenticator app"
        self.task = texts.OLD_APP_WORKS if is_replacement else ""

    def inputs(self) -> Sequence[Input]:
        return [Input("code", "Code that the app shows", InputKind.CODE)]

    def submit(self, values: Values) -> Output:
        if problem := find_code_error(values["code"], TOTP_DIGITS):
            return Say(problem, is_error=True, field="code")
        return Run(partial(self._verify, values))

    def _verify(self, values: Values) -> Output:
        self.account.verify_totp_setup(values["code"], turn_on=True)
        return Back(texts.APP_REPLACED if self.is_replacement else texts.APP_SET_UP)
