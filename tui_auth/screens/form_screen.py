"""The base of every screen that asks something: its layout, and how it submits an answer."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar, Self

from textual.reactive import reactive
from textual.widgets import Static

from tui_auth.errors import ErrorField
from tui_auth.screens.guest import GuestForm
from tui_auth.screens.keys import KEY_TABLE, build_bindings, card_hints, footer_hints, select_keys
from tui_auth.screens.screen_context import Decision, FormClosed, FormMessage, StopRequested
from tui_auth.terminal.character_set import key_sign
from tui_auth.terminal.safe_text import safe_line
from tui_auth.themes import HEIGHTS, WIDTHS
from tui_auth.widgets.countdown import Countdown
from tui_auth.widgets.field import Choice, Field
from tui_auth.widgets.frame import (
    PROGRAM,
    BalancedText,
    Card,
    CardActions,
    Heading,
    ScreenFooter,
    ScreenHeader,
)
from tui_auth.widgets.text_input import SecretInput, TextInput, call_after_typed_keys, focusable_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Region
    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.flow.interface import ErrorMessage
    from tui_auth.screens.screen_context import ScreenContext

NO_CODE_YET = "No code has come yet."


class FormScreen(GuestForm):
    """A question with its fields.

    A subclass defines ``compose_form`` and ``build_answer``, and overrides what else differs. Only the
    watchers of ``busy``, ``error`` and ``notice`` draw them. A screen posts what the user decided, and the
    app acts on it.
    """

    BINDINGS: ClassVar[list[BindingType]] = build_bindings()
    KEYS: ClassVar[tuple[str, ...]] = ("submit", "back", "help", "quit")
    KEYS_IN_HINTS: ClassVar[frozenset[str]] = frozenset()
    """The keys that the hint of a field shows, so that the card doesn't show them again below the button."""
    SUBMIT_LABEL: ClassVar[str] = "Continue"
    EXPLANATION: ClassVar[str] = ""
    BUSY_TEXT: ClassVar[str] = "Asking Cognito … ^c stops waiting."

    busy: reactive[bool] = reactive(False, repaint=False, init=False)
    error: reactive[ErrorMessage | None] = reactive(None, repaint=False, init=False, always_update=True)
    notice: reactive[str] = reactive("", repaint=False, init=False)
    is_waiting: reactive[bool] = reactive(False, repaint=False, init=False)
    focused: reactive[Widget | None] = reactive(None, repaint=False)
    """Textual's own reactive, which redraws the whole screen when the focus moves; here it doesn't."""

    class BackRequested(Decision):
        """The user pressed Esc to go one choice back."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self.context = context
        self._had_focus: Widget | None = None
        self._has_sent = False
        self._was_edited = False
        self._is_new = True
        # Textual adds them only after a first frame without them, and then styles everything a second time.
        self.add_class(*self._size_classes(), update=False)

    # -- what a subclass defines --------------------------------------------------------------------

    @property
    def breadcrumb(self) -> str:
        """This step in a word or two, for the breadcrumbs."""
        return ""

    @property
    def heading(self) -> tuple[str, str]:
        """The title of the card, and what to do."""
        return "", ""

    def compose_form(self) -> Iterable[Widget]:
        """Yield the widgets between heading and button."""
        raise NotImplementedError

    def build_answer(self) -> Message | None:
        """Return the message with the user's answer, or None after showing what is missing."""
        raise NotImplementedError

    def field_for(self, error_field: ErrorField) -> Field | None:
        """Return the field that shows an error about ``error_field``; None for the line below all."""
        fields = list(self.query(Field))
        return fields[-1] if fields else None

    def field_for_attribute(self, name: str) -> Field | None:
        """Return the field of a user attribute; None if the screen has none."""
        return None

    def missing_text(self, field: Field) -> str:
        """Return what to show if Enter leaves this field empty; empty if it may stay empty."""
        return ""

    def active_keys(self) -> Sequence[str]:
        """Return the actions that do something now, in the order of the footer."""
        return self.KEYS

    def key_label(self, action: str) -> str:
        """Return the footer's label for an action on this screen."""
        return self.SUBMIT_LABEL if action == "submit" else KEY_TABLE[action].label

    @property
    def explanation(self) -> str:
        """What the help says about this screen."""
        return self.EXPLANATION

    def service_rows(self) -> list[tuple[str, str]]:
        """Return the names and values from Cognito for the help; they aren't safe to show yet."""
        return []

    # -- layout -------------------------------------------------------------------------------------

    def _size_classes(self) -> Iterator[str]:
        """Yield the classes that the breakpoints give a screen in a terminal of this size."""
        try:
            size = self.app.size
        except RuntimeError:  # created before the program runs
            return
        for cells, breakpoints in ((size.width, WIDTHS), (size.height, HEIGHTS)):
            yield max(limit for limit in breakpoints if limit[0] <= cells)[1]

    def compose(self) -> ComposeResult:
        """Lay out header, card, the demo's drawer, and footer."""
        yield self.build_header()
        with Card(self.context.breadcrumbs, self.breadcrumb):
            yield from self.compose_slots()
        yield from self.compose_side()
        yield ScreenFooter()

    def compose_side(self) -> Iterable[Widget]:
        """Yield the demo's widgets beside the card."""
        if self.context.companion:
            yield from self.context.companion.side_widgets()

    def compose_card(self) -> Iterable[Widget]:
        """Yield everything in the card that is ours."""
        title, task = self.heading
        if title:
            yield Heading(self.label_for("title", title), self.label_for("task", task))
        yield from self.compose_form()
        yield from self.compose_status()
        yield CardActions(id="actions")
        yield BalancedText(id="notice", markup=False)

    def build_header(self) -> ScreenHeader:
        """Build the header: user pool, badge, user name."""
        context = self.context
        pool, username = safe_line(context.pool, limit=60), safe_line(context.username, limit=40)
        program = context.options.labels.get("program", PROGRAM)
        return ScreenHeader(pool, username, context.environment_badge, program)

    def compose_status(self) -> Iterable[Widget]:
        """Yield what is below every form: an error that belongs to no field, and a wait."""
        yield BalancedText(id="problem", markup=False)
        yield Countdown(id="wait")

    def show_heading(self, title: str, task: str = "") -> None:
        """Change the heading."""
        self.query_one(Heading).show(title, task)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Draw the screen, but a new one only once; Textual would draw it three times.

        The first layout draws all of a new screen, and another layout what it moves.
        """
        if self._is_new and not regions and not recompose:
            return super().refresh(repaint=False, layout=layout)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _end_first_drawing(self) -> None:
        self._is_new = False

    def on_mount(self) -> None:
        for text_input in self.query(TextInput):
            self.watch(text_input, "value", self._remember_edit, init=False)
        self.update_footer()
        for field in self.query(Field) if self.taken else ():
            field.show_key = KEY_TABLE["show"].display_without(self.taken)
        self.call_after_refresh(self.call_after_refresh, self._end_first_drawing)

    def on_unmount(self) -> None:
        """Report that the screen is closed."""
        self.post_message(FormClosed(self))

    def _remember_edit(self) -> None:
        self._was_edited = True

    def post_message(self, message: Message) -> bool:
        """Post a message; one for the controller of the sign-in goes nowhere else."""
        controller = self.context.options.controller
        if controller is None or controller is self or not isinstance(message, FormMessage):
            return super().post_message(message)
        return controller.post_message(message)

    # -- keys ---------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the keys of the table that this screen doesn't list."""
        return action in self.enabled_keys if action in KEY_TABLE else True

    @cached_property
    def enabled_keys(self) -> Sequence[str]:
        """The actions of the table that do something, as of the last ``update_footer``."""
        hidden = self.context.options.hidden_actions
        actions = [name for name in self.active_keys() if name not in hidden]
        return select_keys(actions, is_demo=self.context.companion is not None)

    def update_footer(self) -> None:
        """Show the keys that do something now, and enable only those. Call it if ``active_keys`` changes."""
        self.__dict__.pop("enabled_keys", None)
        self.taken = taken = self.find_taken_keys()
        label = self.label_for_key
        self.query_one(ScreenFooter).keys = footer_hints(self.enabled_keys, label, self._move_key, taken)
        actions = self.query_one(CardActions)
        # A list has no room for other keys; they are in the help.
        names = [name for name in self.enabled_keys if name not in self.KEYS_IN_HINTS]
        actions.keys = () if self.is_list else card_hints(names, label, taken)
        actions.label = label("submit") if "submit" in self.enabled_keys else ""
        self.refresh_bindings()

    @property
    def is_list(self) -> bool:
        """Whether the screen asks to choose from a list now."""
        return any(choice.display and choice.focusable for choice in self.query(Choice))

    @property
    def _move_key(self) -> tuple[str, str]:
        """The key that moves within the form, and its label; empty if there is nothing to move to."""
        if self.is_list:
            return key_sign("↑↓"), "Move"
        return ("tab", "Next field") if len(focusable_inputs(self)) > 1 else ("", "")

    # -- drawing ------------------------------------------------------------------------------------

    def watch_busy(self, busy: bool) -> None:
        """Show that a request is in flight, and remove the messages from before it."""
        if busy:
            self.error, self.notice = None, ""
        elif self.focused is None:
            self._restore_focus()
        self._draw_notice()

    def watch_notice(self) -> None:
        """Draw the notice."""
        self._draw_notice()

    def _draw_notice(self) -> None:
        self.query_one(CardActions).busy = self.BUSY_TEXT if self.busy else ""
        self._write("#notice", self.notice)
        if self.notice:
            # It is the last line of the card, which may be higher than the screen.
            self.call_after_refresh(self.query_one("#notice").scroll_visible, animate=False)

    def _write(self, line_id: str, text: str) -> None:
        """Show a line, or hide it if empty. An unchanged line isn't updated: that costs a layout."""
        line, text = self.query_one(line_id, Static), self.spell_keys(text) if self.taken else text
        if line.content != text:
            line.update(text)
            line.display = bool(text)

    def watch_error(self, error: ErrorMessage | None) -> None:
        """Show the error under the field it is about, and select that field's content."""
        self._was_edited = False
        for field in self.query(Field):
            field.error = ""
        target = None
        if error and error.field is not ErrorField.FORM:
            target = self.field_for_attribute(error.attribute) or self.field_for(error.field)
        if error and target:
            target.error = self.spell_keys(error.text)
            self._focus_for_retype(target)
        self._write("#problem", f"✗ {error.text}" if error and not target else "")

    def _focus_for_retype(self, target: Field) -> None:
        self.set_focus(target.input)
        target.input.select_all()
        # On a short screen the error under the field could be out of sight.
        self.call_after_refresh(target.scroll_visible, animate=False)

    def on_resize(self) -> None:
        """Keep the focused field and its error in sight when the screen becomes smaller."""
        card = self.query_one(Card)
        if not self._is_new:  # the first size comes after the first layout, which has decided about the bar
            # The text beside a scroll bar may need one row more, and then Textual never hides the bar again.
            card.show_vertical_scrollbar = False
        self.call_after_refresh(card.find_place)
        field = next((field for field in self.query(Field) if field.has_focus_within), None)
        if field is not None:
            self.call_after_refresh(field.scroll_visible, animate=False)

    def wait(self, seconds: float, problem: ErrorMessage) -> None:
        """Accept no answer for so many seconds, and show the time left."""
        self.error = problem
        self.is_waiting = True
        self.query_one("#wait", Countdown).count_down(seconds, "Try again in {}.", self._end_wait)

    def _end_wait(self) -> None:
        self.is_waiting = False

    # -- submitting ---------------------------------------------------------------------------------

    def action_submit(self) -> None:
        """Move to the next field, or submit the answer in the last one.

        The screen gets Enter before any field does, and moves the focus at once. So what is typed fast, or
        by a program, goes to the field it is meant for, which matters most for a password. The fields then
        handle the keys in their queues before the answer is read.
        """
        inputs, focused = focusable_inputs(self), self.focused
        position = next((at for at, field in enumerate(inputs) if field is focused), len(inputs))
        if position < len(inputs) - 1:
            left, following = inputs[position], inputs[position + 1]
            self.set_focus(following)
            # What is typed next belongs to the next field, so only an untouched one gives the focus back.
            call_after_typed_keys(self, [left, following], partial(self._report_missing, left, following))
            if self.error is not None and self.error.enter_repeats:
                # A field may still have keys that change the form, and a changed form isn't sent again.
                call_after_typed_keys(self, inputs, partial(self._repeat_unless_edited, focused))
            return
        self._submit_after_typed_keys(inputs, focused)

    def _report_missing(self, left: TextInput, following: TextInput) -> None:
        field = next((field for field in self.query(Field) if field.input is left), None)
        text = self.missing_text(field) if field else ""
        if field and text and not left.value.strip() and not following.value and self.focused is following:
            self.show_field_error(field, text)

    def _repeat_unless_edited(self, focused: Widget | None) -> None:
        if self.error is not None and self.error.enter_repeats and not self._was_edited:
            self._submit_after_typed_keys(focusable_inputs(self), focused)

    def _submit_after_typed_keys(self, inputs: Sequence[Widget], focused: Widget | None) -> None:
        """Submit the answer after the fields, the focused one last, have handled their keys."""
        # What is typed after Enter belongs to no field.
        self._had_focus = focused or self._had_focus
        self.set_focus(None)
        others: list[Widget] = [field for field in inputs if field is not focused]
        call_after_typed_keys(self, [*others, focused] if focused else others, self._submit_and_refocus)

    def _submit_and_refocus(self) -> None:
        self._has_sent = False
        self.submit()
        # The app handles a sent answer a moment later; a key until then must not overwrite the field.
        if self.focused is None and not self.busy and not self._has_sent and self.is_current:
            self._restore_focus()

    def _restore_focus(self) -> None:
        if self._had_focus is not None and self._had_focus.is_attached and self._had_focus.focusable:
            self.set_focus(self._had_focus)

    def submit(self) -> None:
        """Post the answer once, unless a request is in flight or the screen must wait."""
        if self.busy or self.is_waiting:
            return
        for secret in self.query(SecretInput):
            secret.conceal()
        message = self.build_answer()
        if message is not None:
            self._has_sent = True
            self.post_message(message)

    def show_field_error(self, target: Field, text: str) -> None:
        """Show under a field why its content isn't submitted."""
        self.error = None
        target.error = self.spell_keys(text)
        self._focus_for_retype(target)

    # -- other keys ---------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Go one choice back."""
        self.post_message(self.BackRequested())

    def action_stop_waiting(self) -> None:
        """Stop waiting for the request in flight."""
        if self.busy:
            self.post_message(StopRequested())

    def action_next_field(self) -> None:
        """Move to the next field. Like Enter, Tab reaches the screen before the field."""
        self.focus_next()

    def action_previous_field(self) -> None:
        """Move to the previous field."""
        self.focus_previous()

    def action_press(self) -> None:
        """Submit the form after a click on its button, whichever field has the focus."""
        self._submit_after_typed_keys(focusable_inputs(self), self.focused)

    def action_scroll_card(self, rows: int) -> None:
        """Scroll a form that is longer than the screen."""
        self.query_one(Card).scroll_relative(y=rows, animate=False)

    def action_show(self) -> None:
        """Show or hide what is typed in the secret fields."""
        secrets = list(self.query(SecretInput))
        reveal = not any(secret.is_revealed for secret in secrets)
        for secret in secrets:
            secret.reveal() if reveal else secret.conceal()

    def action_newest_code(self) -> None:
        """Type the newest code from the demo's phone or inbox."""
        from tui_auth.widgets.code_input import CodeInput

        code = self.context.companion.newest_code() if self.context.companion else None
        if code is None:
            self.notice = NO_CODE_YET
        elif self.notice == NO_CODE_YET:
            self.notice = ""
        for code_input in self.query(CodeInput) if code else ():
            code_input.value = code or ""
            self.set_focus(code_input)

    def action_drawer(self) -> None:
        """Open or close the demo's phone and inbox."""
        if self.context.companion:
            self.context.companion.toggle_phone()

    def action_call_trace(self) -> None:
        """Show the calls to Cognito so far."""
        from tui_auth.screens.call_trace import CallTraceScreen

        if self.is_current:
            self.app.push_screen(CallTraceScreen(self.context.trace))

    def action_help(self) -> None:
        """Explain this step and show what Cognito sent with it."""
        from tui_auth.screens.help import HelpScreen

        if self.is_current:
            has_commands = self.app.ENABLE_COMMAND_PALETTE and not self.is_guest
            names = (*self.enabled_keys, *(("command_palette",) if has_commands else ()), "leave")
            keys = [(name, self.label_for_key(name)) for name in names]
            explanation = self.spell_keys(self.explanation)
            self.app.push_screen(HelpScreen(explanation, self.service_rows(), keys, self.taken))
