"""The CPU time of one SRP sign-in: SRP_A and the answer to PASSWORD_VERIFIER."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time, time
from typing import Any

from pycognito.aws_srp import AWSSRP

from tests.benchmarks.stage import Stage
from tests.benchmarks.table import MILLISECONDS, Pair, Row
from tui_auth.auth import srp

POOL_ID, CLIENT_ID, USER, PASSWORD = "eu-west-1_Ab12Cd34E", "client", "sam", "Correct-Horse-9!"


def challenge() -> dict[str, str]:
    """Return PASSWORD_VERIFIER's parameters; every valid B takes the same time."""
    return {
        "USERNAME": USER,
        "USER_ID_FOR_SRP": USER,
        "SRP_B": f"{srp.public_value(srp.private_value()):x}",
        "SALT": f"{srp.private_value() >> 128:x}",
        "SECRET_BLOCK": "c2VjcmV0" * 100,
    }


def tui_auth_answer(parameters: dict[str, str]) -> object:
    """Compute the answer with tui-auth's engine."""
    a, name = srp.private_value(), POOL_ID.partition("_")[2]
    public_a = srp.public_value(a)
    return public_a, srp.claim_signature(
        a=a,
        public_a=public_a,
        srp_b=parameters["SRP_B"],
        salt=parameters["SALT"],
        secret_block=parameters["SECRET_BLOCK"],
        name=name,
        user=USER,
        inner=srp.inner_hash(name, USER, PASSWORD),
        timestamp=srp.format_timestamp(time()),
    )


def reference_answer(parameters: dict[str, str]) -> object:
    """Compute the answer with pycognito, which makes no request here."""
    no_client: Any = object()
    helper = AWSSRP(USER, PASSWORD, POOL_ID, CLIENT_ID, client=no_client)
    return helper.process_challenge(parameters, helper.get_auth_params())


def cpu_seconds(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield CPU times, alternating between the two."""
    for _ in range(rounds):
        parameters = challenge()
        started = process_time()
        tui_auth_answer(parameters)
        middle = process_time()
        reference_answer(parameters)
        yield middle - started, process_time() - middle


SRP_MATHS = Row(
    "srp-maths", "SRP maths, CPU time", "pycognito's AWSSRP", MILLISECONDS, cpu_seconds, rounds=50, ratio=0.5
)
