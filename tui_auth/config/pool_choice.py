"""Which pool: flags before ``TUI_AUTH_*`` variables."""

from __future__ import annotations

import os
import stat
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass

from tui_auth.secret import Secret

_LARGEST_SECRET_FILE = 4096


class ConfigurationError(Exception):
    """What was given cannot be used; the text says what and what to do."""


@dataclass(frozen=True)
class PoolChoice:
    """The pool, app client and endpoint that were named."""

    user_pool_id: str
    client_id: str
    client_secret: Secret | None = None
    region: str | None = None
    endpoint_url: str | None = None


def add_pool_arguments(parser: ArgumentParser) -> None:
    """The flags that name a pool. No secret is ever taken from one."""
    group = parser.add_argument_group("which pool")
    group.add_argument("--user-pool-id", metavar="ID", help="such as eu-west-1_Ab12Cd34E")
    group.add_argument("--client-id", metavar="ID", help="the app client's id")
    group.add_argument("--client-secret-file", metavar="FILE", help="a file with the app client's secret")
    group.add_argument("--region", metavar="REGION", help="where the pool is, if its id does not say it")
    group.add_argument("--endpoint-url", metavar="URL", help="https, or http on this machine")


def choose_pool(arguments: Namespace, environ: Mapping[str, str] = os.environ) -> PoolChoice:
    """The pool that flags and environment name. Raises ConfigurationError where they name none."""

    def given(name: str) -> str | None:
        value = getattr(arguments, name) or environ.get(f"TUI_AUTH_{name.upper()}")
        return value.strip() or None if value else None

    user_pool_id, client_id = given("user_pool_id"), given("client_id")
    if not user_pool_id or not client_id:
        raise ConfigurationError(
            "No user pool is named. Give --user-pool-id and --client-id, or try `tui-auth demo`."
        )
    secret_file = given("client_secret_file")
    return PoolChoice(
        user_pool_id,
        client_id,
        read_secret_file(secret_file) if secret_file else None,
        given("region"),
        given("endpoint_url"),
    )


def read_secret_file(path: str) -> Secret:
    """The first line of a file with a secret. Raises ConfigurationError, naming the file and the cure."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ConfigurationError(f"{path} is not a plain file.")
            content = file.read(_LARGEST_SECRET_FILE + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > _LARGEST_SECRET_FILE:
        raise ConfigurationError(f"{path} is too long to hold a client secret.")
    try:
        line = content.decode().splitlines()[0].strip() if content.strip() else ""
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} does not hold text.") from None
    if not line:
        raise ConfigurationError(f"{path} is empty. Put the app client's secret in its first line.")
    return Secret(line)
