"""The passkeys of a signed-in user: list, delete, and both halves of a registration.

``tui_auth.passkeys`` makes the credential between the two halves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.account.values import WebAuthnCredential
from tui_auth.errors import AuthError, ErrorKind, drops_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.account.calls import AccountCalls


class PasskeyOperations:
    """What an ``Account`` can do with passkeys. Errors are those of ``Account``."""

    _calls: AccountCalls

    @drops_secrets
    def list_web_authn_credentials(self) -> list[WebAuthnCredential]:
        """Return the passkeys (ListWebAuthnCredentials)."""
        pages = self._calls.pages(
            "listWebAuthnCredentials", "ListWebAuthnCredentials", "Credentials", "NextToken"
        )
        return list(map(WebAuthnCredential.from_reply, pages))

    @drops_secrets
    def delete_web_authn_credential(self, credential_id: str) -> None:
        """Delete a passkey (DeleteWebAuthnCredential)."""
        self._calls.call("deleteWebAuthnCredential", "DeleteWebAuthnCredential", CredentialId=credential_id)

    @drops_secrets
    def start_web_authn_registration(self) -> Mapping[str, Any]:
        """Begin to register a passkey, and return CredentialCreationOptions (StartWebAuthnRegistration).

        ``tui_auth.passkeys.register`` makes the credential.
        """
        reply = self._calls.call("associateWebAuthnCredential", "StartWebAuthnRegistration")
        options = reply.get("CredentialCreationOptions")
        if not isinstance(options, dict):
            raise AuthError(ErrorKind.SERVICE, "Cognito sent no options for a passkey.")
        return options

    @drops_secrets
    def complete_web_authn_registration(self, credential: Mapping[str, Any]) -> None:
        """Register the credential that was made with the options (CompleteWebAuthnRegistration)."""
        self._calls.call("associateWebAuthnCredential", "CompleteWebAuthnRegistration", Credential=credential)
