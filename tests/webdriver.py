"""A real Chromium without a window, by the WebDriver protocol and the standard library."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.tools import need_tool
from tests.waiting import wait_until

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_SECONDS = 60
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--password-store=basic",
    "--window-size=900,800",
)
TAB, ENTER = "\ue004", "\ue007"


class WebDriverError(Exception):
    """The browser could not do what a test asked for, such as find an element."""


class Chromium:
    """A browser with a profile of its own, driven by chromedriver.

    Args:
        folder: Where the profile is.
        arguments: More arguments of Chromium.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._base_url = f"http://127.0.0.1:{self._read_port()}"
        options = {"args": [*_ARGUMENTS, *arguments, f"--user-data-dir={folder}"]}
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options}
        session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._base_url += f"/session/{session['sessionId']}"
        # Elements are looked for until they are there, so no test has to wait.
        self._send("POST", "/timeouts", {"implicit": _SECONDS * 1000 // 6})

    def _read_port(self) -> str:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            if match := re.search(r"started successfully on port (\d+)", line):
                return match[1]
        raise WebDriverError("chromedriver has ended.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._send("DELETE", "", None)
        finally:
            self._driver.terminate()
            self._driver.communicate()

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self._base_url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise WebDriverError(f"{value['error']}: {value['message'].splitlines()[0]}") from None

    def open(self, url: str) -> None:
        """Open an address. That nothing listens there is no error: the address stays in the bar."""
        try:
            self._send("POST", "/url", {"url": url})
        except WebDriverError as error:
            if "ERR_CONNECTION_REFUSED" not in str(error):
                raise

    @property
    def address(self) -> str:
        """The text of the address bar."""
        return str(self._send("GET", "/url"))

    def wait_for_address(self, start: str) -> None:
        """Wait until the address bar has an address that begins with ``start``."""
        wait_until(lambda: self.address.startswith(start))

    def cookies_of(self, url: str) -> list[dict[str, Any]]:
        """Return the cookies that the browser would send to an address."""
        command = {"cmd": "Network.getCookies", "params": {"urls": [url]}}
        cookies: list[dict[str, Any]] = self._send("POST", "/goog/cdp/execute", command)["cookies"]
        return cookies

    def forget(self) -> None:
        """Remove all cookies: nobody is signed in."""
        self._send("POST", "/goog/cdp/execute", {"cmd": "Network.clearBrowserCookies", "params": {}})

    @property
    def text(self) -> str:
        """The visible text of the page."""
        return self.text_of("body")

    def _find(self, selector: str) -> str:
        found = self._send("POST", "/element", {"using": "css selector", "value": selector})
        return str(found[_ELEMENT])

    def text_of(self, selector: str) -> str:
        """Return the visible text of an element, once it is there."""
        while True:
            element = self._find(selector)
            try:
                return str(self._send("GET", f"/element/{element}/text"))
            except WebDriverError as error:
                if not str(error).startswith("stale element"):  # the next page has replaced it
                    raise

    def css(self, selector: str, name: str) -> str:
        """Return a computed style of an element."""
        return str(self._send("GET", f"/element/{self._find(selector)}/css/{name}"))

    def fill(self, selector: str, text: str) -> None:
        """Replace the text of a field."""
        element = self._find(selector)
        self._send("POST", f"/element/{element}/clear")
        self._send("POST", f"/element/{element}/value", {"text": text})

    def click(self, selector: str) -> None:
        """Click an element and wait until the page that follows is loaded."""
        self._send("POST", f"/element/{self._find(selector)}/click")

    def type(self, keys: str) -> None:
        """Press keys, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._send("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    @contextmanager
    def security_key(self, **options: object) -> Iterator[None]:
        """Plug in a virtual security key, which is touched and verifies its user by itself."""
        key = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True}
        made = self._send("POST", "/webauthn/authenticator", {**key, "isUserVerified": True, **options})
        try:
            yield
        finally:
            self._send("DELETE", f"/webauthn/authenticator/{made}")

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of a JavaScript function, whose last argument takes the result."""
        return self._send("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def prefer_color_scheme(self, scheme: str) -> None:
        """Ask pages for ``dark`` or ``light``."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        command = {"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}}
        self._send("POST", "/goog/cdp/execute", command)

    def screenshot(self, selector: str | None = None) -> bytes:
        """Return a picture of the page or of an element, as PNG."""
        path = f"/element/{self._find(selector)}/screenshot" if selector else "/screenshot"
        return base64.b64decode(self._send("GET", path))


@pytest.fixture(scope="module")
def chromium_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Start one browser for the tests of a module."""
    need_tool("chromedriver")
    with Chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser
