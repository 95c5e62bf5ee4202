"""Find the security keys that this process can use, or say why there are none.

Only looking costs nothing: on Linux the kernel's description of each device is readable by everybody, so the
key that this account may not open is seen too. Opening keys imports fido2.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from tui_auth.error_kinds import PasskeyProblem
from tui_auth.passkeys.problems import passkey_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fido2.ctap import CtapDevice

    from tui_auth.errors import PasskeyError
    from tui_auth.passkeys.person import KeyChooser

T = TypeVar("T")

LOOK_AGAIN_SECONDS = 1.0
_FIDO_USAGE_PAGE = b"\x06\xd0\xf1"
"""In the report descriptor of a device: usage page 0xF1D0 (CTAP, §11.2.8.1)."""
_PLATFORMS = ("linux", "darwin", "freebsd", "netbsd", "openbsd")
_WAIT_SECONDS = 0.1


class Keys(Protocol):
    """Where security keys come from."""

    def problem(self) -> PasskeyProblem | None:
        """Return why no key can be used now, or None if one can or that isn't known."""

    def open(self) -> Sequence[CtapDevice]:
        """Open all keys that can be used."""


class PluggedInKeys:
    """The keys at this machine's USB ports, and what else looks like one to the system.

    Args:
        environ: The environment variables.
        platform: ``sys.platform``.
        root: The folder that ``/dev`` and ``/sys`` are in, for tests.
    """

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        platform: str = sys.platform,
        root: Path = Path("/"),
    ) -> None:
        self._environ = environ
        self._platform = platform
        self._root = root

    def problem(self) -> PasskeyProblem | None:
        if not self._platform.startswith(_PLATFORMS):
            return PasskeyProblem.UNSUPPORTED
        if self._platform != "linux":
            return None
        names = [path.name for path in self._root.joinpath("dev").glob("hidraw*") if self._is_key(path.name)]
        if any(self._may_open(name) for name in names):
            return None
        if names:
            return PasskeyProblem.NOT_PERMITTED
        return PasskeyProblem.OVER_SSH if self._environ.get("SSH_CONNECTION") else PasskeyProblem.NO_KEY

    def _is_key(self, name: str) -> bool:
        descriptor = self._root / "sys" / "class" / "hidraw" / name / "device" / "report_descriptor"
        try:
            return _FIDO_USAGE_PAGE in descriptor.read_bytes()
        except OSError:
            return False

    def _may_open(self, name: str) -> bool:
        return os.access(self._root / "dev" / name, os.R_OK | os.W_OK)

    def open(self) -> Sequence[CtapDevice]:
        from fido2.ctap import CtapError
        from fido2.hid import ConnectionFailure, CtapHidDevice

        devices: list[CtapDevice] = []
        with suppress(OSError, ValueError, ConnectionFailure, CtapError):  # one was taken out just now
            devices.extend(CtapHidDevice.list_devices())
        return devices


class Deadline(threading.Event):
    """Set when the user gives up, and from the moment the time for a request is over.

    It never sets the event of its caller, who may use that for the next try.

    Args:
        seconds: How long the user has.
        cancel: The caller's event, set to give up.
    """

    def __init__(self, seconds: float, cancel: threading.Event | None = None) -> None:
        super().__init__()
        self._cancel = cancel
        self._ends_at = time.monotonic() + seconds

    @property
    def is_canceled(self) -> bool:
        """Whether the user gave up."""
        return super().is_set() or (self._cancel is not None and self._cancel.is_set())

    def is_set(self) -> bool:
        return self.is_canceled or time.monotonic() >= self._ends_at

    def wait(self, timeout: float | None = None) -> bool:
        ends_at = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = _WAIT_SECONDS if ends_at is None else min(_WAIT_SECONDS, ends_at - time.monotonic())
            if left <= 0:
                return False
            super().wait(left)
        return True

    def error(self) -> PasskeyError:
        """Return the error that says which of both happened."""
        return passkey_error(PasskeyProblem.CANCELED if self.is_canceled else PasskeyProblem.TIMED_OUT)


def default_keys() -> Keys:
    """Return the keys that are plugged in."""
    return PluggedInKeys()


def with_key(keys: Keys, person: KeyChooser, deadline: Deadline, use: Callable[[CtapDevice], T]) -> T:
    """Wait for a key, have the user choose one if there are several, and use it.

    Raises:
        PasskeyError: There can be no key here, the user gave up, the time is over, or what ``use`` raises.
    """
    devices = _wait_for_keys(keys, person, deadline)
    try:
        return use(_choose(devices, person, deadline))
    finally:
        for device in devices:
            device.close()


def _wait_for_keys(keys: Keys, person: KeyChooser, deadline: Deadline) -> Sequence[CtapDevice]:
    devices = keys.open()
    if devices:
        return devices
    problem = keys.problem()
    if problem is not None and problem.needs_another_way:
        raise passkey_error(problem)
    person.plug_in()
    while not devices:
        if deadline.wait(LOOK_AGAIN_SECONDS):
            raise deadline.error()
        devices = keys.open()
    return devices


def _choose(devices: Sequence[CtapDevice], person: KeyChooser, deadline: Deadline) -> CtapDevice:
    """Return the only key, or the one that is touched."""
    if len(devices) == 1:
        return devices[0]
    person.choose_key()
    results: queue.SimpleQueue[CtapDevice | None] = queue.SimpleQueue()
    is_over = threading.Event()
    threads = [
        threading.Thread(target=partial(_await_touch, device, is_over, results), daemon=True, name="key")
        for device in devices
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in devices:
            if (device := _next_result(results, deadline)) is not None:
                return device
        raise passkey_error(PasskeyProblem.NOT_TOUCHED)
    finally:
        is_over.set()  # the other keys stop blinking
        for thread in threads:
            thread.join(LOOK_AGAIN_SECONDS)


def _await_touch(
    device: CtapDevice, is_over: threading.Event, results: queue.SimpleQueue[CtapDevice | None]
) -> None:
    from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client
    from fido2.hid import ConnectionFailure

    try:
        Fido2Client(device, DefaultClientDataCollector("https://example.com")).selection(is_over)
    except (ClientError, ConnectionFailure, OSError, TypeError, ValueError):
        results.put(None)
    else:
        results.put(device)


def _next_result(results: queue.SimpleQueue[CtapDevice | None], deadline: Deadline) -> CtapDevice | None:
    while not deadline.is_set():
        try:
            return results.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            continue
    raise deadline.error()
