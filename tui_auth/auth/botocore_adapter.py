"""What the gateway needs of botocore beside calls: its service data, and its exceptions as AuthErrors.

botocore itself searches the folders of four hundred services for two names and reads the endpoints of each:
a second of slow disk, and nine megabytes. The loader here reads botocore's own files, only fewer. It ignores
the user's models (``~/.aws/models``, ``AWS_DATA_PATH``, ``data_path``), which could send a password anywhere
without a flag.

The texts of botocore's exceptions may contain values or addresses, so none is passed on. A file of its own
because it imports botocore, which the gateway loads late.
"""

from __future__ import annotations

import errno
from functools import cache
from socket import gaierror
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from botocore import exceptions
from botocore.loaders import Loader

from tui_auth.auth.error_catalog import ErrorText, error_from_response
from tui_auth.endpoint import is_loopback
from tui_auth.errors import NOT_FROM_COGNITO, TRY_AGAIN, AuthError, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SERVICES = ("cognito-idp", "cognito-identity")
ENDPOINTS = "endpoints"


class ServiceData(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's loader for these services, with endpoints by the rule of their partition.

    botocore takes each endpoint from the service's own rule set first; the table left out here is for
    services without one.
    """

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[self.BUILTIN_DATA_PATH], include_default_search_paths=False)

    def list_available_services(self, type_name: str) -> list[str]:
        """Return the services that have data of a type ("service-2"), without searching for others."""
        available = []
        for service in SERVICES:
            try:
                self.determine_latest_version(service, type_name)
            except exceptions.DataNotFoundError:
                continue
            available.append(service)
        return available

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Return the data of a name and its path. Raises botocore's DataNotFoundError."""
        if name != ENDPOINTS:
            loaded: tuple[Any, str] = super().load_data_with_path(name)
            return loaded
        data, path = super().load_data_with_path("partitions")
        return {"version": 3, "partitions": [_partition(partition) for partition in data["partitions"]]}, path


def _partition(partition: dict[str, Any]) -> dict[str, Any]:
    """Convert a partition of ``partitions.json`` to the form of ``endpoints.json``, without services."""
    outputs = partition["outputs"]
    host, fips_host = "{service}.{region}.{dnsSuffix}", "{service}-fips.{region}.{dnsSuffix}"
    suffix, dual_stack = outputs["dnsSuffix"], outputs["dualStackDnsSuffix"]
    variants = [
        {"tags": ["fips"], "hostname": fips_host, "dnsSuffix": suffix},
        {"tags": ["dualstack"], "hostname": host, "dnsSuffix": dual_stack},
        {"tags": ["dualstack", "fips"], "hostname": fips_host, "dnsSuffix": dual_stack},
    ]
    return {
        "partition": partition["id"],
        "dnsSuffix": suffix,
        "regionRegex": partition["regionRegex"],
        "regions": partition["regions"],
        "services": {},
        "defaults": {"hostname": host, "protocols": ["https"], "variants": variants},
    }


@cache
def service_data() -> Loader:
    """Return the loader of this process, which two clients share."""
    return ServiceData()


# --- Exceptions ------------------------------------------------------------------------------------------

_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
"""OpenSSL's names for a reply in plain text, across versions."""

_EXPIRED = (
    "The connection isn't secure: the server's certificate has expired.",
    "Check this computer's clock, or ask the server's operator to renew the certificate.",
)
_NAME_MISMATCH = (
    "The connection isn't secure: the server's certificate is for another name.",
    "Check the endpoint URL and the proxy.",
)
_EXPIRED_CODE, _NAME_MISMATCH_CODES = 10, (62, 64)
"""OpenSSL's codes (X509_V_ERR_CERT_HAS_EXPIRED, …_HOSTNAME_MISMATCH, …_IP_ADDRESS_MISMATCH)."""

CERTIFICATE_REJECTED = "The connection isn't secure: the server's certificate isn't trusted."


_IDENTITY_POOL_OPERATIONS = ("GetId", "GetCredentialsForIdentity")
_ASK_ADMIN = "The identity pool's administrator can help."
_COMPARE_ID = "Check the identity pool ID in the Cognito console."
_BY_CODE_OF_IDENTITY_POOLS = {
    "NotAuthorizedException": ErrorText(
        ErrorKind.NOT_AUTHORIZED,
        "The identity pool doesn't accept this session.",
        "Its identity providers must include this user pool and app client.",
    ),
    "ResourceNotFoundException": ErrorText(
        ErrorKind.CONFIGURATION, "No identity pool has this ID in this region.", _COMPARE_ID
    ),
    "InvalidIdentityPoolConfigurationException": ErrorText(
        ErrorKind.CONFIGURATION, "The identity pool has no role for this user.", _ASK_ADMIN
    ),
    "InvalidParameterException": ErrorText(
        ErrorKind.CONFIGURATION, "The identity pool rejected the request.", _COMPARE_ID
    ),
    "ResourceConflictException": ErrorText(
        ErrorKind.SERVICE, "This user is already linked to another identity of the pool.", _ASK_ADMIN
    ),
    "ExternalServiceException": ErrorText(
        ErrorKind.SERVICE, "The identity pool couldn't reach the user pool.", _ASK_ADMIN
    ),
}


def reply_error(error: Any, parameters: Mapping[str, Any] = MappingProxyType({})) -> AuthError:
    """Return the AuthError for botocore's ClientError; a page of something else is no reply of Cognito.

    Args:
        error: The ClientError.
        parameters: What the request had. Which fields, not their values, decides what a message is about.
    """
    body = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    code, message = body.get("Code"), body.get("Message")
    is_identity_pool = error.operation_name in _IDENTITY_POOL_OPERATIONS
    texts = _BY_CODE_OF_IDENTITY_POOLS if is_identity_pool else {}
    if str(code).isdigit():  # not Cognito's exception but the HTTP status
        return transport_error(ValueError())
    return error_from_response(
        code if isinstance(code, str) else str(code),
        message if isinstance(message, str) else "",
        status=status if isinstance(status, int) else 400,
        cause=error,
        operation=error.operation_name,
        fields=_field_names(parameters),
        text=texts.get(code),
    )


def _field_names(parameters: Mapping[str, Any]) -> set[str]:
    """Return the names of the fields and user attributes of a request, in lower case."""
    names = set(parameters)
    for group in ("AuthParameters", "ChallengeResponses"):
        names |= {key.removeprefix("userAttributes.") for key in parameters.get(group) or {}}
    names |= {attribute["Name"] for attribute in parameters.get("UserAttributes") or ()}
    return {name.lower() for name in names}


def transport_error(error: Exception, ca_file: str = "", endpoint_url: str | None = None) -> AuthError:
    """Return the AuthError for whatever kept a reply from coming.

    Args:
        error: botocore's exception, or what its parser ran into.
        ca_file: The file of trusted certificates that the settings specify; may be empty.
        endpoint_url: The endpoint in place of AWS's own, or None.
    """
    if isinstance(error, exceptions.ParamValidationError):
        return AuthError(
            ErrorKind.VALIDATION, "This is too short or too long for Cognito.", "Change it and try again."
        )
    if isinstance(error, exceptions.SSLError):
        return _no_tls(error) if _openssl_reason(error) in _NOT_TLS else _not_safe(error, ca_file)
    if isinstance(error, exceptions.ProxyConnectionError):
        return AuthError(
            ErrorKind.NETWORK,
            "The proxy can't be reached.",
            "Check HTTPS_PROXY and NO_PROXY.",
            cause=error,
        )
    if isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError):
        return _unreachable(error, endpoint_url)
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError | OSError):
        return AuthError(
            ErrorKind.NETWORK,
            "Cognito didn't reply. Your request may or may not have arrived.",
            TRY_AGAIN,
            cause=error,
            may_have_arrived=True,
        )
    return AuthError(
        ErrorKind.NETWORK,
        NOT_FROM_COGNITO,
        "Check whether a proxy or a network's sign-in page is in the way.",
        cause=error,
        may_have_arrived=True,
    )


def shortage_error(error: Exception) -> AuthError | None:
    """Return the AuthError if this machine lacks something to make the call, else None."""
    for below in (error, *_wrapped_errors(error), *_causes(error)):
        number = getattr(below, "errno", None)
        if isinstance(below, MemoryError) or number in (errno.ENOMEM, errno.ENOBUFS):
            what, limit = "This computer doesn't have enough memory.", "-v"
        elif number in (errno.EMFILE, errno.ENFILE):
            what, limit = "Too many files are open on this computer.", "-n"
        elif isinstance(below, RuntimeError) and "start new thread" in str(below):
            what, limit = "This computer can't start another thread.", "-u"
        else:
            continue
        return AuthError(
            ErrorKind.NETWORK, what, f"Close programs, or raise the limit (ulimit {limit}).", cause=error
        )
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    below = error.__cause__ or error.__context__
    while below is not None and id(below) not in seen:
        seen.add(id(below))
        yield below
        below = below.__cause__ or below.__context__


def _unreachable(error: Exception, endpoint_url: str | None) -> AuthError:
    if endpoint_url is None:
        who, do = "Cognito", "Check the network and the region, then try again."
    elif is_loopback(endpoint_url):
        who, do = "The endpoint", "Start the emulator at that address, or check the endpoint URL."
    else:
        who, do = "The endpoint", "Check the network and the endpoint URL, then try again."
    return AuthError(
        ErrorKind.NETWORK, f"{who} can't be reached{_unreachable_reason(error)}.", do, cause=error
    )


def _unreachable_reason(error: Any) -> str:
    """Return the end of a sentence, from the system's error below urllib3's; empty if that is unknown."""
    if isinstance(error, exceptions.ConnectTimeoutError):
        return ": it doesn't accept the connection"
    below = getattr(error, "kwargs", {}).get("error")
    while isinstance(below, BaseException):
        if isinstance(below, gaierror):
            return ": its name can't be resolved"
        if isinstance(below, ConnectionRefusedError):
            return ": the connection was refused"
        if isinstance(below, OSError) and below.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return ": no route to it"
        below = below.__cause__
    return ""


def _openssl_reason(error: Any) -> str:
    """Return OpenSSL's name for what went wrong, or an empty string."""
    reasons = (getattr(wrapped, "reason", None) for wrapped in _wrapped_errors(error))
    return next((reason for reason in reasons if isinstance(reason, str)), "")


def _certificate_problem(error: Any) -> tuple[str, str] | None:
    """Return what is wrong with the server's certificate and what to do, or None if unknown."""
    from urllib3.util.ssl_match_hostname import CertificateError

    for wrapped in _wrapped_errors(error):
        number = getattr(wrapped, "verify_code", None)
        if isinstance(wrapped, CertificateError) or number in _NAME_MISMATCH_CODES:
            return _NAME_MISMATCH
        if number == _EXPIRED_CODE:
            return _EXPIRED
    return None


def _wrapped_errors(error: Any) -> Iterator[Exception]:
    """Yield the errors below botocore's, from urllib3's down to the one of the ssl module."""
    below: Any = getattr(error, "kwargs", {}).get("error")
    while isinstance(below, Exception):
        yield below
        below = next((part for part in below.args if isinstance(part, Exception)), None)


def _no_tls(error: Exception) -> AuthError:
    return AuthError(
        ErrorKind.NETWORK,
        "The server doesn't use TLS on this port.",
        "Check the port. A local emulator uses http://127.0.0.1:PORT.",
        cause=error,
    )


def _not_safe(error: Exception, ca_file: str) -> AuthError:
    if not ca_file:
        suggestion = "If your proxy replaces certificates, set AWS_CA_BUNDLE to its CA file."
    else:
        name = ca_file if ca_file.isprintable() else ascii(ca_file)
        suggestion = f"Check the CA file {name}, or set AWS_CA_BUNDLE to another one."
    message, suggestion = _certificate_problem(error) or (CERTIFICATE_REJECTED, suggestion)
    return AuthError(ErrorKind.NETWORK, message, suggestion, cause=error)
