"""The operations that the emulator serves, and the function that serves each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui_auth.emulator import (
    account,
    admin_users,
    app_clients,
    devices,
    identity_pools,
    mfa,
    passwords,
    sign_in,
    sign_up,
    tokens,
    user_pools,
)
from tui_auth.emulator.errors import CognitoError
from tui_auth.emulator.service_model import IDENTITY_POOLS, USER_POOLS, parse_request
from tui_auth.emulator.state import State

Handler = Callable[[State, dict[str, Any]], dict[str, Any]]

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
        "ForgotPassword": passwords.forgot_password,
        "ConfirmForgotPassword": passwords.confirm_forgot_password,
        "GetUser": account.get_user,
        "GetUserAuthFactors": account.get_user_auth_factors,
        "ChangePassword": account.change_password,
        "UpdateUserAttributes": account.update_user_attributes,
        "DeleteUserAttributes": account.delete_user_attributes,
        "GetUserAttributeVerificationCode": account.get_user_attribute_verification_code,
        "VerifyUserAttribute": account.verify_user_attribute,
        "DeleteUser": account.delete_user,
        "ConfirmDevice": devices.confirm_device,
        "GetDevice": devices.get_device,
        "ListDevices": devices.list_devices,
        "ForgetDevice": devices.forget_device,
        "UpdateDeviceStatus": devices.update_device_status,
        "CreateUserPool": user_pools.create_user_pool,
        "UpdateUserPool": user_pools.update_user_pool,
        "AddCustomAttributes": user_pools.add_custom_attributes,
        "DescribeUserPool": user_pools.describe_user_pool,
        "DeleteUserPool": user_pools.delete_user_pool,
        "ListUserPools": user_pools.list_user_pools,
        "SetUserPoolMfaConfig": user_pools.set_user_pool_mfa_config,
        "GetUserPoolMfaConfig": user_pools.get_user_pool_mfa_config,
        "CreateUserPoolClient": app_clients.create_user_pool_client,
        "UpdateUserPoolClient": app_clients.update_user_pool_client,
        "DescribeUserPoolClient": app_clients.describe_user_pool_client,
        "DeleteUserPoolClient": app_clients.delete_user_pool_client,
        "ListUserPoolClients": app_clients.list_user_pool_clients,
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
        return handler(state, parsed)
