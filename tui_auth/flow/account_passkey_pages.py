"""The pages of an account with the passkeys, and a new one on a security key: see ``account_pages``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_auth.errors import AuthError
from tui_auth.flow import account_texts as texts
from tui_auth.flow import passkey as key_texts
from tui_auth.flow.account_pages import ActionsPage, Back, ListPage, Open, Page, Row, Run, Say
from tui_auth.flow.passkey import RegistrationCeremony, problem_of_keys
from tui_auth.passkeys.problems import passkey_error
from tui_auth.passkeys.relying_party import requested_relying_party
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tui_auth.account.values import WebAuthnCredential
    from tui_auth.error_kinds import PasskeyProblem
    from tui_auth.flow.account_pages import AccountContext, Output
    from tui_auth.flow.passkey import KeyEvent


class PasskeysPage(ListPage):
    """The passkeys."""

    title, crumb = "Passkeys", "passkeys"
    explanation = (
        "Cognito chooses the name of a passkey. Deleting one here doesn't remove it from your security key "
        "or password manager."
    )

    def __init__(self, context: AccountContext, passkeys: Sequence[WebAuthnCredential]) -> None:
        super().__init__(context)
        self.passkeys = list(passkeys)
        self.key_settings = replace(context.passkeys, remember=self._trust)
        """For which site a passkey is made: one that the user confirms here is asked for once."""

    @property
    def task(self) -> str:  # type: ignore[override]  # it depends on the list
        """What the list is."""
        return "Choose one to delete it, or add one." if self.passkeys else "You have no passkeys."

    def load(self) -> Sequence[Run]:
        return [Run(self._read, in_background=True)]

    def _read(self) -> Output:
        self.passkeys = self.account.list_web_authn_credentials()
        return None

    def _trust(self, relying_party: str) -> None:
        self.key_settings = replace(self.key_settings, relying_party=relying_party, must_confirm=False)
        if remember := self.context.passkeys.remember:
            remember(relying_party)

    @property
    def _key_problem(self) -> PasskeyProblem | None:
        """Why no security key can be used here, even if one is plugged in; mostly None."""
        problem = problem_of_keys(self.key_settings)
        return problem if problem is not None and problem.needs_another_way else None

    def rows(self) -> Sequence[Row]:
        problem = self._key_problem
        note = key_texts.NOTES[problem] if problem else "On a security key in this computer."
        return [
            *(Row(*texts.format_passkey(passkey)) for passkey in self.passkeys),
            Row("Add a passkey", note, problem is None),
        ]

    def select(self, position: int) -> Output:
        if position >= len(self.passkeys):
            if problem := self._key_problem:
                return Say(key_texts.format_registration_problem(passkey_error(problem)), is_error=True)
            return Run(self.start_registration)
        passkey = self.passkeys[position]
        name, created = texts.format_passkey(passkey)
        delete = Run(partial(self._delete, passkey))
        row = Row("Delete this passkey", "Remove it from your security key, too.")
        return Open(ActionsPage(self.context, name, created, [(row, delete)]))

    def start_registration(self, *, in_place: bool = False) -> Output:
        """Ask Cognito for the options of a new passkey, and open the page that makes it."""
        options = self.account.start_web_authn_registration()
        return Open(RegistrationPage(self, options), in_place=in_place)

    def _delete(self, passkey: WebAuthnCredential) -> Output:
        self.account.delete_web_authn_credential(passkey.credential_id)
        return Back("The passkey is deleted.")


class RegistrationPage(Page):
    """Makes a passkey on a security key, which is plugged in, unlocked with its PIN and touched.

    Args:
        owner: The page with the passkeys.
        options: CredentialCreationOptions.
    """

    title, crumb = "Add a passkey", "add"
    explanation = (
        "The new passkey is stored on your security key. Plug it in, enter its PIN if it has one, and touch "
        "it when it blinks. The PIN goes to the key and nowhere else. Cognito chooses the passkey's name.\n\n"
        "If you didn't expect the site shown above, press Esc."
    )

    def __init__(self, owner: PasskeysPage, options: Mapping[str, Any]) -> None:
        super().__init__(owner.context)
        self.owner = owner
        self.options = options
        self.relying_party = requested_relying_party(options)

    @property
    def task(self) -> str:  # type: ignore[override]  # it depends on the options
        """For which site."""
        return f"For {safe_line(self.relying_party, limit=key_texts.SITE_LIMIT)}"

    def make_ceremony(
        self, report: Callable[[KeyEvent], object], *, is_confirmed: bool = False
    ) -> RegistrationCeremony:
        """Return the use of the key; see ``KeyCeremony``."""
        owner, endpoint_url = self.owner, self.context.endpoint_url
        return RegistrationCeremony(
            self.options, owner.key_settings, endpoint_url, report, is_confirmed=is_confirmed
        )

    def register(self, credential: Mapping[str, Any]) -> Output:
        """Register the credential that the key has made."""
        return Run(partial(self._register, credential))

    def _register(self, credential: Mapping[str, Any]) -> Output:
        self.account.complete_web_authn_registration(credential)
        names = []
        with suppress(AuthError):  # it is added all the same
            listed = self.account.list_web_authn_credentials()
            names = [texts.format_passkey(new)[0] for new in listed if new.credential_id == credential["id"]]
        return Back(f"The passkey is added{f': {names[0]}' if names else ''}.")

    def restart(self) -> Output:
        """Begin again with new options: a challenge is for one try."""
        return Run(partial(self.owner.start_registration, in_place=True))
