"""What a program does with the Python API, for mypy --strict and pyright: it isn't run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import assert_type

import boto3
import httpx
import requests

import tui_auth
from tui_auth import (
    AsyncAuth,
    Auth,
    AuthError,
    AwsCredentials,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignUp,
    Done,
    MFAType,
    ResetPassword,
    Secret,
    Session,
    SessionInfo,
    SignInResult,
    TuiAuthError,
    describe_step,
)
from tui_auth.integrations.boto3 import boto3_session
from tui_auth.integrations.httpx import BearerAuth as HttpxAuth
from tui_auth.integrations.requests import BearerAuth as RequestsAuth


def sign_in(password: str) -> Session | None:
    auth = Auth("eu-west-1_Ab12Cd34E", "client", client_secret=None, endpoint_url=None, region=None)
    assert_type(Auth.from_profile("acme"), Auth)
    assert_type(Auth.from_amplify_file("amplify_outputs.json"), Auth)
    try:
        result = auth.sign_in("ann", password, auth_flow="USER_AUTH", preferred_first_factor="EMAIL_OTP")
        assert_type(result, SignInResult)
        if isinstance(result.next_step, ConfirmSignInWithSMSMFACode):
            assert_type(result.next_step.delivery_details.destination, str | None)
            result = auth.confirm_sign_in(Secret("123456"), client_metadata={"from": "here"})
        for answer in (MFAType.SMS, "SMS_MFA", "SMS"):
            result = auth.confirm_sign_in(answer)
    except tui_auth.ThrottledError as error:
        assert_type(error.retry_after, float | None)
        return None
    except AuthError as error:
        assert_type(error.code, str | None)
        raise
    except TuiAuthError as error:
        assert_type(error.recovery_suggestion, str)
        raise
    match result.next_step:
        case Done() as done:
            assert_type(done.session, Session)
            done.session.save("keyring", profile="acme")
            return done.session
        case ResetPassword() | ConfirmSignUp():
            auth.confirm_reset_password(
                "ann", Secret("new"), auth.reset_password("ann").next_step.__doc__ or ""
            )
        case step:
            assert_type(describe_step(step).text, str)
    return None


def use(session: Session) -> str:
    assert_type(session, Session)
    assert_type(session.info, SessionInfo)
    assert_type(session.info.groups, tuple[str, ...])
    assert_type(session.claims("access"), Mapping[str, object])
    assert_type(session.aws_credentials(), AwsCredentials)
    assert_type(session.token_provider("id"), Callable[[], str])
    assert_type(session.get_token("scope").expires_on, int)
    requests.get("https://example.org", auth=RequestsAuth(session), timeout=10)
    requests.get("https://example.org", auth=session.bearer, timeout=10)
    httpx.get("https://example.org", auth=HttpxAuth(session, "id"))
    httpx.get("https://example.org", auth=session.bearer)
    aws: boto3.Session = boto3_session(session, region_name="eu-west-1")
    assert_type(session.account(), tui_auth.Account)
    session.refresh()
    session.sign_out(everywhere=True)
    return session.token("id", min_ttl=60, rejected=None) + str(aws)


async def serve() -> None:
    async with AsyncAuth("eu-west-1_Ab12Cd34E", "client", verify_signatures=True) as auth:
        result = await auth.attempt().sign_in("ann", "password")
        assert_type(result, SignInResult)
        assert_type(await auth.attempt().confirm_sign_in("code"), SignInResult)
    session = tui_auth.open_session("acme", username="ann", environ={"HOME": "/home/ann"})
    assert_type(await session.token_async(min_ttl=60), str)
    async with httpx.AsyncClient(auth=HttpxAuth(session)) as client:
        await client.get("https://example.org")


def main() -> None:
    for info in tui_auth.list_sessions():
        assert_type(info, SessionInfo)
    asyncio.run(serve())
