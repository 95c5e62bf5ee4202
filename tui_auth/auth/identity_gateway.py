"""The way to an identity pool: cognito-identity, asked as carefully as the user pool is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.endpoint import is_loopback

_ASK = "Someone who manages the identity pool can tell."
_WORDS = {
    "NotAuthorizedException": (
        ErrorKind.NOT_AUTHORIZED,
        "The identity pool does not take this session.",
        "It must name this user pool and this app client among its providers.",
    ),
    "ResourceNotFoundException": (
        ErrorKind.CONFIGURATION,
        "There is no such identity pool in this region.",
        "Compare --identity-pool-id with the pool's page in the Cognito console.",
    ),
    "InvalidIdentityPoolConfigurationException": (
        ErrorKind.CONFIGURATION,
        "The identity pool has no role to give.",
        _ASK,
    ),
    "InvalidParameterException": (
        ErrorKind.CONFIGURATION,
        "The identity pool did not take what it was asked.",
        "Compare --identity-pool-id with the pool's page in the Cognito console.",
    ),
    "ResourceConflictException": (
        ErrorKind.SERVICE,
        "This login belongs to another identity of the pool.",
        _ASK,
    ),
    "ExternalServiceException": (ErrorKind.SERVICE, "The identity pool could not ask the user pool.", _ASK),
}


class IdentityGateway(CognitoGateway):
    """boto3's cognito-identity client; ``call`` raises AuthError in words about identity pools.

    A loopback endpoint serves both services; any other belongs to the user pool alone, and AWS's own
    variable ``AWS_ENDPOINT_URL_COGNITO_IDENTITY`` names one for this service.
    """

    SERVICE = "cognito-identity"

    def __init__(self, region: str, endpoint_url: str | None = None) -> None:
        local = endpoint_url if endpoint_url and is_loopback(endpoint_url) else None
        super().__init__(Address(region, local))

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return super().call(operation, parameters)
        except AuthError as error:
            raise _about_identity_pools(error) from None


def _about_identity_pools(error: AuthError) -> AuthError:
    if error.code not in _WORDS:
        return error
    kind, message, suggestion = _WORDS[error.code]
    return AuthError(
        kind,
        message,
        suggestion,
        code=error.code,
        service_message=error.service_message,
        cause=error.cause,
        retry_after=error.retry_after,
        may_have_arrived=error.may_have_arrived,
    )
