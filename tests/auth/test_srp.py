"""Cognito's SRP: all test vectors, cross-checked with pycognito and amazon-cognito-identity-js."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tui_auth.auth import srp
from tui_auth.auth.app_client import AppClient
from tui_auth.secret import Secret

VECTORS = json.loads((Path(__file__).parent / "data" / "srp-vectors.json").read_text())
SIGN_INS = [
    pytest.param(vector, id=vector["label"])
    for vector in (*VECTORS["user_vectors"], *VECTORS["device_vectors"])
]
Vector = dict[str, Any]


def password_hash(vector: Vector) -> bytes:
    return srp.inner_hash(vector["srp_name"], vector["srp_user"], vector["password"])


def test_constants_are_cognitos() -> None:
    assert int(VECTORS["N_hex"], 16) == srp.N
    assert int(VECTORS["k_hex"], 16) == srp.K


@pytest.mark.parametrize("vector", SIGN_INS)
def test_claim_signature_matches_cognito(vector: Vector) -> None:
    signature = srp.claim_signature(
        a=int(vector["a_hex"], 16),
        public_a=int(vector["A_hex"], 16),
        srp_b=vector["B_hex"],
        salt=vector["salt_hex"],
        secret_block=vector["secret_block_b64"],
        name=vector["srp_name"],
        user=vector["srp_user"],
        inner=password_hash(vector),
        timestamp=vector["timestamp"],
    )
    assert signature == vector["signature_b64"]


@pytest.mark.parametrize("vector", SIGN_INS)
def test_every_intermediate_value_matches(vector: Vector) -> None:
    a, public_b, salt = (int(vector[key], 16) for key in ("a_hex", "B_hex", "salt_hex"))
    u = srp.scramble(srp.public_value(a), public_b)
    shared = srp.shared_value(a, u, public_b, salt, password_hash(vector))
    assert f"{srp.public_value(a):x}" == vector["A_hex"]
    assert srp.pad(salt).hex() == vector["salt_bytes_hashed_hex"]
    assert srp.private_key(salt, password_hash(vector)) == int(vector["x_hex"], 16)
    assert srp.verifier(salt, password_hash(vector)) == int(vector["v_hex"], 16)
    assert u == int(vector["u_hex"], 16)
    assert shared == int(vector["S_hex"], 16)
    assert srp.derive_key(shared, u).hex() == vector["hkdf_key_hex"]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["label"]) for v in VECTORS["device_vectors"]])
def test_device_verifier_has_its_sign_byte(vector: Vector) -> None:
    salt = int(vector["salt_hex"], 16)
    verifier = srp.pad(srp.verifier(salt, password_hash(vector)))
    assert base64.b64encode(verifier).decode() == vector["confirm_device_PasswordVerifier_b64"]
    assert base64.b64encode(srp.pad(salt)).decode() == vector["confirm_device_Salt_b64"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1767596589, "Mon Jan 5 07:03:09 UTC 2026"),
        (1709164800, "Thu Feb 29 00:00:00 UTC 2024"),
        (1798243199, "Fri Dec 25 23:59:59 UTC 2026"),
    ],
)
def test_timestamp_has_no_leading_zero(seconds: int, text: str) -> None:
    assert srp.format_timestamp(seconds) == text


@pytest.mark.parametrize(
    ("srp_b", "salt", "block"),
    [
        ("0", "1", "YQ=="),
        ("xyz", "1", "YQ=="),
        ("2", "-", "YQ=="),
        ("2", "1", "*"),
        ("1_0", "1", "YQ=="),
        (" 2", "1", "YQ=="),
        ("2", "+1", "YQ=="),
    ],
)
def test_forbidden_server_values_are_an_error(srp_b: str, salt: str, block: str) -> None:
    with pytest.raises(srp.SRPError):
        srp.claim_signature(
            a=5,
            public_a=srp.public_value(5),
            srp_b=srp_b,
            salt=salt,
            secret_block=block,
            name="n",
            user="u",
            inner=b"i" * 32,
            timestamp="t",
        )


def test_secret_block_with_hyphens_is_decoded_without_them() -> None:
    def sign(block: str) -> str:
        return srp.claim_signature(
            a=5,
            public_a=srp.public_value(5),
            srp_b="2",
            salt="1",
            secret_block=block,
            name="n",
            user="u",
            inner=b"i" * 32,
            timestamp="t",
        )

    assert sign("4d4507fb-31e3-4457-bec9-f864b53fb8a6") == sign("4d4507fb31e34457bec9f864b53fb8a6")


@pytest.mark.parametrize("vector", VECTORS["secret_hash_vectors"])
def test_secret_hash_matches_cognito(vector: Vector) -> None:
    client = AppClient("eu-west-1_Ab1Cd2Ef3", vector["client_id"], Secret(vector["client_secret"]))
    secret_hash = client.secret_hash(vector["username"])
    assert secret_hash is not None
    assert secret_hash.reveal() == vector["secret_hash"]
