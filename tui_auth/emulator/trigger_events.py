"""Running a pool's triggers: the event a Lambda gets, and what may come back.

A trigger is ``(event, context) -> event``, as for AWS Lambda (user pool triggers, "custom authentication
challenge"). The event goes in and comes out as JSON would carry it.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from tui_auth.emulator import attributes
from tui_auth.emulator.errors import PoolError, invalid_parameter
from tui_auth.emulator.sessions import SignIn
from tui_auth.emulator.state import State

DEFINE = "DefineAuthChallenge"
CREATE = "CreateAuthChallenge"
VERIFY = "VerifyAuthChallengeResponse"
FUNCTIONS = {
    DEFINE: "define_auth_challenge",
    CREATE: "create_auth_challenge",
    VERIFY: "verify_auth_challenge_response",
}
_RESPONSE: dict[str, dict[str, Any]] = {
    DEFINE: {"challengeName": None, "issueTokens": None, "failAuthentication": None},
    CREATE: {
        "publicChallengeParameters": None,
        "privateChallengeParameters": None,
        "challengeMetadata": None,
    },
    VERIFY: {"answerCorrect": None},
}


def run(
    state: State, sign_in: SignIn, trigger: str, request: dict[str, Any], metadata: dict[str, str]
) -> dict[str, Any]:
    """The ``response`` a trigger gives to a request.

    Raises InvalidParameterException where the pool names no triggers, UnexpectedLambdaException where there
    is none to run, UserLambdaValidationException where it raises, InvalidLambdaResponseException where what
    it gives back cannot be read.
    """
    pool, user = sign_in.client.pool, sign_in.user
    if not pool.settings.get("LambdaConfig"):
        raise invalid_parameter("Custom auth lambda trigger is not configured for the user pool.")
    function = getattr(state.triggers, FUNCTIONS[trigger], None)
    if function is None:
        raise PoolError(
            "UnexpectedLambdaException",
            f"{trigger} invocation failed due to error ResourceNotFoundException.",
        )
    event = {
        "version": "1",
        "region": pool.region,
        "userPoolId": pool.id,
        "userName": user.username,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": sign_in.client.id},
        "triggerSource": f"{trigger}_Authentication",
        "request": {
            "userAttributes": _attributes(sign_in),
            **request,
            **({"clientMetadata": metadata} if metadata else {}),
            **({"userNotFound": not user.exists} if sign_in.client.hides_users else {}),
        },
        "response": dict(_RESPONSE[trigger]),
    }
    context = SimpleNamespace(function_name=FUNCTIONS[trigger], aws_request_id=trigger)
    with state.unlocked():
        answer = _call(trigger, function, event, context)
    response = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(response, dict):
        raise unrecognizable()
    return response


def _call(trigger: str, function: Any, event: dict[str, Any], context: SimpleNamespace) -> Any:
    try:
        answer = function(json.loads(json.dumps(event)), context)
    except (Exception, SystemExit) as error:
        raise PoolError("UserLambdaValidationException", f"{trigger} failed with error {error}.") from None
    try:
        return json.loads(json.dumps(answer))
    except (TypeError, ValueError, RecursionError):
        raise unrecognizable() from None


def unrecognizable() -> PoolError:
    """InvalidLambdaResponseException."""
    return PoolError("InvalidLambdaResponseException", "Unrecognizable lambda output")


def _attributes(sign_in: SignIn) -> dict[str, str]:
    user = sign_in.user
    if not user.exists:
        return {}
    return {**attributes.of_user(user), "cognito:user_status": user.status}
