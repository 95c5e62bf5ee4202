"""For which site a passkey may be used: the relying party that the user trusts, never what a pool asks for.

A browser checks that the page that asks belongs to the site. A terminal has no page, and the client itself
writes the origin that is signed. An endpoint that lies could so get an assertion for any site that the
security key knows. So the relying party is pinned: a profile or an Amplify file specifies it, or the user
confirmed it. An Amplify file may be part of a project that somebody else wrote: with an endpoint other than
AWS's, which relays any challenge, the user confirms its relying party as well. A public suffix, an IP address
and, off loopback, localhost are never used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui_auth.endpoint import is_loopback
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.passkeys.problems import passkey_error

if TYPE_CHECKING:
    from collections.abc import Mapping

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
"""The last label of a name that URLs take for an IPv4 address."""
LOCALHOST = "localhost"


@dataclass(frozen=True)
class RelyingParty:
    """A relying party that the user trusts; only ``trusted_relying_party`` makes one."""

    id: str

    @property
    def origin(self) -> str:
        """The origin to sign: ``https://`` and the ID, or ``http://localhost``."""
        return f"http://{LOCALHOST}" if self.id == LOCALHOST else f"https://{self.id}"


def trusted_relying_party(
    relying_party: str,
    *,
    pinned: str | None,
    endpoint_url: str | None,
    is_confirmed: bool = False,
    must_confirm: bool = False,
) -> RelyingParty:
    """Return the relying party that a pool asks for, if the user trusts it.

    Args:
        relying_party: The ID in the pool's request (``rpId`` or ``rp.id``).
        pinned: The ID in the profile or the Amplify file, or the one confirmed before; None if there is none.
        endpoint_url: The endpoint in place of AWS's own, or None. One on this machine may ask for localhost.
        is_confirmed: Whether the user has just confirmed exactly this ID.
        must_confirm: Whether the user must confirm the pinned ID, too.

    Raises:
        PasskeyError: RELYING_PARTY_REJECTED if it can't be trusted or another one is pinned;
            RELYING_PARTY_UNCONFIRMED if the user must be asked.
    """
    if not is_possible(relying_party, endpoint_url) or pinned not in (None, relying_party):
        raise passkey_error(PasskeyProblem.RELYING_PARTY_REJECTED)
    if (pinned is None or must_confirm) and not is_confirmed:
        raise passkey_error(PasskeyProblem.RELYING_PARTY_UNCONFIRMED)
    return RelyingParty(relying_party)


def requested_relying_party(options: Mapping[str, Any]) -> str:
    """Return the ID in CredentialCreationOptions; empty if there is none."""
    entity = options.get("rp")
    value = entity.get("id") if isinstance(entity, dict) else None
    return value if isinstance(value, str) else ""


def is_possible(relying_party: str, endpoint_url: str | None) -> bool:
    """Return whether an ID can be that of one site: no public suffix, IP address or other single label."""
    if relying_party == LOCALHOST:
        return endpoint_url is not None and is_loopback(endpoint_url)
    if len(relying_party) > 253 or not _DOMAIN.fullmatch(relying_party):
        return False
    if _NUMBER.fullmatch(relying_party.rpartition(".")[2]) or relying_party.endswith(f".{LOCALHOST}"):
        return False
    return not _is_public_suffix(relying_party)


def _is_public_suffix(domain: str) -> bool:
    """Return whether anybody can register names below this domain.

    fido2 says so only about an origin below the domain, and its list has names in Unicode.
    """
    from fido2.rpid import verify_rp_id

    spellings = {domain}
    try:
        spellings.add(".".join(_in_unicode(label) for label in domain.split(".")))
    except UnicodeError:
        return True  # no name that a registry accepts
    return not all(verify_rp_id(spelling, f"https://site.{spelling}") for spelling in spellings)


def _in_unicode(label: str) -> str:
    return label[4:].encode().decode("punycode") if label.startswith("xn--") else label
