"""What a user decides in a sign-in, as Cognito's calls: start, answer a step, restart and replay choices.

Each function changes the engine and raises AuthError. The counterpart of ``account.py``, which signs users up
and resets passwords.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tui_auth.auth import challenges
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.challenges import CHOICE_CHALLENGES, PASSWORD_FACTORS, Challenge, parse_choice
from tui_auth.auth.engine import AuthReply, SignInEngine, is_first_factor_choice
from tui_auth.auth.error_catalog import error_from_response, is_rejected_password
from tui_auth.auth.managed_login import Authorization, ManagedLogin, parse_answer, token_request
from tui_auth.auth.next_step import (
    ANSWER_SECONDS,
    AuthFactorType,
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithPassword,
    ConfirmSignUp,
    ContinueSignInWithBrowser,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithPasskey,
    ContinueSignInWithTOTPSetup,
    Done,
    MFAType,
    NextStep,
    ResetPassword,
    TOTPSetupDetails,
    UnknownStep,
)
from tui_auth.auth.step_descriptions import describe_step
from tui_auth.auth.token_endpoint import TokenEndpoint
from tui_auth.auth.tokens import unverified_claims
from tui_auth.auth.trace import TracingGateway, record_operation
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_auth.auth.challenges import Answer
    from tui_auth.auth.devices import Device

_BASE32 = re.compile(r"[A-Z2-7]{16,256}", re.IGNORECASE)

# --- Start -----------------------------------------------------------------------------------------------


def sign_in(
    engine: SignInEngine,
    username: str,
    password: Secret | None,
    *,
    auth_flow: AuthFlow,
    first_factor: AuthFactorType | str | None,
    client_metadata: Mapping[str, str] | None,
    device: Device | None,
) -> NextStep:
    """Start the sign-in; ``first_factor`` is the preferred one, a member or a name of one."""
    if auth_flow is AuthFlow.BROWSER:
        raise AuthError(
            ErrorKind.INVALID_STATE,
            "The BROWSER flow takes no user name and no password.",
            "Use sign_in_with_browser.",
        )
    if not username or (not password and auth_flow.needs_password):
        raise AuthError(ErrorKind.VALIDATION, "Enter a user name and a password.")
    if password and auth_flow is AuthFlow.CUSTOM_WITHOUT_SRP:
        raise AuthError(
            ErrorKind.INVALID_STATE,
            "The CUSTOM_WITHOUT_SRP flow takes no password.",
            "Omit the password, or use CUSTOM_WITH_SRP.",
        )
    if first_factor is not None:
        first_factor = parse_choice(first_factor, tuple(AuthFactorType))
    engine.prepare(username, auth_flow, client_metadata)
    engine.device = device
    engine.set_password(password)
    if auth_flow is AuthFlow.USER_AUTH and first_factor in PASSWORD_FACTORS and not password:
        # Cognito takes this preference only with the proof of the password: ask for it first.
        engine.choices = engine.choices.with_first_factor(first_factor)
        return ConfirmSignInWithPassword()
    return next_step_for(engine, engine.initiate_preferring(first_factor))


def sign_in_with_browser(engine: SignInEngine, login: ManagedLogin) -> NextStep:
    """Return the address to open in a browser. Sends nothing: the browser does."""
    engine.prepare("", AuthFlow.BROWSER, None)
    engine.authorization = authorization = Authorization(login, engine.client.client_id)
    url = authorization.url
    record_operation("authorize", parse_answer(url))
    return ContinueSignInWithBrowser(
        url,
        login.redirect_uri,
        authorization.state,
        host=login.host,
        provider=login.provider or login.idp_identifier,
        expires_in=ANSWER_SECONDS,
    )


def restart(engine: SignInEngine, choice_count: int | None) -> NextStep:
    """Start again and replay the first ``choice_count`` choices, or all."""
    if engine.authorization is not None:
        return sign_in_with_browser(engine, engine.authorization.login)
    engine.choices = engine.choices.restart(choice_count)
    reply = _initiate_with_either_password(engine)
    if isinstance(reply, Challenge) and reply.name == "WEB_AUTHN":
        if not engine.choices.made and choice_count is not None:
            return challenges.passkey_alternatives(reply)  # the pool asked for the passkey without a choice
        if engine.choices.to_replay:
            # The user chose a factor instead of the passkey, which takes a preference, not an answer.
            engine.choices = engine.choices.skip_first()
            reply = engine.initiate(engine.choices.made[0][1])
    if is_first_factor_choice(reply) and engine.choices.end_with_password:
        return ConfirmSignInWithPassword()  # replay the choice; the password itself is gone
    return next_step_for(engine, reply)


def _initiate_with_either_password(engine: SignInEngine) -> AuthReply:
    """Send InitiateAuth; if a password change has an unknown outcome, try the new password first."""
    new, old = engine.writes.new_proof, engine.proof
    if new is None or new.proves_same_password(old):
        return engine.initiate()
    engine.proof = new
    try:
        return engine.initiate()
    except AuthError as error:
        if not is_rejected_password(error):
            raise
    engine.writes.new_proof, engine.proof = None, old
    return engine.initiate()


# --- Answer ----------------------------------------------------------------------------------------------


def answer_step(
    engine: SignInEngine,
    answer: Answer,
    user_attributes: Mapping[str, str] | None,
    friendly_device_name: str | None,
) -> NextStep:
    """Answer the current step."""
    match engine.step:
        case None | Done() | ResetPassword() | ConfirmSignUp():
            raise AuthError(ErrorKind.INVALID_STATE, "No step is waiting for an answer.")
    value = _checked_answer(engine, answer)
    match engine.step:
        case ContinueSignInWithBrowser():
            return _exchange_code(engine, value)
        case ContinueSignInWithTOTPSetup():
            return _answer_totp_setup(engine, value, friendly_device_name)
        case ContinueSignInWithMFASetupSelection():
            return _choose(engine, value.reveal(), lambda method: _set_up_mfa(engine, method))
        case ContinueSignInWithEmailMFASetup():
            return _choose(engine, value.reveal(), lambda address: _set_up_email(engine, address))
        case ConfirmSignInWithPassword():
            return _answer_password(engine, value)
    return _answer_challenge(
        engine, value, challenges.attribute_responses(user_attributes) if user_attributes else {}
    )


def _checked_answer(engine: SignInEngine, answer: Answer) -> Secret:
    """Return an answer as Cognito takes it: a choice by Cognito's name. Nothing was sent yet.

    Raises:
        AuthError: The step doesn't take this answer (kind INVALID_STATE).
    """
    step = engine.step
    choices = getattr(step, "allowed_mfa_types", None) or getattr(step, "available_factors", ())
    if isinstance(step, ContinueSignInWithPasskey):
        return _checked_passkey_answer(answer)
    if choices:
        if engine.current_challenge().name == "WEB_AUTHN":  # any other factor starts the sign-in again
            choices = (*choices, *AuthFactorType)
        return Secret(parse_choice(answer, choices))
    if isinstance(answer, MFAType | AuthFactorType):
        answer = answer.value
    # Nothing at all may answer a challenge, and in a browser's answer the parser misses the code.
    is_free = isinstance(step, ConfirmSignInWithCustomChallenge | UnknownStep | ContinueSignInWithBrowser)
    if not isinstance(answer, str | Secret) or not (answer or is_free):
        raise AuthError(ErrorKind.INVALID_STATE, "This step needs an answer.", describe_step(step).text)
    return answer if isinstance(answer, Secret) else Secret(answer)


def _checked_passkey_answer(answer: Answer) -> Secret:
    """Return an assertion, or Cognito's name of another first factor."""
    text = answer.reveal() if isinstance(answer, Secret) else answer
    if isinstance(text, str) and text.lstrip().startswith("{"):
        try:
            if isinstance(json.loads(text), dict):
                return Secret(text)
        except (ValueError, RecursionError):
            pass
        raise AuthError(ErrorKind.INVALID_STATE, "The answer isn't a WebAuthn assertion in JSON.") from None
    return Secret(parse_choice(answer, tuple(AuthFactorType)))


def _exchange_code(engine: SignInEngine, address: Secret) -> NextStep:
    """Exchange the code in the address that the browser ended at for tokens (RFC 6749 §4.1.3)."""
    authorization = engine.authorization
    if authorization is None:
        raise AuthError(ErrorKind.INVALID_STATE, "No sign-in is in progress.", "Sign in first.")
    code = authorization.code_in(address)
    endpoint = TracingGateway(TokenEndpoint(authorization.login.domain, engine.client, engine.gateway))
    result = endpoint.call("token", token_request(authorization, engine.client, code))["AuthenticationResult"]
    if result["AccessToken"] and not result["IdToken"]:
        raise AuthError(
            ErrorKind.CONFIGURATION,
            "The scopes don't include openid, so no ID token came.",
            "Allow openid for the app client, or add it to the scopes.",
        )
    done = engine.sign_in_done(result)
    authorization.check_nonce((unverified_claims(done.tokens.id_token) or {}).get("nonce"))
    engine.username = done.claims.name_for(done.claims.email or "")
    return done


def _respond(engine: SignInEngine, responses: Mapping[str, Any]) -> NextStep:
    return next_step_for(engine, engine.respond_to_auth_challenge(responses))


def _answer_challenge(engine: SignInEngine, answer: Secret, attributes: Mapping[str, Any]) -> NextStep:
    name = engine.current_challenge().name
    responses = {challenges.RESPONSE_KEYS.get(name, "ANSWER"): answer, **attributes}
    if name == "NEW_PASSWORD_REQUIRED":
        return _answer_new_password(engine, answer, responses)
    if name == "WEB_AUTHN":
        return _answer_passkey(engine, answer)
    if name not in CHOICE_CHALLENGES:
        return _respond(engine, responses)
    if name == "SELECT_CHALLENGE" and answer.reveal() in PASSWORD_FACTORS:
        return _choose(engine, answer.reveal(), lambda _: ConfirmSignInWithPassword())
    return _choose(engine, answer.reveal(), lambda choice: _respond(engine, {"ANSWER": choice}))


def _answer_passkey(engine: SignInEngine, answer: Secret) -> NextStep:
    """Answer WEB_AUTHN with an assertion. Its session takes no other factor: start again with that."""
    if answer.reveal().lstrip().startswith("{"):
        step = _respond(engine, {"CREDENTIAL": answer})
        if isinstance(step, ContinueSignInWithPasskey):
            raise AuthError(ErrorKind.SERVICE, "The user pool keeps asking for a passkey.")
        return step
    factor = answer.reveal()
    if factor in PASSWORD_FACTORS and not engine.proof.is_known:
        # Cognito takes this preference only with the proof of the password: ask for it first.
        engine.choices, engine.challenge = engine.choices.with_first_factor(factor), None
        return ConfirmSignInWithPassword()
    return next_step_for(engine, engine.initiate_preferring(factor))


def _choose(engine: SignInEngine, choice: str, go_on: Callable[[str], NextStep]) -> NextStep:
    """Make a choice and record it for a restart, unless it is rejected."""
    name = engine.current_challenge().name
    step = go_on(choice)
    engine.choices = engine.choices.append(name, choice)
    return step


def _answer_new_password(engine: SignInEngine, password: Secret, responses: Mapping[str, Any]) -> NextStep:
    challenge, proof = engine.challenge, engine.proof.for_new_password(password)
    engine.writes.record_password_sent(engine.username, proof)
    try:
        reply = engine.respond_to_auth_challenge(responses)
    except AuthError as error:
        if engine.challenge is challenge:  # else the password was accepted, and a later call failed
            engine.writes.record_failure(error, proof)
        raise
    engine.proof = proof
    return next_step_for(engine, reply)


def _answer_password(engine: SignInEngine, password: Secret) -> NextStep:
    engine.set_password(password)
    if engine.challenge is None:  # the factor was preferred, and nothing was sent yet
        return next_step_for(engine, engine.initiate_preferring(engine.choices.last))
    if engine.was_password_rejected:
        return _answer_another_password(engine, password)
    match engine.challenge.name:
        case "PASSWORD_SRP":
            return _respond(engine, {"SRP_A": engine.new_srp_a()})
        case "SELECT_CHALLENGE":
            return _respond(engine, engine.password_choice(engine.choices.last))
    return _respond(engine, {"PASSWORD": password})


def _answer_another_password(engine: SignInEngine, password: Secret) -> NextStep:
    """Start again for a second password: no documentation says that one challenge session takes two."""
    was_asked_by_pool = engine.current_challenge().name == "PASSWORD"
    engine.choices = engine.choices.restart()
    reply = engine.initiate()
    if was_asked_by_pool and isinstance(reply, Challenge) and reply.name == "PASSWORD":
        return _respond(engine, {"PASSWORD": password})
    return next_step_for(engine, reply)


# --- Set up a second factor ------------------------------------------------------------------------------


def next_step_for(engine: SignInEngine, reply: AuthReply) -> NextStep:
    """Return the next step for a reply; make the calls that MFA_SETUP needs first."""
    if isinstance(reply, Done):
        return reply
    if reply.name != "MFA_SETUP":
        return challenges.next_step_for(reply)
    offered = challenges.parse_mfa_types(reply.texts("MFAS_CAN_SETUP"))
    types = tuple(mfa_type for mfa_type in offered if mfa_type is not MFAType.SMS)
    if not types:
        raise AuthError(
            ErrorKind.SERVICE,
            "The user pool requires a second factor that can't be set up during sign-in.",
            "An administrator can add a phone number or an email address to this user.",
        )
    if len(types) == 1:
        return _set_up_mfa(engine, types[0] if isinstance(types[0], str) else types[0].value)
    if choice := engine.pop_replay(reply.name):
        return _set_up_mfa(engine, choice)
    left_out = tuple(mfa_type for mfa_type in offered if mfa_type is MFAType.SMS)
    return ContinueSignInWithMFASetupSelection(types, left_out)


def _set_up_mfa(engine: SignInEngine, method: str) -> NextStep:
    """Start to set up a second factor, by Cognito's name."""
    if method == MFAType.TOTP.value:
        return _associate_software_token(engine)
    if method == MFAType.EMAIL.value:
        address = engine.pop_replay("MFA_SETUP")
        return _set_up_email(engine, address) if address else ContinueSignInWithEmailMFASetup()
    return _respond(engine, {"ANSWER": method})


def _set_up_email(engine: SignInEngine, address: str) -> NextStep:
    """Have a code sent to the address that becomes the second factor."""
    return _respond(engine, {"EMAIL": address})


def _associate_software_token(engine: SignInEngine) -> NextStep:
    challenge = engine.current_challenge()
    reply = engine.gateway.call("AssociateSoftwareToken", {"Session": challenge.challenge_session})
    key = reply.get("SecretCode")
    if not isinstance(key, str) or not _BASE32.fullmatch(key):
        raise AuthError(ErrorKind.SERVICE, "Cognito sent no usable key for the authenticator app.")
    engine.challenge = challenge.with_session_of(reply)
    engine.writes.totp_key_may_be_in_use = False
    return ContinueSignInWithTOTPSetup(TOTPSetupDetails(Secret(key), engine.username))


def _answer_totp_setup(engine: SignInEngine, code: Secret, friendly_device_name: str | None) -> NextStep:
    if not engine.first_call_committed:
        _verify_software_token(engine, code, friendly_device_name)
        engine.first_call_committed = True
    return _respond(engine, {})


def _verify_software_token(engine: SignInEngine, code: Secret, friendly_device_name: str | None) -> None:
    """Prove that the app has the key, and take the next challenge session from the reply."""
    challenge = engine.current_challenge()
    request = {
        "Session": challenge.challenge_session,
        "UserCode": code,
        "FriendlyDeviceName": friendly_device_name or None,
    }
    was_in_use, engine.writes.totp_key_may_be_in_use = engine.writes.totp_key_may_be_in_use, True
    try:
        reply = engine.gateway.call("VerifySoftwareToken", request)
        if reply.get("Status") != "SUCCESS":
            raise error_from_response("EnableSoftwareTokenMFAException", "")
    except AuthError as error:
        if not error.may_have_arrived:
            engine.writes.totp_key_may_be_in_use = was_in_use
        raise
    engine.challenge = challenge.with_session_of(reply)
