"""What follows Done: SessionSaver saves the session, and AfterSignIn carries out what the user decides."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tui_auth.auth.account import find_unverified_contact, send_contact_code, verify_contact
from tui_auth.auth.next_step import DeliveryDetails, Done, NextStep
from tui_auth.errors import AuthError
from tui_auth.flow import messages
from tui_auth.flow.checks import find_code_error
from tui_auth.flow.interface import ErrorMessage
from tui_auth.flow.outputs import (
    AskAboutDevice,
    AskContactCode,
    AskStorage,
    AskToVerify,
    Finish,
    RunJob,
    ShowNotice,
    ShowSaved,
    ShowUnsaved,
)
from tui_auth.session.persistence import SIGNATURES_UNCHECKED
from tui_auth.session.sessions import Sessions
from tui_auth.storage.lock import PATIENCE_SECONDS
from tui_auth.storage.stores import NOT_STORED, StorageKind, available_storage_kinds
from tui_auth.threads import SHIELD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.auth.attempt import Attempt
    from tui_auth.auth.auth import Auth
    from tui_auth.auth.devices import Device
    from tui_auth.flow.account_pages import AccountContext
    from tui_auth.flow.interface import SignInSettings
    from tui_auth.flow.outputs import Output
    from tui_auth.secret import Secret
    from tui_auth.session.persistence import SessionPersistence
    from tui_auth.session.sessions import SaveResult, StoredSession


REPORT_AFTER_SECONDS = 4.0
"""How long to wait before reporting the wait. Longer than the timeout of the keyring."""


class SessionSaver:
    """Saves the session of one sign-in.

    The methods block on files and the network. Call them on a thread if the front end must keep drawing.
    """

    def __init__(self, persistence: SessionPersistence) -> None:
        self.persistence = persistence
        self._checked: list[Done] = []
        self._lock = threading.Lock()
        self._storage: StorageKind | None = None
        self._result: SaveResult | None = None
        self._finished = threading.Event()

    def device(self, username: str) -> Device | None:
        """Return the remembered device of a user."""
        return self.persistence.device(username)

    def check_signatures(self, done: Done) -> None:
        """Verify the signatures of the tokens and record that they were checked.

        Raises:
            AuthError: The pool didn't sign the tokens.
        """
        if self.persistence.check_signatures(done):
            self._checked.append(done)

    @property
    def stored_session(self) -> tuple[Sessions, StoredSession] | None:
        """The session as it is stored now, and those it is one of; None if it isn't stored."""
        if self._result is None or not self._result.location:
            return None
        sessions = Sessions(self.persistence.sessions.environ)
        stored = sessions.find_by_name(self._result.record.key.file_name)
        return (sessions, stored) if stored else None

    def is_checked(self, done: Done) -> bool:
        """Return whether the signatures of exactly these tokens were checked."""
        return any(checked is done for checked in self._checked)

    def save_where_configured(self, done: Done, signed_in_as: str) -> SaveResult | None:
        """Save the session in the storage that a flag, the profile or an earlier answer selects.

        Returns:
            The result, or None if the user must select a storage.
        """
        storage = self.persistence.storage
        if storage is None:
            return None
        if self._claim_save(storage):
            return self._save(done, signed_in_as, storage)
        self._finished.wait(PATIENCE_SECONDS)
        return self._result

    def save_in(self, done: Done, signed_in_as: str, storage: StorageKind) -> SaveResult:
        """Save the session in the storage that the user selected, and remember the selection."""
        self._storage = storage
        result = self._save(done, signed_in_as, storage)
        if not result.problem:  # after a problem, ask again at the next sign-in
            self.persistence.remember_storage(storage)
        return result

    def _claim_save(self, storage: StorageKind) -> bool:
        """Set the storage. Return False if it was already set, so that the session is saved once."""
        with self._lock:
            is_first = self._storage is None
            self._storage = self._storage or storage
            return is_first

    def _save(self, done: Done, signed_in_as: str, storage: StorageKind) -> SaveResult:
        try:
            self._result = self.persistence.save(
                done, signed_in_as, storage, signature_checked=self.is_checked(done)
            )
            return self._result
        finally:
            self._finished.set()

    def reason_not_saved(self, done: Done, signed_in_as: str, say: Callable[[str], None]) -> str | None:
        """Return why the session isn't saved, once the screen is closed.

        If the storage is known and the user closed the screen first, this saves the session now. It waits for
        a save in progress as long as another process may be using the session, and reports the wait after
        ``REPORT_AFTER_SECONDS``.

        Args:
            done: The result of the sign-in.
            signed_in_as: The user name as it was typed.
            say: Reports a sentence to the user.

        Returns:
            The reason; None if the session is saved or the user chose not to save it.

        Raises:
            KeyboardInterrupt: The user stopped waiting.
        """
        storage = self._storage or self.persistence.storage
        if storage is None:
            return "No storage was chosen."
        if self._claim_save(storage):
            # On a thread, so that this wait is reported too.
            threading.Thread(target=self._save, args=(done, signed_in_as, storage), daemon=True).start()
        if self._storage is StorageKind.NONE:
            return None
        if not self._finished.wait(REPORT_AFTER_SECONDS):
            say("Storing the session; another tui-auth may be using it. ^c quits without storing it.")
        if not self._finished.wait(PATIENCE_SECONDS) or self._result is None:
            return "The storage doesn't respond."
        if self._result.warning:
            say(self._result.warning)
        return self._result.problem or None

    def finish(self) -> None:
        """Wait briefly for a save in progress after a signal has closed the screen."""
        if self._storage is not None:
            self._finished.wait(SHIELD_SECONDS)


class AfterSignIn:
    """The part of a sign-in flow that follows Done. See ``SignInFlow``."""

    def __init__(self, auth: Auth, settings: SignInSettings, saver: SessionSaver | None) -> None:
        self.auth = auth
        self.settings = settings
        self.saver = saver
        self.attempt: Attempt | None = None
        """The current attempt, or the last one."""
        self.step: NextStep | None = None
        """The step on the screen; None at sign-in and at sign-up."""
        self._contact: tuple[str, str] | None = None
        self._contact_details = DeliveryDetails(None, None)
        self._offered_users: set[str] = set()

    @property
    def done(self) -> Done | None:
        """The result of the sign-in while it is on the screen."""
        return self.step if isinstance(self.step, Done) else None

    def after_done(self) -> Output:
        """Save the session once Done is on the screen, or ask for what is needed first."""
        done, saver, attempt = self.done, self.saver, self.attempt
        if done is None or attempt is None:
            return None
        if self.settings.leaves_when_done:
            return AskAboutDevice()
        if saver is None:
            return ShowUnsaved()

        def save() -> Output:
            notice = "" if saver.is_checked(done) else SIGNATURES_UNCHECKED
            result = saver.save_where_configured(done, attempt.username)
            if result is None:
                return AskStorage(available_storage_kinds(), notice)
            return ShowSaved(result.location, result.problem, result.warning, notice)

        return RunJob(save)

    def storage_selected(self, storage: StorageKind) -> Output:
        """Save the session in the storage that the user selected. After a problem, ask for another one."""
        done, saver, attempt = self.done, self.saver, self.attempt
        if done is None or saver is None or attempt is None:
            return None

        def save() -> Output:
            result = saver.save_in(done, attempt.username, storage)
            if result.problem:
                others = tuple(kind for kind in available_storage_kinds() if kind is not storage)
                return AskStorage(others, f"{NOT_STORED} {result.problem}")
            return ShowSaved(result.location, "", result.warning, messages.STORAGE_REMEMBERED)

        return RunJob(save)

    def device_answered(self, remember: bool) -> Output:
        """Have the pool remember this device if the user agreed."""
        done = self.done
        if done is None:
            return None

        def answer() -> Output:
            notice = remember_device(self.auth, done) if remember else None
            if self.settings.leaves_when_done:
                return Finish(done)
            return notice or self.offer_verification()

        return RunJob(answer)

    def open_account(self, app_name: str) -> AccountContext:
        """Return the account of the user who has signed in, with the stored session or one in memory.

        Args:
            app_name: The issuer that an authenticator app shows.
        """
        from tui_auth.flow.account_pages import AccountContext
        from tui_auth.session.record import SessionOrigin, SessionRecord
        from tui_auth.session.unsaved import UnsavedSession
        from tui_auth.session_api import Session

        done, auth = self.done, self.auth
        assert done is not None, "the user has signed in"
        if stored := self.saver.stored_session if self.saver else None:
            record = stored[1].record
            session = Session(record.selectors, stored[0].environ)
        else:
            client = auth.client
            origin = SessionOrigin(
                client.user_pool_id,
                client.client_id,
                client.region,
                client.endpoint_url or "",
                signed_in_as=self.attempt.username if self.attempt else "",
            )
            record = SessionRecord.from_sign_in(done, origin, server_time=auth.gateway.now())
            session = Session({}, unsaved=UnsavedSession(record, client, auth.gateway))
        return AccountContext.from_record(
            session.account(trace=auth.trace),
            record,
            app_name=app_name,
            password_policy=self.settings.password_policy,
            passkeys=self.settings.passkeys,
        )

    def offer_verification(self) -> Output:
        """Offer to verify an address of the user that isn't verified, once for each user.

        Without a verified address, a user who forgets the password can't reset it.
        """
        done = self.done
        if done is None or self.settings.leaves_when_done or done.claims.sub in self._offered_users:
            return None
        self._offered_users.add(done.claims.sub)
        self._contact = find_unverified_contact(done.tokens.id_token)
        return AskToVerify(*self._contact) if self._contact else None

    def request_contact_code(self) -> Output:
        """Send a code to the address that was offered to be verified."""
        done, contact = self.done, self._contact
        if done is None or contact is None:
            return None

        def send() -> Output:
            try:
                auth, token = self.auth, done.tokens.access_token
                self._contact_details = send_contact_code(auth.gateway, auth.trace, token, contact[0])
            except AuthError as error:
                return _not_verified(contact[0], error)
            return AskContactCode(self._contact_details)

        return RunJob(send)

    def verify_contact(self, code: Secret) -> Output:
        """Verify the address with the code that was sent to it. After a wrong code, ask again."""
        done, contact, details = self.done, self._contact, self._contact_details
        if done is None or contact is None:
            return None
        if problem := find_code_error(code):
            return AskContactCode(details, ErrorMessage(problem))

        def verify() -> Output:
            try:
                auth, token = self.auth, done.tokens.access_token
                verify_contact(auth.gateway, auth.trace, token, contact[0], code)
            except AuthError as error:
                if error.code in ("CodeMismatchException", "ExpiredCodeException"):
                    return AskContactCode(details, ErrorMessage.from_error(error))
                return _not_verified(contact[0], error)
            return ShowNotice(messages.VERIFIED.format(f"Your {messages.CONTACT_LABELS[contact[0]]}"))

        return RunJob(verify)


def _not_verified(attribute: str, error: AuthError) -> ShowNotice:
    subject = f"Your {messages.CONTACT_LABELS[attribute]}"
    text = messages.NOT_VERIFIED.format(subject, ErrorMessage.from_error(error).text)
    return ShowNotice(text, is_error=True)


def remember_device(auth: Auth, done: Done) -> ShowNotice:
    """Have the pool remember this device (UpdateDeviceStatus) and return the result as a notice."""
    try:
        auth.remember_device(done)
    except AuthError as error:
        return ShowNotice(f"{messages.NOT_REMEMBERED} {error.message}", is_error=True)
    return ShowNotice(messages.REMEMBERED)
