"""USER_AUTH: choosing the first factor, and proving it."""

from __future__ import annotations

import uuid

from tui_auth.emulator import custom_auth
from tui_auth.emulator.after_password import after_first_factor, needs_second_factor
from tui_auth.emulator.challenges import Answer, Reply, ask, ask_code
from tui_auth.emulator.errors import invalid_parameter, not_authorized
from tui_auth.emulator.messages import ATTRIBUTE_OF
from tui_auth.emulator.model import FORCE_CHANGE_PASSWORD, User, UserPool
from tui_auth.emulator.password_verifier import answer_with_session, ask_password_verifier
from tui_auth.emulator.passwords import check_password
from tui_auth.emulator.sessions import SignIn
from tui_auth.emulator.state import State

SIGNED_UP, SIGN_UP_CONFIRMED = "SIGNED_UP", "SIGN_UP_CONFIRMED"
"""What the sessions of SignUp and ConfirmSignUp stand for: no challenge that could be answered, and after the
latter a sign-in without another prompt."""

_MEDIUM = {"EMAIL_OTP": "EMAIL", "SMS_OTP": "SMS"}


def begin(state: State, sign_in: SignIn, parameters: dict[str, str], token: str | None) -> Reply:
    """The first reply: the preferred factor where the user has it, else the choice.

    With the session of ConfirmSignUp no factor is asked for.
    """
    if token is not None:
        session = state.sessions.find(token, sign_in.client)
        if session.challenge != SIGN_UP_CONFIRMED or session.sign_in.user is not sign_in.user:
            raise not_authorized("Invalid session for the user.")
        state.sessions.spend(session)
        return after_first_factor(state, sign_in)
    sign_in.first_factors = available(sign_in.client.pool, sign_in.user)
    preferred = parameters.get("PREFERRED_CHALLENGE")
    if preferred is None or preferred == "WEB_AUTHN" or preferred not in sign_in.first_factors:
        return ask(state, sign_in, "SELECT_CHALLENGE", {})
    return _ask(state, sign_in, preferred, parameters)


def available(pool: UserPool, user: User) -> list[str]:
    """The first factors a user can choose from.

    Where a second factor is due, or a new password, only the password will do. WEB_AUTHN is named where the
    pool has passkeys configured, so that clients meet it; choosing it is refused, for nobody has one here.
    """
    factors = ["PASSWORD_SRP", "PASSWORD"] if user.password is not None else []
    allowed = pool.settings["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"]
    if user.status == FORCE_CHANGE_PASSWORD or needs_second_factor(pool, user):
        return factors
    for factor, medium in _MEDIUM.items():
        if factor in allowed and (user.attributes.get(ATTRIBUTE_OF[medium]) or not user.exists):
            factors.append(factor)
    if "WEB_AUTHN" in allowed and "WebAuthnConfiguration" in pool.settings:
        factors.append("WEB_AUTHN")
    return factors


def _ask(state: State, sign_in: SignIn, factor: str, parameters: dict[str, str]) -> Reply:
    if factor in _MEDIUM:
        medium = _MEDIUM[factor]
        destination = sign_in.user.attributes.get(ATTRIBUTE_OF[medium]) or _made_up(sign_in, medium)
        return ask_code(state, sign_in, factor, medium, destination, first_factor=True)
    if factor == "PASSWORD" and parameters.get("PASSWORD"):
        return _judge_password(state, sign_in, parameters["PASSWORD"])
    if factor == "PASSWORD_SRP" and parameters.get("SRP_A"):
        return ask_password_verifier(state, sign_in, parameters["SRP_A"])
    return ask(state, sign_in, factor, {"USER_ID_FOR_SRP": sign_in.user.username})


def _made_up(sign_in: SignIn, medium: str) -> str:
    """Where a code seems to go when there is no such user: for the same name always to the same place."""
    if medium == "EMAIL":
        return sign_in.typed
    return f"+{uuid.UUID(sign_in.user.username).int % 10**11:011d}"


def answer_selection(state: State, answer: Answer) -> Reply:
    """SELECT_CHALLENGE; PASSWORD or SRP_A may come along and save a round."""
    chosen = answer.value("ANSWER")
    if chosen == "WEB_AUTHN":
        raise invalid_parameter("WEB_AUTHN is not available: the user has no passkey.")
    if chosen not in answer.sign_in.first_factors:
        raise invalid_parameter(f"{chosen} is not an available challenge for the user.")
    return _ask(state, answer.sign_in, chosen, answer.responses)


def answer_password(state: State, answer: Answer) -> Reply:
    """PASSWORD."""
    return _judge_password(state, answer.sign_in, answer.value("PASSWORD"))


def answer_password_srp(state: State, answer: Answer) -> Reply:
    """PASSWORD_SRP: SRP begins."""
    return ask_password_verifier(state, answer.sign_in, answer.value("SRP_A"))


def answer_verifier(state: State, answer: Answer) -> Reply:
    """PASSWORD_VERIFIER where it came with a session."""
    if answer.sign_in.flow == "CUSTOM_AUTH":
        return custom_auth.answer_verifier(state, answer)
    answer_with_session(state, answer)
    return after_first_factor(state, answer.sign_in)


def _judge_password(state: State, sign_in: SignIn, words: str) -> Reply:
    check_password(state, sign_in.client.pool, sign_in.user, words)
    sign_in.has_password = True
    return after_first_factor(state, sign_in)
