"""``CognitoEmulator``: user and identity pools in memory, over local HTTP, and the operations it serves."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from tui_auth.emulator import (
    account,
    admin_users,
    first_factor,
    identity_pools,
    mfa,
    sign_in,
    sign_up,
    tokens,
    user_pools,
)
from tui_auth.emulator.errors import CognitoError
from tui_auth.emulator.http_endpoint import Endpoint
from tui_auth.emulator.model import Clock
from tui_auth.emulator.service_model import IDENTITY_POOLS, USER_POOLS, parse_request
from tui_auth.emulator.state import State

Handler = Callable[[State, dict[str, Any]], dict[str, Any] | None]
"""Serves one operation; None is an empty reply."""

HANDLERS: dict[str, dict[str, Handler]] = {
    USER_POOLS: {
        "InitiateAuth": sign_in.initiate_auth,
        "RespondToAuthChallenge": sign_in.respond_to_auth_challenge,
        "AdminInitiateAuth": sign_in.admin_initiate_auth,
        "AdminRespondToAuthChallenge": sign_in.admin_respond_to_auth_challenge,
        "GetTokensFromRefreshToken": tokens.get_tokens_from_refresh_token,
        "RevokeToken": tokens.revoke_token,
        "GlobalSignOut": account.global_sign_out,
        "AssociateSoftwareToken": mfa.associate_software_token,
        "VerifySoftwareToken": mfa.verify_software_token,
        "SetUserMFAPreference": account.set_user_mfa_preference,
        "SignUp": sign_up.sign_up,
        "ConfirmSignUp": sign_up.confirm_sign_up,
        "ResendConfirmationCode": sign_up.resend_confirmation_code,
        "ForgotPassword": first_factor.forgot_password,
        "ConfirmForgotPassword": first_factor.confirm_forgot_password,
        "GetUser": account.get_user,
        "GetUserAuthFactors": account.get_user_auth_factors,
        "ChangePassword": account.change_password,
        "UpdateUserAttributes": account.update_user_attributes,
        "DeleteUserAttributes": account.delete_user_attributes,
        "GetUserAttributeVerificationCode": account.get_user_attribute_verification_code,
        "VerifyUserAttribute": account.verify_user_attribute,
        "DeleteUser": account.delete_user,
        "ConfirmDevice": mfa.confirm_device,
        "GetDevice": mfa.get_device,
        "ListDevices": mfa.list_devices,
        "ForgetDevice": mfa.forget_device,
        "UpdateDeviceStatus": mfa.update_device_status,
        "CreateUserPool": user_pools.create_user_pool,
        "UpdateUserPool": user_pools.update_user_pool,
        "AddCustomAttributes": user_pools.add_custom_attributes,
        "DescribeUserPool": user_pools.describe_user_pool,
        "DeleteUserPool": user_pools.delete_user_pool,
        "ListUserPools": user_pools.list_user_pools,
        "SetUserPoolMfaConfig": user_pools.set_user_pool_mfa_config,
        "GetUserPoolMfaConfig": user_pools.get_user_pool_mfa_config,
        "CreateUserPoolClient": user_pools.create_user_pool_client,
        "UpdateUserPoolClient": user_pools.update_user_pool_client,
        "DescribeUserPoolClient": user_pools.describe_user_pool_client,
        "DeleteUserPoolClient": user_pools.delete_user_pool_client,
        "ListUserPoolClients": user_pools.list_user_pool_clients,
        "AdminCreateUser": admin_users.admin_create_user,
        "AdminSetUserPassword": admin_users.admin_set_user_password,
        "AdminSetUserMFAPreference": admin_users.admin_set_user_mfa_preference,
        "AdminResetUserPassword": admin_users.admin_reset_user_password,
        "AdminConfirmSignUp": admin_users.admin_confirm_sign_up,
        "AdminDisableUser": admin_users.admin_disable_user,
        "AdminEnableUser": admin_users.admin_enable_user,
        "AdminGetUser": admin_users.admin_get_user,
        "AdminDeleteUser": admin_users.admin_delete_user,
        "AdminUpdateUserAttributes": admin_users.admin_update_user_attributes,
        "AdminDeleteUserAttributes": admin_users.admin_delete_user_attributes,
        "AdminUserGlobalSignOut": admin_users.admin_user_global_sign_out,
        "ListUsers": admin_users.list_users,
        "CreateGroup": admin_users.create_group,
        "ListGroups": admin_users.list_groups,
        "AdminAddUserToGroup": admin_users.admin_add_user_to_group,
        "AdminRemoveUserFromGroup": admin_users.admin_remove_user_from_group,
        "AdminListGroupsForUser": admin_users.admin_list_groups_for_user,
    },
    IDENTITY_POOLS: {
        "CreateIdentityPool": identity_pools.create_identity_pool,
        "DescribeIdentityPool": identity_pools.describe_identity_pool,
        "DeleteIdentityPool": identity_pools.delete_identity_pool,
        "GetId": identity_pools.get_id,
        "GetCredentialsForIdentity": identity_pools.get_credentials_for_identity,
    },
}


def dispatch(state: State, service: str, operation: str, request: Any) -> dict[str, Any]:
    """Serve one request of a service (``cognito-idp`` or ``cognito-identity``).

    Raises:
        CognitoError: Cognito's error for the request; UnknownOperationException for any other operation.
    """
    handler = HANDLERS.get(service, {}).get(operation)
    if handler is None:
        raise CognitoError("UnknownOperationException", "")
    parsed = parse_request(service, operation, request)
    with state.lock:
        return handler(state, parsed) or {}


CALL_LIMIT = 10_000


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
        triggers: An object or module with ``define_auth_challenge``, ``create_auth_challenge`` and
            ``verify_auth_challenge_response``. A pool with any ARN in its LambdaConfig uses them.

    Raises:
        OSError: The port is in use.
    """

    host = "127.0.0.1"

    def __init__(
        self, port: int = 0, region: str = "eu-west-1", clock: Clock | None = None, triggers: Any = None
    ) -> None:
        self.clock = clock or Clock()
        self.region = region
        self.state = State(region, self.clock, triggers)
        self.internal_errors: deque[Exception] = deque(maxlen=100)
        self._calls: deque[tuple[str, dict[str, Any]]] = deque(maxlen=CALL_LIMIT)
        self._faults: dict[str, list[_Fault]] = {}
        self._faults_lock = threading.Lock()
        self._endpoint = Endpoint((self.host, port), self)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start to serve, on other threads."""
        self.state.keys.prepare()
        self._thread = threading.Thread(target=self._endpoint.serve, name="emulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close every connection."""
        if self._thread is not None:
            self._endpoint.shutdown()
            self._thread.join()
            self._thread = None
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

    @property
    def messages_url(self) -> str:
        """The URL of the messages that the emulator "delivered"."""
        return f"{self.endpoint_url}/messages"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """A copy of the messages that the emulator "delivered", oldest first."""
        with self.state.lock:
            return self.state.outbox.messages()

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The newest ten thousand calls over HTTP in order, as (operation, params)."""
        return list(self._calls)

    @property
    def triggers(self) -> Any:
        """The object or module with the three trigger functions."""
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
        self._add_fault(operation, _Fault(CognitoError(code, message)), times)

    def drop_next(self, operation: str, times: int = 1, *, after_work: bool = False) -> None:
        """Close the connection of the next requests over HTTP, before or after they are served."""
        self._add_fault(operation, _Fault(after_work=after_work), times)

    def _add_fault(self, operation: str, fault: _Fault, times: int) -> None:
        with self._faults_lock:
            self._faults.setdefault(operation, []).extend([fault] * times)

    def _take_fault(self, operation: str) -> _Fault | None:
        with self._faults_lock:
            faults = self._faults.get(operation)
            return faults.pop(0) if faults else None

    def call(self, operation: str, params: dict[str, Any], service: str = USER_POOLS) -> dict[str, Any]:
        """Call an operation in this process; raise CognitoError for Cognito's errors."""
        return dispatch(self.state, service, operation, json.loads(json.dumps(params)))

    def call_over_http(self, service: str, operation: str, params: Any) -> dict[str, Any] | None:
        """Serve a request of the endpoint and record it in ``calls``; None drops the connection."""
        if isinstance(params, dict):
            self._calls.append((operation, params))
        fault = self._take_fault(operation)
        if fault is not None and fault.error is not None:
            raise fault.error
        if fault is not None and not fault.after_work:
            return None
        reply = dispatch(self.state, service, operation, params)
        return None if fault is not None else reply

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
            }
        return None

    def now(self) -> float:
        """Return the seconds since the epoch by the emulator's clock."""
        return self.clock.now()

    def record_internal_error(self, error: Exception) -> None:
        """Store an exception that is an error of the emulator, not of the client."""
        self.internal_errors.append(error)
