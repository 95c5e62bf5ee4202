"""A real browser and its virtual security key register a passkey and sign in with it, at the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.harness import PASSWORD
from tests.webdriver import Chromium
from tests.webdriver import chromium_process as chromium_process
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import PoolIds

SITE = "localhost"
CREATE = """
const [options, done] = arguments;
const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
navigator.credentials.create({publicKey}).then(made => done(made.toJSON()), error => done(String(error)));
"""
GET = CREATE.replace("parseCreationOptions", "parseRequestOptions").replace(".create(", ".get(")


@pytest.fixture
def tokens(server: CognitoEmulator, pool: PoolIds) -> dict[str, str]:
    """Make localhost the relying party, and return ann's access token."""
    configuration = {"RelyingPartyId": SITE, "UserVerification": "required"}
    server.call(
        "SetUserPoolMfaConfig", {"UserPoolId": pool.user_pool_id, "WebAuthnConfiguration": configuration}
    )
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": pool.client_id,
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
    }
    token = server.call("InitiateAuth", request)["AuthenticationResult"]["AccessToken"]
    return {"AccessToken": token}


def open_page(browser: Chromium, server: CognitoEmulator) -> None:
    """Open a page whose origin is localhost: only such a page may use the passkeys of localhost."""
    browser.open(server.messages_url.replace("127.0.0.1", SITE))


def register(browser: Chromium, server: CognitoEmulator, tokens: dict[str, str]) -> Any:
    options = server.call("StartWebAuthnRegistration", tokens)["CredentialCreationOptions"]
    credential = browser.run(CREATE, options)
    assert isinstance(credential, dict), credential
    server.call("CompleteWebAuthnRegistration", {**tokens, "Credential": credential})
    return credential


@pytest.mark.parametrize(("transport", "attachment"), [("usb", "cross-platform"), ("internal", "platform")])
def test_browser_registers_a_passkey_and_signs_in(
    chromium_process: Chromium,
    server: CognitoEmulator,
    pool: PoolIds,
    tokens: dict[str, str],
    transport: str,
    attachment: str,
) -> None:
    browser = chromium_process
    with browser.security_key(transport=transport):
        open_page(browser, server)
        credential = register(browser, server, tokens)
        assert transport in credential["response"]["transports"]
        (entry,) = server.call("ListWebAuthnCredentials", tokens)["Credentials"]
        assert entry["CredentialId"] == credential["id"]
        assert entry["AuthenticatorAttachment"] == attachment

        client = {"ClientId": pool.client_id}
        parameters = {"USERNAME": "ann", "PREFERRED_CHALLENGE": "WEB_AUTHN"}
        asked = server.call("InitiateAuth", {**client, "AuthFlow": "USER_AUTH", "AuthParameters": parameters})
        options = json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
        answer = browser.run(GET, options)
        assert isinstance(answer, dict), answer
        reply = server.call(
            "RespondToAuthChallenge",
            {
                **client,
                "ChallengeName": "WEB_AUTHN",
                "Session": asked["Session"],
                "ChallengeResponses": {"USERNAME": "ann", "CREDENTIAL": json.dumps(answer)},
            },
        )
    assert "AuthenticationResult" in reply


def test_key_that_is_registered_already_is_excluded(
    chromium_process: Chromium, server: CognitoEmulator, tokens: dict[str, str]
) -> None:
    browser = chromium_process
    with browser.security_key():
        open_page(browser, server)
        register(browser, server, tokens)
        options = server.call("StartWebAuthnRegistration", tokens)["CredentialCreationOptions"]

        assert str(browser.run(CREATE, options)).startswith("InvalidStateError")
