"""PASSWORD_VERIFIER: the password proved by SRP, without being sent."""

from __future__ import annotations

from tui_auth.emulator.after_password import adopt_device, after_first_factor
from tui_auth.emulator.challenges import Answer, Reply, required
from tui_auth.emulator.errors import PoolError, not_authorized
from tui_auth.emulator.model import AppClient
from tui_auth.emulator.names import means
from tui_auth.emulator.passwords import count
from tui_auth.emulator.sessions import SignIn
from tui_auth.emulator.srp_exchange import Exchange, parse_public_a
from tui_auth.emulator.standing import check_standing
from tui_auth.emulator.state import State

PASSWORD_VERIFIER = "PASSWORD_VERIFIER"  # noqa: S105 - a challenge's name


def ask_password_verifier(state: State, sign_in: SignIn, srp_a: str) -> Reply:
    """Ask for the proof. Plain USER_SRP_AUTH gives no session: there SECRET_BLOCK stands for it."""
    user = sign_in.user
    public_a = parse_public_a(srp_a)
    if user.password is None:
        raise not_authorized()
    exchange = state.exchanges.begin(
        sign_in,
        name=sign_in.client.pool.short_name,
        user=user.username,
        salt=user.password.salt,
        verifier=user.password.verifier,
        public_a=public_a,
    )
    parameters = {**exchange.parameters(), "USERNAME": user.username, "USER_ID_FOR_SRP": user.username}
    reply: Reply = {"ChallengeName": PASSWORD_VERIFIER, "ChallengeParameters": parameters}
    if sign_in.flow != "USER_SRP_AUTH":
        reply["Session"] = state.sessions.open(sign_in, PASSWORD_VERIFIER).token
    if sign_in.first_factors:
        reply["AvailableChallenges"] = sign_in.first_factors
    return reply


def claim(responses: dict[str, str]) -> tuple[str, str, str]:
    """Secret block, signature and timestamp of an answer; InvalidParameterException where one lacks."""
    return (
        required(responses, "PASSWORD_CLAIM_SECRET_BLOCK"),
        required(responses, "PASSWORD_CLAIM_SIGNATURE"),
        required(responses, "TIMESTAMP"),
    )


def answer_without_session(state: State, client: AppClient, responses: dict[str, str]) -> Reply:
    """The answer in plain USER_SRP_AUTH."""
    block, signature, timestamp = claim(responses)
    exchange = state.exchanges.take(block, client)
    if exchange is None or exchange.sign_in.flow != "USER_SRP_AUTH":
        raise not_authorized()
    sign_in = exchange.sign_in
    if not means(client.pool, sign_in.user, sign_in.typed, responses["USERNAME"]):
        raise not_authorized()
    check_standing(sign_in.user)
    check_claim(state, exchange, signature, timestamp)
    try:
        adopt_device(sign_in, responses)
    except PoolError:
        # amplify-js sends the same proof again, without the device.
        state.exchanges.give_back(exchange)
        raise
    sign_in.has_password = True
    return after_first_factor(state, sign_in)


def answer_with_session(state: State, answer: Answer) -> None:
    """Check the answer where PASSWORD_VERIFIER came with a session; NotAuthorizedException if wrong."""
    block, signature, timestamp = claim(answer.responses)
    exchange = state.exchanges.take(block, answer.sign_in.client)
    if exchange is None or exchange.sign_in is not answer.sign_in:
        raise not_authorized()
    check_claim(state, exchange, signature, timestamp)
    answer.sign_in.has_password = True


def check_claim(state: State, exchange: Exchange, signature: str, timestamp: str) -> None:
    """Judge a proof of the password, counting failures towards the lock-out."""
    pool, user = exchange.sign_in.client.pool, exchange.sign_in.user
    state.lockout.guard(pool.id, user.username)
    changed = user.password is None or user.password.verifier != exchange.verifier
    right = state.exchanges.proves(exchange, signature, timestamp) and not changed
    count(state, pool, user, right=right)
