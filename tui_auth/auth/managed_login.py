"""Managed login: sign in with a browser, on the page of the user pool's domain, and take the answer back.

The authorization code grant of OAuth 2.0 (RFC 6749 §4.1) with PKCE (RFC 7636), and a redirect to this machine
(RFC 8252 §7.3). It is the only way in for users of SAML, OIDC and social providers, and to custom scopes. The
browser sends its answer to ``browser_listener``, or the user pastes the address that it ended at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tui_auth.auth.browser_errors import provider_error, redirect_mismatch
from tui_auth.auth.next_step import WORD_LENGTH
from tui_auth.endpoint import LOOPBACK_HOSTS, is_safe_endpoint
from tui_auth.errors import AuthError, ErrorKind, TokenVerificationError
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.app_client import AppClient

DEFAULT_REDIRECT_URI = "http://localhost:47831/"
"""Cognito compares it exactly, port included, so it is fixed: register it as a callback URL."""

PROMPTS = ("login", "none", "select_account", "consent")
"""The values of ``prompt``. Only managed login knows it; the last two are for the provider."""

LARGEST_ANSWER = 16 * 1024
"""In characters. An address that the browser ended at has about 110."""

_PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(?::\d{1,5})?", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9._~-]{8,512}", re.ASCII)
_ENCLOSING = "\"'`<>“”‘’«»()[],;"
"""What may be around a pasted address."""


def parse_domain(text: str) -> str:
    """Return a domain as a URL without a path; the prefix of a Cognito domain as it is.

    Args:
        text: ``https://login.example.com``, a host, a prefix, or ``http://localhost:PORT``.

    Raises:
        ValueError: It is none of these. The message doesn't repeat it.
    """
    value = text.strip().rstrip("/").lower()
    if _PREFIX.fullmatch(value):
        return value
    if "://" not in value and _HOST.fullmatch(value):
        value = f"https://{value}"
    parts = urlsplit(value)
    if not is_safe_endpoint(value) or parts.path or parts.query or parts.fragment:
        raise ValueError("no domain")
    return value


def is_redirect_uri(text: str) -> bool:
    """Return whether Cognito could take this as a callback URL: https, or http to ``LOOPBACK_HOSTS``."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    is_plain = not (parts.fragment or parts.username or parts.password or re.search(r"[\s\x00-\x1f]", text))
    is_known = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK_HOSTS)
    return bool(host) and port != 0 and is_plain and is_known and len(text) <= 1024


@dataclass(frozen=True)
class ManagedLogin:
    """Where and how to sign in with a browser. It comes from the configuration, never from a server's reply.

    Attributes:
        domain: The URL of the user pool's domain, without a path.
        redirect_uri: Where the browser ends, one of the app client's callback URLs.
        scopes: The scopes to ask for; empty for all that the app client allows.
        provider: The identity provider to go to at once (``identity_provider``); empty for the pool's page.
        idp_identifier: A provider's identifier, such as an email domain, in place of its name.
        login_hint: The user name to fill in on the page.
        prompt: One of ``PROMPTS``; empty to leave it out.
        logout_uri: Where the browser ends after a sign-out, one of the app client's sign-out URLs.
    """

    domain: str
    redirect_uri: str = DEFAULT_REDIRECT_URI
    scopes: tuple[str, ...] = ()
    provider: str = ""
    idp_identifier: str = ""
    login_hint: str = ""
    prompt: str = ""
    logout_uri: str = ""

    @classmethod
    def at(cls, domain: str, region: str, **more: Any) -> ManagedLogin:
        """Return the managed login of a domain; a prefix becomes the Cognito domain of the region.

        Raises:
            AuthError: The domain or the redirect URI can't be one (kind CONFIGURATION).
        """
        try:
            url = parse_domain(domain)
        except ValueError:
            raise _invalid_domain() from None
        if "://" not in url:
            url = f"https://{url}.auth.{region}.amazoncognito.com"
        login = cls(url, **{name: value for name, value in more.items() if value})
        if not is_redirect_uri(login.redirect_uri):
            raise AuthError(
                ErrorKind.CONFIGURATION,
                "A redirect URI must be https, or http to localhost, 127.0.0.1 or [::1].",
                f"Use one of the app client's callback URLs, such as {DEFAULT_REDIRECT_URI}.",
            )
        return login

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], region: str) -> ManagedLogin:
        """Return the managed login of settings by these names, ``domain`` among them. Raises as ``at``."""
        names = (name for name in cls.__dataclass_fields__ if name != "domain")
        return cls.at(settings["domain"], region, **{name: settings.get(name) for name in names})

    @property
    def host(self) -> str:
        """The domain's host, to show."""
        return urlsplit(self.domain).netloc

    def logout_url(self, client_id: str) -> str:
        """Return the address that ends the browser's own session (``/logout``)."""
        # Without a sign-out URL, the login endpoint takes the browser back to the sign-in page.
        target = (
            {"logout_uri": self.logout_uri}
            if self.logout_uri
            else {"response_type": "code", "redirect_uri": self.redirect_uri}
        )
        return f"{self.domain}/logout?{urlencode({'client_id': client_id, **target})}"


def _invalid_domain() -> AuthError:
    return AuthError(
        ErrorKind.CONFIGURATION,
        "This isn't the domain of a user pool, so nothing was sent.",
        "Use the host of the pool's domain in the Cognito console, such as "
        "acme.auth.eu-west-1.amazoncognito.com.",
    )


def _random(count: int) -> Secret:
    """Return so many random bytes in base64url: characters that Cognito returns unchanged."""
    import secrets  # it loads OpenSSL, which a screen that only names the step doesn't need

    return Secret(secrets.token_urlsafe(count))


@dataclass(frozen=True, eq=False)
class Authorization:
    """One try to sign in with a browser: its state, nonce and PKCE verifier, used once and never stored.

    Attributes:
        login: The domain and the settings.
        client_id: The app client.
        state: Proves that an answer belongs to this try.
        nonce: Proves that an ID token does.
        verifier: Proves at the token endpoint that this process began it. It goes nowhere else.
    """

    login: ManagedLogin
    client_id: str
    state: Secret = field(default_factory=lambda: _random(16))
    nonce: Secret = field(default_factory=lambda: _random(16))
    verifier: Secret = field(default_factory=lambda: _random(48))

    @property
    def url(self) -> str:
        """The address of ``/oauth2/authorize`` to open in a browser."""
        import base64
        import hashlib

        login, digest = self.login, hashlib.sha256(self.verifier.reveal_bytes()).digest()
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": login.redirect_uri,
            "state": self.state.reveal(),
            "nonce": self.nonce.reveal(),
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "scope": " ".join(login.scopes),
            "identity_provider": "" if login.idp_identifier else login.provider,
            "idp_identifier": login.idp_identifier,
            "login_hint": login.login_hint,
            "prompt": login.prompt,
        }
        query = urlencode({name: value for name, value in parameters.items() if value})
        return f"{login.domain}/oauth2/authorize?{query}"

    def code_in(self, address: Secret) -> Secret:
        """Return the code in the address that the browser ended at.

        The host of the address isn't compared, because browsers and forwards rewrite it: state and PKCE are
        the proof.

        Args:
            address: The whole address or its query, as it was pasted.

        Raises:
            AuthError: It is no answer to this try, or the answer is an error of the provider.
        """
        parameters = parse_answer(address.reveal())
        state, code, error = (parameters.get(name, "") for name in ("state", "code", "error"))
        if error == "redirect_mismatch":
            raise redirect_mismatch(self.login.redirect_uri)
        if not parameters:
            raise _sign_in_page() if self._looks_like_short_url(address) else _no_answer(address.reveal())
        if not is_same(state, self.state):
            if not state and not error:
                raise _no_answer(code or address.reveal())
            raise AuthError(
                ErrorKind.VALIDATION,
                "That address belongs to an earlier sign-in.",
                "Open the address shown here and sign in there.",
            )
        if error:
            raise provider_error(error, parameters.get("error_description", ""))
        if not _CODE.fullmatch(code):
            raise _sign_in_page() if "client_id" in parameters else _no_answer("")
        return Secret(code)

    def _looks_like_short_url(self, address: Secret) -> bool:
        """Return whether an address without parameters may be a short one, of this try or an earlier one."""
        place, _, word = "".join(address.reveal().split()).strip(_ENCLOSING).rpartition("/")
        own = self.login.redirect_uri.partition("://")[2].partition("/")[0]
        return place.rpartition("/")[2] == own and len(word) == WORD_LENGTH

    def check_nonce(self, nonce: object) -> None:
        """Raise TokenVerificationError unless an ID token's nonce is that of this try."""
        if not isinstance(nonce, str) or not is_same(nonce, self.nonce):
            raise TokenVerificationError(
                ErrorKind.SERVICE,
                "The tokens belong to another sign-in (nonce), so they were discarded.",
                "Start again.",
            )


def is_same(text: str, secret: Secret) -> bool:
    """Compare in constant time."""
    return Secret(text) == secret


def parse_answer(text: str) -> dict[str, str]:
    """Return the parameters in an address that the browser ended at; empty if there are none.

    Takes a whole address or its query, wrapped over lines, quoted, with any order of parameters. A parameter
    that is there twice is left out: nobody can tell which one counts.
    """
    joined = "".join(character for character in text if not character.isspace() and character.isprintable())
    joined = joined.strip(_ENCLOSING).partition("#")[0].replace("&amp;", "&")
    if len(joined) > LARGEST_ANSWER:
        return {}
    _, separator, query = joined.partition("?")
    if not separator:
        if "=" not in joined or "://" in joined:
            return {}
        query = joined
    try:
        values = parse_qs(query, max_num_fields=40)
    except ValueError:
        return {}
    return {name: found[0] for name, found in values.items() if len(found) == 1}


def _sign_in_page() -> AuthError:
    """Return the error for the address that leads to the page instead of the last page's."""
    return AuthError(
        ErrorKind.VALIDATION,
        "That is the address of the sign-in page.",
        "Sign in there first, then copy the address of the last page.",
    )


def _no_answer(text: str) -> AuthError:
    """Return the error for what holds no code; ``text`` only decides about the sentence."""
    whole = "Copy the whole address of the last page: it has code= and state= in it."
    bare = text.strip().strip(_ENCLOSING)
    if _CODE.fullmatch(bare) and re.search(r"\d", bare):
        return AuthError(ErrorKind.VALIDATION, "That is only the code.", whole)
    if not re.search(r"[/=?]", bare):
        return AuthError(ErrorKind.VALIDATION, "That isn't an address.", whole)
    return AuthError(ErrorKind.VALIDATION, "This address has no code=.", whole)


def token_request(authorization: Authorization, client: AppClient, code: Secret) -> dict[str, Any]:
    """Return the parameters of ``/oauth2/token`` that exchange a code for tokens."""
    return {
        "grant_type": "authorization_code",
        "client_id": client.client_id,
        "redirect_uri": authorization.login.redirect_uri,
        "code": code,
        "code_verifier": authorization.verifier,
    }
