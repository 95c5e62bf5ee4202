"""What AWS's own settings say: Cognito's endpoint, and the file of certificate authorities.

The fast path of ``tui-auth token`` imports this module, so it imports nothing that takes time. Source: "AWS
SDKs and Tools", Service-specific endpoints and ``ca_bundle``. botocore takes the first of ``AWS_CA_BUNDLE``,
``ca_bundle`` of the config file's default profile, and ``REQUESTS_CA_BUNDLE``.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL")
BUNDLE_ADVICE = "Set it to a file with PEM certificates, or remove the setting."
IGNORE_VARIABLE = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"


def aws_endpoint(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the variable that specifies Cognito's endpoint, and the URL; None for AWS's own."""
    if environ.get(IGNORE_VARIABLE, "").lower() == "true":
        return None
    return next(((name, environ[name]) for name in ENDPOINT_VARIABLES if environ.get(name)), None)


def effective_endpoint(endpoint_url: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """Return ``endpoint_url`` or else the endpoint of AWS's variables; empty for AWS's own endpoint."""
    _, url = ("", endpoint_url) if endpoint_url else aws_endpoint(environ) or ("", "")
    return url.rstrip("/")


class CertificateBundle:
    """A file of certificates: the setting that specifies it, and its path as written there."""

    def __init__(self, setting: str, path: str) -> None:
        self.setting = setting
        self.path = path

    @property
    def problem(self) -> str:
        """A sentence that says why the file can't be used; empty if it can."""
        if not self.path.strip():
            return f"{self.setting} is empty."  # older versions of botocore then check nothing at all
        subject = f"{self.setting} is set to {_display(self.path)}"
        if not os.path.exists(self.path):  # noqa: PTH110 - Path raises in a folder that the user can't enter
            return f"{subject}, which doesn't exist."
        if not os.path.isfile(self.path):  # noqa: PTH113 - reading a pipe would wait forever
            return f"{subject}, which isn't a regular file."
        import ssl

        try:
            ssl.create_default_context(cafile=self.path)
        except ssl.SSLError:
            return f"{subject}, which has no certificates."
        except (OSError, ValueError):
            return f"{subject}, which can't be read."
        return ""


def configured_bundle(environ: Mapping[str, str] = os.environ) -> CertificateBundle | None:
    """Return the file that botocore uses for every request, or None for the usual authorities."""
    if "AWS_CA_BUNDLE" in environ:
        return CertificateBundle("AWS_CA_BUNDLE", environ["AWS_CA_BUNDLE"])
    config = os.path.expanduser(os.path.expandvars(environ.get("AWS_CONFIG_FILE", "~/.aws/config")))  # noqa: PTH111
    if (path := _ca_bundle_of_default_profile(config)) is not None:
        return CertificateBundle(f"ca_bundle in {_display(config)}", path)
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
        from tui_auth.config.files import ConfigurationError

        raise ConfigurationError(f"{problem} {BUNDLE_ADVICE}")


def _ca_bundle_of_default_profile(config: str) -> str | None:
    """Return ``ca_bundle`` of the default profile; None too if botocore can't read the file either."""
    if not os.path.isfile(config):  # noqa: PTH113 - reading a pipe would wait forever
        return None
    from configparser import Error, RawConfigParser

    parser = RawConfigParser()
    try:
        parser.read(config)
    except (OSError, Error, UnicodeDecodeError):
        return None
    for section in parser.sections():
        is_default = section.split() in (["default"], ["profile", "default"])
        if is_default and parser.has_option(section, "ca_bundle"):
            return parser.get(section, "ca_bundle")
    return None


def _display(path: str) -> str:
    from pathlib import Path

    from tui_auth.config.files import display_path

    return display_path(Path(path))
