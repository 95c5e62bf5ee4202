"""The wire on a screen: the calls of this program's sign-ins, and the next step that each led to."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_auth.auth.trace import Call, CallTrace, Operation
from tui_auth.style_sheets import later_sheets
from tui_auth.terminal.safe_text import safe_line

NOTHING_YET = "nothing was asked yet"
WIDTH = 64
QUIET = "$foreground 60%"


class WireView(VerticalScroll, can_focus=False):
    """The calls, oldest first, kept at the newest; drawn anew when one goes on, and never otherwise."""

    class WentOn(Message):
        """A call went on; from whichever thread it runs on."""

    def __init__(self, wire: CallTrace, *, with_fields: bool = False) -> None:
        super().__init__()
        self.wire = wire
        self.with_fields = with_fields
        self._end_listening: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        yield Static(self._content(), classes="calls")

    def on_mount(self) -> None:
        self._end_listening = self.wire.listen(self._tell)
        self.scroll_end(animate=False)

    def on_resize(self) -> None:
        """Stay at the newest: a drawer that opens has had no height before."""
        self.scroll_end(animate=False)

    def on_unmount(self) -> None:
        self._end_listening()

    def _tell(self, call: Call) -> None:
        self.post_message(self.WentOn())

    def on_wire_view_went_on(self, event: WentOn) -> None:
        """Draw the calls as they stand now."""
        event.stop()
        self.query_one(".calls", Static).update(self._content())
        self.scroll_end(animate=False)

    def _content(self) -> Content:
        calls = [_drawn(call, self.with_fields) for call in self.wire.calls]
        return Content("\n").join(calls) if calls else Content(NOTHING_YET)


class WireScreen(ModalScreen[None]):
    """Over a step: what was asked of Cognito so far, every value left out. Esc, enter or F4 closes it."""

    CSS_PATH = later_sheets()

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,f4", "close", "Close")]

    def __init__(self, wire: CallTrace) -> None:
        super().__init__()
        self.wire = wire

    def compose(self) -> ComposeResult:
        with Vertical(id="wire-frame"):
            yield WireView(self.wire, with_fields=True)

    def on_mount(self) -> None:
        """Say what this is, and how to close it, where it cannot scroll away."""
        frame = self.query_one("#wire-frame")
        frame.border_title = "asked of Cognito, values left out"
        frame.border_subtitle = "esc closes this"

    def action_close(self) -> None:
        """Close the wire."""
        if self.is_current:
            self.dismiss(None)


def _drawn(call: Call, with_fields: bool) -> Content:
    lines = [Content.styled(safe_line(call.name), "bold")]
    for operation in call.operations:
        lines += _operation(operation, with_fields)
    if call.distinct_outcome:
        step, _, which = safe_line(call.distinct_outcome).rstrip(")").partition("(")
        lines.append(Content.assemble("  = ", (step, "$text-accent")))
        lines += [Content(f"    {line}") for line in wrap(which, WIDTH)]
    return Content("\n").join(lines)


def _operation(operation: Operation, with_fields: bool) -> list[Content]:
    about = f"  {safe_line(operation.about)}" if with_fields else ""
    fields = "  ".join(f"{safe_line(name)}=…" for name in operation.fields) if with_fields else ""
    return [
        Content.assemble(f"  → {safe_line(operation.name)}", (about, QUIET)),
        *(Content.styled(f"    {line}", QUIET) for line in wrap(fields, WIDTH)),
        Content(f"  ← {safe_line(operation.answer) or '…'}"),
    ]
