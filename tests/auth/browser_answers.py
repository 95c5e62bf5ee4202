"""A sign-in in a browser without a browser: the step, addresses that it may end at, and its tokens."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from tests.scripted_gateway import ScriptedGateway
from tui_auth.auth.app_client import AppClient
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.managed_login import ManagedLogin
from tui_auth.auth.next_step import ContinueSignInWithBrowser
from tui_auth.auth.trace import CallTrace
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"
CODE = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"


def begin(
    login: ManagedLogin, *, client_secret: str | None = None, trace: CallTrace | None = None
) -> tuple[Attempt, ContinueSignInWithBrowser]:
    """Start a sign-in in a browser and return its attempt and step."""
    client = AppClient(POOL, CLIENT, Secret(client_secret) if client_secret else None)
    attempt = Attempt(ScriptedGateway(), client, trace)
    step = attempt.sign_in_with_browser(login)
    assert isinstance(step, ContinueSignInWithBrowser)
    return attempt, step


def parameters_of(url: str) -> dict[str, str]:
    """Return the query parameters of a URL, each of which must be there once."""
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query, strict_parsing=True).items()}


def answer_to(step: ContinueSignInWithBrowser, **parameters: str) -> str:
    """Return the address that the browser ends at, with a code unless other parameters are given."""
    answer = parameters or {"code": CODE}
    return f"{step.redirect_uri}?{urlencode({**answer, 'state': step.state.reveal()})}"


def token_reply(step: ContinueSignInWithBrowser, **changes: Any) -> bytes:
    """Return the body of the token endpoint for ann of AcmeSSO; ``changes`` are claims of the ID token."""
    issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
    common = {"sub": "sub-1", "iss": issuer, "iat": int(time.time()), "exp": int(time.time()) + 3600}
    scope = "openid email acme/orders.read"
    access = {**common, "token_use": "access", "client_id": CLIENT, "username": "AcmeSSO_ann", "scope": scope}
    identity = {
        **common,
        "token_use": "id",
        "aud": CLIENT,
        "cognito:username": "AcmeSSO_ann",
        "nonce": parameters_of(step.url)["nonce"],
        "identities": [{"providerName": "AcmeSSO", "userId": "ann"}],
        **changes,
    }
    key = "k" * 32
    return json.dumps(
        {
            "access_token": jwt.encode(access, key),
            "id_token": jwt.encode(identity, key),
            "refresh_token": "refresh-token",
            "expires_in": 3600,
            "token_type": "Bearer",
        }
    ).encode()
