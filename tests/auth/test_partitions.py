"""Hosts, issuers and provider names follow the partition of the region, and a local endpoint has its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.auth.reply_server import ReplyServer, running_reply_server
from tests.scripted_gateway import ScriptedGateway
from tui_auth.auth.auth import Auth
from tui_auth.config.pasted_ids import parse_pasted_ids
from tui_auth.endpoint import cognito_url, is_cognito_host, issuers, provider_name
from tui_auth.errors import TokenVerificationError

CLIENT = "client1"
POOL = "eu-west-1_Ab12Cd34E"
AWS_ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
HOSTS = {
    "eu-west-1": "cognito-idp.eu-west-1.amazonaws.com",
    "us-gov-west-1": "cognito-idp.us-gov-west-1.amazonaws.com",
    "cn-north-1": "cognito-idp.cn-north-1.amazonaws.com.cn",
    "eusc-de-east-1": "cognito-idp.eusc-de-east-1.amazonaws.eu",
    "mx-central-1": "cognito-idp.mx-central-1.amazonaws.com",
    "us-iso-east-1": "cognito-idp.us-iso-east-1.c2s.ic.gov",
}


def reply_of(issuer: object, id_issuer: object = None) -> dict[str, Any]:
    """Return the reply of a sign-in with tokens of an issuer."""
    common = {"sub": "sub-1", "iss": issuer, "exp": time.time() + 3600}
    access = {**common, "token_use": "access", "client_id": CLIENT, "username": "ann"}
    identity = {**common, "iss": id_issuer or issuer, "token_use": "id", "aud": CLIENT}
    key = "k" * 32
    result = {"AccessToken": jwt.encode(access, key), "IdToken": jwt.encode(identity, key)}
    return {"AuthenticationResult": result}


def is_accepted(issuer: object, pool: str = POOL, **more: Any) -> bool:
    auth = Auth(pool, CLIENT, gateway=ScriptedGateway(reply_of(issuer)), **more)
    try:
        return auth.sign_in("ann", "pw", auth_flow="USER_PASSWORD_AUTH").is_signed_in
    except TokenVerificationError:
        return False


@pytest.mark.parametrize(("region", "host"), HOSTS.items())
def test_host_of_each_partition_is_boto3s(region: str, host: str) -> None:
    client = boto3.Session().client(
        "cognito-idp", region_name=region, config=Config(signature_version=UNSIGNED)
    )
    assert cognito_url(region) == client.meta.endpoint_url == f"https://{host}"
    assert provider_name(f"{region}_Ab12") == f"{host}/{region}_Ab12"
    assert is_cognito_host(host)


@pytest.mark.parametrize("region", HOSTS)
def test_tokens_of_each_partition_are_accepted(region: str) -> None:
    pool = f"{region}_Ab12"
    assert is_accepted(f"https://{HOSTS[region]}/{pool}", pool)
    assert is_accepted(f"https://issuer-{HOSTS[region]}/{pool}", pool)
    assert not is_accepted(f"https://cognito-idp.{region}.amazonaws.example/{pool}", pool)


def test_partition_of_another_region_is_rejected() -> None:
    assert not is_accepted("https://cognito-idp.cn-north-1.amazonaws.com/cn-north-1_Ab12", "cn-north-1_Ab12")


def test_replica_region_issues_tokens_under_either_region() -> None:
    replica = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
    assert is_accepted(replica, region="us-east-1")
    assert is_accepted(AWS_ISSUER, region="us-east-1")
    assert not is_accepted(replica)
    assert not is_accepted(replica, region="us-west-2")


@pytest.fixture(scope="module")
def server() -> Iterator[ReplyServer]:
    with running_reply_server() as running:
        yield running


def declare(server: ReplyServer, issuer: object) -> None:
    server.status, server.reply = 200, json.dumps({"issuer": issuer}).encode()


def test_local_endpoint_issues_its_own_tokens(server: ReplyServer) -> None:
    declare(server, None)
    server.requests.clear()
    assert is_accepted(f"{server.url}/{POOL}", endpoint_url=server.url)
    assert is_accepted(f"{server.url}/{POOL}", endpoint_url=f"{server.url}/")
    assert is_accepted(AWS_ISSUER, endpoint_url=server.url)
    assert not server.requests, "nothing needs to be looked up"
    assert not is_accepted(f"{server.url}/{POOL}"), "only that endpoint issues them"


@pytest.mark.parametrize(
    "issuer", [f"http://localhost:9229/{POOL}", f"https://localhost.localstack.cloud:4566/{POOL}"]
)
def test_local_endpoint_declares_its_issuer(server: ReplyServer, issuer: str) -> None:
    declare(server, issuer)
    assert is_accepted(issuer, endpoint_url=server.url)
    declare(server, f"{issuer}x")
    assert not is_accepted(issuer, endpoint_url=server.url)
    server.status = 404
    assert not is_accepted(issuer, endpoint_url=server.url)


@pytest.mark.parametrize(
    "issuer",
    [
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other0000",
        f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}",
        f"https://issuer-cognito-idp.us-east-1.amazonaws.com/{POOL}",
        f"https://cognito-idp-fips.us-east-1.amazonaws.com/{POOL}",
        "https://accounts.google.com",
        f"https://elsewhere.example/{POOL}/more",
        f"ftp://127.0.0.1/{POOL}",
    ],
)
def test_hostile_endpoint_passes_no_tokens_of_another_issuer(server: ReplyServer, issuer: object) -> None:
    declare(server, issuer)
    assert not is_accepted(issuer, endpoint_url=server.url)


def test_remote_endpoint_declares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = f"https://elsewhere.example/{POOL}"
    monkeypatch.setattr("tui_auth.auth.tokens._fetch_json", lambda url: {"issuer": issuer})
    assert is_accepted(issuer, endpoint_url="http://127.0.0.1:9"), "one on this machine may"
    assert not is_accepted(issuer, endpoint_url="https://elsewhere.example")


def test_message_shows_both_issuers() -> None:
    other = "http://127.0.0.1:9229/local_1"
    auth = Auth(POOL, CLIENT, gateway=ScriptedGateway(reply_of(other), reply_of(AWS_ISSUER, "\x1b[2J")))
    with pytest.raises(TokenVerificationError) as raised:
        auth.sign_in("ann", "pw", auth_flow="USER_PASSWORD_AUTH")
    assert f"iss of the access token: {other} instead of {AWS_ISSUER}" in raised.value.message
    with pytest.raises(TokenVerificationError) as raised:
        auth.sign_in("ann", "pw", auth_flow="USER_PASSWORD_AUTH")
    assert f"iss of the id token: no URL instead of {AWS_ISSUER}" in raised.value.message


def test_issuers_of_a_pool_begin_with_the_classic_one() -> None:
    assert issuers(POOL)[0] == AWS_ISSUER


@pytest.mark.parametrize("host", [*HOSTS.values(), "cognito-idp-fips.us-gov-west-1.amazonaws.com"])
def test_pasted_issuer_of_each_partition_has_the_pool(host: str) -> None:
    pool = f"{host.split('.')[1]}_Ab12"
    url = f"https://{host}/{pool}/.well-known/jwks.json"
    assert parse_pasted_ids(url).user_pool_id == pool


@pytest.mark.parametrize(
    "host",
    [
        "mine.eu-west-1.elb.amazonaws.com",
        "cognito-idp.cn-north-1.amazonaws.com",
        "cognito-idp.eu-west-1.amazonaws.com.evil.example",
        "evil-cognito-idp.eu-west-1.amazonaws.com",
    ],
)
def test_other_host_is_not_cognitos(host: str) -> None:
    assert not is_cognito_host(host)
