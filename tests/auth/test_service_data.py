"""The subset of botocore's data for Cognito leads to the same endpoints as all of it."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader

from tests.terminal.pty_program import ROOT, isolated_environment
from tui_auth.auth.botocore_adapter import SERVICES, ServiceData

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import PythonProcess

REGIONS = ["eu-west-1", "us-east-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "xx-nowhere-9"]


OPERATIONS = {"cognito-idp": "ListDevices", "cognito-identity": "GetId"}
PARAMETERS = {"ListDevices": {"AccessToken": "a"}, "GetId": {"IdentityPoolId": "eu-west-1:0"}}


_PRINT_URL = """
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


class RequestSentError(Exception):
    """Raised instead of sending a request; holds its URL."""


def requested_url(loader: Loader, service: str, region: str, **settings: bool) -> str:
    """Return the URL a client with this loader sends a request to, or the name of its error."""
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    config = Config(signature_version=UNSIGNED, **settings)

    def stop(request: Any, **_: Any) -> None:
        raise RequestSentError(request.url)

    try:
        client = session.create_client(service, region_name=region, config=config)
        client.meta.events.register("before-send", stop)
        client._make_api_call(OPERATIONS[service], PARAMETERS[OPERATIONS[service]])
    except RequestSentError as sent:
        return str(sent)
    except BotoCoreError as error:
        return type(error).__name__
    raise AssertionError("nothing was sent")


@pytest.mark.parametrize(
    "settings", [{}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}], ids=lambda s: str([*s])
)
def test_each_region_has_botocores_endpoint(settings: dict[str, bool]) -> None:
    own_loader, botocore_loader = ServiceData(), Loader()
    for service, region in itertools.product(SERVICES, REGIONS):
        assert requested_url(own_loader, service, region, **settings) == requested_url(
            botocore_loader, service, region, **settings
        )


@pytest.mark.parametrize("source", ["~/.aws/models", "AWS_DATA_PATH", "data_path"])
def test_custom_models_redirect_no_request(
    python_process: PythonProcess, tmp_path: Path, source: str
) -> None:
    models = tmp_path / ".aws" / "models" if source == "~/.aws/models" else tmp_path / "models"
    rules = models / "cognito-idp" / "2016-04-18" / "endpoint-rule-set-1.json"
    rules.parent.mkdir(parents=True)
    rule_set = Loader().load_service_model("cognito-idp", "endpoint-rule-set-1")
    endpoint = {"url": "http://evil.test", "properties": {}, "headers": {}}
    redirecting_rules = [{"conditions": [], "type": "endpoint", "endpoint": endpoint}]
    rules.write_text(json.dumps({**rule_set, "rules": redirecting_rules}))
    (tmp_path / ".aws").mkdir(exist_ok=True)
    if source == "data_path":
        (tmp_path / ".aws" / "config").write_text(f"[default]\ndata_path = {models}\n")
    variables = {"AWS_DATA_PATH": str(models)} if source == "AWS_DATA_PATH" else {}
    environment = isolated_environment(tmp_path, PYTHONPATH=str(ROOT), **variables)
    result = python_process(_PRINT_URL, environ=environment, cwd=tmp_path)
    assert result.stdout.split() == ["https://cognito-idp.eu-west-1.amazonaws.com/"], result.stderr


def test_services_without_data_are_not_listed() -> None:
    assert ServiceData().list_available_services("service-2") == list(SERVICES)
    assert ServiceData().list_available_services("no-such-type") == []
