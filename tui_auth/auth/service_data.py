"""What botocore reads of itself before its first request: Cognito's part, and not that of all of AWS.

Left to itself it looks through the folders of four hundred services for two names, and reads where each of
them lives: a second of slow disk, and nine megabytes. What is read here is botocore's own, only less of it.
Models of the person's (``~/.aws/models``, ``AWS_DATA_PATH``, ``data_path``) are left alone: they could send a
password anywhere, past every flag. Imported by the gateway alone, after botocore.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

SERVICES = ("cognito-idp", "cognito-identity")
ENDPOINTS = "endpoints"


class ServiceData(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's loader of models for these services, with endpoints by their partitions' rule.

    The services' own rule sets, which botocore asks first, name each endpoint; the table that is left out
    is for services without one.
    """

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[self.BUILTIN_DATA_PATH], include_default_search_paths=False)

    def list_available_services(self, type_name: str) -> list[str]:
        """The names there are of the services' data of a type ("service-2"), without looking elsewhere."""
        found = []
        for service in SERVICES:
            try:
                self.determine_latest_version(service, type_name)
            except DataNotFoundError:
                continue
            found.append(service)
        return found

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """The data of that name and the path it was read from; raises botocore's DataNotFoundError."""
        if name != ENDPOINTS:
            loaded: tuple[Any, str] = super().load_data_with_path(name)
            return loaded
        data, path = super().load_data_with_path("partitions")
        return {"version": 3, "partitions": [_partition(each) for each in data["partitions"]]}, path


def _partition(known: dict[str, Any]) -> dict[str, Any]:
    """A partition of ``partitions.json`` in the words of ``endpoints.json``, with no services of its own."""
    outputs = known["outputs"]
    host, fips_host = "{service}.{region}.{dnsSuffix}", "{service}-fips.{region}.{dnsSuffix}"
    suffix, dual_stack = outputs["dnsSuffix"], outputs["dualStackDnsSuffix"]
    variants = [
        {"tags": ["fips"], "hostname": fips_host, "dnsSuffix": suffix},
        {"tags": ["dualstack"], "hostname": host, "dnsSuffix": dual_stack},
        {"tags": ["dualstack", "fips"], "hostname": fips_host, "dnsSuffix": dual_stack},
    ]
    return {
        "partition": known["id"],
        "dnsSuffix": suffix,
        "regionRegex": known["regionRegex"],
        "regions": known["regions"],
        "services": {},
        "defaults": {"hostname": host, "protocols": ["https"], "variants": variants},
    }


@cache
def service_data() -> Loader:
    """The loader of this process: two clients need the same data."""
    return ServiceData()
