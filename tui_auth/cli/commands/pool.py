"""``tui-auth pool``: serve the local emulator until it is stopped.

stdout gets one line of JSON for programs, stderr a summary for the user.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import Empty, SimpleQueue
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tui_auth.cli.output import CommandFailedError, say, tell, write_out
from tui_auth.exit_codes import ExitCode
from tui_auth.storage.files import UnreadableFileError, read_plain_file, replace_file
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_auth.emulator import CognitoEmulator

LARGEST_STATE = 256 << 20
SAVE_SECONDS = 1.0
_TRIGGERS_MODULE = "tui_auth_pool_triggers"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_parse_port, default=0, metavar="N", help="listen here; a free port unless given"
    )
    parser.add_argument("--demo-users", action="store_true", help="with the demo's pools and users")
    parser.add_argument(
        "--seed",
        metavar="NAME",
        help="the same IDs and secrets in every run with this name; without it, each --port has its own",
    )
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="store users and sessions in this file between runs"
    )
    parser.add_argument(
        "--issuer",
        action="store_true",
        help="make the endpoint the issuer of tokens, for clients that fetch the keys from the issuer",
    )
    parser.add_argument(
        "--triggers",
        type=Path,
        metavar="FILE.py",
        help="a Python file with Lambda triggers, such as pre_sign_up or define_auth_challenge, each "
        "(event, context) -> event",
    )


def run(arguments: Namespace) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP and return 0; 9 if the state can't be written.

    Raises:
        CommandFailedError: A triggers file, a state file or a port can't be used.
    """
    from tui_auth.emulator import CognitoEmulator

    port = arguments.port
    seed = arguments.seed if arguments.seed is not None or not port else f"port {port}"
    state_file = StateFile(arguments.state) if arguments.state else None
    triggers = load_triggers(arguments.triggers) if arguments.triggers else None
    stored = state_file.read() if state_file else None
    try:
        server = CognitoEmulator(port=port, triggers=triggers, endpoint_is_issuer=arguments.issuer, seed=seed)
    except OSError as error:
        advice = "Use another --port, or none for a free one."
        raise _unusable(f"can't listen on port {port}: {error.strerror}. {advice}") from None
    pools = _restore(server, arguments, stored) if stored is not None else None
    # A signal handler may interrupt its own thread inside Event.wait, and Event.set would then wait forever.
    stop_signals: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup ignores SIGHUP. A script's background job ignores SIGINT too, but has to end by it.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: stop_signals.put(number))
    with server:
        if pools is None:
            pools = _create_demo_pools(server) if arguments.demo_users else _create_empty_pool(server)
        if state_file is not None and not state_file.write(server, pools):
            return ExitCode.STORAGE
        if status := _announce(server, pools):
            return status
        if state_file is not None:
            return state_file.keep(server, pools, stop_signals)
        stop_signals.get()
    return ExitCode.OK


def _announce(server: CognitoEmulator, pools: dict[str, Any]) -> int:
    """Print the line of JSON and the summary. Return the exit code if that ends the command, or 0."""
    announcement = {
        "endpoint_url": server.endpoint_url,
        "region": server.region,
        **pools,
        "messages_url": server.messages_url,
        "domain": server.domain_url(pools["user_pool_id"]),
    }
    status = write_out(json.dumps(announcement) + "\n")
    if status == 0:
        count = sum(len(pool.users) for pool in server.state.pools.values())
        for line in _summary(announcement, count):
            tell(line, by="")
    return status


def _unusable(message: str) -> CommandFailedError:
    return CommandFailedError(ExitCode.CONFIGURATION, message)


class StateFile:
    """The file of ``--state``: the pools as the first line of stdout describes them, and a snapshot.

    It holds passwords' hashes, refresh tokens and signing keys, so it must be the user's alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: str | None = None
        self._version: tuple[int, int] | None = None
        self._has_failed = False

    def read(self) -> dict[str, Any] | None:
        """Return the content, or None if there is no file."""
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(f"can't read the state file {self.path}: {error.strerror}.") from None
        if stat.S_IMODE(mode) & 0o077:
            raise _unusable(
                f"the state file {self.path} can be read by other users. Make it private: "
                f"chmod 600 {self.path}"
            )
        try:
            owners = frozenset({os.geteuid()})
            text = read_plain_file(self.path, largest=LARGEST_STATE, owners=owners)
            content = json.loads(text)
        except UnreadableFileError as error:
            raise _unusable(f"can't use the state file {self.path}: {error}") from None
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict) or not {"pools", "snapshot"} <= content.keys():
            raise _unusable(f"{self.path} isn't a state file of tui-auth pool. Use another --state.")
        self._version = self._read_version()
        return content

    def _read_version(self) -> tuple[int, int] | None:
        """Return what changes when another program writes the file, or None if there is no file."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def keep(self, server: CognitoEmulator, pools: dict[str, Any], stop_signals: SimpleQueue[int]) -> int:
        """Write the state after changes and at the end; return 9 if the last attempt failed."""
        served, is_written = server.state.served, True
        is_stopped = False
        while not is_stopped:
            with suppress(Empty):
                stop_signals.get(timeout=SAVE_SECONDS)
                is_stopped = True
            if server.state.served != served or not is_written:
                served = server.state.served
                is_written = self.write(server, pools)
        return ExitCode.OK if self.write(server, pools) else ExitCode.STORAGE

    def write(self, server: CognitoEmulator, pools: dict[str, Any]) -> bool:
        """Replace the file if the state has changed. Return whether that worked; a failure is reported once.

        A file that another program has written meanwhile, such as a second emulator, isn't replaced.
        """
        from tui_auth.emulator.snapshot import take_snapshot

        content = json.dumps({"pools": pools, "snapshot": take_snapshot(server.state)})
        if content == self._written:
            return True
        try:
            if self._read_version() != self._version:
                return self._report("another program wrote to it. Give each emulator its own --state.")
            replace_file(self.path, content)
            self._version = self._read_version()
        except OSError as error:
            return self._report(f"{error.strerror}.")
        self._written, self._has_failed = content, False
        return True

    def _report(self, reason: str) -> bool:
        if not self._has_failed:
            say(f"can't write the state file {self.path}: {reason}")
        self._has_failed = True
        return False


def _restore(server: CognitoEmulator, arguments: Namespace, stored: dict[str, Any]) -> dict[str, Any]:
    """Fill the emulator from a state file and return its pools, with the triggers of this run."""
    from tui_auth.emulator import demo_users
    from tui_auth.emulator.snapshot import SnapshotError, restore_snapshot
    from tui_auth.emulator.triggers import lambda_config

    pools: dict[str, Any] = stored["pools"]
    reason = "It is damaged."
    try:
        has_demo_users = bool(pools["users"])
        if has_demo_users == arguments.demo_users:
            restore_snapshot(server.state, stored["snapshot"])
            if has_demo_users and server.triggers is None:
                server.triggers = demo_users
            pool = server.state.pools[pools["user_pool_id"]]
            pool.settings["LambdaConfig"] = lambda_config(server.region, server.triggers)
            return pools
        reason = "It has the demo's users." if has_demo_users else "It has no demo users."
    except SnapshotError as error:
        reason = str(error)
    except (KeyError, TypeError):
        pass
    server.stop()
    raise _unusable(f"can't use the state file {arguments.state}. {reason} Use another --state.")


def _summary(announcement: dict[str, Any], count: int) -> Iterator[str]:
    """Yield the lines for a person: the address, the users (``count`` in all), and how to stop."""
    ids = {
        "Endpoint": announcement["endpoint_url"],
        "Messages": announcement["messages_url"],
        "User pool ID": announcement["user_pool_id"],
        "App client ID": announcement["client_id"],
        "Identity pool ID": announcement["identity_pool_id"],
        "Domain": announcement["domain"] or "none",
    }
    yield f"Local Cognito emulator, region {announcement['region']}"
    yield ""
    yield from (f"  {label:<17} {safe_line(value)}" for label, value in ids.items())
    yield ""
    users = announcement["users"]
    for key in dict.fromkeys((user["user_pool_id"], user["client_id"]) for user in users):
        is_main = key == (announcement["user_pool_id"], announcement["client_id"])
        yield "  Users" if is_main else f"  Users of {safe_line(key[0])}, app client {safe_line(key[1])}"
        for user in users:
            if key == (user["user_pool_id"], user["client_id"]):
                cells = (safe_line(user[name]) for name in ("username", "password", "description"))
                yield "    {:<8} {:<18} {}".format(*cells)
        yield ""
    if not users and count:
        yield f"  {count} user{'s' if count > 1 else ''} of the state file"
        yield ""
    elif not users:
        yield "  No users yet. Create one with SignUp or AdminCreateUser, or start with --demo-users."
        yield ""
    flags = ("endpoint_url", "user_pool_id", "client_id")
    options = " ".join(f"--{name.replace('_', '-')} {safe_line(announcement[name])}" for name in flags)
    yield f"Sign in: tui-auth sign-in {options}"
    if announcement["domain"]:
        domain = safe_line(announcement["domain"])
        yield f"Browser: add --browser --domain {domain}; at AcmeSSO any email address signs in"
    yield f"Stop:    Ctrl+C, or kill {os.getpid()}"


def load_triggers(path: Path) -> ModuleType:
    """Run a Python file and return it as a module with functions for Lambda triggers.

    Raises:
        CommandFailedError: If the file can't be read or run, has no such function, or only some of the three
            that a custom challenge needs.
    """
    from tui_auth.emulator.triggers import CUSTOM_CHALLENGE_FUNCTIONS, FUNCTIONS

    module = sys.modules[_TRIGGERS_MODULE] = ModuleType(_TRIGGERS_MODULE)
    module.__file__ = str(path)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise _unusable(f"can't read the triggers file {path}: {error.strerror}.") from None
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - the user's own file
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise _unusable(f"the triggers file {path} doesn't run: {reason}.") from None
    names = [name for name in FUNCTIONS.values() if callable(getattr(module, name, None))]
    if not names:
        choice = ", ".join(FUNCTIONS.values())
        raise _unusable(f"the triggers file {path} has none of the functions {choice}.")
    missing = [name for name in CUSTOM_CHALLENGE_FUNCTIONS if name not in names]
    if missing and len(missing) < len(CUSTOM_CHALLENGE_FUNCTIONS):
        raise _unusable(f"the triggers file {path} has no function {', '.join(missing)}.")
    return module


def _create_demo_pools(server: CognitoEmulator) -> dict[str, Any]:
    from tui_auth.emulator.demo_users import provision

    pool = provision(server)
    return {**asdict(pool), "users": [asdict(user) for user in pool.users]}


def _create_empty_pool(server: CognitoEmulator) -> dict[str, Any]:
    """Create a pool without users, an app client that allows every flow, and an identity pool."""
    from tui_auth.emulator.demo_users import FLOWS, PoolIds, create_identity_pool, set_up_managed_login
    from tui_auth.emulator.triggers import lambda_config

    settings: dict[str, Any] = {"PoolName": "pool", "AutoVerifiedAttributes": ["email"]}
    if server.triggers is not None:
        settings["LambdaConfig"] = lambda_config(server.region, server.triggers)
    pool_id = server.call("CreateUserPool", settings)["UserPool"]["Id"]
    flows = [f"ALLOW_{flow}" for flow in (*FLOWS, "ADMIN_USER_PASSWORD_AUTH")]
    client: dict[str, Any] = {"UserPoolId": pool_id, "ClientName": "client", "ExplicitAuthFlows": flows}
    client |= set_up_managed_login(server, pool_id, "pool")
    client_id = server.call("CreateUserPoolClient", client)["UserPoolClient"]["ClientId"]
    return {
        "user_pool_id": pool_id,
        "client_id": client_id,
        "identity_pool_id": create_identity_pool(server, PoolIds(pool_id, client_id)),
        "users": [],
    }


def _parse_port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535):
        raise ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)
