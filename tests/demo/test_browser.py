"""The demo's browser: its page beside the card, and the answer that it brings back."""

from __future__ import annotations

import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.pilot import press, resize, screen_text, until
from tui_auth.auth.next_step import Done
from tui_auth.demo import app as demo_app
from tui_auth.demo.app import DemoApp
from tui_auth.demo.browser import DemoBrowser
from tui_auth.demo.side_panel import Drawer
from tui_auth.screens.browser import BrowserScreen
from tui_auth.screens.sign_in import SignInScreen

SIZE = (80, 23)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_app, "FORM_SECONDS", 0.0)
    for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"):
        monkeypatch.delenv(name, raising=False)


async def test_page_is_beside_the_card_and_its_answer_signs_in(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "b")
        await until(pilot, lambda: "/login" in screen_text(app) and "Password" in screen_text(app))
        card = app.screen.query_one("#card").region
        drawer = app.screen.query_one(Drawer)
        assert not card.overlaps(drawer.region)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: not drawer.display and app.screen.query_one("#card").region.x != card.x)
        assert app.screen.query_one("#card").region.size == card.size, "the browser squeezes the card"
        await resize(pilot, 70, 23)
        await press(pilot, "ctrl+o")
        await until(pilot, lambda: isinstance(app.next_step, Done))
        assert isinstance(app.next_step, Done)
        assert app.next_step.claims.username == "bea"


async def test_last_page_that_does_not_load_is_pasted(app: DemoApp) -> None:
    login = app.service._managed_login
    async with app.run_test(size=SIZE) as pilot:
        with closing(socket.create_server(("127.0.0.1", urlsplit(login.redirect_uri).port or 0))) as taken:
            await press(pilot, "b")
            await until(pilot, lambda: "is in use, so nothing waits there" in screen_text(app))
            taken.close()
            await press(pilot, "ctrl+o")
            await until(pilot, lambda: "This page won't load" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.next_step, Done))


async def test_new_try_gets_a_new_page_without_the_session_of_the_last(app: DemoApp) -> None:
    browser: DemoBrowser = app.service.browser
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "b")
        await until(pilot, lambda: isinstance(app.screen, BrowserScreen))
        assert isinstance(app.screen, BrowserScreen)
        step = app.screen.step
        await until(pilot, lambda: browser.page is not None)
        first = browser.page
        assert browser.visit(step) is first
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: browser.page is not first)
        assert browser.page
        assert browser.page.button == "Sign in"
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
