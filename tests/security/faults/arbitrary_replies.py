"""Hypothesis strategies for arbitrary JSON replies with Cognito's own names among them."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from hypothesis import strategies as st

from tests.screens.conftest import CLIENT, POOL
from tests.security.faults.hostile_text import HOSTILE

OPERATIONS = (
    "InitiateAuth",
    "RespondToAuthChallenge",
    "AssociateSoftwareToken",
    "VerifySoftwareToken",
    "ForgotPassword",
    "ConfirmForgotPassword",
    "SignUp",
    "ConfirmSignUp",
    "ResendConfirmationCode",
    "ConfirmDevice",
    "UpdateDeviceStatus",
    "GetTokensFromRefreshToken",
    "RevokeToken",
)
CHALLENGES = (
    "SMS_MFA",
    "EMAIL_OTP",
    "SMS_OTP",
    "SOFTWARE_TOKEN_MFA",
    "SELECT_MFA_TYPE",
    "SELECT_CHALLENGE",
    "PASSWORD",
    "PASSWORD_SRP",
    "PASSWORD_VERIFIER",
    "CUSTOM_CHALLENGE",
    "NEW_PASSWORD_REQUIRED",
    "MFA_SETUP",
    "DEVICE_SRP_AUTH",
    "DEVICE_PASSWORD_VERIFIER",
    "WEB_AUTHN",
    "MOON_PHASE",
)
PARAMETERS = (
    "USERNAME",
    "USER_ID_FOR_SRP",
    "SRP_B",
    "SALT",
    "SECRET_BLOCK",
    "CODE_DELIVERY_DESTINATION",
    "CODE_DELIVERY_DELIVERY_MEDIUM",
    "FRIENDLY_DEVICE_NAME",
    "MFAS_CAN_CHOOSE",
    "MFAS_CAN_SETUP",
    "requiredAttributes",
    "userAttributes",
    "DEVICE_KEY",
    "question",
)
CODES = (
    "NotAuthorizedException",
    "CodeMismatchException",
    "ExpiredCodeException",
    "InvalidPasswordException",
    "InvalidParameterException",
    "PasswordResetRequiredException",
    "UserNotConfirmedException",
    "LimitExceededException",
    "ResourceNotFoundException",
    "UserLambdaValidationException",
    "NewException",
)

any_text = st.text(st.characters(categories=("L", "N", "P", "S", "Z", "C", "M")), max_size=40)
texts = st.one_of(
    any_text,
    st.sampled_from([text[:4000] for text in HOSTILE.values()]),
    st.sampled_from(
        ["SMS", "EMAIL", "a***@e***", "AB" * 30, "QUJDRA==", "f" * 768, "[]", '["SMS_MFA"]', "0"]
    ),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**4000),
    st.floats(),
    texts,
    st.sampled_from(CHALLENGES),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(texts, st.sampled_from(PARAMETERS)), inner, max_size=4),
    ),
    max_leaves=12,
)
method_lists = st.lists(
    st.one_of(
        st.sampled_from(["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "PASSWORD", "WEB_AUTHN"]), anything
    ),
    max_size=5,
)
packed_lists = st.one_of(method_lists.map(lambda names: json.dumps(names, default=str)), anything)
parameters = st.one_of(
    st.dictionaries(
        st.one_of(st.sampled_from(PARAMETERS), texts), st.one_of(packed_lists, texts, anything), max_size=8
    ),
    anything,
)


def _token(use: str, claim_changes: Any) -> str:
    claims: dict[str, Any] = {
        "token_use": use,
        "iss": f"https://cognito-idp.{POOL.partition('_')[0]}.amazonaws.com/{POOL}",
        "exp": time.time() + 3600,
        "client_id": CLIENT,
        "aud": CLIENT,
        "sub": "sub-1",
        "username": "ann",
    } | claim_changes
    body = base64.urlsafe_b64encode(json.dumps(claims).encode("utf-8", "surrogatepass")).decode().rstrip("=")
    return f"e30.{body}.e30"


claim_changes = st.dictionaries(
    st.sampled_from(["username", "cognito:username", "email", "cognito:groups", "exp", "sub", "aud", "iss"]),
    anything,
    max_size=3,
)
tokens = st.one_of(anything, *(st.builds(_token, st.just(use), claim_changes) for use in ("access", "id")))
results = st.one_of(
    st.fixed_dictionaries(
        {
            "AccessToken": st.one_of(st.builds(_token, st.just("access"), claim_changes), anything),
            "IdToken": st.one_of(st.builds(_token, st.just("id"), claim_changes), anything),
        },
        optional={
            "RefreshToken": anything,
            "ExpiresIn": anything,
            "TokenType": anything,
            "NewDeviceMetadata": st.one_of(
                anything, st.fixed_dictionaries({"DeviceKey": texts, "DeviceGroupKey": texts})
            ),
        },
    ),
    anything,
)
replies: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "ChallengeName": st.one_of(st.sampled_from(CHALLENGES), anything),
        "Session": st.one_of(st.just("s" * 40), anything),
        "ChallengeParameters": parameters,
        "AuthenticationResult": results,
        "AvailableChallenges": st.one_of(method_lists, anything),
        "CodeDeliveryDetails": st.one_of(
            st.dictionaries(st.sampled_from(["Destination", "DeliveryMedium", "AttributeName"]), anything),
            anything,
        ),
        "SecretCode": st.one_of(st.just("ABCD2345" * 6), anything),
        "Status": st.one_of(st.just("SUCCESS"), anything),
        "UserConfirmed": anything,
    },
)
"""Replies to any operation, as the engine receives them."""

_method_names = st.lists(
    st.one_of(st.sampled_from(["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]), texts), min_size=1, max_size=4
).map(json.dumps)
_plausible_parameters = st.fixed_dictionaries(
    {"MFAS_CAN_CHOOSE": _method_names, "MFAS_CAN_SETUP": _method_names},
    optional={name: st.one_of(texts, anything) for name in PARAMETERS if "MFAS" not in name},
)


def replies_with_challenge(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return replies with this challenge, most of which lead to a step."""
    return st.fixed_dictionaries(
        {
            "ChallengeName": st.just(name),
            "ChallengeParameters": st.one_of(_plausible_parameters, _plausible_parameters, parameters),
            "Session": st.just("s" * 40),
        },
        optional={"AvailableChallenges": method_lists},
    )


challenge_replies = st.sampled_from(CHALLENGES).flatmap(replies_with_challenge)
token_replies = st.fixed_dictionaries({"AuthenticationResult": results})

accepted_setups = st.fixed_dictionaries(
    {"SecretCode": st.just("ABCD2345" * 6), "Status": st.just("SUCCESS"), "UserConfirmed": st.just(True)}
)
"""Replies that continue a set-up."""

error_replies = st.fixed_dictionaries(
    {"__type": st.one_of(st.sampled_from(CODES), anything), "message": st.one_of(texts, anything)}
)
