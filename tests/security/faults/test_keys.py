"""A pool's keys come whole and from the pool, or not at all: whatever is in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.security.faults.catalogue import FOREIGN, LOST, REFUSED, SLOW, UNANSWERED
from tests.security.faults.proxy import FaultProxy
from tui_auth.auth import signature
from tui_auth.auth.signature import KeysUnreachable, fetch_keys, keys_url
from tui_auth.pool.demo_users import DemoPool

Record = Callable[[str, object], None]


def test_fault_while_fetching_keys_gives_one_error(
    demo: DemoPool, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    url = keys_url(demo.user_pool_id, proxy.url)
    assert fetch_keys(url)["keys"]
    assert {fault.name for fault in UNANSWERED} == set(LOST | FOREIGN | REFUSED)
    failed: list[str] = []
    for fault in UNANSWERED:
        monkeypatch.setattr(signature, "DEADLINE_SECONDS", 0.5 if fault.name in SLOW else 30.0)
        met = proxy.met
        proxy.arm(fault, documents=True)
        try:
            failed.append(f"{fault.name}: {fetch_keys(url)}")
        except KeysUnreachable:
            failed += [f"{fault.name}: not met"] * (proxy.met != met + 1)
    assert fetch_keys(url)["keys"]
    assert proxy.strangers == 0, "a redirect was followed"
    record_property("cases", ("fault matrix, a pool's keys", "pools", len(UNANSWERED), len(failed)))
    assert not failed, "\n".join(failed)
