"""Tokens that the pool didn't sign start no session; unchecked signatures cause a warning."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags, write_private_file


class KeyDocument:
    """The pool's key document, which can be replaced, and the number of requests for it."""

    def __init__(self, machine: Machine) -> None:
        self._serve_document = machine.server.document
        self._foreign_key: dict[str, Any] = {}
        self.request_count = 0
        self.state = "valid"
        machine.server.document = self  # type: ignore[method-assign]

    def __call__(self, path: str) -> Any:
        if not path.endswith("/jwks.json"):
            return self._serve_document(path)
        self.request_count += 1
        if self.state == "unreachable":
            return None
        keys = self._serve_document(path)["keys"]
        if self.state == "foreign":
            return {"keys": [{**key, "n": self._foreign_modulus()} for key in keys]}
        return {"keys": keys}

    def _foreign_modulus(self) -> str:
        """Return the modulus of another key that has the same key ID."""
        if not self._foreign_key:
            key = rsa.generate_private_key(65537, 2048).public_key()
            self._foreign_key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key))
        return str(self._foreign_key["n"])


@pytest.fixture
def keys(machine: Machine) -> KeyDocument:
    """Return the pool's key document."""
    return KeyDocument(machine)


@pytest.fixture
def pool(machine: Machine) -> tuple[str, ...]:
    """Return the flags of a pool with the user ann, and of the session's storage."""
    machine.create_user()
    return (*pool_flags(machine.create_client()), "--username", "ann", "--storage", "file")


def sign_in(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    password = write_private_file(machine.home / "password", PASSWORD)
    return machine.run(*arguments, "--password-file", str(password))


def test_signatures_are_checked_and_the_keys_cached(
    machine: Machine, keys: KeyDocument, pool: tuple[str, ...]
) -> None:
    for _ in range(2):
        assert sign_in(machine, "sign-in", *pool).stderr == f"{machine.endpoint_notice}Signed in as ann.\n"
        assert machine.read_session_file()["signature_checked"] is True
    assert keys.request_count == 1
    assert "Signature     checked" in machine.run("status").stdout


def test_sign_in_without_reachable_keys_succeeds_with_a_warning(
    machine: Machine, keys: KeyDocument, pool: tuple[str, ...]
) -> None:
    keys.state = "unreachable"
    result = sign_in(machine, "token", *pool)
    assert (result.returncode, machine.is_accepted(result.stdout.strip())) == (0, True)
    assert "the signatures of the tokens weren't checked" in result.stderr
    assert "Signature     not checked" in machine.run("status").stdout


@pytest.mark.parametrize("command", ["sign-in", "token"])
def test_wrong_signature_exits_with_5_and_stores_no_session(
    machine: Machine, keys: KeyDocument, pool: tuple[str, ...], command: str
) -> None:
    keys.state = "foreign"
    result = sign_in(machine, command, *pool)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (5, "", 2)
    assert "This user pool didn't sign" in result.stderr
    assert not machine.sessions.entries()


def test_unknown_key_is_fetched_once(machine: Machine, keys: KeyDocument, pool: tuple[str, ...]) -> None:
    sign_in(machine, "sign-in", *pool)
    (file,) = (machine.home / ".cache" / "tui-auth").glob("*.jwks.json")
    content = json.loads(file.read_text())
    for key in content["keys"]:
        key["kid"] = "expired-key"
    file.write_text(json.dumps(content))
    assert sign_in(machine, "sign-in", *pool).returncode == 0
    assert keys.request_count == 2
    assert sign_in(machine, "sign-in", *pool).returncode == 0
    assert keys.request_count == 2


def test_signatures_are_checked_after_a_refresh(
    machine: Machine, keys: KeyDocument, pool: tuple[str, ...]
) -> None:
    sign_in(machine, "sign-in", *pool)
    original = machine.read_session_file()
    (file,) = (machine.home / ".cache" / "tui-auth").glob("*.jwks.json")
    file.unlink()
    keys.state = "foreign"
    result = machine.run("token", "--force-refresh")
    assert (result.returncode, result.stdout) == (5, "")
    assert machine.read_session_file() == original


@pytest.mark.parametrize(
    ("state", "message"), [("unreachable", "weren't checked"), ("foreign", "didn't sign")]
)
def test_full_screen_reports_the_signature_check(
    machine: Machine,
    terminal_program: TerminalProgram,
    keys: KeyDocument,
    pool: tuple[str, ...],
    state: str,
    message: str,
) -> None:
    keys.state = state
    with terminal_program.on_a_terminal("sign-in", *pool, rows=40) as program:
        program.wait_for("Password")
        program.send(f"{PASSWORD}\r")
        program.wait_for(lambda screen: message in " ".join(screen.screen_text().split()))
        assert ("Signed in as ann" in program.screen_text()) == (state == "unreachable")
        program.wait_for(lambda _: bool(machine.sessions.entries()) == (state == "unreachable"))
