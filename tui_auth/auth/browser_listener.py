"""The listener on this machine that the browser ends at (RFC 8252 §7.3).

Its short address redirects to the sign-in page, so that a user types or clicks little, and one ``ssh -L``
forward serves both directions. The address ends with a word that other users of the machine don't know.
Loopback addresses only. It answers a request for its own host name and paths only, and gives a page of
another origin nothing to read.
"""

from __future__ import annotations

import errno
import selectors
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from tui_auth.auth.managed_login import is_same, parse_answer
from tui_auth.auth.next_step import WORD_LENGTH, ContinueSignInWithBrowser
from tui_auth.endpoint import LOOPBACK_HOSTS
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from typing import Self

LONGEST_TARGET = 8 * 1024
"""In bytes: the longest request target that is looked at."""

READ_SECONDS = 10.0
"""How long a client may take to send its request."""

WRONG_WORDS = 5
"""How many wrong words close the short address: another user of the machine must not guess it."""

_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_SCRIPT = 'history.replaceState(null, "", "/")'
"""Takes the code out of the address bar and the history."""

_SCRIPT_HASH = "sha256-QLM3P7pETsJ0WkvXSU+WoK9nOEX5PaZRdJCrQPcIC2A="
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1rem;
color-scheme: light dark }}</style></head>
<body><main><h1>{title}</h1><p>{text}</p></main><script>{script}</script></body></html>
"""
_RECEIVED = "Go back to the terminal", "The sign-in continues there. You can close this page."
_FAILED = "You aren’t signed in", "The terminal says why. You can close this page."
_OVER = "This sign-in has ended", "Go back to the terminal. You can close this page."
_FOREIGN = "This answer is for another sign-in", "Open the address that the terminal shows."
_NOT_FOUND = "There is nothing here", "Open the address that the terminal shows."
_NO_WORD = (
    "Open the whole address",
    f"The terminal shows it. It has {WORD_LENGTH} more characters at its end.",
)
_WRONG_WORD = (
    "This address is wrong",
    f"Compare its last {WORD_LENGTH} characters with the address that the terminal shows.",
)
_CLOSED = (
    "This address is closed",
    "Too many wrong addresses were opened. Start again in the terminal with Ctrl+R.",
)


class BrowserListener:
    """Waits on this machine for the browser's answer to one step, as long as the step does.

    A context manager; ``close`` ends it earlier.

    Args:
        step: The step, whose redirect URI says where to listen.

    Raises:
        AuthError: The browser doesn't end at this machine, or the port is in use (kind INVALID_STATE).
    """

    def __init__(self, step: ContinueSignInWithBrowser) -> None:
        if not step.short_url:
            raise AuthError(
                ErrorKind.INVALID_STATE,
                "The callback URL isn't on this computer, so nothing can wait for the browser.",
                "Paste the address of the last page.",
            )
        self._step = step
        self._answer: Secret | None = None
        self._is_over = False
        self._wrong_words = 0
        self._changed = threading.Event()
        self._lock = threading.Lock()
        self._servers = self._bind()
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="browser listener")
        try:
            self._thread.start()
        except RuntimeError:  # the port must be free for the next attempt
            for server in self._servers:
                server.server_close()
            raise AuthError(
                ErrorKind.INVALID_STATE,
                "This computer can't start another thread, so nothing waits for the browser.",
                "Paste the address of the last page.",
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def wait(self, timeout: float | None = None) -> Secret | None:
        """Return the address that the browser ended at.

        None after ``timeout`` seconds, after ``close`` and when the listener's own time is over.
        """
        self._changed.wait(timeout)
        return self._answer

    @property
    def has_answer(self) -> bool:
        """Whether the browser has answered."""
        return self._answer is not None

    def close(self) -> None:
        """Stop listening and free the port."""
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
        self._changed.set()
        self._wake.send(b"x")
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._wake.close()
        self._woken.close()

    # -- serving ------------------------------------------------------------------------------------

    def _bind(self) -> list[_Server]:
        parts = urlsplit(self._step.redirect_uri)
        families = {
            "127.0.0.1": ((socket.AF_INET, "127.0.0.1"),),
            "::1": ((socket.AF_INET6, "::1"),),
        }.get(parts.hostname or "", ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")))
        servers: list[_Server] = []
        for family, address in families:
            try:
                servers.append(_Server(family, (address, parts.port or 80), self))
            except OSError as error:
                if servers and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    break  # a machine without IPv6
                for server in servers:
                    server.server_close()
                reason = "is in use" if error.errno == errno.EADDRINUSE else "can't be used"
                raise AuthError(
                    ErrorKind.INVALID_STATE,
                    f"Port {parts.port or 80} {reason}, so nothing waits there for the browser.",
                    "Paste the address of the last page.",
                ) from None
        return servers

    def _serve(self) -> None:
        selector = selectors.DefaultSelector()  # unlike select.select, it takes descriptors above 1023
        end = monotonic() + self._step.expires_in
        try:
            selector.register(self._woken, selectors.EVENT_READ)
            for server in self._servers:
                selector.register(server, selectors.EVENT_READ)
            while not self._is_over and (left := end - monotonic()) > 0:
                for key, _ in selector.select(left):
                    if isinstance(key.fileobj, _Server):
                        key.fileobj.handle_request()
        finally:
            selector.close()
            for server in self._servers:
                server.server_close()
            self._changed.set()

    def receive(self, query: str) -> tuple[int, tuple[str, str]]:
        """Take the query of a request to the redirect URI; return the status and the page."""
        parameters = parse_answer(f"?{query}")
        state = parameters.get("state", "")
        if not is_same(state, self._step.state) or not ("code" in parameters or "error" in parameters):
            return 400, _FOREIGN
        with self._lock:
            if self._answer is not None or self._is_over:
                return 410, _OVER
            self._answer = Secret(f"{self._step.redirect_uri}?{query}")
        self._changed.set()
        return 200, _FAILED if "error" in parameters else _RECEIVED

    def is_own_host(self, host: str) -> bool:
        """Return whether a Host header names this machine and port; a rebound name doesn't."""
        port = urlsplit(self._step.redirect_uri).port
        names = (f"[{name}]" if ":" in name else name for name in LOOPBACK_HOSTS)
        return any(host == (name if port in (None, 80) else f"{name}:{port}") for name in names)

    @property
    def path(self) -> str:
        """The path of the redirect URI."""
        return urlsplit(self._step.redirect_uri).path or "/"

    def redirect_to_sign_in_page(self, path: str) -> tuple[int, tuple[str, str]] | str:
        """Return the address of the sign-in page for the right word, else a status and a page."""
        word = path.removeprefix("/").lower()
        if self.has_answer or self._is_over:
            return 410, _OVER
        if path in ("/", self.path):
            return 404, _NO_WORD
        if len(word) != WORD_LENGTH:
            return 404, _NOT_FOUND
        with self._lock:
            if self._wrong_words >= WRONG_WORDS:
                return 403, _CLOSED
            if is_same(word, Secret(self._step.short_url.rpartition("/")[2])):
                return self._step.url
            self._wrong_words += 1
        return 404, _WRONG_WORD


def find_port_problem(redirect_uri: str) -> str:
    """Return why nothing can listen at a redirect URI on this machine now; empty if something can."""
    step = ContinueSignInWithBrowser("", redirect_uri, Secret(""))
    try:
        BrowserListener(step).close()
    except AuthError as error:
        return error.message
    return ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    timeout = 0
    request_queue_size = 16

    def __init__(self, family: int, address: tuple[str, int], listener: BrowserListener) -> None:
        self.address_family = family
        self.listener = listener
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of the host's name, and without a way in over IPv4."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "localhost", int(self.socket.getsockname()[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a traceback would be on the terminal, with the code in it."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout: ClassVar[float] = READ_SECONDS
    server_version, sys_version = "tui-auth", ""
    error_message_format, error_content_type = "", "text/plain"

    def do_GET(self) -> None:
        """Redirect the short address, and take the answer at the redirect URI."""
        listener, parts = self.server.listener, urlsplit(self.path[: LONGEST_TARGET + 1])
        if len(self.path) > LONGEST_TARGET:
            self._show(414, _NOT_FOUND)
        elif not listener.is_own_host(self.headers.get("Host", "").lower()):
            self._show(421, _NOT_FOUND)
        # Browsers say what a request is for: no image, frame or script may begin or answer a sign-in.
        elif self.headers.get("Sec-Fetch-Dest", "document") != "document":
            self._show(403, _NOT_FOUND)
        elif parts.path == listener.path and parts.query:
            self._show(*listener.receive(parts.query))
        elif isinstance(target := listener.redirect_to_sign_in_page(parts.path), str):
            self.send_response(302)
            self.send_header("Location", target)
            self._end()
        else:
            self._show(*target)

    def _show(self, status: int, page: tuple[str, str]) -> None:
        title, text = page
        content = _PAGE.format(title=title, text=text, script=_SCRIPT).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src '{_SCRIPT_HASH}'"
        self.send_header("Content-Security-Policy", f"{policy}; frame-ancestors 'none'; base-uri 'none'")
        self.send_header("Content-Length", str(len(content)))
        self._end()
        with suppress(OSError):
            self.wfile.write(content)

    def _end(self) -> None:
        for name, value in _HEADERS:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        with suppress(OSError):
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Log nothing: the request line has the code."""
