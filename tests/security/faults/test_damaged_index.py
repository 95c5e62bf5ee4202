"""Every command goes on if the index of sessions has a value of another type."""

from __future__ import annotations

import json

import pytest

from tests.session.machine import Machine
from tests.session.machine import machine as machine
from tests.session.machine import processes as processes

DAMAGED_NAMES = ("version", "current", "current_note", "last_origin", "session", "device", "route")
DAMAGED_VALUES: list[object] = [None, True, 7, 1e999, "x", "\ud800", [], [[]], {}, {"a": []}, {"names": [7]}]


@pytest.mark.parametrize("value", DAMAGED_VALUES, ids=repr)
@pytest.mark.parametrize("name", DAMAGED_NAMES)
def test_wrong_type_in_the_index_is_put_right(machine: Machine, name: str, value: object) -> None:
    """A cache that can't be read is rebuilt, and no command stops."""
    machine.sign_in()
    path = machine.state_folder / "index.json"
    members = json.loads(path.read_text())
    if name in ("session", "device", "route"):
        reference = next(key.removeprefix("session:") for key in members if key.startswith("session:"))
        members |= {f"{name}:{reference}": value, f"{name}:": value, f"{name}:file/x": value}
    elif name != "version" or value != 7:  # another version is left alone
        members[name] = value
    path.write_text(json.dumps(members))
    for arguments in (("token",), ("status",), ("profile", "list"), ("token", "--username", "ann")):
        result = machine.run(*arguments)
        assert (result.returncode, "internal error" in result.stderr) == (0, False), result.stderr
    assert machine.run("sign-out").returncode == 0
