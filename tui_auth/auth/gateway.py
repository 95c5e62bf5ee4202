"""Calls to Cognito through botocore: one call, one request, to a user pool or an identity pool.

The only file that creates a client, and late: botocore takes longer to import than the first screen needs.
boto3 adds nothing to a client but 50 ms of imports.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, ClassVar, Protocol

from tui_auth.endpoint import is_loopback, is_safe_endpoint
from tui_auth.errors import AuthError, ErrorKind, UnsupportedError
from tui_auth.secret import Secret

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 15
DEADLINE_SECONDS = 25.0
"""For one request as a whole: a server that trickles bytes never reaches the read timeout."""

LONGEST_CHUNK_LINE = 16 * 1024
LARGEST_REPLY = 4 * 1024 * 1024
"""In bytes, many times what Cognito sends. An endless reply must not fill the memory."""

_UNREADABLE = (
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
)
"""What botocore's parser raises for a body that is JSON, but nothing that Cognito would send."""

BELIEVABLE_TIMES = (1_577_836_800.0, 4_102_444_800.0)
"""What a server's clock may say: 2020 to 2100. This machine's own clock may say anything."""


class Gateway(Protocol):
    """Sends operations to Cognito."""

    @property
    def clock_offset(self) -> float | None:
        """Server time minus ours in seconds, from the last ``Date`` header; None before a reply."""

    def now(self) -> float:
        """Return the server's time as far as known, in seconds since the epoch."""

    def connect(self) -> None:
        """Prepare the first call, so that it is fast. Raises AuthError (kind CONFIGURATION)."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send an operation once and return its reply.

        Args:
            operation: Its name ("InitiateAuth").
            parameters: Its parameters. A Secret is revealed in the request only; None is left out.

        Raises:
            AuthError: Cognito rejected the call, or no reply came.
        """


@dataclass(frozen=True)
class Address:
    """Where requests go: the region, and the endpoint in place of AWS's own, or None."""

    region: str
    endpoint_url: str | None = None


def check_endpoint(url: str) -> None:
    """Raise AuthError (kind CONFIGURATION) unless the URL is https, or http to this machine."""
    if not is_safe_endpoint(url):
        raise AuthError(
            ErrorKind.CONFIGURATION,
            "The endpoint URL is neither https nor on this computer, so nothing was sent.",
            "Use https://…, or http://127.0.0.1:PORT for a local emulator.",
        )


class CognitoGateway:
    """botocore's cognito-idp client: unsigned, without retries, created at the first call.

    Construction is cheap; ``connect()`` or the first ``call()`` imports botocore. AWS's own variables apply
    (``AWS_CA_BUNDLE``, proxies, ``AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER``). AWS_PROFILE does not:
    nothing here needs an AWS profile, and a missing one must not stop a sign-in.
    """

    SERVICE: ClassVar[str] = "cognito-idp"
    """botocore's name of the service."""

    def __init__(self, address: Address) -> None:
        if address.endpoint_url is not None:
            check_endpoint(address.endpoint_url)
        self._address = address
        self._client: Any = None
        self._ca_file = ""
        self._connecting = Lock()
        self._clock_offset: float | None = None

    @property
    def clock_offset(self) -> float | None:
        return self._clock_offset

    def now(self) -> float:
        return time.time() + (self._clock_offset or 0.0)

    def connect(self) -> None:
        with self._connecting:
            if self._client is None:
                client, self._ca_file = _create_client(self._address, self.SERVICE)
                self._client = client  # last: another thread may call at once

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._client is None:
            self.connect()
        from botocore.exceptions import BotoCoreError, ClientError

        from tui_auth.auth.botocore_adapter import reply_error, shortage_error, transport_error

        # Loaded here, like botocore: there is a gateway before the first screen.
        from tui_auth.threads import run_with_timeout

        if operation not in self._client.meta.service_model.operation_names:
            raise UnsupportedError(
                ErrorKind.CONFIGURATION,
                f"The installed botocore is too old for this: it doesn't have {operation}.",
                "Update it: pip install --upgrade boto3.",
            )
        started = time.time()
        send = partial(self._client._make_api_call, operation, reveal(parameters))
        try:
            reply: dict[str, Any] = run_with_timeout(DEADLINE_SECONDS, send)
        except ClientError as error:
            self._read_clock(error.response.get("ResponseMetadata", {}), started)
            failure = reply_error(error, parameters)
        except (BotoCoreError, *_UNREADABLE) as error:
            failure = shortage_error(error) or transport_error(
                error, self._ca_file, self._address.endpoint_url
            )
        except AuthError as error:
            failure = error
        else:
            self._read_clock(reply.get("ResponseMetadata", {}), started)
            return reply
        del send  # it holds what was sent, and a frame of an error must not
        raise failure.without_secrets()

    def _read_clock(self, metadata: Mapping[str, Any], started: float) -> None:
        headers = metadata.get("HTTPHeaders")
        self.read_date(headers.get("date") if isinstance(headers, Mapping) else None, started)

    def read_date(self, date: object, started: float) -> None:
        """Learn Cognito's time from the ``Date`` header of a reply to a request sent at ``started``."""
        from email.utils import parsedate_to_datetime

        try:
            server = parsedate_to_datetime(date).timestamp()  # type: ignore[arg-type]  # it raises
        except (TypeError, ValueError, OverflowError):
            return
        middle = (started + time.time()) / 2
        # The header has whole seconds: half of one is the best guess at the rest.
        offset = server + 0.5 - middle
        if BELIEVABLE_TIMES[0] < server < BELIEVABLE_TIMES[1]:
            self._clock_offset = offset


def _create_client(address: Address, service: str) -> tuple[Any, str]:
    """Create botocore's client of a service: unsigned, without retries, without an AWS profile.

    Returns:
        The client, and the CA file that AWS's settings specify, or an empty string.

    Raises:
        AuthError: The AWS settings of this machine are invalid (kind CONFIGURATION).
    """
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    from tui_auth.auth.botocore_adapter import service_data

    # At DEBUG botocore logs whole requests, passwords included.
    for name in ("botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    local = address.endpoint_url is not None and is_loopback(address.endpoint_url)
    config = Config(
        signature_version=UNSIGNED,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"total_max_attempts": 1},
        proxies={} if local else None,  # no proxy for 127.0.0.1
        # Nobody sees an endpoint in ~/.aws/config, unlike one in a flag or a variable.
        ignore_configured_endpoint_urls=not any(map(os.environ.get, _endpoint_variables(service))),
    )
    session = _botocore_session()
    try:
        session.register_component("data_loader", service_data())
        client = session.create_client(
            service, region_name=address.region, endpoint_url=address.endpoint_url, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise AuthError(
            ErrorKind.CONFIGURATION,
            "The AWS settings on this computer prevent the connection.",
            "Check ~/.aws/config and the AWS_… variables.",
            cause=error,
        ) from None
    check_endpoint(client.meta.endpoint_url)
    send = partial(
        _send,
        http_session=client._endpoint.http_session,
        checked_url=client.meta.endpoint_url.rstrip("/") + "/",
    )
    client.meta.events.register("before-send", send)
    client.meta.events.register("before-parse", _check_body)
    return client, _ca_file_of(session)


def _botocore_session() -> Any:
    """Create botocore's session, which reads AWS's settings on this machine."""
    import botocore.session

    # No profile, and no credentials file, which botocore would read for its other settings.
    no_files = {"profile": (None, None, None, None), "credentials_file": (None, None, os.devnull, None)}
    return botocore.session.Session(session_vars=no_files)


def _ca_file_of(session: Any) -> str:
    return session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE") or ""


def trusted_ca_file() -> str:
    """Return the CA file that AWS's settings specify for every request, or an empty string."""
    from botocore.exceptions import BotoCoreError

    try:
        return _ca_file_of(_botocore_session())
    except BotoCoreError:
        return ""  # creating a client fails for the same reason, and says so


def _endpoint_variables(service: str) -> tuple[str, str]:
    name = {"cognito-idp": "COGNITO_IDENTITY_PROVIDER"}.get(service, service.replace("-", "_").upper())
    return f"AWS_ENDPOINT_URL_{name}", "AWS_ENDPOINT_URL"


def _send(request: Any, http_session: Any, checked_url: str, **_: Any) -> Any:
    """Send botocore's request and read the reply up to a limit; botocore itself reads until the server stops.

    Args:
        request: What botocore sends.
        http_session: Where it sends it.
        checked_url: The URL that passed ``check_endpoint`` when the client was created.

    Raises:
        AuthError: The request goes neither there nor to another safe URL (kind CONFIGURATION).
        ValueError: The reply is larger.
    """
    from urllib3.exceptions import HTTPError

    if request.url != checked_url:  # botocore builds the URL for each request
        check_endpoint(request.url)
    request.stream_output = True
    response = http_session.send(request)
    if getattr(response.raw, "chunked", False):
        _limit_lines(response.raw)
    content = bytearray()
    try:
        for part in response.raw.stream():
            content += part
            if len(content) > LARGEST_REPLY:
                raise ValueError
    except HTTPError as error:
        raise ConnectionError from error
    finally:
        response.raw.close()
    response._content = bytes(content)
    return response


class _ShortLines:
    """A connection's file that doesn't return a longer line than HTTP needs between two chunks.

    Older versions of urllib3 read the line with a chunk's size without a limit: an endless one would fill the
    memory.
    """

    def __init__(self, file: Any) -> None:
        self._file = file

    def readline(self, size: int = -1) -> bytes:
        limit = LONGEST_CHUNK_LINE if size < 0 else min(size, LONGEST_CHUNK_LINE)
        line: bytes = self._file.readline(limit)
        if len(line) >= LONGEST_CHUNK_LINE:
            raise ValueError
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _limit_lines(response: Any) -> None:
    """Limit the lines between the chunks of urllib3's response."""
    connection: Any = getattr(response, "_fp", None)
    if getattr(connection, "fp", None) is not None:
        connection.fp = _ShortLines(connection.fp)


def _check_body(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raise ValueError for a 200 that is no JSON object, which botocore takes for an empty reply."""
    import json

    body = response_dict.get("body") or b""
    if response_dict.get("status_code") == 200 and body.strip() and not isinstance(json.loads(body), dict):
        raise ValueError


def reveal(value: Any) -> Any:
    """Return the parameters of a request with the text of each Secret, without those that are None."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: reveal(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [reveal(item) for item in value]
    return value


class IdentityGateway(CognitoGateway):
    """botocore's cognito-identity client; its errors speak of identity pools.

    A loopback endpoint serves both services. Any other belongs to the user pool alone; AWS's own variable
    ``AWS_ENDPOINT_URL_COGNITO_IDENTITY`` specifies one for this service.
    """

    SERVICE = "cognito-identity"

    def __init__(self, region: str, endpoint_url: str | None = None) -> None:
        local = endpoint_url if endpoint_url and is_loopback(endpoint_url) else None
        super().__init__(Address(region, local))
