"""Second factors: SMS and e-mail codes, software tokens, choosing one, setting one up in a sign-in."""

from __future__ import annotations

import hmac

from tui_auth.emulator import attributes, totp
from tui_auth.emulator.after_password import (
    after_first_factor,
    after_second_factor,
    ask_factor,
    usable_factors,
)
from tui_auth.emulator.challenges import Answer, Reply, ask_code
from tui_auth.emulator.codes import verify_address
from tui_auth.emulator.custom_auth import after_factor
from tui_auth.emulator.errors import (
    PoolError,
    code_mismatch,
    invalid_parameter,
    missing_parameter,
    not_authorized,
)
from tui_auth.emulator.messages import ATTRIBUTE_OF
from tui_auth.emulator.model import EMAIL_OTP, SOFTWARE_TOKEN_MFA, User
from tui_auth.emulator.names import claim_alias
from tui_auth.emulator.state import State

_SYNONYMS = {"EMAIL_MFA": EMAIL_OTP}


def answer_code(state: State, answer: Answer) -> Reply:
    """SMS_MFA, SMS_OTP and EMAIL_OTP, as second or as first factor."""
    session, sign_in = answer.session, answer.sign_in
    given = answer.value(f"{session.challenge}_CODE")
    right = hmac.compare_digest(given.encode(), str(session.code).encode())
    if not right or not sign_in.user.exists:
        raise code_mismatch("Invalid code or auth state for the user.")
    medium = str(session.medium)
    attribute = ATTRIBUTE_OF[medium]
    if session.sets_up:
        claim_alias(sign_in.client.pool, sign_in.user, attribute, str(session.destination))
        sign_in.user.attributes[attribute] = str(session.destination)
        enable(sign_in.user, EMAIL_OTP)
    if sign_in.user.attributes.get(attribute) == session.destination:
        verify_address(sign_in.user, medium)
    if sign_in.first_factors:
        return after_first_factor(state, sign_in)
    return _proved(state, answer)


def answer_software_token(state: State, answer: Answer) -> Reply:
    """SOFTWARE_TOKEN_MFA."""
    given = answer.value("SOFTWARE_TOKEN_MFA_CODE")
    user = answer.sign_in.user
    if user.software_token is None:
        raise PoolError(
            "SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user."
        )
    if not totp.accepts(state, user, user.software_token.secret, given):
        raise code_mismatch("Invalid code received for user")
    return _proved(state, answer)


def _proved(state: State, answer: Answer) -> Reply:
    if answer.sign_in.flow == "CUSTOM_AUTH":
        return after_factor(state, answer)
    return after_second_factor(state, answer.sign_in)


def answer_selection(state: State, answer: Answer) -> Reply:
    """SELECT_MFA_TYPE: the code of the chosen factor goes out now."""
    given = answer.value("ANSWER")
    factor = _SYNONYMS.get(given, given)
    if factor not in usable_factors(answer.sign_in.client.pool, answer.sign_in.user):
        raise invalid_parameter(f"{given} is not an MFA option of the user.")
    return ask_factor(state, answer.sign_in, factor)


def answer_setup(state: State, answer: Answer) -> Reply:
    """MFA_SETUP: either a software token was verified with this session, or EMAIL names an address."""
    session, sign_in = answer.session, answer.sign_in
    pool = sign_in.client.pool
    address = answer.responses.get("EMAIL")
    if address and EMAIL_OTP in pool.factors:
        if not attributes.looks_like_email(address):
            raise invalid_parameter("Invalid email address format.")
        return ask_code(state, sign_in, EMAIL_OTP, "EMAIL", address, sets_up=True)
    if session.totp_verified:
        return after_second_factor(state, sign_in)
    if SOFTWARE_TOKEN_MFA not in pool.factors:
        raise missing_parameter("EMAIL")
    raise not_authorized("Invalid session for the user.")


def enable(user: User, factor: str) -> None:
    """Switch on a factor that was just set up; the first one is also preferred."""
    if factor not in user.mfa_enabled:
        user.mfa_enabled.append(factor)
    user.mfa_preferred = user.mfa_preferred or factor
