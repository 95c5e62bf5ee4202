"""USER_SRP_AUTH: the client proves the password without sending it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pycognito import AWSSRP, Cognito
from pycognito.exceptions import ForceChangePasswordException

from tests.emulator.conftest import MakePool
from tests.emulator.harness import OTHER_PASSWORD, PASSWORD, PoolUnderTest, expect_error
from tui_auth.auth import srp
from tui_auth.emulator.challenge_sessions import Exchange, Exchanges, parse_timestamp, public_value
from tui_auth.emulator.model import AppClient, Clock, SignIn, User, UserPool

WRONG = ("NotAuthorizedException", "Incorrect username or password.")
VECTORS = json.loads((Path(__file__).parents[1] / "auth" / "data" / "srp-vectors.json").read_text())
ALL_VECTORS = [*VECTORS["user_vectors"], *VECTORS["device_vectors"]]


def build_sign_in() -> SignIn:
    settings = {"AuthSessionValidity": 3}
    pool = UserPool("eu-west-1_Ab1Cd2Ef3", "pool", "eu-west-1", {}, 0.0, 0.0)
    client = AppClient("client", pool, "client", None, settings, 0.0, 0.0)
    return SignIn(client, User("ann", "sub", 0.0), "USER_SRP_AUTH")


@pytest.mark.parametrize("vector", ALL_VECTORS, ids=lambda vector: str(vector["label"]))
def test_server_half_matches_every_test_vector(vector: dict[str, Any]) -> None:
    verifier = srp.verifier(
        int(vector["salt_hex"], 16),
        srp.inner_hash(vector["srp_name"], vector["srp_user"], vector["password"]),
    )
    private_b = int(vector["b_hex"], 16)
    exchange = Exchange(
        sign_in=build_sign_in(),
        name=vector["srp_name"],
        user=vector["srp_user"],
        salt=int(vector["salt_hex"], 16),
        verifier=verifier,
        public_a=int(vector["A_hex"], 16),
        private_b=private_b,
        public_b=public_value(verifier, private_b),
        secret_block=vector["secret_block_b64"],
        expires_at=0.0,
    )

    assert verifier == int(vector["v_hex"], 16)
    assert exchange.public_b == int(vector["B_hex"], 16)
    assert exchange.signature(vector["timestamp"]) == vector["signature_b64"]


@pytest.mark.parametrize(
    "text",
    [
        "Mon Jan 05 07:03:09 UTC 2026",
        "Mon Jan  5 07:03:09 UTC 2026",
        "Tue Jan 5 07:03:09 UTC 2026",
        "Mon Jan 5 7:03:09 UTC 2026",
        "Mon Jan 5 07:03:09 GMT 2026",
        "Mo Jan 5 07:03:09 UTC 2026",
        "Mon Jän 5 07:03:09 UTC 2026",
        "Sat Feb 30 07:03:09 UTC 2026",
        "2026-01-05T07:03:09Z",
        "",
    ],
)
def test_timestamp_in_another_format_is_rejected(text: str) -> None:
    assert parse_timestamp(text) is None


def test_timestamp_is_parsed_to_the_second() -> None:
    assert parse_timestamp("Mon Jan 5 07:03:09 UTC 2026") == 1767596589.0


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.create_user()
    return pool


def start_sign_in(pool: PoolUnderTest) -> tuple[int, dict[str, Any]]:
    a = srp.private_value()
    return a, pool.initiate("USER_SRP_AUTH", USERNAME="ann", SRP_A=f"{srp.public_value(a):x}")


def test_password_verifier_has_no_challenge_session(pool: PoolUnderTest) -> None:
    _, reply = start_sign_in(pool)

    assert reply["ChallengeName"] == "PASSWORD_VERIFIER"
    assert "Session" not in reply
    assert set(reply["ChallengeParameters"]) == {
        "SALT",
        "SRP_B",
        "SECRET_BLOCK",
        "USERNAME",
        "USER_ID_FOR_SRP",
    }


def test_right_password_returns_tokens(pool: PoolUnderTest) -> None:
    result = pool.srp_sign_in()

    assert result["ChallengeParameters"] == {}
    assert "ChallengeName" not in result
    assert set(result["AuthenticationResult"]) == {
        "AccessToken",
        "IdToken",
        "RefreshToken",
        "ExpiresIn",
        "TokenType",
    }


def test_wrong_password_is_rejected(pool: PoolUnderTest) -> None:
    with expect_error(*WRONG):
        pool.srp_sign_in(password=OTHER_PASSWORD)


def test_timestamp_with_a_padded_day_is_a_wrong_password(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.server.clock.advance(1767596589.0 - pool.server.clock.now())
    pool.create_user()
    a, reply = start_sign_in(pool)

    with expect_error(*WRONG):
        pool.answer(reply, **pool.srp_claim(reply, a, timestamp="Mon Jan 05 07:03:09 UTC 2026"))


def test_timestamp_an_hour_off_is_rejected(pool: PoolUnderTest) -> None:
    a, reply = start_sign_in(pool)
    stamp = srp.format_timestamp(pool.server.clock.now() - 3600)

    with expect_error(*WRONG):
        pool.answer(reply, **pool.srp_claim(reply, a, timestamp=stamp))


@pytest.mark.parametrize("key", ["PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK"])
def test_altered_claim_is_rejected(pool: PoolUnderTest, key: str) -> None:
    a, reply = start_sign_in(pool)
    claim = pool.srp_claim(reply, a)
    first = "B" if claim[key][0] == "A" else "A"

    with expect_error(*WRONG):
        pool.answer(reply, **{**claim, key: first + claim[key][1:]})


def test_signature_that_is_not_base64_is_rejected(pool: PoolUnderTest) -> None:
    a, reply = start_sign_in(pool)

    with expect_error(*WRONG):
        pool.answer(reply, **{**pool.srp_claim(reply, a), "PASSWORD_CLAIM_SIGNATURE": "ü§$%"})


def test_secret_block_is_valid_for_one_answer(pool: PoolUnderTest) -> None:
    a, reply = start_sign_in(pool)
    claim = pool.srp_claim(reply, a)
    pool.answer(reply, **claim)

    with expect_error(*WRONG):
        pool.answer(reply, **claim)


def test_secret_block_is_bound_to_its_client(make_pool: MakePool, pool: PoolUnderTest) -> None:
    a, reply = start_sign_in(pool)
    created = pool.aws.create_user_pool_client(
        UserPoolId=pool.pool_id, ClientName="other", ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"]
    )
    pool.client_id = created["UserPoolClient"]["ClientId"]

    with expect_error(*WRONG):
        pool.answer(reply, **pool.srp_claim(reply, a))


def test_secret_block_is_bound_to_its_user(pool: PoolUnderTest) -> None:
    pool.create_user("bob")
    a, reply = start_sign_in(pool)

    with expect_error(*WRONG):
        pool.answer(reply, "bob", **pool.srp_claim(reply, a))


def test_secret_block_expires(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    a, reply = start_sign_in(pool)
    pool.server.clock.advance(181)

    with expect_error(*WRONG):
        pool.answer(reply, **pool.srp_claim(reply, a))


def test_password_changed_during_the_sign_in_is_not_proved(pool: PoolUnderTest) -> None:
    a, reply = start_sign_in(pool)
    pool.call_admin("admin_set_user_password", "ann", Password=OTHER_PASSWORD, Permanent=True)

    with expect_error(*WRONG):
        pool.answer(reply, **pool.srp_claim(reply, a))


@pytest.mark.parametrize("value", ["0", f"{srp.N:x}", f"{2 * srp.N:x}", "xyz", "-1", "0x12"])
def test_invalid_public_value_is_rejected(pool: PoolUnderTest, value: str) -> None:
    with expect_error("InvalidParameterException"):
        pool.initiate("USER_SRP_AUTH", USERNAME="ann", SRP_A=value)


@pytest.mark.parametrize(
    "key", ["PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP", "USERNAME"]
)
def test_missing_response_is_named(pool: PoolUnderTest, key: str) -> None:
    a, reply = start_sign_in(pool)
    claim = {"USERNAME": "ann", **pool.srp_claim(reply, a)}
    del claim[key]

    with expect_error("InvalidParameterException", f"Missing required parameter {key}"):
        pool.aws.respond_to_auth_challenge(
            ClientId=pool.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=claim
        )


def test_expired_exchanges_are_forgotten() -> None:
    clock = Clock()
    exchanges = Exchanges(clock)
    arguments = {"name": "n", "user": "u", "salt": 1, "verifier": 4, "public_a": 2}
    first = exchanges.begin(build_sign_in(), **arguments)  # type: ignore[arg-type]
    clock.advance(181)
    second = exchanges.begin(build_sign_in(), **arguments)  # type: ignore[arg-type]

    assert list(exchanges.waiting) == [second.secret_block]
    assert exchanges.take(first.secret_block, first.sign_in.client) is None


# pycognito, an independent client


def pycognito_user(pool: PoolUnderTest, name: str, monkeypatch: pytest.MonkeyPatch) -> Cognito:
    url = f"/{pool.pool_id}/.well-known/jwks.json"
    monkeypatch.setenv("COGNITO_JWKS", json.dumps(pool.server.document(url)))
    user = Cognito(
        pool.pool_id,
        pool.client_id,
        username=name,
        client_secret=pool.client_secret,
        user_pool_region="eu-west-1",
    )
    user.client = pool.aws
    return user


def test_pycognito_signs_in_and_verifies_the_tokens(
    pool: PoolUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = pycognito_user(pool, "ann", monkeypatch)
    user.authenticate(PASSWORD)

    assert user.id_claims["cognito:username"] == "ann"
    assert user.access_claims["username"] == "ann"


def test_pycognito_is_rejected_with_a_wrong_password(
    pool: PoolUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with expect_error(*WRONG):
        pycognito_user(pool, "ann", monkeypatch).authenticate(OTHER_PASSWORD)


def test_pycognito_signs_in_with_a_client_secret(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make_pool(client={"GenerateSecret": True})
    pool.create_user()
    user = pycognito_user(pool, "ann", monkeypatch)
    user.authenticate(PASSWORD)

    assert user.id_claims["aud"] == pool.client_id


def test_pycognito_signs_in_with_an_email_if_user_names_are_uuids(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make_pool(UsernameAttributes=["email"], client={"GenerateSecret": True})
    name = pool.create_user("ann@example.com")
    user = pycognito_user(pool, "ann@example.com", monkeypatch)
    user.authenticate(PASSWORD)

    assert user.id_claims["cognito:username"] == name
    assert name != "ann@example.com"


def test_pycognito_signs_in_with_a_password_outside_ascii(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make_pool()
    pool.create_user(password="Pässwörd-Straße-9!")
    user = pycognito_user(pool, "ann", monkeypatch)
    user.authenticate("Pässwörd-Straße-9!")

    assert user.access_token


def test_pycognito_is_asked_for_a_new_password(pool: PoolUnderTest) -> None:
    pool.create_user("new", permanent=False)
    client = AWSSRP("new", PASSWORD, pool.pool_id, pool.client_id, client=pool.aws)
    with pytest.raises(ForceChangePasswordException):
        client.authenticate_user()

    tokens = client.set_new_password_challenge(OTHER_PASSWORD)

    assert tokens["AuthenticationResult"]["AccessToken"]
