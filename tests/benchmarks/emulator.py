"""The local emulator: one InitiateAuth, and 500 clients at once. It runs in a separate process."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.benchmarks.stage import Stage
from tests.benchmarks.table import MILLISECONDS, Pair, Row

CALLS, CLIENTS, CALLS_OF_EACH = 200, 500, 4
SERVER = """
import json, sys
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision
with CognitoEmulator() as server:
    ann = next(user for user in provision(server).users if user.username == "ann")
    print(json.dumps([server.endpoint_url, ann.client_id, ann.password]), flush=True)
    sys.stdin.read()
"""
_HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
}


class Client:
    """A client with a connection, which signs in with USER_PASSWORD_AUTH."""

    def __init__(self, endpoint_url: str, client_id: str, password: str) -> None:
        self.connection = http.client.HTTPConnection(endpoint_url.removeprefix("http://"), timeout=60)
        parameters = {"USERNAME": "ann", "PASSWORD": password}
        body = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client_id, "AuthParameters": parameters}
        self.body = json.dumps(body)

    def sign_in(self) -> float:
        """Call InitiateAuth, which returns tokens, and return the seconds it took."""
        started = perf_counter()
        self.connection.request("POST", "/", self.body, _HEADERS)
        reply = self.connection.getresponse()
        content = reply.read()
        seconds = perf_counter() - started
        assert "AuthenticationResult" in json.loads(content), content
        return seconds


@contextmanager
def running_emulator(stage: Stage) -> Iterator[tuple[str, str, str]]:
    """Run an emulator, and return its endpoint, an app client, and the password of ann."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(
        command, env=stage.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin, "a pipe"
        assert process.stdout, "a pipe"
        endpoint_url, client_id, password = json.loads(process.stdout.readline())
        yield endpoint_url, client_id, password
        process.stdin.close()


def initiate_auth_seconds(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the times of one InitiateAuth on an open connection, and of the two signatures in its reply."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with running_emulator(stage) as emulator:
        client = Client(*emulator)
        for number in range(rounds + 1):
            seconds = sum(client.sign_in() for _ in range(CALLS)) / CALLS
            started = perf_counter()
            for _ in range(2 * CALLS):
                key.sign(b"x" * 800, padding.PKCS1v15(), SHA256())
            pair = seconds, (perf_counter() - started) / CALLS
            if number:
                yield pair


def crowd_seconds(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the 99th percentile of calls of 500 clients that all call at once, and of one client's calls."""
    with running_emulator(stage) as emulator:
        for _ in range(rounds):
            barrier = Barrier(CLIENTS)

            def run(_: int, barrier: Barrier = barrier) -> list[float]:
                client = Client(*emulator)
                barrier.wait()
                return [client.sign_in() for _ in range(CALLS_OF_EACH)]

            with ThreadPoolExecutor(CLIENTS) as threads:
                crowd = [seconds for times in threads.map(run, range(CLIENTS)) for seconds in times]
            client = Client(*emulator)
            alone = [client.sign_in() for _ in range(CALLS)]
            yield percentile(crowd), percentile(alone)


def percentile(seconds: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(seconds)[int(len(seconds) * 0.99)]


INITIATE_AUTH = Row(
    "initiate-auth",
    "emulator: InitiateAuth with a password, over HTTP",
    "the two RS256 signatures in the reply",
    MILLISECONDS,
    initiate_auth_seconds,
    rounds=5,
    maximum=0.001,
)
CROWD = Row(
    "crowd",
    "emulator: p99 of InitiateAuth, 500 clients at once, no error",
    "p99 of one client",
    MILLISECONDS,
    crowd_seconds,
    rounds=3,
)
