"""``tui-auth doctor`` with pools of the local emulator."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
from pathlib import Path
from typing import Any

import botocore
import pytest

from tests.programs import Process, Program, TerminalProgram
from tests.session.machine import write_private_file
from tui_auth.emulator import CognitoEmulator

ALL_FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH"]


def create_pool(
    server: CognitoEmulator, flows: list[str], *, existence: str = "ENABLED", secret: bool = False
) -> tuple[list[str], str | None]:
    """Create a pool and an app client; return the flags that specify them, and the client's secret."""
    pool = server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"]
    client = server.call(
        "CreateUserPoolClient",
        {
            "UserPoolId": pool,
            "ClientName": "terminal",
            "ExplicitAuthFlows": flows,
            "PreventUserExistenceErrors": existence,
            "GenerateSecret": secret,
        },
    )["UserPoolClient"]
    flags = ["--user-pool-id", pool, "--client-id", client["ClientId"], "--endpoint-url", server.endpoint_url]
    return flags, client.get("ClientSecret")


def read_checks(result: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """Return the checks of a run with --json by their subject."""
    report = json.loads(result.stdout)
    assert report["status"] == result.returncode
    return {check["about"]: check for check in report["checks"]}


@pytest.mark.parametrize("existence", ["ENABLED", "LEGACY"])
def test_client_that_allows_the_flows_is_ok(
    program: Program, server: CognitoEmulator, existence: str
) -> None:
    flags, _ = create_pool(server, ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"], existence=existence)
    result = program.run("doctor", "--json", *flags)
    checks = read_checks(result)
    assert result.returncode == 0
    assert checks["flow USER_SRP_AUTH"] == {
        "about": "flow USER_SRP_AUTH",
        "ok": True,
        "says": "allowed, and used",
        "do": "",
    }
    assert checks["flow USER_PASSWORD_AUTH"]["ok"] is True
    assert checks["flow USER_AUTH"]["ok"] is None
    assert checks["flow CUSTOM_AUTH"]["says"] == "not allowed by this app client"
    for about in ("pool", "region", "reachable", "clock", "pool keys", "client", "secret"):
        assert checks[about]["ok"] is True, checks[about]


def test_each_flow_is_probed_once_with_an_unused_user_name(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ALL_FLOWS)
    pool = flags[1]
    server.call("AdminCreateUser", {"UserPoolId": pool, "Username": "ann", "MessageAction": "SUPPRESS"})
    program.run("doctor", *flags)
    probes = [params for operation, params in server.calls if operation == "InitiateAuth"]
    assert [params["AuthFlow"] for params in probes] == [
        "USER_SRP_AUTH",
        "USER_PASSWORD_AUTH",
        "USER_AUTH",
        "CUSTOM_AUTH",
    ]
    assert {operation for operation, _ in server.calls} == {"InitiateAuth"}
    assert all(params["AuthParameters"]["USERNAME"].startswith("tui-auth-doctor-") for params in probes)
    assert server.messages == []


def test_configured_flow_must_be_allowed(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ["ALLOW_USER_PASSWORD_AUTH"])
    result = program.run("doctor", *flags)
    assert result.returncode == 3
    assert "!! flow USER_SRP_AUTH       not allowed by this app client, but used" in result.stdout
    assert (
        "Add ALLOW_USER_SRP_AUTH to the app client's authentication flows in the Cognito console. "
        "Or use an allowed one with --auth-flow: USER_PASSWORD_AUTH." in result.stdout
    )
    assert program.run("doctor", *flags, "--auth-flow", "USER_PASSWORD_AUTH").returncode == 0


def test_missing_correct_and_wrong_secrets_are_reported(program: Program, server: CognitoEmulator) -> None:
    flags, secret = create_pool(server, ["ALLOW_USER_SRP_AUTH"], secret=True)
    result = program.run("doctor", "--json", *flags)
    assert result.returncode == 3
    assert "--client-secret-file" in read_checks(result)["secret"]["do"]
    file = program.folder / "secret"
    file.write_text(secret or "")
    result = program.run("doctor", "--json", *flags, "--client-secret-file", "secret")
    assert read_checks(result)["secret"]["says"] == "the secret from --client-secret-file is right"
    file.write_text("wrong")
    result = program.run("doctor", "--json", *flags, "--client-secret-file", "secret")
    assert result.returncode == 3
    assert (
        read_checks(result)["secret"]["says"]
        == "the secret from --client-secret-file is wrong for this app client"
    )
    assert "Compare" in read_checks(result)["secret"]["do"]


def test_secret_for_a_client_without_one_is_reported_as_unneeded(
    program: Program, server: CognitoEmulator
) -> None:
    flags, _ = create_pool(server, ["ALLOW_USER_SRP_AUTH"])
    (program.folder / "secret").write_text("of another client")
    result = program.run("doctor", "--json", *flags, "--client-secret-file", "secret")
    check = read_checks(result)["secret"]
    assert (result.returncode, check["ok"]) == (3, False)
    assert (
        check["says"] == "this app client has none, so the secret from --client-secret-file must be left out"
    )
    assert check["do"] == "Leave it out, or specify the app client that it belongs to."
    assert len(server.calls) == 2, "the configured flow, then again without the secret"


def test_missing_client_is_reported(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ALL_FLOWS)
    flags[3] = "1missingclient00000000000"
    result = program.run("doctor", "--json", *flags)
    assert (result.returncode, read_checks(result)["client"]["ok"]) == (3, False)
    assert "may belong to a pool in another region" in read_checks(result)["client"]["do"]
    assert len(server.calls) == 1


def test_missing_pool_of_an_existing_client_is_reported(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ALL_FLOWS)
    flags[1] = "eu-west-1_Nowhere"
    result = program.run("doctor", "--json", *flags)
    assert (result.returncode, read_checks(result)["pool keys"]["ok"]) == (3, False)


def test_unreachable_pool_exits_with_7(program: Program) -> None:
    with socket.socket() as closed_port:
        closed_port.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed_port.getsockname()[1]}"
        result = program.run(
            "doctor", "--json", "--user-pool-id", "eu-west-1_A", "--client-id", "c", "--endpoint-url", url
        )
    assert (result.returncode, read_checks(result)["reachable"]["ok"]) == (7, False)
    assert read_checks(result)["versions"]["ok"] is True


def test_https_url_of_a_server_without_tls_is_reported(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ALL_FLOWS)
    flags[5] = flags[5].replace("http://", "https://")
    result = program.run("doctor", "--json", *flags)
    check = read_checks(result)["reachable"]
    assert (result.returncode, check["ok"]) == (7, False)
    host = flags[5].removeprefix("https://")
    assert check["says"] == f"The server doesn't use TLS on this port ({host})."
    assert "http://127.0.0.1:PORT" in check["do"]
    write_private_file(program.folder / "password", "secret")
    result = program.run("sign-in", *flags, "--username", "ann", "--password-file", "password")
    assert result.returncode == 7
    assert result.stderr.endswith(f"tui-auth: The server doesn't use TLS on this port. {check['do']}\n")


def test_wrong_clock_is_reported(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ALL_FLOWS)
    server.clock.advance(120)
    checks = read_checks(program.run("doctor", "--json", *flags))
    assert checks["clock"]["ok"] is None, "signing in still works"
    assert "behind Cognito's" in checks["clock"]["says"]
    assert checks["clock"]["do"]


def test_without_a_pool_the_machine_is_checked(program: Program) -> None:
    result = program.run("doctor", "--json")
    checks = read_checks(result)
    assert result.returncode == 3
    assert "No user pool is specified." in checks["pool"]["says"]
    assert checks["state folder"]["ok"] is True
    for package in ("textual", "tomlkit", "fido2", "botocore"):
        assert package in checks["versions"]["says"]


def test_invalid_ca_bundle_is_reported_without_the_proxy_password(program: Program) -> None:
    bundle = program.folder / "ca.pem"
    bundle.write_text("nothing")
    result = program.run(
        "doctor", "--json", HTTPS_PROXY="http://ann:hunter2@proxy.example:3128", AWS_CA_BUNDLE=str(bundle)
    )
    assert "hunter2" not in result.stdout
    checks = read_checks(result)
    assert checks["proxy"]["says"] == "http://proxy.example:3128 from HTTPS_PROXY"
    assert checks["CA"]["ok"] is False


def test_missing_ca_bundle_is_reported_before_the_unreachable_pool(
    program: Program, server: CognitoEmulator
) -> None:
    flags, _ = create_pool(server, ["ALLOW_USER_SRP_AUTH"])
    flags[-1] = flags[-1].replace("http://", "https://")
    result = program.run("doctor", "--json", *flags, AWS_CA_BUNDLE="/nowhere/ca.pem")
    checks = read_checks(result)
    problems = [about for about, check in checks.items() if check["ok"] is False]
    assert (result.returncode, problems) == (3, ["CA", "reachable"])
    assert checks["CA"]["says"] == "AWS_CA_BUNDLE is set to /nowhere/ca.pem, which doesn't exist."


def test_unreachable_endpoint_is_reported_with_host_and_reason(program: Program) -> None:
    flags = ["--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "1example23456789"]
    with socket.socket() as closed_port:
        closed_port.bind(("127.0.0.1", 0))
        port = closed_port.getsockname()[1]
        result = program.run("doctor", "--json", *flags, "--endpoint-url", f"http://127.0.0.1:{port}")
    check = read_checks(result)["reachable"]
    assert result.returncode == 7
    assert check["says"] == f"The endpoint can't be reached: the connection was refused (127.0.0.1:{port})."
    assert check["do"] == "Start the emulator at that address, or check the endpoint URL."


def test_unknown_theme_is_reported(terminal_program: TerminalProgram, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ["ALLOW_USER_SRP_AUTH"])
    pink = {"TUI_AUTH_THEME": "pink"}
    with terminal_program.on_a_terminal("doctor", *flags, rows=60, cols=120, variables=pink) as running:
        running.wait_for("!! theme                    TUI_AUTH_THEME must be dark, light or ansi.")
        assert running.wait_exit() == 3


def test_region_other_than_the_pools_is_reported(program: Program) -> None:
    proxy = {"HTTPS_PROXY": "http://127.0.0.1:1"}  # unreachable: no request leaves this machine
    result = program.run(
        "doctor",
        "--json",
        "--user-pool-id",
        "eu-west-1_A",
        "--client-id",
        "c",
        TUI_AUTH_REGION="us-east-1",
        **proxy,
    )
    assert result.returncode == 3
    assert (
        "us-east-1 from TUI_AUTH_REGION, but the pool is in eu-west-1"
        in read_checks(result)["region"]["says"]
    )


@pytest.mark.parametrize("source", ["flag", "variable", "profile"])
def test_region_other_than_the_pools_is_a_problem_unless_chosen_with_it(
    program: Program, server: CognitoEmulator, source: str
) -> None:
    flags, _ = create_pool(server, ["ALLOW_USER_SRP_AUTH"])
    pool_region = flags[1].partition("_")[0]
    other_region = "ap-south-1"
    variables = {"TUI_AUTH_REGION": other_region} if source == "variable" else {}
    arguments, name = flags, {"variable": "TUI_AUTH_REGION", "flag": "--region"}.get(source, "profile acme")
    if source == "flag":
        arguments = [*flags, "--region", other_region]
    elif source == "profile":
        program.run("profile", "add", "acme", *flags, "--region", other_region)
        arguments = ["--profile", "acme"]
    result = program.run("doctor", "--json", *arguments, **variables)
    check = read_checks(result)["region"]
    if source == "variable":
        assert (result.returncode, check["ok"]) == (3, False)
        assert check["do"] == "Remove the region; the pool ID has it."
    else:
        assert check["ok"] is None
        assert check["do"] == "Unless it is a replica's, remove the region; the pool ID has it."
    assert check["says"].startswith(f"{other_region} from {name}")
    assert check["says"].endswith(f", but the pool is in {pool_region}")


def test_emulator_pool_id_has_no_region(program: Program) -> None:
    flags = ["--user-pool-id", "local_2aBc", "--client-id", "c", "--endpoint-url", "http://127.0.0.1:1"]
    result = program.run("doctor", "--json", *flags, "--region", "eu-west-1")
    assert read_checks(result)["region"]["ok"] is None
    result = program.run("doctor", "--json", *flags)
    assert read_checks(result)["region"]["says"] == "the pool ID has none"
    result = program.run("doctor", "--json", *flags[:4])
    assert result.returncode == 3
    assert read_checks(result)["region"]["do"] == "Specify its address with --endpoint-url."


def test_secret_file_that_others_can_read_is_reported(program: Program) -> None:
    secret = program.folder / "secret"
    secret.write_text("s")
    secret.chmod(0o644)
    program.run(
        "profile",
        "add",
        "acme",
        "--user-pool-id",
        "eu-west-1_A",
        "--client-id",
        "c",
        "--client-secret-file",
        secret,
    )
    result = program.run("doctor", "--json", HTTPS_PROXY="http://127.0.0.1:1")
    assert "chmod 600" in read_checks(result)["profile acme"]["do"]


def test_aws_credentials_are_neither_needed_nor_fetched(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ALL_FLOWS)
    marker = program.folder / "credentials were fetched"
    aws = program.home / ".aws"
    aws.mkdir()
    (aws / "config").write_text(f"[default]\ncredential_process = touch '{marker}'\n")
    result = program.run("doctor", "--json", *flags)
    assert result.returncode == 0
    assert program.run("doctor", *flags, AWS_PROFILE="gone").returncode == 0
    assert not marker.exists()


def test_aws_endpoint_variable_is_used(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ALL_FLOWS)
    variable = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"
    result = program.run("doctor", "--json", *flags[:4], **{variable: server.endpoint_url})
    checks = read_checks(result)
    assert result.returncode == 0
    assert f"{server.endpoint_url} from {variable}" in checks["endpoint"]["says"]
    assert checks["pool keys"]["ok"] is True


def test_every_problem_has_advice(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ["ALLOW_USER_PASSWORD_AUTH"], secret=True)
    server.clock.advance(-3600)
    program.config.parent.mkdir(parents=True)
    program.config.write_text("[profiles.x\n")
    result = program.run("doctor", "--json", *flags, AWS_CA_BUNDLE="/nonexistent", XDG_STATE_HOME="/dev/null")
    checks = read_checks(result)
    advice = {about: check["do"] for about, check in checks.items() if check["ok"] is False}
    assert set(advice) == {"secret", "CA", "state folder", "profiles"}
    assert all(advice.values())
    text = program.run("doctor", *flags, AWS_CA_BUNDLE="/nonexistent", XDG_STATE_HOME="/dev/null").stdout
    lines = text.splitlines()
    problem_indexes = [index for index, line in enumerate(lines) if line.startswith("!!")]
    assert len(problem_indexes) == len(advice)
    assert all(lines[index + 1].lstrip().startswith("→ ") for index in problem_indexes)
    assert "ahead of Cognito's" in checks["clock"]["says"]


def test_private_folders_are_ok(program: Program) -> None:
    checks = read_checks(program.run("doctor", "--json"))
    for about in ("config folder", "state folder", "runtime folder"):
        assert checks[about]["ok"] is True, checks[about]
        assert checks[about]["says"].endswith("tui-auth, created when needed")
    state = program.home / ".local" / "state" / "tui-auth"
    state.mkdir(mode=0o755)
    state.chmod(0o755)
    result = program.run("doctor", "--json", XDG_RUNTIME_DIR="")
    checks = read_checks(result)
    assert (checks["state folder"]["ok"], checks["state folder"]["do"]) == (
        False,
        "chmod 700 ~/.local/state/tui-auth",
    )
    assert checks["runtime folder"]["ok"] is None
    state.chmod(0o700)
    assert read_checks(program.run("doctor", "--json"))["state folder"]["says"] == "~/.local/state/tui-auth"


def test_runtime_folder_in_a_shared_folder_is_a_note(program: Program) -> None:
    shared = program.folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    check = read_checks(program.run("doctor", "--json", XDG_RUNTIME_DIR=str(shared)))["runtime folder"]
    assert check["ok"] is None
    assert "so nothing is stored there." in check["says"]
    assert "chmod" not in check["says"] + check["do"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc on this machine")
def test_folder_that_is_not_writable_exits_with_9(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, ALL_FLOWS)
    result = program.run("doctor", "--json", *flags, XDG_STATE_HOME="/proc/self")
    checks = read_checks(result)
    assert (result.returncode, checks["state folder"]["ok"]) == (9, False)
    assert "/proc/self isn't writable" in checks["state folder"]["says"]
    assert "XDG_STATE_HOME" in checks["state folder"]["do"]


def test_readable_ca_bundle_without_a_proxy_is_ok(program: Program) -> None:
    bundle = Path(botocore.__file__).with_name("cacert.pem")
    checks = read_checks(program.run("doctor", "--json", AWS_CA_BUNDLE=str(bundle)))
    assert checks["CA"]["ok"] is True
    assert checks["CA"]["says"].endswith("cacert.pem from AWS_CA_BUNDLE")
    assert (checks["proxy"]["ok"], checks["proxy"]["says"]) == (True, "none")


def test_unsupported_package_version_is_reported(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata_folder = program.folder / "packages" / "textual-99.0.0.dist-info"
    metadata_folder.mkdir(parents=True)
    (metadata_folder / "METADATA").write_text("Metadata-Version: 2.1\nName: textual\nVersion: 99.0.0\n")
    monkeypatch.syspath_prepend(metadata_folder.parent)
    result = program.run("doctor", "--json")
    check = read_checks(result)["versions"]
    assert check["ok"] is False
    assert check["says"].startswith("textual is 99.0.0; tui-auth needs >=8.2.8,<9")
    assert "Reinstall tui-auth" in check["do"]


@pytest.mark.parametrize(
    ("setting", "is_ok", "says", "screen"),
    [("external", True, "set-clipboard is external", "on"), ("off", None, "set-clipboard is off", "off")],
)
def test_tmux_is_reported_with_its_clipboard_and_history(
    terminal_program: TerminalProgram,
    process: Process,
    tmp_path: Path,
    tmux_socket: Path,
    setting: str,
    is_ok: bool | None,
    says: str,
    screen: str,
) -> None:
    out, settings = tmp_path / "out", tmp_path / "tmux.conf"
    settings.write_text(f"set -g set-clipboard {setting}\nset -wg alternate-screen {screen}\n")
    command = f"NO_COLOR=1 {shlex.join(process.command('doctor', '--json'))} > {out}"
    tmux: list[str | Path] = ["tmux", "-S", tmux_socket, "-f", settings, "new-session", "sh", "-c", command]
    with terminal_program.on_a_terminal(command=tmux, rows=24, variables={"SHELL": "/bin/sh"}) as running:
        running.wait_exit()
    checks = {check["about"]: check for check in json.loads(out.read_text())["checks"]}
    assert (checks["tmux"]["ok"], checks["clipboard"]["ok"]) == (is_ok, True)
    assert says in checks["tmux"]["says"]
    assert bool(checks["tmux"]["do"]) is (is_ok is None)
    assert checks["clipboard"]["says"] == "tmux load-buffer -w"
    assert ("tmux history" in checks) == (screen == "off")
    assert checks["size"]["says"] == "80×23"
    assert checks["colors"]["says"] == "none (NO_COLOR is set)"


def test_dumb_terminal_is_reported_with_wrapped_lines(
    terminal_program: TerminalProgram,
) -> None:
    environment = {"TERM": "dumb", "COLORTERM": "", "SSH_TTY": "/dev/pts/1"}
    with terminal_program.on_a_terminal("doctor", rows=60, variables=environment) as running:
        assert running.wait_exit() == 3
        lines = running.screen_text().splitlines()
    terminal_index = next(index for index, line in enumerate(lines) if line.startswith("-- terminal"))
    assert lines[terminal_index].endswith("TERM is dumb: the terminal can show only lines.")
    assert lines[terminal_index + 1].split() == ["→", "Signing", "in", "uses", "line", "prompts."]
    assert any(line.startswith("-- clipboard") and "OSC 52" in line for line in lines)
    versions_index = next(index for index, line in enumerate(lines) if line.startswith("ok versions"))
    assert lines[versions_index].endswith(",") or lines[versions_index + 1].startswith(" " * 28)
    assert all(line[:28].strip() == "" or line[2] == " " for line in lines if line)


def test_terminal_is_described(terminal_program: TerminalProgram, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with terminal_program.on_a_terminal("doctor", "--json", stdout=out, rows=20, cols=70) as running:
        assert running.wait_exit() == 3
    checks = {check["about"]: check for check in json.loads(out.read_text())["checks"]}
    assert checks["terminal"]["says"] == "xterm-256color"
    assert checks["size"] == {
        "about": "size",
        "ok": None,
        "says": "70×20",
        "do": "At 80×23 or larger, everything fits, including QR codes.",
    }
    assert checks["colors"]["says"] == "16 million (COLORTERM)"
