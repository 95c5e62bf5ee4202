"""Authlib, which knows nothing of Cognito, signs in by the code flow and checks what it gets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD
from tests.emulator.web_client import CALLBACK, create_app

requests_client = pytest.importorskip("authlib.integrations.requests_client")
claims_classes = pytest.importorskip("authlib.oidc.core.claims")
oauth_errors = pytest.importorskip("authlib.integrations.base_client.errors")
jwk = pytest.importorskip("joserfc.jwk")
joserfc_jwt = pytest.importorskip("joserfc.jwt")

VERIFIER = "verifier-of-a-foreign-client-" + "0123456789" * 4
NONCE = "nonce-of-a-foreign-client"


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_authlib_signs_in_refreshes_and_revokes(make_pool: MakePool, method: str) -> None:
    pool = make_pool(client={"GenerateSecret": method != "none"})
    pool.create_user(email="ann@example.com", email_verified="true")
    app = create_app(pool)
    session = requests_client.OAuth2Session(
        app.client_id,
        pool.client_secret,
        token_endpoint_auth_method=method,
        scope="openid email",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )
    session.trust_env = False
    address = f"{pool.server.endpoint_url}/{pool.pool_id}/.well-known"
    endpoints = session.get(f"{address}/openid-configuration", withhold_token=True).json()

    url, state = session.create_authorization_url(
        endpoints["authorization_endpoint"], code_verifier=VERIFIER, nonce=NONCE
    )
    page = app.browser.open(url)
    answer = app.browser.send(page, username="ann", password=PASSWORD).location
    token = session.fetch_token(
        endpoints["token_endpoint"], authorization_response=answer, state=state, code_verifier=VERIFIER
    )

    keys = jwk.KeySet.import_key_set(session.get(endpoints["jwks_uri"], withhold_token=True).json())
    decoded = joserfc_jwt.decode(token["id_token"], keys, algorithms=["RS256"])
    claims = claims_classes.CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": endpoints["issuer"]},
            "aud": {"essential": True, "value": app.client_id},
        },
        {"nonce": NONCE, "client_id": app.client_id, "access_token": token["access_token"]},
    )
    claims.validate(leeway=3600)
    assert claims["email"] == "ann@example.com"
    assert claims["at_hash"]

    info = session.get(endpoints["userinfo_endpoint"]).json()
    assert (info["sub"], info["username"]) == (claims["sub"], "ann")

    refreshed = session.refresh_token(endpoints["token_endpoint"], refresh_token=token["refresh_token"])
    assert refreshed["access_token"] != token["access_token"]
    revoked: Any = session.revoke_token(
        endpoints["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token"
    )
    assert revoked.status_code == 200
    with pytest.raises(oauth_errors.OAuthError) as caught:
        session.refresh_token(endpoints["token_endpoint"], refresh_token=token["refresh_token"])
    assert caught.value.error == "invalid_grant"
