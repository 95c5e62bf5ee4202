"""The region that a user pool's id says, and one named beside it that contradicts it.

Source: UserPoolType's ``Id`` in Cognito's API reference, a region and a name with an underscore between.
"""

from __future__ import annotations

from tui_auth.config.errors import ConfigurationError

OF_A_STAND_IN = "local"
"""What some stand-ins' pool ids have where Cognito's have the region."""


def own_region(user_pool_id: str) -> str | None:
    """The region in a pool's id; None where it is a stand-in's, which says none."""
    region = user_pool_id.partition("_")[0]
    return None if region == OF_A_STAND_IN else region


def check_region(user_pool_id: str, region: str | None, named_by: object, endpoint_url: str | None) -> None:
    """Raises ConfigurationError where the requests would go to another region than the pool's.

    ``named_by`` is who named the region, as the sentence calls it. At an endpoint of its own the region
    leads nowhere, so it is let pass.
    """
    own = own_region(user_pool_id)
    if region and own and region != own and endpoint_url is None:
        raise ConfigurationError(
            f"{named_by} says {region}, but the user pool {user_pool_id} is in {own}. "
            f"Take the region out there, or give --region {own}."
        )
