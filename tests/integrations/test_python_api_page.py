"""docs/python-api.md has the reference of the docstrings, and its recipes and the README's loop run."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pyotp
import pytest

import tui_auth
from docs.python_reference import BEGIN, END, PAGE, reference
from tests.integrations.conftest import Api
from tests.session.machine import ROTATION, Machine
from tests.terminal.pty_program import ROOT
from tests.waiting import wait_until
from tui_auth import (
    Auth,
    ConfirmSignInWithOTP,
    Done,
    PasskeyError,
    PasskeyProblem,
    open_session,
    passkeys,
)
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import MOON_ANSWER, QUESTIONS, provision
from tui_auth.testing import CognitoPool, running_pool

TEXT = PAGE.read_text()
CODE = re.compile(r"(?<=```python\n).*?(?=```)", re.DOTALL)
RECIPES = {code.partition("\n")[0].removeprefix("# "): code for code in CODE.findall(TEXT)}
LOOP = next(code for code in CODE.findall((ROOT / "README.md").read_text()) if "while not" in code)
NEW_PASSWORD = "Another-Horse-9!"


def run(code: str, **names: Any) -> dict[str, Any]:
    """Run code of the page, and return its names."""
    exec(compile(code, "recipe", "exec"), names)
    return names


@pytest.fixture
def environment(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process have the machine's folders."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
        if name in machine.environ:
            monkeypatch.setenv(name, machine.environ[name])
    monkeypatch.chdir(machine.home)


@pytest.fixture
def recipe(api: Api, environment: None) -> Callable[[str], str]:
    """Return a function that returns a recipe for the server of the test."""
    url = api.url.removesuffix("/things")
    return lambda name: RECIPES[name].replace("https://api.example.com", url)


Recipe = Callable[[str], str]


def test_reference_is_what_the_docstrings_say() -> None:
    written = TEXT[TEXT.index(BEGIN) + len(BEGIN) : TEXT.index(END)]
    assert written == reference(), "run python docs/python_reference.py"


@pytest.mark.parametrize("name", tui_auth.__all__)
def test_every_exported_name_is_in_the_reference(name: str) -> None:
    assert re.search(rf"`(?:await )?{name}\b", TEXT[TEXT.index(BEGIN) :])


def test_script(recipe: Recipe, session: Any, api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    run(recipe("script.py"))
    assert capsys.readouterr().out == "ann ok\n"
    assert api.tokens == [session.token()]
    session.sign_out()
    with pytest.raises(SystemExit, match="tui-auth sign-in"):
        run(recipe("script.py"))


def test_client(recipe: Recipe, session: Any, api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.rejected.add(session.token())
    run(recipe("client.py"))
    assert capsys.readouterr().out == "200\n200\n"
    assert api.tokens[1:] == [session.token(), session.token("id")]


def test_buckets(
    recipe: Recipe,
    session: Any,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", api.url)
    api.reply = b"<R><Buckets><Bucket><Name>invoices</Name></Bucket></Buckets></R>"
    run(recipe("buckets.py"))
    assert capsys.readouterr().out == "['invoices']\n"


class StoppedError(Exception):
    """The program is stopped while it pauses."""


def test_worker_survives_restarts(
    recipe: Recipe, machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user(), aged=3590)
    sleep, pauses = time.sleep, []

    def stop(seconds: float) -> None:
        if seconds < 30:
            return sleep(seconds)
        pauses.append(seconds)
        raise StoppedError

    monkeypatch.setattr(time, "sleep", stop)
    machine.server.drop_next("GetTokensFromRefreshToken")
    for _ in range(3):
        with pytest.raises(StoppedError):
            run(recipe("worker.py"))
    assert pauses == [30.0, 60.0, 60.0]
    assert capsys.readouterr().out == "working as ann\n" * 2
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 2
    open_session().sign_out()
    with pytest.raises(SystemExit, match="tui-auth sign-in"):
        run(recipe("worker.py"))


@pytest.mark.parametrize("endpoint_is_issuer", [False, True], ids=["issuer of AWS", "--issuer"])
def test_api_takes_access_tokens_of_its_client(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch, endpoint_is_issuer: bool
) -> None:
    with CognitoEmulator(endpoint_is_issuer=endpoint_is_issuer) as emulator:
        pool = CognitoPool(emulator, provision(emulator))
        base = f"{pool.endpoint_url}/{pool.user_pool_id}"
        monkeypatch.setenv("JWKS_URL", f"{base}/.well-known/jwks.json")
        code = recipe("orders.py").replace("eu-west-1_Ab12Cd34E", pool.user_pool_id)
        code = code.replace("1example23456789", pool.client_id)
        username_of = run(code)["username_of"]
        auth = Auth(pool.user_pool_id, pool.client_id, endpoint_url=pool.endpoint_url)
        done = auth.sign_in("ann", pool.users["ann"].password).next_step
        assert isinstance(done, Done)
        bearer = f"Bearer {done.session.token()}"
        if endpoint_is_issuer:
            with pytest.raises(jwt.InvalidIssuerError):
                username_of(bearer)
            aws_issuer = 'f"https://cognito-idp.eu-west-1.amazonaws.com/{USER_POOL_ID}"'
            username_of = run(code.replace(aws_issuer, repr(base)))["username_of"]
        assert username_of(bearer) == "ann"
        for token in (done.session.token("id"), bearer[7:-4] + "AAAA", "nonsense"):
            with pytest.raises(jwt.PyJWTError):
                username_of(f"Bearer {token}")


def test_service_signs_in_many_users_at_once(recipe: Recipe, api: Api) -> None:
    pytest.importorskip("fastapi")
    with running_pool() as pool:
        ids = f'"{pool.user_pool_id}", "{pool.client_id}", endpoint_url="{pool.endpoint_url}"'
        service = run(recipe("service.py").replace('"eu-west-1_Ab12Cd34E", "1example23456789"', ids))

        def credentials(name: str) -> dict[str, str]:
            return {"username": name, "password": pool.users[name].password}

        async def post(client: httpx.AsyncClient, path: str, body: dict[str, str], status: int = 200) -> Any:
            reply = await client.post(path, json=body)
            assert reply.status_code == status, reply.text
            return reply.json()

        async def sign_in_by_code(client: httpx.AsyncClient, name: str) -> Any:
            question = await post(client, "/sign-in", credentials(name))
            assert question["ask"].startswith("Enter the code")
            path = f"/sign-in/{question['key']}"
            again = await post(client, path, {"answer": "000000"})
            assert again["error"]
            done = await post(client, path, {"answer": pool.codes(name)[-1]})
            await post(client, path, {"answer": "000000"}, 404)
            return done

        async def sign_in_all() -> list[Any]:
            transport = httpx.ASGITransport(app=service["app"])
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                await post(client, "/sign-in", {"username": "ann", "password": "not-this"}, 401)
                others = [sign_in_by_code(client, name) for name in ("sam", "emil")]
                ann = (post(client, "/sign-in", credentials("ann")) for _ in range(8))
                return await asyncio.gather(*ann, *others)

        replies = asyncio.run(sign_in_all())
    assert [reply["user"] for reply in replies] == ["ann"] * 8 + ["sam", "emil"]
    assert len(set(api.tokens)) == 10
    assert not service["attempts"]


def test_passkey_of_the_page_is_answered_with_another_factor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def sign(*_: object, **options: object) -> None:
        assert options == {"relying_party": "auth.example.com"}
        raise PasskeyError(PasskeyProblem.NO_KEY, "No key.")

    page = (ROOT / "docs" / "passkeys.md").read_text()
    (code,) = CODE.findall(page)
    with running_pool() as pool:
        auth = Auth(pool.user_pool_id, pool.client_id, endpoint_url=pool.endpoint_url)
        monkeypatch.setattr(Auth, "from_profile", lambda _: auth)
        monkeypatch.setattr(passkeys, "sign", sign)
        result = run(code.replace('"ann"', '"cleo"'))["result"]
        assert isinstance(result.next_step, ConfirmSignInWithOTP)
    assert capsys.readouterr().out == "No key.\n"


LOOP_USERS = (
    *("ann", "sam", "tom", "tess", "mia", "nora", "noel"),
    *("rex", "carl", "quinn", "luna", "emil", "cleo", "max"),
)


@pytest.fixture(scope="module")
def shared_pool() -> Any:
    """One pool for the users of the README's loop: each signs in once."""
    with running_pool() as pool:
        yield pool


@pytest.mark.parametrize("name", LOOP_USERS)
def test_loop_of_the_readme_signs_every_user_in(
    name: str,
    shared_pool: CognitoPool,
    environment: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pool, user = shared_pool, shared_pool.users[name]
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=pool.endpoint_url)
    auth.default_auth_flow = user.auth_flow
    monkeypatch.setattr(Auth, "from_profile", lambda _: auth)
    passwords = iter(["" if user.auth_flow == "CUSTOM_WITHOUT_SRP" else user.password, user.password])
    mistakes = iter(["000000"] if name == "sam" else [])

    def answer(prompt: str = "Password: ") -> str:
        fixed = {"Username: ": name, "New password: ": NEW_PASSWORD, "name: ": "Nora"}
        fixed |= {question: reply for _, question, reply in QUESTIONS}
        if prompt in fixed:
            return fixed[prompt]
        if prompt == "Password: ":
            return next(passwords)
        if key := re.search(r"key (\w+) to your app", prompt):
            return pyotp.TOTP(key[1]).now()
        if "authenticator app" in prompt or "laptop" in prompt:
            return pool.totp_code(name)
        if "code" in prompt.lower():
            wait_until(lambda: bool(pool.codes(name)))
            return next(mistakes, pool.codes(name)[-1])
        for words, reply in (
            ("confirm your sign-in", "SMS"),
            ("set up", "SOFTWARE_TOKEN_MFA"),
            ("how to sign in", "PASSWORD_SRP"),
            ("Enter your password", user.password),
            ("new password", NEW_PASSWORD),
        ):
            if words in prompt:
                return reply
        return next((reply for _, hint, reply in QUESTIONS if hint in prompt), MOON_ANSWER)

    monkeypatch.setattr("getpass.getpass", answer)
    run(LOOP, input=answer)
    assert open_session().claims("access")["username"] == name
    assert ("code" in capsys.readouterr().out) == (name == "sam")
