"""PoolServer: an embedded user pool that listens on the loopback interface."""

from __future__ import annotations

import json
import threading
from collections import deque
from typing import Any, Self

from tui_auth.emulator.clock import Clock
from tui_auth.emulator.errors import PoolError
from tui_auth.emulator.faults import Fault, Faults
from tui_auth.emulator.http_endpoint import Endpoint
from tui_auth.emulator.operations import USER_POOLS, dispatch
from tui_auth.emulator.state import State

CALLS_KEPT = 10_000


class PoolServer:
    """Cognito user pools and identity pools in memory, over real HTTP.

    ``port`` 0 takes a free one. ``triggers`` is an object or module with ``define_auth_challenge``,
    ``create_auth_challenge`` and ``verify_auth_challenge_response``; a pool whose LambdaConfig names any ARN
    uses them. Raises OSError where the port is taken.
    """

    host = "127.0.0.1"

    def __init__(
        self, port: int = 0, region: str = "eu-west-1", clock: Clock | None = None, triggers: Any = None
    ) -> None:
        self.clock = clock or Clock()
        self.region = region
        self.state = State(region, self.clock, triggers)
        self.faults = Faults()
        self.internal_errors: deque[Exception] = deque(maxlen=100)
        self._calls: deque[tuple[str, dict[str, Any]]] = deque(maxlen=CALLS_KEPT)
        self._endpoint = Endpoint((self.host, port), self)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to serve, on threads of its own."""
        self.state.keys.prepare()
        self._thread = threading.Thread(target=self._endpoint.serve, name="pool-server", daemon=True)
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
        """Where it listens, for both services."""
        return f"http://{self.host}:{self._endpoint.server_address[1]}"

    @property
    def messages_url(self) -> str:
        """Where what it "delivered" can be read."""
        return f"{self.endpoint_url}/messages"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """A copy of what it "delivered", oldest first."""
        with self.state.lock:
            return self.state.outbox.all()

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """(operation, params) of what came over HTTP, in order; the newest ten thousand."""
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
        """What NotAuthorizedException says after failAuthentication."""
        return self.state.failed_custom_challenge_text

    @failed_custom_challenge_text.setter
    def failed_custom_challenge_text(self, text: str) -> None:
        self.state.failed_custom_challenge_text = text

    def fail_next(self, operation: str, code: str, message: str, times: int = 1) -> None:
        """Let the next requests over HTTP be refused, as with TooManyRequestsException; nothing is done."""
        self.faults.add(operation, Fault(PoolError(code, message)), times)

    def drop_next(self, operation: str, times: int = 1, *, after_work: bool = False) -> None:
        """Let the next requests over HTTP get no answer: the connection closes, the work done or not."""
        self.faults.add(operation, Fault(after_work=after_work), times)

    def call(self, operation: str, params: dict[str, Any], service: str = USER_POOLS) -> dict[str, Any]:
        """Ask for an operation in this process; PoolError where it is refused."""
        return dispatch(self.state, service, operation, json.loads(json.dumps(params)))

    def call_over_http(self, service: str, operation: str, params: Any) -> dict[str, Any] | None:
        """What the endpoint asks: as ``call``, noted in ``calls``. None asks it to drop the connection."""
        if isinstance(params, dict):
            self._calls.append((operation, params))
        fault = self.faults.take(operation)
        if fault is not None and fault.refusal is not None:
            raise fault.refusal
        if fault is not None and not fault.after_work:
            return None
        reply = dispatch(self.state, service, operation, params)
        return None if fault is not None else reply

    def document(self, path: str) -> Any:
        """What a GET of a path answers, as JSON data; None where there is nothing."""
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


__all__ = ["PoolError", "PoolServer"]
