"""The shapes of request members, as botocore's service models have them.

What is only kept and given back (message texts, tags) is left open.
"""

from __future__ import annotations

from tui_auth.emulator.shapes import (
    PRINTABLE,
    PRINTABLE_OR_SPACE,
    ListOf,
    Open,
    Record,
    Shape,
    Strings,
    Text,
    Truth,
    Whole,
)

AUTH_FLOWS = (
    "USER_SRP_AUTH",
    "REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN",
    "CUSTOM_AUTH",
    "ADMIN_NO_SRP_AUTH",
    "USER_PASSWORD_AUTH",
    "ADMIN_USER_PASSWORD_AUTH",
    "USER_AUTH",
)
CHALLENGES = (
    "SMS_MFA",
    "EMAIL_OTP",
    "SOFTWARE_TOKEN_MFA",
    "SELECT_MFA_TYPE",
    "MFA_SETUP",
    "PASSWORD_VERIFIER",
    "CUSTOM_CHALLENGE",
    "SELECT_CHALLENGE",
    "DEVICE_SRP_AUTH",
    "DEVICE_PASSWORD_VERIFIER",
    "ADMIN_NO_SRP_AUTH",
    "NEW_PASSWORD_REQUIRED",
    "SMS_OTP",
    "PASSWORD",
    "WEB_AUTHN",
    "PASSWORD_SRP",
)
CLIENT_FLOWS = (
    "ADMIN_NO_SRP_AUTH",
    "CUSTOM_AUTH_FLOW_ONLY",
    "USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_TOKEN_EXCHANGE_DELEGATION",
    "ALLOW_TOKEN_EXCHANGE_IMPERSONATION",
)

_NAME = r"[\w\s+=,.@-]+"
_TIME_UNIT = Text(choices=("seconds", "minutes", "hours", "days"))
_NUMBER = Text(1, 18, r"-?[0-9]+")
_VERIFIED = Text(choices=("phone_number", "email"))
_TOKEN = Text(pattern="[A-Za-z0-9-_=.]+", sensitive=True)
_ATTRIBUTE_NAME = Text(1, 32, PRINTABLE_OR_SPACE)
_MFA_SETTING = Record({"Enabled": Truth(), "PreferredMfa": Truth()})

SHAPES: dict[str, Shape] = {
    "AccessToken": _TOKEN,
    "AccessTokenValidity": Whole(1, 86400),
    "AccountId": Text(1, 15, r"\d+"),
    "AccountRecoverySetting": Record(
        {
            "RecoveryMechanisms": ListOf(
                Record(
                    {
                        "Priority": Whole(1, 2),
                        "Name": Text(choices=("verified_email", "verified_phone_number", "admin_only")),
                    },
                    frozenset({"Priority", "Name"}),
                ),
                1,
                2,
            )
        }
    ),
    "AdminCreateUserConfig": Record(
        {
            "AllowAdminCreateUserOnly": Truth(),
            "UnusedAccountValidityDays": Whole(0, 365),
            "InviteMessageTemplate": Open(),
        }
    ),
    "AliasAttributes": ListOf(Text(choices=("phone_number", "email", "preferred_username"))),
    "AttributeName": _ATTRIBUTE_NAME,
    "AttributeNames": ListOf(_ATTRIBUTE_NAME),
    "Attributes": ListOf(
        Record({"Name": _ATTRIBUTE_NAME, "Value": Text(0, 2048, sensitive=True)}, frozenset({"Name"}))
    ),
    "AuthFlow": Text(choices=AUTH_FLOWS),
    "AuthSessionValidity": Whole(3, 15),
    "Boolean": Truth(),
    "ChallengeName": Text(1, 64),
    "ClientId": Text(1, 128, r"[\w+]+", sensitive=True),
    "ClientName": Text(1, 128, _NAME),
    "ClientSecret": Text(24, 64, r"[\w+]+", sensitive=True),
    "CognitoIdentityProviders": ListOf(
        Record(
            {
                "ProviderName": Text(1, 128, r"[\w._:/-]+"),
                "ClientId": Text(1, 128, r"[\w_]+"),
                "ServerSideTokenCheck": Truth(),
            }
        )
    ),
    "Code": Text(1, 2048, r"[\S]+"),
    "Description": Text(0, 2048),
    "DeviceConfiguration": Record(
        {"ChallengeRequiredOnNewDevice": Truth(), "DeviceOnlyRememberedOnUserPrompt": Truth()}
    ),
    "DeviceKey": Text(1, 55, r"[\w-]+_[0-9a-f-]+"),
    "DeviceName": Text(1, 1024),
    "DeviceRememberedStatus": Text(choices=("remembered", "not_remembered")),
    "DeviceSecretVerifierConfig": Record({"PasswordVerifier": Text(), "Salt": Text()}),
    "EmailMfaConfiguration": Record({"Message": Text(6, 20000), "Subject": Text()}),
    "ExplicitAuthFlows": ListOf(Text(choices=CLIENT_FLOWS)),
    "GroupName": Text(1, 128, PRINTABLE),
    "IdTokenValidity": Whole(1, 86400),
    "IdentityId": Text(1, 55, r"[\w-]+:[0-9a-f-]+"),
    "IdentityPoolId": Text(1, 55, r"[\w-]+:[0-9a-f-]+"),
    "IdentityPoolName": Text(1, 128, r"[\w\s+=,.@-]+"),
    "LambdaConfig": Open(),
    "Limit": Whole(0, 60),
    "MaxResults": Whole(1, 60),
    "Mediums": ListOf(Text(choices=("SMS", "EMAIL"))),
    "MessageAction": Text(choices=("RESEND", "SUPPRESS")),
    "MfaConfiguration": Text(choices=("OFF", "ON", "OPTIONAL")),
    "MfaSetting": _MFA_SETTING,
    "Names": ListOf(Text(1, 2048)),
    "Open": Open(),
    "PageToken": Text(1, None, r"[\S]+"),
    "Password": Text(6, 256, r"[\S]+", sensitive=True),
    "Policies": Record(
        {
            "PasswordPolicy": Record(
                {
                    "MinimumLength": Whole(6, 99),
                    "RequireUppercase": Truth(),
                    "RequireLowercase": Truth(),
                    "RequireNumbers": Truth(),
                    "RequireSymbols": Truth(),
                    "PasswordHistorySize": Whole(0, 24),
                    "TemporaryPasswordValidityDays": Whole(0, 365),
                }
            ),
            "SignInPolicy": Record(
                {
                    "AllowedFirstAuthFactors": ListOf(
                        Text(choices=("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")), 1, 5
                    )
                }
            ),
        }
    ),
    "PoolName": Text(1, 128, _NAME),
    "Precedence": Whole(0),
    "PreventUserExistenceErrors": Text(choices=("LEGACY", "ENABLED")),
    "PreviousPassword": Text(0, 256, r"[\S]+", sensitive=True),
    "RefreshToken": _TOKEN,
    "RefreshTokenRotation": Record(
        {"Feature": Text(choices=("ENABLED", "DISABLED")), "RetryGracePeriodSeconds": Whole(0, 60)},
        frozenset({"Feature"}),
    ),
    "RefreshTokenValidity": Whole(0, 315360000),
    "RevokeAssociatedSessions": Text(choices=("NONE", "LINKED")),
    "Schema": ListOf(
        Record(
            {
                "Name": Text(1, 20, PRINTABLE),
                "AttributeDataType": Text(choices=("String", "Number", "DateTime", "Boolean")),
                "DeveloperOnlyAttribute": Truth(),
                "Mutable": Truth(),
                "Required": Truth(),
                "NumberAttributeConstraints": Record({"MinValue": _NUMBER, "MaxValue": _NUMBER}),
                "StringAttributeConstraints": Record({"MinLength": _NUMBER, "MaxLength": _NUMBER}),
            }
        ),
        1,
        50,
    ),
    "SecretHash": Text(1, 128, r"[\w+=/]+", sensitive=True),
    "Session": Text(20, 4096, sensitive=True),
    "SmsMfaConfiguration": Record({"SmsAuthenticationMessage": Text(6, 140), "SmsConfiguration": Open()}),
    "SoftwareTokenMfaConfiguration": Record({"Enabled": Truth()}),
    "Strings": Strings(),
    "TokenValidityUnits": Record(
        {"AccessToken": _TIME_UNIT, "IdToken": _TIME_UNIT, "RefreshToken": _TIME_UNIT}
    ),
    "UserAttributeUpdateSettings": Record({"AttributesRequireVerificationBeforeUpdate": ListOf(_VERIFIED)}),
    "UserCode": Text(6, 6, "[0-9]+", sensitive=True),
    "UserPoolId": Text(1, 55, r"[\w-]+_[0-9a-zA-Z]+"),
    "UserPoolTier": Text(choices=("LITE", "ESSENTIALS", "PLUS")),
    "Username": Text(1, 128, PRINTABLE, sensitive=True),
    "UsernameAttributes": ListOf(_VERIFIED),
    "UsernameConfiguration": Record({"CaseSensitive": Truth()}, frozenset({"CaseSensitive"})),
    "VerifiedList": ListOf(_VERIFIED),
    "Whatever": Text(0, 131072),
    "WebAuthnMfaSettings": Record({"Enabled": Truth()}),
    "WebAuthnConfiguration": Record(
        {
            "RelyingPartyId": Text(1, 127),
            "UserVerification": Text(choices=("required", "preferred")),
            "FactorConfiguration": Text(choices=("SINGLE_FACTOR", "MULTI_FACTOR_WITH_USER_VERIFICATION")),
        }
    ),
}
