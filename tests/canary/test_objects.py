"""What the program's own objects say of themselves: a log line or a worker may print any of them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from textual.worker import Worker

from tests.canary import canaries
from tests.canary.canaries import Canary
from tests.canary.hiding_places import Finding, HidingPlaces
from tests.canary.stage import Stage
from tests.screens.conftest import CLIENT, POOL, app_with, until
from tests.scripted_gateway import challenge, tokens
from tui_auth.auth.auth import Auth
from tui_auth.auth.refusals import refusal
from tui_auth.auth.srp import inner_hash
from tui_auth.secret import Secret
from tui_auth.session.aws import AwsCredentials
from tui_auth.session.record import SessionOrigin, SessionRecord, TakenAt
from tui_auth.widgets.secret_input import SecretInput

SIZE = (80, 23)


@pytest.fixture(autouse=True)
def only_objects_of_the_test() -> Iterator[None]:
    """Leave what lived before the test out of what the collector lists: other tests leave a great deal."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def what_objects_say(*more: object) -> HidingPlaces:
    """The repr and str of every living object of ours, and of what carries our arguments."""
    places = HidingPlaces()
    for number, thing in enumerate([*gc.get_objects(), *more]):
        kind = type(thing)
        # A compiled library's class may hold a descriptor there instead of a name.
        module = str(kind.__module__)
        ours = module.startswith("tui_auth") and not module.startswith("tui_auth.pool")
        if ours or kind in (Worker, partial, asyncio.Handle):
            places.add(f"{module}.{kind.__qualname__}: {number}", f"{thing!r} {thing}")
    return places


def said(secrets: list[Canary]) -> list[Finding]:
    """The secrets that some object tells."""
    places = what_objects_say()
    assert any(name.startswith("tui_auth") for name in places.names)
    return places.search(secrets)


async def test_no_object_of_a_sign_in_tells_a_secret() -> None:
    password, new, answer = canaries.password(), canaries.password("new password"), canaries.answer()
    session, key = canaries.answer("session"), "JBSW" * 13
    done = tokens(POOL, CLIENT)
    secrets = [password, new, answer, session, *canaries.totp_key(key)]
    secrets += [
        canaries.token(name, value)
        for name, value in done["AuthenticationResult"].items()
        if "Token" in name and len(value) > 20
    ]
    typed = session.text
    app = app_with(
        challenge("NEW_PASSWORD_REQUIRED", session=typed, requiredAttributes="[]"),
        refusal("InvalidPasswordException", "Password did not conform with policy"),
        challenge("MFA_SETUP", session=typed, MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]'),
        {"SecretCode": key, "Session": typed},
        {"Status": "SUCCESS", "Session": typed},
        challenge("CUSTOM_CHALLENGE", session=typed, question="Why?"),
        done,
    )

    async def enter(text: str) -> None:
        for field in text.split("\n"):
            app.screen.focused.value = field  # type: ignore[union-attr]
            await pilot.press("enter")
            assert not said(secrets)

    async with app.run_test(size=SIZE) as pilot:
        app.gateway.hold()
        await enter(password.text)
        await until(pilot, lambda: app.gateway.calls)
        described = {worker.description for worker in app.workers}
        assert described <= {"a request to Cognito", "connect"}, "no argument of the request stands there"
        assert not said(secrets), "while the request is under way"
        app.gateway.release()
        await until(pilot, lambda: "Choose a new password" in app.text())
        await enter(f"{new.text}\n{new.text}")
        await until(pilot, lambda: "It needs" in app.text() or "policy" in app.text())
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "2 Enter the code" in app.text())
        await enter("123456")
        await until(pilot, lambda: "the service asks" in app.text())
        await enter(answer.text)
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert not said(secrets), "once signed in"


async def test_a_fault_makes_no_picture_of_the_variables_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    app = app_with()
    monkeypatch.setattr(app, "_print_error_renderables", lambda: made.extend(app._exit_renderables))

    def fail() -> None:
        password = canaries.password().text
        raise ValueError(password)

    async def run() -> None:
        async with app.run_test(size=SIZE) as pilot:
            app.call_later(fail)
            await pilot.pause()

    with pytest.raises(ValueError):
        await run()
    assert not made
    assert not app._exit_renderables


def secrets_with(text: str | bytes) -> list[Secret]:
    """Every secret in memory that holds this, and every field that does, as one."""
    gc.collect()
    data = text.encode() if isinstance(text, str) else text
    things = gc.get_objects()
    typed = [Secret(thing.value) for thing in things if isinstance(thing, SecretInput)]
    secrets = [thing for thing in things if isinstance(thing, Secret)] + typed
    return [secret for secret in secrets if data in secret.reveal_bytes()]


async def test_once_the_next_step_shows_nothing_of_the_screens_keeps_the_password() -> None:
    password = canaries.password().text
    app = app_with(challenge("CUSTOM_CHALLENGE", question="Why?"), tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        app.screen.focused.value = password  # type: ignore[union-attr]
        assert secrets_with(password)
        await pilot.press("enter")
        await until(pilot, lambda: "the service asks" in app.text())
        app.gateway.calls.clear()
        assert app.flow.attempt
        # With USER_PASSWORD_AUTH, as here, there is no hash: the attempt itself keeps it to begin again.
        assert secrets_with(password) == [app.flow.attempt._progress.exchange.proof.password]
        app.screen.focused.value = answer = canaries.answer().text  # type: ignore[union-attr]
        await pilot.press("enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        app.gateway.calls.clear()
        assert not secrets_with(password)
        assert not secrets_with(answer)


def test_with_srp_the_hash_takes_the_passwords_place_until_the_tokens_come(stage: Stage) -> None:
    user, password = stage.users["sam"], stage.password.text
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=stage.server.endpoint_url)
    hashed = inner_hash(user.user_pool_id.partition("_")[2], "sam", password)
    result = auth.sign_in("sam", password)
    assert not secrets_with(password)
    assert secrets_with(hashed), "to begin again with, should the code not come"
    assert not result.is_signed_in
    auth.confirm_sign_in(str(stage.server.messages[-1]["code"]))
    assert not secrets_with(hashed)


def test_no_record_of_a_session_tells_a_secret() -> None:
    secret = canaries.answer()
    value = Secret(secret.text)
    now = TakenAt.now(0.0)
    record = SessionRecord(
        SessionOrigin("eu-west-1_Ab12", "client", "eu-west-1"),
        *("ann", "sub", value, value, value),
        *(0.0, 0.0, 0.0, 0.0),
        taken_at=now,
        signed_in_at=0.0,
    )
    credentials = AwsCredentials("pool", "identity", "AKIA", value, value, 0.0, now)
    places = what_objects_say(record, credentials)
    assert not places.search([secret])


def test_an_object_that_tells_is_found() -> None:
    secret = canaries.answer()

    class Careless:
        """Of ours, to look at."""

        def __repr__(self) -> str:
            return f"Careless({secret.text})"

    Careless.__module__ = "tui_auth.careless"
    kept: list[Any] = [Careless(), partial(print, secret.value)]
    found = {finding.place.partition(":")[0] for finding in said([secret])}
    assert len(found) == len(kept)
