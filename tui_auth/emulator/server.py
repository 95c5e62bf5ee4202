"""``CognitoEmulator``: user pools and identity pools in memory, over local HTTP."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Self

from tui_auth.emulator.errors import CognitoError
from tui_auth.emulator.http_endpoint import Endpoint
from tui_auth.emulator.model import Clock
from tui_auth.emulator.operations import dispatch
from tui_auth.emulator.service_model import USER_POOLS
from tui_auth.emulator.state import State

CALL_LIMIT = 10_000


@dataclass(frozen=True)
class _Fault:
    """An error for one request, or a connection that is dropped before or after serving it."""

    error: CognitoError | None = None
    after_work: bool = False


class CognitoEmulator:
    """A local Cognito.

    Args:
        port: The port to listen on; 0 takes a free one.
        region: The AWS region of the pools.
        clock: The clock, for tests that change the time.
        triggers: An object or module with ``define_auth_challenge``, ``create_auth_challenge`` and
            ``verify_auth_challenge_response``. A pool with any ARN in its LambdaConfig uses them.

    Raises:
        OSError: The port is in use.
    """

    host = "127.0.0.1"

    def __init__(
        self, port: int = 0, region: str = "eu-west-1", clock: Clock | None = None, triggers: Any = None
    ) -> None:
        self.clock = clock or Clock()
        self.region = region
        self.state = State(region, self.clock, triggers)
        self.internal_errors: deque[Exception] = deque(maxlen=100)
        self._calls: deque[tuple[str, dict[str, Any]]] = deque(maxlen=CALL_LIMIT)
        self._faults: dict[str, list[_Fault]] = {}
        self._faults_lock = threading.Lock()
        self._endpoint = Endpoint((self.host, port), self)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start to serve, on other threads."""
        self.state.keys.prepare()
        self._thread = threading.Thread(target=self._endpoint.serve, name="emulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close every connection."""
        if self._thread is not None:
            self._endpoint.shutdown()
            self._thread.join()
            self._thread = None
        self._endpoint.server_close()
        self.state.keys.finish()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        """The URL of both services."""
        return f"http://{self.host}:{self._endpoint.server_address[1]}"

    @property
    def messages_url(self) -> str:
        """The URL of the messages that the emulator "delivered"."""
        return f"{self.endpoint_url}/messages"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """A copy of the messages that the emulator "delivered", oldest first."""
        with self.state.lock:
            return self.state.outbox.messages()

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The newest ten thousand calls over HTTP in order, as (operation, params)."""
        return list(self._calls)

    @property
    def triggers(self) -> Any:
        """The object or module with the three trigger functions."""
        return self.state.triggers

    @triggers.setter
    def triggers(self, triggers: Any) -> None:
        self.state.triggers = triggers

    @property
    def failed_custom_challenge_text(self) -> str:
        """The text of NotAuthorizedException after failAuthentication."""
        return self.state.failed_custom_challenge_text

    @failed_custom_challenge_text.setter
    def failed_custom_challenge_text(self, text: str) -> None:
        self.state.failed_custom_challenge_text = text

    def fail_next(self, operation: str, code: str, message: str, times: int = 1) -> None:
        """Reply to the next requests over HTTP with an error, such as TooManyRequestsException."""
        self._add_fault(operation, _Fault(CognitoError(code, message)), times)

    def drop_next(self, operation: str, times: int = 1, *, after_work: bool = False) -> None:
        """Close the connection of the next requests over HTTP, before or after they are served."""
        self._add_fault(operation, _Fault(after_work=after_work), times)

    def _add_fault(self, operation: str, fault: _Fault, times: int) -> None:
        with self._faults_lock:
            self._faults.setdefault(operation, []).extend([fault] * times)

    def _take_fault(self, operation: str) -> _Fault | None:
        with self._faults_lock:
            faults = self._faults.get(operation)
            return faults.pop(0) if faults else None

    def call(self, operation: str, params: dict[str, Any], service: str = USER_POOLS) -> dict[str, Any]:
        """Call an operation in this process; raise CognitoError for Cognito's errors."""
        return dispatch(self.state, service, operation, json.loads(json.dumps(params)))

    def call_over_http(self, service: str, operation: str, params: Any) -> dict[str, Any] | None:
        """Serve a request of the endpoint and record it in ``calls``; None drops the connection."""
        if isinstance(params, dict):
            self._calls.append((operation, params))
        fault = self._take_fault(operation)
        if fault is not None and fault.error is not None:
            raise fault.error
        if fault is not None and not fault.after_work:
            return None
        reply = dispatch(self.state, service, operation, params)
        return None if fault is not None else reply

    def document(self, path: str) -> Any:
        """Return the reply to a GET as JSON data, or None if the path has no document."""
        if path == "/messages":
            return self.messages
        pool_id, _, name = path.removeprefix("/").partition("/.well-known/")
        pool = self.state.pools.get(pool_id)
        if pool is None:
            return None
        if name == "jwks.json":
            return self.state.keys.jwks()
        if name == "openid-configuration":
            return {
                "issuer": pool.issuer,
                "jwks_uri": f"{self.endpoint_url}/{pool.id}/.well-known/jwks.json",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "token"],
                "scopes_supported": ["openid", "email", "phone", "profile"],
                "subject_types_supported": ["public"],
            }
        return None

    def now(self) -> float:
        """Return the seconds since the epoch by the emulator's clock."""
        return self.clock.now()

    def record_internal_error(self, error: Exception) -> None:
        """Store an exception that is an error of the emulator, not of the client."""
        self.internal_errors.append(error)
