"""Tokens are rejected if the pool didn't sign them, and unchecked if its keys are unreachable."""

from __future__ import annotations

import base64
import hmac
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any, ClassVar

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.session.machine import Machine
from tui_auth.auth import tokens
from tui_auth.auth.next_step import Done
from tui_auth.auth.tokens import (
    KeysUnreachableError,
    Tokens,
    UnknownKeyError,
    WrongSignatureError,
    check_signature,
    fetch_keys,
    keys_url,
)
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret
from tui_auth.session.persistence import check_signatures

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**jwk, "kid": kid, "alg": "RS256", "use": "sig"}


KEYS = {"keys": [public_jwk(KEY, "one"), public_jwk(OTHER, "two")]}


def sign_token(key: Any = KEY, kid: str | None = "one", algorithm: str = "RS256") -> Secret:
    headers = {"kid": kid} if kid else {}
    return Secret(jwt.encode({"sub": "ann"}, key, algorithm=algorithm, headers=headers))


def sign_with_public_key() -> Secret:
    """Return a token signed by HS256 with the public key as secret (RFC 8725 §2.1)."""
    header = base64.urlsafe_b64encode(b'{"alg": "HS256", "kid": "one"}').rstrip(b"=")
    body = sign_token().reveal().split(".")[1].encode()
    key_format = serialization.PublicFormat.SubjectPublicKeyInfo
    public_key = KEY.public_key().public_bytes(serialization.Encoding.PEM, key_format)
    mac = base64.urlsafe_b64encode(hmac.digest(public_key, header + b"." + body, "sha256")).rstrip(b"=")
    return Secret(b".".join((header, body, mac)))


class TestTokenSignature:
    def test_token_of_the_pool_is_accepted(self) -> None:
        check_signature(sign_token(), KEYS)
        check_signature(sign_token(OTHER, "two"), KEYS)

    @pytest.mark.parametrize(
        "invalid_token",
        [
            sign_token(OTHER, "one"),
            sign_token(KEY, "two"),
            Secret(sign_token().reveal()[:-6] + "AAAAAA"),
            Secret(sign_token().reveal().rpartition(".")[0] + "."),
            Secret("a.b.c"),
            Secret("nothing"),
            Secret(""),
            Secret(jwt.encode({"sub": "ann"}, "", algorithm="none", headers={"kid": "one"})),
            sign_with_public_key(),
            sign_token(KEY, "one", "PS256"),
            sign_token(KEY, "one", "RS512"),
        ],
        ids=lambda secret: secret.reveal()[:12] + str(len(secret.reveal())),
    )
    def test_any_other_token_is_rejected(self, invalid_token: Secret) -> None:
        with pytest.raises(WrongSignatureError):
            check_signature(invalid_token, KEYS)

    def test_changed_claims_are_rejected(self) -> None:
        header, _, signature = sign_token().reveal().split(".")
        body = sign_token(KEY).reveal().split(".")[1].replace("a", "b")
        with pytest.raises(WrongSignatureError):
            check_signature(Secret(f"{header}.{body}x.{signature}"), KEYS)

    @pytest.mark.parametrize("kid", ["three", None])
    def test_unknown_key_has_its_own_error(self, kid: str | None) -> None:
        with pytest.raises(UnknownKeyError):
            check_signature(sign_token(kid=kid), KEYS)

    @pytest.mark.parametrize(
        "key", [{"kid": "one", "kty": "RSA"}, {"kid": "one", "kty": "RSA", "n": 7, "e": "?"}]
    )
    def test_invalid_key_is_rejected(self, key: dict[str, Any]) -> None:
        with pytest.raises(WrongSignatureError):
            check_signature(sign_token(), {"keys": [key]})


class KeyServerHandler(BaseHTTPRequestHandler):
    """Answers each GET with the status, headers and content that the test has set."""

    status: ClassVar[int] = 200
    content: ClassVar[bytes] = b""
    headers_sent: ClassVar[dict[str, str]] = {}
    requested_paths: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.requested_paths.append(self.path)
        self.send_response(self.status)
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


@pytest.fixture
def key_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(KeyServerHandler, "requested_paths", [])
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with HTTPServer(("127.0.0.1", 0), KeyServerHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class TestKeyFetching:
    def test_loopback_keys_are_fetched_without_a_proxy(
        self, key_server: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(KeyServerHandler, "content", json.dumps(KEYS).encode())
        assert fetch_keys(keys_url("eu-west-1_Ab12", key_server)) == KEYS
        assert KeyServerHandler.requested_paths == ["/eu-west-1_Ab12/.well-known/jwks.json"]

    @pytest.mark.parametrize(
        ("status", "content"),
        [
            (404, b""),
            (500, json.dumps(KEYS).encode()),
            (200, b"<html>sign in to this network</html>"),
            (200, b"[]"),
            (200, b'{"keys": []}'),
            (200, b'{"keys": ["x"]}'),
            (200, b'{"keys": [{"kid": "' + b"x" * 70_000 + b'"}]}'),
            (200, b"[" * 60_000),
        ],
        ids=range(8),
    )
    def test_anything_but_a_key_set_is_rejected(
        self, key_server: str, monkeypatch: pytest.MonkeyPatch, status: int, content: bytes
    ) -> None:
        monkeypatch.setattr(KeyServerHandler, "status", status)
        monkeypatch.setattr(KeyServerHandler, "content", content)
        with pytest.raises(KeysUnreachableError):
            fetch_keys(keys_url("eu-west-1_Ab12", key_server))

    def test_reply_that_is_too_long_is_rejected(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes: list[int | None] = []

        class LongReply(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                sizes.append(size)
                return super().read(size)

        opener = SimpleNamespace(open=lambda url, timeout: LongReply(b"[" * 200_000))
        monkeypatch.setattr(tokens, "strict_opener", lambda url: opener)
        with pytest.raises(KeysUnreachableError):
            fetch_keys("https://example.com/keys")
        assert sizes == [tokens.LARGEST_KEY_SET + 1]

    def test_no_redirect_is_followed(self, key_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(KeyServerHandler, "status", 302)
        monkeypatch.setattr(KeyServerHandler, "headers_sent", {"Location": f"{key_server}/elsewhere"})
        with pytest.raises(KeysUnreachableError):
            fetch_keys(keys_url("eu-west-1_Ab12", key_server))
        assert len(KeyServerHandler.requested_paths) == 1

    def test_closed_port_is_unreachable(self) -> None:
        with pytest.raises(KeysUnreachableError):
            fetch_keys("http://127.0.0.1:9/x")

    def test_unsafe_address_is_not_requested(self) -> None:
        with pytest.raises(AuthError) as raised:
            fetch_keys("http://example.com/x")
        assert raised.value.kind is ErrorKind.CONFIGURATION

    def test_keys_url_of_aws_is_below_the_issuer(self) -> None:
        url = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12/.well-known/jwks.json"
        assert keys_url("eu-west-1_Ab12") == url


def are_signatures_checked(machine: Machine, tokens: Tokens) -> bool:
    return check_signatures(tokens, machine.user_pool_id, machine.server.endpoint_url, machine.environ)


class TestSignInTokens:
    @pytest.fixture
    def done(self, machine: Machine) -> Done:
        return machine.reach_done(machine.create_client(), machine.create_user())

    def test_valid_signatures_fetch_the_keys_once(self, machine: Machine, done: Done) -> None:
        assert are_signatures_checked(machine, done.tokens)
        machine.server.stop()
        assert are_signatures_checked(machine, done.tokens)

    @pytest.mark.parametrize("name", ["access_token", "id_token"])
    def test_forged_token_is_rejected(self, machine: Machine, done: Done, name: str) -> None:
        real = getattr(done.tokens, name).reveal()
        forged = Secret(real[:-8] + ("AAAAAAAA" if real[-8:] != "AAAAAAAA" else "BBBBBBBB"))
        tokens = Tokens(**{**done.tokens.__dict__, name: forged})
        with pytest.raises(AuthError, match="This user pool didn't sign"):
            are_signatures_checked(machine, tokens)

    def test_signatures_are_unchecked_without_the_keys(self, machine: Machine, done: Done) -> None:
        machine.server.stop()
        assert not are_signatures_checked(machine, done.tokens)

    def test_unknown_key_fetches_the_keys_again(self, machine: Machine, done: Done) -> None:
        assert are_signatures_checked(machine, done.tokens)
        (file,) = (machine.home / ".cache" / "tui-auth").glob("*.jwks.json")
        file.write_text(
            json.dumps({"fetched_at": json.loads(file.read_text())["fetched_at"], "keys": KEYS["keys"]})
        )
        assert are_signatures_checked(machine, done.tokens), "fetched again"
        other_tokens = replace(done.tokens, access_token=sign_token(kid="strange"))
        with pytest.raises(AuthError, match="This user pool didn't sign"):
            are_signatures_checked(machine, other_tokens)

    @pytest.mark.parametrize(
        "content",
        [
            "nonsense",
            "{}",
            "[]",
            "null",
            '{"keys": [{}]}',
            '{"fetched_at": "x", "keys": [{}]}',
            '{"fetched_at": 1e999, "keys": [{}]}',
            f'{{"fetched_at": {"9" * 400}, "keys": [{{}}]}}',
            '{"fetched_at": NOW, "keys": {}}',
            '{"fetched_at": NOW, "keys": [7, [], null, {"kid": []}]}',
        ],
        ids=lambda content: content[:40],
    )
    def test_invalid_cache_is_fetched_again(self, machine: Machine, done: Done, content: str) -> None:
        assert are_signatures_checked(machine, done.tokens)
        (file,) = (machine.home / ".cache" / "tui-auth").glob("*.jwks.json")
        file.write_text(content.replace("NOW", str(json.loads(file.read_text())["fetched_at"])))
        assert are_signatures_checked(machine, done.tokens)

    @pytest.mark.parametrize("age", [-100, 25 * 3600])
    def test_old_keys_and_keys_from_the_future_are_fetched_again(
        self, machine: Machine, done: Done, age: float
    ) -> None:
        assert are_signatures_checked(machine, done.tokens)
        (file,) = (machine.home / ".cache" / "tui-auth").glob("*.jwks.json")
        content = json.loads(file.read_text())
        file.write_text(json.dumps(content | {"fetched_at": content["fetched_at"] - age}))
        machine.server.stop()
        assert not are_signatures_checked(machine, done.tokens)

    def test_unwritable_cache_does_not_matter(self, machine: Machine, done: Done) -> None:
        machine.environ["XDG_CACHE_HOME"] = "/proc/no/such/place"
        assert are_signatures_checked(machine, done.tokens)
