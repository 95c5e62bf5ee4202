"""The requests the pool understands, operation by operation.

A line names an operation's members. ``!`` marks a required one; ``Member:Shape`` says which of
``member_shapes.SHAPES`` it has where that is not its own name.
"""

from __future__ import annotations

from functools import cache

from tui_auth.emulator.member_shapes import SHAPES
from tui_auth.emulator.shapes import Record, Shape

_METADATA = "ClientMetadata:Strings AnalyticsMetadata:Open UserContextData:Open"
_POOL = (
    "Policies DeletionProtection:Whatever LambdaConfig AutoVerifiedAttributes:VerifiedList "
    "SmsVerificationMessage:Whatever EmailVerificationMessage:Whatever EmailVerificationSubject:Whatever "
    "VerificationMessageTemplate:Open SmsAuthenticationMessage:Whatever MfaConfiguration "
    "UserAttributeUpdateSettings DeviceConfiguration EmailConfiguration:Open SmsConfiguration:Open "
    "UserPoolTags:Strings AdminCreateUserConfig UserPoolAddOns:Open AccountRecoverySetting UserPoolTier"
)
_CLIENT = (
    "RefreshTokenValidity AccessTokenValidity IdTokenValidity TokenValidityUnits ReadAttributes:Names "
    "WriteAttributes:Names ExplicitAuthFlows SupportedIdentityProviders:Names CallbackURLs:Names "
    "LogoutURLs:Names DefaultRedirectURI:Whatever AllowedOAuthFlows:Names AllowedOAuthScopes:Names "
    "AllowedOAuthFlowsUserPoolClient:Boolean AnalyticsConfiguration:Open PreventUserExistenceErrors "
    "EnableTokenRevocation:Boolean EnablePropagateAdditionalUserContextData:Boolean AuthSessionValidity "
    "RefreshTokenRotation"
)
_MFA_PREFERENCE = (
    "SMSMfaSettings:MfaSetting SoftwareTokenMfaSettings:MfaSetting EmailMfaSettings:MfaSetting "
    "WebAuthnMfaSettings"
)
_MFA_CONFIGURATION = (
    "SmsMfaConfiguration SoftwareTokenMfaConfiguration EmailMfaConfiguration MfaConfiguration "
    "WebAuthnConfiguration"
)
_POOL_USER = "UserPoolId! Username!"
_IDENTITY_POOL = (
    "IdentityPoolName! AllowUnauthenticatedIdentities!:Boolean AllowClassicFlow:Boolean "
    "SupportedLoginProviders:Strings DeveloperProviderName:Whatever OpenIdConnectProviderARNs:Names "
    "CognitoIdentityProviders SamlProviderARNs:Names IdentityPoolTags:Strings"
)

_MEMBERS = {
    "InitiateAuth": f"AuthFlow! ClientId! AuthParameters:Strings Session {_METADATA}",
    "RespondToAuthChallenge": f"ClientId! ChallengeName! Session ChallengeResponses:Strings {_METADATA}",
    "AdminInitiateAuth": "UserPoolId! ClientId! AuthFlow! AuthParameters:Strings ClientMetadata:Strings "
    "AnalyticsMetadata:Open ContextData:Open Session",
    "AdminRespondToAuthChallenge": "UserPoolId! ClientId! ChallengeName! ChallengeResponses:Strings Session "
    "ClientMetadata:Strings AnalyticsMetadata:Open ContextData:Open",
    "GetTokensFromRefreshToken": "RefreshToken! ClientId! ClientSecret DeviceKey ClientMetadata:Strings",
    "RevokeToken": "Token!:RefreshToken ClientId! ClientSecret RevokeAssociatedSessions",
    "GlobalSignOut": "AccessToken!",
    "AssociateSoftwareToken": "AccessToken Session",
    "VerifySoftwareToken": "AccessToken Session UserCode! FriendlyDeviceName:Whatever",
    "SetUserMFAPreference": f"{_MFA_PREFERENCE} AccessToken!",
    "SignUp": "ClientId! SecretHash Username! Password UserAttributes:Attributes ValidationData:Attributes "
    f"{_METADATA}",
    "ConfirmSignUp": "ClientId! SecretHash Username! ConfirmationCode!:Code ForceAliasCreation:Boolean "
    f"Session {_METADATA}",
    "ResendConfirmationCode": f"ClientId! SecretHash Username! {_METADATA}",
    "ForgotPassword": f"ClientId! SecretHash Username! {_METADATA}",
    "ConfirmForgotPassword": f"ClientId! SecretHash Username! ConfirmationCode!:Code Password! {_METADATA}",
    "GetUser": "AccessToken!",
    "GetUserAuthFactors": "AccessToken!",
    "ChangePassword": "PreviousPassword ProposedPassword!:Password AccessToken!",
    "UpdateUserAttributes": "UserAttributes!:Attributes AccessToken! ClientMetadata:Strings",
    "DeleteUserAttributes": "UserAttributeNames!:AttributeNames AccessToken!",
    "GetUserAttributeVerificationCode": "AccessToken! AttributeName! ClientMetadata:Strings",
    "VerifyUserAttribute": "AccessToken! AttributeName! Code!",
    "DeleteUser": "AccessToken!",
    "ConfirmDevice": "AccessToken! DeviceKey! DeviceSecretVerifierConfig DeviceName",
    "GetDevice": "DeviceKey! AccessToken",
    "ListDevices": "AccessToken! Limit PaginationToken:PageToken",
    "ForgetDevice": "AccessToken DeviceKey!",
    "UpdateDeviceStatus": "AccessToken! DeviceKey! DeviceRememberedStatus",
    "CreateUserPool": f"PoolName! AliasAttributes UsernameAttributes Schema UsernameConfiguration {_POOL}",
    "UpdateUserPool": f"UserPoolId! PoolName {_POOL}",
    "AddCustomAttributes": "UserPoolId! CustomAttributes!:Schema",
    "DescribeUserPool": "UserPoolId!",
    "DeleteUserPool": "UserPoolId!",
    "ListUserPools": "NextToken:PageToken MaxResults!",
    "SetUserPoolMfaConfig": f"UserPoolId! {_MFA_CONFIGURATION}",
    "GetUserPoolMfaConfig": "UserPoolId!",
    "CreateUserPoolClient": f"UserPoolId! ClientName! GenerateSecret:Boolean ClientSecret {_CLIENT}",
    "UpdateUserPoolClient": f"UserPoolId! ClientId! ClientName {_CLIENT}",
    "DescribeUserPoolClient": "UserPoolId! ClientId!",
    "DeleteUserPoolClient": "UserPoolId! ClientId!",
    "ListUserPoolClients": "UserPoolId! MaxResults NextToken:PageToken",
    "AdminCreateUser": f"{_POOL_USER} UserAttributes:Attributes ValidationData:Attributes "
    "TemporaryPassword:Password ForceAliasCreation:Boolean MessageAction DesiredDeliveryMediums:Mediums "
    "ClientMetadata:Strings",
    "AdminSetUserPassword": f"{_POOL_USER} Password! Permanent:Boolean",
    "AdminSetUserMFAPreference": f"{_MFA_PREFERENCE} Username! UserPoolId!",
    "AdminResetUserPassword": f"{_POOL_USER} ClientMetadata:Strings",
    "AdminConfirmSignUp": f"{_POOL_USER} ClientMetadata:Strings",
    "AdminDisableUser": _POOL_USER,
    "AdminEnableUser": _POOL_USER,
    "AdminGetUser": _POOL_USER,
    "AdminDeleteUser": _POOL_USER,
    "AdminUpdateUserAttributes": f"{_POOL_USER} UserAttributes!:Attributes ClientMetadata:Strings",
    "AdminDeleteUserAttributes": f"{_POOL_USER} UserAttributeNames!:AttributeNames",
    "AdminUserGlobalSignOut": _POOL_USER,
    "ListUsers": "UserPoolId! AttributesToGet:AttributeNames Limit PaginationToken:PageToken Filter:Whatever",
    "CreateGroup": "GroupName! UserPoolId! Description RoleArn:Whatever Precedence",
    "ListGroups": "UserPoolId! Limit NextToken:PageToken",
    "AdminAddUserToGroup": f"{_POOL_USER} GroupName!",
    "AdminRemoveUserFromGroup": f"{_POOL_USER} GroupName!",
    "AdminListGroupsForUser": f"{_POOL_USER} Limit NextToken:PageToken",
}

_IDENTITY_MEMBERS = {
    "CreateIdentityPool": _IDENTITY_POOL,
    "DescribeIdentityPool": "IdentityPoolId!",
    "DeleteIdentityPool": "IdentityPoolId!",
    "GetId": "AccountId IdentityPoolId! Logins:Strings",
    "GetCredentialsForIdentity": "IdentityId! Logins:Strings CustomRoleArn:Whatever",
}


@cache
def request_shape(service: str, operation: str) -> Record | None:
    """The shape of an operation's request; None where the pool does not know the operation."""
    members = (_IDENTITY_MEMBERS if service == "cognito-identity" else _MEMBERS).get(operation)
    if members is None:
        return None
    shapes: dict[str, Shape] = {}
    required = set()
    for entry in members.split():
        marked, _, shape = entry.partition(":")
        name = marked.removesuffix("!")
        shapes[name] = SHAPES[shape or name]
        if name != marked:
            required.add(name)
    return Record(shapes, frozenset(required))
