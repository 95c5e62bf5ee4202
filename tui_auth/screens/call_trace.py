"""The call trace: the calls to Cognito so far, and the next step that each led to."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_auth.screens.guest import GuestScreen
from tui_auth.terminal.safe_text import safe_line
from tui_auth.themes import later_sheets
from tui_auth.widgets.frame import MUTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui_auth.auth.trace import Call, CallTrace, Operation

NO_CALLS = "no request yet"
WIDTH = 64


class CallTraceView(VerticalScroll, can_focus=False):
    """The calls, oldest first, scrolled to the newest. Redraws only when a call makes progress.

    A line without fields is one row: a name that is too long is cut in the middle.
    """

    class Updated(Message):
        """A call made progress. Posted from the thread that the call runs on."""

    def __init__(self, trace: CallTrace, *, with_fields: bool = False) -> None:
        super().__init__()
        self.trace = trace
        self.with_fields = with_fields
        self._end_listening: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        yield Static(self._content(), classes="calls")

    def on_mount(self) -> None:
        self._end_listening = self.trace.listen(self._post_update)
        self.scroll_end(animate=False)

    def on_resize(self) -> None:
        """Cut the lines again, and scroll to the newest call: a closed drawer had no size."""
        self._redraw()

    def on_unmount(self) -> None:
        self._end_listening()

    def _post_update(self, call: Call) -> None:
        self.post_message(self.Updated())

    def on_call_trace_view_updated(self, event: Updated) -> None:
        """Redraw the calls."""
        event.stop()
        self._redraw()

    def _redraw(self) -> None:
        self.query_one(".calls", Static).update(self._content())
        self.scroll_end(animate=False)

    def _content(self) -> Content:
        lines = [line for call in self.trace.calls for line in _render_call(call, self.with_fields)]
        width = self.scrollable_content_region.width
        if width and not self.with_fields:
            lines = [_cut_middle(line, width) for line in lines]
        return Content("\n").join(lines) if lines else Content.styled(NO_CALLS, MUTED)


class CallTraceScreen(ModalScreen[None], GuestScreen[None]):
    """Shows the calls to Cognito so far, without values. Esc, Enter or F4 closes it."""

    CSS_PATH = later_sheets()

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,f4", "close", "Close")]

    def __init__(self, trace: CallTrace) -> None:
        super().__init__()
        self.trace = trace

    def compose(self) -> ComposeResult:
        with Vertical(id="call-trace-frame"):
            yield CallTraceView(self.trace, with_fields=True)

    def on_mount(self) -> None:
        """Show in the border, which doesn't scroll, what this is and how to close it."""
        frame = self.query_one("#call-trace-frame")
        frame.border_title = "Call trace: requests to Cognito, values left out"
        frame.border_subtitle = "esc closes this"

    def action_close(self) -> None:
        """Close the call trace."""
        if self.is_current:
            self.dismiss(None)


def _render_call(call: Call, with_fields: bool) -> list[Content]:
    lines = [Content.styled(safe_line(call.name), "bold")]
    for operation in call.operations:
        lines += _render_operation(operation, with_fields)
    if call.distinct_outcome:
        step, _, which = safe_line(call.distinct_outcome).rstrip(")").partition("(")
        lines.append(Content.assemble("  = ", (step, "$primary")))
        lines += [Content(f"    {line}") for line in wrap(which, WIDTH)]
    return lines


def _cut_middle(line: Content, width: int) -> Content:
    """Replace the middle of a line that is too long by an ellipsis: both ends of a name tell something."""
    if len(line) <= width:
        return line
    head = (width + 1) // 2
    return Content.assemble(line[:head], "…", line[len(line) - (width - head - 1) :])


def _render_operation(operation: Operation, with_fields: bool) -> list[Content]:
    about = f"  {safe_line(operation.about)}" if with_fields else ""
    fields = "  ".join(f"{safe_line(name)}=…" for name in operation.fields) if with_fields else ""
    return [
        Content.assemble(f"  → {safe_line(operation.name)}", (about, MUTED)),
        *(Content.styled(f"    {line}", MUTED) for line in wrap(fields, WIDTH)),
        Content(f"  ← {safe_line(operation.answer) or '…'}"),
    ]
