"""Processes without a screen: an SRP sign-in, and printing a stored token."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from time import perf_counter

from tests.benchmarks.stage import Stage
from tests.benchmarks.table import MILLISECONDS, Pair, Row
from tests.session.machine import Machine

TUI_AUTH_CHECKED = """
import json, sys
from tui_auth import Auth
settings = json.load(sys.stdin)
ids = settings["user_pool_id"], settings["client_id"]
auth = Auth(*ids, endpoint_url=settings["endpoint_url"])
tokens = auth.sign_in("ann", settings["password"]).next_step.tokens
print(tokens.access_token.reveal())
"""
TUI_AUTH = TUI_AUTH_CHECKED.replace("Auth(*ids,", "Auth(*ids, verify_signatures=False,")
REFERENCE = """
import json, sys
import boto3
from botocore import UNSIGNED
from botocore.config import Config
from pycognito.aws_srp import AWSSRP
settings = json.load(sys.stdin)
client = boto3.client(
    "cognito-idp",
    region_name="eu-west-1",
    endpoint_url=settings["endpoint_url"],
    config=Config(signature_version=UNSIGNED),
)
srp = AWSSRP("ann", settings["password"], settings["user_pool_id"], settings["client_id"], client=client)
print(srp.authenticate_user()["AuthenticationResult"]["AccessToken"])
"""
REFERENCE_CHECKED = """
import json, sys
import requests
from botocore import UNSIGNED
from botocore.config import Config
from pycognito import Cognito
settings = json.load(sys.stdin)
user = Cognito(
    settings["user_pool_id"],
    settings["client_id"],
    username="ann",
    botocore_config=Config(signature_version=UNSIGNED),
    boto3_client_kwargs={"endpoint_url": settings["endpoint_url"]},
)
# pycognito expects the keys at the issuer's address, which isn't the emulator's.
user.pool_domain_url = None
url = f"{settings['endpoint_url']}/{settings['user_pool_id']}/.well-known/jwks.json"
user.pool_jwk = requests.get(url, timeout=15).json()
user.authenticate(settings["password"])
print(user.access_token)
"""


def run_seconds(stage: Stage, command: Sequence[str], standard_input: str = "") -> float:
    """Run a command successfully and return the seconds it took."""
    started = perf_counter()
    subprocess.run(
        command, env=stage.environ, input=standard_input, stdout=subprocess.DEVNULL, text=True, check=True
    )
    return perf_counter() - started


def alternate(
    stage: Stage, rounds: int, command: Sequence[str], reference: Sequence[str], standard_input: str = ""
) -> Iterator[Pair]:
    """Yield the times of both commands alternately, after a warm-up round."""
    for number in range(rounds + 1):
        pair = run_seconds(stage, command, standard_input), run_seconds(stage, reference, standard_input)
        if number:
            yield pair


def sign_ins(stage: Stage, rounds: int, *, checked: bool = False) -> Iterator[Pair]:
    """Yield the times of SRP sign-ins from process start to tokens."""
    ann = stage.users["ann"]
    settings = {
        "user_pool_id": ann.user_pool_id,
        "client_id": ann.client_id,
        "endpoint_url": stage.server.endpoint_url,
        "password": ann.password,
    }
    scripts = (TUI_AUTH_CHECKED, REFERENCE_CHECKED) if checked else (TUI_AUTH, REFERENCE)
    command, reference = ([sys.executable, "-c", script] for script in scripts)
    yield from alternate(stage, rounds, command, reference, json.dumps(settings))


def tokens(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the times of printing a valid stored token."""
    Machine(stage.home, stage.server).sign_in()
    yield from alternate(stage, rounds, [stage.command, "token"], [sys.executable, "-c", "pass"])


SRP_SIGN_IN = Row(
    "srp-sign-in",
    "SRP sign-in, start of process to tokens, no screen, signature unchecked",
    "boto3 + pycognito script",
    MILLISECONDS,
    sign_ins,
    rounds=15,
    ratio=0.8,
)
SRP_SIGN_IN_CHECKED = Row(
    "srp-sign-in-checked",
    "the same, keys fetched and signatures checked",
    "boto3 + pycognito script that does the same",
    MILLISECONDS,
    lambda stage, rounds: sign_ins(stage, rounds, checked=True),
    rounds=15,
    ratio=0.7,
)
TOKEN = Row(
    "token",
    "tui-auth token, from a valid session",
    "python -c pass",
    MILLISECONDS,
    tokens,
    rounds=30,
    ratio=2.5,
)
