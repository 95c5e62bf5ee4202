"""Find the settings of a user pool in each kind of Amplify file.

Schemas: amplify_outputs.json (Gen 2, ``auth.user_pool_id``), amplifyconfiguration.json of the native
libraries (``auth.plugins``), aws-exports.js and the flat amplifyconfiguration.json of JavaScript projects
(``aws_user_pools_id``), and the object that ``Amplify.configure`` takes (``Auth.Cognito``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui_auth.config.amplify_js import Node
from tui_auth.config.settings import PasswordPolicy


@dataclass(frozen=True)
class InvalidNode:
    """A value that its key can't have; ``expected`` describes one that it can."""

    node: Node
    expected: str = ""


Nodes = Mapping[str, Node | InvalidNode | None]
"""Settings by name, and ``client_secret``, which is no setting."""

_FLOW_NAMES = {
    "CUSTOM_AUTH": "CUSTOM_WITH_SRP",
    "CUSTOM_AUTH_WITH_SRP": "CUSTOM_WITH_SRP",
    "CUSTOM_AUTH_WITHOUT_SRP": "CUSTOM_WITHOUT_SRP",
}
_CHARACTER_RULES = {
    "REQUIRES_LOWERCASE": "require_lowercase",
    "REQUIRES_UPPERCASE": "require_uppercase",
    "REQUIRES_NUMBERS": "require_numbers",
    "REQUIRES_SYMBOLS": "require_symbols",
}
_BOOLEAN = "true or false"
_FORMAT_RULES = {
    "minLength": "min_length",
    "requireLowercase": "require_lowercase",
    "requireUppercase": "require_uppercase",
    "requireNumbers": "require_numbers",
    "requireSpecialCharacters": "require_symbols",
}


def find_settings(root: Node) -> Nodes | None:
    """Return the nodes of the settings, or None if the object is of none of the kinds."""
    auth, cognito = root.at("auth"), root.at("Auth", "Cognito")
    if auth and "plugins" in auth.members:
        return _native(auth.at("plugins", "awsCognitoAuthPlugin"))
    if auth and "user_pool_id" in auth.members:
        return _gen_2(auth)
    if "aws_user_pools_id" in root.members:
        return _flat(root)
    return _configure_argument(cognito) if cognito else None


def _native(plugin: Node | None) -> Nodes | None:
    pool = plugin.at("CognitoUserPool", "Default") if plugin else None
    if plugin is None or pool is None:
        return None
    auth = plugin.at("Auth", "Default") or Node({}, plugin.line)
    return {
        "user_pool_id": pool.at("PoolId"),
        "client_id": pool.at("AppClientId"),
        "client_secret": pool.at("AppClientSecret"),
        "region": pool.at("Region"),
        "endpoint_url": _endpoint_url(pool.at("Endpoint")),
        "identity_pool_id": plugin.at("CredentialsProvider", "CognitoIdentity", "Default", "PoolId"),
        "auth_flow": _flow(auth.at("authenticationFlowType")) or _migration_flow(pool.at("MigrationEnabled")),
        "username_attributes": _lower_case(auth.at("usernameAttributes")),
        "required_attributes": _lower_case(auth.at("signupAttributes")),
        "mfa_methods": _mfa_methods(auth.at("mfaTypes"), auth.at("mfaConfiguration")),
        "password_policy": _character_policy(auth.at("passwordProtectionSettings")),
    }


def _gen_2(auth: Node) -> Nodes:
    rule_names = PasswordPolicy().to_setting()
    flow, factor = _passwordless_flow(auth.at("passwordless"))
    return {
        "user_pool_id": auth.at("user_pool_id"),
        "client_id": auth.at("user_pool_client_id"),
        "region": auth.at("aws_region"),
        "identity_pool_id": auth.at("identity_pool_id"),
        "auth_flow": flow,
        "preferred_first_factor": factor,
        "username_attributes": auth.at("username_attributes"),
        "required_attributes": auth.at("standard_required_attributes"),
        "mfa_methods": _mfa_methods(auth.at("mfa_methods"), auth.at("mfa_configuration")),
        "password_policy": _policy(auth.at("password_policy"), {name: name for name in rule_names}),
    }


def _migration_flow(enabled: Node | None) -> Node | InvalidNode | None:
    """Return the flow of a pool that migrates users: its Lambda function needs the password itself."""
    if enabled is None or enabled.value in (False, "false"):
        return None
    is_valid = enabled.value in (True, "true")
    return replace(enabled, value="USER_PASSWORD_AUTH") if is_valid else InvalidNode(enabled, _BOOLEAN)


def _passwordless_flow(passwordless: Node | None) -> tuple[Node | None, Node | InvalidNode | None]:
    """Return the flow and the first factor of a passwordless sign-in; None for the defaults.

    A preferred passkey can't be used in a terminal, so Cognito is asked which other factors there are.
    """
    if passwordless is None:
        return None, None
    if not isinstance(passwordless.value, dict):
        return None, InvalidNode(passwordless, "an object")
    switches = list(filter(None, map(passwordless.at, ("email_otp_enabled", "sms_otp_enabled"))))
    invalid = next(
        (InvalidNode(node, _BOOLEAN) for node in switches if not isinstance(node.value, bool)), None
    )
    preferred = passwordless.at("preferred_challenge")
    if preferred and not isinstance(preferred.value, str):
        invalid, preferred = InvalidNode(preferred, "a word, such as EMAIL_OTP"), None
    if preferred and preferred.value in ("PASSWORD", "PASSWORD_SRP"):
        return None, None
    if preferred and preferred.value in ("EMAIL_OTP", "SMS_OTP"):
        return replace(preferred, value="USER_AUTH"), preferred
    enabled = next((node for node in switches if node.value is True), preferred)
    return (replace(enabled, value="USER_AUTH") if enabled else None), invalid


def _flat(root: Node) -> Nodes:
    return {
        "user_pool_id": root.at("aws_user_pools_id"),
        "client_id": root.at("aws_user_pools_web_client_id"),
        # Not aws_project_region: a pool that was imported may be in another, and its id says which.
        "region": root.at("aws_cognito_region"),
        "identity_pool_id": root.at("aws_cognito_identity_pool_id"),
        "auth_flow": _flow(root.at("authenticationFlowType")),
        "username_attributes": _lower_case(root.at("aws_cognito_username_attributes")),
        "required_attributes": _lower_case(root.at("aws_cognito_signup_attributes")),
        "mfa_methods": _mfa_methods(
            root.at("aws_cognito_mfa_types"), root.at("aws_cognito_mfa_configuration")
        ),
        "password_policy": _character_policy(root.at("aws_cognito_password_protection_settings")),
    }


def _configure_argument(cognito: Node) -> Nodes:
    return {
        "user_pool_id": cognito.at("userPoolId"),
        "client_id": cognito.at("userPoolClientId"),
        "region": cognito.at("region"),
        "endpoint_url": cognito.at("userPoolEndpoint"),
        "identity_pool_id": cognito.at("identityPoolId"),
        "username_attributes": _enabled_names(
            cognito.at("loginWith"), {"email": "email", "phone": "phone_number"}
        ),
        "required_attributes": _required_names(cognito.at("userAttributes")),
        "mfa_methods": _mfa_methods(
            _enabled_names(
                cognito.at("mfa"), {"smsEnabled": "SMS", "totpEnabled": "TOTP", "emailEnabled": "EMAIL"}
            ),
            cognito.at("mfa", "status"),
        ),
        "password_policy": _policy(cognito.at("passwordFormat"), _FORMAT_RULES),
    }


def _enabled_names(switches: Node | None, names: Mapping[str, str]) -> Node | InvalidNode | None:
    """Return the list of switches that are on, under their names in ``names``."""
    if switches is None:
        return None
    if not isinstance(switches.value, dict):
        return InvalidNode(switches, "an object")
    items: list[Node] = []
    for key, switch in switches.members.items():
        if key not in names or switch.is_empty:
            continue
        if not isinstance(switch.value, bool):
            return InvalidNode(switch, _BOOLEAN)
        if switch.value:
            items.append(replace(switch, value=names[key]))
    return replace(switches, value=items)


def _required_names(attributes: Node | None) -> Node | InvalidNode | None:
    """Return the list of attributes that are marked as required."""
    if attributes is None or not isinstance(attributes.value, dict):
        return _enabled_names(attributes, {})
    switches: dict[str, Node] = {}
    for name, attribute in attributes.members.items():
        if not attribute.is_empty and not isinstance(attribute.value, dict):
            return InvalidNode(attribute, "an object, such as { required: true }")
        if required := attribute.at("required"):
            switches[name] = required
    return _enabled_names(replace(attributes, value=switches), {name: name for name in switches})


def _flow(flow: Node | None) -> Node | None:
    if flow is None or not isinstance(flow.value, str):
        return flow
    return replace(flow, value=_FLOW_NAMES.get(flow.value, flow.value))


def _endpoint_url(endpoint: Node | None) -> Node | None:
    """Return an endpoint as a URL: the native libraries write only its host name."""
    if endpoint is None or not isinstance(endpoint.value, str) or "://" in endpoint.value:
        return endpoint
    return replace(endpoint, value=f"https://{endpoint.value}") if endpoint.value.strip() else None


def _lower_case(names: Node | None) -> Node | None:
    """Return attribute names in lower case: files of the first generation have them in upper case."""
    if names is None or not isinstance(names.value, list):
        return names
    lowered = [
        replace(item, value=item.value.lower()) if isinstance(item.value, str) else item
        for item in names.items
    ]
    return replace(names, value=lowered)


def _mfa_methods(methods: Node | InvalidNode | None, configuration: Node | None) -> Node | InvalidNode | None:
    if configuration is None:
        return methods
    if not isinstance(configuration.value, str):
        return InvalidNode(configuration, "a word, such as OPTIONAL")
    return replace(configuration, value=[]) if configuration.value.upper() in ("OFF", "NONE") else methods


def _policy(rules: Node | None, names: Mapping[str, str]) -> Node | InvalidNode | None:
    """Return the password rules under our names, without those of a later version of the file."""
    if rules is None:
        return None
    if not isinstance(rules.value, dict):
        return InvalidNode(rules, "an object")
    return replace(
        rules, value={new: rules.members[old] for old, new in names.items() if old in rules.members}
    )


def _character_policy(rules: Node | None) -> Node | InvalidNode | None:
    policy = _policy(rules, {"passwordPolicyMinLength": "min_length"})
    if rules is None or not isinstance(policy, Node):
        return policy
    if not rules.members:
        return None
    values = policy.members
    length = values.get("min_length")
    if length and isinstance(length.value, str) and length.value.isdecimal() and len(length.value) < 5:
        values["min_length"] = replace(length, value=int(length.value))
    if characters := rules.at("passwordPolicyCharacters"):
        is_list = isinstance(characters.value, list)
        if not is_list or not all(isinstance(item.value, str) for item in characters.items):
            return InvalidNode(characters, 'a list, such as ["REQUIRES_LOWERCASE"]')
        for item in characters.items:
            if name := _CHARACTER_RULES.get(str(item.value)):
                values[name] = replace(item, value=True)
    return policy
