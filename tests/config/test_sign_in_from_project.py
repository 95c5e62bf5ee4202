"""``tui-auth`` in the folder of an Amplify project needs no flags."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terminal.pty_program import ROOT, PtyProgram
from tui_auth.config.amplify import find_amplify_file
from tui_auth.emulator import CognitoEmulator

PASSWORD = "Correct-Horse-9!"
FILES = {
    "amplify_outputs.json": ("eu-west-1_Gen2Pool1", "2gen2gen2gen2gen2gen2gen2", "eu-west-1"),
    "amplifyconfiguration.json": ("us-east-2_NativeP1x", "3native3native3native3nat", "us-east-2"),
    "aws-exports.js": ("ap-south-1_FlatPool1", "4flat4flat4flat4flat4flat", "ap-south-1"),
}
"""The pool ID, client ID and region in each sample file."""


@pytest.mark.parametrize("name", list(FILES))
def test_every_kind_of_amplify_file_is_enough_to_sign_in(
    tmp_path: Path,
    server: CognitoEmulator,
    put_amplify_file: Callable[..., Path],
    terminal_program: type[PtyProgram],
    name: str,
) -> None:
    pool = server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"]
    client = server.call(
        "CreateUserPoolClient",
        {
            "UserPoolId": pool,
            "ClientName": "app",
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
            "GenerateSecret": name == "amplifyconfiguration.json",
        },
    )["UserPoolClient"]
    server.call("AdminCreateUser", {"UserPoolId": pool, "Username": "ann", "MessageAction": "SUPPRESS"})
    server.call(
        "AdminSetUserPassword",
        {"UserPoolId": pool, "Username": "ann", "Password": PASSWORD, "Permanent": True},
    )
    old_pool, old_client, region = FILES[name]
    changes = {old_pool: pool, old_client: client["ClientId"]}
    if secret := client.get("ClientSecret"):
        changes |= {"native-app-client-secret": secret, "CUSTOM_AUTH": "USER_SRP_AUTH"}
    path = put_amplify_file(name, tmp_path / "home" / "shop", changes=changes)
    subfolder = path.parent / "src" / "pages"
    subfolder.mkdir(parents=True)
    file = find_amplify_file(subfolder, tmp_path).file
    assert file
    assert file.settings["region"].value == region
    environment = {
        "TUI_AUTH_ENDPOINT_URL": server.endpoint_url,
        "TUI_AUTH_STORAGE": "none",
        "PYTHONPATH": str(ROOT),
    }
    with terminal_program(home=tmp_path / "home", cwd=subfolder, environment=environment) as program:
        program.wait_for("Sign in")
        program.send("ann")
        program.press("enter")
        program.send(PASSWORD)
        program.press("enter")
        program.wait_for("Signed in as ann")
        program.wait_for("nowhere; it ends with this program")
        program.press("enter")
        assert program.wait_exit() == 0
        assert str(path) in program.screen_text() or f"~/shop/{name}" in program.screen_text()
