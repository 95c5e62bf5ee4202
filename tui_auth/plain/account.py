"""The account in line prompts: any page of ``flow.account_pages`` as a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.errors import AuthError, ErrorField
from tui_auth.flow import account_texts as texts
from tui_auth.flow.account_factor_pages import AppPage
from tui_auth.flow.account_overview_page import OverviewPage
from tui_auth.flow.account_pages import Back, FormPage, InputKind, Leave, ListPage, Open, Run, Say
from tui_auth.flow.account_passkey_pages import RegistrationPage
from tui_auth.flow.messages import format_totp_key
from tui_auth.plain.passkey import prompts_to_register
from tui_auth.plain.prompts import BACK, NEW_CODE, BackError, parse_code
from tui_auth.secret import Secret
from tui_auth.threads import run_together

if TYPE_CHECKING:
    from tui_auth.flow.account_pages import AccountContext, Input, Output, Page
    from tui_auth.plain.prompts import Prompts

LEAVE_HINT = f"Type {BACK} to leave."


class PlainAccount:
    """Shows the pages of an account, and asks for their answers."""

    def __init__(self, context: AccountContext, prompts: Prompts) -> None:
        self.context = context
        self.prompts = prompts
        self._kept: dict[str, Secret] = {}

    def run(self) -> None:
        """Show the account until the user leaves it.

        Raises:
            NotSignedInError: The session has ended.
            StorageError: The session can't be read.
        """
        overview = OverviewPage(self.context)
        self._load(overview)
        self.prompts.lines.say(LEAVE_HINT)
        stack: list[Page] = [overview]
        while stack:
            try:
                output = self._ask_once(stack[-1])
            except BackError:
                output = Back(is_changed=False)
            match output:
                case Open():
                    if output.in_place and len(stack) > 1:
                        stack.pop()
                    stack.append(output.page)
                case Back():
                    if output.notice:
                        self.prompts.lines.say(output.notice)
                    stack.pop()
                    for page in stack if output.is_changed else ():
                        self._load(page)
                case Leave():
                    self.prompts.lines.say(output.text)
                    return

    def ask(self, page: Page) -> str:
        """Show one page until it is answered, and those it leads to. Return what was done.

        Raises:
            BackError: The user typed /back.
            AuthError: Cognito rejected something that another answer wouldn't change.
            NotSignedInError: The session has ended.
            StorageError: The session can't be read.
        """
        while True:
            match self._ask_once(page, raises=True):
                case Open(page=following):
                    page = following
                case Back(notice=text) | Leave(text=text):
                    return text

    def _load(self, page: Page) -> None:
        """Read what a page shows, all parts at once."""
        try:
            run_together([run.work for run in page.load()])
        except AuthError as error:
            self._say_error(error)

    def _ask_once(self, page: Page, *, raises: bool = False) -> Output:
        """Show a page, ask for one answer, and return what it leads to; None to ask again."""
        self._show(page)
        output: Output = None
        try:
            if isinstance(page, ListPage):
                output = self._carry_out(page.select(self._ask_number(page)))
            elif isinstance(page, FormPage):
                output = self._ask_form(page)
            elif isinstance(page, RegistrationPage):
                output = self._register(page)
        except AuthError as error:
            if raises and not _is_about_input(error):
                raise
            self._discard(error)
            self._say_error(error)
            return None
        if isinstance(output, Say):
            self.prompts.lines.say(f"Error: {output.text}" if output.is_error else output.text)
            self._kept.clear()
            return None
        self._kept.clear()
        return output

    def _register(self, page: RegistrationPage) -> Output:
        event = prompts_to_register(self.prompts).use_key(page.relying_party, page.make_ceremony)
        try:
            return self._carry_out(page.register(event.credential or {}))
        except AuthError as error:  # the options are used up
            self._say_error(error)
            return Back()

    def _carry_out(self, output: Output) -> Output:
        while isinstance(output, Run):
            output = output.work()
        return output

    def _show(self, page: Page) -> None:
        lines = self.prompts.lines
        lines.say(" ".join(filter(None, (page.title.rstrip(".") + ".", page.task))))
        if isinstance(page, AppPage):
            lines.say("Type this key into your authenticator app:")
            lines.say(format_totp_key(page.details.shared_secret.reveal()))
        if isinstance(page, ListPage):
            for number, row in enumerate(page.rows(), 1):
                lines.say(f"{number} {' · '.join(filter(None, (row.line, row.note)))}")

    def _ask_number(self, page: ListPage) -> int:
        count = len(page.rows())
        if not count:
            raise BackError
        return self.prompts.number(count)

    def _ask_form(self, page: FormPage) -> Output:
        values: dict[str, Secret] = {}
        for entry in page.inputs():
            value = self._kept.get(entry.name) or self._ask_value(entry, page)
            if value is None:
                return self._carry_out(page.resend())
            values[entry.name] = value
        self._kept = dict(values)
        return self._carry_out(page.submit(values))

    def _ask_value(self, entry: Input, page: FormPage) -> Secret | None:
        """Ask for the value of one field. Return None if the user wants another code."""
        prompts = self.prompts
        match entry.kind:
            case InputKind.SECRET:
                return prompts.secret(entry.label, takes_question_mark=True)
            case InputKind.NEW_PASSWORD:
                return prompts.new_password(self.context.password_policy)
            case InputKind.CODE:
                typed = prompts.code_or_command((NEW_CODE,) if page.can_resend else (), entry.label)
                return None if typed == NEW_CODE else parse_code(typed)
        hint = entry.hint[:1].lower() + entry.hint[1:]
        label = f"{entry.label}, {hint}" if hint else entry.label
        return Secret(prompts.line(label.rstrip("."), entry.value))

    def _discard(self, error: AuthError) -> None:
        """Ask again only for what the error is about."""
        if error.field is ErrorField.NEW_PASSWORD:
            self._kept = {name: value for name, value in self._kept.items() if name == "old"}
        else:
            self._kept.clear()

    def _say_error(self, error: AuthError) -> None:
        self.prompts.lines.say(f"Error: {texts.error_message(error)}")


def _is_about_input(error: AuthError) -> bool:
    """Return whether another answer may succeed."""
    codes = ("CodeMismatchException", "ExpiredCodeException", "EnableSoftwareTokenMFAException")
    is_password = error.code == "NotAuthorizedException" and error.field is ErrorField.ANSWER
    return (
        error.code in codes or is_password or error.field in (ErrorField.NEW_PASSWORD, ErrorField.ATTRIBUTES)
    )
