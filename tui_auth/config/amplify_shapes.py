"""Where each kind of Amplify file keeps what it knows of a user pool.

Schemas: amplify_outputs.json (Gen 2, ``auth.user_pool_id``), amplifyconfiguration.json of the native
libraries (``auth.plugins``), aws-exports.js and the flat amplifyconfiguration.json of JavaScript projects
(``aws_user_pools_id``), and the object that ``Amplify.configure`` takes (``Auth.Cognito``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui_auth.config.literal import Node
from tui_auth.config.password_policy import PasswordPolicy


@dataclass(frozen=True)
class Misfit:
    """A value that is not what its key wants; ``expected`` says what that would be."""

    node: Node
    expected: str = ""


Nodes = Mapping[str, Node | Misfit | None]
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
_TRUTH = "true or false"
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
    return {
        "user_pool_id": pool.at("PoolId"),
        "client_id": pool.at("AppClientId"),
        "client_secret": pool.at("AppClientSecret"),
        "region": pool.at("Region"),
        "endpoint_url": _with_scheme(pool.at("Endpoint")),
        "identity_pool_id": plugin.at("CredentialsProvider", "CognitoIdentity", "Default", "PoolId"),
        "auth_flow": _renamed(auth.at("authenticationFlowType"))
        or _for_migration(pool.at("MigrationEnabled")),
        "username_attributes": _lowered(auth.at("usernameAttributes")),
        "required_attributes": _lowered(auth.at("signupAttributes")),
        "mfa_methods": _unless_off(auth.at("mfaTypes"), auth.at("mfaConfiguration")),
        "password_policy": _policy_of_characters(rules),
    }


def _gen_2(auth: Node) -> Nodes:
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
        "password_policy": _policy(auth.at("password_policy"), dict(zip(wanted, wanted, strict=True))),
    }


def _for_migration(enabled: Node | None) -> Node | Misfit | None:
    """The flow of a pool that takes users over, which wants the password itself."""
    if enabled is None or not _is_given(enabled) or enabled.value in (False, "false"):
        return None
    if enabled.value in (True, "true"):
        return replace(enabled, value="USER_PASSWORD_AUTH")
    return Misfit(enabled, _TRUTH)


def _without_password(passwordless: Node | None) -> tuple[Node | None, Node | Misfit | None]:
    """The flow and the first factor where people sign in without a password; None each for the usual ones.

    A preferred passkey is of no use in a terminal: the pool is asked for what else there is.
    """
    if passwordless is None or not _is_given(passwordless):
        return None, None
    if not isinstance(passwordless.value, dict):
        return None, Misfit(passwordless, "an object")
    preferred = passwordless.at("preferred_challenge")
    switches = [passwordless.at(name) for name in ("email_otp_enabled", "sms_otp_enabled")]
    by_code = [each for each in switches if each and _is_given(each)]
    wrong = next((Misfit(each, _TRUTH) for each in by_code if not isinstance(each.value, bool)), None)
    if preferred and _is_given(preferred):
        if not isinstance(preferred.value, str):
            wrong, preferred = Misfit(preferred, "a word, such as EMAIL_OTP"), None
        elif preferred.value in ("EMAIL_OTP", "SMS_OTP"):
            return replace(preferred, value="USER_AUTH"), preferred
        elif preferred.value in ("PASSWORD", "PASSWORD_SRP"):
            return None, None
    else:
        preferred = None
    on = next((each for each in by_code if each.value is True), preferred)
    return (replace(on, value="USER_AUTH") if on else None), wrong


def _flat(root: Node) -> Nodes:
    return {
        "user_pool_id": root.at("aws_user_pools_id"),
        "client_id": root.at("aws_user_pools_web_client_id"),
        # Not aws_project_region: a pool that was imported may be in another, and its id says which.
        "region": root.at("aws_cognito_region"),
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
    return {
        "user_pool_id": cognito.at("userPoolId"),
        "client_id": cognito.at("userPoolClientId"),
        "region": cognito.at("region"),
        "endpoint_url": cognito.at("userPoolEndpoint"),
        "identity_pool_id": cognito.at("identityPoolId"),
        "username_attributes": _switched_on(
            cognito.at("loginWith"), {"email": "email", "phone": "phone_number"}
        ),
        "required_attributes": _required(cognito.at("userAttributes")),
        "mfa_methods": _unless_off(
            _switched_on(
                cognito.at("mfa"), {"smsEnabled": "SMS", "totpEnabled": "TOTP", "emailEnabled": "EMAIL"}
            ),
            cognito.at("mfa", "status"),
        ),
        "password_policy": _policy(cognito.at("passwordFormat"), _FORMAT),
    }


def _is_given(node: Node) -> bool:
    """Whether there is a value: null and an empty text say nothing."""
    return not (node.is_readable and node.value in (None, ""))


def _switched_on(switches: Node | None, names: Mapping[str, str]) -> Node | Misfit | None:
    """A list of what an object of switches has on, under the names given."""
    if switches is None or not _is_given(switches):
        return None
    if not isinstance(switches.value, dict):
        return Misfit(switches, "an object")
    items: list[Node] = []
    for key, each in switches.members.items():
        if key not in names or not _is_given(each):
            continue
        if not isinstance(each.value, bool):
            return Misfit(each, _TRUTH)
        if each.value:
            items.append(replace(each, value=names[key]))
    return replace(switches, value=items)


def _required(attributes: Node | None) -> Node | Misfit | None:
    """A list of the attributes that say of themselves that they are required."""
    if attributes is None or not isinstance(attributes.value, dict):
        return _switched_on(attributes, {})
    switches: dict[str, Node] = {}
    for name, each in attributes.members.items():
        if _is_given(each) and not isinstance(each.value, dict):
            return Misfit(each, "an object, such as { required: true }")
        if required := each.at("required"):
            switches[name] = required
    return _switched_on(replace(attributes, value=switches), {name: name for name in switches})


def _renamed(flow: Node | None) -> Node | None:
    if flow is None or not isinstance(flow.value, str):
        return flow
    return replace(flow, value=_FLOWS.get(flow.value, flow.value))


def _with_scheme(endpoint: Node | None) -> Node | None:
    """The native libraries write an endpoint as a host name alone."""
    if endpoint is None or not isinstance(endpoint.value, str) or "://" in endpoint.value:
        return endpoint
    if not endpoint.value.strip():
        return None
    return replace(endpoint, value=f"https://{endpoint.value}")


def _lowered(names: Node | None) -> Node | None:
    """Attribute names, written in upper case in the first generation's files."""
    if names is None or not isinstance(names.value, list):
        return names
    lowered = [
        replace(item, value=item.value.lower()) if isinstance(item.value, str) else item
        for item in names.items
    ]
    return replace(names, value=lowered)


def _unless_off(methods: Node | Misfit | None, configuration: Node | None) -> Node | Misfit | None:
    if configuration is None or not _is_given(configuration):
        return methods
    if not isinstance(configuration.value, str):
        return Misfit(configuration, "a word, such as OPTIONAL")
    return replace(configuration, value=[]) if configuration.value.upper() in ("OFF", "NONE") else methods


def _policy(rules: Node | None, names: Mapping[str, str]) -> Node | Misfit | None:
    """The rules for a password under our names for them; what a later version of the file knows is left."""
    if rules is None or not _is_given(rules):
        return None
    if not isinstance(rules.value, dict):
        return Misfit(rules, "an object")
    return replace(
        rules, value={new: rules.members[old] for old, new in names.items() if old in rules.members}
    )


def _policy_of_characters(rules: Node | None) -> Node | Misfit | None:
    policy = _policy(rules, {"passwordPolicyMinLength": "min_length"})
    if rules is None or not isinstance(policy, Node) or not rules.members:
        return policy if isinstance(policy, Misfit) else None
    values = policy.members
    length = values.get("min_length")
    if length and isinstance(length.value, str) and length.value.isdecimal() and len(length.value) < 5:
        values["min_length"] = replace(length, value=int(length.value))
    characters = rules.at("passwordPolicyCharacters")
    if characters and _is_given(characters):
        if not isinstance(characters.value, list) or not all(
            isinstance(item.value, str) for item in characters.items
        ):
            return Misfit(characters, 'a list, such as ["REQUIRES_LOWERCASE"]')
        for item in characters.items:
            if name := _CHARACTERS.get(str(item.value)):
                values[name] = replace(item, value=True)
    return policy
