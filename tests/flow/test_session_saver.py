"""SessionSaver: a finished sign-in is checked and saved once, or the reason is reported."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.flow.conftest import CLIENT, POOL
from tests.scripted_gateway import ScriptedGateway, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import Done
from tui_auth.flow.after_sign_in import REPORT_AFTER_SECONDS, SessionSaver, remember_device
from tui_auth.secret import Secret
from tui_auth.storage.lock import PATIENCE_SECONDS
from tui_auth.storage.stores import StorageKind
from tui_auth.threads import SHIELD_SECONDS

SAVED = SimpleNamespace(location="in a file", problem="", warning="")
FAILED = SimpleNamespace(location="", problem="The disk is full.", warning="")


def signed_in() -> Done:
    """Return the result of a sign-in."""
    auth = Auth(POOL, CLIENT, gateway=ScriptedGateway(tokens(POOL, CLIENT)))
    step = auth.sign_in("ann", Secret("pw"), auth_flow=AuthFlow.USER_PASSWORD_AUTH).next_step
    assert isinstance(step, Done)
    return step


class SessionPersistence:
    """A storage that records what is saved."""

    def __init__(
        self, storage: StorageKind | None = None, result: Any = SAVED, *, signatures_valid: bool = True
    ) -> None:
        self.storage = storage
        self.signatures_valid = signatures_valid
        self.saves: list[tuple[object, ...]] = []
        self.remembered: list[StorageKind] = []
        self._result = result

    def check_signatures(self, done: Done) -> bool:
        return self.signatures_valid

    def save(self, done: Done, signed_in_as: str, storage: StorageKind, *, signature_checked: bool) -> Any:
        self.saves.append((done, signed_in_as, storage, signature_checked))
        return self._result

    def remember_storage(self, storage: StorageKind) -> None:
        self.remembered.append(storage)

    def device(self, username: str) -> str:
        return f"the device of {username}"


def saver_with(
    storage: StorageKind | None = None, result: Any = SAVED, **more: Any
) -> tuple[Any, SessionPersistence]:
    persistence = SessionPersistence(storage, result, **more)
    return SessionSaver(persistence), persistence  # type: ignore[arg-type]


@pytest.mark.parametrize("signatures_valid", [True, False])
def test_session_is_saved_in_the_configured_storage(signatures_valid: bool) -> None:
    done = signed_in()
    saver, persistence = saver_with(StorageKind.FILE, signatures_valid=signatures_valid)
    saver.check_signatures(done)
    assert saver.is_checked(done) is signatures_valid
    assert saver.save_where_configured(done, "ann") is SAVED
    assert persistence.saves == [(done, "ann", StorageKind.FILE, signatures_valid)]
    assert persistence.remembered == []
    assert saver.reason_not_saved(done, "ann", print) is None
    assert len(persistence.saves) == 1


def test_nothing_is_saved_without_a_configured_storage() -> None:
    done = signed_in()
    saver, persistence = saver_with()
    assert saver.save_where_configured(done, "ann") is None
    assert persistence.saves == []
    assert saver.reason_not_saved(done, "ann", print) == "No storage was chosen."


@pytest.mark.parametrize(("result", "remembered"), [(SAVED, [StorageKind.SESSION]), (FAILED, [])])
def test_working_storage_is_remembered(result: Any, remembered: list[StorageKind]) -> None:
    done = signed_in()
    saver, persistence = saver_with(None, result)
    assert saver.save_in(done, "ann", StorageKind.SESSION) is result
    assert persistence.saves == [(done, "ann", StorageKind.SESSION, False)]
    assert persistence.remembered == remembered
    assert saver.reason_not_saved(done, "ann", print) == (result.problem or None)


def test_storage_none_is_no_problem() -> None:
    done = signed_in()
    saver, _ = saver_with()
    saver.save_in(done, "ann", StorageKind.NONE)
    assert saver.reason_not_saved(done, "ann", print) is None


def test_session_is_saved_after_the_user_quits_early() -> None:
    done = signed_in()
    saver, persistence = saver_with(StorageKind.FILE)
    assert saver.reason_not_saved(done, "ann", print) is None
    assert persistence.saves == [(done, "ann", StorageKind.FILE, False)]
    assert saver.save_where_configured(done, "ann") is SAVED
    assert len(persistence.saves) == 1, "a late screen saves nothing again"


def test_leftover_session_file_is_reported() -> None:
    output: list[str] = []
    saver, _ = saver_with(
        StorageKind.FILE, SimpleNamespace(location="", problem="", warning="An old file stays.")
    )
    assert saver.reason_not_saved(signed_in(), "ann", output.append) is None
    assert output == ["An old file stays."]


def test_unresponsive_storage_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    saver, _ = saver_with(StorageKind.FILE)
    monkeypatch.setattr(saver, "_save", lambda *_: None)
    monkeypatch.setattr(saver, "_finished", SimpleNamespace(wait=lambda seconds: waited.append(seconds)))
    output: list[str] = []
    assert saver.reason_not_saved(signed_in(), "ann", output.append) == "The storage doesn't respond."
    assert output == ["Storing the session; another tui-auth may be using it. ^c quits without storing it."]
    assert waited == [REPORT_AFTER_SECONDS, PATIENCE_SECONDS]


def test_only_a_save_in_progress_is_awaited_after_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    saver, _ = saver_with()
    monkeypatch.setattr(saver, "_finished", SimpleNamespace(wait=waited.append))
    saver.finish()
    assert waited == []
    monkeypatch.setattr(saver, "_storage", StorageKind.FILE)
    saver.finish()
    assert waited == [SHIELD_SECONDS]


def test_device_is_the_one_remembered_for_the_user() -> None:
    saver, _ = saver_with()
    assert saver.device("ann") == "the device of ann"


@pytest.mark.parametrize(
    ("error", "notice"),
    [
        (None, "Cognito remembers this device."),
        (
            error_from_response("TooManyRequestsException", ""),
            "Cognito couldn't remember this device. Cognito is getting too many requests right now.",
        ),
    ],
)
def test_remembering_a_device_reports_the_result(error: Exception | None, notice: str) -> None:
    done, remembered = signed_in(), []

    def remember(step: Done) -> None:
        remembered.append(step)
        if error:
            raise error

    auth: Any = SimpleNamespace(remember_device=remember)
    shown = remember_device(auth, done)
    assert (shown.text, shown.is_error) == (notice, error is not None)
    assert remembered == [done]
