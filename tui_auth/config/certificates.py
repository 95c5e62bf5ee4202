"""Check the file of certificate authorities that AWS's settings specify.

Source: ``ca_bundle`` in the AWS SDKs and Tools reference guide. botocore takes the first of
``AWS_CA_BUNDLE``, ``ca_bundle`` of the config file's default profile, and ``REQUESTS_CA_BUNDLE``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui_auth.config.errors import ConfigurationError, display_path

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLE_ADVICE = "Name a file with certificates in PEM there, or take the setting out."


@dataclass(frozen=True)
class CertificateBundle:
    """A file of certificates: the setting that specifies it, and its path as written there."""

    setting: str
    path: str

    @property
    def problem(self) -> str:
        """A sentence that says why the file can't be used; empty if it can."""
        if not self.path.strip():
            return f"{self.setting} is empty."  # older versions of botocore then check nothing at all
        subject = f"{self.setting} names {display_path(Path(self.path))}"
        if not os.path.exists(self.path):  # noqa: PTH110 - Path raises in a folder that the user can't enter
            return f"{subject}, and no file is there."
        if not os.path.isfile(self.path):  # noqa: PTH113 - reading a pipe would wait forever
            return f"{subject}, which is no plain file."
        import ssl

        try:
            ssl.create_default_context(cafile=self.path)
        except ssl.SSLError:
            return f"{subject}, and no certificates are in it."
        except (OSError, ValueError):
            return f"{subject}, which cannot be read."
        return ""


def configured_bundle(environ: Mapping[str, str] = os.environ) -> CertificateBundle | None:
    """Return the file that botocore uses for every request, or None for the usual authorities."""
    if "AWS_CA_BUNDLE" in environ:
        return CertificateBundle("AWS_CA_BUNDLE", environ["AWS_CA_BUNDLE"])
    file = environ.get("AWS_CONFIG_FILE", "~/.aws/config")
    config = Path(os.path.expanduser(os.path.expandvars(file)))  # noqa: PTH111 - Path raises
    if (path := _ca_bundle_of_default_profile(config)) is not None:
        return CertificateBundle(f"ca_bundle in {display_path(config)}", path)
    if "REQUESTS_CA_BUNDLE" in environ:
        return CertificateBundle("REQUESTS_CA_BUNDLE", environ["REQUESTS_CA_BUNDLE"])
    return None


def check_certificates(endpoint_url: str | None, environ: Mapping[str, str] = os.environ) -> None:
    """Raise ConfigurationError if the configured certificates can't be used.

    Args:
        endpoint_url: The endpoint, or None for AWS's own. A local emulator over HTTP needs no certificates.
        environ: The environment variables.
    """
    bundle = configured_bundle(environ)
    needs_none = endpoint_url is not None and endpoint_url.startswith("http://")
    if bundle and not (needs_none and bundle.path.strip()) and (problem := bundle.problem):
        raise ConfigurationError(f"{problem} {BUNDLE_ADVICE}")


def _ca_bundle_of_default_profile(config: Path) -> str | None:
    """Return ``ca_bundle`` of the default profile; None too if botocore can't read the file either."""
    if not os.path.isfile(config):  # noqa: PTH113 - reading a pipe would wait forever
        return None
    from configparser import Error, RawConfigParser

    parser = RawConfigParser()
    try:
        parser.read(config)
    except (OSError, Error, UnicodeDecodeError):
        return None
    sections = [
        section for section in parser.sections() if section.split() in (["default"], ["profile", "default"])
    ]
    values = (
        parser.get(section, "ca_bundle") for section in sections if parser.has_option(section, "ca_bundle")
    )
    return next(values, None)
