"""Sign-in: InitiateAuth, RespondToAuthChallenge, both of them for administrators, and CUSTOM_AUTH.

In CUSTOM_AUTH the pool's triggers define, create and verify challenges. A define trigger may also name a
challenge that doesn't exist yet, which AWS would reject. It is sent with the create trigger's public
parameters, and its ANSWER goes to the verify trigger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.emulator import errors, first_factor, mfa, sign_up, users, webauthn
from tui_auth.emulator.challenges import (
    Answer,
    Reply,
    adopt_device_key,
    ask_for_factor,
    continue_after_first_factor,
    continue_after_second_factor,
    require,
    send_challenge,
)
from tui_auth.emulator.model import (
    EMAIL_OTP,
    SMS_MFA,
    SOFTWARE_TOKEN_MFA,
    AppClient,
    ChallengeSession,
    SignIn,
    secret_hash,
)
from tui_auth.emulator.service_model import challenge_names, unknown_challenge
from tui_auth.emulator.tokens import redeem_refresh_token, signed_tokens
from tui_auth.emulator.triggers import (
    CREATE,
    DEFINE,
    VERIFY,
    event_attributes,
    is_configured,
    read_flag,
    read_strings,
    run_trigger,
    unrecognizable_output,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.emulator.state import State

ADMIN_FLOWS = ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH")
_EXPLICIT_FLOWS = {
    "USER_SRP_AUTH": ("ALLOW_USER_SRP_AUTH",),
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"),
    "USER_AUTH": ("ALLOW_USER_AUTH",),
    "CUSTOM_AUTH": ("ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"),
    "REFRESH_TOKEN_AUTH": ("ALLOW_REFRESH_TOKEN_AUTH",),
    "ADMIN_USER_PASSWORD_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"),
}
"""The ExplicitAuthFlows that allow each flow."""
_FLOW_SYNONYMS = {"REFRESH_TOKEN": "REFRESH_TOKEN_AUTH", "ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH"}

CUSTOM_CHALLENGE = "CUSTOM_CHALLENGE"
_FACTORS = (SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP)


def initiate_auth(state: State, request: dict[str, Any]) -> Reply:
    """Serve InitiateAuth and AdminInitiateAuth."""
    is_admin = "UserPoolId" in request
    if request["AuthFlow"] in (("USER_PASSWORD_AUTH",) if is_admin else ADMIN_FLOWS):
        raise errors.invalid_parameter("Initiate Auth method not supported.")
    client = state.client(request["ClientId"], request.get("UserPoolId"))
    flow = _FLOW_SYNONYMS.get(request["AuthFlow"], request["AuthFlow"])
    is_refresh = flow == "REFRESH_TOKEN_AUTH"
    if not client.allows(*_EXPLICIT_FLOWS[flow]) or (is_refresh and client.rotates_refresh_tokens):
        label = "Auth" if flow in ADMIN_FLOWS else flow
        raise errors.invalid_parameter(f"{label} flow not enabled for this client")
    parameters: dict[str, str] = request.get("AuthParameters", {})
    if is_refresh:
        return _refresh(state, client, parameters)
    username = require(parameters, "USERNAME")
    client.check_secret_hash(username, parameters.get("SECRET_HASH"))
    if flow == "USER_SRP_AUTH" or (flow == "CUSTOM_AUTH" and parameters.get("CHALLENGE_NAME") == "SRP_A"):
        require(parameters, "SRP_A")
    elif flow in ("USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH"):
        require(parameters, "PASSWORD")
    sign_in = _new_sign_in(state, client, flow, parameters, request.get("ClientMetadata", {}))
    user = sign_in.user
    if flow == "USER_SRP_AUTH":
        if not user.enabled:
            raise errors.not_authorized("User is disabled.")
        return first_factor.send_password_verifier(state, sign_in, parameters["SRP_A"])
    users.check_user_status(user)
    if flow == "USER_AUTH":
        return first_factor.begin_user_auth(state, sign_in, parameters, request.get("Session"))
    if flow == "CUSTOM_AUTH":
        return _begin_custom_auth(state, sign_in, parameters)
    return first_factor.sign_in_with_password(state, sign_in, parameters["PASSWORD"])


def _new_sign_in(
    state: State, client: AppClient, flow: str, parameters: dict[str, str], metadata: dict[str, str]
) -> SignIn:
    """Find or migrate the user and run the PreAuthentication trigger."""
    username = parameters["USERNAME"]
    if "PASSWORD" in parameters and users.find_user(client.pool, username) is None:
        sign_up.migrate_user(state, client, username, "Authentication", metadata, parameters["PASSWORD"])
    user = users.user_for_sign_in(state, client, username)
    event = {"userAttributes": event_attributes(user), "validationData": metadata}
    run_trigger(state, client.pool, "PreAuthentication_Authentication", user, event, client=client)
    return SignIn(client, user, flow, username, device_key=parameters.get("DEVICE_KEY") or None)


def begin_in_browser(state: State, client: AppClient, username: str, password: str) -> tuple[SignIn, Reply]:
    """Begin a sign-in on the login page, which needs none of the ExplicitAuthFlows.

    Returns:
        The sign-in and the reply: a challenge, or none if the sign-in is complete.
    """
    parameters = {"USERNAME": username, "PASSWORD": password}
    for name in parameters:
        require(parameters, name)
    sign_in = _new_sign_in(state, client, "USER_PASSWORD_AUTH", parameters, {})
    sign_in.is_in_browser = True
    users.check_user_status(sign_in.user)
    return sign_in, first_factor.sign_in_with_password(state, sign_in, password)


def answer_in_browser(
    state: State, client: AppClient, session: ChallengeSession, responses: dict[str, str]
) -> Reply:
    """Answer the challenge of a session that ``begin_in_browser`` opened."""
    username = session.sign_in.user.username
    responses = {"USERNAME": username, **responses}
    if client.secret is not None:
        responses["SECRET_HASH"] = secret_hash(client.id, client.secret, username)
    request = {
        "ClientId": client.id,
        "ChallengeName": session.challenge,
        "Session": session.token,
        "ChallengeResponses": responses,
    }
    return respond_to_auth_challenge(state, request)


def _refresh(state: State, client: AppClient, parameters: dict[str, str]) -> Reply:
    token = require(parameters, "REFRESH_TOKEN")
    grant = state.grants.get(token)
    # The hash is that of the real user name, never of an alias.
    if grant is not None or "SECRET_HASH" not in parameters:
        client.check_secret_hash(grant.user.username if grant else "", parameters.get("SECRET_HASH"))
    grant = redeem_refresh_token(state, client, token, parameters.get("DEVICE_KEY") or None)
    return {"ChallengeParameters": {}, "AuthenticationResult": signed_tokens(state, grant)}


def respond_to_auth_challenge(state: State, request: dict[str, Any]) -> Reply:
    """Serve RespondToAuthChallenge and AdminRespondToAuthChallenge."""
    challenge: str = request["ChallengeName"]
    if challenge == "ADMIN_NO_SRP_AUTH" and "UserPoolId" not in request:
        raise errors.invalid_parameter("Challenge method not supported.")
    client = state.client(request["ClientId"], request.get("UserPoolId"))
    responses: dict[str, str] = request.get("ChallengeResponses", {})
    token = request.get("Session")
    is_sign_up = challenge in (first_factor.SIGNED_UP, first_factor.SIGN_UP_CONFIRMED)
    is_due = token is not None and not is_sign_up and state.challenge_sessions.is_for(token, challenge)
    if challenge not in challenge_names() and not is_due:
        raise unknown_challenge(challenge)
    username = require(responses, "USERNAME")
    client.check_secret_hash(username, responses.get("SECRET_HASH"))
    if challenge == first_factor.PASSWORD_VERIFIER and token is None:
        metadata = request.get("ClientMetadata", {})
        return first_factor.answer_without_challenge_session(state, client, responses, metadata)
    session = state.challenge_sessions.find(token, client)
    sign_in = session.sign_in
    if session.challenge != challenge or not users.is_same_user(
        client.pool, sign_in.user, sign_in.username, username
    ):
        raise errors.invalid_challenge_session()
    if sign_in.user.exists:
        if not client.pool.contains(sign_in.user):
            raise users.user_deleted(client)
        users.check_user_status(sign_in.user)
    adopt_device_key(sign_in, responses)
    sign_in.metadata = request.get("ClientMetadata", {})
    answer = Answer(session, responses)
    handler = ANSWER_HANDLERS.get(challenge, _answer_custom_challenge)
    # The session counts as used while the handler runs, because a trigger releases the lock.
    with state.challenge_sessions.spending(session):
        reply = handler(state, answer)
        return _continue_after_factor(state, answer) if reply is None else reply


def _continue_after_factor(state: State, answer: Answer) -> Reply:
    if answer.sign_in.flow == "CUSTOM_AUTH":
        return _complete_round(state, answer, _round(answer.challenge_session.challenge, is_correct=True))
    if answer.sign_in.first_factors:
        return continue_after_first_factor(state, answer.sign_in)
    return continue_after_second_factor(state, answer.sign_in)


def _begin_custom_auth(state: State, sign_in: SignIn, parameters: dict[str, str]) -> Reply:
    if parameters.get("CHALLENGE_NAME") == "SRP_A":
        sign_in.rounds.append(_round("SRP_A", is_correct=True))
        return _continue(state, sign_in, srp_a=parameters["SRP_A"])
    return _continue(state, sign_in)


def _answer_custom_challenge(state: State, answer: Answer) -> Reply:
    """Answer CUSTOM_CHALLENGE, or a challenge that only the define trigger knows."""
    session = answer.challenge_session
    request = {
        "privateChallengeParameters": session.private_parameters,
        "challengeAnswer": answer.require("ANSWER"),
    }
    response = _run_trigger(state, answer.sign_in, VERIFY, request)
    is_correct = read_flag(response, "answerCorrect")
    completed = _round(session.challenge, is_correct=is_correct, metadata=session.metadata)
    return _complete_round(state, answer, completed)


def _complete_round(state: State, answer: Answer, completed: dict[str, Any]) -> Reply:
    """Continue after a round. After an error it doesn't count, and can be answered again."""
    rounds = answer.sign_in.rounds
    answer.sign_in.rounds = [*rounds, completed]
    try:
        return _continue(state, answer.sign_in)
    except errors.CognitoError:
        answer.sign_in.rounds = rounds
        raise


def _round(name: str, *, is_correct: bool, metadata: str | None = None) -> dict[str, Any]:
    return {"challengeName": name, "challengeResult": is_correct, "challengeMetadata": metadata}


def _continue(state: State, sign_in: SignIn, srp_a: str | None = None) -> Reply:
    """Do what the define trigger decides."""
    response = _run_trigger(state, sign_in, DEFINE, {"session": sign_in.rounds})
    name, issues_tokens = response.get("challengeName"), read_flag(response, "issueTokens")
    if read_flag(response, "failAuthentication"):
        raise errors.SignInFailedError("NotAuthorizedException", state.failed_custom_challenge_text)
    if issues_tokens:
        return continue_after_first_factor(state, sign_in)
    if not isinstance(name, str) or not name:
        raise unrecognizable_output()
    if name == first_factor.PASSWORD_VERIFIER and srp_a is not None:
        return first_factor.send_password_verifier(state, sign_in, srp_a)
    if name in _FACTORS and sign_in.has_password:
        if name not in sign_in.user.mfa_enabled or not sign_in.user.exists:
            raise errors.not_authorized()
        return ask_for_factor(state, sign_in, name)
    if name != CUSTOM_CHALLENGE and name in challenge_names():
        raise unrecognizable_output()
    return _send_custom_challenge(state, sign_in, name)


def _send_custom_challenge(state: State, sign_in: SignIn, name: str) -> Reply:
    request = {"challengeName": name, "session": sign_in.rounds}
    response = _run_trigger(state, sign_in, CREATE, request)
    public = read_strings(response, "publicChallengeParameters")
    private = read_strings(response, "privateChallengeParameters")
    note = response.get("challengeMetadata")
    if note is not None and not isinstance(note, str):
        raise unrecognizable_output()
    # The reply to the proof of the password has no USERNAME; InitiateAuth's and those of later rounds have.
    follows_password = (
        bool(sign_in.rounds) and sign_in.rounds[-1]["challengeName"] == first_factor.PASSWORD_VERIFIER
    )
    parameters = public if follows_password else {"USERNAME": sign_in.user.username, **public}
    return send_challenge(state, sign_in, name, parameters, private_parameters=private, metadata=note)


def _run_trigger(state: State, sign_in: SignIn, trigger: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return the response of a custom challenge's trigger, which the pool must have."""
    pool, user = sign_in.client.pool, sign_in.user
    if not is_configured(pool, trigger):
        raise errors.invalid_parameter("Custom auth lambda trigger is not configured for the user pool.")
    request = {"userAttributes": event_attributes(user), **request}
    client, source = sign_in.client, f"{trigger}_Authentication"
    return run_trigger(state, pool, source, user, request, client=client, metadata=sign_in.metadata)


ANSWER_HANDLERS: dict[str, Callable[[State, Answer], Reply | None]] = {
    "SMS_MFA": mfa.answer_code,
    "EMAIL_OTP": mfa.answer_code,
    "SMS_OTP": mfa.answer_code,
    "SOFTWARE_TOKEN_MFA": mfa.answer_software_token,
    "SELECT_MFA_TYPE": mfa.answer_select_mfa_type,
    "MFA_SETUP": mfa.answer_mfa_setup,
    "NEW_PASSWORD_REQUIRED": first_factor.answer_new_password_required,
    "PASSWORD_VERIFIER": first_factor.answer_password_verifier,
    "PASSWORD": first_factor.answer_password,
    "PASSWORD_SRP": first_factor.answer_password_srp,
    "WEB_AUTHN": webauthn.answer_web_authn,
    "SELECT_CHALLENGE": first_factor.answer_select_challenge,
    "CUSTOM_CHALLENGE": _answer_custom_challenge,
    "DEVICE_SRP_AUTH": mfa.answer_device_srp_auth,
    "DEVICE_PASSWORD_VERIFIER": mfa.answer_device_password_verifier,
}
"""The function that takes the answer to each challenge. It returns the next reply, or None if the answer
proved a factor."""
