"""SignIn in a Textual program: what the user sees and what the program gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from examples.host_app import HostApp
from tests.auth.test_browser_listener import free_port
from tests.pilot import press, screen_rows, screen_text, settle, type_text, until
from tests.scripted_gateway import tokens
from tests.textual.conftest import CLIENT, POOL, SIZE, SMS, Cognito, Program, go_to_code, open_sign_in
from tui_auth import Auth, ConfigurationError, InvalidStateError
from tui_auth.auth.browser_listener import find_port_problem
from tui_auth.screens.browser import BrowserScreen
from tui_auth.screens.call_trace import CallTraceScreen
from tui_auth.screens.codes import SMSCodeScreen
from tui_auth.screens.help import HelpScreen
from tui_auth.screens.sign_up import SignUpScreen
from tui_auth.textual import LABELS, SignIn

ROOT = Path(__file__).parents[2]


async def test_example_program_shows_who_is_signed_in(cognito: Cognito) -> None:
    app = HostApp(cognito.auth("sam"))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SignIn))
        await type_text(pilot, "sam")
        await press(pilot, "enter")
        await type_text(pilot, cognito.user("sam").password)
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, SMSCodeScreen))
        await type_text(pilot, cognito.newest_code("sam"))
        await press(pilot, "enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert str(app.screen.query_one("#user", Static).content) == "Signed in as sam."
        assert "Signed in as sam." in screen_text(app)


def test_example_program_is_short() -> None:
    lines = (ROOT / "examples" / "host_app.py").read_text().splitlines()
    assert len(lines) <= 40


async def test_program_gets_the_tokens() -> None:
    app = Program(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        await go_to_code(pilot, app)
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: app.results)
        assert [done.claims.username for done in app.results if done] == ["ann"]
        assert app.screen_stack == [app.screen], "no screen of the sign-in is left"


@pytest.mark.parametrize("step", ["sign-in", "code"])
async def test_esc_leaves_from_the_first_screen_only(step: str) -> None:
    app = Program(SMS)
    async with app.run_test(size=SIZE) as pilot:
        if step == "code":
            await go_to_code(pilot, app)
            await press(pilot, "escape", "escape")
            await until(pilot, lambda: isinstance(app.screen, SignIn))
            assert not app.results
        else:
            await open_sign_in(pilot, app)
        assert "esc Leave" in app.text
        await press(pilot, "escape")
        await until(pilot, lambda: app.results == [None])
        assert "The program's own screen" in app.text


async def test_second_sign_in_starts_afresh() -> None:
    app = Program(SMS, SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        await go_to_code(pilot, app)
        app.pop_screen()
        await until(pilot, lambda: app.results == [None])
        await go_to_code(pilot, app)
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: len(app.results) == 2)
        assert app.results[1]


async def test_callback_of_push_screen_gets_the_result_once() -> None:
    app = Program()
    async with app.run_test(size=SIZE) as pilot:
        app.push_screen(app.new_sign_in(), app.results.append)
        await until(pilot, lambda: isinstance(app.screen, SignIn))
        await press(pilot, "escape")
        await until(pilot, lambda: app.results)
        await settle(pilot)
        assert app.results == [None]


def test_sign_in_can_be_created_before_the_program_runs() -> None:
    assert SignIn(Auth(POOL, CLIENT)).settings.pool == POOL


async def test_sign_in_created_before_the_program_runs_is_laid_out_for_its_size() -> None:
    app = Program()
    sign_in = app.new_sign_in()
    async with app.run_test(size=(50, 15)) as pilot:
        app.push_screen(sign_in)
        await until(pilot, lambda: "-narrow" in sign_in.classes and "-short" in sign_in.classes)


# -- options ------------------------------------------------------------------------------------------


async def test_hidden_actions_have_no_key() -> None:
    app = Program(hide_sign_up=True, hide_forgot_password=True)
    async with app.run_test(size=SIZE) as pilot:
        await open_sign_in(pilot, app)
        assert "Create account" not in app.text
        assert "Forgot password" not in app.text
        await press(pilot, "ctrl+k", "ctrl+f")
        assert isinstance(app.screen, SignIn)
        assert not app.form.error


async def test_sign_up_can_be_the_first_form() -> None:
    app = Program(initial="sign_up")
    async with app.run_test(size=SIZE) as pilot:
        app.sign_in()
        await until(pilot, lambda: isinstance(app.screen, SignUpScreen))
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, SignIn))


async def test_reset_can_be_the_first_form() -> None:
    app = Program(initial="forgot_password")
    async with app.run_test(size=SIZE) as pilot:
        app.sign_in()
        await until(pilot, lambda: "Reset your password" in app.text)


async def test_labels_replace_texts() -> None:
    labels = {
        "program": "Acme",
        "SignIn.title": "Welcome back",
        "SignIn.task": "Use your badge number.",
        "SignIn.username": "Badge",
        "SignIn.password": "Pass phrase",
        "SignIn.submit": "Log in",
        "SignIn.leave": "Cancel",
        "key.forgot": "Lost your phrase?",
        "ConfirmSignInWithSMSMFACode.title": "Look at your phone",
        "key.new_code": "Send it again",
    }
    app = Program(SMS, labels=labels)
    async with app.run_test(size=SIZE) as pilot:
        sign_in = await open_sign_in(pilot, app)
        for key in list(labels)[:8]:
            assert labels[key] in app.text, key
        await press(pilot, "enter")
        assert sign_in.query("#password")
        await type_text(pilot, "hunter2")
        await press(pilot, "enter")
        await until(pilot, lambda: "Look at your phone" in app.text)
        assert "Send it again" in app.text


def test_unknown_label_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"SignIn\.titel"):
        SignIn(Auth(POOL, CLIENT), labels={"SignIn.titel": "Welcome"})


def test_unknown_auth_flow_is_an_error() -> None:
    with pytest.raises(InvalidStateError):
        SignIn(Auth(POOL, CLIENT), auth_flow="PASSWORD")


def test_every_label_is_documented() -> None:
    page = (ROOT / "docs" / "textual.md").read_text()
    parts = {part for key in LABELS for part in key.split(".")} - {"key"}
    assert not [part for part in sorted(parts) if f"`{part}`" not in page]


async def test_header_and_footer_are_on_every_form() -> None:
    app = Program(
        SMS,
        header=lambda: Static("Acme staff only", classes="banner"),
        footer=lambda: [Static("Call 4711 for help")],
    )
    async with app.run_test(size=SIZE) as pilot:
        await go_to_code(pilot, app)
        rows = [row.strip(" │") for row in screen_rows(app)]
        positions = [rows.index(text) for text in ("Acme staff only", "Call 4711 for help")]
        title = next(at for at, row in enumerate(rows) if row.startswith("Code sent by SMS"))
        assert positions[0] < title < positions[1]


async def test_help_and_call_trace_open() -> None:
    app = Program(SMS)
    async with app.run_test(size=SIZE) as pilot:
        await go_to_code(pilot, app)
        await press(pilot, "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert "Quit" not in app.text
        assert "^c Stop waiting" in app.text
        await press(pilot, "escape", "f4")
        await until(pilot, lambda: isinstance(app.screen, CallTraceScreen))
        assert "InitiateAuth" in app.text


async def test_ctrl_c_stops_waiting_and_never_leaves() -> None:
    app = Program(SMS, tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        await go_to_code(pilot, app)
        app.gateway.hold()
        await press(pilot, *"123456", "enter")
        await until(pilot, lambda: app.form.busy)
        await press(pilot, "ctrl+c")
        await until(pilot, lambda: not app.form.busy)
        app.gateway.release()
        await press(pilot, "ctrl+c")
        assert "Code sent by SMS" in app.text
        assert not app.results


async def test_browser_is_offered_where_a_domain_is_known_and_its_port_is_free_afterwards() -> None:
    redirect_uri = f"http://localhost:{free_port()}/"
    program = Program()
    auth = Auth(POOL, CLIENT, gateway=program.gateway, domain="login.example.com", redirect_uri=redirect_uri)
    program.new_sign_in = lambda: SignIn(auth)  # type: ignore[method-assign]
    async with program.run_test(size=SIZE) as pilot:
        await open_sign_in(pilot, program)
        assert "In a browser" in screen_text(program)
        await press(pilot, "ctrl+b")
        await until(pilot, lambda: isinstance(program.screen, BrowserScreen))
        assert redirect_uri in screen_text(program)
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(program.screen, SignIn))
        await press(pilot, "escape")
        await until(pilot, lambda: program.results == [None])
    assert find_port_problem(redirect_uri) == ""
