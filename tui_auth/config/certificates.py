"""The file of certificate authorities that AWS's settings name, and whether it can be used.

Source: ``ca_bundle`` in the AWS SDKs and Tools reference guide. botocore takes the first of
``AWS_CA_BUNDLE``, ``ca_bundle`` of the config file's default profile, and ``REQUESTS_CA_BUNDLE``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tui_auth.config.errors import ConfigurationError, shown

CURE = "Name a file with certificates in PEM there, or take the setting out."


@dataclass(frozen=True)
class Bundle:
    """A file of certificates: the setting that names it, and its path as it stands there."""

    setting: str
    path: str

    @property
    def fault(self) -> str:
        """What keeps it from being used, in a sentence; empty where nothing does."""
        if not self.path.strip():
            return f"{self.setting} is empty."  # with which older versions of botocore check nothing at all
        names = f"{self.setting} names {shown(Path(self.path))}"
        if not os.path.exists(self.path):  # noqa: PTH110 - which raises in a folder that one may not enter
            return f"{names}, and no file is there."
        if not os.path.isfile(self.path):  # noqa: PTH113 - a pipe would keep the program waiting
            return f"{names}, which is no plain file."
        import ssl

        try:
            ssl.create_default_context(cafile=self.path)
        except ssl.SSLError:
            return f"{names}, and no certificates are in it."
        except (OSError, ValueError):
            return f"{names}, which cannot be read."
        return ""


def named_bundle(environ: Mapping[str, str] = os.environ) -> Bundle | None:
    """The file that holds for every request; None where the usual authorities do."""
    if "AWS_CA_BUNDLE" in environ:
        return Bundle("AWS_CA_BUNDLE", environ["AWS_CA_BUNDLE"])
    file = environ.get("AWS_CONFIG_FILE", "~/.aws/config")
    config = Path(os.path.expanduser(os.path.expandvars(file)))  # noqa: PTH111 - which raises
    if (path := _in_default_profile(config)) is not None:
        return Bundle(f"ca_bundle in {shown(config)}", path)
    if "REQUESTS_CA_BUNDLE" in environ:
        return Bundle("REQUESTS_CA_BUNDLE", environ["REQUESTS_CA_BUNDLE"])
    return None


def check_certificates(endpoint_url: str | None, environ: Mapping[str, str] = os.environ) -> None:
    """Raises ConfigurationError where the certificates that are named cannot be used.

    ``endpoint_url`` is where the requests go, None for AWS's own: a pool on this machine may want none.
    """
    bundle = named_bundle(environ)
    wants_none = endpoint_url is not None and endpoint_url.startswith("http://")
    if bundle and not (wants_none and bundle.path.strip()) and (fault := bundle.fault):
        raise ConfigurationError(f"{fault} {CURE}")


def _in_default_profile(config: Path) -> str | None:
    """``ca_bundle`` of the default profile; None too where botocore itself cannot read the file."""
    if not os.path.isfile(config):  # noqa: PTH113 - a pipe would keep the program waiting
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
    return next(
        (parser.get(each, "ca_bundle") for each in sections if parser.has_option(each, "ca_bundle")), None
    )
