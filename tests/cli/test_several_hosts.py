"""The commands of docs/several-hosts.md, run through a local SSH server."""

from __future__ import annotations

import json
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.local_sshd import LocalSshd
from tests.programs import Process, TerminalProgram
from tests.session.machine import Machine
from tests.terminal.pty_program import ROOT
from tests.tools import need_tool

PAGE = (ROOT / "docs" / "several-hosts.md").read_text()
COMMANDS = re.findall(r"(?m)^ {4}(.*)$", PAGE)
HEADER, TOKEN, AWS_CREDENTIALS, SIGN_IN = COMMANDS
PRINT_ENVIRONMENT = f"#!{sys.executable}\nimport json, os\nprint(json.dumps(dict(os.environ)))\n"


@pytest.fixture
def process_sshd(process: Process, machine: Machine, tmp_path: Path) -> Iterator[LocalSshd]:
    """Put ``tui-auth`` and an ``ssh`` that leads every host name to a local server on PATH."""
    server = LocalSshd(tmp_path / "sshd")
    real_ssh, *options = server.command()[:-1]
    user = server.command()[-1].partition("@")[0]
    scripts = machine.home / "bin"
    scripts.mkdir()
    program = f"#!{sys.executable}\nfrom tui_auth.cli.main import main\nraise SystemExit(main())\n"
    address = f"-o HostName=127.0.0.1 -o HostKeyAlias=[127.0.0.1]:{server.port} -l {user}"
    ssh = f'#!/bin/sh\nexec {shutil.which(real_ssh)} {" ".join(options)} {address} "$@"\n'
    for name, text in (("tui-auth", program), ("ssh", ssh), ("report.sh", PRINT_ENVIRONMENT)):
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o700)
    process.environment["PATH"] = f"{scripts}:{process.environment['PATH']}"
    yield server
    server.stop()


@pytest.fixture
def signed_in(machine: Machine) -> str:
    """Return the access token of a stored session with an identity pool."""
    machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())
    return machine.run("token").stdout.strip()


def run_there(process: Process, machine: Machine, command: str) -> str:
    """Run a command of the page where ``report.sh`` of the other host is; return its output."""
    command = command.replace("./report.sh", f"{machine.home}/bin/report.sh")
    result = process.run_command(["sh", "-c", command], cwd=machine.home)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_api_on_another_host_gets_the_header(
    process_sshd: LocalSshd, process: Process, machine: Machine, signed_in: str
) -> None:
    need_tool("curl")
    headers: list[str] = []

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers.append(self.headers["Authorization"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        run_there(process, machine, HEADER.replace("https://api.example.com", address))
        server.shutdown()
        thread.join()
    assert headers == [f"Bearer {signed_in}"]


def test_program_on_another_host_gets_the_token(
    process_sshd: LocalSshd, process: Process, machine: Machine, signed_in: str
) -> None:
    environment = json.loads(run_there(process, machine, TOKEN))
    assert environment["TOKEN"] == signed_in


def test_program_on_another_host_gets_aws_credentials(
    process_sshd: LocalSshd, process: Process, machine: Machine, signed_in: str
) -> None:
    environment = json.loads(run_there(process, machine, AWS_CREDENTIALS))
    expected = json.loads(machine.run("aws-credentials", "--format", "json").stdout)
    assert environment["AWS_SECRET_ACCESS_KEY"] == expected["SecretAccessKey"]


def test_sign_in_on_another_host_opens_on_this_terminal(
    process_sshd: LocalSshd, process: Process, machine: Machine, terminal_program: TerminalProgram
) -> None:
    pool = machine.create_client()
    flags = (
        f"--user-pool-id {pool.user_pool_id} --client-id {pool.client_id} --endpoint-url {pool.endpoint_url}"
    )
    there = f"HOME={machine.home} PYTHONPATH={ROOT} {machine.home}/bin/tui-auth sign-in {flags}"
    command = SIGN_IN.replace("tui-auth sign-in", f"'{there}'")
    with terminal_program.on_a_terminal(
        command=["sh", "-c", command], variables=process.environment
    ) as program:
        program.wait_for("Username")
        program.press("ctrl+q")
        assert program.wait_exit() == 6
