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

from tests.processes import PythonProcess
from tests.terminal.pty_program import ROOT, isolated_environment
from tui_auth.auth.service_data import SERVICES, ServiceData

REGIONS = ["eu-west-1", "us-east-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "xx-nowhere-9"]


OPERATIONS = {"cognito-idp": "ListDevices", "cognito-identity": "GetId"}
PARAMETERS = {"ListDevices": {"AccessToken": "a"}, "GetId": {"IdentityPoolId": "eu-west-1:0"}}


_TELLS_ITS_ADDRESS = """
from botocore.httpsession import URLLib3Session
from tui_auth.auth.gateway import Address, CognitoGateway
class Stop(Exception):
    pass
def send(self, request):
    print(request.url)
    raise Stop
URLLib3Session.send = send
try:
    CognitoGateway(Address("eu-west-1")).call("ListDevices", {"AccessToken": "a"})
except Stop:
    pass
"""


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


@pytest.mark.parametrize("way", ["~/.aws/models", "AWS_DATA_PATH", "data_path"])
def test_models_of_ones_own_lead_no_request_elsewhere(
    python_process: PythonProcess, tmp_path: Path, way: str
) -> None:
    models = tmp_path / ".aws" / "models" if way == "~/.aws/models" else tmp_path / "models"
    rules = models / "cognito-idp" / "2016-04-18" / "endpoint-rule-set-1.json"
    rules.parent.mkdir(parents=True)
    whole = Loader().load_service_model("cognito-idp", "endpoint-rule-set-1")
    endpoint = {"url": "http://evil.test", "properties": {}, "headers": {}}
    elsewhere = [{"conditions": [], "type": "endpoint", "endpoint": endpoint}]
    rules.write_text(json.dumps({**whole, "rules": elsewhere}))
    (tmp_path / ".aws").mkdir(exist_ok=True)
    if way == "data_path":
        (tmp_path / ".aws" / "config").write_text(f"[default]\ndata_path = {models}\n")
    more = {"AWS_DATA_PATH": str(models)} if way == "AWS_DATA_PATH" else {}
    environment = isolated_environment(tmp_path, PYTHONPATH=str(ROOT), **more)
    ran = python_process(_TELLS_ITS_ADDRESS, environ=environment, cwd=tmp_path)
    assert ran.stdout.split() == ["https://cognito-idp.eu-west-1.amazonaws.com/"], ran.stderr


def test_services_without_such_data_are_not_listed() -> None:
    assert ServiceData().list_available_services("service-2") == list(SERVICES)
    assert ServiceData().list_available_services("no-such-type") == []
