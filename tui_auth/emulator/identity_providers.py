"""SAML, OIDC and social identity providers, and the users who come from them.

The emulator contacts no provider. A page of its own takes the place of each one: a user who gives an email
address there is signed in at the provider, and the address makes up all claims that the provider asserts.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tui_auth.emulator import users
from tui_auth.emulator.errors import CognitoError, invalid_parameter, not_found
from tui_auth.emulator.model import EXTERNAL_PROVIDER, Group, User, random_uuid
from tui_auth.emulator.oauth_clients import COGNITO
from tui_auth.emulator.pools import paginate
from tui_auth.emulator.triggers import event_attributes, run_trigger

if TYPE_CHECKING:
    from tui_auth.emulator.model import AppClient, UserPool
    from tui_auth.emulator.state import State

_SOCIAL_DETAILS = ("client_id", "client_secret", "authorize_scopes")
_DETAILS = {
    "SAML": (),
    "OIDC": ("client_id", "attributes_request_method", "oidc_issuer", "authorize_scopes"),
    "Facebook": _SOCIAL_DETAILS,
    "Google": _SOCIAL_DETAILS,
    "LoginWithAmazon": _SOCIAL_DETAILS,
    "SignInWithApple": ("client_id", "team_id", "key_id", "authorize_scopes"),
}
"""The ProviderDetails that each type needs; SAML has its metadata as a URL or a file."""
_CHANGEABLE = ("ProviderDetails", "AttributeMapping", "IdpIdentifiers", "AcrMapping")


def create_identity_provider(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool, name, kind = state.pool(request["UserPoolId"]), request["ProviderName"], request["ProviderType"]
    if name in pool.identity_providers or name == COGNITO:
        message = f"A provider with the name {name} already exists in user pool {pool.id}."
        raise CognitoError("DuplicateProviderException", message)
    if kind not in ("SAML", "OIDC") and name != kind:
        raise invalid_parameter(f"The name of a {kind} provider must be {kind}.")
    _check_details(kind, request["ProviderDetails"])
    _check_identifiers(pool, name, request.get("IdpIdentifiers", ()))
    mapping = request.get("AttributeMapping", {})
    if kind != "SAML":
        mapping = {"username": "sub", **mapping}
    _check_mapping(pool, mapping)
    now = state.clock.now()
    provider = {member: request[member] for member in _CHANGEABLE if member in request}
    pool.identity_providers[name] = {
        "ProviderName": name,
        "ProviderType": kind,
        **provider,
        "AttributeMapping": mapping,
        "CreationDate": now,
        "LastModifiedDate": now,
    }
    return _describe(pool, pool.identity_providers[name])


def update_identity_provider(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateIdentityProvider: members that are left out don't change."""
    pool, provider = _provider(state, request)
    if "ProviderDetails" in request:
        _check_details(provider["ProviderType"], request["ProviderDetails"])
    _check_identifiers(pool, provider["ProviderName"], request.get("IdpIdentifiers", ()))
    _check_mapping(pool, request.get("AttributeMapping", {}))
    provider |= {member: request[member] for member in _CHANGEABLE if member in request}
    provider["LastModifiedDate"] = state.clock.now()
    return _describe(pool, provider)


def _check_details(kind: str, details: dict[str, str]) -> None:
    missing = [name for name in _DETAILS[kind] if not details.get(name)]
    if kind == "SAML" and not (details.get("MetadataURL") or details.get("MetadataFile")):
        missing = ["MetadataURL or MetadataFile"]
    if missing:
        raise invalid_parameter(f"ProviderDetails of a {kind} provider must have {missing[0]}.")


def _check_identifiers(pool: UserPool, name: str, identifiers: list[str]) -> None:
    for other, provider in pool.identity_providers.items():
        taken = set(identifiers) & set(provider.get("IdpIdentifiers", ()))
        if other != name and taken:
            raise invalid_parameter(f"The identifier {min(taken)} is already used by provider {other}.")


def _check_mapping(pool: UserPool, mapping: dict[str, str]) -> None:
    known = {entry["Name"] for entry in users.describe_schema(pool)} | {"username"}
    unknown = sorted(set(mapping) - known)
    if unknown:
        raise invalid_parameter(f"Invalid attribute mapping: {unknown[0]} is not in the schema.")


def describe_identity_provider(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return _describe(*_provider(state, request))


def _describe(pool: UserPool, provider: dict[str, Any]) -> dict[str, Any]:
    return {"IdentityProvider": {"UserPoolId": pool.id, **provider}}


def list_identity_providers(state: State, request: dict[str, Any]) -> dict[str, Any]:
    listed = ("ProviderName", "ProviderType", "CreationDate", "LastModifiedDate")
    providers = state.pool(request["UserPoolId"]).identity_providers.values()
    descriptions = [{member: provider[member] for member in listed} for provider in providers]
    return paginate("Providers", descriptions, request, "MaxResults", "NextToken")


def get_identity_provider_by_identifier(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool, identifier = state.pool(request["UserPoolId"]), request["IdpIdentifier"]
    name = find_by_identifier(pool, identifier)
    if name is None:
        raise not_found(f"No identity provider has the identifier {identifier}.")
    return _describe(pool, pool.identity_providers[name])


def find_by_identifier(pool: UserPool, identifier: str) -> str | None:
    """Return the name of the provider with one of its IdpIdentifiers, such as an email domain, or None."""
    for name, provider in pool.identity_providers.items():
        if identifier in provider.get("IdpIdentifiers", ()):
            return name
    return None


def delete_identity_provider(state: State, request: dict[str, Any]) -> None:
    pool, provider = _provider(state, request)
    del pool.identity_providers[provider["ProviderName"]]


def _provider(state: State, request: dict[str, Any]) -> tuple[UserPool, dict[str, Any]]:
    pool, name = state.pool(request["UserPoolId"]), request["ProviderName"]
    if name not in pool.identity_providers:
        raise not_found(f"Identity provider {name} does not exist.")
    return pool, pool.identity_providers[name]


def sign_in_federated_user(state: State, client: AppClient, provider_name: str, email: str) -> User:
    """Return the user whom a provider asserts, created on the first sign-in and updated on each.

    Raises:
        CognitoError: A required attribute isn't mapped, a trigger failed, or the user is disabled.
    """
    pool = client.pool
    provider = pool.identity_providers[provider_name]
    claims = _claims(provider, email)
    attributes = _mapped_attributes(pool, provider, claims)
    missing = [name for name in users.required_attributes(pool) if not attributes.get(name)]
    if missing:
        raise invalid_parameter(f"attributes required: [{', '.join(missing)}]")
    username = f"{provider_name}_{claims['sub']}"
    user = pool.users.get(pool.fold(username))
    if user is None:
        user = _create_user(state, client, provider, username, claims["sub"], attributes)
    elif "identities" not in user.attributes:
        raise CognitoError("UsernameExistsException", f"Already found an entry for username {username}")
    else:
        event = {"userAttributes": event_attributes(user), "validationData": {}}
        run_trigger(state, pool, "PreAuthentication_Authentication", user, event, client=client)
        user.attributes |= attributes
    users.check_user_status(user)
    completed: dict[str, Any] = {"userAttributes": event_attributes(user), "newDeviceUsed": False}
    run_trigger(state, pool, "PostAuthentication_Authentication", user, completed, client=client)
    return user


def _claims(provider: dict[str, Any], email: str) -> dict[str, str]:
    """Return what a provider asserts about a user, by the last part of each claim's name in lower case."""
    email = email.strip().lower()
    local = email.partition("@")[0]
    given, _, family = local.replace("_", ".").partition(".")
    given, family = given.title(), family.title() or "Example"
    is_saml = provider["ProviderType"] == "SAML"
    subject = email if is_saml else hashlib.sha256(email.encode()).hexdigest()[:20]
    name = f"{given} {family}"
    return {
        "sub": subject,
        "nameidentifier": subject,
        "email": email,
        "emailaddress": email,
        "mail": email,
        "upn": email,
        "email_verified": "true",
        "name": name,
        "displayname": name,
        "given_name": given,
        "givenname": given,
        "family_name": family,
        "surname": family,
        "preferred_username": local,
    }


def _mapped_attributes(pool: UserPool, provider: dict[str, Any], claims: dict[str, str]) -> dict[str, str]:
    attributes = {
        name: claims[claim]
        for name, path in provider["AttributeMapping"].items()
        if name != "username" and (claim := path.rpartition("/")[2].lower()) in claims
    }
    if "email" in attributes:
        attributes.setdefault("email_verified", "false")
    users.check_schema(pool, attributes)
    return attributes


def _create_user(
    state: State,
    client: AppClient,
    provider: dict[str, Any],
    username: str,
    subject: str,
    attributes: dict[str, str],
) -> User:
    """Create the user and, as Cognito does, the group of all users of the provider."""
    pool, name, now = client.pool, provider["ProviderName"], state.clock.now()
    identity = {
        "userId": subject,
        "providerName": name,
        "providerType": provider["ProviderType"],
        "issuer": provider.get("ProviderDetails", {}).get("oidc_issuer"),
        "primary": "true",
        "dateCreated": str(int(now * 1000)),
    }
    user = User(username, random_uuid(state.random), now, dict(attributes), EXTERNAL_PROVIDER, modified=now)
    event = {"userAttributes": event_attributes(user), "validationData": {}}
    run_trigger(state, pool, "PreSignUp_ExternalProvider", user, event, client=client)
    user.attributes["identities"] = json.dumps([identity], separators=(",", ":"))
    group = f"{pool.id}_{name}"
    pool.groups.setdefault(
        group, Group(group, now, f"Autogenerated group for users who sign in using {name}")
    )
    user.groups.append(group)
    user = pool.users.setdefault(pool.fold(username), user)
    event = {"userAttributes": event_attributes(user)}
    run_trigger(state, pool, "PostConfirmation_ConfirmSignUp", user, event, client=client)
    return user
