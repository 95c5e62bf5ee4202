"""Tests that a pool's keys are fetched whole from the pool or not at all."""

from __future__ import annotations

import pytest

from tests.security.faults.catalog import (
    ERRORS,
    FAULTS_WITHOUT_REPLY,
    FOREIGN_REPLIES,
    LOST_REPLIES,
    SLOW_FAULTS,
)
from tests.security.faults.conftest import RecordProperty
from tests.security.faults.proxy import FaultProxy
from tui_auth.auth import tokens
from tui_auth.auth.tokens import KeysUnreachableError, fetch_keys, keys_url
from tui_auth.emulator.demo_users import DemoPool


def test_fault_while_fetching_keys_gives_one_error(
    demo: DemoPool, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, record_property: RecordProperty
) -> None:
    url = keys_url(demo.user_pool_id, proxy.url)
    assert fetch_keys(url)["keys"]
    assert {fault.name for fault in FAULTS_WITHOUT_REPLY} == set(LOST_REPLIES | FOREIGN_REPLIES | ERRORS)
    failures: list[str] = []
    for fault in FAULTS_WITHOUT_REPLY:
        monkeypatch.setattr(tokens, "DEADLINE_SECONDS", 0.5 if fault.name in SLOW_FAULTS else 30.0)
        hits_before = proxy.hits
        proxy.arm(fault, documents=True)
        try:
            failures.append(f"{fault.name}: {fetch_keys(url)}")
        except KeysUnreachableError:
            failures += [f"{fault.name}: the fault did not occur"] * (proxy.hits != hits_before + 1)
    assert fetch_keys(url)["keys"]
    assert proxy.redirected_connections == 0, "a redirect was followed"
    record_property(
        "cases", ("fault matrix, a pool's keys", "pools", len(FAULTS_WITHOUT_REPLY), len(failures))
    )
    assert not failures, "\n".join(failures)
