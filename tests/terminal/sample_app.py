"""A small app for tests of the terminal layer, run as a separate process."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.binding import Binding
from textual.widgets import Input, Static

from tui_auth.terminal import signals
from tui_auth.terminal.full_screen import FullScreenApp
from tui_auth.terminal.tty_driver import TtyDriver

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.drivers.linux_driver import LinuxDriver


class ReprDetector:
    """Writes a message when it is converted to text."""

    def __repr__(self) -> str:
        os.write(1, b"LOOKED AT")
        return "Witness()"


class SampleApp(FullScreenApp[str]):
    """Shows its size, the typed or pasted text and the last key; can crash, hang and exit on request."""

    TITLE = "sample"
    first_size = ""
    # With priority, because the input field uses some of these keys itself.
    BINDINGS: ClassVar = [
        Binding("ctrl+z", "suspend_process", priority=True),
        Binding("ctrl+k", "crash", priority=True),
        Binding("ctrl+w", "crash_in_worker", priority=True),
        Binding("ctrl+o", "scribble", priority=True),
        Binding("ctrl+d", "done", priority=True),
        Binding("ctrl+b", "hang", priority=True),
        Binding("ctrl+x", "leave", priority=True),
        Binding("ctrl+p", "panic", priority=True),
    ]

    def compose(self) -> ComposeResult:
        yield Static(id="size")
        yield Input(id="field")
        yield Static("no key", id="key")
        yield Static("nothing", id="last")
        yield Static("never changes")

    def on_resize(self, event: events.Resize) -> None:
        size = f"{event.size.width}x{event.size.height}"
        self.first_size = self.first_size or size
        self.query_one("#size", Static).update(f"size {size}, first {self.first_size}")

    def on_unmount(self) -> None:
        assert self._driver is not None
        self._driver.write("LATE")

    def on_key(self, event: events.Key) -> None:
        self.query_one("#key", Static).update(f"key {event.key}")

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#last", Static).update(f"value <{event.value}>")

    def action_crash(self) -> None:
        password, witness = "hunter2", ReprDetector()
        raise KeyError(password, witness)

    def action_panic(self) -> None:
        self.panic("hunter2")

    @work(exit_on_error=True)
    async def action_crash_in_worker(self) -> None:
        raise ValueError("hunter2")

    def action_scribble(self) -> None:
        os.write(2, b"SCRIBBLE")
        warnings.warn("SCRIBBLE", stacklevel=1)
        self.query_one("#last", Static).update("scribbled")

    def action_done(self) -> None:
        self.exit(self.query_one(Input).value, return_code=7)

    def action_leave(self) -> None:
        self.set_timer(0.01, lambda: sys.exit(9))

    def action_hang(self) -> None:
        os.write(1, b"hanging")  # an app that hangs draws nothing
        while True:
            pass


def fail(driver: LinuxDriver) -> None:
    raise RuntimeError("hunter2")


if __name__ == "__main__":
    signals.GRACE_SECONDS = float(os.environ.get("GRACE_SECONDS", "60"))
    if "FAIL_TO_START" in os.environ:
        TtyDriver._enable_bracketed_paste = fail  # type: ignore[method-assign, assignment]
    app = SampleApp()
    status = app.run_in_terminal()
    if app.return_value is not None:
        sys.stdout.write(f"token:{app.return_value}\n")
    if "STAY" in os.environ:
        input("stayed? ")
    sys.exit(status)
