"""A passkey is used only for the relying party that the user trusts."""

from __future__ import annotations

import pytest

from tui_auth.error_kinds import PasskeyProblem
from tui_auth.errors import PasskeyError
from tui_auth.passkeys.relying_party import is_possible, trusted_relying_party

SITE = "auth.example.com"
LOOPBACK, REMOTE = "http://127.0.0.1:9229", "https://pool.example.net"


def problem_with(relying_party: str, **arguments: object) -> PasskeyProblem:
    with pytest.raises(PasskeyError) as caught:
        trusted_relying_party(relying_party, **{"pinned": None, "endpoint_url": None, **arguments})  # type: ignore[arg-type]
    return caught.value.problem


def test_pinned_relying_party_is_trusted() -> None:
    assert trusted_relying_party(SITE, pinned=SITE, endpoint_url=None).origin == f"https://{SITE}"


@pytest.mark.parametrize("asked", ["bank.example", "example.com", "x.auth.example.com", "AUTH.example.com"])
@pytest.mark.parametrize("is_confirmed", [True, False])
def test_any_other_is_rejected_even_if_confirmed(asked: str, is_confirmed: bool) -> None:
    problem = problem_with(asked, pinned=SITE, is_confirmed=is_confirmed)
    assert problem is PasskeyProblem.RELYING_PARTY_REJECTED


def test_without_a_pin_the_user_is_asked_once() -> None:
    assert problem_with(SITE) is PasskeyProblem.RELYING_PARTY_UNCONFIRMED
    assert trusted_relying_party(SITE, pinned=None, endpoint_url=None, is_confirmed=True).id == SITE


@pytest.mark.parametrize(
    "relying_party",
    [
        "",
        "com",
        "co.uk",
        "CO.UK",
        "co.uk.",
        "github.io",
        "auth.eu-west-1.amazoncognito.com",
        "anything.ck",
        "xn--55qx5d.cn",
        "xn--\u00e4.com",
        "xn--a-\u0000.com",
        "127.0.0.1",
        "127.1",
        "10.0.0.0x1",
        "::1",
        "[::1]",
        "intranet",
        "localhost.",
        "app.localhost",
        "-a.example.com",
        "a_b.example.com",
        "a..example.com",
        "a b.example.com",
        "auth.example.com:443",
        "https://auth.example.com",
        "аuth.example.com",
        f"{'a' * 64}.example.com",
        ".".join(["abcdefgh"] * 40) + ".com",
    ],
)
@pytest.mark.parametrize("endpoint_url", [None, LOOPBACK])
def test_what_is_not_one_site_is_never_trusted(relying_party: str, endpoint_url: str | None) -> None:
    for pinned in (None, relying_party):
        problem = problem_with(relying_party, pinned=pinned, endpoint_url=endpoint_url, is_confirmed=True)
        assert problem is PasskeyProblem.RELYING_PARTY_REJECTED


def test_localhost_is_for_an_endpoint_on_this_machine_only() -> None:
    assert is_possible("localhost", LOOPBACK)
    assert not is_possible("localhost", REMOTE)
    assert not is_possible("localhost", None)


@pytest.mark.parametrize(
    "relying_party",
    [SITE, "example.com", "acme.auth.eu-west-1.amazoncognito.com", "xn--mnchen-3ya.example.de", "www.ck"],
)
def test_site_of_one_owner_is_possible(relying_party: str) -> None:
    assert is_possible(relying_party, None)
