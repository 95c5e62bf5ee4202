"""The way to Cognito from this machine: the proxy, and the certificates that are trusted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from tui_auth.commands.doctor.findings import Finding, good, note, wrong
from tui_auth.config.certificates import CURE, named_bundle
from tui_auth.config.errors import shown
from tui_auth.endpoint import is_loopback
from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.safe_text import safe_line

AWS = "https://cognito-idp.{}.amazonaws.com"
"""Cognito's address in a region."""


def check_way(url: str, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """What stands between this machine and ``url``, where the requests would go. Nothing is asked."""
    yield _proxy(environ, url)
    yield _certificates(environ)


def _proxy(environ: Mapping[str, str], url: str) -> Finding:
    """The proxy that boto3 takes: urllib's for the address's scheme, unless NO_PROXY has the host."""
    scheme, host = urlsplit(url).scheme, urlsplit(url).netloc
    name = next((name for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY") if name in environ), "")
    found = getproxies().get(scheme)
    if is_loopback(url):
        return good("proxy", "none: the endpoint is on this machine")
    if not found:
        unused = next((name for name in ("all_proxy", "ALL_PROXY") if environ.get(name)), "")
        if unused:
            return note("proxy", f"none: {unused} is not used here", "Set HTTPS_PROXY if one is needed.")
        return good("proxy", "none set")
    if proxy_bypass(host):
        return good("proxy", f"none for {safe_line(host, limit=80)}, as NO_PROXY says")
    return good("proxy", f"{_without_credentials(found)} from {name or 'the system'}")


def _certificates(environ: Mapping[str, str]) -> Finding:
    bundle = named_bundle(environ)
    if bundle is None:
        return good("CA", "the usual certificate authorities")
    if fault := bundle.fault:
        return wrong("CA", fault, CURE, ExitCode.CONFIGURATION)
    return good("CA", f"{shown(Path(bundle.path))} from {bundle.setting}")


def _without_credentials(url: str) -> str:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        return safe_line(f"{parts.scheme}://{place}", limit=200)
    except ValueError:
        return "an address that cannot be read"
