"""CUSTOM_AUTH: challenges that the pool's triggers define, create and verify.

A trigger is ``(event, context) -> event``, as for AWS Lambda (user pool triggers, "custom authentication
challenge"). Its event is copied as JSON on the way in and out.

A define trigger may also name a challenge that doesn't exist yet, which AWS would reject. It is sent with the
create trigger's public parameters, and its ANSWER goes to the verify trigger.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.attributes import all_attributes
from tui_auth.emulator.challenges import (
    Answer,
    Reply,
    ask_for_factor,
    continue_after_first_factor,
    send_challenge,
)
from tui_auth.emulator.errors import CognitoError, SignInFailedError, invalid_parameter, not_authorized
from tui_auth.emulator.first_factor import PASSWORD_VERIFIER, send_password_verifier
from tui_auth.emulator.model import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA, SignIn
from tui_auth.emulator.service_model import challenge_names

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

CUSTOM_CHALLENGE = "CUSTOM_CHALLENGE"
DEFINE = "DefineAuthChallenge"
CREATE = "CreateAuthChallenge"
VERIFY = "VerifyAuthChallengeResponse"
FUNCTIONS = {
    DEFINE: "define_auth_challenge",
    CREATE: "create_auth_challenge",
    VERIFY: "verify_auth_challenge_response",
}
_RESPONSE_MEMBERS = {
    DEFINE: ("challengeName", "issueTokens", "failAuthentication"),
    CREATE: ("publicChallengeParameters", "privateChallengeParameters", "challengeMetadata"),
    VERIFY: ("answerCorrect",),
}
_FACTORS = (SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP)


def lambda_config(region: str) -> dict[str, str]:
    """Return the LambdaConfig of a user pool with a function for each trigger."""
    return {name: f"arn:aws:lambda:{region}:000000000000:function:{name}" for name in FUNCTIONS}


def begin_custom_auth(state: State, sign_in: SignIn, parameters: dict[str, str]) -> Reply:
    """Reply to CUSTOM_AUTH, with or without SRP first.

    InitiateAuth's ClientMetadata reaches no trigger.
    """
    if parameters.get("CHALLENGE_NAME") == "SRP_A":
        sign_in.rounds.append(_round("SRP_A", is_correct=True))
        return _continue(state, sign_in, {}, srp_a=parameters["SRP_A"])
    return _continue(state, sign_in, {})


def answer_custom_challenge(state: State, answer: Answer) -> Reply:
    """Answer CUSTOM_CHALLENGE, or a challenge that only the define trigger knows."""
    session = answer.challenge_session
    request = {
        "privateChallengeParameters": session.private_parameters,
        "challengeAnswer": answer.require("ANSWER"),
    }
    response = _run_trigger(state, answer.sign_in, VERIFY, request, answer.metadata)
    correct = response.get("answerCorrect")
    if correct is not None and not isinstance(correct, bool):
        raise _unrecognizable_output()
    completed = _round(session.challenge, is_correct=bool(correct), metadata=session.metadata)
    return _complete_round(state, answer, completed)


def continue_after_factor(state: State, answer: Answer) -> Reply:
    """Continue after the password by SRP or a factor that the define trigger requires."""
    return _complete_round(state, answer, _round(answer.challenge_session.challenge, is_correct=True))


def _complete_round(state: State, answer: Answer, completed: dict[str, Any]) -> Reply:
    """Continue after a round.

    After an error the round doesn't count, and the client can send the answer again.
    """
    rounds = answer.sign_in.rounds
    answer.sign_in.rounds = [*rounds, completed]
    try:
        return _continue(state, answer.sign_in, answer.metadata)
    except CognitoError:
        answer.sign_in.rounds = rounds
        raise


def _round(name: str, *, is_correct: bool, metadata: str | None = None) -> dict[str, Any]:
    return {"challengeName": name, "challengeResult": is_correct, "challengeMetadata": metadata}


def _continue(state: State, sign_in: SignIn, metadata: dict[str, str], srp_a: str | None = None) -> Reply:
    """Do what the define trigger decides."""
    response = _run_trigger(state, sign_in, DEFINE, {"session": sign_in.rounds}, metadata)
    name = response.get("challengeName")
    flags = (response.get("failAuthentication"), response.get("issueTokens"))
    if not all(flag is None or isinstance(flag, bool) for flag in flags):
        raise _unrecognizable_output()
    fails, issues_tokens = flags
    if fails:
        raise SignInFailedError("NotAuthorizedException", state.failed_custom_challenge_text)
    if issues_tokens:
        return continue_after_first_factor(state, sign_in)
    if not isinstance(name, str) or not name:
        raise _unrecognizable_output()
    if name == PASSWORD_VERIFIER and srp_a is not None:
        return send_password_verifier(state, sign_in, srp_a)
    if name in _FACTORS and sign_in.has_password:
        if name not in sign_in.user.mfa_enabled or not sign_in.user.exists:
            raise not_authorized()
        return ask_for_factor(state, sign_in, name)
    if name != CUSTOM_CHALLENGE and name in challenge_names():
        raise _unrecognizable_output()
    return _send_custom_challenge(state, sign_in, name, metadata)


def _send_custom_challenge(state: State, sign_in: SignIn, name: str, metadata: dict[str, str]) -> Reply:
    request = {"challengeName": name, "session": sign_in.rounds}
    response = _run_trigger(state, sign_in, CREATE, request, metadata)
    public = _strings(response.get("publicChallengeParameters"))
    private = _strings(response.get("privateChallengeParameters"))
    note = response.get("challengeMetadata")
    if note is not None and not isinstance(note, str):
        raise _unrecognizable_output()
    parameters = {"USERNAME": sign_in.user.username, **public}
    return send_challenge(state, sign_in, name, parameters, private_parameters=private, metadata=note)


def _strings(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise _unrecognizable_output()
    return value


def _run_trigger(
    state: State, sign_in: SignIn, trigger: str, request: dict[str, Any], metadata: dict[str, str]
) -> dict[str, Any]:
    """Return a trigger's ``response``.

    Raises:
        CognitoError: InvalidParameterException if the pool specifies no triggers, UnexpectedLambdaException
            if there is no function to run, UserLambdaValidationException if it raises an exception,
            InvalidLambdaResponseException if its result can't be read.
    """
    pool, user = sign_in.client.pool, sign_in.user
    if not pool.settings.get("LambdaConfig"):
        raise invalid_parameter("Custom auth lambda trigger is not configured for the user pool.")
    function = getattr(state.triggers, FUNCTIONS[trigger], None)
    if function is None:
        raise CognitoError(
            "UnexpectedLambdaException",
            f"{trigger} invocation failed due to error ResourceNotFoundException.",
        )
    attributes = {**all_attributes(user), "cognito:user_status": user.status} if user.exists else {}
    event = {
        "version": "1",
        "region": pool.region,
        "userPoolId": pool.id,
        "userName": user.username,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": sign_in.client.id},
        "triggerSource": f"{trigger}_Authentication",
        "request": {
            "userAttributes": attributes,
            **request,
            **({"clientMetadata": metadata} if metadata else {}),
            **({"userNotFound": not user.exists} if sign_in.client.hides_users else {}),
        },
        "response": dict.fromkeys(_RESPONSE_MEMBERS[trigger]),
    }
    context = SimpleNamespace(function_name=FUNCTIONS[trigger], aws_request_id=trigger)
    with state.unlocked():
        result = _call(trigger, function, event, context)
    response = result.get("response") if isinstance(result, dict) else None
    if not isinstance(response, dict):
        raise _unrecognizable_output()
    return response


def _call(trigger: str, function: Any, event: dict[str, Any], context: SimpleNamespace) -> Any:
    try:
        result = function(json.loads(json.dumps(event)), context)
    except (Exception, SystemExit) as error:
        raise CognitoError("UserLambdaValidationException", f"{trigger} failed with error {error}.") from None
    try:
        return json.loads(json.dumps(result))
    except (TypeError, ValueError, RecursionError):
        raise _unrecognizable_output() from None


def _unrecognizable_output() -> CognitoError:
    return CognitoError("InvalidLambdaResponseException", "Unrecognizable lambda output")
