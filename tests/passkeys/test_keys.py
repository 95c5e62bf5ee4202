"""Finding security keys, choosing one of several, and saying why there are none."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.passkeys.people import touched_key
from tests.waiting import wait_until
from tui_auth.demo.software_key import SoftwareKey
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.errors import PasskeyError
from tui_auth.passkeys import keys as finding
from tui_auth.passkeys.keys import Deadline, PluggedInKeys, with_key

FIDO = bytes.fromhex("06d0f10901a1010920150026ff007508954081020921150026ff00750895409102c0")
MOUSE = bytes.fromhex("05010902a1010901a100050919012903")
SSH = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}


def add_device(root: Path, name: str, descriptor: bytes, *, mode: int = 0o600) -> None:
    device = root / "dev" / name
    device.parent.mkdir(exist_ok=True)
    device.touch()
    device.chmod(mode)
    report = root / "sys" / "class" / "hidraw" / name / "device" / "report_descriptor"
    report.parent.mkdir(parents=True)
    report.write_bytes(descriptor)


def problem(root: Path, environ: dict[str, str] | None = None, platform: str = "linux") -> object:
    return PluggedInKeys(environ or {}, platform, root).problem()


def test_key_that_may_be_opened_is_no_problem(tmp_path: Path) -> None:
    add_device(tmp_path, "hidraw0", MOUSE)
    assert problem(tmp_path) is PasskeyProblem.NO_KEY
    add_device(tmp_path, "hidraw1", FIDO)

    assert problem(tmp_path) is None
    assert problem(tmp_path, SSH) is None


def test_key_that_may_not_be_opened_is_told_apart_from_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_device(tmp_path, "hidraw0", FIDO, mode=0o000)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the tests may run as root

    assert problem(tmp_path, SSH) is PasskeyProblem.NOT_PERMITTED


def test_without_any_device_ssh_is_why(tmp_path: Path) -> None:
    assert problem(tmp_path) is PasskeyProblem.NO_KEY
    assert problem(tmp_path, SSH) is PasskeyProblem.OVER_SSH


def test_other_systems(tmp_path: Path) -> None:
    assert problem(tmp_path, platform="darwin") is None
    assert problem(tmp_path, platform="win32") is PasskeyProblem.UNSUPPORTED


def test_plugged_in_keys_are_those_that_fido2_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    from fido2.hid import CtapHidDevice

    key = touched_key()
    monkeypatch.setattr(CtapHidDevice, "list_devices", lambda: iter([key]))
    assert PluggedInKeys().open() == [key]

    def taken_out() -> object:
        yield key
        raise OSError("taken out")

    monkeypatch.setattr(CtapHidDevice, "list_devices", taken_out)
    assert PluggedInKeys().open() == [key]


class SomeKeys:
    """Finds these keys, one list at each look; the last one stays."""

    def __init__(self, *looks: Sequence[SoftwareKey], problem: PasskeyProblem | None = None) -> None:
        self.looks = list(looks)
        self._problem = problem

    def problem(self) -> PasskeyProblem | None:
        return self._problem

    def open(self) -> Sequence[SoftwareKey]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


class Listener:
    """Notes what was asked for."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def plug_in(self) -> None:
        self.said.append("plug in")

    def choose_key(self) -> None:
        self.said.append("choose")


def test_only_key_is_used_without_a_question() -> None:
    key, listener = touched_key(), Listener()
    assert with_key(SomeKeys([key]), listener, Deadline(60), lambda device: device) is key
    assert listener.said == []


def test_key_that_is_plugged_in_later_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "LOOK_AGAIN_SECONDS", 0.01)
    key, listener = touched_key(), Listener()
    keys = SomeKeys([], [], [key], problem=PasskeyProblem.NO_KEY)

    assert with_key(keys, listener, Deadline(60), lambda device: device) is key
    assert listener.said == ["plug in"]


@pytest.mark.parametrize(
    "reason", [PasskeyProblem.NOT_PERMITTED, PasskeyProblem.OVER_SSH, PasskeyProblem.UNSUPPORTED]
)
def test_where_no_key_can_come_nobody_waits_for_one(reason: PasskeyProblem) -> None:
    listener = Listener()
    with pytest.raises(PasskeyError) as caught:
        with_key(SomeKeys([], problem=reason), listener, Deadline(60), lambda device: device)

    assert caught.value.problem is reason
    assert listener.said == []


def test_waiting_for_a_key_can_be_given_up() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(PasskeyError) as caught:
        with_key(SomeKeys([]), Listener(), Deadline(60, cancel), lambda device: device)

    assert caught.value.problem is PasskeyProblem.CANCELED


@pytest.mark.parametrize("keys", [[], [SoftwareKey(), SoftwareKey()]], ids=["no key", "several keys"])
def test_waiting_ends_when_the_time_is_over(keys: list[SoftwareKey]) -> None:
    cancel = threading.Event()
    with pytest.raises(PasskeyError) as caught:
        with_key(SomeKeys(keys), Listener(), Deadline(0.02, cancel), lambda device: device)

    assert caught.value.problem is PasskeyProblem.TIMED_OUT
    assert not cancel.is_set(), "it is the caller's"


def test_giving_up_counts_even_after_the_time_is_over() -> None:
    cancel = threading.Event()
    deadline = Deadline(0.0, cancel)
    assert deadline.wait(0) is deadline.is_set() is True
    assert deadline.error().problem is PasskeyProblem.TIMED_OUT
    cancel.set()
    assert deadline.error().problem is PasskeyProblem.CANCELED
    assert not Deadline(60).wait(0.001)


@pytest.mark.parametrize("versions", [("FIDO_2_0",), ("FIDO_2_0", "FIDO_2_1")])
def test_key_that_is_touched_first_is_used_and_the_others_stop(versions: tuple[str, ...]) -> None:
    mine, other = SoftwareKey(versions=versions), SoftwareKey(versions=versions)
    listener = Listener()
    used: list[object] = []
    thread = threading.Thread(
        target=lambda: with_key(SomeKeys([other, mine]), listener, Deadline(60), used.append)
    )
    thread.start()
    wait_until(lambda: mine.touch_is_due.is_set() and other.touch_is_due.is_set())
    mine.touch()
    thread.join()

    assert used == [mine]
    assert listener.said == ["choose"]
    assert not other.touch_is_due.is_set()


def test_choice_of_a_key_can_be_given_up() -> None:
    first, second = SoftwareKey(), SoftwareKey()
    cancel, problems = threading.Event(), []

    def choose() -> None:
        try:
            with_key(SomeKeys([first, second]), Listener(), Deadline(60, cancel), lambda device: device)
        except PasskeyError as error:
            problems.append(error.problem)

    thread = threading.Thread(target=choose)
    thread.start()
    wait_until(lambda: first.touch_is_due.is_set() and second.touch_is_due.is_set())
    cancel.set()
    thread.join()

    assert problems == [PasskeyProblem.CANCELED]
    assert not first.touch_is_due.is_set()
    assert not second.touch_is_due.is_set()
