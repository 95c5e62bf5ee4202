"""Tests that the program's objects show no secret: a log or a worker may print any of them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from textual.worker import Worker

from tests.pilot import press, until
from tests.screens.conftest import CLIENT, POOL, app_with
from tests.scripted_gateway import challenge, tokens
from tests.security.canary import canaries
from tests.security.canary.canaries import Canary
from tests.security.canary.leak_places import Finding, LeakPlaces
from tests.security.canary.stage import Stage
from tui_auth.auth.auth import Auth
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.srp import inner_hash
from tui_auth.secret import Secret
from tui_auth.session.aws import AwsCredentials
from tui_auth.session.record import ClockSample, SessionOrigin, SessionRecord
from tui_auth.widgets.text_input import SecretInput

SIZE = (80, 23)


@pytest.fixture(autouse=True)
def ignore_older_objects() -> Iterator[None]:
    """Hide older objects from the garbage collector: other tests leave many."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def object_representations(*additional_objects: object) -> LeakPlaces:
    """Return the repr and str of all live tui-auth objects and of objects with its arguments."""
    places = LeakPlaces()
    for number, item in enumerate([*gc.get_objects(), *additional_objects]):
        kind = type(item)
        # In a compiled library's class, __module__ may be a descriptor.
        module = str(kind.__module__)
        is_from_tui_auth = module.startswith("tui_auth") and not module.startswith("tui_auth.emulator")
        if is_from_tui_auth or kind in (Worker, partial, asyncio.Handle):
            places.add(f"{module}.{kind.__qualname__}: {number}", f"{item!r} {item}")
    return places


def leaks_in_objects(secrets: list[Canary]) -> list[Finding]:
    """Return the secrets that some object shows."""
    places = object_representations()
    assert any(name.startswith("tui_auth") for name in places.names)
    return places.search(secrets)


async def test_repr_of_sign_in_objects_shows_no_secret() -> None:
    password, new, answer = canaries.password(), canaries.password("new password"), canaries.answer()
    session, key = canaries.answer("session"), "JBSW" * 13
    done = tokens(POOL, CLIENT)
    secrets = [password, new, answer, session, *canaries.totp_key(key)]
    secrets += [
        canaries.token(name, value)
        for name, value in done["AuthenticationResult"].items()
        if "Token" in name and len(value) > 20
    ]
    session_text = session.text
    app = app_with(
        challenge("NEW_PASSWORD_REQUIRED", session=session_text, requiredAttributes="[]"),
        error_from_response("InvalidPasswordException", "Password did not conform with policy"),
        challenge("MFA_SETUP", session=session_text, MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]'),
        {"SecretCode": key, "Session": session_text},
        {"Status": "SUCCESS", "Session": session_text},
        challenge("CUSTOM_CHALLENGE", session=session_text, question="Why?"),
        done,
    )

    async def enter(text: str) -> None:
        for field in text.split("\n"):
            app.screen.focused.value = field  # type: ignore[union-attr]
            await press(pilot, "enter")
            assert not leaks_in_objects(secrets)

    async with app.run_test(size=SIZE) as pilot:
        app.gateway.hold()
        await enter(password.text)
        await until(pilot, lambda: app.gateway.calls)
        described = {worker.description for worker in app.workers}
        assert described <= {"a request to Cognito", "connect"}, "no description has a request's argument"
        assert not leaks_in_objects(secrets), "during the request"
        app.gateway.release()
        await until(pilot, lambda: "Choose a new password" in app.text())
        await enter(f"{new.text}\n{new.text}")
        await until(pilot, lambda: "It needs" in app.text() or "policy" in app.text())
        await press(pilot, "enter", "enter")
        await until(pilot, lambda: "2 Type the code" in app.text())
        await enter("123456")
        await until(pilot, lambda: "Answer" in app.text())
        await enter(answer.text)
        await until(pilot, lambda: "Signed in as ann" in app.text())
        assert not leaks_in_objects(secrets), "after signing in"


async def test_crash_report_shows_no_local_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[object] = []
    app = app_with()
    monkeypatch.setattr(app, "_print_error_renderables", lambda: printed.extend(app._exit_renderables))

    def fail() -> None:
        password = canaries.password().text
        raise ValueError(password)

    async def run() -> None:
        async with app.run_test(size=SIZE) as pilot:
            app.call_later(fail)
            await pilot.pause()

    with pytest.raises(ValueError):
        await run()
    assert not printed
    assert not app._exit_renderables


def secrets_containing(text: str | bytes) -> list[Secret]:
    """Return all secrets and secret fields in memory that contain the text."""
    gc.collect()
    data = text.encode() if isinstance(text, str) else text
    items = gc.get_objects()
    field_values = [Secret(item.value) for item in items if isinstance(item, SecretInput)]
    secrets = [item for item in items if isinstance(item, Secret)] + field_values
    return [secret for secret in secrets if data in secret.reveal_bytes()]


async def test_next_screen_holds_no_reference_to_the_password() -> None:
    password = canaries.password().text
    app = app_with(challenge("CUSTOM_CHALLENGE", question="Why?"), tokens(POOL, CLIENT))
    async with app.run_test(size=SIZE) as pilot:
        app.screen.focused.value = password  # type: ignore[union-attr]
        assert secrets_containing(password)
        await press(pilot, "enter")
        await until(pilot, lambda: "Answer" in app.text())
        app.gateway.calls.clear()
        assert app.flow.attempt
        # USER_PASSWORD_AUTH has no hash: the attempt keeps the password so that it can restart.
        assert secrets_containing(password) == [app.flow.attempt._engine.proof.password]
        app.screen.focused.value = answer = canaries.answer().text  # type: ignore[union-attr]
        await press(pilot, "enter")
        await until(pilot, lambda: "Signed in as ann" in app.text())
        app.gateway.calls.clear()
        assert not secrets_containing(password)
        assert not secrets_containing(answer)


def test_srp_keeps_only_a_password_hash_until_tokens_arrive(stage: Stage) -> None:
    user, password = stage.users["sam"], stage.password.text
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=stage.server.endpoint_url)
    hashed = inner_hash(user.user_pool_id.partition("_")[2], "sam", password)
    result = auth.sign_in("sam", password)
    assert not secrets_containing(password)
    assert secrets_containing(hashed), "needed to restart the step"
    assert not result.is_signed_in
    auth.confirm_sign_in(str(stage.server.messages[-1]["code"]))
    assert not secrets_containing(hashed)


def test_repr_of_session_records_shows_no_secret() -> None:
    secret = canaries.answer()
    value = Secret(secret.text)
    now = ClockSample.now(0.0)
    record = SessionRecord(
        SessionOrigin("eu-west-1_Ab12", "client", "eu-west-1"),
        *("ann", "sub", value, value, value),
        *(0.0, 0.0, 0.0, 0.0),
        taken_at=now,
        signed_in_at=0.0,
    )
    credentials = AwsCredentials("pool", "identity", "AKIA", value, value, 0.0, now)
    places = object_representations(record, credentials)
    assert not places.search([secret])


def test_object_search_finds_a_leaking_repr() -> None:
    secret = canaries.answer()

    class Careless:
        def __repr__(self) -> str:
            return f"Careless({secret.text})"

    Careless.__module__ = "tui_auth.careless"
    leaking_objects: list[Any] = [Careless(), partial(print, secret.value)]
    kinds = {finding.place.partition(":")[0] for finding in leaks_in_objects([secret])}
    assert len(kinds) == len(leaking_objects)
