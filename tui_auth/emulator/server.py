"""``CognitoEmulator``: user and identity pools in memory, over local HTTP, and the operations it serves."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Self

from tui_auth.emulator import (
    account,
    domains,
    identity_providers,
    managed_login,
    mfa,
    oauth,
    pools,
    sign_in,
    sign_up,
    tokens,
    user_sessions,
    webauthn,
)
from tui_auth.emulator.errors import CognitoError
from tui_auth.emulator.http_endpoint import Endpoint
from tui_auth.emulator.model import SYSTEM_RANDOM, Clock
from tui_auth.emulator.service_model import IDENTITY_POOLS, USER_POOLS, parse_request
from tui_auth.emulator.state import State

if TYPE_CHECKING:
    from tui_auth.emulator.web import WebReply, WebRequest

Handler = Callable[[State, dict[str, Any]], dict[str, Any] | None]
"""Serves one operation; None is an empty reply."""

HANDLERS: dict[str, dict[str, Handler]] = {
    USER_POOLS: {
        "InitiateAuth": sign_in.initiate_auth,
        "AdminInitiateAuth": sign_in.initiate_auth,
        "RespondToAuthChallenge": sign_in.respond_to_auth_challenge,
        "AdminRespondToAuthChallenge": sign_in.respond_to_auth_challenge,
        "GetTokensFromRefreshToken": tokens.get_tokens_from_refresh_token,
        "RevokeToken": tokens.revoke_token,
        "SignUp": sign_up.sign_up,
        "ConfirmSignUp": sign_up.confirm_sign_up,
        "ResendConfirmationCode": sign_up.resend_confirmation_code,
        "ForgotPassword": sign_up.forgot_password,
        "ConfirmForgotPassword": sign_up.confirm_forgot_password,
        "AdminCreateUser": sign_up.admin_create_user,
        "AdminConfirmSignUp": sign_up.admin_confirm_sign_up,
        "AdminResetUserPassword": sign_up.admin_reset_user_password,
        "GetUser": account.get_user,
        "GetUserAuthFactors": account.get_user_auth_factors,
        "ChangePassword": account.change_password,
        "SetUserMFAPreference": account.set_user_mfa_preference,
        "GlobalSignOut": account.global_sign_out,
        "DeleteUser": account.delete_user,
        "UpdateUserAttributes": account.update_user_attributes,
        "DeleteUserAttributes": account.delete_user_attributes,
        "GetUserAttributeVerificationCode": account.get_user_attribute_verification_code,
        "VerifyUserAttribute": account.verify_user_attribute,
        "AdminGetUser": account.get_user,
        "AdminSetUserPassword": account.admin_set_user_password,
        "AdminSetUserMFAPreference": account.set_user_mfa_preference,
        "AdminUserGlobalSignOut": account.global_sign_out,
        "AdminDeleteUser": account.delete_user,
        "AdminUpdateUserAttributes": account.update_user_attributes,
        "AdminDeleteUserAttributes": account.delete_user_attributes,
        "AdminEnableUser": account.admin_enable_user,
        "AdminDisableUser": account.admin_disable_user,
        "ListUsers": account.list_users,
        "CreateGroup": account.create_group,
        "ListGroups": account.list_groups,
        "AdminAddUserToGroup": account.admin_add_user_to_group,
        "AdminRemoveUserFromGroup": account.admin_remove_user_from_group,
        "AdminListGroupsForUser": account.admin_list_groups_for_user,
        "AssociateSoftwareToken": mfa.associate_software_token,
        "VerifySoftwareToken": mfa.verify_software_token,
        "ConfirmDevice": mfa.confirm_device,
        "GetDevice": mfa.get_device,
        "ListDevices": mfa.list_devices,
        "ForgetDevice": mfa.forget_device,
        "UpdateDeviceStatus": mfa.update_device_status,
        "AdminDeleteSoftwareToken": mfa.admin_delete_software_token,
        "ListUserSessions": user_sessions.list_user_sessions,
        "RevokeUserSession": user_sessions.revoke_user_session,
        "AdminListUserSessions": user_sessions.list_user_sessions,
        "AdminRevokeUserSession": user_sessions.revoke_user_session,
        "GetUserPoolSessionConfiguration": user_sessions.get_user_pool_session_configuration,
        "SetUserPoolSessionConfiguration": user_sessions.set_user_pool_session_configuration,
        "StartWebAuthnRegistration": webauthn.start_web_authn_registration,
        "CompleteWebAuthnRegistration": webauthn.complete_web_authn_registration,
        "ListWebAuthnCredentials": webauthn.list_web_authn_credentials,
        "DeleteWebAuthnCredential": webauthn.delete_web_authn_credential,
        "CreateUserPool": pools.create_user_pool,
        "UpdateUserPool": pools.update_user_pool,
        "AddCustomAttributes": pools.add_custom_attributes,
        "DescribeUserPool": pools.describe_user_pool,
        "DeleteUserPool": pools.delete_user_pool,
        "ListUserPools": pools.list_user_pools,
        "SetUserPoolMfaConfig": pools.set_user_pool_mfa_config,
        "GetUserPoolMfaConfig": pools.get_user_pool_mfa_config,
        "CreateUserPoolClient": pools.create_user_pool_client,
        "UpdateUserPoolClient": pools.update_user_pool_client,
        "DescribeUserPoolClient": pools.describe_user_pool_client,
        "DeleteUserPoolClient": pools.delete_user_pool_client,
        "ListUserPoolClients": pools.list_user_pool_clients,
        "CreateUserPoolDomain": domains.create_user_pool_domain,
        "DescribeUserPoolDomain": domains.describe_user_pool_domain,
        "UpdateUserPoolDomain": domains.update_user_pool_domain,
        "DeleteUserPoolDomain": domains.delete_user_pool_domain,
        "CreateResourceServer": domains.create_resource_server,
        "DescribeResourceServer": domains.describe_resource_server,
        "ListResourceServers": domains.list_resource_servers,
        "UpdateResourceServer": domains.update_resource_server,
        "DeleteResourceServer": domains.delete_resource_server,
        "CreateIdentityProvider": identity_providers.create_identity_provider,
        "DescribeIdentityProvider": identity_providers.describe_identity_provider,
        "ListIdentityProviders": identity_providers.list_identity_providers,
        "UpdateIdentityProvider": identity_providers.update_identity_provider,
        "DeleteIdentityProvider": identity_providers.delete_identity_provider,
        "GetIdentityProviderByIdentifier": identity_providers.get_identity_provider_by_identifier,
    },
    IDENTITY_POOLS: {
        "CreateIdentityPool": pools.create_identity_pool,
        "DescribeIdentityPool": pools.describe_identity_pool,
        "DeleteIdentityPool": pools.delete_identity_pool,
        "GetId": pools.get_id,
        "GetCredentialsForIdentity": pools.get_credentials_for_identity,
    },
}


def dispatch(state: State, service: str, operation: str, request: Any) -> dict[str, Any]:
    """Serve one request of a service, or raise CognitoError."""
    handler = HANDLERS.get(service, {}).get(operation)
    if handler is None:
        raise CognitoError("UnknownOperationException", "")
    parsed = parse_request(service, operation, request)
    with state.lock:
        state.served += 1
        return handler(state, parsed) or {}


CALL_LIMIT = 10_000
CALL_BYTES = 16 << 20


@dataclass(frozen=True)
class _Fault:
    """An error for one request, or a connection that is dropped before or after serving it."""

    error: CognitoError | None = None
    after_work: bool = False


class CognitoEmulator:
    """A local Cognito.

    Args:
        port: The port to listen on; 0 takes a free one.
        region: The AWS region of the pools.
        clock: The clock, for tests that change the time.
        triggers: An object or module with functions for Lambda triggers (``triggers.FUNCTIONS``), which run
            for the pools that have them in their LambdaConfig.
        endpoint_is_issuer: Whether the issuer of tokens is the endpoint, as some clients expect that use its
            keys, or that of AWS.
        seed: Makes IDs, client secrets and keys of authenticator apps the same in each run: for tests only.

    Raises:
        OSError: The port is in use.
    """

    host = "127.0.0.1"
    web_paths = managed_login.PATHS

    def __init__(
        self,
        port: int = 0,
        region: str = "eu-west-1",
        clock: Clock | None = None,
        triggers: Any = None,
        *,
        endpoint_is_issuer: bool = False,
        seed: str | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.region = region
        self._calls: deque[tuple[str, dict[str, Any], int]] = deque()
        self._calls_lock = threading.Lock()
        self._calls_size = 0
        self._faults: defaultdict[str, deque[_Fault]] = defaultdict(deque)
        self._endpoint = Endpoint((self.host, port), self)
        issuer = self.endpoint_url if endpoint_is_issuer else f"https://cognito-idp.{region}.amazonaws.com"
        source = Random(seed) if seed is not None else SYSTEM_RANDOM  # noqa: S311 - repeatable on purpose
        self.state = State(region, self.clock, issuer, triggers, random=source)
        self.internal_errors = self._endpoint.internal_errors
        self._thread = threading.Thread(target=self._endpoint.serve, name="emulator", daemon=True)

    def start(self) -> None:
        """Start to serve, on other threads."""
        self.state.keys.prepare()
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close every connection."""
        if self._thread.is_alive():
            self._endpoint.shutdown()
            self._thread.join()
        self._endpoint.server_close()
        self.state.keys.finish()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        return f"http://{self.host}:{self._endpoint.server_address[1]}"

    def domain_url(self, pool_id: str) -> str | None:
        """Return the base URL of a pool's managed login pages, or None if the pool has no domain."""
        return self.endpoint_url if self.state.pools[pool_id].domains else None

    @property
    def messages_url(self) -> str:
        """The URL of the messages that the emulator "delivered"."""
        return f"{self.endpoint_url}/messages"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """A copy of the messages that the emulator "delivered", oldest first."""
        with self.state.lock:
            return [dict(message) for message in self.state.outbox.messages]

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The newest calls over HTTP in order, as (operation, params): up to ten thousand and 16 MiB."""
        with self._calls_lock:
            return [(operation, params) for operation, params, _ in self._calls]

    @property
    def triggers(self) -> Any:
        """The object or module with the functions for Lambda triggers."""
        return self.state.triggers

    @triggers.setter
    def triggers(self, triggers: Any) -> None:
        self.state.triggers = triggers

    @property
    def failed_custom_challenge_text(self) -> str:
        """The text of NotAuthorizedException after failAuthentication."""
        return self.state.failed_custom_challenge_text

    @failed_custom_challenge_text.setter
    def failed_custom_challenge_text(self, text: str) -> None:
        self.state.failed_custom_challenge_text = text

    def fail_next(self, operation: str, code: str, message: str, times: int = 1) -> None:
        """Reply to the next requests over HTTP with an error, such as TooManyRequestsException."""
        self._faults[operation].extend([_Fault(CognitoError(code, message))] * times)

    def drop_next(self, operation: str, times: int = 1, *, after_work: bool = False) -> None:
        """Close the connection of the next requests over HTTP, before or after they are served."""
        self._faults[operation].extend([_Fault(after_work=after_work)] * times)

    def call(self, operation: str, params: dict[str, Any], service: str = USER_POOLS) -> dict[str, Any]:
        """Call an operation in this process; raise CognitoError for Cognito's errors."""
        return dispatch(self.state, service, operation, json.loads(json.dumps(params)))

    def call_over_http(self, service: str, operation: str, params: Any) -> dict[str, Any] | None:
        """Serve a request of the endpoint and record it in ``calls``; None drops the connection."""
        if isinstance(params, dict):
            self._record_call(operation, params)
        try:
            fault = self._faults[operation].popleft()
        except IndexError:
            return dispatch(self.state, service, operation, params)
        if fault.error is not None:
            raise fault.error
        if fault.after_work:
            dispatch(self.state, service, operation, params)
        return None

    def _record_call(self, operation: str, params: dict[str, Any]) -> None:
        size = len(json.dumps(params))
        with self._calls_lock:
            self._calls.append((operation, params, size))
            self._calls_size += size
            while len(self._calls) > CALL_LIMIT or self._calls_size > CALL_BYTES:
                self._calls_size -= self._calls.popleft()[2]

    def serve_web(self, request: WebRequest) -> WebReply:
        """Serve a managed login page or an OAuth endpoint."""
        return managed_login.serve(self.state, request)

    def document(self, path: str) -> Any:
        """Return the reply to a GET as JSON data, or None if the path has no document."""
        if path == "/messages":
            return self.messages
        pool_id, _, name = path.removeprefix("/").partition("/.well-known/")
        pool = self.state.pools.get(pool_id)
        if pool is None:
            return None
        if name == "jwks.json":
            return self.state.keys.jwks()
        if name == "openid-configuration":
            return {
                "issuer": pool.issuer,
                "jwks_uri": f"{self.endpoint_url}/{pool.id}/.well-known/jwks.json",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "token"],
                "scopes_supported": ["openid", "email", "phone", "profile"],
                "subject_types_supported": ["public"],
                **(oauth.discovery(base_url) if (base_url := self.domain_url(pool.id)) else {}),
            }
        return None
