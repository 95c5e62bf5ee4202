"""``tui-auth pool``: serve the embedded user pool, and say in one line of JSON where it is."""

from __future__ import annotations

import json
import signal
import sys
import threading
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tui_auth.commands.output import tell, write_out
from tui_auth.exit_codes import ExitCode

if TYPE_CHECKING:
    from tui_auth.pool import PoolServer

_MODULE = "tui_auth_pool_triggers"
_FUNCTIONS = ("define_auth_challenge", "create_auth_challenge", "verify_auth_challenge_response")
_FLOWS = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
]


class TriggersError(Exception):
    """The triggers file cannot be used; the text says why."""


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="listen here; a free port unless given"
    )
    parser.add_argument("--demo-users", action="store_true", help="with the demo's pools and users")
    parser.add_argument(
        "--triggers",
        type=Path,
        metavar="FILE.py",
        help="a Python file with define_auth_challenge, create_auth_challenge and "
        "verify_auth_challenge_response, each (event, context) -> event as a Lambda gets them",
    )


def run(arguments: Namespace) -> int:
    """Serve until SIGINT or SIGTERM, then 0. 3 for a bad triggers file or a port that is taken."""
    from tui_auth.pool import PoolServer

    try:
        triggers = load_triggers(arguments.triggers) if arguments.triggers else None
    except TriggersError as error:
        return _say(str(error), ExitCode.CONFIGURATION)
    try:
        server = PoolServer(port=arguments.port, triggers=triggers)
    except OSError as error:
        cure = "Give another --port, or none for a free one."
        return _say(
            f"cannot listen on port {arguments.port}: {error.strerror}. {cure}", ExitCode.CONFIGURATION
        )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with server:
        described = _demo(server) if arguments.demo_users else _empty(server)
        where = {
            "endpoint_url": server.endpoint_url,
            "region": server.region,
            **described,
            "messages_url": server.messages_url,
        }
        status = write_out(json.dumps({**where, "users": where.pop("users")}) + "\n")
        if status == 0:
            stopped.wait()
    return status


def load_triggers(path: Path) -> ModuleType:
    """The module in a file, with its three trigger functions. Raises TriggersError."""
    module = sys.modules[_MODULE] = ModuleType(_MODULE)
    module.__file__ = str(path)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise TriggersError(f"cannot read the triggers file {path}: {error.strerror}.") from None
    try:
        # The person asks for this very file to be run.
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise TriggersError(f"the triggers file {path} does not run: {reason}.") from None
    missing = [name for name in _FUNCTIONS if not callable(getattr(module, name, None))]
    if missing:
        raise TriggersError(f"the triggers file {path} has no function {', '.join(missing)}.")
    return module


def _demo(server: PoolServer) -> dict[str, Any]:
    from tui_auth.pool.demo_users import provision

    pool = provision(server)
    return {**asdict(pool), "users": [asdict(user) for user in pool.users]}


def _empty(server: PoolServer) -> dict[str, Any]:
    """One empty pool with one client that allows every flow, and an identity pool for it."""
    settings: dict[str, Any] = {"PoolName": "pool", "AutoVerifiedAttributes": ["email"]}
    if server.triggers is not None:
        arn = f"arn:aws:lambda:{server.region}:000000000000:function:"
        names = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
        settings["LambdaConfig"] = {name: arn + name for name in names}
    pool_id = server.call("CreateUserPool", settings)["UserPool"]["Id"]
    client = {"UserPoolId": pool_id, "ClientName": "client", "ExplicitAuthFlows": _FLOWS}
    client_id = server.call("CreateUserPoolClient", client)["UserPoolClient"]["ClientId"]
    provider = {
        "ProviderName": f"cognito-idp.{server.region}.amazonaws.com/{pool_id}",
        "ClientId": client_id,
    }
    identity_pool = {
        "IdentityPoolName": "pool",
        "AllowUnauthenticatedIdentities": False,
        "CognitoIdentityProviders": [provider],
    }
    made = server.call("CreateIdentityPool", identity_pool, service="cognito-identity")
    return {
        "user_pool_id": pool_id,
        "client_id": client_id,
        "identity_pool_id": made["IdentityPoolId"],
        "users": [],
    }


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _say(sentence: str, status: int) -> int:
    tell(sentence)
    return status
