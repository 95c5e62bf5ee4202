"""Programs that don't expect a sign-in: neither disturbs the other."""

from __future__ import annotations

import asyncio
import io
from typing import Any, ClassVar

import pytest
from rich.console import Console
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.dom import DOMNode
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES
from textual.widget import Widget
from textual.widgets import Input, Static

from tests.pilot import paste, press, settle, type_text, until
from tests.scripted_gateway import tokens
from tests.textual.conftest import (
    CLIENT,
    PASSWORD,
    POOL,
    SIZE,
    SMS,
    Program,
    go_to_code,
    open_sign_in,
)
from tui_auth.auth.next_step import (
    AuthFactorType,
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSMSMFACode,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    NextStep,
    ResetPassword,
    TOTPSetupDetails,
)
from tui_auth.flow.interface import INTERNAL_ERROR, ErrorMessage
from tui_auth.flow.outputs import ShowStep, StepContext
from tui_auth.screens.codes import SMSCodeScreen
from tui_auth.screens.done import DoneScreen
from tui_auth.screens.help import HelpScreen
from tui_auth.screens.screen_context import FormMessage
from tui_auth.secret import Secret
from tui_auth.textual import SignIn
from tui_auth.themes import READABLE_CONTRAST, contrast

HOSTILE_CSS = """
* { tint: red 30%; text-style: underline; }
Screen { align: right bottom; layout: horizontal; background: red; padding: 3; }
Input { border: heavy green; height: 5; margin: 3; background: yellow !important; }
Static, Vertical, VerticalScroll, Horizontal { background: blue; width: 7; height: 2; }
Field, Choice, Card, Heading, CardActions, ScreenFooter, ScreenHeader { height: 9 !important; color: red; }
SignIn, FormScreen, StepScreen, SMSCodeScreen, HelpScreen { display: none; opacity: 40%; }
#card, #username, #password, #code, #actions, #notice, #problem, #heading, #key { display: none !important; }
.field--edge, .field--label, .actions--button, .input--cursor, .fact, .quiet { background: green; }
"""

STEPS: list[NextStep] = [
    ConfirmSignInWithSMSMFACode(DeliveryDetails("+*******0123", "SMS")),
    ContinueSignInWithTOTPSetup(TOTPSetupDetails(Secret("JBSWY3DPEHPK3PXP"), "ann")),
    ContinueSignInWithFirstFactorSelection((AuthFactorType.PASSWORD, AuthFactorType.EMAIL_OTP)),
    ConfirmSignInWithCustomChallenge({"question": "Your first pet?"}),
    ConfirmSignInWithNewPassword(("name",)),
    ConfirmSignInWithPassword(),
    ContinueSignInWithEmailMFASetup(),
    ResetPassword(),
]


class HostileProgram(Program):
    """A program whose style sheet hits everything."""

    CSS = HOSTILE_CSS


class Card(Static):
    """A widget that happens to be called as one of ours."""


class Field(Widget):
    """Another one."""

    def compose(self) -> ComposeResult:
        yield Input("its own field", id="code")


class Namesakes(Program):
    """A program whose names and IDs are those in our style sheets."""

    CSS = "Card { height: 3; border: round green; } #heading { color: yellow; }"

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Card("one", id="heading")
        yield Field(id="actions")
        yield Static("two", classes="quiet")


def drawing(app: App[Any]) -> list[Strip]:
    """Return what is on the screen, with its colors."""
    return [Strip(list(strip)).simplify() for strip in app.screen._compositor.render_strips()]


async def draw_all(pilot: Pilot[Any], app: Program) -> list[list[Strip]]:
    """Show the sign-in form, each step and the help, and return what is drawn."""
    sign_in = await open_sign_in(pilot, app)
    pictures = [drawing(app)]
    sign_in.flow.attempt = sign_in.auth.attempt()
    for step in STEPS:
        sign_in.presenter.carry_out(ShowStep(step, StepContext()))
        await until(pilot, lambda step=step: getattr(app.screen, "step", None) is step)  # type: ignore[misc]
        app.form.error = ErrorMessage("That is wrong.")
        await settle(pilot)
        pictures.append(drawing(app))
    await press(pilot, "f1")
    await until(pilot, lambda: isinstance(app.screen, HelpScreen))
    return [*pictures, drawing(app)]


@pytest.mark.parametrize("size", [SIZE, (40, 15), (120, 40)])
async def test_style_sheet_of_the_program_changes_nothing_of_ours(size: tuple[int, int]) -> None:
    expected: list[list[Strip]] = []
    for program in (Program, HostileProgram):
        app = program()
        async with app.run_test(size=size) as pilot:
            pictures = await draw_all(pilot, app)
        if not expected:
            expected = pictures
    assert pictures == expected


def computed_styles(app: App[Any], screen: Screen[Any]) -> list[Any]:
    """Return all styles of the app, the screen and its widgets."""
    nodes: list[DOMNode] = [app, *screen.walk_children(with_self=True)]
    return [
        (
            type(node).__name__,
            node.id,
            dict(node.styles.base.get_rules()),
            {name: dict(styles.get_rules()) for name, styles in node._component_styles.items()},
        )
        for node in nodes
    ]


async def blur(pilot: Pilot[Any], app: App[Any]) -> None:
    """Take the focus from the program's own field, which Textual selects when it gives it back."""
    await settle(pilot)
    app.screen.set_focus(None)
    await settle(pilot)


async def test_our_style_sheets_change_nothing_of_the_program() -> None:
    app = Namesakes(SMS)
    async with app.run_test(size=SIZE) as pilot:
        await blur(pilot, app)
        screen = app.screen
        before, picture = computed_styles(app, screen), drawing(app)
        await go_to_code(pilot, app)
        await press(pilot, "f1")
        app.theme = "nord"
        await settle(pilot)
        app.theme = "textual-dark"
        await settle(pilot)
        assert computed_styles(app, screen) == before, "below a sign-in, after a change of the theme"
        await press(pilot, "escape")
        app.pop_screen()
        await until(pilot, lambda: app.results)
        app.refresh_css()
        await blur(pilot, app)
        assert computed_styles(app, screen) == before, "after a sign-in"
        assert drawing(app) == picture
        assert not {"apply", "_check_bindings"} & (vars(app).keys() | vars(app.stylesheet).keys())


async def test_widgets_in_our_slots_have_the_styles_of_the_program() -> None:
    class Colorful(Program):
        CSS = ".banner { color: #123456; }"

    app = Colorful(header=lambda: Static("Acme staff only", classes="banner"))
    async with app.run_test(size=SIZE) as pilot:
        await open_sign_in(pilot, app)
        assert app.screen.query_one(".banner").styles.color == Color.parse("#123456")


@pytest.mark.parametrize("theme", [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi])
async def test_text_is_readable_in_every_theme(theme: str) -> None:
    app = Program()
    async with app.run_test(size=SIZE) as pilot:
        app.theme = theme
        await settle(pilot)
        best = contrast(*(Color.parse(app.theme_variables[name]) for name in ("foreground", "surface")))
        sign_in = await open_sign_in(pilot, app)
        sign_in.notice, sign_in.error = "A notice.", ErrorMessage("That is wrong.")
        await settle(pilot)
        pale = {}
        for segment in (segment for strip in drawing(app) for segment in strip):
            style = segment.style
            if style and style.color and style.bgcolor and any(map(str.isalnum, segment.text)):
                colors = [Color.from_rich_color(color) for color in (style.color, style.bgcolor)]
                if contrast(*colors) < min(best, READABLE_CONTRAST) - 0.05:
                    pale[segment.text.strip()] = contrast(*colors)
        assert not pale


# -- keys ---------------------------------------------------------------------------------------------


class GreedyProgram(Program):
    """A program that binds our keys and counts what it gets."""

    TAKEN: ClassVar[tuple[str, ...]] = ("ctrl+r", "ctrl+t", "ctrl+g", "f4")
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"note('{key}')", priority=True) for key in TAKEN),
        *(
            Binding(key, f"note('{key}')", priority=True)
            for key in ("enter", "escape", "tab", "shift+tab", "up", "down", "1", "h", "backspace", "space")
        ),
        *(Binding(key, f"note('{key}')", priority=True) for key in ("ctrl+k", "f8", "ctrl+c", "f3")),
        Binding("ctrl+f", "note('ctrl+f')"),
        Binding("ctrl+x", "note('ctrl+x')"),
    ]

    def __init__(self, *replies: Any, **options: Any) -> None:
        super().__init__(*replies, **options)
        self.noted: list[str] = []

    def action_note(self, key: str) -> None:
        """Record a key that the program got."""
        self.noted.append(key)


async def test_ctrl_q_does_not_quit_the_program() -> None:
    app = Program(SMS)
    async with app.run_test(size=SIZE) as pilot:
        await open_sign_in(pilot, app)
        await press(pilot, "ctrl+q")
        assert app.is_running
        assert isinstance(app.screen, SignIn)
        await press(pilot, "f1", "ctrl+q")
        assert isinstance(app.screen, HelpScreen)
        await press(pilot, "escape", "escape")
        await until(pilot, lambda: app.results == [None])
        await press(pilot, "ctrl+q")
        await until(pilot, lambda: not app.is_running)


async def test_keys_that_the_program_takes_have_another_name() -> None:
    app = GreedyProgram(SMS, SMS)
    async with app.run_test(size=SIZE) as pilot:
        await go_to_code(pilot, app)
        assert app.noted == [], "typing and Enter are ours"
        assert "Press F5" in app.text
        assert "F1 Help" in app.text
        await press(pilot, "ctrl+r", "ctrl+g", "f4")
        assert app.noted == ["ctrl+r", "ctrl+g", "f4"]
        assert isinstance(app.screen, SMSCodeScreen)
        await press(pilot, "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert "F12 Call trace" in app.text
        await press(pilot, "escape", "f5")
        await until(pilot, lambda: "F5 again in" in app.text)
        assert app.gateway.operations == ["InitiateAuth", "InitiateAuth"]


async def test_texts_name_the_keys_that_work() -> None:
    app = GreedyProgram()
    async with app.run_test(size=SIZE) as pilot:
        await open_sign_in(pilot, app)
        assert "F2 show" in app.text
        await press(pilot, "f2")
        await until(pilot, lambda: "F2 hide" in app.text)


async def test_action_whose_keys_are_all_taken_has_its_first_key() -> None:
    app = GreedyProgram()
    async with app.run_test(size=SIZE) as pilot:
        await open_sign_in(pilot, app)
        assert "^k Create account" in app.text
        await press(pilot, "f8", "ctrl+k")
        await until(pilot, lambda: "We'll send a code to confirm your address." in app.text)
        assert app.noted == ["f8"]


async def test_other_keys_of_the_program_work_only_with_priority() -> None:
    app = GreedyProgram()
    async with app.run_test(size=SIZE) as pilot:
        await open_sign_in(pilot, app)
        await press(pilot, "f3", "ctrl+x", "ctrl+f")
        assert app.noted == ["f3"]
        assert "Reset your password" in app.text, "ctrl+f is ours"


async def test_program_has_its_keys_back_afterwards() -> None:
    app = GreedyProgram()
    async with app.run_test(size=SIZE) as pilot:
        await open_sign_in(pilot, app)
        await press(pilot, "escape")
        await until(pilot, lambda: app.results)
        await press(pilot, "enter", "ctrl+r", "ctrl+c")
        assert app.noted == ["enter", "ctrl+r", "ctrl+c"]


# -- screens ------------------------------------------------------------------------------------------


class Dialog(ModalScreen[None]):
    """A dialog of the program."""

    def compose(self) -> ComposeResult:
        yield Static("The program has news.")


class OtherScreen(Screen[None]):
    """The base of another mode of the program."""

    def compose(self) -> ComposeResult:
        yield Static("Another mode of the program")


class ModesProgram(Program):
    """A program with modes."""

    MODES = {"main": Screen, "other": OtherScreen}  # noqa: RUF012 - as App has it
    DEFAULT_MODE = "main"


async def hold_request(pilot: Pilot[Any], app: Program) -> None:
    """Send the code, and hold the reply."""
    await go_to_code(pilot, app)
    app.gateway.hold()
    await press(pilot, *"123456", "enter")
    await until(pilot, lambda: len(app.gateway.calls) == 2)


async def release_reply(pilot: Pilot[Any], app: Program) -> None:
    """Let the reply arrive, and wait until the program has seen it."""
    thread = app.gateway.threads[1]
    app.gateway.release()
    await until(pilot, lambda: not thread.is_alive())
    await settle(pilot)


async def test_reply_waits_until_the_dialog_of_the_program_is_closed() -> None:
    app = Program(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        await hold_request(pilot, app)
        app.push_screen(Dialog())
        await release_reply(pilot, app)
        assert "The program has news." in app.text
        assert not app.results
        app.pop_screen()
        await until(pilot, lambda: app.results)
        assert app.results[0]
        assert "The program's own screen" in app.text


async def test_reply_waits_until_the_mode_of_the_sign_in_is_back() -> None:
    app = ModesProgram(SMS, SMS)
    async with app.run_test(size=SIZE) as pilot:
        await hold_request(pilot, app)
        await app.switch_mode("other")
        await release_reply(pilot, app)
        assert [type(screen) for screen in app.screen_stack] == [OtherScreen]
        await app.switch_mode("main")
        await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen) and not app.screen.busy)
        assert not app.results


@pytest.mark.parametrize("moment", ["sign-in", "code", "request", "help"])
@pytest.mark.parametrize("way", ["pop", "switch"])
async def test_program_that_closes_a_screen_gets_none(moment: str, way: str) -> None:
    app = Program(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        if moment == "sign-in":
            await open_sign_in(pilot, app)
        elif moment == "request":
            await hold_request(pilot, app)
        else:
            await go_to_code(pilot, app)
        if moment == "help":
            await press(pilot, "f1")
            await until(pilot, lambda: isinstance(app.screen, HelpScreen))
            app.pop_screen()  # the help alone
            await settle(pilot)
            assert not app.results
        await (app.pop_screen() if way == "pop" else app.switch_screen(OtherScreen()))
        await until(pilot, lambda: app.results == [None])
        if moment == "request":
            await release_reply(pilot, app)
        if way == "switch":
            assert "Another mode of the program" in app.text
            if moment != "sign-in":
                await app.pop_screen()
        await until(pilot, lambda: "The program's own screen" in app.text or way == "switch")
        assert not [screen for screen in app.screen_stack if isinstance(screen, SignIn | DoneScreen)]
        assert app.results == [None]


async def test_program_that_cancels_all_workers_does_not_cancel_the_request() -> None:
    class Callback(Program):
        def open(self) -> None:
            self.push_screen(self.new_sign_in(), self.results.append)

    app = Callback(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        app.open()
        await until(pilot, lambda: isinstance(app.screen, SignIn))
        await type_text(pilot, PASSWORD)
        await press(pilot, "enter")
        await until(pilot, lambda: "Code sent by SMS" in app.text)
        app.gateway.hold()
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: len(app.gateway.calls) == 2)
        assert not list(app.workers)
        app.workers.cancel_all()
        app.gateway.release()
        await until(pilot, lambda: app.results)
        assert app.results[0]


async def test_program_can_exit_during_a_request() -> None:
    app = Program(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        await hold_request(pilot, app)
        app.exit()
        await until(pilot, lambda: not app.is_running)
    app.gateway.release()
    assert not app.results
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "a request to Cognito"]


# -- secrets ------------------------------------------------------------------------------------------


class RecordingProgram(Program):
    """A program that records what reaches it."""

    def compose(self) -> ComposeResult:
        yield Static("The program's own screen")

    def __init__(self, *replies: Any, **options: Any) -> None:
        super().__init__(*replies, **options)
        self.received: list[Message] = []

    async def _dispatch_message(self, message: Message) -> None:
        is_raw_input = isinstance(message, events.Key | events.Paste) and not message.is_forwarded
        if not is_raw_input:
            self.received.append(message)
        await super()._dispatch_message(message)


async def test_no_message_that_reaches_the_program_has_a_secret() -> None:
    app = RecordingProgram(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        await open_sign_in(pilot, app)
        await press(pilot, *PASSWORD)
        app.gateway.hold()
        await press(pilot, "enter")
        await until(pilot, lambda: app.gateway.calls)
        await press(pilot, *"abc")
        await paste(pilot, "pasted-secret")
        app.gateway.release()
        await until(pilot, lambda: "Code sent by SMS" in app.text)
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: app.results)
    forbidden = FormMessage | events.Paste | Input.Changed | Input.Submitted
    assert app.received
    assert not [message for message in app.received if isinstance(message, forbidden)]
    keys = [message for message in app.received if isinstance(message, events.Key)]
    assert not [key for key in keys if key.is_printable]
    texts = [f"{message!r} {vars(message)!r}" for message in app.received]
    assert not [text for text in texts if PASSWORD in text or "123456" in text]


class TracingProgram(Program):
    """A program that crashes as every Textual program does: it prints all local variables."""

    def crash_report(self) -> str:
        """Return what Textual prints after a crash."""
        file = io.StringIO()
        console = Console(file=file, width=400)
        for renderable in self._exit_renderables:
            console.print(renderable)
        return file.getvalue()

    def _print_error_renderables(self) -> None:
        self.report = self.crash_report()
        super()._print_error_renderables()


@pytest.mark.parametrize("moment", ["typed", "submitted", "in ours"])
async def test_crash_report_of_the_program_has_no_secret(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = "correct-horse-battery"
    app = TracingProgram(SMS)

    def fail(*_: object) -> None:
        form, fields = app.screen, list(app.screen.query(Input))
        raise ValueError(f"{form} {fields}")

    async def run() -> None:
        async with app.run_test(size=SIZE) as pilot:
            await open_sign_in(pilot, app)
            await type_text(pilot, password)
            if moment == "in ours":
                monkeypatch.setattr(SignIn, "submit", fail)
            if moment != "typed":
                app.gateway.hold()
                await press(pilot, "enter")
            if moment != "in ours":
                app.call_later(fail)
            await until(pilot, lambda: not app.is_running)

    with pytest.raises((ValueError, AssertionError)):
        await run()
    app.gateway.release()
    assert "ValueError" in app.report
    assert "locals" in app.report
    assert password not in app.report


async def test_internal_error_stays_on_our_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Program()
    async with app.run_test(size=SIZE) as pilot:
        sign_in = await open_sign_in(pilot, app)
        monkeypatch.setattr(sign_in.flow, "sign_in", lambda *_: 1 / 0)
        await type_text(pilot, PASSWORD)
        await press(pilot, "enter")
        await until(pilot, lambda: INTERNAL_ERROR in app.text)
        assert app.is_running
        assert not app.form.busy
