"""An app client's OAuth settings: check them as Cognito does, and what they allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tui_auth.emulator.errors import CognitoError, invalid_parameter
from tui_auth.emulator.web import OAuthError

if TYPE_CHECKING:
    from tui_auth.emulator.model import AppClient, UserPool

COGNITO = "COGNITO"
"""The user pool itself, among the identity providers."""

CLIENT_CREDENTIALS = "client_credentials"
STANDARD_SCOPES = ("openid", "email", "phone", "profile", "aws.cognito.signin.user.admin")
_NEED_OPENID = {"email", "phone", "profile"}
_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
_NEVER_SCHEMES = ("javascript", "data", "vbscript", "file")


def check_oauth_settings(pool: UserPool, settings: dict[str, Any], *, has_secret: bool) -> None:
    """Raise CognitoError if OAuth members of CreateUserPoolClient don't fit together or don't exist."""
    flows: list[str] = settings.get("AllowedOAuthFlows", [])
    scopes: list[str] = settings.get("AllowedOAuthScopes", [])
    if settings.get("AllowedOAuthFlowsUserPoolClient") and not (flows and scopes):
        raise invalid_parameter(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use "
            "OAuth flows."
        )
    if CLIENT_CREDENTIALS in flows:
        _check_client_credentials(flows, scopes, has_secret=has_secret)
    elif flows and not settings.get("CallbackURLs"):
        raise invalid_parameter("CallbackURLs are required for the code and implicit flows.")
    _check_addresses(settings)
    for scope in scopes:
        if scope not in STANDARD_SCOPES and scope not in custom_scopes(pool):
            raise CognitoError("ScopeDoesNotExistException", f"Invalid scope requested: {scope}")
    for provider in settings.get("SupportedIdentityProviders", ()):
        if provider != COGNITO and provider not in pool.identity_providers:
            raise invalid_parameter(f"The provider {provider} does not exist for User Pool {pool.id}.")


def _check_client_credentials(flows: list[str], scopes: list[str], *, has_secret: bool) -> None:
    if len(flows) > 1:
        raise CognitoError(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        )
    if not has_secret:
        raise CognitoError(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected if client does not have a client secret.",
        )
    standard = [scope for scope in scopes if scope in STANDARD_SCOPES]
    if standard:
        raise CognitoError(
            "InvalidOAuthFlowException",
            f"{standard[0]} is not supported with client_credentials flow.",
        )


def _check_addresses(settings: dict[str, Any]) -> None:
    callbacks: list[str] = settings.get("CallbackURLs", [])
    for address in (*callbacks, *settings.get("LogoutURLs", ())):
        _check_address(address)
    default = settings.get("DefaultRedirectURI")
    if default is not None and default not in callbacks:
        raise invalid_parameter("DefaultRedirectURI must be in the list of CallbackURLs.")


def _check_address(address: str) -> None:
    """Raise InvalidParameterException unless an address is absolute, and http only on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        is_absolute = bool(parts.scheme) and (parts.scheme not in ("http", "https") or bool(host))
    except ValueError:
        is_absolute = False
    if not is_absolute or parts.scheme in _NEVER_SCHEMES:
        raise invalid_parameter(f"{address} is not a valid redirect URI.")
    if "#" in address:
        raise invalid_parameter(f"{address} cannot have a fragment.")
    if parts.scheme == "http" and host not in _LOOPBACK_HOSTS:
        raise invalid_parameter(f"{address} cannot use the HTTP protocol.")


def custom_scopes(pool: UserPool) -> list[str]:
    """Return the scopes of a pool's resource servers, as ``identifier/name``."""
    return [
        f"{identifier}/{scope['ScopeName']}"
        for identifier, server in pool.resource_servers.items()
        for scope in server.get("Scopes", ())
    ]


def allows_flow(client: AppClient, flow: str) -> bool:
    """Return whether an app client may use an OAuth flow."""
    settings = client.settings
    return bool(settings["AllowedOAuthFlowsUserPoolClient"]) and flow in settings.get("AllowedOAuthFlows", ())


def granted_scopes(client: AppClient, requested: str) -> list[str]:
    """Return the requested scopes, by default all of the client's; raise OAuthError for others."""
    existing = {*STANDARD_SCOPES, *custom_scopes(client.pool)}
    allowed = [scope for scope in client.settings.get("AllowedOAuthScopes", ()) if scope in existing]
    scopes = list(dict.fromkeys(requested.split())) or allowed
    if not scopes or not set(scopes) <= set(allowed):
        raise OAuthError("invalid_scope")
    if _NEED_OPENID & set(scopes) and "openid" not in scopes:
        raise OAuthError("invalid_scope", "email, phone and profile need openid")
    return scopes


def providers_of(client: AppClient) -> list[str]:
    """Return the identity providers of an app client that still exist."""
    supported = client.settings.get("SupportedIdentityProviders", ())
    return [name for name in supported if name == COGNITO or name in client.pool.identity_providers]
