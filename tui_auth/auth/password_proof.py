"""What an attempt keeps of a password: the text until SRP can hash it, then the inner hash alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tui_auth.auth import srp
from tui_auth.auth.challenges import Challenge
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret


@dataclass(frozen=True, repr=False)
class PasswordProof:
    """The means to prove one password to one user pool, as often as an attempt starts again.

    ``pool_name`` is the part of the user pool id after the underscore. Immutable: what changes is given
    back as a new proof, so that a forked attempt shares nothing with the one it came from.
    """

    pool_name: str
    password: Secret | None = None
    inner: Secret | None = None
    user: str = ""
    a: int = 0
    public_a: int = 0

    @property
    def is_known(self) -> bool:
        """Whether there is anything to prove a password with."""
        return bool(self.password or self.inner)

    def proves_the_same(self, other: PasswordProof) -> bool:
        """Whether both are known to prove one and the same password; false too where that cannot be told."""
        return (self.password, self.inner, self.user) == (other.password, other.inner, other.user)

    def with_new_a(self) -> PasswordProof:
        """The proof with a fresh private value, for one more PASSWORD_VERIFIER."""
        a = srp.private_value()
        return replace(self, a=a, public_a=srp.public_value(a))

    @property
    def srp_a(self) -> str:
        """SRP_A in hexadecimal."""
        return f"{self.public_a:x}"

    def hashed_for(self, user: str) -> PasswordProof:
        """The proof without the text of the password, now that ``USER_ID_FOR_SRP`` is known.

        Raises AuthError where nothing is left to hash, or the hash was made for another user.
        """
        if self.password is not None:
            return replace(self, password=None, inner=self._inner(user, self.password), user=user)
        if self.inner is None or self.user != user:
            raise AuthError(ErrorKind.NOT_AUTHORIZED, "The password is needed once more.", "Sign in again.")
        return self

    def changed_to(self, password: Secret) -> PasswordProof:
        """The proof of the password that a NEW_PASSWORD_REQUIRED has just put in the old one's place."""
        if self.inner is None:
            return replace(self, password=password)
        return replace(self, inner=self._inner(self.user, password))

    def _inner(self, user: str, password: Secret) -> Secret:
        try:
            user.encode()
        except UnicodeEncodeError:
            raise AuthError(ErrorKind.SERVICE, "Cognito's answer names a user in no Unicode text.") from None
        try:
            return Secret(srp.inner_hash(self.pool_name, user, password.reveal()))
        except srp.SRPError:
            raise AuthError(
                ErrorKind.VALIDATION, "The password cannot be written as Unicode text.", "Type it again."
            ) from None

    def claim(self, challenge: Challenge, now: float) -> dict[str, Any]:
        """The answer to PASSWORD_VERIFIER; ``now`` is the server's time in seconds since the epoch.

        Raises AuthError (service) where the server's values cannot be right.
        """
        if self.inner is None:
            raise AuthError(ErrorKind.INVALID_STATE, "The password was not hashed before it was proved.")
        timestamp = srp.format_timestamp(now)
        block = challenge.text("SECRET_BLOCK") or ""
        try:
            signature = srp.claim_signature(
                a=self.a,
                public_a=self.public_a,
                srp_b=challenge.text("SRP_B") or "",
                salt=challenge.text("SALT") or "",
                secret_block=block,
                name=self.pool_name,
                user=self.user,
                inner=self.inner.reveal_bytes(),
                timestamp=timestamp,
            )
        except srp.SRPError:
            raise AuthError(
                ErrorKind.SERVICE, "The server's part of the password proof makes no sense."
            ) from None
        return {
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "TIMESTAMP": timestamp,
        }
