"""``tui-auth pool``: serve the local emulator, and print in one line of JSON where it is."""

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

from tui_auth.cli.output import tell, write_out
from tui_auth.exit_codes import ExitCode

if TYPE_CHECKING:
    from tui_auth.emulator import CognitoEmulator

_TRIGGERS_MODULE = "tui_auth_pool_triggers"
_FLOWS = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
]


class TriggersError(Exception):
    """The triggers file can't be used; the message says why."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_parse_port, default=0, metavar="N", help="listen here; a free port unless given"
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
    """Serve until SIGINT or SIGTERM and return 0; 3 for a bad triggers file or an unavailable port."""
    from tui_auth.emulator import CognitoEmulator

    try:
        triggers = load_triggers(arguments.triggers) if arguments.triggers else None
    except TriggersError as error:
        tell(str(error))
        return ExitCode.CONFIGURATION
    try:
        server = CognitoEmulator(port=arguments.port, triggers=triggers)
    except OSError as error:
        advice = "Give another --port, or none for a free one."
        tell(f"cannot listen on port {arguments.port}: {error.strerror}. {advice}")
        return ExitCode.CONFIGURATION
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with server:
        pool = _create_demo_pools(server) if arguments.demo_users else _create_empty_pool(server)
        announcement = {
            "endpoint_url": server.endpoint_url,
            "region": server.region,
            **pool,
            "messages_url": server.messages_url,
        }
        status = write_out(json.dumps(announcement) + "\n")
        if status == 0:
            stopped.wait()
    return status


def load_triggers(path: Path) -> ModuleType:
    """Run a Python file and return it as a module with the three trigger functions.

    Raises:
        TriggersError: If the file can't be read or run, or a function is missing.
    """
    from tui_auth.emulator.triggers import CUSTOM_CHALLENGE_FUNCTIONS, FUNCTIONS

    module = sys.modules[_TRIGGERS_MODULE] = ModuleType(_TRIGGERS_MODULE)
    module.__file__ = str(path)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise TriggersError(f"cannot read the triggers file {path}: {error.strerror}.") from None
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - the user's own file
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise TriggersError(f"the triggers file {path} does not run: {reason}.") from None
    names = [name for name in FUNCTIONS.values() if callable(getattr(module, name, None))]
    is_custom = not names or set(names) & set(CUSTOM_CHALLENGE_FUNCTIONS)
    missing = [name for name in CUSTOM_CHALLENGE_FUNCTIONS if is_custom and name not in names]
    if missing:
        raise TriggersError(f"the triggers file {path} has no function {', '.join(missing)}.")
    return module


def _create_demo_pools(server: CognitoEmulator) -> dict[str, Any]:
    from tui_auth.emulator.demo_users import provision

    pool = provision(server)
    return {**asdict(pool), "users": [asdict(user) for user in pool.users]}


def _create_empty_pool(server: CognitoEmulator) -> dict[str, Any]:
    """Create a pool without users, an app client that allows every flow, and an identity pool."""
    from tui_auth.emulator.triggers import lambda_config

    settings: dict[str, Any] = {"PoolName": "pool", "AutoVerifiedAttributes": ["email"]}
    if server.triggers is not None:
        settings["LambdaConfig"] = lambda_config(server.region, server.triggers)
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
    created = server.call("CreateIdentityPool", identity_pool, service="cognito-identity")
    return {
        "user_pool_id": pool_id,
        "client_id": client_id,
        "identity_pool_id": created["IdentityPoolId"],
        "users": [],
    }


def _parse_port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)
