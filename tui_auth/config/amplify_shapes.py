"""Where each kind of Amplify file keeps what it knows of a user pool.

Schemas: amplify_outputs.json (Gen 2, ``auth.user_pool_id``), amplifyconfiguration.json of the native
libraries (``auth.plugins``), aws-exports.js and the flat amplifyconfiguration.json of JavaScript projects
(``aws_user_pools_id``), and the object that ``Amplify.configure`` takes (``Auth.Cognito``).
"""

from __future__ import annotations

from collections.abc import Mapping

from tui_auth.config.literal import Node
from tui_auth.config.password_policy import PasswordPolicy

Nodes = Mapping[str, Node | None]
"""Settings by name; and ``client_secret``, which is no setting."""

_FLOWS = {
    "CUSTOM_AUTH": "CUSTOM_WITH_SRP",
    "CUSTOM_AUTH_WITH_SRP": "CUSTOM_WITH_SRP",
    "CUSTOM_AUTH_WITHOUT_SRP": "CUSTOM_WITHOUT_SRP",
}
_CHARACTERS = {
    "REQUIRES_LOWERCASE": "require_lowercase",
    "REQUIRES_UPPERCASE": "require_uppercase",
    "REQUIRES_NUMBERS": "require_numbers",
    "REQUIRES_SYMBOLS": "require_symbols",
}
_FORMAT = {
    "minLength": "min_length",
    "requireLowercase": "require_lowercase",
    "requireUppercase": "require_uppercase",
    "requireNumbers": "require_numbers",
    "requireSpecialCharacters": "require_symbols",
}


def settings_in(root: Node) -> Nodes | None:
    """The nodes of the settings, by the rule of detection; None where this is none of the kinds."""
    if root.at("auth", "plugins") is not None:
        return _native(root.at("auth", "plugins", "awsCognitoAuthPlugin"))
    if (auth := root.at("auth")) and auth.at("user_pool_id"):
        return _gen_2(auth)
    if root.at("aws_user_pools_id"):
        return _flat(root)
    if cognito := root.at("Auth", "Cognito"):
        return _configured(cognito)
    return None


def _native(plugin: Node | None) -> Nodes | None:
    pool = plugin.at("CognitoUserPool", "Default") if plugin else None
    if plugin is None or pool is None:
        return None
    auth = plugin.at("Auth", "Default") or Node({}, plugin.line)
    rules = auth.at("passwordProtectionSettings")
    flow = auth.at("authenticationFlowType")
    migrates = pool.at("MigrationEnabled")
    if flow is None and migrates and migrates.value in (True, "true"):
        flow = Node("USER_PASSWORD_AUTH", migrates.line)
    return {
        "user_pool_id": pool.at("PoolId"),
        "client_id": pool.at("AppClientId"),
        "client_secret": pool.at("AppClientSecret"),
        "region": pool.at("Region"),
        "endpoint_url": _with_scheme(pool.at("Endpoint")),
        "identity_pool_id": plugin.at("CredentialsProvider", "CognitoIdentity", "Default", "PoolId"),
        "auth_flow": _renamed(flow),
        "username_attributes": _lowered(auth.at("usernameAttributes")),
        "required_attributes": _lowered(auth.at("signupAttributes")),
        "mfa_methods": _unless_off(auth.at("mfaTypes"), auth.at("mfaConfiguration")),
        "password_policy": _policy_of_characters(rules),
    }


def _gen_2(auth: Node) -> Nodes:
    rules = auth.at("password_policy")
    wanted = PasswordPolicy().values()
    flow, factor = _without_password(auth.at("passwordless"))
    return {
        "user_pool_id": auth.at("user_pool_id"),
        "client_id": auth.at("user_pool_client_id"),
        "region": auth.at("aws_region"),
        "identity_pool_id": auth.at("identity_pool_id"),
        "auth_flow": flow,
        "preferred_first_factor": factor,
        "username_attributes": auth.at("username_attributes"),
        "required_attributes": auth.at("standard_required_attributes"),
        "mfa_methods": _unless_off(auth.at("mfa_methods"), auth.at("mfa_configuration")),
        "password_policy": rules
        and Node({name: each for name, each in rules.members.items() if name in wanted}, rules.line),
    }


def _without_password(passwordless: Node | None) -> tuple[Node | None, Node | None]:
    """The flow and the first factor where people sign in without a password; None each for the usual ones.

    A preferred passkey is of no use in a terminal: the pool is asked for what else there is.
    """
    if passwordless is None:
        return None, None
    preferred = passwordless.at("preferred_challenge")
    by_code = [passwordless.at(name) for name in ("email_otp_enabled", "sms_otp_enabled")]
    if preferred and preferred.value in ("EMAIL_OTP", "SMS_OTP"):
        return Node("USER_AUTH", preferred.line), preferred
    if preferred and preferred.value in ("PASSWORD", "PASSWORD_SRP"):
        return None, None
    on = next((node for node in by_code if node and node.value is True), preferred)
    return (Node("USER_AUTH", on.line), None) if on else (None, None)


def _flat(root: Node) -> Nodes:
    return {
        "user_pool_id": root.at("aws_user_pools_id"),
        "client_id": root.at("aws_user_pools_web_client_id"),
        "region": root.at("aws_cognito_region") or root.at("aws_project_region"),
        "identity_pool_id": root.at("aws_cognito_identity_pool_id"),
        "auth_flow": _renamed(root.at("authenticationFlowType")),
        "username_attributes": _lowered(root.at("aws_cognito_username_attributes")),
        "required_attributes": _lowered(root.at("aws_cognito_signup_attributes")),
        "mfa_methods": _unless_off(
            root.at("aws_cognito_mfa_types"), root.at("aws_cognito_mfa_configuration")
        ),
        "password_policy": _policy_of_characters(root.at("aws_cognito_password_protection_settings")),
    }


def _configured(cognito: Node) -> Nodes:
    rules, ways, required = (
        cognito.at("passwordFormat"),
        cognito.at("loginWith"),
        cognito.at("userAttributes"),
    )
    return {
        "user_pool_id": cognito.at("userPoolId"),
        "client_id": cognito.at("userPoolClientId"),
        "region": cognito.at("region"),
        "endpoint_url": cognito.at("userPoolEndpoint"),
        "identity_pool_id": cognito.at("identityPoolId"),
        "username_attributes": _switched_on(ways, {"email": "email", "phone": "phone_number"}),
        "required_attributes": required
        and _switched_on(
            Node({name: each.at("required") for name, each in required.members.items()}, required.line), None
        ),
        "mfa_methods": _unless_off(
            _switched_on(
                cognito.at("mfa"), {"smsEnabled": "SMS", "totpEnabled": "TOTP", "emailEnabled": "EMAIL"}
            ),
            cognito.at("mfa", "status"),
        ),
        "password_policy": rules
        and Node(
            {new: rules.members[old] for old, new in _FORMAT.items() if old in rules.members}, rules.line
        ),
    }


def _switched_on(switches: Node | None, names: Mapping[str, str] | None) -> Node | None:
    """A list of what an object of switches has on, under the names given, or else under its own."""
    if switches is None:
        return None
    items = [
        Node(names[key] if names else key, each.line)
        for key, each in switches.members.items()
        if each is not None and each.value is True and (names is None or key in names)
    ]
    return Node(items, switches.line)


def _renamed(flow: Node | None) -> Node | None:
    if flow is None or not isinstance(flow.value, str):
        return flow
    return Node(_FLOWS.get(flow.value, flow.value), flow.line)


def _with_scheme(endpoint: Node | None) -> Node | None:
    """The native libraries write an endpoint as a host name alone."""
    if endpoint is None or not isinstance(endpoint.value, str) or "://" in endpoint.value:
        return endpoint
    if not endpoint.value.strip():
        return None
    return Node(f"https://{endpoint.value}", endpoint.line)


def _lowered(names: Node | None) -> Node | None:
    """Attribute names, written in upper case in the first generation's files."""
    if names is None:
        return None
    lowered = [Node(str(item.value).lower(), item.line, item.is_readable) for item in names.items]
    return Node(lowered, names.line)


def _unless_off(methods: Node | None, configuration: Node | None) -> Node | None:
    if configuration and str(configuration.value).upper() in ("OFF", "NONE"):
        return Node([], configuration.line)
    return methods


def _policy_of_characters(rules: Node | None) -> Node | None:
    if rules is None or not rules.members:
        return None
    policy: dict[str, Node] = {}
    if length := rules.at("passwordPolicyMinLength"):
        is_written = isinstance(length.value, str) and length.value.isdigit()
        policy["min_length"] = Node(int(str(length.value)), length.line) if is_written else length
    characters = rules.at("passwordPolicyCharacters")
    for item in characters.items if characters else ():
        if name := _CHARACTERS.get(str(item.value)):
            policy[name] = Node(True, item.line)
    return Node(policy, rules.line)
