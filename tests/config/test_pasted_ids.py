"""IDs in text that the user pastes as a pool or app client."""

from __future__ import annotations

import pytest

from tui_auth.config.pasted_ids import PastedIds, parse_pasted_ids

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "1example23456789abcdefghij"


@pytest.mark.parametrize(
    ("text", "pool", "client"),
    [
        (f"  {POOL}\n", POOL, None),
        (CLIENT, None, CLIENT),
        (f'"{POOL}",', POOL, None),
        ("shortclient", None, "shortclient"),
        (f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL}", POOL, None),
        (
            "arn:aws-us-gov:cognito-idp:us-gov-west-1:123456789012:userpool/us-gov-west-1_X9",
            "us-gov-west-1_X9",
            None,
        ),
        (f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}/.well-known/jwks.json", POOL, None),
        (
            f"https://eu-west-1.console.aws.amazon.com/cognito/v2/idp/user-pools/{POOL}/users?region=eu-west-1",
            POOL,
            None,
        ),
        (
            f"https://eu-west-1.console.aws.amazon.com/cognito/v2/idp/user-pools/{POOL}"
            f"/app-integration/clients/{CLIENT}?region=eu-west-1",
            POOL,
            CLIENT,
        ),
        (
            f"https://eu-west-1.console.aws.amazon.com/cognito/v2/idp/user-pools/{POOL}"
            f"/applications/app-clients/{CLIENT}/overview?region=eu-west-1",
            POOL,
            CLIENT,
        ),
        (
            f"https://console.aws.amazon.com/cognito/users/?region=eu-west-1#/pool/{POOL}/app-clients",
            POOL,
            None,
        ),
        (f"https://shop.auth.eu-west-1.amazoncognito.com/login?client_id={CLIENT}&scope=x", None, CLIENT),
        ("https://example.com/", None, None),
        ("", None, None),
        ("not an id", None, None),
    ],
)
def test_ids_in_pasted_text_are_parsed(text: str, pool: str | None, client: str | None) -> None:
    assert parse_pasted_ids(text) == PastedIds(pool, client)
