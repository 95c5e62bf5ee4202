"""Every operation the pool knows, and who answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui_auth.emulator import (
    account,
    admin_clients,
    admin_groups,
    admin_pools,
    admin_users,
    attribute_changes,
    devices,
    forgot_password,
    identity,
    initiate_auth,
    respond,
    sign_up,
    software_token,
    token_operations,
)
from tui_auth.emulator.errors import PoolError
from tui_auth.emulator.requests import request_shape
from tui_auth.emulator.shapes import check
from tui_auth.emulator.state import State

Handler = Callable[[State, dict[str, Any]], dict[str, Any]]

USER_POOLS = "cognito-idp"
IDENTITY_POOLS = "cognito-identity"

HANDLERS: dict[str, dict[str, Handler]] = {
    USER_POOLS: {
        "InitiateAuth": initiate_auth.initiate_auth,
        "RespondToAuthChallenge": respond.respond_to_auth_challenge,
        "AdminInitiateAuth": initiate_auth.admin_initiate_auth,
        "AdminRespondToAuthChallenge": respond.admin_respond_to_auth_challenge,
        "GetTokensFromRefreshToken": token_operations.get_tokens_from_refresh_token,
        "RevokeToken": token_operations.revoke_token,
        "GlobalSignOut": account.global_sign_out,
        "AssociateSoftwareToken": software_token.associate_software_token,
        "VerifySoftwareToken": software_token.verify_software_token,
        "SetUserMFAPreference": account.set_user_mfa_preference,
        "SignUp": sign_up.sign_up,
        "ConfirmSignUp": sign_up.confirm_sign_up,
        "ResendConfirmationCode": sign_up.resend_confirmation_code,
        "ForgotPassword": forgot_password.forgot_password,
        "ConfirmForgotPassword": forgot_password.confirm_forgot_password,
        "GetUser": account.get_user,
        "GetUserAuthFactors": account.get_user_auth_factors,
        "ChangePassword": account.change_password,
        "UpdateUserAttributes": attribute_changes.update_user_attributes,
        "DeleteUserAttributes": attribute_changes.delete_user_attributes,
        "GetUserAttributeVerificationCode": attribute_changes.get_user_attribute_verification_code,
        "VerifyUserAttribute": attribute_changes.verify_user_attribute,
        "DeleteUser": account.delete_user,
        "ConfirmDevice": devices.confirm_device,
        "GetDevice": devices.get_device,
        "ListDevices": devices.list_devices,
        "ForgetDevice": devices.forget_device,
        "UpdateDeviceStatus": devices.update_device_status,
        "CreateUserPool": admin_pools.create_user_pool,
        "UpdateUserPool": admin_pools.update_user_pool,
        "AddCustomAttributes": admin_pools.add_custom_attributes,
        "DescribeUserPool": admin_pools.describe_user_pool,
        "DeleteUserPool": admin_pools.delete_user_pool,
        "ListUserPools": admin_pools.list_user_pools,
        "SetUserPoolMfaConfig": admin_pools.set_user_pool_mfa_config,
        "GetUserPoolMfaConfig": admin_pools.get_user_pool_mfa_config,
        "CreateUserPoolClient": admin_clients.create_user_pool_client,
        "UpdateUserPoolClient": admin_clients.update_user_pool_client,
        "DescribeUserPoolClient": admin_clients.describe_user_pool_client,
        "DeleteUserPoolClient": admin_clients.delete_user_pool_client,
        "ListUserPoolClients": admin_clients.list_user_pool_clients,
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
        "CreateGroup": admin_groups.create_group,
        "ListGroups": admin_groups.list_groups,
        "AdminAddUserToGroup": admin_groups.admin_add_user_to_group,
        "AdminRemoveUserFromGroup": admin_groups.admin_remove_user_from_group,
        "AdminListGroupsForUser": admin_groups.admin_list_groups_for_user,
    },
    IDENTITY_POOLS: {
        "CreateIdentityPool": identity.create_identity_pool,
        "DescribeIdentityPool": identity.describe_identity_pool,
        "DeleteIdentityPool": identity.delete_identity_pool,
        "GetId": identity.get_id,
        "GetCredentialsForIdentity": identity.get_credentials_for_identity,
    },
}


def dispatch(state: State, service: str, operation: str, request: Any) -> dict[str, Any]:
    """Answer one request of a service (``cognito-idp`` or ``cognito-identity``).

    Raises PoolError for whatever is refused; UnknownOperationException for what the pool does not do.
    """
    handler = HANDLERS.get(service, {}).get(operation)
    shape = request_shape(service, operation)
    if handler is None or shape is None:
        raise PoolError("UnknownOperationException", "")
    cleaned = check(shape, request)
    with state.lock:
        return handler(state, cleaned)
