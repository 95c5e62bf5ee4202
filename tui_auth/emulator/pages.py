"""The HTML of the managed login pages: plain forms that need no JavaScript.

Every text that a page shows is escaped here. The Content-Security-Policy allows the one style sheet, pictures
inside the page, and forms that lead to this server and on to the app.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tui_auth.emulator.web import WebReply, html_reply

if TYPE_CHECKING:
    from collections.abc import Iterable

_STYLE = """
:root { color-scheme: light dark; --page: #eeeeea; --card: #ffffff; --text: #1b2227; --muted: #595f61;
  --edge: #7f8583; --accent: #1a667c; --on-accent: #ffffff; --error: #a3231a; }
@media (prefers-color-scheme: dark) { :root { --page: #0f1317; --card: #182028; --text: #e3e8ed;
  --muted: #a3adb5; --edge: #5f7886; --accent: #6fc3d9; --on-accent: #0c1013; --error: #ff9d94; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem 1rem;
  background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 25rem; padding: 2rem; background: var(--card);
  border: 1px solid var(--accent); border-radius: .5rem; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
p { margin: .5rem 0 0; overflow-wrap: anywhere; }
.muted { color: var(--muted); }
.error { margin-top: 1rem; padding: .5rem .75rem; border-left: .25rem solid var(--error);
  color: var(--error); }
form { margin-top: 1.25rem; display: grid; gap: .25rem; }
label { font-weight: 600; }
input:not([type=radio]) { width: 100%; margin-bottom: .75rem; padding: .55rem .75rem; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--edge); border-radius: .25rem; }
fieldset { margin: 0 0 .75rem; padding: 0; border: 0; }
legend { padding: 0; font-weight: 600; }
fieldset label { display: block; padding: .25rem 0; font-weight: 400; }
button, .button { display: block; width: 100%; padding: .6rem; font: inherit; font-weight: 600;
  text-align: center; text-decoration: none; cursor: pointer; border: 1px solid var(--accent);
  border-radius: .25rem; background: var(--accent); color: var(--on-accent); }
.secondary { margin-top: .5rem; background: transparent; color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.or { margin: 1.25rem 0 .75rem; text-align: center; color: var(--muted); }
svg { display: block; width: 12rem; height: 12rem; margin: 1rem auto 0; background: #ffffff; }
code { font-size: .9rem; overflow-wrap: anywhere; }
footer { margin-top: 1.5rem; padding-top: .75rem; border-top: 1px solid var(--edge); font-size: .8rem;
  color: var(--muted); }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


@dataclass(frozen=True)
class Field:
    """A labeled input of a form; ``autocomplete`` tells password managers what it is for."""

    name: str
    label: str
    autocomplete: str
    kind: str = "text"
    value: str = ""
    is_required: bool = True

    def html(self, *, has_focus: bool) -> str:
        digits = ' inputmode="numeric" spellcheck="false"' if self.autocomplete == "one-time-code" else ""
        focus = " autofocus" if has_focus else ""
        value = f' value="{escape(self.value)}"' if self.value else ""
        required = " required" if self.is_required else ""
        return (
            f'<label for="{escape(self.name)}">{escape(self.label)}</label>'
            f'<input id="{escape(self.name)}" name="{escape(self.name)}" type="{self.kind}"'
            f' autocomplete="{self.autocomplete}" autocapitalize="none"{digits}{value}{required}{focus}>'
        )


@dataclass(frozen=True)
class Choice:
    """Radio buttons; ``options`` are (value, label)."""

    name: str
    legend: str
    options: tuple[tuple[str, str], ...]

    def html(self, *, has_focus: bool) -> str:
        buttons = "".join(
            f'<label><input type="radio" name="{escape(self.name)}" value="{escape(value)}" required'
            f"{' autofocus' if has_focus and number == 0 else ''}> {escape(label)}</label>"
            for number, (value, label) in enumerate(self.options)
        )
        return f"<fieldset><legend>{escape(self.legend)}</legend>{buttons}</fieldset>"


@dataclass(frozen=True)
class Form:
    """A form that is sent to ``action`` with hidden fields.

    Attributes:
        cancel: The label of a second button, which sends ``cancel`` without the fields, or "".
    """

    action: str
    hidden: dict[str, str]
    fields: tuple[Field | Choice, ...]
    button: str
    cancel: str = ""

    def html(self) -> str:
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in self.hidden.items()
        )
        # The focus is in the first field that is still empty.
        empty = (item for item in self.fields if not (isinstance(item, Field) and item.value))
        first = next(empty, None)
        fields = "".join(item.html(has_focus=item is first) for item in self.fields)
        cancel = f'<button class="secondary" name="cancel" value="yes" formnovalidate>{escape(self.cancel)}'
        return (
            f'<form method="post" action="{escape(self.action)}">{hidden}{fields}'
            f"<button>{escape(self.button)}</button>{cancel + '</button>' if self.cancel else ''}</form>"
        )


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        links: (label, address) of further ways to sign in.
        picture: SVG, made here and not from a request.
    """

    title: str
    lines: tuple[str, ...] = ()
    error: str = ""
    form: Form | None = None
    links: tuple[tuple[str, str], ...] = ()
    picture: str = ""
    secret: str = ""
    footer: str = "Local Cognito emulator"

    def reply(self, redirect_uri: str = "", status: int = 200) -> WebReply:
        """Return the page; its form may lead on to ``redirect_uri``."""
        policy = (
            f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {_form_target(redirect_uri)}"
        )
        return html_reply(self.html(), policy.strip(), status)

    def with_picture(self, picture: str, secret: str) -> Page:
        """Return a copy with a picture and a text below it."""
        return replace(self, picture=picture, secret=secret)

    def html(self) -> str:
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self.title)}</title><style>{_STYLE}</style></head><body><main>"
            f"<h1>{escape(self.title)}</h1>{''.join(self._body())}"
            f"<footer>{escape(self.footer)}</footer></main></body></html>\n"
        )

    def _body(self) -> Iterable[str]:
        yield from (f'<p class="muted">{escape(line)}</p>' for line in self.lines)
        if self.error:
            yield f'<p class="error" role="alert">{escape(self.error)}</p>'
        yield self.picture
        if self.secret:
            yield f"<p><code>{escape(self.secret)}</code></p>"
        if self.form:
            yield self.form.html()
        if self.links and self.form:
            yield '<p class="or">or</p>'
        for label, address in self.links:
            yield f'<p><a class="button secondary" href="{escape(address)}">{escape(label)}</a></p>'


def _form_target(redirect_uri: str) -> str:
    """Return the source expression for the app. Browsers apply form-action to redirects too."""
    if not redirect_uri:
        return ""
    parts = urlsplit(redirect_uri)
    if parts.scheme not in ("http", "https") or "[" in parts.netloc:
        return f"{parts.scheme}:"  # a custom scheme, or an IPv6 address, for which there is no expression
    return f"{parts.scheme}://{parts.netloc}"
