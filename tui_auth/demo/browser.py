"""DemoBrowser: the browser beside the card, which really opens the emulator's pages."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

    from tui_auth.auth.next_step import ContinueSignInWithBrowser
    from tui_auth.secret import Secret

MOST_REDIRECTS = 8
REPLY_SECONDS = 10.0
NO_PAGE = "This page won't load"
NO_PAGE_TEXT = "Nothing waits at its address. ^o copies the address into the field."


@dataclass(frozen=True)
class WebPage:
    """What the browser shows.

    Attributes:
        address: The address of the page. With a code in it, it is for nobody but the sign-in.
        title: The heading.
        texts: The lines below it.
        fields: Label, name and value of each visible field of the form; that of a password is never there.
        hidden: The form's other fields.
        action: Where the form is sent; empty without a form.
        button: The form's button.
        is_dead: Whether nothing answers at the address.
    """

    address: str
    title: str
    texts: tuple[str, ...] = ()
    fields: tuple[tuple[str, str, str], ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    action: str = ""
    button: str = ""
    is_dead: bool = False

    @property
    def address_without_query(self) -> str:
        """The address without its query, to show."""
        parts = urlsplit(self.address)
        return f"{parts.netloc}{parts.path}"


class DemoBrowser:
    """A browser that opens the page of one step, and signs a user in there.

    Any thread may use it. Each step gets a new browser: no session of an earlier one signs in by itself.
    """

    def __init__(self) -> None:
        self.page: WebPage | None = None
        self._state: Secret | None = None
        self._opener: OpenerDirector | None = None
        self._lock = threading.Lock()

    def visit(self, step: ContinueSignInWithBrowser) -> WebPage:
        """Open the address of a step, unless that has been done, and return the page that is shown."""
        with self._lock:
            return self._visit(step)

    def sign_in(self, step: ContinueSignInWithBrowser, username: str, password: str) -> WebPage:
        """Fill in the form of the page, send it, and return the page that it ends at."""
        with self._lock:
            page = self._visit(step)
            if page.action:
                typed = {"username": username, "password": password}
                form = {name: typed.get(name, value) for _, name, value in page.fields}
                self.page = page = self._open(page.action, {**dict(page.hidden), **form})
            return page

    def _visit(self, step: ContinueSignInWithBrowser) -> WebPage:
        if self.page is None or self._state != step.state:
            self._state, self._opener = step.state, _new_opener()
            self.page = self._open(step.url)
        return self.page

    def _open(self, url: str, form: dict[str, str] | None = None) -> WebPage:
        """Open an address, or send a form to it, and follow the redirects."""
        assert self._opener is not None
        body = urlencode(form).encode() if form is not None else None
        for _ in range(MOST_REDIRECTS):
            try:
                reply = self._opener.open(url, body, REPLY_SECONDS)
            except HTTPError as error:
                reply = error
            except OSError:
                break
            with reply:
                if reply.status not in (301, 302, 303):
                    return _parse(url, reply.read(1 << 20).decode("utf-8", "replace"))
                url, body = urljoin(url, reply.headers.get("Location", "")), None
        return WebPage(url, NO_PAGE, (NO_PAGE_TEXT,), is_dead=True)


def _new_opener() -> OpenerDirector:
    """Return what requests pages: with separate cookies, no proxy, and redirects for the caller."""
    from http.cookiejar import CookieJar
    from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, build_opener

    class KeepRedirects(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    return build_opener(ProxyHandler({}), KeepRedirects(), HTTPCookieProcessor(CookieJar()))


class _PageParser(HTMLParser):
    """Reads the title, the paragraphs and the form of a page, but no links."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.page = WebPage(url, "")
        self._tag = ""
        self._labels: dict[str, str] = {}
        self._label_for = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._tag = "" if values.get("class") == "or" else tag
        page, name = self.page, values.get("name", "")
        if tag == "label":
            self._label_for = values.get("for", "")
        elif tag == "form":
            self.page = replace(page, action=urljoin(page.address, values.get("action", "")))
        elif tag == "input" and values.get("type") == "hidden":
            self.page = replace(page, hidden=(*page.hidden, (name, values.get("value", ""))))
        elif tag == "input":
            field = (self._labels.get(name, name), name, values.get("value", ""))
            self.page = replace(page, fields=(*page.fields, field))

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""

    def handle_data(self, data: str) -> None:
        text, page = " ".join(data.split()), self.page
        if not text:
            return
        if self._tag == "h1":
            self.page = replace(page, title=text)
        elif self._tag == "p":
            self.page = replace(page, texts=(*page.texts, text))
        elif self._tag == "label":
            self._labels[self._label_for] = text
        elif self._tag == "button" and not page.button:
            self.page = replace(page, button=text)


def _parse(url: str, text: str) -> WebPage:
    parser = _PageParser(url)
    parser.feed(text)
    return parser.page
