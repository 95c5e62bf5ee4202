"""The app client and its auth flows."""

from __future__ import annotations

import pytest

from tui_auth.auth.app_client import AuthFlow

API_NAMES = {
    "USER_SRP_AUTH": "USER_SRP_AUTH",
    "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH",
    "USER_AUTH": "USER_AUTH",
    "CUSTOM_WITH_SRP": "CUSTOM_AUTH",
    "CUSTOM_WITHOUT_SRP": "CUSTOM_AUTH",
    "BROWSER": "BROWSER",
}


@pytest.mark.parametrize("flow", AuthFlow)
def test_each_flow_has_the_name_of_initiate_auth(flow: AuthFlow) -> None:
    assert flow.api_name == API_NAMES[flow]
    assert type(flow.api_name) is str


def test_each_flow_has_its_own_label() -> None:
    assert len({flow.label for flow in AuthFlow}) == len(AuthFlow)


def test_only_flows_that_prove_a_password_first_need_one() -> None:
    assert [flow for flow in AuthFlow if flow.needs_password] == [
        AuthFlow.USER_SRP_AUTH,
        AuthFlow.USER_PASSWORD_AUTH,
        AuthFlow.CUSTOM_WITH_SRP,
    ]
