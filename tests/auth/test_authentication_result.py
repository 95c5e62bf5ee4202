"""Tokens as Cognito sends them: which make a sign-in done, and which are thrown away."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.scripted_gateway import tokens
from tui_auth.auth.app_client import AppClient
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.next_step import Done
from tui_auth.auth.tokens import parse_authentication_result
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"


def result_with(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = tokens(POOL, CLIENT)["AuthenticationResult"]
    return {**result, **changes}


def done_with(client_id: str = CLIENT, **changes: Any) -> Any:
    return Done(*parse_authentication_result(result_with(**changes), AppClient(POOL, client_id), time.time()))


def test_all_that_came_is_in_the_tokens() -> None:
    result = result_with(ExpiresIn=1200, TokenType="Special")
    step = Done(*parse_authentication_result(result, AppClient(POOL, CLIENT), time.time()))
    assert step.tokens.access_token == Secret(result["AccessToken"])
    assert step.tokens.id_token == Secret(result["IdToken"])
    assert step.tokens.refresh_token == Secret("refresh")
    assert (step.tokens.expires_in, step.tokens.token_type) == (1200, "Special")
    assert step.claims.username == "ann"


def test_what_is_missing_or_of_another_type_is_left_out() -> None:
    step = done_with(RefreshToken=None, ExpiresIn="soon", TokenType="")
    assert step.tokens.refresh_token is None
    assert (step.tokens.expires_in, step.tokens.token_type) == (0, "Bearer")


@pytest.mark.parametrize("changes", [{"AccessToken": ""}, {"IdToken": None}, {"AccessToken": 7}])
def test_without_both_tokens_nobody_is_signed_in(changes: dict[str, Any]) -> None:
    with pytest.raises(AuthError) as refused:
        done_with(**changes)
    assert refused.value.kind is ErrorKind.SERVICE
    assert str(refused.value) == "Cognito said done, but sent no tokens."


def test_tokens_of_another_app_client_are_thrown_away() -> None:
    with pytest.raises(AuthError) as refused:
        done_with("client2")
    assert refused.value.kind is ErrorKind.SERVICE
    assert refused.value.message == (
        "The tokens that came are not for this sign-in (client_id of the access token), "
        "so they were thrown away."
    )
    assert refused.value.recovery_suggestion == "Compare pool id, client id and endpoint."
