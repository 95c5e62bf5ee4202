"""The real program signs in in a browser on a terminal, and once through a real ``ssh -L``."""

from __future__ import annotations

import http.client
import re
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.auth.test_browser_listener import free_port
from tests.cli.test_browser_sessions import BrowserMachine
from tests.cli.test_browser_sessions import browser as browser
from tests.emulator.web_client import WebClient
from tests.local_sshd import LocalSshd
from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, pool_flags
from tests.terminal.pty_program import PtyProgram


def flags_of(browser: BrowserMachine) -> list[str]:
    """Return the flags for the pool, its domain and its callback."""
    settings = browser.choice.browser
    flags = [*pool_flags(browser.choice), "--domain", settings["domain"]]
    return [*flags, "--redirect-uri", settings["redirect_uri"]]


def open_as_browser(url: str, host: str = "") -> tuple[int, str]:
    """Send a browser's request for an address of this machine; return status and Location."""
    place, _, target = url.removeprefix("http://").partition("/")
    with closing(http.client.HTTPConnection(place, timeout=60)) as connection:
        connection.request("GET", f"/{target}", headers={"Host": host or place})
        reply = connection.getresponse()
        return reply.status, reply.headers.get("Location", "")


def sign_in_on_the_page(browser: BrowserMachine, url: str) -> str:
    """Sign in as ann at the address, and return the address that the browser is sent to."""
    web = WebClient(browser.choice.browser["domain"])
    return web.send(web.open(url), username="ann", password=PASSWORD).location


def write_profile(browser: BrowserMachine) -> None:
    settings = browser.choice.browser
    values = {
        "user_pool_id": browser.choice.user_pool_id,
        "client_id": browser.choice.client_id,
        "endpoint_url": browser.choice.endpoint_url,
        "auth_flow": "BROWSER",
        "domain": settings["domain"],
        "redirect_uri": settings["redirect_uri"],
    }
    lines = [f'{name} = "{value}"' for name, value in values.items()]
    path = browser.machine.home / ".config" / "tui-auth" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["[profiles.acme]", *lines, ""]))


def word_on(program: PtyProgram) -> str:
    """Return the word at the end of the short address on the screen."""
    (word,) = re.findall(r"http://localhost:\d+/(\w{4})\b", program.screen_text())
    return str(word)


def test_token_opens_the_browser_screen_of_the_profile(
    browser: BrowserMachine, terminal_program: TerminalProgram
) -> None:
    browser.machine.create_user()
    write_profile(browser)
    out = browser.machine.home / "out"
    with terminal_program.on_a_terminal("token", "--profile", "acme", stdout=out) as program:
        program.wait_for("Address of the last page")
        status, page = open_as_browser(browser.redirect_uri + word_on(program))
        assert status == 302
        assert open_as_browser(sign_in_on_the_page(browser, page))[0] == 200
        assert program.wait_exit() == 0
        assert not program.full_screen
    assert browser.machine.is_accepted(out.read_text().strip())


def test_address_alone_on_the_normal_screen_then_a_pasted_answer(
    browser: BrowserMachine, terminal_program: TerminalProgram
) -> None:
    browser.machine.create_user()
    trace = browser.machine.home / "trace"
    flags = (*flags_of(browser), "--browser", "--storage", "file", "--trace", str(trace))
    with terminal_program.on_a_terminal("sign-in", *flags) as program:
        program.wait_for("Address of the last page")
        program.press("ctrl+u")
        program.wait_for("Enter goes back.")
        assert not program.full_screen
        rows = program.screen_text().split("\n")
        first = next(number for number, row in enumerate(rows) if "/oauth2/authorize?" in row)
        url = "".join(row.strip() for row in rows[first : rows.index("", first)])
        program.press("enter")
        program.wait_for("Address of the last page")
        assert program.full_screen
        address = sign_in_on_the_page(browser, url)
        program.paste(f"{address[:70]}\n{address[70:]}")
        program.press("enter")
        program.wait_for("Signed in as ann")
        program.press("enter")
        assert program.wait_exit() == 0
        assert "/oauth2/authorize?" not in program.screen_text()
    assert browser.machine.find_session().record.username == "ann"
    calls = [line.partition(" ")[2] for line in trace.read_text().splitlines()]
    assert calls[:2] == [
        "signInWithRedirect → authorize → ok → ContinueSignInWithBrowser",
        "confirmSignIn → token → tokens → Done",
    ]
    secrets = [value for (value,) in parse_qs(urlsplit(address).query).values()]
    assert len(secrets) == 2
    files = [path.read_bytes() for path in browser.machine.home.rglob("*") if path.is_file()]
    assert not [secret for secret in secrets for content in files if secret.encode() in content]


def printed_url(program: PtyProgram) -> str:
    """Return the address that line prompts printed, which the terminal has wrapped."""
    program.wait_for("Address:")
    text = program.received.decode()
    return next(line for line in text.replace("\r", "").split("\n") if "/oauth2/authorize?" in line)


def test_line_prompts_take_an_address_pasted_in_two_rows(
    browser: BrowserMachine, terminal_program: TerminalProgram
) -> None:
    browser.machine.create_user()
    flags = (*flags_of(browser), "--browser", "--plain", "--username", "ANN")
    with terminal_program.on_a_terminal("sign-in", *flags) as program:
        address = sign_in_on_the_page(browser, printed_url(program))
        program.send(f"{address[:50]}\n{address[50:]}\n")
        assert program.wait_exit() == 0
        assert "Signed in as ann." in program.screen_text()
        assert "You specified" not in program.screen_text()


def test_line_prompts_end_when_the_browser_answers(
    browser: BrowserMachine, terminal_program: TerminalProgram
) -> None:
    browser.machine.create_user()
    flags = (*flags_of(browser), "--browser", "--plain", "--username", "bob")
    with terminal_program.on_a_terminal("sign-in", *flags) as program:
        address = sign_in_on_the_page(browser, printed_url(program))
        assert open_as_browser(address)[0] == 200
        assert program.wait_exit() == 0
        assert "The browser has answered." in program.screen_text()
        assert "You specified bob, but" in program.screen_text()


# -- through ssh ----------------------------------------------------------------------------------------


@pytest.fixture
def sshd_process(tmp_path: Path) -> Iterator[LocalSshd]:
    sshd = LocalSshd(tmp_path / "sshd")
    yield sshd
    sshd.stop()


def test_one_ssh_forward_serves_both_directions(
    browser: BrowserMachine, terminal_program: TerminalProgram, sshd_process: LocalSshd
) -> None:
    browser.machine.create_user()
    variables = " ".join(f"{name}='{value}'" for name, value in terminal_program.environment.items())
    arguments = " ".join(flags_of(browser))
    remote = f"cd '{terminal_program.folder}' && env {variables} {sys.executable} -m tui_auth sign-in"
    remote += f" {arguments} --browser --storage file"
    # The browser's computer has another number for the port, so that it is free here beside the program's.
    near, far = free_port(), int(browser.redirect_uri.rstrip("/").rpartition(":")[2])
    forward = ("-o", "ExitOnForwardFailure=yes", "-L", f"127.0.0.1:{near}:localhost:{far}")
    command = [*sshd_process.command("-tt", *forward), remote]
    with terminal_program.on_a_terminal(command=command) as program:
        program.wait_for(f"ssh -L {far}:localhost:{far} HOST")
        host = f"localhost:{far}"
        status, page = open_as_browser(f"http://127.0.0.1:{near}/{word_on(program)}", host)
        assert status == 302
        address = sign_in_on_the_page(browser, page)
        target = address.partition("?")[2]
        assert open_as_browser(f"http://127.0.0.1:{near}/?{target}", host)[0] == 200
        program.wait_for("Signed in as ann")
        program.wait_for("Stored in")
    assert browser.machine.find_session().record.username == "ann"
