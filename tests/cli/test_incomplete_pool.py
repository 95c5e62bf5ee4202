"""An incompletely specified pool is an error; the current session's pool isn't used instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_auth.config.files import ConfigurationError
from tui_auth.session.finder import resolve_query
from tui_auth.session.sessions import Sessions


@pytest.mark.parametrize(
    ("flags", "variables", "message"),
    [
        ({"client_id": "c"}, {}, "app client from --client-id"),
        ({}, {"TUI_AUTH_USER_POOL_ID": "eu-west-1_A"}, "--client-id too"),
        ({"profile": "acme"}, {}, "line 2: "),
        ({"profile": ""}, {}, "--profile is empty."),
        ({"username": ""}, {}, "--username is empty."),
    ],
)
def test_error_names_the_missing_part(
    tmp_path: Path, flags: dict[str, str], variables: dict[str, str], message: str
) -> None:
    environ = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    config = tmp_path / "tui-auth" / "config.toml"
    config.parent.mkdir(mode=0o700)
    config.write_text('[profiles.acme]\nuser_pool_id = "eu-west-1_A"\n[profiles.b]\nclient_id = "c"\n')
    with pytest.raises(ConfigurationError) as error:
        resolve_query(flags, Sessions(environ | variables))
    assert message in str(error.value)
