"""Find and read Amplify's files: which user pool they specify, and which file belongs to a folder.

Schemas: amplify_outputs.json (Gen 2, ``auth.user_pool_id``), amplifyconfiguration.json of the native
libraries (``auth.plugins``), aws-exports.js and the flat amplifyconfiguration.json of JavaScript projects
(``aws_user_pools_id``), and the object that ``Amplify.configure`` takes (``Auth.Cognito``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from tui_auth.config.amplify_js import (
    BOOLEAN,
    InvalidNode,
    Node,
    ObjectSyntaxError,
    find_objects,
    find_stray_key,
    read_object,
    shorten_json,
)
from tui_auth.config.amplify_oauth import configured_login, flat_login, gen_2_login, native_login
from tui_auth.config.files import (
    LARGEST_BYTES,
    ConfigurationError,
    ForeignConfigFileError,
    amplify_files_above,
    display_path,
    error_in_file,
    is_plain_file,
    read_secret_line,
    read_text,
)
from tui_auth.config.settings import InvalidValueError, PasswordPolicy, validate_setting
from tui_auth.secret import Secret
from tui_auth.storage.paths import AMPLIFY_FILE_NAMES
from tui_auth.terminal.safe_text import safe_line

_PLACE_OF_POOL = {
    "amplify_outputs.json": "auth.user_pool_id",
    "amplifyconfiguration.json": "auth.plugins and no aws_user_pools_id",
    "aws-exports.js": "aws_user_pools_id",
}
"""For each file name the key that specifies a pool, as an error message calls it."""

_DECISIVE = frozenset({"user_pool_id", "client_id", "client_secret", "region", "endpoint_url", "auth_flow"})
"""An invalid value of these is an error: the user would sign in elsewhere. The other settings only help."""

_POOL_KEY = re.compile(
    r"\b(?:aws_user_pools_(?:web_client_)?id|userPool(?:Web)?(?:Client)?Id|user_pool_(?:client_)?id"
    r"|awsCognitoAuthPlugin)\b"
)
_NEEDS_RUNNING = "isn't a literal value, and nothing in this file is run"
_HOW_TO_REPAIR = "Generate it again with Amplify, or specify the pool with flags or a profile."
_USE_INSTEAD = "Use amplify_outputs.json, flags or a profile."
_LARGEST_SCRIPT_BYTES = 256 * 1024


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
_FORMAT_RULES = {
    "minLength": "min_length",
    "requireLowercase": "require_lowercase",
    "requireUppercase": "require_uppercase",
    "requireNumbers": "require_numbers",
    "requireSpecialCharacters": "require_symbols",
}

Value = Node | InvalidNode | None
Nodes = Mapping[str, Value]
"""Settings by name, and ``client_secret``, which is no setting."""


class FileValue(NamedTuple):
    """A validated value and its line."""

    value: object
    line: int


@dataclass(frozen=True)
class AmplifyFile:
    """The pool that a file specifies: settings by name, and the app client's secret if it has one.

    ``warnings`` are sentences about invalid values that aren't needed to sign in.
    """

    path: Path
    settings: dict[str, FileValue]
    client_secret: Secret | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class AmplifySearch:
    """The nearest file that specifies a pool, or None, and sentences about the files that were skipped."""

    file: AmplifyFile | None
    notes: tuple[str, ...] = ()


def find_amplify_file(folder: Path, home: Path, owners: frozenset[int] | None = None) -> AmplifySearch:
    """Return the nearest file that specifies a user pool.

    Args:
        folder: Where the search begins.
        home: Where it ends.
        owners: The user IDs whose files are accepted. By default ours, root's and that of the folder's owner:
            in a folder that everyone can write to, another user's file could send a password to their pool.

    Raises:
        ConfigurationError: The file can't be understood, or another file beside it specifies another pool.
    """
    if owners is None:
        owners = frozenset({os.getuid(), 0, folder.stat().st_uid})
    notes: list[str] = []
    for path in amplify_files_above(folder, home):
        if not is_plain_file(path):
            kind = "not a regular file" if os.path.exists(path) else "a broken link"  # noqa: PTH110
            kind = "a folder" if os.path.isdir(path) else kind  # noqa: PTH112
            notes.append(f"{display_path(path)} is {kind} and was ignored.")
            continue
        try:
            file = read_amplify_file(path, owners)
        except ForeignConfigFileError as error:
            notes.append(
                f"{str(error).removesuffix('.')} and was ignored; `tui-auth profile import FILE` can "
                "import it."
            )
            continue
        if file is not None and "user_pool_id" in file.settings:
            _check_for_other_pools(file, owners)
            return AmplifySearch(file, tuple(notes))
        reason = f"it has no {_PLACE_OF_POOL[path.name]}" if file is None else "its ID is empty"
        notes.append(f"{display_path(path)} specifies no user pool: {reason}. It was ignored.")
    return AmplifySearch(None, tuple(notes))


def _check_for_other_pools(file: AmplifyFile, owners: frozenset[int]) -> None:
    """Raise ConfigurationError if a file beside this one, or in src/, specifies another pool.

    Two files with the same pool are fine: the tools of one generation write both.
    """
    folder = file.path.parent
    for path in (place / name for place in (folder, folder / "src") for name in AMPLIFY_FILE_NAMES):
        if path == file.path or not is_plain_file(path):
            continue
        try:
            other = read_amplify_file(path, owners)
        except ConfigurationError:
            continue  # it isn't used, and may be another user's
        if other and any(
            file.settings[name].value != other.settings[name].value
            for name in ("user_pool_id", "client_id")
            if name in file.settings and name in other.settings
        ):
            raise ConfigurationError(
                f"{display_path(file.path)} and {path.relative_to(folder)} specify different pools. "
                "Run `tui-auth profile import FILE --name NAME` with the one you mean, then use "
                "--profile NAME."
            )


def read_amplify_file(path: Path, owners: frozenset[int] | None = None) -> AmplifyFile | None:
    """Return what the file says about a user pool, or None if it isn't about one. Nothing in it is run.

    Args:
        path: The file.
        owners: The user IDs whose files are accepted; by default everyone's.

    Raises:
        ForeignConfigFileError: The file belongs to none of the ``owners``.
        ConfigurationError: A value that is needed to sign in is invalid, or the file can't be parsed.
    """
    is_data = path.suffix == ".json"
    text = read_text(path, largest=LARGEST_BYTES if is_data else _LARGEST_SCRIPT_BYTES, owners=owners)
    is_object = is_data or text.lstrip().startswith("{")
    roots: list[Node] = []
    problem: ObjectSyntaxError | None = None
    try:
        roots += [read_object(shorten_json(text, _POOL_KEY))] if is_object else find_objects(text)
    except ObjectSyntaxError as error:
        problem = error
    # An environment file has the pool one level down.
    nodes = [node for root in roots for node in (root, *root.members.values())]
    pools = [settings for node in nodes if (settings := find_settings(node))]
    file = _validated(path, pools[0]) if pools else None
    # To ignore another key or object could select another pool, of this file or from a parent folder.
    if not is_data and (key := find_stray_key(text, roots if file else (), _POOL_KEY)):
        reason = _conflict(text) or f"{key[0]} isn't in an object that can be read"
        raise error_in_file(path, key[1], f"{reason}. {_USE_INSTEAD}")
    ids = [[pool[name] for name in ("user_pool_id", "client_id")] for pool in pools]
    values = [[node.plain() if isinstance(node, Node) else None for node in nodes] for nodes in ids]
    if any(other != values[0] for other in values):
        raise error_in_file(path, None, f"it specifies more than one user pool. {_USE_INSTEAD}")
    if file is None and (problem or not roots):
        line, expected = (problem.line, str(problem)) if problem else (1, "an object with the pool's IDs")
        reason = _conflict(text) or (f"expected {expected}" if text.strip() else "it is empty")
        raise error_in_file(path, line, f"{reason}. {_HOW_TO_REPAIR}")
    return file


def read_secret_file(path: str | Path) -> Secret:
    """Return the first line of a file, or the AppClientSecret of an Amplify file.

    Raises:
        ConfigurationError: The file can't be read, or there is no secret in it.
    """
    path = Path(path)
    if path.name not in AMPLIFY_FILE_NAMES:
        return read_secret_line(path)
    file = read_amplify_file(path)
    if file is None or file.client_secret is None:
        raise error_in_file(path, None, "it has no AppClientSecret.")
    return file.client_secret


def _conflict(text: str) -> str:
    return "it has a merge conflict" if "<<<<<<< " in text or ">>>>>>> " in text else ""


def _validated(path: Path, nodes: Nodes) -> AmplifyFile:
    settings: dict[str, FileValue] = {}
    secret: Secret | None = None
    warnings: list[str] = []
    for name, node in nodes.items():
        value = _valid_value(name, node) if isinstance(node, Node) else node
        if isinstance(value, InvalidNode):
            warnings.append(_warning(path, name, value))
        elif isinstance(value, Secret):
            secret = value
        elif isinstance(node, Node):
            settings[name] = FileValue(value, node.line)
    return AmplifyFile(path, settings, secret, tuple(warnings))


def _warning(path: Path, name: str, invalid: InvalidNode) -> str:
    """Return a sentence about an invalid value that isn't needed. Raises ConfigurationError if it is."""
    line, key = invalid.node.line, safe_line(invalid.node.key, limit=64)
    expression = invalid.node.find_expression()
    if name not in _DECISIVE:
        reason = f"it {_NEEDS_RUNNING}" if expression else f"expected {invalid.expected}"
        return str(error_in_file(path, line, f"{key} was ignored: {reason}."))
    reason = f" {_NEEDS_RUNNING}. {_USE_INSTEAD}" if expression else f": expected {invalid.expected}."
    raise error_in_file(path, line, f"{key}{reason}")


def _valid_value(name: str, node: Node) -> object:
    """Return the value of a setting, the secret, or an InvalidNode."""
    if expression := node.find_expression():
        return InvalidNode(expression)
    if name == "client_secret":
        return Secret(node.value) if isinstance(node.value, str) else InvalidNode(node, "text in quotes")
    try:
        return validate_setting(name, node.plain())
    except InvalidValueError as error:
        return InvalidNode(node.members.get(error.key, node), str(error))


# -- the shapes of the files ---------------------------------------------------------------------------


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
        **native_login(auth, pool.at("AppClientId")),
    }


def _gen_2(auth: Node) -> Nodes:
    flow, factor = _passwordless_flow(auth.at("passwordless"))
    policy = auth.at("password_policy")
    return {
        "user_pool_id": auth.at("user_pool_id"),
        "client_id": auth.at("user_pool_client_id"),
        "region": auth.at("aws_region"),
        "identity_pool_id": auth.at("identity_pool_id"),
        "auth_flow": flow,
        "preferred_first_factor": factor,
        "passkey_relying_party": auth.at("passwordless", "web_authn", "relying_party_id"),
        "username_attributes": auth.at("username_attributes"),
        "required_attributes": auth.at("standard_required_attributes"),
        "mfa_methods": _mfa_methods(auth.at("mfa_methods"), auth.at("mfa_configuration")),
        "password_policy": policy and policy.renamed({name: name for name in PasswordPolicy().to_setting()}),
        **gen_2_login(auth),
    }


def _migration_flow(enabled: Node | None) -> Value:
    """Return the flow of a pool that migrates users: its Lambda function needs the password itself."""
    if enabled is None or enabled.value in (False, "false"):
        return None
    is_valid = enabled.value in (True, "true")
    return replace(enabled, value="USER_PASSWORD_AUTH") if is_valid else InvalidNode(enabled, BOOLEAN)


def _passwordless_flow(passwordless: Node | None) -> tuple[Node | None, Value]:
    """Return the flow and the first factor of a passwordless sign-in; None for the defaults."""
    if passwordless is None:
        return None, None
    if not isinstance(passwordless.value, dict):
        return None, InvalidNode(passwordless, "an object")
    switches = [node for name in ("email_otp_enabled", "sms_otp_enabled") if (node := passwordless.at(name))]
    not_boolean = next((node for node in switches if not isinstance(node.value, bool)), None)
    invalid = not_boolean and InvalidNode(not_boolean, BOOLEAN)
    preferred = passwordless.at("preferred_challenge")
    if preferred and not isinstance(preferred.value, str):
        invalid, preferred = InvalidNode(preferred, "text such as EMAIL_OTP"), None
    if preferred and preferred.value in ("PASSWORD", "PASSWORD_SRP"):
        return None, None
    if preferred and preferred.value in ("EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"):
        return replace(preferred, value="USER_AUTH"), preferred
    enabled = next(
        (node for node in switches if node.value is True), passwordless.at("web_authn") or preferred
    )
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
        **flat_login(root),
    }


def _configure_argument(cognito: Node) -> Nodes:
    names, mfa, policy = cognito.at("loginWith"), cognito.at("mfa"), cognito.at("passwordFormat")
    attributes = cognito.at("userAttributes")
    mfa_methods = mfa and mfa.enabled_names(
        {"smsEnabled": "SMS", "totpEnabled": "TOTP", "emailEnabled": "EMAIL"}
    )
    return {
        "user_pool_id": cognito.at("userPoolId"),
        "client_id": cognito.at("userPoolClientId"),
        "region": cognito.at("region"),
        "endpoint_url": cognito.at("userPoolEndpoint"),
        "identity_pool_id": cognito.at("identityPoolId"),
        "username_attributes": names and names.enabled_names({"email": "email", "phone": "phone_number"}),
        "required_attributes": attributes and attributes.names_with("required"),
        "mfa_methods": _mfa_methods(mfa_methods, cognito.at("mfa", "status")),
        "password_policy": policy and policy.renamed(_FORMAT_RULES),
        **configured_login(cognito),
    }


def _flow(flow: Node | None) -> Node | None:
    return flow and flow.mapped(lambda name: _FLOW_NAMES.get(name, name))


def _endpoint_url(endpoint: Node | None) -> Node | None:
    """Return an endpoint as a URL: the native libraries write only its host name."""
    if endpoint and not str(endpoint.value).strip():
        return None
    return endpoint and endpoint.mapped(lambda host: host if "://" in host else f"https://{host}")


def _lower_case(names: Node | None) -> Node | None:
    """Return attribute names in lower case: files of the first generation have them in upper case."""
    return names and names.mapped(str.lower)


def _mfa_methods(methods: Value, configuration: Node | None) -> Value:
    if configuration is None:
        return methods
    if not isinstance(configuration.value, str):
        return InvalidNode(configuration, "text such as OPTIONAL")
    return replace(configuration, value=[]) if configuration.value.upper() in ("OFF", "NONE") else methods


def _character_policy(rules: Node | None) -> Value:
    policy = rules and rules.renamed({"passwordPolicyMinLength": "min_length"})
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
