"""``tui-auth sign-in --browser`` with a real Chromium: what the user does in both windows."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.emulator.web_client import WebClient
from tests.journeys.conftest import SignIn, StartSignIn
from tests.local_sshd import LocalSshd
from tests.waiting import wait_until
from tests.webdriver import Chromium
from tests.webdriver import chromium_process as chromium_process
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import PASSWORD, PROVIDER, DemoPool

BUTTON = "form button"


@pytest.fixture
def port(server: CognitoEmulator, demo: DemoPool) -> int:
    """Return a free port, to which the app client leads back."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    ids = {"UserPoolId": demo.user_pool_id, "ClientId": demo.client_id}
    client = server.call("DescribeUserPoolClient", ids)["UserPoolClient"]
    addresses = [f"http://localhost:{port}/"]
    server.call("UpdateUserPoolClient", {**client, "CallbackURLs": addresses, "LogoutURLs": addresses})
    return port


@pytest.fixture
def start(
    server: CognitoEmulator, port: int, sign_in_as: StartSignIn, chromium_process: Chromium
) -> Callable[..., SignIn]:
    """Return a function that starts a sign-in in a browser that nobody is signed in to."""
    chromium_process.forget()

    def start(username: str, *flags: str, rows: int = 23) -> SignIn:
        address = f"http://localhost:{port}/"
        flags = ("--browser", "--domain", server.endpoint_url, "--redirect-uri", address, *flags)
        flags = (*flags, "--storage", "file")
        return sign_in_as(username, *flags, rows=rows)

    return start


@pytest.fixture
def nothing_listens(port: int) -> Iterator[None]:
    """Take the port, so that the browser's last page doesn't load, as on another computer."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        yield


def enter_password(browser: Chromium, program: SignIn) -> None:
    browser.fill("#username", program.user.username)
    browser.fill("#password", program.user.password)
    browser.click(BUTTON)


def whole_address(program: SignIn) -> str:
    """Return the address that line prompts show alone on its line, which the terminal wraps."""
    program.wait_for("Address:")
    text = program.screen_text()
    start = text.index(f"{program.server.endpoint_url}/oauth2/authorize?")
    return "".join(text[start:].partition("\n\n")[0].split())


def short_address(program: SignIn, port: int) -> str:
    """Return the short address with the word that only the terminal shows."""
    program.wait_for(f"http://localhost:{port}/")
    found = re.search(rf"http://localhost:{port}/\w{{4}}", program.screen_text())
    assert found
    return found[0]


def test_short_address_leads_out_and_back(
    start: Callable[..., SignIn], port: int, chromium_process: Chromium
) -> None:
    browser, program = chromium_process, start("ann")
    browser.open(short_address(program, port))
    enter_password(browser, program)
    program.wait_for_text("Signed in as ann")

    assert "code=" not in browser.address
    assert urlsplit(browser.address).port == port


def test_second_factor_is_asked_for_in_the_browser(
    start: Callable[..., SignIn], port: int, chromium_process: Chromium
) -> None:
    browser, program = chromium_process, start("sam", "--plain", rows=60)
    program.wait_for("Address:")
    browser.open(short_address(program, port))
    enter_password(browser, program)
    browser.fill("#code", program.newest_code())
    browser.click(BUTTON)

    program.wait_for("Signed in as sam.")
    assert program.wait_exit() == 0


@pytest.mark.usefixtures("nothing_listens")
def test_address_of_the_last_page_is_pasted(start: Callable[..., SignIn], chromium_process: Chromium) -> None:
    browser, program = chromium_process, start("ann", "--plain", rows=60)
    browser.open(whole_address(program))
    enter_password(browser, program)
    program.enter(browser.address)

    program.wait_for("Signed in as ann.")
    assert program.wait_exit() == 0


@pytest.mark.usefixtures("nothing_listens")
def test_address_is_pasted_into_the_full_screen(
    start: Callable[..., SignIn], chromium_process: Chromium
) -> None:
    browser, plain = chromium_process, start("ann", "--plain", rows=60)
    browser.open(whole_address(plain))
    enter_password(browser, plain)
    foreign = browser.address
    program = start("ann")
    program.wait_for("Address of the last page")
    program.paste(foreign)
    program.press("enter")

    program.wait_for_text("belongs to an earlier sign-in")


def test_user_of_a_provider_signs_in(
    start: Callable[..., SignIn], port: int, chromium_process: Chromium
) -> None:
    browser, program = chromium_process, start("ann", "--provider", PROVIDER, "--plain", rows=60)
    program.wait_for("Address:")
    browser.open(short_address(program, port))
    browser.fill("#email", "dana@acme.example")
    browser.click(BUTTON)

    program.wait_for("Signed in as AcmeSSO_dana@acme.example (AcmeSSO).")
    assert program.wait_exit() == 0


def test_cancel_at_the_provider_is_reported(
    start: Callable[..., SignIn], port: int, chromium_process: Chromium
) -> None:
    browser, program = chromium_process, start("ann", "--provider", PROVIDER)
    browser.open(short_address(program, port))
    browser.click("[name=cancel]")

    program.wait_for_text("You cancel")


def test_stranger_over_ssh_in_tmux_gets_there_after_wrong_answers(
    server: CognitoEmulator, demo: DemoPool, port: int, tmp_path: Path, tmux_socket: Path
) -> None:
    tmux = ["tmux", "-S", str(tmux_socket), "-f", os.devnull]
    command = [sys.executable, "-m", "tui_auth", "sign-in", "--user-pool-id", demo.user_pool_id]
    command += ["--client-id", demo.client_id, "--endpoint-url", server.endpoint_url, "--storage", "file"]
    command += ["--browser", "--domain", server.endpoint_url, "--redirect-uri", f"http://localhost:{port}/"]
    ssh = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22", "SSH_TTY": "/dev/pts/9"}

    def run(*arguments: str) -> str:
        return subprocess.run([*tmux, *arguments], capture_output=True, text=True, check=True).stdout

    def paste(text: str) -> None:
        run("set-buffer", "-b", "browser", text)
        run("paste-buffer", "-p", "-b", "browser")
        program.press("enter")

    # tmux's status line takes the 24th row.
    with SignIn(command=[*tmux, "new-session", *command], home=tmp_path, rows=24, environment=ssh) as program:
        program.wait_for("1  Open the address (^y, ^u) and sign in.")
        program.wait_for("2  Page won't load? Paste its address here.")
        program.press("ctrl+y")
        program.wait_for_text("The address was sent to tmux's buffer")
        browser, url = WebClient(server.endpoint_url), run("show-buffer")
        for wrong, reason in (
            ("an answer", "That isn't an address."),
            ("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "That is only the code."),
            (url, "That is the address of the sign-in page."),
            (short_address(program, port), "That is the address of the sign-in page."),
            (f"http://localhost:{port}/?code=0a1b2c3d&state=x", "belongs to an earlier sign-in"),
        ):
            paste(wrong)
            program.wait_for_text(reason)
        paste(browser.send(browser.open(url), username="ann", password=PASSWORD).location)
        program.wait_for_text("Signed in as ann")


def test_one_ssh_forward_serves_both_directions(
    start: Callable[..., SignIn], port: int, tmp_path: Path
) -> None:
    """The browser is on another computer: its localhost is 127.0.0.2, where only the forward listens."""
    sshd = LocalSshd(tmp_path / "sshd")
    other_computer = Chromium(tmp_path / "chromium", "--host-resolver-rules=MAP localhost 127.0.0.2")
    command = sshd.command("-N", "-o", "ExitOnForwardFailure=yes", "-L", f"127.0.0.2:{port}:localhost:{port}")
    with closing_process(command), other_computer as browser:
        program = start("ann", "--plain", rows=60)
        program.wait_for("Address:")
        wait_until(lambda: is_listening("127.0.0.2", port))
        browser.open(short_address(program, port))
        enter_password(browser, program)
        program.wait_for("Signed in as ann.")
    sshd.stop()


@contextmanager
def closing_process(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.terminate()


def is_listening(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
