"""botocore's service data, cut down to Cognito.

botocore itself searches the folders of four hundred services for two names and reads the endpoints of each: a
second of slow disk, and nine megabytes. This loader reads botocore's own files, only fewer. It ignores the
user's models (``~/.aws/models``, ``AWS_DATA_PATH``, ``data_path``), which could send a password anywhere
without a flag. A file of its own because its class needs botocore, which the gateway imports late.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

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
            except DataNotFoundError:
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
