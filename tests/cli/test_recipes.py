"""The recipes of the README's part “Afterwards”, run as they stand there."""

from __future__ import annotations

import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.programs import Process, TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags
from tests.terminal.pty_program import ROOT
from tests.tools import need_tool
from tui_auth.config.resolver import ResolvedPool
from tui_auth.session.sessions import SaveResult

SECTION = (ROOT / "README.md").read_text().partition("\n## Afterwards\n")[2].partition("\n## ")[0]
BLOCKS = [
    "".join(f"{line[4:]}\n" for line in block.splitlines())
    for block in re.findall(r"(?m)^(?: {4}.*\n)+", SECTION)
]
CONFIG, KUBECONFIG = (
    next(block for block in BLOCKS if start in block) for start in ("[profile ", "users:\n")
)
COMMANDS = [line for block in BLOCKS if block not in (CONFIG, KUBECONFIG) for line in block.splitlines()]
AWS = {
    "AWS_ACCESS_KEY_ID": "AccessKeyId",
    "AWS_SECRET_ACCESS_KEY": "SecretAccessKey",
    "AWS_SESSION_TOKEN": "SessionToken",
    "AWS_CREDENTIAL_EXPIRATION": "Expiration",
}
SHELLS = {"env": ("sh", "bash", "zsh"), "fish": ("fish",), "powershell": ("pwsh",)}


def _format(command: str) -> str:
    """The format of credentials that a command asks for; empty if it asks for none."""
    found = re.search(r"--format (\w+)", command)
    return found[1] if found else ""


FOR_SHELLS = [command for command in COMMANDS if _format(command)]
SEEN = f"#!{sys.executable}\nimport json, os\nprint(json.dumps(dict(os.environ)))\n"


@dataclass
class Desk:
    """A machine with ``tui-auth`` on its path, and the scripts in the folder that the recipes call."""

    machine: Machine
    process: Process

    @property
    def environ(self) -> dict[str, str]:
        """The environment of what a shell runs."""
        return self.process.environment

    def run(self, shell: str, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script in a shell, without a terminal."""
        return self.process.run_command([shell, "-c", script], cwd=self.machine.home, check=True)

    def cached_credentials(self) -> dict[str, Any]:
        """The identity pool's credentials, as they are kept."""
        found: dict[str, Any] = json.loads(self.machine.run("aws-credentials", "--format", "json").stdout)
        return found


@pytest.fixture
def desk(machine: Machine, process: Process) -> Desk:
    folder = machine.home / "bin"
    folder.mkdir()
    programs = {
        folder
        / "tui-auth": f"#!{sys.executable}\nfrom tui_auth.cli.main import main\nraise SystemExit(main())\n",
        machine.home / "deploy.sh": SEEN,
        machine.home / "report.sh": SEEN,
    }
    for path, text in programs.items():
        path.write_text(text)
        path.chmod(0o700)
    process.environment["PATH"] = f"{folder}{os.pathsep}{process.environment['PATH']}"
    return Desk(machine, process)


@pytest.fixture
def kept(machine: Machine) -> SaveResult:
    """A session with an identity pool."""
    return machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())


@pytest.fixture
def api(desk: Desk) -> Iterator[list[str]]:
    """``https://api.example.com`` on this machine, for curl; gives the Authorization of each request."""
    seen: list[str] = []

    class Api(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.path} {self.headers['Authorization']}")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    certificate = _certificate("api.example.com", desk.machine.home / "api.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http.server.HTTPServer(("127.0.0.1", 0), Api) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        address = f"api.example.com:443:127.0.0.1:{server.server_address[1]}"
        (desk.machine.home / ".curlrc").write_text(
            f'cacert = "{certificate}"\nconnect-to = "{address}"\nfail\n'
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield seen
        server.shutdown()
        thread.join()


def _certificate(host: str, path: Path) -> Path:
    """A file with a key and a certificate for a host that it signed itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]),
    )
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, plain)
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in FOR_SHELLS])
def test_a_command_does_what_it_is_there_for(
    desk: Desk, kept: SaveResult, api: list[str], command: str
) -> None:
    access, identity = kept.record.access_token.reveal(), kept.record.id_token.reveal()
    if "curl" in command:
        need_tool("curl")
        desk.run("sh", command)
        assert api == [f"/orders Bearer {access}"]
    else:
        seen = json.loads(desk.run("sh", command).stdout)
        (expected,) = (
            wanted
            for text, wanted in {
                "exec -- ": {"ACCESS_TOKEN": access},
                "TOKEN=$(tui-auth token)": {"TOKEN": access},
                "--env ID_TOKEN=id": {"ID_TOKEN": identity},
            }.items()
            if text in command
        )
        assert expected.items() <= seen.items()


@pytest.mark.parametrize(
    ("shell", "command"),
    [(shell, command) for command in FOR_SHELLS for shell in SHELLS[_format(command)]],
)
def test_a_shell_sets_the_variables(desk: Desk, kept: SaveResult, shell: str, command: str) -> None:
    if shell != "pwsh":
        need_tool(shell)
    found = desk.cached_credentials()
    seen = _variables_set_by(desk, shell, command)
    assert {name: seen[name] for name in AWS} == {name: found[AWS[name]] for name in AWS}


def _variables_set_by(desk: Desk, shell: str, command: str) -> dict[str, str]:
    """The environment in which what a shell starts runs after a command."""
    if shell != "pwsh":
        seen: dict[str, str] = json.loads(desk.run(shell, f"{command}\n./report.sh").stdout)
        return seen
    # Out-String | Invoke-Expression runs the lines as PowerShell: assignments of single-quoted texts.
    lines = desk.run("sh", command.partition(" | ")[0]).stdout.splitlines()
    matches = [re.fullmatch(r"\$Env:(\w+)='((?:[^']|'')*)'", line) for line in lines]
    return {match[1]: match[2].replace("''", "'") for match in matches if match}


def test_boto3_loads_the_profile(desk: Desk, kept: SaveResult) -> None:
    (desk.machine.home / ".aws").mkdir()
    (desk.machine.home / ".aws" / "config").write_text(CONFIG)
    (profile,) = re.findall(r"--profile (\w+)", CONFIG)
    origin = kept.record.origin
    pool = pool_flags(ResolvedPool(origin.user_pool_id, origin.client_id, endpoint_url=origin.endpoint))
    assert desk.machine.run("profile", "add", profile, *pool).returncode == 0
    (name,) = re.findall(r"\[profile (\w+)\]", CONFIG)
    code = (
        f"import boto3, json; c = boto3.Session(profile_name={name!r}).get_credentials();"
        "f = c.get_frozen_credentials(); print(json.dumps([f.access_key, f.secret_key, f.token, c.method]))"
    )
    desk.environ["PYTHON"] = sys.executable
    seen = json.loads(desk.run("sh", f'"$PYTHON" -c "{code}"').stdout)
    found = desk.cached_credentials()
    assert seen == [found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], "custom-process"]


def test_kubectl_would_get_the_id_token_from_the_kubeconfig(desk: Desk, kept: SaveResult) -> None:
    (user,) = _yaml(KUBECONFIG.splitlines())["users"]
    plugin = user["user"]["exec"]
    assert plugin["interactiveMode"] in ("Never", "IfAvailable", "Always")
    asked = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
    desk.environ["KUBERNETES_EXEC_INFO"] = json.dumps(asked)
    credential = json.loads(desk.run("sh", " ".join([plugin["command"], *plugin["args"]])).stdout)
    assert (credential["apiVersion"], credential["kind"]) == (plugin["apiVersion"], "ExecCredential")
    assert credential["status"]["token"] == kept.record.id_token.reveal()
    assert datetime.fromisoformat(credential["status"]["expirationTimestamp"]) > datetime.now(UTC)


def _yaml(lines: list[str]) -> Any:
    """What these lines of YAML say: maps, lists of maps, lists in brackets, and texts; no more of YAML."""
    if lines[0].startswith("- "):
        starts = [number for number, line in enumerate(lines) if line.startswith("- ")] + [len(lines)]
        pairs = pairwise(starts)
        return [_yaml([line[2:] for line in lines[start:end]]) for start, end in pairs]
    found: dict[str, Any] = {}
    starts = [number for number, line in enumerate(lines) if re.match(r"\w", line)] + [len(lines)]
    for start, end in pairwise(starts):
        name, _, value = lines[start].partition(":")
        below = lines[start + 1 : end]
        indent = len(below[0]) - len(below[0].lstrip(" ")) if below else 0
        text = value.strip()
        in_brackets = [item.strip() for item in text[1:-1].split(",")] if text.startswith("[") else text
        found[name] = _yaml([line[indent:] for line in below]) if below else in_brackets
    return found


def test_on_a_terminal_the_sign_in_opens_inside_a_substitution(
    desk: Desk, terminal_program: TerminalProgram
) -> None:
    machine = desk.machine
    choice = machine.create_client()
    machine.create_user()
    (command,) = (command for command in COMMANDS if "$(tui-auth token)" in command)
    pool = {
        "TUI_AUTH_USER_POOL_ID": choice.user_pool_id,
        "TUI_AUTH_CLIENT_ID": choice.client_id,
        "TUI_AUTH_ENDPOINT_URL": choice.endpoint_url,
        "TUI_AUTH_STORAGE": "file",
    }
    with terminal_program.on_a_terminal(
        command=["sh", "-c", f"{command} >seen"],
        folder=machine.home,
        variables={**desk.environ, **pool},
    ) as program:
        program.wait_for("Username")
        program.send("ann\r")
        program.send(f"{PASSWORD}\r")
        assert program.wait_exit() == 0
        assert program.screen_text().split("\n")[0] == "Signed in as ann."
        assert not program.screen_text().replace("Signed in as ann.", "").strip()
    assert (
        json.loads((machine.home / "seen").read_text())["TOKEN"]
        == machine.read_session_file()["access_token"]
    )
