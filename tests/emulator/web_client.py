"""A browser without a screen: cookies, forms and redirects of the managed login pages."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from tests.emulator.harness import ALL_FLOWS, PoolUnderTest

CALLBACK = "http://localhost:47831/"
STATE = "state-of-this-sign-in"


class _KeepRedirects(urllib.request.HTTPRedirectHandler):
    """Makes every redirect visible."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _PageParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._tag = self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._tag = "error" if values.get("role") == "alert" else tag
        self._href = values.get("href", "")
        if tag == "form":
            self.action = values["action"]
        elif tag == "input" and values["type"] != "radio":
            self.fields[values["name"]] = values.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._href:
            self.links[data] = self._href
        self.texts.setdefault(self._tag, data)


@dataclass(frozen=True)
class Reply:
    """A page, a redirect or a JSON document."""

    url: str
    status: int
    headers: Message
    text: str

    @property
    def page(self) -> _PageParser:
        """The title, the error, the form and the links of a page."""
        parser = _PageParser()
        parser.feed(self.text)
        return parser

    @property
    def title(self) -> str:
        return self.page.texts["h1"]

    @property
    def error(self) -> str:
        """The text of the alert."""
        return self.page.texts["error"]

    @property
    def location(self) -> str:
        """The address of the redirect."""
        assert self.status == 302, (self.status, self.text)
        return urljoin(self.url, str(self.headers["Location"]))

    @property
    def answer(self) -> dict[str, str]:
        """The parameters that the app gets at its redirect URI."""
        assert self.location.startswith(CALLBACK), self.location
        return {name: value for name, (value,) in parse_qs(urlsplit(self.location).query).items()}

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.text)
        return document


@dataclass
class WebClient:
    """A browser with cookies, and the client of the OAuth endpoints at ``base_url``."""

    base_url: str
    cookies: CookieJar = field(default_factory=CookieJar)

    def request(self, url: str, form: dict[str, str] | None = None, /, **headers: str) -> Reply:
        """Send a GET, or a POST with a form; ``X_Name`` is the header X-Name. Redirects aren't followed."""
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _KeepRedirects, urllib.request.HTTPCookieProcessor(self.cookies)
        )
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        data = urlencode(form).encode() if form is not None else None
        try:
            response = opener.open(
                urllib.request.Request(urljoin(self.base_url, url), data, names), timeout=60
            )
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Reply(response.url, response.status, response.headers, response.read().decode())

    def open(self, url: str) -> Reply:
        """Open an address and follow the redirects on this host."""
        reply = self.request(url)
        while reply.status == 302 and reply.location.startswith(self.base_url):
            reply = self.request(reply.location)
        return reply

    def send(self, reply: Reply, **fields: str) -> Reply:
        """Fill in the form of a page and send it, as a browser does; follow a provider back to the domain."""
        page = reply.page
        sent = self.request(urljoin(reply.url, page.action), {**page.fields, **fields})
        is_from_provider = "/oauth2/idpresponse?" in sent.headers.get("Location", "")
        return self.open(sent.location) if is_from_provider else sent


@dataclass
class OAuthClient:
    """An app that signs users in with the authorization code grant and PKCE."""

    client_id: str
    browser: WebClient
    redirect_uri: str = CALLBACK
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def url(self, **changes: str | None) -> str:
        """Return the authorization request; None leaves a parameter out."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": STATE,
            "nonce": "nonce-of-this-sign-in",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            **changes,
        }
        sent = {name: value for name, value in parameters.items() if value is not None}
        return f"{self.browser.base_url}/oauth2/authorize?{urlencode(sent)}"

    def sign_in(self, username: str, password: str, **changes: str | None) -> Reply:
        """Sign in on the login page of a new browser, and return what follows the password."""
        self.browser.cookies.clear()
        page = self.browser.open(self.url(**changes))
        return self.browser.send(page, username=username, password=password)

    def exchange(self, code: str, **changes: str) -> Reply:
        """Exchange an authorization code for tokens."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code": code,
            "code_verifier": self.verifier,
            **changes,
        }
        return self.post("token", **form)

    def post(self, endpoint: str, basic: tuple[str, str] | None = None, /, **form: str) -> Reply:
        """Send a form to /oauth2/token or another endpoint, with HTTP Basic authentication if specified."""
        headers = {}
        if basic is not None:
            credentials = base64.b64encode(":".join(basic).encode()).decode()
            headers["Authorization"] = f"Basic {credentials}"
        return self.browser.request(f"/oauth2/{endpoint}", form, **headers)


SCOPES = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"]
SIGNED_OUT = "http://localhost:47831/signed-out"
OAUTH_SETTINGS: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": SCOPES,
    "CallbackURLs": [CALLBACK],
    "LogoutURLs": [SIGNED_OUT],
    "SupportedIdentityProviders": ["COGNITO"],
}
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
ACME_SSO: dict[str, Any] = {
    "ProviderName": "AcmeSSO",
    "ProviderType": "SAML",
    "ProviderDetails": {"MetadataURL": "https://sso.acme.example/metadata"},
    "AttributeMapping": {"email": f"{_CLAIMS}/emailaddress", "name": f"{_CLAIMS}/name"},
    "IdpIdentifiers": ["acme.example"],
}


def create_app(
    pool: PoolUnderTest, *, providers: Sequence[dict[str, Any]] = (), **client: Any
) -> OAuthClient:
    """Give a pool a domain and providers, its client OAuth settings, and return the app that uses them."""
    prefix = f"login-{uuid.uuid4().hex[:12]}"
    pool.aws.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=prefix)
    for provider in providers:
        pool.aws.create_identity_provider(UserPoolId=pool.pool_id, **provider)
    names = ["COGNITO", *(provider["ProviderName"] for provider in providers)]
    settings = {
        "ExplicitAuthFlows": ALL_FLOWS,
        **OAUTH_SETTINGS,
        "SupportedIdentityProviders": names,
        **client,
    }
    pool.aws.update_user_pool_client(UserPoolId=pool.pool_id, ClientId=pool.client_id, **settings)
    return OAuthClient(pool.client_id, WebClient(pool.server.endpoint_url))
