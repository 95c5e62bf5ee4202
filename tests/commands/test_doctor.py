"""``tui-auth doctor``, against pools on this machine."""

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
from tests.session.machine import private_file
from tui_auth.pool import PoolServer

ALL_FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH"]


def pool_flags(
    server: PoolServer, flows: list[str], *, existence: str = "ENABLED", secret: bool = False
) -> tuple[list[str], str | None]:
    """The flags that name a new pool's new client, and the client's secret."""
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


def examined(ran: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """What a run with --json found, by what it is about."""
    report = json.loads(ran.stdout)
    assert report["status"] == ran.returncode
    return {each["about"]: each for each in report["checks"]}


@pytest.mark.parametrize("existence", ["ENABLED", "LEGACY"])
def test_a_client_that_allows_everything_is_in_order(
    program: Program, server: PoolServer, existence: str
) -> None:
    flags, _ = pool_flags(server, ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"], existence=existence)
    ran = program.run("doctor", "--json", *flags)
    found = examined(ran)
    assert ran.returncode == 0
    assert found["flow USER_SRP_AUTH"] == {
        "about": "flow USER_SRP_AUTH",
        "ok": True,
        "says": "allowed, and used",
        "do": "",
    }
    assert found["flow USER_PASSWORD_AUTH"]["ok"] is True
    assert found["flow USER_AUTH"]["ok"] is None
    assert found["flow CUSTOM_AUTH"]["says"] == "not allowed by this app client"
    for about in ("pool", "region", "reachable", "clock", "pool keys", "client", "secret"):
        assert found[about]["ok"] is True, found[about]


def test_each_flow_is_asked_for_once_and_for_nobody(program: Program, server: PoolServer) -> None:
    flags, _ = pool_flags(server, ALL_FLOWS)
    pool = flags[1]
    server.call("AdminCreateUser", {"UserPoolId": pool, "Username": "ann", "MessageAction": "SUPPRESS"})
    program.run("doctor", *flags)
    asked = [params for operation, params in server.calls if operation == "InitiateAuth"]
    assert [params["AuthFlow"] for params in asked] == [
        "USER_SRP_AUTH",
        "USER_PASSWORD_AUTH",
        "USER_AUTH",
        "CUSTOM_AUTH",
    ]
    assert {operation for operation, _ in server.calls} == {"InitiateAuth"}
    assert all(params["AuthParameters"]["USERNAME"].startswith("tui-auth-doctor-") for params in asked)
    assert server.messages == []


def test_the_flow_that_is_used_must_be_allowed(program: Program, server: PoolServer) -> None:
    flags, _ = pool_flags(server, ["ALLOW_USER_PASSWORD_AUTH"])
    ran = program.run("doctor", *flags)
    assert ran.returncode == 3
    assert "!! flow USER_SRP_AUTH       not allowed by this app client, but used" in ran.stdout
    assert (
        "add ALLOW_USER_SRP_AUTH. Or choose one it allows with --auth-flow: USER_PASSWORD_AUTH." in ran.stdout
    )
    assert program.run("doctor", *flags, "--auth-flow", "USER_PASSWORD_AUTH").returncode == 0


def test_a_secret_that_is_missing_is_told_and_one_that_fits_too(program: Program, server: PoolServer) -> None:
    flags, secret = pool_flags(server, ["ALLOW_USER_SRP_AUTH"], secret=True)
    ran = program.run("doctor", "--json", *flags)
    assert ran.returncode == 3
    assert "--client-secret-file" in examined(ran)["secret"]["do"]
    file = program.folder / "secret"
    file.write_text(secret or "")
    ran = program.run("doctor", "--json", *flags, "--client-secret-file", "secret")
    assert examined(ran)["secret"]["says"] == "the one from --client-secret-file fits"
    file.write_text("wrong")
    ran = program.run("doctor", "--json", *flags, "--client-secret-file", "secret")
    assert ran.returncode == 3
    assert examined(ran)["secret"]["says"] == "the one from --client-secret-file is not this app client's"
    assert "Compare" in examined(ran)["secret"]["do"]


def test_a_secret_for_a_client_without_one_is_told_from_a_wrong_one(
    program: Program, server: PoolServer
) -> None:
    flags, _ = pool_flags(server, ["ALLOW_USER_SRP_AUTH"])
    (program.folder / "secret").write_text("of another client")
    ran = program.run("doctor", "--json", *flags, "--client-secret-file", "secret")
    found = examined(ran)["secret"]
    assert (ran.returncode, found["ok"]) == (3, False)
    assert found["says"] == "this app client takes none; the one from --client-secret-file is not wanted"
    assert found["do"] == "Leave it out, or name the app client that it belongs to."
    assert len(server.calls) == 2, "the usual flow, then once more without the secret"


def test_a_client_that_is_not_there_is_told(program: Program, server: PoolServer) -> None:
    flags, _ = pool_flags(server, ALL_FLOWS)
    flags[3] = "1nobodysclient00000000000"
    ran = program.run("doctor", "--json", *flags)
    assert (ran.returncode, examined(ran)["client"]["ok"]) == (3, False)
    assert "may be one of a pool in another region" in examined(ran)["client"]["do"]
    assert len(server.calls) == 1


def test_a_pool_that_is_not_there_is_told_though_the_client_is(program: Program, server: PoolServer) -> None:
    flags, _ = pool_flags(server, ALL_FLOWS)
    flags[1] = "eu-west-1_Nowhere"
    ran = program.run("doctor", "--json", *flags)
    assert (ran.returncode, examined(ran)["pool keys"]["ok"]) == (3, False)


def test_a_pool_that_cannot_be_reached_is_the_network(program: Program) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        ran = program.run(
            "doctor", "--json", "--user-pool-id", "eu-west-1_A", "--client-id", "c", "--endpoint-url", url
        )
    assert (ran.returncode, examined(ran)["reachable"]["ok"]) == (7, False)
    assert examined(ran)["versions"]["ok"] is True


def test_an_https_address_where_no_tls_is_spoken_is_told_as_that(
    program: Program, server: PoolServer
) -> None:
    flags, _ = pool_flags(server, ALL_FLOWS)
    flags[5] = flags[5].replace("http://", "https://")
    ran = program.run("doctor", "--json", *flags)
    found = examined(ran)["reachable"]
    assert (ran.returncode, found["ok"]) == (7, False)
    host = flags[5].removeprefix("https://")
    assert found["says"] == f"The server does not speak TLS there ({host})."
    assert "http://127.0.0.1:PORT" in found["do"]
    private_file(program.folder / "password", "secret")
    ran = program.run("sign-in", *flags, "--username", "ann", "--password-file", "password")
    assert (ran.returncode, ran.stderr) == (
        7,
        f"tui-auth: The server does not speak TLS there. {found['do']}\n",
    )


def test_a_clock_that_is_off_is_told(program: Program, server: PoolServer) -> None:
    flags, _ = pool_flags(server, ALL_FLOWS)
    server.clock.advance(120)
    found = examined(program.run("doctor", "--json", *flags))
    assert found["clock"]["ok"] is None, "signing in works nevertheless"
    assert "behind Cognito's" in found["clock"]["says"]
    assert found["clock"]["do"]


def test_without_a_pool_the_machine_is_looked_at_all_the_same(program: Program) -> None:
    ran = program.run("doctor", "--json")
    found = examined(ran)
    assert ran.returncode == 3
    assert "No user pool is named." in found["pool"]["says"]
    assert found["state folder"]["ok"] is True
    assert "textual" in found["versions"]["says"]


def test_the_proxys_password_is_not_shown_and_bad_certificates_are(program: Program) -> None:
    bundle = program.folder / "ca.pem"
    bundle.write_text("nothing")
    ran = program.run(
        "doctor", "--json", HTTPS_PROXY="http://ann:hunter2@proxy.example:3128", AWS_CA_BUNDLE=str(bundle)
    )
    assert "hunter2" not in ran.stdout
    found = examined(ran)
    assert found["proxy"]["says"] == "http://proxy.example:3128 from HTTPS_PROXY"
    assert found["CA"]["ok"] is False


def test_certificates_that_are_missing_are_told_before_the_pool_that_is_not_reached_for_it(
    program: Program, server: PoolServer
) -> None:
    flags, _ = pool_flags(server, ["ALLOW_USER_SRP_AUTH"])
    flags[-1] = flags[-1].replace("http://", "https://")
    ran = program.run("doctor", "--json", *flags, AWS_CA_BUNDLE="/nowhere/ca.pem")
    found = examined(ran)
    wrong = [about for about, each in found.items() if each["ok"] is False]
    assert (ran.returncode, wrong) == (3, ["CA", "reachable"])
    assert found["CA"]["says"] == "AWS_CA_BUNDLE names /nowhere/ca.pem, and no file is there."


def test_a_dead_endpoint_is_told_with_its_host_and_why(program: Program) -> None:
    flags = ["--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "1example23456789"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        ran = program.run("doctor", "--json", *flags, "--endpoint-url", f"http://127.0.0.1:{port}")
    found = examined(ran)["reachable"]
    assert ran.returncode == 7
    assert found["says"] == f"The endpoint cannot be reached: the connection was refused (127.0.0.1:{port})."
    assert found["do"] == "Start the pool at that address, or check the endpoint URL."


def test_a_theme_that_there_is_not_is_told(terminal_program: TerminalProgram, server: PoolServer) -> None:
    flags, _ = pool_flags(server, ["ALLOW_USER_SRP_AUTH"])
    pink = {"TUI_AUTH_THEME": "pink"}
    with terminal_program.on_a_terminal("doctor", *flags, rows=60, cols=120, variables=pink) as running:
        running.wait_for("!! theme                    TUI_AUTH_THEME is dark, light or ansi.")
        assert running.wait_exit() == 3


def test_a_region_that_is_not_the_pools_is_told(program: Program) -> None:
    bundle = {"HTTPS_PROXY": "http://127.0.0.1:1"}  # so that nothing leaves this machine
    ran = program.run(
        "doctor",
        "--json",
        "--user-pool-id",
        "eu-west-1_A",
        "--client-id",
        "c",
        TUI_AUTH_REGION="us-east-1",
        **bundle,
    )
    assert ran.returncode == 3
    assert "us-east-1 from TUI_AUTH_REGION, but the pool id says eu-west-1" in examined(ran)["region"]["says"]


@pytest.mark.parametrize("named_by", ["flag", "variable", "profile"])
def test_a_region_that_contradicts_the_pool_id_is_wrong_whatever_the_endpoint(
    program: Program, server: PoolServer, named_by: str
) -> None:
    flags, _ = pool_flags(server, ["ALLOW_USER_SRP_AUTH"])
    own = flags[1].partition("_")[0]
    other = "ap-south-1"
    variables = {"TUI_AUTH_REGION": other} if named_by == "variable" else {}
    words, name = flags, {"variable": "TUI_AUTH_REGION", "flag": "--region"}.get(named_by, "profile acme")
    if named_by == "flag":
        words = [*flags, "--region", other]
    elif named_by == "profile":
        program.run("profile", "add", "acme", *flags, "--region", other)
        words = ["--profile", "acme"]
    ran = program.run("doctor", "--json", *words, **variables)
    found = examined(ran)["region"]
    assert (ran.returncode, found["ok"]) == (3, False)
    assert found["says"].startswith(f"{other} from {name}")
    assert found["says"].endswith(f", but the pool id says {own}")
    assert found["do"] == "Leave the region out: the pool id has it."


def test_a_stand_ins_pool_id_says_no_region(program: Program) -> None:
    flags = ["--user-pool-id", "local_2aBc", "--client-id", "c", "--endpoint-url", "http://127.0.0.1:1"]
    ran = program.run("doctor", "--json", *flags, "--region", "eu-west-1")
    assert examined(ran)["region"]["ok"] is None
    ran = program.run("doctor", "--json", *flags)
    assert examined(ran)["region"]["says"] == "the pool id says none"
    ran = program.run("doctor", "--json", *flags[:4])
    assert ran.returncode == 3
    assert examined(ran)["region"]["do"] == "Say where it listens, with --endpoint-url."


def test_a_secret_file_that_others_can_read_is_told(program: Program) -> None:
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
    ran = program.run("doctor", "--json", HTTPS_PROXY="http://127.0.0.1:1")
    assert "chmod 600" in examined(ran)["profile acme"]["do"]


def test_nothing_of_aws_is_needed_and_nothing_of_it_is_run(program: Program, server: PoolServer) -> None:
    flags, _ = pool_flags(server, ALL_FLOWS)
    ran_it = program.folder / "credentials were asked for"
    aws = program.home / ".aws"
    aws.mkdir()
    (aws / "config").write_text(f"[default]\ncredential_process = touch '{ran_it}'\n")
    ran = program.run("doctor", "--json", *flags)
    assert ran.returncode == 0
    assert program.run("doctor", *flags, AWS_PROFILE="gone").returncode == 0
    assert not ran_it.exists()


def test_a_pool_that_awss_own_variable_leads_to_is_looked_at_there(
    program: Program, server: PoolServer
) -> None:
    flags, _ = pool_flags(server, ALL_FLOWS)
    variable = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"
    ran = program.run("doctor", "--json", *flags[:4], **{variable: server.endpoint_url})
    found = examined(ran)
    assert ran.returncode == 0
    assert f"{server.endpoint_url} from {variable}" in found["endpoint"]["says"]
    assert found["pool keys"]["ok"] is True


def test_every_line_that_is_not_in_order_says_what_to_do(program: Program, server: PoolServer) -> None:
    flags, _ = pool_flags(server, ["ALLOW_USER_PASSWORD_AUTH"], secret=True)
    server.clock.advance(-3600)
    program.config.parent.mkdir(parents=True)
    program.config.write_text("[profiles.x\n")
    ran = program.run("doctor", "--json", *flags, AWS_CA_BUNDLE="/nonexistent", XDG_STATE_HOME="/dev/null")
    found = examined(ran)
    faults = {about: each["do"] for about, each in found.items() if each["ok"] is False}
    assert set(faults) == {"secret", "CA", "state folder", "profiles"}
    assert all(faults.values())
    told = program.run("doctor", *flags, AWS_CA_BUNDLE="/nonexistent", XDG_STATE_HOME="/dev/null").stdout
    lines = told.splitlines()
    marked = [place for place, line in enumerate(lines) if line.startswith("!!")]
    assert len(marked) == len(faults)
    assert all(lines[place + 1].lstrip().startswith("→ ") for place in marked)
    assert "ahead of Cognito's" in found["clock"]["says"]


def test_folders_that_are_good_to_have_are_in_order_with_their_rights(program: Program) -> None:
    found = examined(program.run("doctor", "--json"))
    for about in ("config folder", "state folder", "runtime folder"):
        assert found[about]["ok"] is True, found[about]
        assert found[about]["says"].endswith("tui-auth, made when it is needed")
    state = program.home / ".local" / "state" / "tui-auth"
    state.mkdir(mode=0o755)
    state.chmod(0o755)
    ran = program.run("doctor", "--json", XDG_RUNTIME_DIR="")
    found = examined(ran)
    assert (found["state folder"]["ok"], found["state folder"]["do"]) == (
        False,
        "chmod 700 ~/.local/state/tui-auth",
    )
    assert found["runtime folder"]["ok"] is None
    state.chmod(0o700)
    assert examined(program.run("doctor", "--json"))["state folder"]["says"] == "~/.local/state/tui-auth"


def test_a_runtime_folder_below_one_that_all_can_reach_is_told_and_not_to_be_closed(program: Program) -> None:
    shared = program.folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    found = examined(program.run("doctor", "--json", XDG_RUNTIME_DIR=str(shared)))["runtime folder"]
    assert found["ok"] is None
    assert "is not yours alone, so nothing is stored below it." in found["says"]
    assert "chmod" not in found["says"] + found["do"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder here that nobody can write to")
def test_a_folder_that_cannot_be_written_is_storage(program: Program, server: PoolServer) -> None:
    flags, _ = pool_flags(server, ALL_FLOWS)
    ran = program.run("doctor", "--json", *flags, XDG_STATE_HOME="/proc/self")
    found = examined(ran)
    assert (ran.returncode, found["state folder"]["ok"]) == (9, False)
    assert "/proc/self cannot be written" in found["state folder"]["says"]
    assert "XDG_STATE_HOME" in found["state folder"]["do"]


def test_certificates_that_can_be_read_and_no_proxy_are_in_order(program: Program) -> None:
    bundle = Path(botocore.__file__).with_name("cacert.pem")
    found = examined(program.run("doctor", "--json", AWS_CA_BUNDLE=str(bundle)))
    assert found["CA"]["ok"] is True
    assert found["CA"]["says"].endswith("cacert.pem from AWS_CA_BUNDLE")
    assert (found["proxy"]["ok"], found["proxy"]["says"]) == (True, "none set")


def test_a_package_of_another_version_is_told(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    other = program.folder / "packages" / "textual-99.0.0.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: textual\nVersion: 99.0.0\n")
    monkeypatch.syspath_prepend(other.parent)
    ran = program.run("doctor", "--json")
    found = examined(ran)["versions"]
    assert found["ok"] is False
    assert found["says"].startswith("textual is 99.0.0, >=8.2.8,<9 is needed")
    assert "Install tui-auth again" in found["do"]


@pytest.mark.parametrize(
    ("setting", "is_ok", "says", "screen"),
    [("external", True, "set-clipboard is external", "on"), ("off", None, "set-clipboard is off", "off")],
)
def test_tmux_its_clipboard_and_what_its_history_keeps_are_told(
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
    found = {each["about"]: each for each in json.loads(out.read_text())["checks"]}
    assert (found["tmux"]["ok"], found["clipboard"]["ok"]) == (is_ok, True)
    assert says in found["tmux"]["says"]
    assert bool(found["tmux"]["do"]) is (is_ok is None)
    assert found["clipboard"]["says"] == "by tmux load-buffer -w"
    assert ("tmux history" in found) == (screen == "off")
    assert found["size"]["says"] == "80×23"
    assert found["colours"]["says"] == "none, as NO_COLOR asks"


def test_a_terminal_that_shows_lines_is_told_and_no_word_is_cut_in_two(
    terminal_program: TerminalProgram,
) -> None:
    environment = {"TERM": "dumb", "COLORTERM": "", "SSH_TTY": "/dev/pts/1"}
    with terminal_program.on_a_terminal("doctor", rows=60, variables=environment) as running:
        assert running.wait_exit() == 3
        lines = running.screen_text().splitlines()
    place = next(place for place, line in enumerate(lines) if line.startswith("-- terminal"))
    assert lines[place].endswith("TERM is dumb: the terminal shows lines.")
    assert lines[place + 1].split() == ["→", "Signing", "in", "works", "with", "line", "prompts."]
    assert any(line.startswith("-- clipboard") and "OSC 52" in line for line in lines)
    folded = next(place for place, line in enumerate(lines) if line.startswith("ok versions"))
    assert lines[folded].endswith(",") or lines[folded + 1].startswith(" " * 28)
    assert all(line[:28].strip() == "" or line[2] == " " for line in lines if line)


def test_the_terminal_is_described_where_there_is_one(
    terminal_program: TerminalProgram, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with terminal_program.on_a_terminal("doctor", "--json", stdout=out, rows=20, cols=70) as running:
        assert running.wait_exit() == 3
    found = {each["about"]: each for each in json.loads(out.read_text())["checks"]}
    assert found["terminal"]["says"] == "xterm-256color"
    assert found["size"] == {
        "about": "size",
        "ok": None,
        "says": "70×20",
        "do": "At 80×23 and more everything fits, QR pictures too.",
    }
    assert found["colours"]["says"] == "16 million (COLORTERM)"
