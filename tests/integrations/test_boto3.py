"""AWS credentials of a session in boto3: signed requests, one fetch, refreshed credentials."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.conftest import Api
from tests.session.machine import Machine
from tui_auth import NotSignedInError, Session
from tui_auth.integrations.boto3 import boto3_session, credential_provider


def s3(session: Session, api: Api) -> Any:
    return boto3_session(session, region_name="eu-west-1").client("s3", endpoint_url=api.url)


def fetches(machine: Machine) -> int:
    return len(machine.get_calls("GetCredentialsForIdentity"))


def test_requests_are_signed_with_the_users_credentials(
    session: Session, api: Api, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    api.reply = b"<ListAllMyBucketsResult/>"
    client = s3(session, api)
    assert fetches(machine) == 0
    for _ in range(2):
        client.list_buckets()
    credentials = session.aws_credentials()
    headers = api.requests[-1].headers
    assert f"Credential={credentials.access_key_id}/" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == credentials.session_token.reveal()
    assert fetches(machine) == 1


def test_credentials_expire_when_those_of_the_session_do(session: Session, machine: Machine) -> None:
    loaded = credential_provider(session).load()
    assert loaded.method == "custom-tui-auth"
    frozen = loaded.get_frozen_credentials()
    credentials = session.aws_credentials()
    assert frozen.access_key == credentials.access_key_id
    assert abs(loaded._expiry_time.timestamp() - credentials.expires_at) < 60
    assert not loaded.refresh_needed()


def test_session_that_has_ended_is_an_error_of_tui_auth(session: Session, api: Api, machine: Machine) -> None:
    session.token()
    machine.run("sign-out")
    with pytest.raises(NotSignedInError):
        s3(session, api).list_buckets()
    assert not api.requests
