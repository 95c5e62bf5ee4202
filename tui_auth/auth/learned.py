"""What an attempt has learned of the world, whoever waited for the answer."""

from __future__ import annotations

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.password_proof import PasswordProof


class Learned:
    """Shared by an attempt and its forks: a new password is set at Cognito even where nobody heard of it.

    ``new_proof`` proves a password that was sent to be the user's new one and may be it by now: its answer
    may be lost, may have come after the person stopped waiting, or a call after it may have failed.
    ``key_may_be_in_use`` is true where a code proved an authenticator app's key, and nobody heard whether it
    was taken.
    """

    def __init__(self) -> None:
        self.new_proof: PasswordProof | None = None
        self.key_may_be_in_use = False
        self._username = ""
        self._was_open = False

    def sends(self, username: str, proof: PasswordProof) -> bool:
        """A user's new password is about to be sent: whether that is done again, so that it may be set."""
        same = self.new_proof is not None and self.new_proof.proves_the_same(proof)
        self._was_open = same and username == self._username
        self.new_proof, self._username = proof, username
        return self._was_open

    def hashed(self, proof: PasswordProof) -> None:
        """Keep the hash of a new password in place of its text, once it was made."""
        if self.new_proof is not None and self.new_proof.password is not None and proof.inner is not None:
            self.new_proof = proof

    def refused(self, error: AuthError, proof: PasswordProof) -> None:
        """The call with the new password failed: forget it, if that says that it was never taken.

        ``proof`` is the one that was sent: a refusal that comes late is not about one sent after it.
        """
        if proof is not self.new_proof:
            return
        if error.code == "CodeDeliveryFailureException":
            return  # the account was made; only its code is not on its way
        is_clear = error.code is not None or error.kind in (ErrorKind.NETWORK, ErrorKind.VALIDATION)
        if is_clear and not error.may_have_arrived and not self._was_open:
            self.new_proof = None
