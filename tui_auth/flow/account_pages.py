"""The pages of an account, for both front ends: what each shows, and what its answers lead to.

A page is a list to choose from or a form to fill in. It has no Textual and no terminal. A front end draws the
page on top of its stack, and carries out the output of each answer: open a page, go back, run a request on a
thread. Nothing is deleted or ended by a single key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from tui_auth.flow.interface import PasskeySettings

if TYPE_CHECKING:
    from tui_auth.account.account import Account
    from tui_auth.config.settings import PasswordPolicy
    from tui_auth.secret import Secret
    from tui_auth.session.record import SessionRecord
    from tui_auth.session_api import Session

LABEL_CELLS = 15
"""The width of the labels of a list with values."""


@dataclass(frozen=True)
class AccountContext:
    """The account and what its pages need.

    Attributes:
        account: The account.
        names: What the user may type to delete it: the user name as typed at the sign-in, Cognito's, and the
            email address, which some screens show in their place.
        app_name: The name under which an authenticator app lists a new key.
        password_policy: The pool's password policy; None if unknown.
        passkeys: For which site a new passkey may be, and where security keys are.
        endpoint_url: The endpoint in place of AWS's own, or None.
    """

    account: Account
    names: tuple[str, ...]
    app_name: str = ""
    password_policy: PasswordPolicy | None = None
    passkeys: PasskeySettings = field(default_factory=PasskeySettings)
    endpoint_url: str | None = None

    @classmethod
    def from_record(
        cls,
        account: Account,
        record: SessionRecord,
        *,
        app_name: str,
        password_policy: PasswordPolicy | None = None,
        passkeys: PasskeySettings = PasskeySettings(),  # noqa: B008 - immutable
    ) -> AccountContext:
        """Return the context of the account of a session, for every front end.

        Args:
            account: The account.
            record: The session.
            app_name: See ``AccountContext``.
            password_policy: See ``AccountContext``.
            passkeys: See ``AccountContext``.
        """
        names = dict.fromkeys((record.display_name, record.username, record.email))
        return cls(
            account,
            tuple(filter(None, names)),
            app_name=app_name,
            password_policy=password_policy,
            passkeys=passkeys,
            endpoint_url=record.origin.endpoint or None,
        )

    @classmethod
    def from_session(cls, session: Session, record: SessionRecord, *, app_name: str) -> AccountContext:
        """Return the context of the account of a session of the Python API; see ``from_record``."""
        pool = session.find_pool_settings()
        return cls.from_record(
            session.account(),
            record,
            app_name=app_name,
            password_policy=pool.password_policy if pool else None,
            passkeys=PasskeySettings.from_pool(pool),
        )


# -- what an answer leads to ------------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """Show a page on top of this one, or in its place."""

    page: Page
    in_place: bool = False


@dataclass(frozen=True)
class Back:
    """Go back and show a notice; read what was changed again."""

    notice: str = ""
    is_changed: bool = True


@dataclass(frozen=True)
class Run:
    """Run a request on a thread; it returns the next output. ``in_background`` doesn't block the page."""

    work: Callable[[], Output]
    in_background: bool = False


@dataclass(frozen=True)
class Say:
    """Show a notice, or an error under a field; without a field, below all."""

    text: str
    is_error: bool = False
    field: str = ""


@dataclass(frozen=True)
class Leave:
    """Close the account: it is gone."""

    text: str


Output = Open | Back | Run | Say | Leave | None
"""None: draw the page again."""


# -- pages ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One thing to choose. A value is shown beside the label, a note below it."""

    label: str
    note: str = ""
    is_available: bool = True
    value: str = ""

    @property
    def line(self) -> str:
        """The label and the value in columns."""
        return f"{self.label:<{LABEL_CELLS}}{self.value}" if self.value else self.label


class InputKind(Enum):
    """What a field takes."""

    TEXT = auto()
    SECRET = auto()
    NEW_PASSWORD = auto()
    """Asked for twice, with the password policy."""
    CODE = auto()


@dataclass(frozen=True)
class Input:
    """One field of a form."""

    name: str
    label: str
    kind: InputKind = InputKind.TEXT
    value: str = ""
    hint: str = ""


Values = Mapping[str, "Secret"]


class Page:
    """One page. ``title`` and ``task`` are its heading, ``crumb`` names it in the breadcrumbs."""

    title = ""
    task = ""
    crumb = ""
    explanation = ""

    def __init__(self, context: AccountContext) -> None:
        self.context = context
        self.account = context.account

    def load(self) -> Sequence[Run]:
        """Return the requests that read what the page shows, again after a change."""
        return ()


class ListPage(Page):
    """A list to choose from.

    On a full screen, ``shortcuts`` are keys that lead to a question about the highlighted row or about all;
    ``task_with_shortcuts`` names them in place of ``task``. There is no field that a paste could go to.
    """

    shortcuts: tuple[str, ...] = ()
    task_with_shortcuts = ""

    def rows(self) -> Sequence[Row]:
        """Return what there is to choose from."""
        raise NotImplementedError

    def select(self, position: int) -> Output:
        """Return what choosing a row leads to."""
        raise NotImplementedError

    def press(self, shortcut: str, position: int) -> Output:
        """Return what a shortcut leads to."""
        raise NotImplementedError


class FormPage(Page):
    """A form to fill in. ``can_resend`` says whether another code can be sent."""

    submit_label = "Save"
    can_resend = False

    def inputs(self) -> Sequence[Input]:
        """Return the fields."""
        raise NotImplementedError

    def submit(self, values: Values) -> Output:
        """Return what the values of the fields lead to."""
        raise NotImplementedError

    def resend(self) -> Output:
        """Send another code."""
        return None


class ActionsPage(ListPage):
    """Asks what to do with one thing; the first answer does nothing.

    Args:
        context: The account.
        title: What the thing is.
        task: More about it.
        actions: The answers, what each does, and what it leads to.
    """

    crumb = "choose"

    def __init__(
        self, context: AccountContext, title: str, task: str, actions: Sequence[tuple[Row, Output]]
    ) -> None:
        super().__init__(context)
        self.title, self.task = title, task
        self.actions = ((Row("Leave it as it is"), Back(is_changed=False)), *actions)

    def rows(self) -> Sequence[Row]:
        return [row for row, _ in self.actions]

    def select(self, position: int) -> Output:
        return self.actions[position][1]
