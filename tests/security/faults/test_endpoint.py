"""Tests that requests go to the pool's address, over verified TLS, without AWS credentials."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import StartSignIn
from tests.security.faults.catalog import FOREIGN_REPLIES
from tests.security.faults.certificate_authority import CertificateAuthority, TunnelProxy
from tests.security.faults.proxy import Fault, FaultProxy
from tests.terminal.pty_program import ROOT, PtyProgram, isolated_environment
from tui_auth.auth.auth import Auth
from tui_auth.auth.gateway import Address, CognitoGateway, IdentityGateway
from tui_auth.auth.tokens import KeysUnreachableError, fetch_keys, keys_url
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

AWS_HOST = "cognito-idp.eu-west-1.amazonaws.com"
KEY, SECRET, TOKEN = "AKIACANARYCANARY", "aws-secret-canary", "aws-token-canary"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
WEB_IDENTITY = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN")


class CredentialTrap(HTTPServer):
    """A server that records requests for AWS credentials."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _TrapHandler)
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _TrapHandler(BaseHTTPRequestHandler):
    server: CredentialTrap

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_error(404)

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""


@pytest.fixture
def credential_trap() -> Iterator[CredentialTrap]:
    with CredentialTrap() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def environment_with_credentials(home: Path, credential_trap: CredentialTrap) -> dict[str, str]:
    """Return an environment with all kinds of AWS credentials; using them leaves a trace."""
    aws = home / ".aws"
    aws.mkdir(parents=True)
    process = f"credential_process = touch {home / 'ran'}"
    (aws / "config").write_text(f"[default]\nregion = eu-west-1\n{process}\n[profile work]\n{process}\n")
    (aws / "credentials").write_text(f"[default]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n")
    (home / "web-identity").write_text(TOKEN)
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "AWS_PROFILE": "work",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "web-identity"),
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/canary",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{credential_trap.url}/container",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": credential_trap.url,
        "AWS_BEARER_TOKEN_COGNITO_IDENTITY_PROVIDER": TOKEN,
    }


_SIGN_IN_PROGRAM = """
import sys
opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
from tui_auth.auth.auth import Auth
from tui_auth.auth.gateway import IdentityGateway
from tui_auth.errors import AuthError
from tui_auth.secret import Secret
pool, client, url, password = sys.argv[1:]
step = Auth(pool, client, endpoint_url=url).sign_in("ann", password).next_step
print(type(step).__name__)
try:
    IdentityGateway("eu-west-1", url).call("GetId", {"IdentityPoolId": "eu-west-1:" + "0" * 36})
except AuthError as error:
    print(error.code)
print(*(name for name in opened if name.endswith((".aws/credentials", "web-identity"))))
"""


@pytest.mark.parametrize(
    "removed_variables", [(), KEYS, (*KEYS, *WEB_IDENTITY)], ids=["all", "no keys", "no identity"]
)
def test_aws_credentials_are_never_used(
    demo: DemoPool,
    proxy: FaultProxy,
    credential_trap: CredentialTrap,
    tmp_path: Path,
    removed_variables: Sequence[str],
) -> None:
    environment = isolated_environment(tmp_path, PYTHONPATH=str(ROOT)) | environment_with_credentials(
        tmp_path, credential_trap
    )
    # A credential search stops at the first credentials, so remove those in some cases.
    environment = {name: value for name, value in environment.items() if name not in removed_variables}
    user = demo.users[0]
    arguments = [user.user_pool_id, user.client_id, proxy.url, user.password]
    result = subprocess.run(
        [sys.executable, "-c", _SIGN_IN_PROGRAM, *arguments], env=environment, capture_output=True, text=True
    )
    assert result.stdout.splitlines()[:2] == ["Done", "ResourceNotFoundException"], result.stderr
    assert result.stdout.splitlines()[2:] == [""], "a credentials file was opened"
    assert not (tmp_path / "ran").exists(), "credential_process was run"
    assert credential_trap.paths == [], "credentials were requested"
    assert len(proxy.requests) == 3
    for headers, body in proxy.requests:
        assert not {"authorization", "x-amz-security-token"} & set(headers)
        for canary in (KEY, SECRET, TOKEN):
            assert canary not in str(headers)
            assert canary.encode() not in body


@pytest.mark.parametrize("name", [name for name in FOREIGN_REPLIES if "elsewhere" in name])
def test_redirect_is_not_followed(proxy: FaultProxy, name: str) -> None:
    proxy.arm(Fault(name, FOREIGN_REPLIES[name][1]), times=None)
    with pytest.raises(AuthError, match="isn't from Cognito"):
        CognitoGateway(Address("eu-west-1", proxy.url)).call("GetUser", {"AccessToken": Secret("token")})
    assert (len(proxy.requests), proxy.redirected_connections) == (1, 0)


@pytest.mark.parametrize(
    "setting", ["flag", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL"]
)
@pytest.mark.parametrize("lines", [False, True], ids=["full screen", "lines"])
def test_local_endpoint_has_a_badge(
    sign_in_as: StartSignIn, server: CognitoEmulator, setting: str, lines: bool
) -> None:
    flags = ["--plain"] if lines else []
    if setting == "flag":
        program = sign_in_as("ann", *flags)
    else:
        program = sign_in_as("ann", *flags, pass_endpoint_flag=False, **{setting: server.endpoint_url})
    program.wait_for("Username")
    program.wait_for("TEST ENDPOINT")


@pytest.mark.parametrize("lines", [False, True], ids=["full screen", "lines"])
@pytest.mark.parametrize("first_run", [False, True], ids=["sign-in", "first run"])
def test_other_endpoint_is_shown_on_screens(tmp_path: Path, lines: bool, first_run: bool) -> None:
    ids = [] if first_run else ["--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "client"]
    flags = ["--endpoint-url", "https://cognito.example.com", *(["--plain"] if lines else [])]
    with PtyProgram(["-m", "tui_auth", "sign-in", *ids, *flags], home=tmp_path) as program:
        program.wait_for("Which user pool do you want to use?" if first_run else "Username")
        program.wait_for("AT cognito.example.com")


def test_endpoint_from_aws_config_is_ignored(
    credential_trap: CredentialTrap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(f"[default]\nendpoint_url = {credential_trap.url}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    gateway = CognitoGateway(Address("eu-west-1"))
    gateway.connect()
    assert gateway._client.meta.endpoint_url == f"https://{AWS_HOST}"


# -- TLS ---------------------------------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path / "authority")


@pytest.fixture
def safe_proxy(server: CognitoEmulator, authority: CertificateAuthority) -> Iterator[FaultProxy]:
    """Return a proxy with TLS for AWS's endpoint and this machine."""
    with FaultProxy(server.endpoint_url, authority.server_context(AWS_HOST, "127.0.0.1")) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def no_proxy_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))


def auth_for(demo: DemoPool, url: str | None) -> Auth:
    return Auth(demo.user_pool_id, demo.client_id, endpoint_url=url)


def can_sign_in(demo: DemoPool, url: str | None) -> bool:
    return auth_for(demo, url).sign_in("ann", demo.users[0].password).is_signed_in


def test_untrusted_certificate_is_rejected_with_advice(demo: DemoPool, safe_proxy: FaultProxy) -> None:
    with pytest.raises(AuthError) as caught:
        can_sign_in(demo, safe_proxy.url)
    assert caught.value.kind is ErrorKind.NETWORK
    assert "certificate isn't trusted" in caught.value.message
    assert "AWS_CA_BUNDLE" in caught.value.recovery_suggestion
    assert safe_proxy.requests == []


def set_ca_file(variable: str, ca_file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a CA file with one of AWS's settings."""
    if variable == "ca_bundle":
        config = folder / "config"
        config.write_text(f"[default]\nca_bundle = {ca_file}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    else:
        monkeypatch.setenv(variable, str(ca_file))


CA_SETTINGS = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "ca_bundle")


@pytest.mark.parametrize("variable", CA_SETTINGS)
def test_custom_ca_is_trusted(
    demo: DemoPool,
    safe_proxy: FaultProxy,
    authority: CertificateAuthority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    set_ca_file(variable, authority.ca_file, tmp_path, monkeypatch)
    assert can_sign_in(demo, safe_proxy.url)
    assert fetch_keys(keys_url(demo.user_pool_id, safe_proxy.url))["keys"]


@pytest.mark.parametrize("kind", ["another CA", "no such file", "no certificate"])
@pytest.mark.parametrize("variable", CA_SETTINGS)
def test_certificate_error_names_the_ca_file(
    demo: DemoPool,
    safe_proxy: FaultProxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    variable: str,
) -> None:
    ca_file = tmp_path / "used.pem"
    if kind == "another CA":
        ca_file = CertificateAuthority(tmp_path / "another", "another CA").ca_file
    elif kind == "no certificate":
        ca_file.write_text("hello")
    set_ca_file(variable, ca_file, tmp_path, monkeypatch)
    with pytest.raises(AuthError) as caught:
        can_sign_in(demo, safe_proxy.url)
    assert caught.value.kind is ErrorKind.NETWORK
    assert str(ca_file) in caught.value.recovery_suggestion
    assert safe_proxy.requests == []


def test_signing_keys_are_fetched_over_verified_tls(demo: DemoPool, safe_proxy: FaultProxy) -> None:
    with pytest.raises(KeysUnreachableError):
        fetch_keys(keys_url(demo.user_pool_id, safe_proxy.url))
    assert safe_proxy.requests == []


@pytest.mark.parametrize(
    ("host", "has_expired", "message"),
    [
        ("evil.test", False, "certificate is for another name"),
        ("127.0.0.1", True, r"certificate has expired\. Check this computer's clock"),
    ],
    ids=["of another name", "expired"],
)
def test_certificate_for_another_host_is_rejected(
    server: CognitoEmulator,
    demo: DemoPool,
    authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    has_expired: bool,
    message: str,
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.ca_file))
    context = authority.server_context(host, has_expired=has_expired)
    with FaultProxy(server.endpoint_url, context) as proxy:
        with pytest.raises(AuthError, match=message):
            can_sign_in(demo, proxy.url)
        assert proxy.requests == []


# -- proxies -----------------------------------------------------------------------------------------------


def test_proxy_with_custom_ca_reaches_aws(
    demo: DemoPool, safe_proxy: FaultProxy, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.ca_file))
    with TunnelProxy(safe_proxy.port) as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
        assert can_sign_in(demo, None)
        assert fetch_keys(keys_url(demo.user_pool_id))["keys"]
        assert set(tunnel.targets) == {f"{AWS_HOST}:443"}


def test_proxy_cannot_impersonate_aws(
    demo: DemoPool, safe_proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TunnelProxy(safe_proxy.port) as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
        with pytest.raises(AuthError, match="certificate isn't trusted"):
            can_sign_in(demo, None)
    assert safe_proxy.requests == []


@pytest.mark.parametrize("status", [403, 407, 502])
def test_proxy_error_is_reported_as_the_proxys(
    demo: DemoPool, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with TunnelProxy(9, error_status=status) as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
        with pytest.raises(AuthError) as caught:
            can_sign_in(demo, None)
    assert "proxy" in caught.value.message
    assert "HTTPS_PROXY" in caught.value.recovery_suggestion


def test_local_emulator_is_never_reached_through_a_proxy(
    demo: DemoPool, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TunnelProxy(proxy.port) as tunnel:
        monkeypatch.setenv("HTTP_PROXY", tunnel.url)
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
        assert can_sign_in(demo, proxy.url)
        assert tunnel.targets == []
    assert IdentityGateway("eu-west-1", proxy.url)._address.endpoint_url == proxy.url
