"""The Python API: a valid token, what the first one costs, and a thousand sign-ins at once."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from time import thread_time

from tests.benchmarks.stage import Stage
from tests.benchmarks.table import MILLISECONDS, Pair, Row, Unit
from tests.session.machine import Machine
from tui_auth import open_session

CALLS = 1000
SIGN_INS, REFERENCE_SIGN_INS = 1000, 40
"""Each sign-in of the reference has its own client, so a few show what a thousand would take."""

KIBIBYTES = Unit("KiB", 1024, 1)
MICROSECONDS = Unit("µs", 1e-6)

FIRST_TOKEN = "import tui_auth; tui_auth.open_session().token()"
MANY = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from tui_auth import Auth, Secret
from tui_auth.auth.app_client import AuthFlow

settings = json.load(sys.stdin)


def build():
    return Auth(settings["user_pool_id"], settings["client_id"], endpoint_url=settings["endpoint_url"])


def start(_):
    attempt = (shared if settings["is_shared"] else build()).attempt()
    attempt.sign_in("cleo", None, auth_flow=AuthFlow.USER_AUTH)
    return attempt


def finish(attempt):
    attempt.confirm("PASSWORD")
    return attempt.confirm(Secret(settings["password"])).session.token()


def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


shared, count = build(), settings["count"]
finish(start(None))  # everything is imported, and the pool's keys are here
with ThreadPoolExecutor(64) as threads:
    before, began = memory(), time.perf_counter()
    attempts = list(threads.map(start, range(count)))
    held = memory() - before
    tokens = set(threads.map(finish, attempts))
    took = time.perf_counter() - began
assert len(tokens) == count
print(json.dumps([took / count, held / count]))
"""


def token_seconds(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the CPU times of ``token()``, and of reading the session's file."""
    machine = Machine(stage.home, stage.server)
    machine.sign_in()
    session, file = open_session(environ=machine.environ), machine.session_file()
    session.token()
    for _ in range(rounds):
        began = thread_time()
        for _ in range(CALLS):
            session.token()
        middle = thread_time()
        for _ in range(CALLS):
            file.read_bytes()
        yield (middle - began) / CALLS, (thread_time() - middle) / CALLS


def first_token_seconds(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the CPU times of processes that get a token, and of ones that do nothing."""
    Machine(stage.home, stage.server).sign_in()
    for number in range(rounds + 1):
        pair = cpu_seconds(stage, FIRST_TOKEN), cpu_seconds(stage, "pass")
        if number:
            yield pair


def cpu_seconds(stage: Stage, code: str) -> float:
    """Run Python code in a process, and return the CPU time it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], env=stage.environ, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@cache
def many_sign_ins(stage: Stage, number: int) -> tuple[Pair, Pair]:
    """Return seconds and bytes per sign-in, on one Auth and on an Auth for each. ``number`` is the round."""
    cleo = stage.users["cleo"]
    settings = {
        "user_pool_id": cleo.user_pool_id,
        "client_id": cleo.client_id,
        "endpoint_url": stage.server.endpoint_url,
        "password": cleo.password,
    }

    def run(count: int, *, is_shared: bool) -> list[float]:
        given = json.dumps({**settings, "count": count, "is_shared": is_shared})
        command = [sys.executable, "-c", MANY]
        result = subprocess.run(
            command, env=stage.environ, input=given, stdout=subprocess.PIPE, text=True, check=True
        )
        figures: list[float] = json.loads(result.stdout)
        return figures

    seconds, size = run(SIGN_INS, is_shared=True)
    reference_seconds, reference_size = run(REFERENCE_SIGN_INS, is_shared=False)
    return (seconds, reference_seconds), (size, reference_size)


SESSION_TOKEN = Row(
    "session-token",
    "Session.token() of a valid session, in process, CPU time",
    "reading the session's file",
    MICROSECONDS,
    token_seconds,
    rounds=15,
    maximum=0.0003,
)
FIRST_SESSION_TOKEN = Row(
    "first-session-token",
    "import tui_auth and the first token(), CPU time",
    "python -c pass",
    MILLISECONDS,
    first_token_seconds,
    rounds=30,
    ratio=2,
)
MANY_SIGN_INS = Row(
    "many-sign-ins",
    "one of 1,000 sign-ins at once on one Auth, 64 threads, emulator included",
    "an Auth for each",
    MILLISECONDS,
    lambda stage, rounds: (many_sign_ins(stage, number)[0] for number in range(rounds)),
    rounds=3,
)
MANY_SIGN_INS_MEMORY = Row(
    "many-sign-ins-memory",
    "memory of one of 1,000 sign-ins that wait for an answer",
    "an Auth for each",
    KIBIBYTES,
    lambda stage, rounds: (many_sign_ins(stage, number)[1] for number in range(rounds)),
    rounds=3,
)
