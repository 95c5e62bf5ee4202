"""The help of the sign-in screen: the origin of the pool, and how the flow uses the password."""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

import pytest
from textual.widgets import Static

from tests.programs import Program, TerminalProgram
from tests.scripted_gateway import ScriptedGateway
from tui_auth.app import TuiAuthApp
from tui_auth.auth.auth import Auth
from tui_auth.cli.sign_in_now import sign_in_settings
from tui_auth.config.resolver import ResolvedPool
from tui_auth.screens.help import HelpScreen

IDS = ("--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "1example23456789")


def read_help(
    terminal_program: TerminalProgram, *flags: str, folder: Path | None = None, key: str = "ctrl+g"
) -> str:
    """Open the help and return its text without line breaks."""
    unreachable_proxy = {"HTTPS_PROXY": "http://127.0.0.1:1"}
    with terminal_program.on_a_terminal(
        *flags, folder=folder, rows=50, variables=unreachable_proxy
    ) as running:
        running.wait_for("Username")
        running.press(key)
        running.wait_for("esc closes this")
        help_text = " ".join(running.screen_text().replace("│", " ").split())
        running.press("ctrl+q")
        running.wait_exit()
        return help_text


@pytest.mark.parametrize("key", ["ctrl+g", "f1"])
def test_help_shows_the_amplify_file(terminal_program: TerminalProgram, key: str) -> None:
    terminal_program.put("amplify_outputs.json")
    text = (terminal_program.folder / "amplify_outputs.json").read_text().replace('"email"]', '"username"]')
    (terminal_program.folder / "amplify_outputs.json").write_text(text)
    assert "Pool: eu-west-1_Gen2Pool1, from ~/project/amplify_outputs.json:4." in read_help(
        terminal_program, key=key
    )


def test_help_shows_the_flag_or_profile(program: Program, terminal_program: TerminalProgram) -> None:
    assert "Pool: eu-west-1_Ab12Cd34E, from --user-pool-id." in read_help(terminal_program, *IDS)
    program.run("profile", "add", "acme", *IDS)
    help_text = read_help(terminal_program, "--profile", "acme")
    assert "Pool: eu-west-1_Ab12Cd34E, from profile acme, ~/.config/tui-auth/config.toml:2." in help_text


def test_long_path_is_shortened_and_shown_safely(terminal_program: TerminalProgram) -> None:
    folder = terminal_program.home / ("deep\x1b[31m" * 20) / "shop"
    terminal_program.put("aws-exports.js", folder)
    text = (
        (folder / "aws-exports.js")
        .read_text()
        .replace('"PHONE_NUMBER"\n    ],\n    "aws_cognito_social', '],\n    "aws_cognito_social')
    )
    (folder / "aws-exports.js").write_text(text)
    help_text = read_help(terminal_program, folder=folder)
    assert "\x1b" not in help_text
    assert "Pool: ap-south-1_FlatPool1, from …" in help_text
    assert "/shop/aws-exports.js:10." in help_text
    shutil.rmtree(folder.parent)


@pytest.mark.parametrize(
    ("flow", "sentence"),
    [
        (
            "USER_SRP_AUTH",
            "Your password is never sent. SRP proves to Cognito that you know it (USER_SRP_AUTH).",
        ),
        ("USER_PASSWORD_AUTH", "Your password is sent to Cognito (USER_PASSWORD_AUTH)."),
        (
            "USER_AUTH",
            "You choose how to sign in (USER_AUTH). The choice says whether a password is sent.",
        ),
        (
            "CUSTOM_WITH_SRP",
            "Your password is never sent. SRP proves to Cognito that you know it, before the user pool's own "
            "questions (CUSTOM_WITH_SRP).",
        ),
        (
            "CUSTOM_WITHOUT_SRP",
            "There is no password. The user pool asks its own questions (CUSTOM_WITHOUT_SRP).",
        ),
    ],
)
async def test_help_explains_how_the_flow_uses_the_password(flow: str, sentence: str) -> None:
    choice = ResolvedPool("eu-west-1_Ab12Cd34E", "1example23456789", auth_flow=flow)
    settings = sign_in_settings(choice, Namespace(client_metadata=[]), leaves_when_done=False)
    app = TuiAuthApp(Auth(choice.user_pool_id, choice.client_id, gateway=ScriptedGateway()), settings)
    async with app.run_test(size=(80, 50)) as pilot:
        await pilot.press("ctrl+g")
        while not (isinstance(app.screen, HelpScreen) and app.screen.query("#help Static")):
            await pilot.pause(0.01)
        help_text = " ".join(str(text.render()) for text in app.screen.query(Static))
    assert sentence in help_text
    assert help_text.count("SRP") == sentence.count("SRP")


def test_help_describes_the_flow_from_the_flag(terminal_program: TerminalProgram) -> None:
    help_text = read_help(terminal_program, *IDS, "--auth-flow", "CUSTOM_WITHOUT_SRP")
    assert "There is no password. The user pool asks its own questions (CUSTOM_WITHOUT_SRP)." in help_text
    assert help_text.count("SRP") == 1
