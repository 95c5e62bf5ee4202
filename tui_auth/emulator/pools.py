"""User pools with their app clients, and identity pools, which exchange an ID token for AWS credentials."""

from __future__ import annotations

import base64
import secrets
import string
from typing import TYPE_CHECKING, Any

from tui_auth.emulator import session_tracking
from tui_auth.emulator.errors import invalid_parameter, not_authorized, not_found
from tui_auth.emulator.model import AppClient, Identity, IdentityPool, UserPool, random_text, random_uuid
from tui_auth.emulator.oauth_clients import check_oauth_settings
from tui_auth.emulator.triggers import check_lambda_config
from tui_auth.emulator.users import check_schema_names, describe_schema

if TYPE_CHECKING:
    from tui_auth.emulator.state import State


POOL_ID_CHARACTERS = string.ascii_letters + string.digits
_MFA_MEMBERS = (
    "SmsMfaConfiguration",
    "SoftwareTokenMfaConfiguration",
    "EmailMfaConfiguration",
    "WebAuthnConfiguration",
)
_FIXED_MEMBERS = (
    "AliasAttributes",
    "UsernameAttributes",
    "Schema",
    "UsernameConfiguration",
    session_tracking.SETTINGS,
    *_MFA_MEMBERS,
)
_REQUIREMENTS = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")


def create_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve CreateUserPool. SMS is the only second factor it can enable."""
    if "AliasAttributes" in request and "UsernameAttributes" in request:
        message = "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
        raise invalid_parameter(message)
    check_schema_names(request.get("Schema", ()))
    settings = _pool_settings(request)
    if settings["MfaConfiguration"] != "OFF":
        if "SmsConfiguration" not in settings:
            raise invalid_parameter(
                "SMS configuration and Auto verification for phone_number are required when MFA is "
                "required/optional"
            )
        settings["SmsMfaConfiguration"] = {"SmsConfiguration": settings["SmsConfiguration"]}
    now = state.clock.now()
    pool_id = f"{state.region}_{random_text(POOL_ID_CHARACTERS, 9, state.random)}"
    issuer = f"{state.issuer}/{pool_id}"
    pool = UserPool(pool_id, request["PoolName"], state.region, settings, now, now, issuer)
    state.pools[pool.id] = pool
    return {"UserPool": _describe_pool(pool)}


def _pool_settings(request: dict[str, Any]) -> dict[str, Any]:
    settings = {key: value for key, value in request.items() if key not in ("PoolName", "UserPoolId")}
    policies = settings.get("Policies", {})
    # Without a policy Cognito requires all kinds of characters; a policy requires only what it lists.
    defaults: dict[str, Any] = dict.fromkeys(_REQUIREMENTS, "PasswordPolicy" not in policies)
    defaults |= {"MinimumLength": 8, "TemporaryPasswordValidityDays": 7}
    settings["Policies"] = {
        "PasswordPolicy": {**defaults, **policies.get("PasswordPolicy", {})},
        "SignInPolicy": policies.get("SignInPolicy", {"AllowedFirstAuthFactors": ["PASSWORD"]}),
    }
    settings.setdefault("MfaConfiguration", "OFF")
    check_lambda_config(settings.setdefault("LambdaConfig", {}))
    settings.setdefault("AdminCreateUserConfig", {"AllowAdminCreateUserOnly": False})
    return settings


def update_user_pool(state: State, request: dict[str, Any]) -> None:
    """Serve UpdateUserPool. Members that are left out get their defaults, but some can't change."""
    pool = state.pool(request["UserPoolId"])
    fixed = {member: pool.settings[member] for member in _FIXED_MEMBERS if member in pool.settings}
    settings = {**_pool_settings({"MfaConfiguration": pool.mfa, **request}), **fixed}
    if _requires_mfa_of_single_factor_passkeys(settings):
        raise invalid_parameter(
            "WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA."
        )
    pool.settings = settings
    pool.name = request.get("PoolName", pool.name)
    pool.modified = state.clock.now()


def add_custom_attributes(state: State, request: dict[str, Any]) -> None:
    pool = state.pool(request["UserPoolId"])
    check_schema_names(request["CustomAttributes"])
    pool.settings["Schema"] = [*pool.settings.get("Schema", ()), *request["CustomAttributes"]]


def describe_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return {"UserPool": _describe_pool(state.pool(request["UserPoolId"]))}


def _describe_pool(pool: UserPool) -> dict[str, Any]:
    hidden = (*_MFA_MEMBERS, "Schema", session_tracking.SETTINGS)
    return {
        **{member: value for member, value in pool.settings.items() if member not in hidden},
        "Id": pool.id,
        "Name": pool.name,
        "Arn": f"arn:aws:cognito-idp:{pool.region}:000000000000:userpool/{pool.id}",
        "SchemaAttributes": describe_schema(pool),
        "EstimatedNumberOfUsers": len(pool.users),
        **domain_names(pool),
        "CreationDate": pool.created,
        "LastModifiedDate": pool.modified,
    }


def domain_names(pool: UserPool) -> dict[str, str]:
    """Return the pool's Domain, a prefix, and CustomDomain."""
    return {
        "CustomDomain" if "CustomDomainConfig" in settings else "Domain": name
        for name, settings in pool.domains.items()
    }


def delete_user_pool(state: State, request: dict[str, Any]) -> None:
    pool = state.pool(request["UserPoolId"])
    if pool.domains:
        raise invalid_parameter(
            "User pool cannot be deleted. It has a domain configured that should be deleted first."
        )
    for client_id in pool.clients:
        del state.clients[client_id]
    pool.users.clear()
    del state.pools[pool.id]


def list_user_pools(state: State, request: dict[str, Any]) -> dict[str, Any]:
    listed = ("Id", "Name", "LambdaConfig", "CreationDate", "LastModifiedDate")
    descriptions = [_describe_pool(pool) for pool in state.pools.values()]
    pools = [{member: description[member] for member in listed} for description in descriptions]
    return paginate("UserPools", pools, request, "MaxResults", "NextToken")


def set_user_pool_mfa_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve SetUserPoolMfaConfig: members that are left out don't change."""
    pool = state.pool(request["UserPoolId"])
    changes = {member: request[member] for member in (*_MFA_MEMBERS, "MfaConfiguration") if member in request}
    settings = {**pool.settings, **changes}
    if _requires_mfa_of_single_factor_passkeys(settings):
        raise invalid_parameter(
            "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an "
            "allowed first auth factor"
        )
    pool.settings = settings
    pool.modified = state.clock.now()
    return _mfa_config(pool)


def _requires_mfa_of_single_factor_passkeys(settings: dict[str, Any]) -> bool:
    """Return whether MFA is required but passkeys, which are allowed, don't count as it."""
    passkeys = settings.get("WebAuthnConfiguration", {}).get("FactorConfiguration", "SINGLE_FACTOR")
    is_allowed = "WEB_AUTHN" in settings["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"]
    return is_allowed and settings["MfaConfiguration"] == "ON" and bool(passkeys == "SINGLE_FACTOR")


def get_user_pool_mfa_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return _mfa_config(state.pool(request["UserPoolId"]))


def _mfa_config(pool: UserPool) -> dict[str, Any]:
    config = {member: pool.settings[member] for member in _MFA_MEMBERS if member in pool.settings}
    return {**config, "MfaConfiguration": pool.mfa}


def paginate(
    member: str, items: list[dict[str, Any]], request: dict[str, Any], limit: str, token: str
) -> dict[str, Any]:
    """Return one page of a list. ``limit`` and ``token`` are members for its size and its start."""
    position = request.get(token, "0")
    if not (position.isascii() and position.isdecimal() and len(position) <= 9):
        raise invalid_parameter("Invalid pagination token.")
    start = int(position)
    end = start + (request.get(limit) or 60)
    return {member: items[start:end], **({token: str(end)} if end < len(items) else {})}


CLIENT_ID_CHARACTERS = string.ascii_lowercase + string.digits
_DEFAULT_FLOWS = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]
_LEGACY_FLOWS = ("ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH")
_NOT_SETTINGS = ("UserPoolId", "ClientId", "ClientName", "GenerateSecret", "ClientSecret")
_DEFAULTS: dict[str, Any] = {
    "RefreshTokenValidity": 30,
    "AccessTokenValidity": 1,
    "IdTokenValidity": 1,
    "PreventUserExistenceErrors": "LEGACY",
    "EnableTokenRevocation": True,
    "EnablePropagateAdditionalUserContextData": False,
    "AuthSessionValidity": 3,
    "AllowedOAuthFlowsUserPoolClient": False,
}


def client_and_username(state: State, request: dict[str, Any]) -> tuple[AppClient, str]:
    """Return the client and the user name of a request, after the check of its SecretHash."""
    client = state.client(request["ClientId"])
    client.check_secret_hash(request["Username"], request.get("SecretHash"))
    return client, request["Username"]


def create_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    secret = request.get("ClientSecret")
    if secret is None and request.get("GenerateSecret"):
        secret = random_text(CLIENT_ID_CHARACTERS, 51, state.random)
    now, settings = state.clock.now(), _client_settings(request)
    check_oauth_settings(pool, settings, has_secret=secret is not None)
    client_id = random_text(CLIENT_ID_CHARACTERS, 26, state.random)
    client = AppClient(client_id, pool, request["ClientName"], secret, settings, now, now)
    pool.clients[client.id] = state.clients[client.id] = client
    return {"UserPoolClient": _describe_client(client)}


def update_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateUserPoolClient: members that are left out get their defaults."""
    client = state.client(request["ClientId"], request["UserPoolId"])
    settings = _client_settings(request)
    check_oauth_settings(client.pool, settings, has_secret=client.secret is not None)
    client.settings = settings
    client.name = request.get("ClientName", client.name)
    client.modified = state.clock.now()
    return {"UserPoolClient": _describe_client(client)}


def _client_settings(request: dict[str, Any]) -> dict[str, Any]:
    requested = {key: value for key, value in request.items() if key not in _NOT_SETTINGS}
    settings = {**_DEFAULTS, **requested}
    # Zero means the default.
    settings["RefreshTokenValidity"] = settings["RefreshTokenValidity"] or 30
    rotates = settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"
    flows = settings.get("ExplicitAuthFlows") or list(_DEFAULT_FLOWS)
    if rotates and "ALLOW_REFRESH_TOKEN_AUTH" in requested.get("ExplicitAuthFlows", ()):
        raise invalid_parameter(
            "Refresh token rotation cannot be enabled together with ALLOW_REFRESH_TOKEN_AUTH."
        )
    legacy = [flow for flow in flows if flow in _LEGACY_FLOWS]
    if legacy and len(legacy) < len(flows):
        raise invalid_parameter(f"Invalid ExplicitAuthFlows: {legacy[0]} cannot be mixed with ALLOW_ values.")
    if legacy and "CUSTOM_AUTH_FLOW_ONLY" not in legacy:
        flows = [*flows, *_DEFAULT_FLOWS]
    elif legacy:
        flows = [*flows, "ALLOW_REFRESH_TOKEN_AUTH"]
    settings["ExplicitAuthFlows"] = flows
    return settings


def describe_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return {"UserPoolClient": _describe_client(state.client(request["ClientId"], request["UserPoolId"]))}


def delete_user_pool_client(state: State, request: dict[str, Any]) -> None:
    client = state.client(request["ClientId"], request["UserPoolId"])
    del client.pool.clients[client.id], state.clients[client.id]


def list_user_pool_clients(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    clients = [
        {"ClientId": client.id, "UserPoolId": pool.id, "ClientName": client.name}
        for client in pool.clients.values()
    ]
    return paginate("UserPoolClients", clients, request, "MaxResults", "NextToken")


def _describe_client(client: AppClient) -> dict[str, Any]:
    return {
        **client.settings,
        "UserPoolId": client.pool.id,
        "ClientName": client.name,
        "ClientId": client.id,
        **({"ClientSecret": client.secret} if client.secret else {}),
        "CreationDate": client.created,
        "LastModifiedDate": client.modified,
    }


CREDENTIAL_SECONDS = 3600
_KEY_ID_CHARACTERS = string.ascii_uppercase + "234567"


def create_identity_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = IdentityPool(f"{state.region}:{random_uuid(state.random)}", request)
    state.identity_pools[pool.id] = pool
    return {"IdentityPoolId": pool.id, **pool.settings}


def describe_identity_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = _identity_pool(state, request["IdentityPoolId"])
    return {"IdentityPoolId": pool.id, **pool.settings}


def delete_identity_pool(state: State, request: dict[str, Any]) -> None:
    pool = _identity_pool(state, request["IdentityPoolId"])
    del state.identity_pools[pool.id]
    for identity in [entry for entry in state.identities.values() if entry.pool is pool]:
        del state.identities[identity.id]


def get_id(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve GetId: always the same identity for a login, and a new one for each guest."""
    pool = _identity_pool(state, request["IdentityPoolId"])
    logins = _verified_logins(state, pool, request)
    identity = _find_by_login(state, pool, logins)
    if identity is None:
        identity = Identity(f"{state.region}:{random_uuid(state.random)}", pool, logins)
        state.identities[identity.id] = identity
    identity.logins |= logins
    return {"IdentityId": identity.id}


def get_credentials_for_identity(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve GetCredentialsForIdentity. The credentials are random: no AWS service accepts them."""
    identity = state.identities.get(request["IdentityId"])
    if identity is None:
        raise not_found(f"Identity '{request['IdentityId']}' not found.")
    if identity.logins and not request.get("Logins"):
        raise not_authorized(f"Access to Identity '{identity.id}' is forbidden.")
    logins = _verified_logins(state, identity.pool, request)
    if identity.logins and not identity.logins & logins:
        raise not_authorized(
            "Logins don't match. Please include at least one valid login for this identity or identity pool."
        )
    known = _find_by_login(state, identity.pool, logins)
    if known is not None and known is not identity:
        # A guest becomes the identity of its logins.
        del state.identities[identity.id]
        identity = known
    identity.logins |= logins
    return {
        "IdentityId": identity.id,
        "Credentials": {
            "AccessKeyId": "ASIA" + random_text(_KEY_ID_CHARACTERS, 16),
            "SecretKey": base64.b64encode(secrets.token_bytes(30)).decode(),
            "SessionToken": base64.b64encode(secrets.token_bytes(600)).decode(),
            "Expiration": int(state.clock.now()) + CREDENTIAL_SECONDS,
        },
    }


def _find_by_login(state: State, pool: IdentityPool, logins: set[tuple[str, str]]) -> Identity | None:
    for identity in state.identities.values():
        if identity.pool is pool and identity.logins & logins:
            return identity
    return None


def _identity_pool(state: State, pool_id: str) -> IdentityPool:
    try:
        return state.identity_pools[pool_id]
    except KeyError:
        raise not_found(f"IdentityPool '{pool_id}' not found.") from None


def _verified_logins(state: State, pool: IdentityPool, request: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the logins as (provider, sub). They are empty for a guest, if the pool allows guests."""
    logins = {
        (provider, _verified_subject(state, pool, provider, token))
        for provider, token in request.get("Logins", {}).items()
    }
    if not logins and not pool.settings["AllowUnauthenticatedIdentities"]:
        raise not_authorized("Unauthenticated access is not supported for this identity pool.")
    return logins


def _verified_subject(state: State, pool: IdentityPool, provider: str, token: str) -> str:
    entries = pool.settings.get("CognitoIdentityProviders", ())
    entries = [entry for entry in entries if entry.get("ProviderName") == provider]
    if not entries:
        raise not_authorized("Token is not from a supported provider of this identity pool.")
    if token.count(".") != 2:
        raise not_authorized("Invalid login token. Not a valid OpenId Connect identity token.")
    claims = state.keys.read(token, "id")
    if claims is None:
        if state.keys.read(token, "access") is not None:
            raise not_authorized("Invalid login token. Not a valid OpenId Connect identity token.")
        raise not_authorized("Invalid login token. Token signature invalid.")
    if claims["iss"].partition("://")[2] != provider:
        raise not_authorized("Invalid login token. Issuer doesn't match providerName")
    entry = next((entry for entry in entries if entry.get("ClientId") == claims["aud"]), None)
    if entry is None:
        raise not_authorized("Invalid login token. Incorrect token audience.")
    now = int(state.clock.now())
    if now >= claims["exp"]:
        raise not_authorized(f"Invalid login token. Token expired: {claims['exp']} >= {now}")
    if entry.get("ServerSideTokenCheck"):
        _check_server_side(state, state.pools.get(claims["iss"].rpartition("/")[2]), claims)
    return str(claims["sub"])


def _check_server_side(state: State, pool: UserPool | None, claims: dict[str, Any]) -> None:
    """Raise NotAuthorizedException if the user is gone or disabled, or the tokens were revoked."""
    user = pool.users.get(pool.fold(claims["cognito:username"])) if pool else None
    is_revoked = claims["origin_jti"] in state.revoked_origins
    if user is None or user.sub != claims["sub"] or not user.enabled or is_revoked:
        raise not_authorized("Invalid login token. Token is no longer valid.")
