"""What Amplify's files say about managed login: the domain, scopes, redirects and social providers.

A file lists the redirects of every place where the app runs. Here counts the one that ends on this machine,
else one that a browser can show; a custom scheme such as ``myapp://`` is of no use in a terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tui_auth.auth.managed_login import is_redirect_uri
from tui_auth.config.amplify_js import Node
from tui_auth.endpoint import is_loopback

_PROVIDERS = {
    "GOOGLE": "Google",
    "FACEBOOK": "Facebook",
    "AMAZON": "LoginWithAmazon",
    "LOGIN_WITH_AMAZON": "LoginWithAmazon",
    "LOGINWITHAMAZON": "LoginWithAmazon",
    "APPLE": "SignInWithApple",
    "SIGN_IN_WITH_APPLE": "SignInWithApple",
    "SIGNINWITHAPPLE": "SignInWithApple",
}
"""The files' names of social providers, and Cognito's."""

OAuthNodes = Mapping[str, Node | None]
"""The settings of managed login by name."""


def gen_2_login(auth: Node) -> OAuthNodes:
    """Return the settings in ``auth.oauth`` of amplify_outputs.json."""
    oauth = auth.at("oauth")
    return _settings(
        oauth,
        ("domain", "scopes", "redirect_sign_in_uri", "redirect_sign_out_uri"),
        oauth and oauth.at("identity_providers"),
    )


def flat_login(root: Node) -> OAuthNodes:
    """Return the settings in ``oauth`` of aws-exports.js."""
    providers = root.at("aws_cognito_social_providers")
    return _settings(root.at("oauth"), ("domain", "scope", "redirectSignIn", "redirectSignOut"), providers)


def configured_login(cognito: Node) -> OAuthNodes:
    """Return the settings in ``loginWith.oauth`` of what ``Amplify.configure`` takes."""
    oauth = cognito.at("loginWith", "oauth")
    names = ("domain", "scopes", "redirectSignIn", "redirectSignOut")
    return _settings(oauth, names, oauth and oauth.at("providers"))


def native_login(auth: Node, client_id: Node | None) -> OAuthNodes:
    """Return the settings in ``OAuth`` of the native libraries' file.

    Those of another app client than the pool's aren't used: its tokens would be another session.
    """
    oauth = auth.at("OAuth")
    own = oauth and oauth.at("AppClientId")
    if own and client_id and own.value != client_id.value:
        oauth = None
    names = ("WebDomain", "Scopes", "SignInRedirectURI", "SignOutRedirectURI")
    return _settings(oauth, names, auth.at("socialProviders"))


def _settings(oauth: Node | None, names: tuple[str, str, str, str], providers: Node | None) -> OAuthNodes:
    if oauth is None:
        return {}
    domain, scopes, redirect, logout = (oauth.at(name) for name in names)
    if domain is None:
        return {}
    return {
        "domain": domain,
        "scopes": scopes if scopes and scopes.value else None,
        "redirect_uri": _usable_uri(redirect),
        "logout_uri": _usable_uri(logout),
        "identity_providers": _provider_names(providers),
    }


def _usable_uri(redirects: Node | None) -> Node | None:
    """Return the first redirect that ends on this machine, else the first https one, else None."""
    if redirects is None:
        return None
    texts = [item.value for item in redirects.items] if redirects.items else [redirects.value]
    separated = [part.strip() for text in texts if isinstance(text, str) for part in text.split(",")]
    usable = [text for text in separated if is_redirect_uri(text)]
    here = (text for text in usable if is_loopback(text) and text.startswith("http:"))
    chosen = next(here, next(iter(usable), None))
    return replace(redirects, value=chosen) if chosen else None


def _provider_names(providers: Node | None) -> Node | None:
    """Return the list of providers by Cognito's names; a custom one is an object or its name."""
    if providers is None or not isinstance(providers.value, list):
        return None
    names = [item.at("custom") or item for item in providers.items]
    known = [replace(name, value=_known_name(name.value)) for name in names if isinstance(name.value, str)]
    return replace(providers, value=known) if known else None


def _known_name(name: str) -> str:
    return _PROVIDERS.get(name.upper(), name)
