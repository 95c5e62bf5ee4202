"""The errors of managed login (OAuth 2.0): what the browser brings back, and what the token endpoint replies.

What is wrong with an address that the user pasted is in ``managed_login``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.errors import AuthError, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

OAUTH_ERRORS = frozenset(
    {
        *("access_denied", "invalid_client", "invalid_grant", "invalid_request", "invalid_scope"),
        *("login_required", "redirect_mismatch", "server_error", "unauthorized_client"),
    }
)
"""The errors of the domain that a call trace in a file shows by name."""


def redirect_mismatch(redirect_uri: str) -> AuthError:
    """Return the error for an app client that doesn't have the redirect URI among its callback URLs."""
    return AuthError(
        ErrorKind.CONFIGURATION,
        f"The app client doesn't allow {redirect_uri} (redirect_mismatch).",
        "Add exactly this to its callback URLs in the Cognito console, then start again.",
        code="redirect_mismatch",
    )


_PROVIDER_ERRORS = {
    "access_denied": (ErrorKind.NOT_AUTHORIZED, "You canceled at the identity provider.", "Start again."),
    "login_required": (
        ErrorKind.NOT_AUTHORIZED,
        "The browser has no session, and the page can't ask for a sign-in.",
        "Leave out prompt=none.",
    ),
    "unauthorized_client": (
        ErrorKind.CONFIGURATION,
        "This app client doesn't allow the authorization code grant.",
        "Turn it on under the app client's login pages in the Cognito console.",
    ),
    "invalid_scope": (
        ErrorKind.CONFIGURATION,
        "The app client doesn't allow one of the scopes.",
        "Compare the scopes with the app client's OpenID Connect and custom scopes.",
    ),
}


def provider_error(error: str, description: str = "") -> AuthError:
    """Return the error that the browser brought back, from the domain or from an identity provider.

    Args:
        error: The ``error`` parameter (RFC 6749 §4.1.2.1).
        description: The ``error_description``, a server's text.
    """
    is_canceled = "access_denied" in description.lower() or "cancel" in description.lower()
    key = "access_denied" if is_canceled else error
    kind, message, suggestion = _PROVIDER_ERRORS.get(
        key, (ErrorKind.SERVICE, "The sign-in failed in the browser.", "Start again.")
    )
    quote = "" if key in _PROVIDER_ERRORS else description or error
    return AuthError(kind, message, suggestion, code=error[:40], service_message=description, quote=quote)


_TOKEN_ERRORS = {
    "invalid_grant": (
        ErrorKind.NOT_AUTHORIZED,
        "That sign-in has expired or was already used.",
        "Start again.",
    ),
    "invalid_client": (
        ErrorKind.CONFIGURATION,
        "The domain doesn't accept the app client or its secret.",
        "Check the app client ID, and the client secret if the app client has one.",
    ),
    "unauthorized_client": _PROVIDER_ERRORS["unauthorized_client"],
}


def token_error(body: Mapping[str, Any]) -> AuthError:
    """Return the error of the token endpoint (RFC 6749 §5.2)."""
    texts = (body.get(name) for name in ("error", "error_description", "error_message"))
    error, *descriptions = (text if isinstance(text, str) else "" for text in texts)
    description = next(filter(None, descriptions), "")
    kind, message, suggestion = _TOKEN_ERRORS.get(
        error, (ErrorKind.SERVICE, "The domain gave no tokens for this sign-in.", "Start again.")
    )
    quote = "" if error in _TOKEN_ERRORS else description or error
    return AuthError(kind, message, suggestion, code=error[:40], service_message=description, quote=quote)
