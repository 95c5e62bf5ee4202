"""Is the pool there, is it the right one, and what does its app client allow?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from tui_auth.auth.app_client import AppClient
from tui_auth.auth.errors import AuthError
from tui_auth.auth.gateway import Gateway
from tui_auth.auth.signature import KeysUnreachable, fetch_keys, keys_url
from tui_auth.commands.doctor.findings import Finding, good, note, wrong
from tui_auth.commands.exit_status import CONFIGURATION, status_for
from tui_auth.config.pool_choice import PoolChoice
from tui_auth.config.region import own_region
from tui_auth.config.sources import SourceKind
from tui_auth.flow.flow_probe import API_FLOWS, FLOWS, OUR_FLOWS, Answer, Verdict, probe_flow
from tui_auth.terminal.safe_text import safe_line, service_says

CLOCK_TOLERANCE_SECONDS = 20.0
_BEYOND_THE_SECRET = (Verdict.ALLOWED, Verdict.NO_TRIGGERS, Verdict.NOT_ALLOWED)
"""Answers that come only after no secret was missed."""

_SET_FLOWS = "In the Cognito console, app client, authentication flows: add ALLOW_{}."


def check_choice(choice: PoolChoice) -> Iterator[Finding]:
    """Which pool is meant, and whether the region is its own."""
    yield good(
        "pool",
        f"{choice.user_pool_id} from {choice.origins['user_pool_id']}, "
        f"app client {choice.client_id} from {choice.origins['client_id']}",
    )
    yield _region(choice)
    if choice.endpoint_url:
        place = safe_line(choice.endpoint_url, limit=100)
        yield note("endpoint", f"{place} from {choice.origins['endpoint_url']}, in place of AWS's own")


def _region(choice: PoolChoice) -> Finding:
    own, origin = own_region(choice.user_pool_id), choice.origins["region"]
    if own is None and choice.endpoint_url is None:
        return wrong(
            "region",
            "none: the pool id is that of a stand-in for Cognito",
            "Say where it listens, with --endpoint-url.",
            CONFIGURATION,
        )
    if own is None:
        is_derived = origin.kind is SourceKind.DERIVED
        return note("region", "the pool id says none" if is_derived else f"{choice.region} from {origin}")
    if choice.region == own:
        return good("region", f"{own}, as the pool id says")
    return wrong(
        "region",
        f"{choice.region} from {origin}, but the pool id says {own}",
        "Leave the region out: the pool id has it.",
        CONFIGURATION,
    )


def check_pool(choice: PoolChoice, gateway: Gateway, address: str) -> Iterator[Finding]:
    """What the pool answers at an address: one harmless call a flow, and its public keys."""
    client = AppClient(choice.user_pool_id, choice.client_id, choice.client_secret)
    answers: list[Answer] = []
    for flow in FLOWS:
        answers.append(probe_flow(gateway, client, flow))
        if answers[-1].verdict.is_final:
            break
    last = answers[-1]
    if last.verdict is Verdict.UNREACHABLE and last.error:
        host = safe_line(urlsplit(address).netloc, limit=100)
        says = f"{last.error.message.removesuffix('.')} ({host})."
        yield wrong("reachable", says, last.error.recovery_suggestion, status_for(last.error))
        return
    yield good("reachable", "Cognito answers")
    yield from _clock(gateway.clock_offset)
    yield _pool_exists(choice)
    if last.verdict is Verdict.NO_SUCH_CLIENT:
        yield wrong(
            "client",
            "there is no such app client in this region",
            "Compare --client-id with the pool's App clients in the Cognito console: it may be one of a pool "
            "in another region, or be gone.",
            CONFIGURATION,
        )
        return
    if all(answer.verdict is Verdict.UNCLEAR for answer in answers):
        yield _untold("client", "whether there is such an app client could not be told", answers[0])
        return
    yield good("client", "there is such an app client; whether it is this pool's shows at sign-in")
    yield _secret(choice, _explained(gateway, client, answers))
    if not last.verdict.is_final:
        yield from _flows(choice, answers)


def _clock(offset: float | None) -> Iterator[Finding]:
    if offset is None:
        yield note("clock", "the answer had no date to compare with")
    elif abs(offset) <= CLOCK_TOLERANCE_SECONDS:
        yield good("clock", f"within {max(1, round(abs(offset)))} s of Cognito's")
    else:
        way = "behind" if offset > 0 else "ahead of"
        yield note(
            "clock",
            f"this machine's clock is {round(abs(offset))} s {way} Cognito's",
            "Set it: `timedatectl set-ntp true`, in WSL `sudo hwclock -s`. Codes made on it are off.",
        )


def _pool_exists(choice: PoolChoice) -> Finding:
    try:
        fetch_keys(keys_url(choice.user_pool_id, choice.endpoint_url))
    except KeysUnreachable as error:
        if error.is_of_no_pool(choice.endpoint_url):
            return wrong(
                "pool keys",
                "there is no such user pool: nothing is published under its id",
                "Compare --user-pool-id with the Cognito console. With a wrong one no password fits.",
                CONFIGURATION,
            )
        return note("pool keys", "the pool's public keys could not be fetched, so its id is not checked")
    except AuthError as error:
        return note("pool keys", error.message, error.recovery_suggestion)
    return good("pool keys", "the pool publishes its keys under its id")


def _explained(gateway: Gateway, client: AppClient, answers: list[Answer]) -> set[Verdict]:
    """The verdicts, with what an answer without the secret tells where it was refused.

    Cognito has the same words for a wrong one and for one that is not wanted.
    """
    verdicts = {answer.verdict for answer in answers}
    if Verdict.SECRET_WRONG in verdicts and client.client_secret:
        without = probe_flow(gateway, replace(client, client_secret=None), answers[-1].flow).verdict
        if without is Verdict.SECRET_MISSING:
            return {Verdict.SECRET_WRONG}
        if without in _BEYOND_THE_SECRET:
            return {Verdict.SECRET_NOT_WANTED}
        return {Verdict.SECRET_WRONG, Verdict.SECRET_NOT_WANTED}
    return verdicts


def _secret(choice: PoolChoice, verdicts: set[Verdict]) -> Finding:
    file = choice.origins.get("client_secret_file")
    given = f"the one from {file}" if file else "the one that is given"
    if Verdict.SECRET_MISSING in verdicts:
        return wrong(
            "secret",
            "this app client has a secret, and none is given",
            "Put it in the first line of a file only you can read, and name that with --client-secret-file.",
            CONFIGURATION,
        )
    if {Verdict.SECRET_WRONG, Verdict.SECRET_NOT_WANTED} <= verdicts:
        return wrong(
            "secret",
            f"either {given} is not this app client's, or this app client takes none",
            "Compare it with the app client's page in the Cognito console; leave it out if none is there.",
            CONFIGURATION,
        )
    if Verdict.SECRET_WRONG in verdicts:
        return wrong(
            "secret",
            f"{given} is not this app client's",
            "Compare it with the app client's page in the Cognito console.",
            CONFIGURATION,
        )
    if Verdict.SECRET_NOT_WANTED in verdicts:
        return wrong(
            "secret",
            f"this app client takes none; {given} is not wanted",
            "Leave it out, or name the app client that it belongs to.",
            CONFIGURATION,
        )
    if not verdicts & {Verdict.ALLOWED, Verdict.NO_TRIGGERS}:
        return note("secret", "cannot be told while no flow is allowed")
    return good("secret", f"the one from {file} fits" if choice.client_secret else "none wanted")


def _flows(choice: PoolChoice, answers: list[Answer]) -> Iterator[Finding]:
    chosen = choice.auth_flow or "USER_SRP_AUTH"
    usable = [
        word
        for answer in answers
        if answer.verdict is Verdict.ALLOWED
        for word in OUR_FLOWS.get(answer.flow, (answer.flow,))
    ]
    others = f"choose one it allows with --auth-flow: {', '.join(usable)}." if usable else ""
    for answer in answers:
        about, is_chosen = f"flow {answer.flow}", API_FLOWS.get(chosen, chosen) == answer.flow
        match answer.verdict:
            case Verdict.ALLOWED:
                names = " and ".join(OUR_FLOWS.get(answer.flow, ()))
                for_flag = f" (--auth-flow {names})" if names else ""
                yield good(about, f"allowed{for_flag}" + (", and used" if is_chosen else ""))
            case Verdict.NO_TRIGGERS if not is_chosen:
                yield note(about, "allowed, but the pool has no functions that ask a question")
            case Verdict.NO_TRIGGERS:
                yield wrong(
                    about,
                    "allowed, but the pool has no functions that ask a question",
                    "Give the pool its Lambda triggers." + (f" Or {others}" if others else ""),
                    CONFIGURATION,
                )
            case Verdict.NOT_ALLOWED if not is_chosen:
                yield note(about, "not allowed by this app client")
            case Verdict.NOT_ALLOWED:
                yield wrong(
                    about,
                    f"not allowed by this app client, but used ({chosen})",
                    _SET_FLOWS.format(answer.flow) + (f" Or {others}" if others else ""),
                    CONFIGURATION,
                )
            case _ if is_chosen:
                yield _untold(about, "whether it is allowed could not be told", answer)
            case _:
                yield note(about, f"could not be told: {answer.error.message}" if answer.error else "")


def _untold(about: str, what: str, answer: Answer) -> Finding:
    """What the answer to a call leaves open, and why."""
    error = answer.error
    if error is None:
        return note(about, what)
    do = error.recovery_suggestion or "Try again in a moment."
    words = f" {service_says(error.quote)}" if error.quote else ""
    return wrong(about, f"{what}: {error.message}{words}", do, status_for(error))
