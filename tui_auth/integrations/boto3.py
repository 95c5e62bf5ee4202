"""A session for boto3: AWS credentials of an identity pool, refreshed before they expire."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.credentials import CredentialProvider, DeferredRefreshableCredentials

if TYPE_CHECKING:
    from tui_auth.session_api import Session


def boto3_session(
    session: Session, identity_pool_id: str | None = None, region_name: str | None = None
) -> boto3.Session:
    """Return a boto3 Session whose clients sign with the user's AWS credentials. No request is made yet.

    Args:
        session: The session.
        identity_pool_id: The identity pool; by default that of the session or its profile.
        region_name: The region of the clients; by default that of AWS's own settings.
    """
    core = botocore.session.get_session()
    core.get_component("credential_provider").insert_before(
        "env", credential_provider(session, identity_pool_id)
    )
    return boto3.Session(botocore_session=core, region_name=region_name)


def credential_provider(session: Session, identity_pool_id: str | None = None) -> CredentialProvider:
    """Return a provider of the user's AWS credentials for botocore's chain.

    Its credentials are fetched at the first request that needs them, and raise the errors of
    ``Session.aws_credentials``.

    Args:
        session: The session.
        identity_pool_id: The identity pool; by default that of the session or its profile.
    """
    return _SessionProvider(session, identity_pool_id)


class _SessionProvider(CredentialProvider):
    METHOD = "custom-tui-auth"
    CANONICAL_NAME = "custom-tui-auth"

    def __init__(self, session: Session, identity_pool_id: str | None) -> None:
        super().__init__()
        self._session = session
        self._identity_pool_id = identity_pool_id

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(refresh_using=self._fetch, method=self.METHOD)

    def _fetch(self) -> dict[str, Any]:
        """Return credentials as botocore's RefreshableCredentials take them."""
        credentials = self._session.aws_credentials(self._identity_pool_id)
        # botocore compares the expiry with this machine's clock.
        aws_now = credentials.taken_at.server_now()
        left = credentials.expires_at - (time.time() if aws_now is None else aws_now)
        return {
            "access_key": credentials.access_key_id,
            "secret_key": credentials.secret_access_key.reveal(),
            "token": credentials.session_token.reveal(),
            "expiry_time": datetime.fromtimestamp(time.time() + left, UTC).isoformat(),
        }
