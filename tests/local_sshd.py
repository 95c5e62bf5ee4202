"""An SSH server of the test's own on a loopback port, for the user who runs the tests."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
from pathlib import Path

from tests.tools import need_tool
from tests.waiting import wait_until

SETTINGS = "UsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin yes\nPrintMotd no\n"


class LocalSshd:
    """An SSH server with its own keys; ``command`` runs ssh against it."""

    def __init__(self, folder: Path) -> None:
        need_tool("ssh", "sshd", "ssh-keygen")
        folder.mkdir(parents=True)
        self.folder = folder
        for name in ("host", "user"):
            keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(keygen, check=True)
        key = (folder / "host.pub").read_text()
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd drops its privileges, if root runs it
        self._log = (folder / "log").open("w")
        wait_until(self._start)  # again, if another program takes the port first
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {key}")

    def _start(self) -> bool:
        """Start the server on a free port and wait until it listens; False if the port was taken."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        (self.folder / "config").write_text(
            f"ListenAddress 127.0.0.1:{self.port}\nHostKey {self.folder}/host\n"
            f"AuthorizedKeysFile {self.folder}/user.pub\nPidFile none\n{SETTINGS}"
        )
        sshd = shutil.which("sshd") or "sshd"  # sshd wants its absolute path
        command = [sshd, "-D", "-e", "-f", str(self.folder / "config")]
        self._process = subprocess.Popen(command, stderr=self._log)
        wait_until(lambda: self._process.poll() is not None or self._is_listening())
        return self._process.poll() is None

    def command(self, *options: str) -> list[str]:
        """Return the ssh command line up to and including the host."""
        files = ["-i", f"{self.folder}/user", "-o", f"UserKnownHostsFile={self.folder}/known_hosts"]
        rules = ["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]
        return ["ssh", "-p", str(self.port), *files, *rules, *options, f"{getpass.getuser()}@127.0.0.1"]

    def stop(self) -> None:
        """Stop the server."""
        self._process.terminate()
        self._process.wait()
        self._log.close()

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
