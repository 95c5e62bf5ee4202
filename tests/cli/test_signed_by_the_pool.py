"""Tokens that the pool did not sign begin no session; where nobody can tell, that is said."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags, write_private_file


class Keys:
    """What the pool answers when it is asked for its keys, and how often it was."""

    def __init__(self, machine: Machine) -> None:
        self._real = machine.server.document
        self._strange: dict[str, Any] = {}
        self.asked = 0
        self.are = "its own"
        machine.server.document = self  # type: ignore[method-assign]

    def __call__(self, path: str) -> Any:
        if not path.endswith("/jwks.json"):
            return self._real(path)
        self.asked += 1
        if self.are == "out of reach":
            return None
        keys = self._real(path)["keys"]
        if self.are == "others":
            return {"keys": [{**key, "n": self._strange_modulus()} for key in keys]}
        return {"keys": keys}

    def _strange_modulus(self) -> str:
        """Of another key under the same name: as if somebody in between had signed."""
        if not self._strange:
            key = rsa.generate_private_key(65537, 2048).public_key()
            self._strange = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key))
        return str(self._strange["n"])


@pytest.fixture
def keys(machine: Machine) -> Keys:
    return Keys(machine)


@pytest.fixture
def pool(machine: Machine) -> tuple[str, ...]:
    """The flags of a pool in which ann is, and of a place for her session."""
    machine.create_user()
    return (*pool_flags(machine.create_client()), "--username", "ann", "--storage", "file")


def sign_in(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    password = write_private_file(machine.home / "password", PASSWORD)
    return machine.run(*arguments, "--password-file", str(password))


def test_they_are_checked_and_the_keys_are_kept(machine: Machine, keys: Keys, pool: tuple[str, ...]) -> None:
    for _ in range(2):
        assert sign_in(machine, "sign-in", *pool).stderr == "Signed in as ann.\n"
        assert machine.read_session_file()["signature_checked"] is True
    assert keys.asked == 1
    assert "Signature     checked" in machine.run("status").stdout


def test_where_the_keys_are_out_of_reach_the_sign_in_stands_and_that_is_said(
    machine: Machine, keys: Keys, pool: tuple[str, ...]
) -> None:
    keys.are = "out of reach"
    ran = sign_in(machine, "token", *pool)
    assert (ran.returncode, machine.is_accepted(ran.stdout.strip())) == (0, True)
    assert "the tokens' signatures were not checked" in ran.stderr
    assert "Signature     not checked" in machine.run("status").stdout


@pytest.mark.parametrize("word", ["sign-in", "token"])
def test_a_wrong_signature_is_refused_with_5_and_begins_nothing(
    machine: Machine, keys: Keys, pool: tuple[str, ...], word: str
) -> None:
    keys.are = "others"
    ran = sign_in(machine, word, *pool)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (5, "", 1)
    assert "not signed by this user pool" in ran.stderr
    assert not machine.sessions.entries()


def test_a_key_that_is_not_known_is_looked_for_once(
    machine: Machine, keys: Keys, pool: tuple[str, ...]
) -> None:
    sign_in(machine, "sign-in", *pool)
    (file,) = (machine.home / ".cache" / "tui-auth").glob("*.jwks.json")
    content = json.loads(file.read_text())
    for key in content["keys"]:
        key["kid"] = "last-years"
    file.write_text(json.dumps(content))
    assert sign_in(machine, "sign-in", *pool).returncode == 0
    assert keys.asked == 2
    assert sign_in(machine, "sign-in", *pool).returncode == 0
    assert keys.asked == 2


def test_a_refresh_is_checked_too(machine: Machine, keys: Keys, pool: tuple[str, ...]) -> None:
    sign_in(machine, "sign-in", *pool)
    before = machine.read_session_file()
    (file,) = (machine.home / ".cache" / "tui-auth").glob("*.jwks.json")
    file.unlink()
    keys.are = "others"
    ran = machine.run("token", "--force-refresh")
    assert (ran.returncode, ran.stdout) == (5, "")
    assert machine.read_session_file() == before


@pytest.mark.parametrize(("are", "said"), [("out of reach", "were not checked"), ("others", "not signed by")])
def test_the_full_screen_says_it_too(
    machine: Machine,
    terminal_program: TerminalProgram,
    keys: Keys,
    pool: tuple[str, ...],
    are: str,
    said: str,
) -> None:
    keys.are = are
    with terminal_program.on_a_terminal("sign-in", *pool) as program:
        program.wait_for("Password")
        program.send(f"{PASSWORD}\r")
        program.wait_for(lambda shown: said in " ".join(shown.screen_text().split()))
        assert ("Signed in as ann" in program.screen_text()) == (are == "out of reach")
        program.wait_for(lambda _: bool(machine.sessions.entries()) == (are == "out of reach"))
