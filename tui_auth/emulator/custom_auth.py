"""CUSTOM_AUTH: challenges that the pool's triggers define, create and judge.

A define trigger may also name a challenge that does not exist yet (AWS would refuse it): it is passed on
with the create trigger's public parameters, and its ANSWER is judged by the verify trigger.
"""

from __future__ import annotations

from typing import Any

from tui_auth.emulator.after_password import after_first_factor, ask_factor
from tui_auth.emulator.challenges import Answer, Reply, ask
from tui_auth.emulator.errors import PoolError, not_authorized
from tui_auth.emulator.member_shapes import CHALLENGES
from tui_auth.emulator.model import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA
from tui_auth.emulator.password_verifier import PASSWORD_VERIFIER, answer_with_session, ask_password_verifier
from tui_auth.emulator.sessions import SignIn, SignInFailed
from tui_auth.emulator.state import State
from tui_auth.emulator.trigger_events import CREATE, DEFINE, VERIFY, run, unrecognizable

Metadata = dict[str, str]
CUSTOM_CHALLENGE = "CUSTOM_CHALLENGE"
_FACTORS = (SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP)


def begin(state: State, sign_in: SignIn, parameters: dict[str, str]) -> Reply:
    """The first reply, with or without SRP first. ClientMetadata of InitiateAuth reaches no trigger."""
    if parameters.get("CHALLENGE_NAME") == "SRP_A":
        sign_in.rounds.append(_round("SRP_A", correct=True))
        return _next(state, sign_in, {}, srp_a=parameters["SRP_A"])
    return _next(state, sign_in, {})


def answer(state: State, given: Answer) -> Reply:
    """CUSTOM_CHALLENGE, or a challenge from the future."""
    session, sign_in = given.session, given.sign_in
    request = {"privateChallengeParameters": session.private, "challengeAnswer": given.value("ANSWER")}
    response = run(state, sign_in, VERIFY, request, given.metadata)
    correct = response.get("answerCorrect")
    if correct is not None and not isinstance(correct, bool):
        raise unrecognizable()
    return _after(state, given, _round(session.challenge, correct=bool(correct), metadata=session.metadata))


def answer_verifier(state: State, given: Answer) -> Reply:
    """PASSWORD_VERIFIER of CUSTOM_AUTH with SRP first."""
    answer_with_session(state, given)
    return _after(state, given, _round(PASSWORD_VERIFIER, correct=True))


def after_factor(state: State, given: Answer) -> Reply:
    """A second factor that the define trigger asked for was proved."""
    return _after(state, given, _round(given.session.challenge, correct=True))


def _after(state: State, given: Answer, finished: dict[str, Any]) -> Reply:
    """Go on after a round; where that fails the round did not happen, and the answer may be sent again."""
    rounds = given.sign_in.rounds
    given.sign_in.rounds = [*rounds, finished]
    try:
        return _next(state, given.sign_in, given.metadata)
    except PoolError:
        given.sign_in.rounds = rounds
        raise


def _round(name: str, *, correct: bool, metadata: str | None = None) -> dict[str, Any]:
    return {"challengeName": name, "challengeResult": correct, "challengeMetadata": metadata}


def _next(state: State, sign_in: SignIn, metadata: Metadata, srp_a: str | None = None) -> Reply:
    response = run(state, sign_in, DEFINE, {"session": sign_in.rounds}, metadata)
    name = response.get("challengeName")
    flags = (response.get("failAuthentication"), response.get("issueTokens"))
    if not all(flag is None or isinstance(flag, bool) for flag in flags):
        raise unrecognizable()
    fails, issues = flags
    if fails:
        raise SignInFailed("NotAuthorizedException", state.failed_custom_challenge_text)
    if issues:
        return after_first_factor(state, sign_in)
    if not isinstance(name, str) or not name:
        raise unrecognizable()
    if name == PASSWORD_VERIFIER and srp_a is not None:
        return ask_password_verifier(state, sign_in, srp_a)
    if name in _FACTORS and sign_in.has_password:
        return _ask_factor(state, sign_in, name)
    if name != CUSTOM_CHALLENGE and name in CHALLENGES:
        raise unrecognizable()
    return _create(state, sign_in, name, metadata)


def _ask_factor(state: State, sign_in: SignIn, factor: str) -> Reply:
    if factor not in sign_in.user.mfa_enabled or not sign_in.user.exists:
        raise not_authorized()
    return ask_factor(state, sign_in, factor)


def _create(state: State, sign_in: SignIn, name: str, metadata: Metadata) -> Reply:
    request = {"challengeName": name, "session": sign_in.rounds}
    response = run(state, sign_in, CREATE, request, metadata)
    public = _strings(response.get("publicChallengeParameters"))
    private = _strings(response.get("privateChallengeParameters"))
    note = response.get("challengeMetadata")
    if note is not None and not isinstance(note, str):
        raise unrecognizable()
    parameters = {"USERNAME": sign_in.user.username, **public}
    return ask(state, sign_in, name, parameters, private=private, metadata=note)


def _strings(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise unrecognizable()
    return value
