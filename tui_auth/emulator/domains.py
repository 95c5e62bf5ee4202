"""Domains of the managed login pages, and resource servers with custom scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import invalid_parameter, not_found
from tui_auth.emulator.pools import domain_names, paginate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui_auth.emulator.model import UserPool
    from tui_auth.emulator.state import State

_RESERVED_WORDS = ("aws", "amazon", "cognito")
_DOMAIN_MEMBERS = ("ManagedLoginVersion", "CustomDomainConfig", "Routing")
_CLOUD_FRONT = "d111111abcdef8.cloudfront.net"


def create_user_pool_domain(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve CreateUserPoolDomain. A pool can have a prefix domain and a custom one."""
    pool, domain = state.pool(request["UserPoolId"]), request["Domain"]
    settings = {member: request[member] for member in _DOMAIN_MEMBERS if member in request}
    is_custom = "CustomDomainConfig" in settings
    reserved = [word for word in _RESERVED_WORDS if word in domain]
    if reserved and not is_custom:
        raise invalid_parameter(f"Domain cannot contain reserved word: {reserved[0]}")
    if is_custom != ("." in domain):
        raise invalid_parameter("A custom domain is a full domain name, and a prefix has no dots.")
    if any(domain in other.domains for other in state.pools.values()):
        raise invalid_parameter("Domain already associated with another user pool.")
    if ("CustomDomain" if is_custom else "Domain") in domain_names(pool):
        raise invalid_parameter("User pool already has a domain configured.")
    pool.domains[domain] = {"ManagedLoginVersion": 1, **settings}
    return _domain_reply(pool.domains[domain])


def _domain_reply(settings: dict[str, Any]) -> dict[str, Any]:
    reply = {"ManagedLoginVersion": settings["ManagedLoginVersion"]}
    return {**reply, "CloudFrontDomain": _CLOUD_FRONT} if "CustomDomainConfig" in settings else reply


def describe_user_pool_domain(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve DescribeUserPoolDomain. An unknown domain has an empty description."""
    for pool in state.pools.values():
        if settings := pool.domains.get(request["Domain"]):
            description = {
                "UserPoolId": pool.id,
                "AWSAccountId": "000000000000",
                "Domain": request["Domain"],
                "S3Bucket": f"aws-cognito-prod-{pool.region}-assets",
                "CloudFrontDistribution": _CLOUD_FRONT,
                "Version": "20261130",
                "Status": "ACTIVE",
                **settings,
            }
            return {"DomainDescription": description}
    return {"DomainDescription": {}}


def update_user_pool_domain(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateUserPoolDomain: the version of the pages, and a custom domain's certificate."""
    settings = _domain(state, request)
    if "CustomDomainConfig" in request and "CustomDomainConfig" not in settings:
        raise invalid_parameter("CustomDomainConfig can only be updated for a custom domain.")
    settings |= {member: request[member] for member in _DOMAIN_MEMBERS if member in request}
    return _domain_reply(settings)


def delete_user_pool_domain(state: State, request: dict[str, Any]) -> None:
    _domain(state, request)
    del state.pools[request["UserPoolId"]].domains[request["Domain"]]


def _domain(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    if request["Domain"] not in pool.domains:
        raise invalid_parameter("No such domain or user pool exists.")
    return pool.domains[request["Domain"]]


def create_resource_server(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve CreateResourceServer: an API that access tokens can be for, and its scopes."""
    pool, identifier = state.pool(request["UserPoolId"]), request["Identifier"]
    if identifier in pool.resource_servers:
        raise invalid_parameter(f"{identifier} already exists in user pool {pool.id}.")
    return _store_resource_server(pool, request)


def update_resource_server(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateResourceServer. Scopes that are left out no longer exist."""
    pool, _ = _resource_server(state, request)
    return _store_resource_server(pool, request)


def _store_resource_server(pool: UserPool, request: dict[str, Any]) -> dict[str, Any]:
    scopes = request.get("Scopes", [])
    _check_unique(scope["ScopeName"] for scope in scopes)
    server = {"Identifier": request["Identifier"], "Name": request["Name"], "Scopes": scopes}
    pool.resource_servers[request["Identifier"]] = server
    return _describe_resource_server(pool, server)


def _check_unique(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise invalid_parameter(f"Duplicate scope name: {name}")
        seen.add(name)


def describe_resource_server(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return _describe_resource_server(*_resource_server(state, request))


def _describe_resource_server(pool: UserPool, server: dict[str, Any]) -> dict[str, Any]:
    return {"ResourceServer": {"UserPoolId": pool.id, **server}}


def list_resource_servers(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    servers = [{"UserPoolId": pool.id, **server} for server in pool.resource_servers.values()]
    return paginate("ResourceServers", servers, request, "MaxResults", "NextToken")


def delete_resource_server(state: State, request: dict[str, Any]) -> None:
    pool, server = _resource_server(state, request)
    del pool.resource_servers[server["Identifier"]]


def _resource_server(state: State, request: dict[str, Any]) -> tuple[UserPool, dict[str, Any]]:
    pool = state.pool(request["UserPoolId"])
    if request["Identifier"] not in pool.resource_servers:
        raise not_found(f"Resource server {request['Identifier']} does not exist.")
    return pool, pool.resource_servers[request["Identifier"]]
