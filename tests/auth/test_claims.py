"""The claims of tokens that a sign-in checks."""

import base64
import json
from typing import Any

import pytest

from tui_auth.auth.tokens import ClaimsError, check_claims
from tui_auth.secret import Secret

POOL, CLIENT, NOW = "eu-west-1_Ab1Cd2Ef3", "client1", 1_790_000_000.0
ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"


def encode(payload: Any) -> Secret:
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    return Secret(f"e30.{body}.c2ln")


def access_claims(**changes: Any) -> dict[str, Any]:
    claims = {"sub": "s1", "iss": ISSUER, "client_id": CLIENT, "token_use": "access", "exp": NOW + 3600}
    return {**claims, "username": "ann", "cognito:groups": ["ops"], **changes}


def id_claims(**changes: Any) -> dict[str, Any]:
    claims = {"sub": "s1", "iss": ISSUER, "aud": CLIENT, "token_use": "id", "exp": NOW + 3600}
    return {**claims, "cognito:username": "ann", "email": "ann@example.com", **changes}


def check(id_token: Secret, access_token: Secret) -> Any:
    return check_claims(id_token, access_token, user_pool_id=POOL, client_id=CLIENT, now=NOW)


def test_valid_tokens_identify_the_user() -> None:
    claims = check(encode(id_claims()), encode(access_claims()))
    assert (claims.username, claims.groups, claims.email) == ("ann", ("ops",), "ann@example.com")


def test_updated_issuer_is_accepted() -> None:
    new_issuer = ISSUER.replace("//cognito", "//issuer-cognito")
    assert (
        check(encode(id_claims(iss=new_issuer)), encode(access_claims(iss=new_issuer))).issuer == new_issuer
    )


@pytest.mark.parametrize(("id_expiry", "access_expiry"), [(NOW + 60, NOW + 90), (NOW + 90, NOW + 60)])
def test_claims_expire_with_the_first_token(id_expiry: float, access_expiry: float) -> None:
    claims = check(encode(id_claims(exp=id_expiry)), encode(access_claims(exp=access_expiry)))
    assert claims.expires_at == NOW + 60


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"iss": ISSUER.replace("Ab1", "Xy9")}, "iss of the access"),
        ({"client_id": "other"}, "client_id of the access"),
        ({"client_id": None}, "client_id of the access"),
        ({"token_use": "id"}, "token_use of the access"),
        ({"exp": NOW - 61}, "exp of the access"),
        ({"exp": "soon"}, "exp of the access"),
        ({"exp": True}, "exp of the access"),
        ({"exp": float("nan")}, "exp of the access"),
        ({"exp": float("inf")}, "exp of the access"),
        ({"exp": 1e18}, "exp of the access"),
        ({"exp": 200_000_000_000}, "exp of the access"),
        ({"exp": 10**400}, "exp of the access"),
        ({"sub": "s2"}, "sub"),
        ({"sub": ""}, "sub"),
    ],
)
def test_invalid_access_token_names_the_claim(changes: dict[str, Any], claim: str) -> None:
    with pytest.raises(ClaimsError, match=claim):
        check(encode(id_claims()), encode(access_claims(**changes)))


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"aud": "other"}, "aud of the ID"),
        ({"aud": [CLIENT]}, "aud of the ID"),
        ({"token_use": "access"}, "token_use of the id"),
        ({"iss": "https://evil.example"}, "iss of the id"),
        ({"exp": NOW - 3600}, "exp of the id"),
    ],
)
def test_invalid_id_token_names_the_claim(changes: dict[str, Any], claim: str) -> None:
    with pytest.raises(ClaimsError, match=claim):
        check(encode(id_claims(**changes)), encode(access_claims()))


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "e30.*.x", "e30.W10.x", "e30." + "W1" * 3 + ".x"])
def test_text_that_is_not_a_token_is_a_claims_error(text: str) -> None:
    with pytest.raises(ClaimsError, match="form of the access token"):
        check(encode(id_claims()), Secret(text))


def test_invalid_groups_and_names_are_left_out() -> None:
    claims = check(
        encode(id_claims(email=7)), encode(access_claims(**{"cognito:groups": [1, "a", None], "username": 3}))
    )
    assert (claims.groups, claims.email, claims.username) == (("a",), None, "ann")


@pytest.mark.parametrize("text", ["\r\nX-Admin: true\r\nX-Rest: ", "\x1b]52;c;cHduZWQ=\x07", "\0", " ", "é"])
@pytest.mark.parametrize("part", [0, 2])
def test_token_contains_no_control_characters(text: str, part: int) -> None:
    parts = encode(access_claims()).reveal().split(".")
    parts[part] += text
    with pytest.raises(ClaimsError, match="form of the access token"):
        check(encode(id_claims()), Secret(".".join(parts)))
