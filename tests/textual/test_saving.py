"""SignIn stores the session where the program or the user decides."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.pilot import press, type_text, until
from tests.textual.conftest import SIZE, Cognito, Program
from tui_auth import ConfigurationError, Done, NotSignedInError, StorageError, list_sessions, open_session
from tui_auth.flow import after_sign_in
from tui_auth.flow.interface import INTERNAL_ERROR
from tui_auth.screens.codes import SMSCodeScreen
from tui_auth.screens.help import HelpScreen
from tui_auth.session_api import Session
from tui_auth.storage import stores
from tui_auth.storage.stores import StorageKind
from tui_auth.textual import SignIn


class SavingProgram(Program):
    """A program with a sign-in as sam over the emulator."""

    def __init__(self, cognito: Cognito, save: str | None) -> None:
        super().__init__()
        self.cognito = cognito
        self.options = {"username": "sam", "save": save}

    def new_sign_in(self) -> SignIn:
        return SignIn(self.cognito.auth("sam"), **self.options)


async def sign_in(pilot: Pilot[Any], app: SavingProgram) -> None:
    """Sign in as sam and enter the code."""
    app.sign_in()
    await until(pilot, lambda: isinstance(app.screen, SignIn))
    await type_text(pilot, app.cognito.user("sam").password)
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen))
    await type_text(pilot, app.cognito.newest_code("sam"))
    await press(pilot, "enter")


async def test_session_is_in_memory_by_default(cognito: Cognito) -> None:
    app = SavingProgram(cognito, None)
    async with app.run_test(size=SIZE) as pilot:
        await sign_in(pilot, app)
        await until(pilot, lambda: app.results)
    assert isinstance(app.results[0], Done)
    assert list_sessions() == []
    assert app.results[0].session.token()


async def test_session_is_stored_in_a_file_without_a_question(cognito: Cognito) -> None:
    app = SavingProgram(cognito, "file")
    async with app.run_test(size=SIZE) as pilot:
        await sign_in(pilot, app)
        await until(pilot, lambda: app.results)
    assert [(info.username, str(info.storage)) for info in list_sessions()] == [("sam", "file")]
    assert open_session().token() == app.results[0].tokens.access_token.reveal()  # type: ignore[union-attr]


@pytest.mark.parametrize(("key", "storage"), [("2", "file"), ("escape", None)])
async def test_user_is_asked_where_to_store_the_session(
    cognito: Cognito, key: str, storage: str | None
) -> None:
    app = SavingProgram(cognito, "ask")
    async with app.run_test(size=SIZE) as pilot:
        await sign_in(pilot, app)
        await until(pilot, lambda: "Where do you want to store this session?" in app.text)
        rows = ["Until I log out", "In a private file", "In the keyring", "Nowhere"]
        shown = [row for row in rows if row in app.text]
        wanted = "In a private file" if storage else "Nowhere"
        await press(pilot, str(shown.index(wanted) + 1))
        await until(pilot, lambda: app.results)
    assert app.results[0]
    assert [str(info.storage) for info in list_sessions()] == ([storage] if storage else [])


async def test_user_chooses_again_after_a_storage_that_failed(
    cognito: Cognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise StorageError("The keyring is locked.")

    kinds = (StorageKind.FILE, StorageKind.KEYRING, StorageKind.NONE)
    monkeypatch.setattr(after_sign_in, "available_storage_kinds", lambda: kinds)
    monkeypatch.setattr(stores, "_call_keyring", fail)
    app = SavingProgram(cognito, "ask")
    async with app.run_test(size=SIZE) as pilot:
        await sign_in(pilot, app)
        await until(pilot, lambda: "In the keyring" in app.text)
        await press(pilot, "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert "--storage" not in app.text, "a program has no flags"
        await press(pilot, "escape")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))
        await press(pilot, "2")
        await until(pilot, lambda: "The keyring is locked." in app.text)
        assert app.text.count("couldn't be stored") == 1
        assert "In the keyring" not in app.text
        await press(pilot, "1")
        await until(pilot, lambda: app.results)
    assert [str(info.storage) for info in list_sessions()] == ["file"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StorageError("The disk is full."), "The disk is full."),
        (RuntimeError(), INTERNAL_ERROR.split(".")[0]),
    ],
    ids=["storage", "internal"],
)
async def test_session_that_cannot_be_stored_is_returned_after_the_reason(
    cognito: Cognito, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Session, "save", fail)
    app = SavingProgram(cognito, "file")
    async with app.run_test(size=SIZE) as pilot:
        await sign_in(pilot, app)
        await until(pilot, lambda: reason in app.text)
        assert "Signed in as sam" in app.text
        assert not app.results
        await press(pilot, "enter")
        await until(pilot, lambda: app.results)
    assert app.results[0]
    with pytest.raises(NotSignedInError):
        open_session().token()


def test_unknown_storage_is_an_error(cognito: Cognito) -> None:
    with pytest.raises(ConfigurationError):
        SignIn(cognito.auth("sam"), save="disk")  # type: ignore[arg-type]
