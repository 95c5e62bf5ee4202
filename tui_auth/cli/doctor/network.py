"""The way to Cognito from this machine: the proxy, and the certificates that are trusted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from tui_auth.cli.doctor.report import Finding
from tui_auth.config.certificates import BUNDLE_ADVICE, configured_bundle
from tui_auth.config.errors import display_path
from tui_auth.endpoint import is_loopback
from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COGNITO_URL = "https://cognito-idp.{}.amazonaws.com"
"""Cognito's endpoint in a region."""


def check_network(url: str, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Check the proxy and the CA certificates for requests to ``url``, without sending one."""
    yield _check_proxy(environ, url)
    yield _check_certificates(environ)


def _check_proxy(environ: Mapping[str, str], url: str) -> Finding:
    """Report the proxy boto3 uses: urllib's for the URL's scheme, unless NO_PROXY lists the host."""
    scheme, host = urlsplit(url).scheme, urlsplit(url).netloc
    name = next((name for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY") if name in environ), "")
    proxy = getproxies().get(scheme)
    if is_loopback(url):
        return Finding.ok("proxy", "none: the endpoint is on this machine")
    if not proxy:
        unused = next((name for name in ("all_proxy", "ALL_PROXY") if environ.get(name)), "")
        if unused:
            return Finding.note(
                "proxy", f"none: {unused} is not used here", "Set HTTPS_PROXY if one is needed."
            )
        return Finding.ok("proxy", "none set")
    if proxy_bypass(host):
        return Finding.ok("proxy", f"none for {safe_line(host, limit=80)}, as NO_PROXY says")
    return Finding.ok("proxy", f"{_without_credentials(proxy)} from {name or 'the system'}")


def _check_certificates(environ: Mapping[str, str]) -> Finding:
    bundle = configured_bundle(environ)
    if bundle is None:
        return Finding.ok("CA", "the usual certificate authorities")
    if fault := bundle.problem:
        return Finding.problem("CA", fault, BUNDLE_ADVICE, ExitCode.CONFIGURATION)
    return Finding.ok("CA", f"{display_path(Path(bundle.path))} from {bundle.setting}")


def _without_credentials(url: str) -> str:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        return safe_line(f"{parts.scheme}://{place}", limit=200)
    except ValueError:
        return "an address that cannot be read"
