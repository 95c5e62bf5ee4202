"""What becomes of a finished sign-in: checked, kept where it was decided, and why it was not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.screens.conftest import CLIENT, POOL
from tests.scripted_gateway import ScriptedGateway, tokens
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import Done
from tui_auth.done_keeper import STORE_SECONDS, DoneKeeper, remember_device
from tui_auth.secret import Secret
from tui_auth.session.persistence import SIGNATURES_UNCHECKED
from tui_auth.storage.lock import PATIENCE_SECONDS
from tui_auth.storage.stores import StorageKind
from tui_auth.threads import SHIELD_SECONDS

KEPT = SimpleNamespace(location="in a file", problem="", warning="")
FAILED = SimpleNamespace(location="", problem="The disk is full.", warning="")


def signed_in() -> Done:
    """The end of a sign-in."""
    auth = Auth(POOL, CLIENT, gateway=ScriptedGateway(tokens(POOL, CLIENT)))
    step = auth.sign_in("ann", Secret("pw"), auth_flow=AuthFlow.USER_PASSWORD_AUTH).next_step
    assert isinstance(step, Done)
    return step


class SessionPersistence:
    """A place to keep sessions in, which notes what it is asked for."""

    def __init__(self, storage: StorageKind | None = None, kept: Any = KEPT, *, holds: bool = True) -> None:
        self.storage = storage
        self.holds = holds
        self.asked: list[tuple[object, ...]] = []
        self.remembered: list[StorageKind] = []
        self._kept = kept

    def check_signatures(self, done: Done) -> bool:
        return self.holds

    def save(self, done: Done, signed_in_as: str, storage: StorageKind, *, signature_checked: bool) -> Any:
        self.asked.append((done, signed_in_as, storage, signature_checked))
        if isinstance(self._kept, Exception):
            raise self._kept
        return self._kept

    def remember_storage(self, storage: StorageKind) -> None:
        self.remembered.append(storage)

    def device(self, username: str) -> str:
        return f"the device of {username}"


class Screen:
    """The last screen, as far as a keeper uses it."""

    def __init__(self, step: Done) -> None:
        self.step = step
        self.notice = ""
        self.offered: tuple[StorageKind, ...] | None = None
        self.shown: tuple[object, ...] | None = None

    def ask_for_storage(self, kinds: tuple[StorageKind, ...]) -> None:
        self.offered = kinds

    def show_storage(self, *what: object) -> None:
        self.shown = what


def keeper_with(
    storage: StorageKind | None = None, kept: Any = KEPT, **more: Any
) -> tuple[Any, SessionPersistence]:
    keeping = SessionPersistence(storage, kept, **more)
    return DoneKeeper(keeping), keeping  # type: ignore[arg-type]


@pytest.mark.parametrize("holds", [True, False])
async def test_a_session_is_kept_where_it_was_decided(holds: bool) -> None:
    done = signed_in()
    keeper, keeping = keeper_with(StorageKind.FILE, holds=holds)
    keeper.check(done)
    assert keeper.is_checked(done) is holds
    screen = Screen(done)
    await keeper.show(screen, "ann")
    assert keeping.asked == [(done, "ann", StorageKind.FILE, holds)]
    assert screen.shown == ("in a file", "", "")
    assert screen.offered is None
    assert screen.notice == ("" if holds else SIGNATURES_UNCHECKED)
    assert keeping.remembered == []
    assert keeper.not_kept_because(done, "ann", print) is None
    assert len(keeping.asked) == 1


async def test_where_nothing_was_decided_it_is_asked() -> None:
    done = signed_in()
    keeper, keeping = keeper_with()
    screen = Screen(done)
    await keeper.show(screen, "ann")
    assert screen.offered is not None
    assert StorageKind.FILE in screen.offered
    assert keeping.asked == []
    assert keeper.not_kept_because(done, "ann", print) == "Nobody chose where."


@pytest.mark.parametrize(("kept", "remembered"), [(KEPT, [StorageKind.SESSION]), (FAILED, [])])
async def test_a_place_that_worked_is_remembered(kept: Any, remembered: list[StorageKind]) -> None:
    done = signed_in()
    keeper, keeping = keeper_with(None, kept)
    await keeper.chosen(Screen(done), "ann", StorageKind.SESSION)
    assert keeping.asked == [(done, "ann", StorageKind.SESSION, False)]
    assert keeping.remembered == remembered
    assert keeper.not_kept_because(done, "ann", print) == (kept.problem or None)


async def test_a_sign_in_to_be_kept_nowhere_is_not_missed() -> None:
    done = signed_in()
    keeper, _ = keeper_with()
    await keeper.chosen(Screen(done), "ann", StorageKind.NONE)
    assert keeper.not_kept_because(done, "ann", print) is None


def test_who_leaves_before_the_screen_has_the_session_kept() -> None:
    done = signed_in()
    keeper, keeping = keeper_with(StorageKind.FILE)
    assert keeper.not_kept_because(done, "ann", print) is None
    assert keeping.asked == [(done, "ann", StorageKind.FILE, False)]


def test_what_was_left_behind_is_said() -> None:
    said: list[str] = []
    keeper, _ = keeper_with(
        StorageKind.FILE, SimpleNamespace(where="", problem="", warning="An old file stays.")
    )
    assert keeper.not_kept_because(signed_in(), "ann", said.append) is None
    assert said == ["An old file stays."]


def test_a_place_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    keeper, _ = keeper_with(StorageKind.FILE)
    monkeypatch.setattr(keeper, "_keep_now", lambda *_: None)
    monkeypatch.setattr(keeper, "_settled", SimpleNamespace(wait=lambda seconds: waited.append(seconds)))
    said: list[str] = []
    assert keeper.not_kept_because(signed_in(), "ann", said.append) == "The place does not answer."
    assert said == [
        "SessionPersistence the session; another tui-auth may be busy with it. ^c leaves without."
    ]
    assert waited == [STORE_SECONDS, PATIENCE_SECONDS]


def test_a_store_under_way_is_waited_for_after_a_signal_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    keeper, _ = keeper_with()
    monkeypatch.setattr(keeper, "_settled", SimpleNamespace(wait=waited.append))
    keeper.finish()
    assert waited == []
    monkeypatch.setattr(keeper, "_decided", StorageKind.FILE)
    keeper.finish()
    assert waited == [SHIELD_SECONDS]


def test_the_device_is_the_one_that_was_kept_for_the_user() -> None:
    keeper, _ = keeper_with()
    assert keeper.device("ann") == "the device of ann"


@pytest.mark.parametrize(
    ("error", "notice"),
    [
        (None, "The pool remembers this machine."),
        (
            error_from_response("TooManyRequestsException", ""),
            "The pool did not remember this machine. Cognito is asked too often just now.",
        ),
    ],
)
async def test_remembering_a_device_says_what_came_of_it(error: Exception | None, notice: str) -> None:
    done, told = signed_in(), []

    def remember(step: Done) -> None:
        told.append(step)
        if error:
            raise error

    screen: Any = Screen(done)
    auth: Any = SimpleNamespace(remember_device=remember)
    await remember_device(screen, auth)
    assert screen.notice == notice
    assert told == [done]
