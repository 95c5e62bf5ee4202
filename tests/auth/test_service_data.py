"""What botocore reads for Cognito is less than all of AWS, and leads to the same places."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader

from tui_auth.auth.service_data import SERVICES, ServiceData

REGIONS = ["eu-west-1", "us-east-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "xx-nowhere-9"]


OPERATIONS = {"cognito-idp": "ListDevices", "cognito-identity": "GetId"}
PARAMETERS = {"ListDevices": {"AccessToken": "a"}, "GetId": {"IdentityPoolId": "eu-west-1:0"}}


class Sent(Exception):
    """Instead of a request: its URL."""


def address(loader: Loader, service: str, region: str, **settings: bool) -> str:
    """Where a client with this loader sends its requests, or the name of what it says instead."""
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    config = Config(signature_version=UNSIGNED, **settings)

    def stop(request: Any, **_: Any) -> None:
        raise Sent(request.url)

    try:
        client = session.create_client(service, region_name=region, config=config)
        client.meta.events.register("before-send", stop)
        client._make_api_call(OPERATIONS[service], PARAMETERS[OPERATIONS[service]])
    except Sent as sent:
        return str(sent)
    except BotoCoreError as error:
        return type(error).__name__
    raise AssertionError("nothing was sent")


@pytest.mark.parametrize(
    "settings", [{}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}], ids=lambda s: str([*s])
)
def test_each_region_has_the_address_that_botocore_gives_it(settings: dict[str, bool]) -> None:
    own, whole = ServiceData(), Loader()
    for service, region in itertools.product(SERVICES, REGIONS):
        assert address(own, service, region, **settings) == address(whole, service, region, **settings)


def test_what_the_person_put_into_a_folder_of_models_holds(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").write_text(json.dumps({"version": 3, "partitions": []}))
    own = ServiceData(extra_search_paths=[str(tmp_path)])
    assert own.load_data("endpoints")["partitions"] == []
    assert ServiceData().load_data("endpoints")["partitions"] != []


def test_services_without_such_data_are_not_listed() -> None:
    assert ServiceData().list_available_services("service-2") == list(SERVICES)
    assert ServiceData().list_available_services("no-such-type") == []
