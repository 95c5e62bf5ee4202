"""The way to Cognito: one call, one request. The only file that imports boto3."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, ClassVar, Protocol

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.endpoint import is_loopback, is_safe_endpoint
from tui_auth.secret import Secret

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 15
DEADLINE_SECONDS = 25.0
"""For one request as a whole: each byte of a slow answer has the read timeout to itself."""

LARGEST_REPLY = 4 * 1024 * 1024
"""In bytes: many times what Cognito sends, so that an answer without end does not fill the memory."""

_UNREADABLE = (OSError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError)
"""What botocore's parser runs into where a body is JSON, but nothing that Cognito would send."""

BELIEVABLE_TIMES = (1_577_836_800.0, 4_102_444_800.0)
"""What a server may hold for the time: 2020 to 2100. This machine's own clock may stand anywhere."""


class Gateway(Protocol):
    """What signing in needs of Cognito."""

    @property
    def clock_offset(self) -> float | None:
        """The server's time less ours in seconds, from its last ``Date`` header; None before a reply."""

    def now(self) -> float:
        """The server's time as far as known, in seconds since the epoch."""

    def connect(self) -> None:
        """Prepare for the first call, so that it need not wait. Raises AuthError (configuration)."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send one operation ("InitiateAuth") once and give its reply; Secrets are revealed on the wire only.

        Raises AuthError for every refusal and failure.
        """


@dataclass(frozen=True)
class Address:
    """Where the requests go: the region, and an endpoint other than AWS's where one is named."""

    region: str
    endpoint_url: str | None = None


def check_endpoint(url: str) -> None:
    """Raises AuthError (configuration) unless the URL is https, or http to this machine."""
    if not is_safe_endpoint(url):
        raise AuthError(
            ErrorKind.CONFIGURATION,
            "The endpoint URL is neither https nor on this machine, so nothing was sent to it.",
            "Use https://…, or http://127.0.0.1:PORT for a local pool.",
        )


class CognitoGateway:
    """boto3's cognito-idp client: unsigned, without retries, made at the first call.

    Construction is cheap; boto3 is imported by ``connect()`` or the first ``call()``. AWS's own variables
    hold (``AWS_CA_BUNDLE``, proxies, ``AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER``); AWS_PROFILE does
    not: nothing here needs an AWS profile, and one that is missing must not stop a sign-in.
    """

    SERVICE: ClassVar[str] = "cognito-idp"
    """boto3's name of the service."""

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
                self._client, self._ca_file = _new_client(self._address, self.SERVICE)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self.connect()
        from botocore.exceptions import BotoCoreError, ClientError

        from tui_auth.auth.no_answer import no_answer, refusal_in

        # Like boto3, what only a request takes: a gateway is made before the first screen shows.
        from tui_auth.threads import run_with_timeout

        started, given = time.time(), _revealed(parameters)
        try:
            reply: dict[str, Any] = run_with_timeout(
                DEADLINE_SECONDS, lambda: self._client._make_api_call(operation, given)
            )
        except ClientError as error:
            self._read_clock(error.response.get("ResponseMetadata", {}), started)
            raise refusal_in(error) from None
        except (BotoCoreError, *_UNREADABLE) as error:
            raise no_answer(error, self._ca_file, self._address.endpoint_url) from None
        self._read_clock(reply.get("ResponseMetadata", {}), started)
        return reply

    def _read_clock(self, metadata: Mapping[str, Any], started: float) -> None:
        from email.utils import parsedate_to_datetime

        try:
            server = parsedate_to_datetime(metadata["HTTPHeaders"]["date"]).timestamp()
        except (KeyError, TypeError, ValueError, OverflowError):
            return
        middle = (started + time.time()) / 2
        # The header counts whole seconds: half of one is the best guess at what it left out.
        offset = server + 0.5 - middle
        if BELIEVABLE_TIMES[0] < server < BELIEVABLE_TIMES[1]:
            self._clock_offset = offset


def _new_client(address: Address, service: str) -> tuple[Any, str]:
    """boto3's client of a service: unsigned, without retries, without an AWS profile. Raises AuthError.

    With it the file of certificates that it trusts, where the settings name one; else empty.
    """
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    from tui_auth.auth.service_data import service_data

    # At DEBUG botocore prints whole requests, passwords included, whoever asked for that.
    for name in ("botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    local = address.endpoint_url is not None and is_loopback(address.endpoint_url)
    config = Config(
        signature_version=UNSIGNED,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"total_max_attempts": 1},
        proxies={} if local else None,  # a proxy would be asked for 127.0.0.1 too
        # An endpoint in ~/.aws/config is not seen on the command line, nor in the environment.
        ignore_configured_endpoint_urls=not any(map(os.environ.get, _endpoint_variables(service))),
    )
    session = _botocore_session()
    try:
        session.register_component("data_loader", service_data())
        client = boto3.Session(botocore_session=session).client(
            service, region_name=address.region, endpoint_url=address.endpoint_url, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise AuthError(
            ErrorKind.CONFIGURATION,
            "The AWS settings of this machine keep the connection from being made.",
            "Look at ~/.aws/config and the AWS_… variables.",
            cause=error,
        ) from None
    check_endpoint(client.meta.endpoint_url)
    client.meta.events.register("before-send", partial(_send, http_session=client._endpoint.http_session))
    client.meta.events.register("before-parse", _check_body)
    return client, _ca_file_in(session)


def _botocore_session() -> Any:
    """botocore's session, which knows AWS's settings on this machine."""
    import botocore.session

    # No profile, and no file of keys, which botocore would read for its other settings.
    unread = {"profile": (None, None, None, None), "credentials_file": (None, None, os.devnull, None)}
    return botocore.session.Session(session_vars=unread)


def _ca_file_in(session: Any) -> str:
    return session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE") or ""


def trusted_ca_file() -> str:
    """The file of certificates that AWS's settings name for every request; empty where they name none."""
    from botocore.exceptions import BotoCoreError

    try:
        return _ca_file_in(_botocore_session())
    except BotoCoreError:
        return ""  # no client can be made then either, which says why


def _endpoint_variables(service: str) -> tuple[str, str]:
    name = {"cognito-idp": "COGNITO_IDENTITY_PROVIDER"}.get(service, service.replace("-", "_").upper())
    return f"AWS_ENDPOINT_URL_{name}", "AWS_ENDPOINT_URL"


def _send(request: Any, http_session: Any, **_: Any) -> Any:
    """Send botocore's request and read what comes, to a limit. Raises ValueError beyond it.

    Left to itself, botocore reads until the server stops.
    """
    from urllib3.exceptions import HTTPError

    check_endpoint(request.url)  # botocore makes the address anew for each request
    request.stream_output = True
    response = http_session.send(request)
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


def _check_body(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raise ValueError for a 200 that is not a JSON object: botocore would take it for an empty reply."""
    import json

    body = response_dict.get("body") or b""
    if response_dict.get("status_code") == 200 and body.strip() and not isinstance(json.loads(body), dict):
        raise ValueError


def _revealed(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: _revealed(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_revealed(item) for item in value]
    return value
