"""The commands and configuration in the README's section “Use the session”."""

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

SECTION = (ROOT / "README.md").read_text().partition("\n## Use the session\n")[2].partition("\n## ")[0]
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


def _parse_format(command: str) -> str:
    """Return the credential format that a command requests; empty if none."""
    match = re.search(r"--format (\w+)", command)
    return match[1] if match else ""


SHELL_COMMANDS = [command for command in COMMANDS if _parse_format(command)]
PRINT_ENVIRONMENT = f"#!{sys.executable}\nimport json, os\nprint(json.dumps(dict(os.environ)))\n"


@dataclass
class Workstation:
    """A machine with ``tui-auth`` on PATH and the scripts that the recipes call."""

    machine: Machine
    process: Process

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the shells."""
        return self.process.environment

    def run(self, shell: str, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script in a shell, without a terminal."""
        return self.process.run_command([shell, "-c", script], cwd=self.machine.home, check=True)

    def read_credentials(self) -> dict[str, Any]:
        """Return the cached credentials of the identity pool."""
        credentials: dict[str, Any] = json.loads(
            self.machine.run("aws-credentials", "--format", "json").stdout
        )
        return credentials


@pytest.fixture
def workstation(machine: Machine, process: Process) -> Workstation:
    folder = machine.home / "bin"
    folder.mkdir()
    programs = {
        folder
        / "tui-auth": f"#!{sys.executable}\nfrom tui_auth.cli.main import main\nraise SystemExit(main())\n",
        machine.home / "deploy.sh": PRINT_ENVIRONMENT,
        machine.home / "report.sh": PRINT_ENVIRONMENT,
    }
    for path, text in programs.items():
        path.write_text(text)
        path.chmod(0o700)
    process.environment["PATH"] = f"{folder}{os.pathsep}{process.environment['PATH']}"
    return Workstation(machine, process)


@pytest.fixture
def session(machine: Machine) -> SaveResult:
    """Return a session with an identity pool."""
    return machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())


@pytest.fixture
def api(workstation: Workstation) -> Iterator[list[str]]:
    """Serve https://api.example.com locally for curl; yield the path and Authorization of each request."""
    requests: list[str] = []

    class Api(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(f"{self.path} {self.headers['Authorization']}")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    certificate = _write_certificate("api.example.com", workstation.machine.home / "api.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http.server.HTTPServer(("127.0.0.1", 0), Api) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        address = f"api.example.com:443:127.0.0.1:{server.server_address[1]}"
        (workstation.machine.home / ".curlrc").write_text(
            f'cacert = "{certificate}"\nconnect-to = "{address}"\nfail\n'
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield requests
        server.shutdown()
        thread.join()


def _write_certificate(host: str, path: Path) -> Path:
    """Write a key and its self-signed certificate for a host to a file; return the path."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_format, encryption = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, key_format, encryption)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in SHELL_COMMANDS])
def test_command_passes_the_right_token(
    workstation: Workstation, session: SaveResult, api: list[str], command: str
) -> None:
    access, identity = session.record.access_token.reveal(), session.record.id_token.reveal()
    if "curl" in command:
        need_tool("curl")
        workstation.run("sh", command)
        assert api == [f"/orders Bearer {access}"]
    else:
        environment = json.loads(workstation.run("sh", command).stdout)
        (expected,) = (
            variables
            for text, variables in {
                "exec -- ": {"ACCESS_TOKEN": access},
                "TOKEN=$(tui-auth token)": {"TOKEN": access},
                "--env TOKEN=id": {"TOKEN": identity},
            }.items()
            if text in command
        )
        assert expected.items() <= environment.items()


@pytest.mark.parametrize(
    ("shell", "command"),
    [(shell, command) for command in SHELL_COMMANDS for shell in SHELLS[_parse_format(command)]],
)
def test_shell_sets_the_aws_variables(
    workstation: Workstation, session: SaveResult, shell: str, command: str
) -> None:
    if shell != "pwsh":
        need_tool(shell)
    credentials = workstation.read_credentials()
    environment = _read_environment(workstation, shell, command)
    assert {name: environment[name] for name in AWS} == {name: credentials[AWS[name]] for name in AWS}


def _read_environment(workstation: Workstation, shell: str, command: str) -> dict[str, str]:
    """Run a command in a shell; return the environment of a script that the shell runs afterwards."""
    if shell != "pwsh":
        environment: dict[str, str] = json.loads(workstation.run(shell, f"{command}\n./report.sh").stdout)
        return environment
    # PowerShell runs these lines with Invoke-Expression: assignments of single-quoted strings.
    lines = workstation.run("sh", command.partition(" | ")[0]).stdout.splitlines()
    matches = [re.fullmatch(r"\$Env:(\w+)='((?:[^']|'')*)'", line) for line in lines]
    return {match[1]: match[2].replace("''", "'") for match in matches if match}


def test_boto3_loads_the_profile(workstation: Workstation, session: SaveResult) -> None:
    (workstation.machine.home / ".aws").mkdir()
    (workstation.machine.home / ".aws" / "config").write_text(CONFIG)
    (profile,) = re.findall(r"--profile (\w+)", CONFIG)
    origin = session.record.origin
    pool = pool_flags(ResolvedPool(origin.user_pool_id, origin.client_id, endpoint_url=origin.endpoint))
    assert workstation.machine.run("profile", "add", profile, *pool).returncode == 0
    (name,) = re.findall(r"\[profile (\w+)\]", CONFIG)
    code = (
        f"import boto3, json; c = boto3.Session(profile_name={name!r}).get_credentials();"
        "f = c.get_frozen_credentials(); print(json.dumps([f.access_key, f.secret_key, f.token, c.method]))"
    )
    workstation.environ["PYTHON"] = sys.executable
    values = json.loads(workstation.run("sh", f'"$PYTHON" -c "{code}"').stdout)
    credentials = workstation.read_credentials()
    assert values == [
        credentials["AccessKeyId"],
        credentials["SecretAccessKey"],
        credentials["SessionToken"],
        "custom-process",
    ]


def test_kubeconfig_command_prints_the_id_token(workstation: Workstation, session: SaveResult) -> None:
    (user,) = _parse_yaml(KUBECONFIG.splitlines())["users"]
    plugin = user["user"]["exec"]
    assert plugin["interactiveMode"] in ("Never", "IfAvailable", "Always")
    request = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
    workstation.environ["KUBERNETES_EXEC_INFO"] = json.dumps(request)
    credential = json.loads(workstation.run("sh", " ".join([plugin["command"], *plugin["args"]])).stdout)
    assert (credential["apiVersion"], credential["kind"]) == (plugin["apiVersion"], "ExecCredential")
    assert credential["status"]["token"] == session.record.id_token.reveal()
    assert datetime.fromisoformat(credential["status"]["expirationTimestamp"]) > datetime.now(UTC)


def _parse_yaml(lines: list[str]) -> Any:
    """Parse the part of YAML that the recipe uses: maps, lists of maps, lists in brackets, and strings."""
    if lines[0].startswith("- "):
        starts = [number for number, line in enumerate(lines) if line.startswith("- ")] + [len(lines)]
        pairs = pairwise(starts)
        return [_parse_yaml([line[2:] for line in lines[start:end]]) for start, end in pairs]
    mapping: dict[str, Any] = {}
    starts = [number for number, line in enumerate(lines) if re.match(r"\w", line)] + [len(lines)]
    for start, end in pairwise(starts):
        name, _, value = lines[start].partition(":")
        nested_lines = lines[start + 1 : end]
        indent = len(nested_lines[0]) - len(nested_lines[0].lstrip(" ")) if nested_lines else 0
        text = value.strip()
        scalar_or_list = [item.strip() for item in text[1:-1].split(",")] if text.startswith("[") else text
        mapping[name] = (
            _parse_yaml([line[indent:] for line in nested_lines]) if nested_lines else scalar_or_list
        )
    return mapping


def test_sign_in_opens_inside_a_command_substitution(
    workstation: Workstation, terminal_program: TerminalProgram
) -> None:
    machine = workstation.machine
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
        command=["sh", "-c", f"{command} >environment"],
        folder=machine.home,
        variables={**workstation.environ, **pool},
    ) as program:
        program.wait_for("Username")
        program.send("ann\r")
        program.send(f"{PASSWORD}\r")
        assert program.wait_exit() == 0
        assert program.screen_text().split("\n")[0] == "Signed in as ann."
        assert not program.screen_text().replace("Signed in as ann.", "").strip()
    assert (
        json.loads((machine.home / "environment").read_text())["TOKEN"]
        == machine.read_session_file()["access_token"]
    )
