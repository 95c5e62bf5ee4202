"""Calls with an access token: a valid token for each, one repetition after a refresh, errors in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from tui_auth.account.error_texts import ADMIN_SCOPE, WITHOUT_SCOPE, missing_scope_error, reworded
from tui_auth.account.values import mappings
from tui_auth.auth.tokens import unverified_claims
from tui_auth.auth.trace import TracingGateway
from tui_auth.errors import AuthError, NotSignedInError
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.gateway import Gateway
    from tui_auth.auth.trace import CallTrace

MOST_PAGES = 10
"""How many pages of a list are read: a server that never ends one must not keep the program."""


class TokenSource(Protocol):
    """The session of a signed-in user, as ``tui_auth.Session`` is one."""

    def token(
        self,
        kind: Literal["access", "id"] = "access",
        *,
        min_ttl: float | None = None,
        rejected: str | None = None,
    ) -> str:
        """Return a valid token.

        Args:
            kind: Which one.
            min_ttl: How many seconds it must be valid; None for long enough.
            rejected: A token that Cognito rejected. Another is returned, after a refresh if necessary.

        Raises:
            NotSignedInError: The session has ended, and is forgotten.
            AuthError: The refresh failed otherwise.
            StorageError: The session can't be read.
        """

    def refresh(self) -> object:
        """Replace the tokens, so that the ID token has the newest attributes. Raises as ``token``."""


class AccountCalls:
    """Sends operations for one signed-in user. Safe from any number of threads."""

    def __init__(self, session: TokenSource, gateway: Gateway, trace: CallTrace) -> None:
        self.trace = trace
        self._session = session
        self._gateway = TracingGateway(gateway)

    def claims(self) -> Mapping[str, Any]:
        """Return the claims of the access token, which were checked when it arrived."""
        return unverified_claims(Secret(self._session.token())) or {}

    def call(self, name: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Make one call of Amplify's API that is one operation, and return its reply.

        A token that Cognito rejects is replaced once: it may be revoked although the session goes on.

        Raises:
            MissingScopeError: The token lacks the scope.
            NotSignedInError: The session has ended, at Cognito or here.
            AuthError: Cognito rejected the call, or no reply came.
            StorageError: The session can't be read.
        """
        with self.trace.call(name) as span:
            reply = self._send(operation, parameters)
            span.finish("ok")
        return reply

    def pages(
        self, name: str, operation: str, member: str, next_token_member: str, **parameters: Any
    ) -> list[Mapping[str, Any]]:
        """Return the entries of a list, of at most ``MOST_PAGES`` pages. Raises as ``call``.

        Args:
            name: Amplify's name of the call.
            operation: The operation.
            member: The member of the reply with the entries.
            next_token_member: The member with the token of the next page.
            parameters: What the request has besides.
        """
        entries: list[Mapping[str, Any]] = []
        next_token: object = None
        with self.trace.call(name) as span:
            for _ in range(MOST_PAGES):
                reply = self._send(operation, {**parameters, next_token_member: next_token})
                entries += mappings(reply.get(member))
                next_token = reply.get(next_token_member)
                if not isinstance(next_token, str) or not next_token:
                    break
            span.finish("ok")
        return entries

    def _send(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        token = self._session.token()
        for is_last in (False, True):
            if operation not in WITHOUT_SCOPE and lacks_scope(token):
                raise missing_scope_error()
            try:
                return self._gateway.call(operation, {"AccessToken": Secret(token), **parameters})
            except AuthError as error:
                failure = error
            if not _is_about_token(failure):
                raise reworded(failure, operation)
            if is_last:
                break
            token = self._session.token(rejected=token)
        raise NotSignedInError("Cognito rejects the tokens of this session.", "Run `tui-auth sign-in`.")

    def refresh(self) -> None:
        """Replace the tokens of the session."""
        self._session.refresh()


def lacks_scope(access_token: str) -> bool:
    """Return True if the token says what it is for, and not that it is for managing the account."""
    scope = (unverified_claims(Secret(access_token)) or {}).get("scope")
    return isinstance(scope, str) and ADMIN_SCOPE not in scope.split()


_TOKEN_CODES = (
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
    "TokenRevokedException",
)
_TOKEN_TEXTS = ("Access Token", "User is disabled")


def _is_about_token(error: AuthError) -> bool:
    """Return True if Cognito rejected the token or the user, so that nothing was done."""
    if error.may_have_arrived or "scope" in error.service_message.lower():
        return False
    if error.code == "NotAuthorizedException":
        return any(text in error.service_message for text in _TOKEN_TEXTS)
    return error.code in _TOKEN_CODES
