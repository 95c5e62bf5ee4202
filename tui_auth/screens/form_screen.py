"""What every asking screen is: one frame, one question, fields, and the way an answer leaves it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.errors import Concern
from tui_auth.flow.error_message import ErrorMessage
from tui_auth.screens.keys import TABLE, bindings, keys_of, shown_keys
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.screens.typed_keys import after_typed_keys, inputs_of
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.countdown import Countdown
from tui_auth.widgets.field import Field, TextInput
from tui_auth.widgets.frame import KeyLine, TopLine, Trail
from tui_auth.widgets.secret_input import SecretInput

NO_CODE_YET = "No code has come yet."


class FormScreen(Screen[None]):
    """A question with its fields.

    A screen of its own gives ``question`` and ``decide``, and of what stands beside these below as much as is
    different there. ``busy``, ``error`` and ``notice`` are drawn in their watchers and nowhere else. Screens
    post what a person decided; the App does it.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings()
    KEYS: ClassVar[tuple[str, ...]] = ("submit", "back", "help", "quit")
    SUBMIT_LABEL: ClassVar[str] = "Continue"
    EXPLANATION: ClassVar[str] = ""
    BUSY_TEXT: ClassVar[str] = "Asking Cognito … ^c stops waiting."

    busy: reactive[bool] = reactive(False, repaint=False, init=False)
    error: reactive[ErrorMessage | None] = reactive(None, repaint=False, init=False, always_update=True)
    notice: reactive[str] = reactive("", repaint=False, init=False)
    waits: reactive[bool] = reactive(False, repaint=False, init=False)
    focused: reactive[Widget | None] = reactive(None, repaint=False)
    """As Textual has it, except that it draws the whole screen anew whenever the focus moves."""

    class BackRequested(Decision):
        """Esc: one choice back."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self.context = context
        self._had_focus: Widget | None = None
        self._has_sent = False
        self._was_edited = False
        # Textual gives them by itself, but after a first frame without them, and styles everything once more.
        self.add_class(*self._classes_of_size(), update=False)

    # -- what a screen says for itself --------------------------------------------------------------

    @property
    def breadcrumb(self) -> str:
        """This step in a word or two, for the trail."""
        return ""

    def question(self) -> Iterable[Widget]:
        """The widgets of the question itself."""
        return ()

    def decide(self) -> Message | None:
        """The message that carries what the person decided; None where something is missing still."""
        raise NotImplementedError

    def field_about(self, concern: Concern) -> Field | None:
        """The field that a refusal about ``concern`` stands under; None for the line below all."""
        fields = list(self.query(Field))
        return fields[-1] if fields else None

    def keys_now(self) -> Sequence[str]:
        """The actions that do something just now, in the order of the key line."""
        return self.KEYS

    def label_of(self, action: str) -> str:
        """How the key line names an action here."""
        return self.SUBMIT_LABEL if action == "submit" else TABLE[action].label

    @property
    def explanation(self) -> str:
        """What the help says of this screen."""
        return self.EXPLANATION

    def explain(self) -> list[tuple[str, str]]:
        """What the pool sent with this step, for the help: names and values, not yet made safe."""
        return []

    # -- the frame ----------------------------------------------------------------------------------

    def _classes_of_size(self) -> Iterator[str]:
        """The classes that the App's breakpoints give a screen in a terminal of this size."""
        app = self.app
        widths, heights = app.HORIZONTAL_BREAKPOINTS or [], app.VERTICAL_BREAKPOINTS or []
        for cells, breakpoints in ((app.size.width, widths), (app.size.height, heights)):
            reached = [each for each in breakpoints if each[0] <= cells]
            if reached:
                yield max(reached)[1]

    def compose(self) -> ComposeResult:
        around = self.context
        yield TopLine(
            safe_line(around.pool, limit=60), safe_line(around.username, limit=40), around.environment_badge
        )
        yield Trail(around.breadcrumbs, self.breadcrumb)
        with VerticalScroll(id="question", can_focus=False):
            yield from self.question()
            yield from self.below()
        yield from around.beside()
        yield KeyLine()

    def below(self) -> Iterable[Widget]:
        """What stands under every question: a refusal that belongs to no field, a quiet line, a wait."""
        yield Static(id="problem", markup=False)
        yield Static(id="notice", markup=False)
        yield Countdown(id="wait", classes="under-field")

    def on_mount(self) -> None:
        for each in self.query(TextInput):
            self.watch(each, "value", self._note_edit, init=False)
        self._show_keys()

    def _note_edit(self) -> None:
        self._was_edited = True

    # -- keys ---------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Switch off the keys of the table that this screen does not list."""
        return action in self._keys_here() if action in TABLE else True

    def _keys_here(self) -> Sequence[str]:
        return keys_of(self.keys_now(), in_demo=self.context.newest_code is not None)

    def _show_keys(self) -> None:
        self.query_one(KeyLine).keys = shown_keys(self._keys_here(), self.label_of)
        self.refresh_bindings()

    # -- drawing ------------------------------------------------------------------------------------

    def watch_busy(self, busy: bool) -> None:
        """Say that a request is under way, and take away what was said before it."""
        if busy:
            self.error, self.notice = None, ""
        elif self.focused is None:
            self._focus_again()
        self._draw_notice()

    def watch_notice(self) -> None:
        """Draw the quiet line."""
        self._draw_notice()

    def _draw_notice(self) -> None:
        # What comes to be said meanwhile, such as what Esc would do, stands beside it.
        text = " ".join(part for part in (self.BUSY_TEXT if self.busy else "", self.notice) if part)
        self._write("#notice", text)

    def _write(self, line_id: str, text: str) -> None:
        """Show a line, or hide it where it is empty. Saying the same again would lay the screen out anew."""
        line = self.query_one(line_id, Static)
        if line.content != text:
            line.update(text)
            line.display = bool(text)

    def watch_error(self, error: ErrorMessage | None) -> None:
        """Put the refusal under the field it is about, select that field, and leave its content."""
        self._was_edited = False
        for each in self.query(Field):
            each.error = ""
        target = self.field_about(error.concern) if error else None
        if error and target:
            target.error = error.text
            self._focus_for_retype(target)
        self._write("#problem", f"✗ {error.text}" if error and not target else "")

    def _focus_for_retype(self, target: Field) -> None:
        self.set_focus(target.input)
        target.input.select_all()
        # On a short screen the sentence under the field would else stay out of sight.
        self.call_after_refresh(target.scroll_visible, animate=False)

    def on_resize(self) -> None:
        """A screen that becomes smaller keeps in sight what is typed, and why it was refused."""
        field = next((each for each in self.query(Field) if each.has_focus_within), None)
        if field is not None:
            self.call_after_refresh(field.scroll_visible, animate=False)

    def wait(self, seconds: float, problem: ErrorMessage) -> None:
        """Take no answer for so long, and show how long."""
        self.error = problem
        self.waits = True
        self.query_one("#wait", Countdown).last(seconds, "Try again in {}.", self._end_wait)

    def _end_wait(self) -> None:
        self.waits = False

    # -- answering ----------------------------------------------------------------------------------

    def action_submit(self) -> None:
        """Enter: to the next field, or send the answer.

        The key is taken before any field sees it, and the focus moves at once, so that what is typed fast or
        by a program lands in the field it is meant for, a password above all. The fields then work off the
        keys they still hold before the answer is read.
        """
        inputs, focused = inputs_of(self), self.focused
        position = next((at for at, each in enumerate(inputs) if each is focused), len(inputs))
        if position < len(inputs) - 1:
            self.set_focus(inputs[position + 1])
            if self.error is not None and self.error.enter_repeats:
                # A field may still hold keys that change the form, and a changed form isn't sent again.
                after_typed_keys(self, inputs, partial(self._repeat_unless_edited, focused))
            return
        self._submit_once_typed(inputs, focused)

    def _repeat_unless_edited(self, focused: Widget | None) -> None:
        if self.error is not None and self.error.enter_repeats and not self._was_edited:
            self._submit_once_typed(inputs_of(self), focused)

    def _submit_once_typed(self, inputs: Sequence[Widget], focused: Widget | None) -> None:
        """Read and send the answer once the fields, the focused one last, have handled their keys."""
        # What is typed after Enter belongs to no field any more.
        self._had_focus = focused or self._had_focus
        self.set_focus(None)
        holders: list[Widget] = [each for each in inputs if each is not focused]
        after_typed_keys(self, [*holders, focused] if focused else holders, self._submit_and_look)

    def _submit_and_look(self) -> None:
        self._has_sent = False
        self.submit()
        # What was sent is taken up a moment later; a key until then would be typed over it.
        if self.focused is None and not self.busy and not self._has_sent and self.is_current:
            self._focus_again()

    def _focus_again(self) -> None:
        if self._had_focus is not None and self._had_focus.is_attached and self._had_focus.focusable:
            self.set_focus(self._had_focus)

    def submit(self) -> None:
        """Send the answer, once, unless one is under way or must wait."""
        if self.busy or self.waits:
            return
        for secret in self.query(SecretInput):
            secret.conceal()
        message = self.decide()
        if message is not None:
            self._has_sent = True
            self.post_message(message)

    def complain(self, target: Field, text: str) -> None:
        """Refuse what stands in a field before anyone is asked."""
        self.error = None
        target.error = text
        self._focus_for_retype(target)

    # -- what the other keys do ---------------------------------------------------------------------

    def action_back(self) -> None:
        """One choice back."""
        self.post_message(self.BackRequested())

    def action_next_field(self) -> None:
        """Tab, taken as early as Enter."""
        self.focus_next()

    def action_previous_field(self) -> None:
        """Shift and Tab."""
        self.focus_previous()

    def action_scroll_question(self, rows: int) -> None:
        """Move the question where it is longer than the screen."""
        self.query_one("#question").scroll_relative(y=rows, animate=False)

    def action_show(self) -> None:
        """Show or hide what is typed in the secret fields."""
        secrets = list(self.query(SecretInput))
        reveal = not any(each.is_revealed for each in secrets)
        for each in secrets:
            each.reveal() if reveal else each.conceal()

    def action_newest_code(self) -> None:
        """In the demo: type the newest code from the phone or the inbox."""
        from tui_auth.widgets.code_input import CodeInput

        code = self.context.newest_code() if self.context.newest_code else None
        if code is None:
            self.notice = NO_CODE_YET
        elif self.notice == NO_CODE_YET:
            self.notice = ""
        for code_input in self.query(CodeInput) if code else ():
            code_input.value = code or ""
            self.set_focus(code_input)

    def action_drawer(self) -> None:
        """In the demo: open or close the drawer with phone and inbox."""
        for widget in self.query("Drawer"):
            widget.toggle_class("-open")

    def action_wire(self) -> None:
        """Show what was asked of Cognito so far."""
        from tui_auth.screens.wire import WireScreen

        if self.is_current:
            self.app.push_screen(WireScreen(self.context.wire))

    def action_help(self) -> None:
        """Explain this step and show what the pool sent."""
        from tui_auth.screens.help import HelpScreen

        if self.is_current:
            keys = [(name, self.label_of(name)) for name in self._keys_here()]
            self.app.push_screen(HelpScreen(self.explanation, self.explain(), keys))
