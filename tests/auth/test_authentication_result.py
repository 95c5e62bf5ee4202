"""Tokens of an AuthenticationResult: accepted or rejected."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.scripted_gateway import tokens
from tui_auth.auth.next_step import Done
from tui_auth.auth.tokens import parse_authentication_result
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"


def build_result(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = tokens(POOL, CLIENT)["AuthenticationResult"]
    return {**result, **changes}


def parse_result(client_id: str = CLIENT, **changes: Any) -> Any:
    return Done(
        *parse_authentication_result(
            build_result(**changes), user_pool_id=POOL, client_id=client_id, now=time.time()
        )
    )


def test_tokens_have_every_field() -> None:
    result = build_result(ExpiresIn=1200, TokenType="Special")
    step = Done(*parse_authentication_result(result, user_pool_id=POOL, client_id=CLIENT, now=time.time()))
    assert step.tokens.access_token == Secret(result["AccessToken"])
    assert step.tokens.id_token == Secret(result["IdToken"])
    assert step.tokens.refresh_token == Secret("refresh")
    assert (step.tokens.expires_in, step.tokens.token_type) == (1200, "Special")
    assert step.claims.username == "ann"


def test_missing_and_invalid_fields_are_left_out() -> None:
    step = parse_result(RefreshToken=None, ExpiresIn="soon", TokenType="")
    assert step.tokens.refresh_token is None
    assert (step.tokens.expires_in, step.tokens.token_type) == (0, "Bearer")


@pytest.mark.parametrize("changes", [{"AccessToken": ""}, {"IdToken": None}, {"AccessToken": 7}])
def test_missing_token_is_an_error(changes: dict[str, Any]) -> None:
    with pytest.raises(AuthError) as raised:
        parse_result(**changes)
    assert raised.value.kind is ErrorKind.SERVICE
    assert "no tokens" in raised.value.message


def test_tokens_of_another_app_client_are_an_error() -> None:
    with pytest.raises(AuthError) as raised:
        parse_result("client2")
    assert raised.value.kind is ErrorKind.SERVICE
    assert "(client_id of the access token)" in raised.value.message
    assert "client ID" in raised.value.recovery_suggestion
