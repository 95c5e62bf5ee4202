"""Cognito's addresses by the partition of a region, and which endpoint URLs are allowed.

The one owner of hosts, issuers and provider names. The partitions are botocore's, so that a request and the
issuer of the tokens it brings agree in every partition (``amazonaws.com``, ``amazonaws.com.cn``,
``amazonaws.eu``, …).
"""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from typing import Any

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
"""The hosts of a callback URL for which Cognito takes http. Cognito rejects http for any other host."""

_USER_POOLS = "cognito-idp"
_HOST = re.compile(r"cognito-idp(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?P<suffix>[a-z0-9.-]+)", re.ASCII)


def is_loopback(url: str) -> bool:
    """Return whether the URL's host is localhost or any loopback address, not only ``LOOPBACK_HOSTS``."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe_endpoint(url: str) -> bool:
    """Return whether the URL uses HTTPS, or HTTP to this machine, and contains no credentials."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # an invalid port raises ValueError
    except ValueError:
        return False
    if not host or parts.username or parts.password:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))


def cognito_url(region: str) -> str:
    """Return the URL of Cognito user pools in a region."""
    return f"https://{_USER_POOLS}.{region}.{_partition(region)['dnsSuffix']}"


def provider_name(user_pool_id: str) -> str:
    """Return the name of a user pool among the ``Logins`` of an identity pool."""
    return f"{cognito_url(pool_region(user_pool_id)).removeprefix('https://')}/{user_pool_id}"


def issuers(user_pool_id: str, region: str | None = None, endpoint_url: str | None = None) -> tuple[str, ...]:
    """Return the ``iss`` claims that tokens of a user pool may have.

    Args:
        user_pool_id: The user pool.
        region: The region that requests go to, if it isn't the pool's own: that of a replica.
        endpoint_url: The endpoint in place of AWS's own. One on this machine may issue its own tokens.

    Returns:
        For each region the classic issuer, and the one of a pool whose ``IssuerConfiguration`` is UPDATED.
    """
    known = []
    for name in dict.fromkeys((pool_region(user_pool_id), region or pool_region(user_pool_id))):
        url = cognito_url(name)
        known += [f"{url}/{user_pool_id}", f"{url.replace('//', '//issuer-', 1)}/{user_pool_id}"]
    if endpoint_url and is_loopback(endpoint_url):
        known.append(f"{endpoint_url.rstrip('/')}/{user_pool_id}")
    return tuple(known)


def pool_region(user_pool_id: str) -> str:
    """Return the region in a user pool ID."""
    return user_pool_id.partition("_")[0]


def is_cognito_host(host: str) -> bool:
    """Return whether a host is Cognito's own. Anyone can run a load balancer on amazonaws.com."""
    match = _HOST.fullmatch(host.removeprefix("issuer-"))
    if match is None:
        return False
    outputs = _partition(match["region"])
    return match["suffix"] in (outputs["dnsSuffix"], outputs["dualStackDnsSuffix"])


def _partition(region: str) -> dict[str, Any]:
    """Return the ``outputs`` of a region's partition; for an unknown region those of ``aws``."""
    partitions = _partitions()
    for partition in partitions:
        if region in partition["regions"] or re.match(partition["regionRegex"], region):
            outputs: dict[str, Any] = partition["outputs"]
            return outputs
    return dict(partitions[0]["outputs"])


@cache
def _partitions() -> list[dict[str, Any]]:
    """Read botocore's partitions without botocore, which takes long to import."""
    import json
    from importlib.util import find_spec
    from pathlib import Path

    botocore = find_spec("botocore")
    folder = Path(botocore.origin if botocore and botocore.origin else "").parent
    partitions: list[dict[str, Any]] = json.loads((folder / "data" / "partitions.json").read_bytes())[
        "partitions"
    ]
    return partitions
