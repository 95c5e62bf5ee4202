"""Lambda triggers: run the functions of a user pool with the events that AWS Lambda gets.

A trigger is ``(event, context) -> event``. Its event is copied as JSON on the way in and out. A pool runs
only the triggers of its LambdaConfig.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import CognitoError, invalid_parameter

if TYPE_CHECKING:
    from tui_auth.emulator.model import AppClient, Grant, User, UserPool
    from tui_auth.emulator.state import State

DEFINE = "DefineAuthChallenge"
CREATE = "CreateAuthChallenge"
VERIFY = "VerifyAuthChallengeResponse"
FUNCTIONS = {
    DEFINE: "define_auth_challenge",
    CREATE: "create_auth_challenge",
    VERIFY: "verify_auth_challenge_response",
    "PreSignUp": "pre_sign_up",
    "PostConfirmation": "post_confirmation",
    "PreAuthentication": "pre_authentication",
    "PostAuthentication": "post_authentication",
    "UserMigration": "user_migration",
    "PreTokenGeneration": "pre_token_generation",
}
CUSTOM_CHALLENGE_FUNCTIONS = (FUNCTIONS[DEFINE], FUNCTIONS[CREATE], FUNCTIONS[VERIFY])
_WITH_USER_NOT_FOUND = (DEFINE, CREATE, VERIFY, "PreAuthentication")
_RESPONSES: dict[str, dict[str, Any]] = {
    DEFINE: dict.fromkeys(("challengeName", "issueTokens", "failAuthentication")),
    CREATE: dict.fromkeys(("publicChallengeParameters", "privateChallengeParameters", "challengeMetadata")),
    VERIFY: dict.fromkeys(("answerCorrect",)),
    "PreSignUp": dict.fromkeys(("autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"), False),
    "UserMigration": dict.fromkeys(
        ("userAttributes", "finalUserStatus", "messageAction", "desiredDeliveryMediums", "forceAliasCreation")
    ),
}
_EXCLUDED = (
    "acr amr at_hash aud auth_time azp client_id cognito:username device_key event_id exp iat iss jti nbf "
    "nonce origin_jti sub token_use username"
)
_PROTECTED_CLAIMS = frozenset(_EXCLUDED.split())
"""The claims that a trigger can't change (pre token generation trigger, "excluded claims")."""


def lambda_config(region: str, triggers: Any) -> dict[str, str]:
    """Return the LambdaConfig of a user pool that runs every trigger for which there is a function."""
    names = [name for name, function in FUNCTIONS.items() if hasattr(triggers, function)]
    return {name: f"arn:aws:lambda:{region}:000000000000:function:{name}" for name in names}


def check_lambda_config(config: dict[str, Any]) -> None:
    """Raise InvalidParameterException for a trigger that the emulator doesn't run."""
    for name, value in config.items():
        if value and name not in FUNCTIONS and name != "PreTokenGenerationConfig":
            raise invalid_parameter(f"The local emulator doesn't run the {name} trigger.")


def is_configured(pool: UserPool, trigger: str) -> bool:
    """Return whether the pool's LambdaConfig has a trigger."""
    config = pool.settings["LambdaConfig"]
    return bool(config.get(trigger) or config.get(f"{trigger}Config"))


def run_trigger(
    state: State,
    pool: UserPool,
    source: str,
    user: User,
    request: dict[str, Any],
    *,
    client: AppClient | None = None,
    metadata: dict[str, str] | None = None,
    version: str = "1",
) -> dict[str, Any]:
    """Return a trigger's ``response``; {} if the pool doesn't run it.

    ``source`` is the triggerSource, such as ``PreSignUp_AdminCreateUser``; ``metadata`` the ClientMetadata.

    Raises:
        CognitoError: UnexpectedLambdaException if there is no function to run, UserLambdaValidationException
            if it raises an exception, InvalidLambdaResponseException if its result can't be read.
    """
    trigger = source.partition("_")[0].replace("TokenGeneration", "PreTokenGeneration")
    if not is_configured(pool, trigger):
        return {}
    function = getattr(state.triggers, FUNCTIONS[trigger], None)
    if function is None:
        message = f"{trigger} invocation failed due to error ResourceNotFoundException."
        raise CognitoError("UnexpectedLambdaException", message)
    is_hidden = client is not None and client.hides_users and trigger in _WITH_USER_NOT_FOUND
    event = {
        "version": version,
        "region": pool.region,
        "userPoolId": pool.id,
        "userName": user.username,
        "callerContext": {
            "awsSdkVersion": "aws-sdk-unknown-unknown",
            "clientId": client.id if client else "CLIENT_ID_NOT_APPLICABLE",
        },
        "triggerSource": source,
        "request": {
            **request,
            **({"clientMetadata": metadata} if metadata else {}),
            **({"userNotFound": not user.exists} if is_hidden else {}),
        },
        "response": _RESPONSES.get(trigger, {}),
    }
    context = SimpleNamespace(function_name=FUNCTIONS[trigger], aws_request_id=trigger)
    with state.unlocked():
        result = _call(trigger, function, event, context)
    response = result.get("response") if isinstance(result, dict) else None
    if not isinstance(response, dict):
        raise unrecognizable_output()
    return response


def _call(trigger: str, function: Any, event: dict[str, Any], context: SimpleNamespace) -> Any:
    try:
        result = function(json.loads(json.dumps(event)), context)
    except (Exception, SystemExit) as error:
        message = f"{trigger} failed with error {error}."
        raise CognitoError("UserLambdaValidationException", message) from None
    try:
        return json.loads(json.dumps(result))
    except (TypeError, ValueError, RecursionError):
        raise unrecognizable_output() from None


def unrecognizable_output() -> CognitoError:
    """Build InvalidLambdaResponseException for a response of the wrong shape."""
    return CognitoError("InvalidLambdaResponseException", "Unrecognizable lambda output")


def read_flag(response: dict[str, Any], name: str) -> bool:
    """Return a boolean of a response, False if it is missing or null."""
    value = response.get(name)
    if value is not None and not isinstance(value, bool):
        raise unrecognizable_output()
    return bool(value)


def read_strings(response: dict[str, Any], name: str) -> dict[str, str]:
    """Return a map of strings of a response, empty if it is missing or null."""
    value = response.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise unrecognizable_output()
    return value


def event_attributes(user: User) -> dict[str, str]:
    """Return the userAttributes of an event about a user of the pool."""
    if not user.exists:
        return {}
    return {"sub": user.sub, **user.attributes, "cognito:user_status": user.status}


def customize_claims(
    state: State,
    grant: Grant,
    source: str,
    metadata: dict[str, str],
    identity: dict[str, Any],
    access: dict[str, Any],
) -> None:
    """Let the PreTokenGeneration trigger change the claims of an ID token and an access token.

    Version 1 of the event changes the ID token, the groups and the roles; versions 2 and 3 both tokens.
    """
    pool, user = grant.client.pool, grant.user
    config = pool.settings["LambdaConfig"].get("PreTokenGenerationConfig") or {}
    is_first_version = config.get("LambdaVersion", "V1_0") == "V1_0"
    groups = {
        "groupsToOverride": list(user.groups),
        "iamRolesToOverride": identity.get("cognito:roles", []),
        "preferredRole": identity.get("cognito:preferred_role"),
    }
    request = {"userAttributes": event_attributes(user), "groupConfiguration": groups}
    if not is_first_version:
        request["scopes"] = access["scope"].split()
    response = run_trigger(
        state,
        pool,
        f"TokenGeneration_{source}",
        user,
        request,
        client=grant.client,
        metadata=metadata,
        version="1" if is_first_version else config["LambdaVersion"][1],
    )
    name = "claimsOverrideDetails" if is_first_version else "claimsAndScopeOverrideDetails"
    details = _read_map(response, name)
    _override_groups(details, identity, access)
    if is_first_version:
        read_strings(details, "claimsToAddOrOverride")
        _override_claims(details, identity)
        return
    _override_claims(_read_map(details, "idTokenGeneration"), identity)
    generation = _read_map(details, "accessTokenGeneration")
    _override_claims(generation, access)
    added, suppressed = (_read_list(generation, member) for member in ("scopesToAdd", "scopesToSuppress"))
    scopes = dict.fromkeys([*access["scope"].split(), *added])
    access["scope"] = " ".join(scope for scope in scopes if scope not in suppressed)


def _override_groups(details: dict[str, Any], *tokens: dict[str, Any]) -> None:
    override = _read_map(details, "groupOverrideDetails")
    groups, roles = _read_list(override, "groupsToOverride"), _read_list(override, "iamRolesToOverride")
    preferred = override.get("preferredRole")
    for claims in tokens:
        if override.get("groupsToOverride") is not None:
            claims["cognito:groups"] = groups
    identity = tokens[0]
    if override.get("iamRolesToOverride") is not None:
        identity["cognito:roles"] = roles
    if isinstance(preferred, str) and preferred:
        identity["cognito:preferred_role"] = preferred


def _override_claims(generation: dict[str, Any], claims: dict[str, Any]) -> None:
    added = _read_map(generation, "claimsToAddOrOverride")
    claims.update({name: value for name, value in added.items() if name not in _PROTECTED_CLAIMS})
    for name in _read_list(generation, "claimsToSuppress"):
        if name not in _PROTECTED_CLAIMS:
            claims.pop(name, None)


def _read_map(response: dict[str, Any], name: str) -> dict[str, Any]:
    value = response.get(name)
    if value is not None and not isinstance(value, dict):
        raise unrecognizable_output()
    return value or {}


def _read_list(response: dict[str, Any], name: str) -> list[str]:
    value = response.get(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        raise unrecognizable_output()
    return value or []
